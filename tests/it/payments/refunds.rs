//! Money goes back once, never more than came, and every step is in the book.
use futures_util::future::join_all;
use jiff::SignedDuration;
use motcua::error::Error;
use motcua::payments::{Order, poll_refunds, refund};

use super::bank::Bank;
use super::stage::Stage;
use crate::support::lines;

impl Stage {
    /// An order that is paid.
    pub async fn paid(&self) -> Order {
        let order = self.order().await;
        assert_eq!(self.reply(&order, self.signed(&order, |_| {})).await, "00");
        order
    }

    /// Requests a part or all of what an order's dossier paid; the number of refunds, or the
    /// word of the refusal.
    pub async fn refund(&self, order: &Order, amount: Option<i64>) -> Result<usize, &'static str> {
        let dossier = order.dossier_id;
        match self.write(move |tx| refund::request(tx, dossier, amount, "Nộp thừa")).await {
            Ok(refunds) => Ok(refunds.len()),
            Err(Error::Refused(refused)) => Err(refused.code.code),
            Err(error) => panic!("{error}"),
        }
    }

    /// `state amount` of every refund.
    pub fn refunds(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', state, amount) AS line FROM refund ORDER BY id";
        lines(&mut self.test_db.connect(), sql)
    }

    /// The balances of the book by kind of account: `kind balance`, debits positive.
    pub fn balances(&self) -> Vec<String> {
        let sql =
            "SELECT concat_ws(' ', kind, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)) AS line
                     FROM posting JOIN account ON account.id = account_id GROUP BY kind
                   HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0 ORDER BY 1";
        lines(&mut self.test_db.connect(), sql)
    }

    async fn later(&self, seconds: i64) {
        self.db.clock.set(Some(self.db.clock.now() + SignedDuration::from_secs(seconds)));
    }
}

#[actix_web::test]
async fn a_refund_in_parts_and_the_rest_empties_the_book() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "revenue_fee -7000"]);
    assert_eq!(stage.refund(&order, Some(7001)).await, Err("refund_exceeds_payment"));
    assert_eq!(stage.refund(&order, Some(3000)).await, Ok(1));
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "refund_payable -3000", "revenue_fee -4000"]);
    stage.verify().await;
    stage.send_refunds().await;
    assert_eq!(stage.balances(), ["gateway_clearing 4000", "revenue_fee -4000"]);
    assert_eq!(stage.refund(&order, Some(4001)).await, Err("refund_exceeds_payment"));
    assert_eq!(stage.refund(&order, None).await, Ok(1));
    assert_eq!(stage.refund(&order, None).await, Ok(0), "nothing is left");
    stage.send_refunds().await;
    stage.send_refunds().await;
    assert_eq!(
        (stage.refunds(), bank.told()),
        (vec!["succeeded 3000".into(), "succeeded 4000".into()], vec![3000, 4000])
    );
    assert_eq!(stage.balances(), [""; 0]);
    assert_eq!(stage.payment(&order).await.due, 0, "what was given back is not owed again");
    stage.verify().await;
}

// Mutant: request without locking the payments.
#[actix_web::test]
async fn sixteen_who_give_back_at_once_never_give_more_than_was_paid() {
    let (bank, stage) = Bank::with_stage().await;
    for at_once in [2, 7, 16] {
        let order = stage.paid().await;
        let asked = join_all((0..at_once).map(|_| stage.refund(&order, Some(2000)))).await;
        let done = asked.iter().filter(|answer| **answer == Ok(1)).count();
        assert_eq!(done, at_once.min(3), "{asked:?}");
        assert_eq!(stage.refund(&order, None).await, Ok(1), "the rest");
    }
    stage.send_refunds().await;
    assert_eq!((bank.gave(), stage.balances()), (21_000, vec![]));
    stage.verify().await;
}

// Mutants: ask anew under another number; book the answer without compare-and-set.
#[actix_web::test]
async fn an_answer_that_is_lost_is_the_same_refund() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    stage.refund(&order, None).await.unwrap();
    bank.loses(3);
    stage.send_refunds().await;
    assert_eq!((stage.refunds(), bank.told()), (vec!["succeeded 7000".to_owned()], vec![7000]));
    assert_eq!(stage.balances(), [""; 0]);
    stage.verify().await;
}

#[actix_web::test]
async fn a_refund_under_way_is_asked_about_until_it_ends() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    stage.refund(&order, None).await.unwrap();
    bank.answers(&["PENDING"]);
    stage.send_refunds().await;
    assert_eq!(stage.refunds(), ["pending 7000"]);
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "refund_in_transit -7000"]);
    stage.verify().await;
    assert_eq!(poll_refunds(&stage.db, &stage.gateways).await.unwrap(), 0, "not due yet");
    stage.later(61).await;
    assert_eq!(poll_refunds(&stage.db, &stage.gateways).await.unwrap(), 0, "still under way");
    bank.ends("SUCCESS");
    stage.later(3600).await;
    let asked = join_all((0..4).map(|_| poll_refunds(&stage.db, &stage.gateways))).await;
    assert!(asked.into_iter().all(|ended| ended.is_ok()));
    assert_eq!((stage.refunds(), stage.balances()), (vec!["succeeded 7000".to_owned()], vec![]));
    stage.verify().await;
}

// Mutant: end a refund that has ended.
#[actix_web::test]
async fn what_ended_stays_ended_whatever_is_heard_later() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    stage.refund(&order, None).await.unwrap();
    bank.answers(&["PENDING"]);
    stage.send_refunds().await;
    bank.tells_later(&["FAILED", "SUCCESS", "FAILED", "SUCCESS"]);
    stage.later(61).await;
    join_all((0..4).map(|_| poll_refunds(&stage.db, &stage.gateways))).await;
    let ends = "SELECT count(*)::text AS line FROM transfer WHERE cause_kind IN ('refund_failed', 'refund_succeeded')";
    assert_eq!(lines(&mut stage.test_db.connect(), ends), ["1"]);
    stage.verify().await;
}

// Mutant: forget the money of a refund that failed.
#[actix_web::test]
async fn what_a_gateway_could_not_give_back_is_owed_and_tried_again() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    stage.refund(&order, None).await.unwrap();
    bank.answers(&["FAILED", "PENDING"]);
    stage.send_refunds().await;
    assert_eq!(stage.refunds(), ["failed 7000"]);
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "refund_payable -7000"]);
    assert_eq!(stage.refund(&order, None).await, Ok(0), "it is this refund that is owed");
    stage.verify().await;
    let again = || {
        let sql = "SELECT id::text AS line FROM refund";
        let id = lines(&mut stage.test_db.connect(), sql)[0].parse().unwrap();
        stage.write(move |tx| refund::again(tx, id))
    };
    let both = join_all([again(), again()]).await;
    assert_eq!(both.iter().filter(|done| done.is_ok()).count(), 1, "one attempt more, whoever asks");
    stage.send_refunds().await;
    bank.ends("FAILED");
    stage.later(61).await;
    assert_eq!(poll_refunds(&stage.db, &stage.gateways).await.unwrap(), 1);
    assert_eq!(stage.refunds(), ["failed 7000"]);
    again().await.unwrap();
    stage.send_refunds().await;
    assert_eq!((stage.refunds(), bank.gave()), (vec!["succeeded 7000".to_owned()], 7000));
    assert_eq!((bank.told(), stage.balances()), (vec![7000; 3], vec![]));
    stage.verify().await;
}

// Mutant: give back whatever was paid.
#[actix_web::test]
async fn a_fee_that_is_not_refundable_stays_paid() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.order_of(&[(7000, false)]).await;
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    assert_eq!(stage.refund(&order, None).await, Ok(0));
    assert_eq!(stage.refund(&order, Some(1)).await, Err("refund_exceeds_payment"));
    let order = stage.order_of(&[(7000, false), (500, true)]).await;
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    assert_eq!(stage.refund(&order, Some(501)).await, Err("refund_exceeds_payment"));
    assert_eq!(stage.refund(&order, None).await, Ok(1));
    stage.send_refunds().await;
    assert_eq!(bank.told(), [500]);
    stage.verify().await;
}
