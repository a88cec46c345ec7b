//! Money that settles nothing is in the book all the same, once, with its reason.
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use jiff::SignedDuration;
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::db::Tx;
use motcua::payments::Order;
use serde_json::json;
use uuid::Uuid;

use super::bank::Bank;
use super::stage::Stage;
use crate::support::lines;

impl Stage {
    /// `amount reason` of what was booked to suspense.
    fn suspended(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', amount, reason) AS line FROM transfer
                     JOIN posting ON transfer_id = transfer.id AND side = 'credit'
                    WHERE cause_kind = 'suspense' ORDER BY booked_at, transfer.id";
        lines(&mut self.test_db.connect(), sql)
    }

    pub async fn tell(&self, order: &Order, transaction: &str, amount: i64) -> String {
        let change = |n: &mut motcua::national::payment_platform::Callback| {
            n.transaction = transaction.to_owned();
            n.amount = amount.to_string();
        };
        self.reply(order, self.signed(order, change)).await
    }
}

impl Stage {
    /// A cashier of the unit applies a payment to what an order's dossier owes: all of it, or
    /// as much as is owed.
    pub async fn apply(&self, transaction: &str, order: &Order) -> reqwest::StatusCode {
        let sql = format!(
            "SELECT p.id || ' ' || d.code AS line FROM gateway_payment p, dossier d
              WHERE p.transaction = '{transaction}' AND d.id = '{}'",
            order.dossier_id
        );
        let found = lines(&mut self.test_db.connect(), &sql).remove(0);
        let (payment, dossier) = found.split_once(' ').unwrap();
        let url = format!("{}/api/v1/payments/suspense/{payment}/moves", self.portal);
        let body = json!({ "to": "dossier", "dossier": dossier, "reason": "Đúng hồ sơ của người nộp" });
        let request = self.http.post(url).json(&body).header("Idempotency-Key", Uuid::now_v7().to_string());
        request.bearer_auth(self.cashier()).send().await.unwrap().status()
    }

    /// The token of the unit's cashier.
    fn cashier(&self) -> String {
        let unit = "00000000-0000-0000-0000-0000000000a1";
        let (staff, now) = (Uuid::now_v7(), self.db.clock.now());
        let hire = format!(
            "INSERT INTO staff (id, username, full_name, password_hash, failed_logins, active, created_at)
             VALUES ('{staff}', '{staff}', 'Thu ngân', '', 0, true, now());
             INSERT INTO position (id, staff_id, agency_id, role, valid_from)
             VALUES (gen_random_uuid(), '{staff}', '{unit}', 'cashier', '2025-07-01')"
        );
        self.test_db.connect().batch_execute(&hire).unwrap();
        let subject = Subject::Staff(staff);
        let open = |tx: &mut Tx| session::open(tx, subject, 0, &[], SignedDuration::from_hours(1));
        let session = self.db.write_blocking(&Actor::system("test"), open).unwrap();
        self.app.tokens.issue(Kind::Access, &session, &subject.key(), now).unwrap().text
    }
}

// Mutants: ignore money that settles nothing; book it at every delivery.
#[actix_web::test]
async fn every_kind_of_stray_money_is_booked_once_with_its_reason() {
    let stage = Stage::new().await;
    let (wrong, cancelled) = (stage.order().await, stage.order().await);
    stage.cancel(&cancelled).await;
    let mut unknown = stage.order().await;
    unknown.reference = "261122AAAAAAAAAAAAAA".to_owned();
    for (order, transaction, amount) in [
        (&wrong, "GD-LESS", 6999),
        (&wrong, "GD-MORE", 7001),
        (&cancelled, "GD-LATE", 7000),
        (&unknown, "GD-UNKNOWN", 7000),
        // No money, whatever is told of it.
        (&wrong, "GD-ZERO", 0),
        (&wrong, "GD-MINUS", -7000),
    ] {
        let told = join_all((0..16).map(|_| stage.tell(order, transaction, amount))).await;
        assert_eq!(told, vec!["99"; 16], "{transaction}");
    }
    assert_eq!(
        stage.suspended(),
        ["6999 wrong_amount", "7001 wrong_amount", "7000 late", "7000 unknown_order"]
    );
    // A transaction that was counted is not other money when it is told for another order.
    let (first, second) = (stage.paid().await, stage.order().await);
    assert_eq!(stage.tell(&second, &format!("GD-{}", first.reference), 7000).await, "99");
    assert_eq!(stage.suspended().len(), 4);
    let owed = "receivable 28000"; // four orders are open or given up, one is paid
    assert_eq!(stage.balances(), ["gateway_clearing 35000", owed, "revenue_fee -35000", "suspense -28000"]);
    stage.verify().await;
}

// Mutant: leave what was paid twice to a person.
#[actix_web::test]
async fn what_is_paid_twice_goes_back_by_itself_once() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    let told = join_all((0..16).map(|_| stage.tell(&order, "GD-TWICE", 7000))).await;
    assert_eq!(told, vec!["99"; 16]);
    assert_eq!(
        (stage.suspended(), stage.refunds()),
        (vec!["7000 paid_twice".into()], vec!["requested 7000".into()])
    );
    stage.verify().await;
    stage.send_refunds().await;
    assert_eq!((bank.told(), stage.refunds()), (vec![7000], vec!["succeeded 7000".to_owned()]));
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "revenue_fee -7000"]);
    assert_eq!(stage.refund(&order, None).await, Ok(1), "what paid the order can be given back too");
    stage.send_refunds().await;
    assert_eq!((bank.gave(), stage.balances()), (14_000, vec![]));
    stage.verify().await;
}

#[actix_web::test]
async fn a_payment_that_is_told_rightly_later_leaves_suspense() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    assert_eq!(stage.tell(&order, "GD-1", 6999).await, "99");
    assert_eq!(
        stage.balances(),
        ["gateway_clearing 6999", "receivable 7000", "revenue_fee -7000", "suspense -6999"]
    );
    assert_eq!(stage.tell(&order, "GD-1", 7000).await, "00");
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "revenue_fee -7000"]);
    stage.verify().await;
}

// Mutant: keep the wrong amount of what came too late, or twice.
#[actix_web::test]
async fn a_payment_that_is_told_rightly_when_it_settles_nothing_lies_there_with_its_right_amount() {
    let (_bank, stage) = Bank::with_stage().await;
    let (late, twice) = (stage.order().await, stage.order().await);
    assert_eq!(stage.tell(&late, "GD-LATE", 6999).await, "99");
    assert_eq!(stage.tell(&twice, "GD-TWICE", 7001).await, "99");
    stage.cancel(&late).await;
    assert_eq!(stage.tell(&twice, "GD-FIRST", 7000).await, "00");
    for _ in 0..2 {
        assert_eq!(stage.tell(&late, "GD-LATE", 7000).await, "99");
        assert_eq!(stage.tell(&twice, "GD-TWICE", 7000).await, "99");
        assert_eq!(stage.tell(&twice, "GD-TWICE", 7001).await, "99");
    }
    assert_eq!(stage.payments(), ["7000 late", "7000 paid_twice", "7000 settled"]);
    assert_eq!(stage.refunds(), ["requested 7000"]);
    let balances = stage.balances();
    assert!(balances.contains(&"gateway_clearing 21000".to_owned()), "{balances:?}");
    assert!(balances.contains(&"suspense -7000".to_owned()), "{balances:?}");
    stage.verify().await;
}
