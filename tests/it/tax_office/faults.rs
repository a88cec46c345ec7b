//! Whatever goes wrong between the office and a portal that does what it must, their books come
//! to the same.
use motcua::national::tax::{LandUseFee, Matter, PaymentReport, Recall, Relation, Request};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::stage::{Stage, slip};

const DOSSIERS: usize = 60;

fn settings() -> [Value; 14] {
    [
        json!({ "lost": 2, "spared": 0.5 }),
        json!({ "lose_answers": 2, "spared": 0.5 }),
        json!({ "twice": 3 }),
        json!({ "reorder": 3 }),
        json!({ "early": true }),
        json!({ "early": true, "lose_answers": 1, "twice": 1 }),
        json!({ "after_cancellation": true }),
        json!({ "wrong_taxpayer": true, "unknown_dossier": true }),
        json!({ "wrong_key": true }),
        json!({ "truncated": true }),
        json!({ "huge": true }),
        json!({ "entity_bomb": true }),
        json!({ "slow_ms": 5, "lost": 1 }),
        json!({ "late_days": 2, "reorder": 5, "twice": 1, "lose_answers": 1 }),
    ]
}

/// What happens to one dossier.
async fn lives(stage: &Stage, dice: &mut StdRng, at: usize) {
    let code = format!("D{at}");
    let mut slip = slip(&code);
    slip.matter = Some(Matter::ALL[dice.random_range(0..6)]);
    slip.contract_value = Some(dice.random_range(0..5_000_000_000));
    slip.asks_to_owe = if dice.random_bool(0.2) { "1" } else { "0" }.to_owned();
    if dice.random_bool(0.4) {
        slip.land_use_fee = Some(LandUseFee { area: 50.0, price: 7_777_777, former_price: 0, percent: 50 });
    }
    stage.knows(&slip);
    stage.office.send(&slip).await.unwrap();
    stage.clock(json!({ "now": "2026-10-30T08:00:00+07:00", "by_hand": true })).await;
    if dice.random_bool(0.7) {
        stage.post("/work", json!({})).await;
    }
    if dice.random_bool(0.2) {
        (slip.id, slip.corrects, slip.request) =
            (format!("{code}/2"), Some(slip.id.clone()), Request::Correction);
        slip.relation = Relation::ParentAndChild;
        stage.office.send(&slip).await.unwrap();
    }
    pays(stage, dice, &code).await;
    if dice.random_bool(0.15) {
        let (id, sent, reason) = (format!("{code}/R"), slip.sent.clone(), "Rút hồ sơ".to_owned());
        stage.office.recall(&Recall { id, slip: slip.id, dossier_code: code, reason, sent }).await.unwrap();
    }
}

/// Some of its notices are paid, in part or in whole, here or there; some are replaced or cancelled.
async fn pays(stage: &Stage, dice: &mut StdRng, code: &str) {
    let book = stage.get("/book").await;
    for line in book["lines"].as_array().unwrap().iter().filter(|line| line["dossier"] == code) {
        let (notice, amount) = (line["notice"].as_str().unwrap(), line["owed"].as_i64().unwrap());
        let part = if dice.random_bool(0.5) { amount } else { amount / 3 };
        match dice.random_range(0..6) {
            0 | 1 => {
                let paid = json!({ "dossier": code, "notice": notice, "instalment": line["instalment"], "amount": part });
                stage.post("/etax", paid).await;
            }
            2 if part > 0 => {
                let (reference, paid_at) = (
                    format!("P{code}{notice}/{}", line["instalment"]),
                    super::stage::MONDAY.parse().unwrap(),
                );
                let (dossier_code, notice_number) = (code.to_owned(), notice.to_owned());
                let report = PaymentReport {
                    dossier_code,
                    notice_number,
                    instalment: 1,
                    amount: part,
                    reference,
                    given_back: None,
                    paid_at,
                    payer: None,
                };
                for _ in 0..2 {
                    stage.office.report_payment(&report).await.unwrap();
                }
            }
            3 => {
                let change = json!({ "notice": notice, "amount": amount / 2, "reason": "Điều chỉnh" });
                stage.post("/notices/replace", change).await;
            }
            4 => {
                stage.post("/notices/cancel", json!({ "notice": notice, "reason": "Nhầm" })).await;
            }
            _ => {}
        }
    }
}

// Mutants: an id anew for each sending; a message is done when it was sent; a wrong copy is the
// message.
#[actix_web::test]
async fn the_books_are_the_same_whatever_goes_wrong() {
    let stage = Stage::new().await;
    let mut dice = StdRng::seed_from_u64(0x7a1);
    let settings = settings();
    for at in 0..DOSSIERS {
        let mut setting = settings[at % settings.len()].clone();
        setting["seed"] = json!(at);
        stage.clock(json!({ "now": super::stage::MONDAY, "by_hand": true })).await;
        stage.faults(setting).await;
        lives(&stage, &mut dice, at).await;
        stage.faults(json!({})).await;
    }
    stage.clock(json!({ "now": "2026-12-30T08:00:00+07:00", "by_hand": true })).await;
    stage.work_off().await;
    let (book, treasury) = (stage.get("/book").await, stage.get("/treasury").await);
    let owed = stage.owed().await;
    let portal = stage.portal();
    assert!(owed.len() > DOSSIERS, "{}", owed.len());
    assert_eq!(portal.owed(), owed);
    let payments = book["payments"].as_object().unwrap();
    let elsewhere = payments.iter().filter(|(_, paid)| paid["channel"] != "portal");
    let told: Vec<(&String, i64)> =
        portal.payments.iter().map(|(reference, paid)| (reference, paid.2)).collect();
    assert_eq!(
        elsewhere.map(|(reference, paid)| (reference, paid["amount"].as_i64().unwrap())).collect::<Vec<_>>(),
        told
    );
    assert!(told.len() > 10 && payments.len() > told.len(), "{} of {}", told.len(), payments.len());
    let all: i64 = payments.values().map(|paid| paid["amount"].as_i64().unwrap()).sum();
    let lines: i64 =
        book["lines"].as_array().unwrap().iter().map(|line| line["paid"].as_i64().unwrap()).sum();
    assert_eq!((treasury["total"].as_i64().unwrap(), lines), (all, all));
    for code in ["01", "02", "03", "04"] {
        assert!(portal.refused.iter().any(|refused| refused == code), "{code} never had to be said");
    }
    assert!(portal.repeated > 20, "{}", portal.repeated);
}

/// What was given up is shown, and does not stand in the way of the next.
#[actix_web::test]
async fn a_message_that_is_refused_for_good_is_left_to_a_person() {
    let stage = Stage::new().await;
    stage.office.send(&slip("D1")).await.unwrap();
    stage.clock(json!({ "now": "2026-10-30T08:00:00+07:00", "by_hand": true })).await;
    stage.work_off().await;
    let shown = stage.get("/deliveries").await;
    assert_eq!(
        (&shown[0]["given_up"], &shown[0]["attempts"], &shown[0]["last"]),
        (&json!(true), &json!(5), &json!("03 "))
    );
}
