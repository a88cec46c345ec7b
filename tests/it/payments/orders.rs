//! From the charge to the pay page and to the money.
use futures_util::future::join_all;
use motcua::payments::{self, OrderState, lookup::look_up, open_order, poll_payments};
use serde_json::{Value, json};

use super::stage::{AMOUNT, Stage, insert_charge, read};

#[actix_web::test]
async fn a_person_pays_by_clicking() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    let page = stage.http.get(&url).send().await.unwrap().text().await.unwrap();
    for text in ["7.000 đồng", "Nguyễn Thị Mai", "Thanh toán", &order.reference] {
        assert!(page.contains(text), "{text} is missing on {page}");
    }
    let answer = stage.http.post(&url).form(&[("result", "pay")]).send().await.unwrap();
    let page = answer.text().await.unwrap();
    assert!(page.contains("Đã thanh toán"), "{page}");
    let payment = stage.payment(&order).await;
    assert_eq!((payment.total, payment.paid, payment.due), (AMOUNT, AMOUNT, 0));
    assert_eq!(payment.order.map(|o| (o.state, o.pay_url)), Some((OrderState::Paid, None)));
}

#[actix_web::test]
async fn a_bank_that_refuses_leaves_the_order_open() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    stage.http.post(&url).form(&[("result", "fail")]).send().await.unwrap();
    assert_eq!(stage.outcomes(), ["not_paid"]);
    assert_eq!(stage.payment(&order).await.due, AMOUNT);
    assert_eq!(stage.pay(&url).await, ["00"]);
    assert_eq!(stage.state(&order).await, OrderState::Paid);
}

// Mutants: the checks of `every_question_is_asked`, here through the platform's own errors.
#[actix_web::test]
async fn a_disturbed_platform_settles_nothing_and_the_order_stays_payable() {
    let stage = Stage::new().await;
    for (fault, outcome) in [
        (json!({ "forged": true }), "forged"),
        (json!({ "altered": true }), "forged"),
        (json!({ "wrong_amount": -1 }), "wrong_amount"),
        (json!({ "wrong_amount": i64::MAX }), "wrong_amount"),
        (json!({ "other_partner": true }), "other_partner"),
        (json!({ "other_currency": true }), "other_currency"),
    ] {
        let (order, url) = stage.payable().await;
        stage.faults(fault.clone()).await;
        assert_eq!(stage.pay(&url).await, ["99"], "{fault}");
        assert_eq!(stage.outcomes().last().map(String::as_str), Some(outcome));
        assert_eq!(stage.state(&order).await, OrderState::Open, "{fault}");
        stage.faults(json!({})).await;
        assert_eq!(stage.pay(&url).await, ["00"]);
        assert_eq!(stage.state(&order).await, OrderState::Paid);
    }
}

// Mutant: never ask; ask, but do not take the answer in.
#[actix_web::test]
async fn a_lost_callback_is_found_by_asking() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    stage.faults(json!({ "drop_callbacks": true })).await;
    assert_eq!(stage.pay(&url).await, [""; 0]);
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0, "not due yet");
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 1);
    assert_eq!(stage.state(&order).await, OrderState::Paid);
    assert_eq!((stage.outcomes(), stage.paid_jobs().len()), (vec!["settled".to_owned()], 1));
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
}

#[actix_web::test]
async fn an_order_that_is_not_paid_is_asked_about_less_and_less_often() {
    let stage = Stage::new().await;
    let (order, _) = stage.payable().await;
    let start = stage.db.clock.now();
    let at = |seconds| stage.db.clock.set(Some(start + jiff::SignedDuration::from_secs(seconds)));
    for (seconds, asked) in [(31, 1), (60, 1), (92, 2), (180, 2), (213, 3)] {
        at(seconds);
        assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
        let sql = "SELECT asked::text AS line FROM payment_attempt";
        let counted = crate::support::lines(&mut stage.test_db.connect(), sql);
        assert_eq!(counted, [asked.to_string()], "after {seconds} s");
    }
    assert_eq!((stage.state(&order).await, stage.outcomes().len()), (OrderState::Open, 0));
}

#[actix_web::test]
async fn a_platform_that_fails_is_asked_again_and_gives_the_same_page() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let payload = json!({ "attempt_id": stage.attempt(&order) });
    stage.faults(json!({ "errors": 1 })).await;
    let open = || payments::run_open_payment(&stage.db, &stage.gateways, payload.clone());
    assert!(open().await.is_err());
    assert_eq!(stage.payment(&order).await.order.unwrap().pay_url, None);
    open().await.unwrap();
    let url = stage.payment(&order).await.order.unwrap().pay_url;
    assert!(url.is_some());
    open().await.unwrap();
    assert_eq!(stage.payment(&order).await.order.unwrap().pay_url, url);
}

// Mutant: drop the partial unique index, or write the job without asking whether a row came.
#[actix_web::test]
async fn a_dossier_has_one_open_order_however_often_it_is_demanded() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let dossier = order.dossier_id;
    let demand = |amount| stage.write(move |tx| open_order(tx, dossier, amount));
    for again in join_all((0..8).map(|_| async { demand(AMOUNT).await })).await {
        assert_eq!(again.unwrap().reference, order.reference);
    }
    assert_eq!(demand(AMOUNT + 1).await.unwrap_err().code().code, "payment_order_open");
    assert_eq!(demand(0).await.unwrap_err().code().code, "nothing_due");
    let jobs = "SELECT kind || ' ' || subject AS line FROM job";
    let jobs = crate::support::lines(&mut stage.test_db.connect(), jobs);
    assert_eq!(jobs, [format!("open_payment {}", stage.attempt(&order))]);
    stage.cancel(&order).await;
    assert_ne!(demand(AMOUNT).await.unwrap().reference, order.reference);
}

#[actix_web::test]
async fn references_fit_and_cannot_be_guessed() {
    let stage = Stage::new().await;
    let (first, second) = (stage.order().await, stage.order().await);
    for order in [&first, &second] {
        assert_eq!(order.reference.len(), 20);
        assert!(order.reference.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
    }
    assert_ne!(first.reference[6..], second.reference[6..]);
}

#[actix_web::test]
async fn the_database_refuses_impossible_amounts() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    for amount in [-1, i64::MAX, 1_000_000_000_001] {
        assert!(insert_charge(&mut stage.test_db.connect(), order.dossier_id, amount).is_err(), "{amount}");
    }
    assert!(insert_charge(&mut stage.test_db.connect(), order.dossier_id, 0).is_ok());
    assert_eq!(stage.payment(&order).await.due, AMOUNT);
}

/// Mutants: no constraint (it owes twice); the second charge takes the place of the first.
#[actix_web::test]
async fn a_fee_is_charged_once() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    stage.charge_again(&order, AMOUNT + 1).await;
    let payment = stage.payment(&order).await;
    assert_eq!((payment.charges.len(), payment.charges[0].amount, payment.due), (1, AMOUNT, AMOUNT));
    insert_charge(&mut stage.test_db.connect(), order.dossier_id, 0).unwrap();
    let twice = insert_charge(&mut stage.test_db.connect(), order.dossier_id, 5).unwrap_err();
    assert!(twice.to_string().contains("charge_once"), "{twice}");
}

#[actix_web::test]
async fn the_portal_learns_whether_a_dossier_owes_money() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    let sql = "SELECT code AS line FROM dossier";
    let code = crate::support::lines(&mut stage.test_db.connect(), sql).remove(0);
    let now = "2026-11-22T17:30:05Z".parse().unwrap();
    let ask = |code: String| read(&stage.db, move |conn| look_up(conn, &code, now));
    let answer = ask(code.clone()).await;
    assert_eq!(
        (answer.error_code, answer.message.lookup_code),
        ("1".into(), format!("{code}20261123003005"))
    );
    assert_eq!(stage.pay(&url).await, ["00"]);
    assert_eq!(ask(code).await.error_code, "0");
    for unknown in ["H49.61-nowhere".to_owned(), String::new(), "a\0b".to_owned(), "x".repeat(5000)] {
        let answer = ask(unknown).await;
        assert_eq!((answer.error_code, answer.message.lookup_code), ("-1".into(), String::new()));
    }
    assert_eq!(stage.state(&order).await, OrderState::Paid);
}

// Mutant: leave `need_scope` out.
#[actix_web::test]
async fn nobody_without_a_token_asks_about_dossiers() {
    let stage = Stage::new().await;
    let url = format!("{}/api/v1/payments/lookups/national", stage.portal);
    let answer = stage.http.post(url).json(&json!({ "MaHoSo": "H49" })).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "unauthenticated");
}

#[test]
fn both_operations_are_documented() {
    let api = serde_json::to_value(motcua::app::openapi()).unwrap();
    for (path, id) in [
        ("/api/v1/payments/callbacks/national", "receive_payment_callback"),
        ("/api/v1/payments/lookups/national", "look_up_payment"),
    ] {
        assert_eq!(api["paths"][path]["post"]["operationId"], id);
    }
    let body = &api["components"]["schemas"]["CallbackIn"];
    assert_eq!(body["required"], json!(["MaThamChieu"]));
    assert_eq!(body["properties"]["SoTien"]["type"], json!(["string", "number", "null"]));
}

// Mutant: let an order expire by the clock alone.
#[actix_web::test]
async fn an_order_expires_only_when_the_gateway_denies_it_after_its_end() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    let start = stage.db.clock.now();
    let at = |days: i64| stage.db.clock.set(Some(start + jiff::SignedDuration::from_hours(24 * days)));
    at(29);
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    assert_eq!(stage.state(&order).await, OrderState::Open, "denied, but not ended");
    at(31);
    stage.faults(json!({ "errors": 1 })).await;
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    assert_eq!(stage.state(&order).await, OrderState::Open, "ended, but nobody answered");
    at(32);
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    assert_eq!(stage.state(&order).await, OrderState::Expired);
    assert_eq!(stage.attempts(&order), ["national closed"]);
    assert_eq!(stage.pay(&url).await, ["99"], "late money");
    assert_eq!(stage.state(&order).await, OrderState::Expired);
    assert_eq!((stage.outcomes(), stage.payments()), (vec!["late".to_owned()], vec!["7000 late".to_owned()]));
    assert_eq!(stage.attempts(&order), ["national paid"]);
}

// Mutant: ask only about attempts of open orders.
#[actix_web::test]
async fn money_for_a_cancelled_order_is_found_by_asking_and_kept() {
    let stage = Stage::new().await;
    let (order, url) = stage.payable().await;
    stage.cancel(&order).await;
    stage.faults(json!({ "drop_callbacks": true })).await;
    assert_eq!(stage.pay(&url).await, [""; 0]);
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    assert_eq!((stage.outcomes(), stage.payments()), (vec!["late".to_owned()], vec!["7000 late".to_owned()]));
    assert_eq!(stage.state(&order).await, OrderState::Cancelled);
}
