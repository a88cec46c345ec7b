//! `motcua verify ledger` names what somebody changed behind the portal's back.
use diesel::connection::SimpleConnection;

use crate::payments::bank::Bank;

/// A change behind the portal's back, how it is taken back, and what must be named.
const CHANGES: [(&str, &str, &str); 15] = [
    (
        "UPDATE posting SET amount = amount + 1 WHERE side = 'debit'",
        "UPDATE posting SET amount = amount - 1 WHERE side = 'debit'",
        "debits 7001 đồng, credits 7000",
    ),
    (
        "UPDATE posting SET amount = amount + 1",
        "UPDATE posting SET amount = amount - 1",
        "should be 7000 đồng, 7001 are booked",
    ),
    (
        "UPDATE posting SET account_id = (SELECT id FROM account WHERE kind = 'suspense') WHERE account_id = (SELECT id FROM account WHERE kind = 'revenue_fee')",
        "UPDATE posting SET account_id = (SELECT id FROM account WHERE kind = 'revenue_fee') WHERE account_id = (SELECT id FROM account WHERE kind = 'suspense') AND transfer_id IN (SELECT id FROM transfer WHERE cause_kind IN ('charge', 'refund_requested') AND dossier_id IS NOT NULL)",
        "charge of",
    ),
    ("UPDATE transfer SET day = day - 1", "UPDATE transfer SET day = day + 1", "it arrived on"),
    (
        "UPDATE transfer SET cause_kind = 'paymen' WHERE cause_kind = 'payment'",
        "UPDATE transfer SET cause_kind = 'payment' WHERE cause_kind = 'paymen'",
        "should be 0 đồng, 7000 are booked",
    ),
    (
        "UPDATE account SET owner = owner || '9' WHERE kind = 'revenue_fee'",
        "UPDATE account SET owner = left(owner, -1) WHERE kind = 'revenue_fee'",
        "its id is not that of revenue_fee",
    ),
    ("UPDATE charge SET amount = amount + 1", "UPDATE charge SET amount = amount - 1", "the book says that"),
    (
        "UPDATE charge SET refundable = NOT refundable",
        "UPDATE charge SET refundable = NOT refundable",
        "7000 đồng were charged, 3000 are given back",
    ),
    (
        "UPDATE gateway_payment SET amount = amount + 1 WHERE outcome = 'wrong_amount'",
        "UPDATE gateway_payment SET amount = amount - 1 WHERE outcome = 'wrong_amount'",
        "account suspense of gateway:national: balance",
    ),
    (
        "UPDATE gateway_payment SET amount = 2999 WHERE outcome = 'settled'",
        "UPDATE gateway_payment SET amount = 7000 WHERE outcome = 'settled'",
        "2999 đồng came, 7000 are settled",
    ),
    (
        "UPDATE payment_order SET amount = amount + 1 WHERE state = 'paid'",
        "UPDATE payment_order SET amount = amount - 1 WHERE state = 'paid'",
        "payment of",
    ),
    (
        "UPDATE refund SET amount = amount + 1 WHERE dossier_id IS NOT NULL",
        "UPDATE refund SET amount = amount - 1 WHERE dossier_id IS NOT NULL",
        "over 3001 đồng, its lines over 3000",
    ),
    (
        "UPDATE refund_attempt SET state = 'succeeded' WHERE state = 'failed'",
        "UPDATE refund_attempt SET state = 'failed' WHERE refund_id IN (SELECT id FROM refund WHERE state = 'failed')",
        "failed, its last attempt is succeeded",
    ),
    (
        "GRANT UPDATE ON posting TO motcua_app",
        "REVOKE UPDATE ON posting FROM motcua_app",
        "motcua_app: it may change posting",
    ),
    (
        "ALTER TABLE posting DISABLE TRIGGER posting_balances",
        "ALTER TABLE posting ENABLE TRIGGER posting_balances",
        "posting_balances: it does not watch posting",
    ),
];

#[actix_web::test]
async fn verify_names_each_difference_in_the_ledger() {
    let (bank, stage) = Bank::with_stage().await;
    let paid = stage.paid().await;
    let stray = stage.order().await;
    stage.reply(&stray, stage.signed(&stray, |notice| notice.amount = "6999".to_owned())).await;
    stage.refund(&paid, Some(3000)).await.unwrap();
    bank.answers(&["FAILED"]);
    stage.send_refunds().await;
    stage.verify().await;
    let mut owner = stage.test_db.connect();
    // The owner of the tables can switch the triggers off; the application's role cannot.
    owner.batch_execute("SET session_replication_role = replica").unwrap();
    for (change, undo, named) in CHANGES {
        owner.batch_execute(change).unwrap();
        let found = stage.differences().await;
        assert!(found.iter().any(|line| line.contains(named)), "{change}: {found:#?}");
        owner.batch_execute(undo).unwrap();
        assert_eq!(stage.differences().await, [""; 0], "{undo}");
    }
}
