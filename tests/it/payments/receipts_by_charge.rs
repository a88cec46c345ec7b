//! Receipts add up charge by charge over the whole dossier, whatever paid for it and whichever
//! payment gives the money back.
use futures_util::future::join_all;
use motcua::payments::{ChargeKind, Order, open_order, run_send_refund};
use serde_json::json;

use super::bank::Bank;
use super::receipts::{BOTH, differences, of};
use super::stage::{Stage, read};
use crate::support::lines;

/// `kind amount cause` of the receipts of a dossier that stand, in the order of issuing.
fn standing(stage: &Stage, order: &Order) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', kind, amount, CASE WHEN order_id IS NULL THEN 'applied' ELSE 'order' END) AS line
           FROM receipt WHERE dossier_id = '{}' AND state = 'valid' ORDER BY id",
        order.dossier_id
    );
    lines(&mut stage.test_db.connect(), &sql)
}

/// The order of a dossier that is open now.
async fn open(stage: &Stage, order: &Order) -> Order {
    let (dossier, due) = (order.dossier_id, stage.payment(order).await.due);
    stage.write(move |tx| open_order(tx, dossier, due)).await.unwrap()
}

async fn pays(stage: &Stage, order: &Order) {
    assert_eq!(stage.reply(order, stage.signed(order, |_| {})).await, "00");
}

async fn sound(stage: &Stage) {
    stage.verify().await;
    assert_eq!(differences(stage).await, [""; 0]);
}

// Mutants: no receipt for what is applied; spend on every receipt what goes back.
#[actix_web::test]
async fn applied_money_has_its_receipts_and_the_next_payment_those_of_the_rest() {
    let (bank, stage) = Bank::with_stage().await;
    let first = stage.order_over(&BOTH).await;
    assert_eq!(stage.tell(&first, "GD-PART", 110_000).await, "99");
    assert_eq!(stage.apply("GD-PART", &first).await, 200);
    assert_eq!(standing(&stage, &first), ["charge 100000 applied", "fee 10000 applied"]);
    sound(&stage).await;
    let rest = open(&stage, &first).await;
    assert_eq!(rest.amount, 23_000);
    pays(&stage, &rest).await;
    assert_eq!(
        standing(&stage, &first),
        ["charge 100000 applied", "fee 10000 applied", "charge 8000 order", "fee 15000 order"]
    );
    sound(&stage).await;
    // Each is found by whoever holds it.
    for receipt in of(&stage, &first).await {
        let (series, number, secret) = (&receipt.series, &receipt.number, &receipt.secret);
        let url = format!("{}/api/v1/receipts/{series}/{number}?secret={secret}", stage.portal);
        assert_eq!(stage.http.get(url).send().await.unwrap().status(), 200);
    }
    // Out of the newer payment first, and then out of what was applied; the charge in its order.
    assert_eq!(stage.refund(&first, Some(30_000)).await, Ok(2));
    stage.send_refunds().await;
    assert_eq!(bank.told(), [7_000, 23_000]);
    assert_eq!(
        standing(&stage, &first),
        ["fee 10000 applied", "charge 8000 order", "fee 15000 order", "charge 70000 applied"]
    );
    sound(&stage).await;
    assert_eq!(stage.refund(&first, None).await, Ok(1));
    stage.send_refunds().await;
    assert_eq!((standing(&stage, &first), bank.gave()), (vec![], 133_000));
    assert_eq!(stage.balances(), [""; 0]);
    sound(&stage).await;
}

#[actix_web::test]
async fn applied_money_of_a_unit_that_issues_invoices_has_its_paper_elsewhere() {
    use diesel::connection::SimpleConnection;
    let stage = Stage::new().await;
    stage.test_db.connect().batch_execute("UPDATE agency SET code = 'H49.22'").unwrap();
    let order = stage.order_over(&BOTH).await;
    assert_eq!(stage.tell(&order, "GD-PART", 110_000).await, "99");
    assert_eq!(stage.apply("GD-PART", &order).await, 200);
    let rest = open(&stage, &order).await;
    pays(&stage, &rest).await;
    let sql =
        "SELECT concat_ws(' ', amount, CASE WHEN order_id IS NULL THEN 'applied' ELSE 'order' END) AS line
                 FROM receipt_elsewhere ORDER BY id";
    assert_eq!(
        lines(&mut stage.test_db.connect(), sql),
        ["100000 applied", "10000 applied", "15000 order", "8000 order"]
    );
    sound(&stage).await;
}

#[actix_web::test]
async fn one_refund_over_two_orders_of_a_dossier_lessens_the_receipts_of_its_charges() {
    let (bank, stage) = Bank::with_stage().await;
    let first = stage.order_over(&[("A", ChargeKind::Fee, 10_000)]).await;
    pays(&stage, &first).await;
    let second = stage.order_more(&first, ("B", ChargeKind::Fee, 5_000)).await;
    pays(&stage, &second).await;
    assert_eq!(stage.refund(&first, Some(12_000)).await, Ok(2));
    stage.send_refunds().await;
    assert_eq!(bank.told(), [5_000, 7_000]);
    assert_eq!(standing(&stage, &first), ["fee 3000 order"]);
    let left = read(&stage.db, {
        let dossier = first.dossier_id;
        move |conn| motcua::receipts::of_dossier(conn, dossier)
    });
    let left = left.await.into_iter().find(|receipt| receipt.state.word() == "valid").unwrap();
    assert_eq!((left.lines.len(), left.lines[0].code.as_str(), left.lines[0].amount), (1, "B", 3_000));
    sound(&stage).await;
}

// Mutant: what went back is demanded again by the next receipt.
#[actix_web::test]
async fn what_was_given_back_is_on_no_later_receipt() {
    let (_bank, stage) = Bank::with_stage().await;
    let first = stage.order_over(&[("A", ChargeKind::Charge, 10_000)]).await;
    pays(&stage, &first).await;
    assert_eq!(stage.refund(&first, Some(4_000)).await, Ok(1));
    stage.send_refunds().await;
    let second = stage.order_more(&first, ("B", ChargeKind::Fee, 5_000)).await;
    pays(&stage, &second).await;
    assert_eq!(standing(&stage, &first), ["charge 6000 order", "fee 5000 order"]);
    sound(&stage).await;
}

// Mutant: without a lock, the second does not see what the first put in the receipt's place.
#[actix_web::test]
async fn refunds_that_end_at_once_lessen_a_receipt_one_after_the_other() {
    let (bank, stage) = Bank::with_stage().await;
    for _ in 0..4 {
        let order = stage.paid().await;
        for _ in 0..6 {
            assert_eq!(stage.refund(&order, Some(1_000)).await, Ok(1));
        }
        let waiting = lines(
            &mut stage.test_db.connect(),
            "SELECT id::text AS line FROM refund_attempt WHERE state = 'requested'",
        );
        let send = |id: &String| {
            let payload = json!({ "attempt_id": id });
            run_send_refund(&stage.db, &stage.gateways, payload)
        };
        assert!(join_all(waiting.iter().map(send)).await.into_iter().all(|done| done.is_ok()));
        assert_eq!(standing(&stage, &order), ["fee 1000 order"]);
    }
    assert_eq!(bank.gave(), 24_000);
    sound(&stage).await;
}

/// Whatever comes after one another, the receipts that stand are what was paid and not given
/// back; the steps follow from a seed.
#[actix_web::test]
async fn receipts_add_up_after_every_step() {
    let (bank, stage) = Bank::with_stage().await;
    for seed in 1..=3_u64 {
        let mut state = seed;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let kind = |number: u64| if number == 0 { ChargeKind::Charge } else { ChargeKind::Fee };
        let mut dossier = stage.order_over(&[("F0", kind(next(2)), 10_000)]).await;
        let (mut paid, gave) = (0, bank.gave());
        for step in 1..=12 {
            let due = stage.payment(&dossier).await.due;
            match next(3) {
                0 if due > 0 => {
                    let order = open(&stage, &dossier).await;
                    pays(&stage, &order).await;
                    paid += due;
                }
                1 if due > 1 => {
                    let order = open(&stage, &dossier).await;
                    let (transaction, part) = (format!("GD-{seed}-{step}"), 1 + next(due as u64 - 1) as i64);
                    assert_eq!(stage.tell(&order, &transaction, part).await, "99");
                    assert_eq!(stage.apply(&transaction, &order).await, 200);
                    paid += part;
                }
                _ if due == 0 => {
                    let code = format!("F{step}");
                    dossier = stage.order_more(&dossier, (&code, kind(next(2)), 10_000)).await;
                }
                _ if paid > bank.gave() - gave => {
                    let back = 1 + next((paid - (bank.gave() - gave)) as u64) as i64;
                    stage.refund(&dossier, Some(back)).await.unwrap();
                    stage.send_refunds().await;
                }
                _ => {}
            }
            let stands: i64 = of(&stage, &dossier)
                .await
                .iter()
                .filter(|receipt| receipt.state.word() == "valid")
                .map(|receipt| receipt.amount)
                .sum();
            assert_eq!(stands, paid - (bank.gave() - gave), "seed {seed}, step {step}");
            sound(&stage).await;
        }
    }
}
