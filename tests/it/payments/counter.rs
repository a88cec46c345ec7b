//! At the counter: a QR code and the bank's credit notice, slips, and who may.
use motcua::workflow::Role;
use serde_json::{Value, json};

use crate::dossiers::play::{Play, procedure};
use crate::support::stage::{COMMUNE, Caller, ONE_STOP, Portal};
use crate::support::{judge, lines};

const SCOPE: &str = "payments.bank_credit";

/// A dossier that owes 7,000 đồng, at its payment.
async fn owing(portal: &Portal) -> String {
    let procedure = procedure("1.004194");
    let mut play = Play::new(portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    play.code.clone()
}

async fn qr(cashier: &Caller<'_>, code: &str) -> Value {
    cashier.post(&format!("/api/v1/dossiers/{code}/payment/qr"), &json!({})).await.expect(201)
}

async fn state(cashier: &Caller<'_>, code: &str) -> String {
    let payment = cashier.get(&format!("/api/v1/dossiers/{code}/payment")).await.expect(200);
    payment["order"]["state"].as_str().unwrap().to_owned()
}

fn credit(transaction: &str, amount: i64, content: &str) -> Value {
    json!({
        "transaction": transaction, "account": "1234567890", "amount": amount, "currency": "VND",
        "content": content, "bank": "VCB",
    })
}

fn outcomes(portal: &Portal) -> Vec<String> {
    let sql = "SELECT gateway || ' ' || outcome AS line FROM gateway_event ORDER BY received_at, id";
    lines(&mut portal.database.connect(), sql)
}

// Mutant: take a notice from whoever has a login.
#[actix_web::test]
async fn a_transfer_by_qr_code_is_confirmed_by_the_bank_and_by_nobody_else() {
    let portal = Portal::new().await;
    let code = owing(&portal).await;
    let (cashier, bank) = (portal.official(Role::Cashier, ONE_STOP), portal.machine(SCOPE));
    let shown = qr(&cashier, &code).await;
    assert_eq!(qr(&cashier, &code).await, shown, "asked for again, it is the same");
    assert!(shown["svg"].as_str().unwrap().contains("<svg"));
    let reference = shown["reference"].as_str().unwrap();
    let content = format!("MBVCB.6612.{}.CT tu 0011", reference.to_lowercase());
    let genuine = credit("FT1", 7000, &content);
    for stranger in [&cashier, &portal.machine("payments.lookup")] {
        stranger.post("/api/v1/payments/callbacks/bank", &genuine).await.refused(403, "forbidden");
    }
    portal.nobody().post("/api/v1/payments/callbacks/bank", &genuine).await.expect(401);
    assert_eq!((state(&cashier, &code).await.as_str(), outcomes(&portal).len()), ("open", 0));
    let mut other_account = credit("FT2", 7000, &content);
    other_account["account"] = json!("999");
    let mut dollars = credit("FT3", 7000, &content);
    dollars["currency"] = json!("USD");
    for (notice, outcome) in [
        (other_account, "other_partner"),
        (dollars, "other_currency"),
        (credit("FT4", 6999, &content), "wrong_amount"),
        (credit("FT5", -7000, &content), "wrong_amount"),
        (credit("FT6", 7000, "NOP PHI"), "unknown_order"),
        (credit("FT7", 7000, "261122AAAAAAAAAAAAAA"), "unknown_order"),
        (credit("", 7000, &content), "malformed"),
        (genuine.clone(), "settled"),
        (genuine.clone(), "repeated"),
        (credit("FT8", 7000, &content), "paid_twice"),
    ] {
        let told = bank.post("/api/v1/payments/callbacks/bank", &notice).await.expect(200);
        assert_eq!(told["outcome"], outcome, "{notice}");
    }
    assert_eq!(state(&cashier, &code).await, "paid");
    let kept = "SELECT transaction || ' ' || outcome AS line FROM gateway_payment ORDER BY id";
    assert_eq!(
        lines(&mut portal.database.connect(), kept),
        ["FT4 wrong_amount", "FT6 unknown_order", "FT7 unknown_order", "FT1 settled", "FT8 paid_twice"]
    );
}

#[actix_web::test]
async fn a_reader_that_is_not_ours_reads_the_qr_code() {
    let portal = Portal::new().await;
    let code = owing(&portal).await;
    let shown = qr(&portal.official(Role::Cashier, ONE_STOP), &code).await;
    let payload = shown["payload"].as_str().unwrap();
    let said = judge("emvqr.js", &json!({ "payloads": [payload, payload.replace("7000", "7001")] })).await;
    let rows: Vec<&str> =
        said[0]["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    let reference = format!("08 {}", shown["reference"].as_str().unwrap());
    for row in [
        "00 01",
        "01 12",
        "00 A000000727",
        "01 000697041501101234567890",
        "02 QRIBFTTA",
        "53 704",
        "54 7000",
        "58 VN",
    ] {
        assert!(rows.contains(&row), "{row} in {rows:?}");
    }
    assert!(rows.contains(&reference.as_str()), "{rows:?}");
    assert_eq!((&said[0]["sum"], &said[1]["sum"]), (&json!(true), &json!(false)));
}

// Mutant: number the slips without their terminal.
#[actix_web::test]
async fn a_slip_settles_one_order_and_its_number_counts_once() {
    let portal = Portal::new().await;
    let (first, second, third) = (owing(&portal).await, owing(&portal).await, owing(&portal).await);
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let card = |terminal: &str, amount: i64| json!({ "kind": "card", "terminal": terminal, "slip": "000123", "amount": amount });
    let slips = |code: &str| format!("/api/v1/dossiers/{code}/payment/slips");
    let wrong = cashier.post(&slips(&first), &card("T0", 6999)).await.expect(201);
    assert_eq!((&wrong["outcome"], &wrong["payment"]["due"]), (&json!("wrong_amount"), &json!(7000)));
    let done = cashier.post(&slips(&first), &card("T1", 7000)).await.expect(201);
    assert_eq!((&done["outcome"], &done["payment"]["due"]), (&json!("settled"), &json!(0)));
    cashier.post(&slips(&first), &card("T1", 7000)).await.refused(409, "nothing_due");
    cashier.post(&slips(&second), &card("T1", 7000)).await.refused(409, "slip_used");
    assert_eq!(state(&cashier, &second).await, "open");
    let other = cashier.post(&slips(&second), &card("T2", 7000)).await.expect(201);
    assert_eq!(other["outcome"], "settled", "another terminal numbers for itself");
    let deposit =
        json!({ "kind": "deposit", "bank": "VCB", "slip": "9", "day": "2026-09-14", "amount": 7000 });
    let paid_in = cashier.post(&slips(&third), &deposit).await.expect(201);
    assert_eq!(paid_in["payment"]["order"]["attempts"][1]["gateway"], "deposit");
}

#[actix_web::test]
async fn what_is_no_slip_is_refused_and_the_field_named() {
    let portal = Portal::new().await;
    let code = owing(&portal).await;
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let slips = format!("/api/v1/dossiers/{code}/payment/slips");
    let card = json!({ "kind": "card", "terminal": "T1", "slip": "000123", "amount": 7000 });
    let deposit =
        json!({ "kind": "deposit", "bank": "VCB", "slip": "9", "day": "2026-09-14", "amount": 7000 });
    let long = "9".repeat(31);
    for (right, field, wrong) in [
        (&card, "terminal", json!("")),
        (&card, "terminal", json!("T1/0")),
        (&card, "terminal", json!("Máy")),
        (&card, "slip", json!("000 123")),
        (&card, "slip", json!("1/2")),
        (&card, "slip", json!(long)),
        (&card, "amount", json!(0)),
        (&card, "amount", json!(-7000)),
        (&card, "amount", json!(1_000_000_000_001_i64)),
        (&deposit, "bank", json!("V/CB")),
        (&deposit, "slip", json!("số 9")),
    ] {
        let mut body = right.clone();
        body[field] = wrong;
        let refused = cashier.post(&slips, &body).await.refused(422, "invalid");
        assert_eq!(refused.fields(), [format!("/{field}")], "{body}");
    }
    for bad in [json!({ "kind": "cash", "amount": 7000 }), json!({})] {
        cashier.post(&slips, &bad).await.refused(422, "invalid");
    }
    assert_eq!(outcomes(&portal), [""; 0]);
}

// Mutant: answer as if it were kept.
#[actix_web::test]
async fn a_slip_that_was_recorded_is_no_other_slip() {
    let portal = Portal::new().await;
    let (first, second) = (owing(&portal).await, owing(&portal).await);
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let slips = |code: &str| format!("/api/v1/dossiers/{code}/payment/slips");
    let card =
        |slip: &str, amount: i64| json!({ "kind": "card", "terminal": "T1", "slip": slip, "amount": amount });
    let kept = || {
        let sql =
            "SELECT concat_ws(' ', transaction, amount, outcome) AS line FROM gateway_payment ORDER BY id";
        lines(&mut portal.database.connect(), sql)
    };
    for _ in 0..2 {
        let wrong = cashier.post(&slips(&first), &card("a1", 6999)).await.expect(201);
        assert_eq!(wrong["outcome"], "wrong_amount", "told again, it is the same slip");
    }
    // Neither another wrong amount, nor another order, whatever the amount.
    for (code, amount) in [(&first, 6998), (&second, 6999), (&second, 7000), (&second, 1)] {
        let refused = cashier.post(&slips(code), &card("A1", amount)).await.refused(409, "slip_used");
        assert_eq!(refused.fields(), ["/slip"], "{amount}");
    }
    assert_eq!(kept(), ["T1/A1 6999 wrong_amount"]);
    let mended = cashier.post(&slips(&first), &card("A1", 7000)).await.expect(201);
    assert_eq!(mended["outcome"], "settled", "what was typed wrong is put right");
    cashier.post(&slips(&second), &card("A1", 6000)).await.refused(409, "slip_used");
    assert_eq!(kept(), ["T1/A1 7000 settled"]);
    assert_eq!(state(&cashier, &second).await, "open");
    portal.verify().await;
}

// Mutant: `pay-any-cashier`.
#[actix_web::test]
async fn only_the_cashier_of_the_unit_takes_money() {
    let portal = Portal::new().await;
    let code = owing(&portal).await;
    let slip = json!({ "kind": "card", "terminal": "T1", "slip": "1", "amount": 7000 });
    let to = |what: &str| format!("/api/v1/dossiers/{code}/payment/{what}");
    for (who, status) in [
        (portal.clerk(), 403),
        (portal.leader(), 403),
        (portal.official(Role::Cashier, "H49.46.01"), 404),
        (portal.nobody(), 401),
    ] {
        who.post(&to("slips"), &slip).await.expect(status);
        who.post(&to("qr"), &json!({})).await.expect(status);
    }
    // A cashier who sees the dossier, since the own unit handles it, and whose till is another.
    let handling = portal.clerk().get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
    let handling = handling["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let (above, beside) =
        (portal.official(Role::Cashier, COMMUNE), portal.official_at(Role::Cashier, handling));
    beside.get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
    for (who, statuses) in [(above, vec![403, 404]), (beside, vec![403])] {
        for (what, body) in [("slips", &slip), ("qr", &json!({}))] {
            let refused = who.post(&to(what), body).await.status;
            assert!(statuses.contains(&refused), "{what}: {refused}");
        }
    }
    assert_eq!(outcomes(&portal), [""; 0]);
}
