//! The same payment told by many mouths at once is booked once.
use futures_util::future::join_all;
use motcua::payments::{OrderState, poll_payments};
use serde_json::json;

use super::stage::Stage;

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
