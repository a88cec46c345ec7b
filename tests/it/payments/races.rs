//! The same payment told by many mouths at once is booked once.
use std::time::Duration;

use futures_util::future::{join, join_all};
use motcua::payments::{self, OrderState, poll_payments};
use serde_json::json;

use super::stage::Stage;
use crate::support::Before;

// Mutant: no unique key on the raw bytes of the inbox.
#[actix_web::test]
async fn sixteen_deliveries_of_one_notice_are_one_posting() {
    let stage = Stage::new().await;
    for _ in 0..5 {
        let order = stage.order().await;
        let (booked, body) = (stage.paid_jobs().len(), stage.signed(&order, |_| {}));
        let replies = join_all((0..16).map(|_| stage.reply(&order, body.clone()))).await;
        assert_eq!(replies, vec!["00"; 16]);
        assert_eq!(stage.paid_jobs().len(), booked + 1);
        assert_eq!(stage.state(&order).await, OrderState::Paid);
    }
    assert_eq!(stage.outcomes(), vec!["settled"; 5]);
}

// Mutant: `paid` without compare-and-set (drop the filter on state in `settle`): then several
// of these bodies, which differ in a space, say "settled".
#[actix_web::test]
async fn sixteen_wordings_of_one_notice_are_one_posting() {
    let stage = Stage::new().await;
    for round in 1..=5 {
        let order = stage.order().await;
        let body = stage.signed(&order, |_| {});
        let bodies = (0..16).map(|n| format!("{}{body}", " ".repeat(n)));
        let replies = join_all(bodies.map(|body| stage.reply(&order, body))).await;
        assert_eq!(replies, vec!["00"; 16]);
        let outcomes = stage.outcomes();
        let settled = outcomes.iter().filter(|outcome| *outcome == "settled").count();
        assert_eq!((settled, outcomes.len()), (round, 16 * round));
        assert_eq!(stage.paid_jobs().len(), round);
    }
}

// Mutant: as above; here two payments of one order race, and only one may settle it.
#[actix_web::test]
async fn of_two_payments_of_one_order_one_settles() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let bodies = (0..8).map(|n| stage.signed(&order, |notice| notice.transaction = format!("GD-{n}")));
    let mut replies = join_all(bodies.map(|body| stage.reply(&order, body))).await;
    replies.sort();
    assert_eq!(replies, ["00", "99", "99", "99", "99", "99", "99", "99"]);
    assert_eq!(stage.paid_jobs().len(), 1);
    assert_eq!(stage.outcomes().iter().filter(|outcome| *outcome == "paid_twice").count(), 7);
}

// Mutant: drop the unique key on gateway_payment (gateway, transaction).
#[actix_web::test]
async fn one_payment_told_for_many_orders_settles_one() {
    let stage = Stage::new().await;
    let orders = [stage.order().await, stage.order().await, stage.order().await, stage.order().await];
    let tell = |order| stage.reply(order, stage.signed(order, |n| n.transaction = "GD-1".to_owned()));
    let mut replies = join_all(orders.iter().map(tell)).await;
    replies.sort();
    assert_eq!(replies, ["00", "99", "99", "99"]);
    assert_eq!(stage.paid_jobs().len(), 1);
}

// Mutant: settle from the query by a way of its own, without compare-and-set.
#[actix_web::test]
async fn copies_from_the_platform_and_the_polling_are_one_posting() {
    let stage = Stage::new().await;
    stage.faults(json!({ "duplicate": 7 })).await;
    let mut pages = Vec::new();
    for _ in 0..4 {
        pages.push(stage.payable().await);
    }
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    let pay = join_all(pages.iter().map(|(_, url)| stage.pay(url)));
    let poll = join_all((0..4).map(|_| poll_payments(&stage.db, &stage.gateways)));
    let (paid, polled) = futures_util::join!(pay, poll);
    assert_eq!(paid, vec![vec!["00"; 8]; 4]);
    assert!(polled.into_iter().all(|found| found.is_ok()));
    assert_eq!(stage.paid_jobs().len(), 4);
    assert_eq!(stage.outcomes(), vec!["settled"; 4], "the answer to the query has the callback's bytes");
    for (order, _) in &pages {
        assert_eq!(stage.state(order).await, OrderState::Paid);
    }
}

// Mutant: `pay-note-unlocked`.
#[actix_web::test]
async fn who_disposes_of_a_payment_just_now_is_waited_for() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    assert_eq!(stage.tell(&order, "GD-1", 6999).await, "99");
    let disposes = format!(
        "SELECT FROM gateway_payment WHERE transaction = 'GD-1' FOR UPDATE;
         INSERT INTO suspense_application
         SELECT gen_random_uuid(), id, '{}', 6999, 'Đúng người nộp', now(), 'staff:1'
           FROM gateway_payment WHERE transaction = 'GD-1'",
        order.dossier_id
    );
    let before = Before::begin(&stage.test_db, &disposes);
    let told = join(stage.tell(&order, "GD-1", 7000), before.commit_when_waited_for(Duration::ZERO));
    assert_eq!(told.await.0, "99");
    assert_eq!((stage.state(&order).await, stage.paid_jobs().len()), (OrderState::Open, 0));
    assert_eq!(stage.payments(), ["6999 wrong_amount"]);
}

// Mutant: `pay-choose-unlocked`.
#[actix_web::test]
async fn no_attempt_begins_at_an_order_that_expires_just_now() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let begun = stage.attempts(&order).len();
    let expires = format!("UPDATE payment_order SET state = 'expired' WHERE id = '{}'", order.id);
    let before = Before::begin(&stage.test_db, &expires);
    let (dossier, offer) = (order.dossier_id, payments::gateway::offered(&stage.config, "vnpay").unwrap());
    let choose = stage.write(move |tx| payments::choose(tx, dossier, offer));
    let (chosen, ()) = join(choose, before.commit_when_waited_for(Duration::ZERO)).await;
    assert_eq!(chosen.unwrap_err().code().code, "busy");
    assert_eq!(stage.attempts(&order).len(), begun);
}

// Mutant: `poll-one-round`.
#[actix_web::test]
async fn all_that_waits_after_an_outage_is_asked_about_at_once() {
    const WAITING: usize = 205; // more than one round
    let stage = Stage::new().await;
    for _ in 0..WAITING {
        stage.order().await;
    }
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    let asked = "SELECT count(*)::text AS line FROM payment_attempt WHERE asked = 1";
    assert_eq!(crate::support::lines(&mut stage.test_db.connect(), asked), [WAITING.to_string()]);
}
