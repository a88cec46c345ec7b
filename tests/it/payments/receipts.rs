//! What a payer gets: receipts of phí and lệ phí apart, numbered without gap, that end but
//! never change, and that their holder can look up.
use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use motcua::payments::{ChargeKind, Order};
use motcua::receipts::{self, ReceiptOut};
use motcua::verify::{self, Part, Report};
use serde_json::Value;

use super::bank::Bank;
use super::stage::{Stage, read};
use crate::support::{DataDir, lines};

pub const BOTH: [(&str, ChargeKind, i64); 3] =
    [("P1", ChargeKind::Charge, 100_000), ("L1", ChargeKind::Fee, 25_000), ("P2", ChargeKind::Charge, 8_000)];

pub async fn of(stage: &Stage, order: &Order) -> Vec<ReceiptOut> {
    let dossier = order.dossier_id;
    read(&stage.db, move |conn| receipts::of_dossier(conn, dossier)).await
}

/// An order over both kinds, paid.
async fn paid(stage: &Stage) -> (Order, Vec<ReceiptOut>) {
    let order = stage.order_over(&BOTH).await;
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    let receipts = of(stage, &order).await;
    (order, receipts)
}

fn numbers(stage: &Stage, kind: &str) -> Vec<String> {
    let sql = format!("SELECT number::text AS line FROM receipt WHERE kind = '{kind}' ORDER BY number");
    lines(&mut stage.test_db.connect(), &sql)
}

/// What `motcua verify` says of receipts.
pub async fn differences(stage: &Stage) -> Vec<String> {
    let mut said = Vec::new();
    let mut tell = |difference: &str| said.push(difference.to_owned());
    let mut report = Report::new(&mut tell);
    let data = DataDir::new();
    let config = motcua::config::Config::from_parts(&format!("data_dir = {:?}", data.path()), []).unwrap();
    let files = motcua::files::Files::open(&config).unwrap();
    verify::run(&stage.db, &files, Part::Receipts, false, &mut report).await.unwrap();
    said
}

// Mutant: phí and lệ phí are put on one receipt.
#[actix_web::test]
async fn phi_and_le_phi_have_receipts_of_their_own() {
    let stage = Stage::new().await;
    let (order, receipts) = paid(&stage).await;
    let seen: Vec<_> = receipts
        .iter()
        .map(|r| (r.kind.word(), r.form.as_str(), r.number.as_str(), r.amount, r.lines.len()))
        .collect();
    assert_eq!(
        seen,
        [("charge", "01BLP0-001", "0000001", 108_000, 2), ("fee", "01BLP0-002", "0000001", 25_000, 1)]
    );
    let year = motcua::clock::day_of(receipts[0].issued_at).year() % 100;
    for receipt in &receipts {
        assert_eq!(receipt.series, format!("BL-{year:02}E"));
        assert_eq!((receipt.payer_name.as_str(), receipt.state.word()), ("Nguyễn Thị Mai", "valid"));
    }
    // Told again, nothing is issued again.
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    assert_eq!(of(&stage, &order).await, receipts);
    assert_eq!(differences(&stage).await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_payment_that_settles_nothing_has_no_receipt() {
    let stage = Stage::new().await;
    let order = stage.order_over(&BOTH).await;
    assert_eq!(stage.reply(&order, stage.signed(&order, |n| n.amount = "1".to_owned())).await, "99");
    assert_eq!(of(&stage, &order).await, []);
}

// Mutant: the number is max() + 1.
#[actix_web::test]
async fn sixteen_at_once_are_numbered_from_one_to_sixteen() {
    let stage = Stage::new().await;
    let orders = join_all((0..16).map(|_| stage.order())).await;
    let replies = join_all(orders.iter().map(|order| stage.reply(order, stage.signed(order, |_| {})))).await;
    assert_eq!(replies, ["00"; 16]);
    let expected: Vec<String> = (1..=16).map(|number: i32| number.to_string()).collect();
    assert_eq!(numbers(&stage, "fee"), expected);
    assert_eq!(numbers(&stage, "charge"), Vec::<String>::new());
    assert_eq!(differences(&stage).await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_settlement_that_fails_leaves_no_gap() {
    let stage = Stage::new().await;
    let (first, lost, last) = (stage.order().await, stage.order().await, stage.order().await);
    assert_eq!(stage.reply(&first, stage.signed(&first, |_| {})).await, "00");
    let id = lost.id;
    let failed = stage
        .write::<()>(move |tx| {
            receipts::issue(tx, &[id])?;
            Err(motcua::error::INVALID.err())
        })
        .await;
    assert!(failed.is_err() && of(&stage, &lost).await.is_empty());
    assert_eq!(stage.reply(&last, stage.signed(&last, |_| {})).await, "00");
    assert_eq!(numbers(&stage, "fee"), ["1", "2"]);
    assert_eq!(differences(&stage).await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_refund_cancels_or_lessens_and_both_receipts_name_one_another() {
    let (_bank, stage) = Bank::with_stage().await;
    let (order, before) = paid(&stage).await;
    assert_eq!(stage.refund(&order, Some(3_000)).await, Ok(1));
    stage.send_refunds().await;
    let after = of(&stage, &order).await;
    let (old, fee, new) = (&after[0], &after[1], &after[2]);
    assert_eq!(
        (old.state.word(), old.amount, old.reason.as_deref()),
        ("replaced", 108_000, Some("Nộp thừa"))
    );
    assert_eq!((new.state.word(), new.amount, new.number.as_str()), ("valid", 105_000, "0000002"));
    assert_eq!(old.replaced_by.as_ref().map(|o| o.number.as_str()), Some("0000002"));
    assert_eq!(new.replaces.as_ref().map(|o| o.number.as_str()), Some("0000001"));
    assert_eq!(fee, &before[1], "the other kind is left alone");
    assert_eq!(differences(&stage).await, Vec::<String>::new());
    assert_eq!(stage.refund(&order, None).await, Ok(1));
    stage.send_refunds().await;
    let ended: Vec<_> = of(&stage, &order).await.iter().map(|r| r.state.word()).collect();
    assert_eq!(ended, ["replaced", "cancelled", "cancelled"]);
}

#[actix_web::test]
async fn the_database_refuses_to_change_what_a_receipt_says() {
    let stage = Stage::new().await;
    paid(&stage).await;
    let conn = &mut stage.test_db.connect();
    for change in [
        "UPDATE receipt SET amount = amount - 1",
        "UPDATE receipt SET number = number + 1",
        "UPDATE receipt SET payer = '{}', state = 'cancelled', reason = 'x', ended_at = now(), ended_by = 'x'",
        "UPDATE receipt_line SET amount = 1",
        "DELETE FROM receipt_line",
        "DELETE FROM receipt",
    ] {
        let refused = conn.batch_execute(change).expect_err(change).to_string();
        assert!(refused.contains("a receipt is not changed"), "{change}: {refused}");
    }
    let again = "UPDATE receipt SET state = 'cancelled', reason = 'x', ended_at = now(), ended_by = 'x'";
    conn.batch_execute(again).unwrap();
    assert!(conn.batch_execute(again).is_err(), "it ends once");
    for bad in ["0", "-5"] {
        let insert = format!(
            "INSERT INTO receipt_line (receipt_id, line, charge_id, fee_code, name, amount)
             SELECT receipt_id, 9, charge_id, fee_code, name, {bad} FROM receipt_line LIMIT 1"
        );
        assert!(conn.batch_execute(&insert).is_err(), "{bad} đồng");
    }
}

#[actix_web::test]
async fn an_agency_that_issues_invoices_issues_no_receipts() {
    let stage = Stage::new().await;
    let conn = &mut stage.test_db.connect();
    conn.batch_execute("UPDATE agency SET code = 'H49.22'").unwrap();
    let (_, receipts) = paid(&stage).await;
    assert_eq!(receipts, []);
    let due = lines(conn, "SELECT reason || ' ' || amount AS line FROM receipt_elsewhere ORDER BY amount");
    assert_eq!(due, ["invoice 8000", "invoice 25000", "invoice 100000"]);
    assert_eq!(differences(&stage).await, Vec::<String>::new());
}

// Mutant: the secret is not looked at.
#[actix_web::test]
async fn a_receipt_is_found_by_its_secret_only_and_tells_no_more_than_it_says() {
    let stage = Stage::new().await;
    let (_, receipts) = paid(&stage).await;
    let look = async |series: &str, number: &str, secret: &str| {
        let url = format!("{}/api/v1/receipts/{series}/{number}?secret={secret}", stage.portal);
        let answer = stage.http.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let mut secrets = BTreeSet::new();
    for receipt in &receipts {
        let (status, found) = look(&receipt.series, &receipt.number, &receipt.secret).await;
        assert_eq!((status, &found["form"]), (200, &Value::from(receipt.form.clone())), "{found}");
        let told: Vec<&String> = found.as_object().unwrap().keys().collect();
        let printed = [
            "amount",
            "dossier",
            "form",
            "issued_at",
            "kind",
            "lines",
            "number",
            "payer_name",
            "procedure_name",
            "series",
            "state",
            "unit_name",
        ];
        assert_eq!(told, printed);
        assert_eq!(look(&receipt.series, "1", &receipt.secret).await.0, 200, "zeros may be left out");
        secrets.insert(receipt.secret.clone());
    }
    assert_eq!(secrets.len(), 2);
    let one = &receipts[0];
    let unknown = look(&one.series, "0000009", &one.secret).await;
    assert_eq!(unknown.0, 404);
    for (series, number, secret) in [
        (one.series.as_str(), "0000001", "sai"),
        (one.series.as_str(), "0000001", ""),
        (one.series.as_str(), "0000001", &one.secret[1..]),
        ("BL-19E", "0000001", one.secret.as_str()),
        (one.series.as_str(), "x", one.secret.as_str()),
        (one.series.as_str(), "99999999", one.secret.as_str()),
    ] {
        let (status, told) = look(series, number, secret).await;
        assert_eq!((status, &told), (404, &unknown.1), "{series} {number}");
    }
}

/// Every flaw that somebody could make behind the portal's back has its sentence.
#[actix_web::test]
async fn verify_names_gaps_doubles_and_wrong_sums() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        let order = stage.order().await;
        assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    }
    let conn = &mut stage.test_db.connect();
    conn.batch_execute(
        "ALTER TABLE receipt DISABLE TRIGGER USER; ALTER TABLE receipt_line DISABLE TRIGGER USER",
    )
    .unwrap();
    for (harm, mend, words) in [
        ("UPDATE receipt_series SET last = 5", "UPDATE receipt_series SET last = 3", "number 4 is missing"),
        (
            "UPDATE receipt_series SET last = 2",
            "UPDATE receipt_series SET last = 3",
            "number 3 was given 1 times, last is 2",
        ),
        (
            "UPDATE receipt SET number = 9 WHERE number = 2",
            "UPDATE receipt SET number = 2 WHERE number = 9",
            "number 2 is missing",
        ),
        (
            "UPDATE receipt SET amount = 6000 WHERE number = 1",
            "UPDATE receipt SET amount = 7000 WHERE number = 1",
            "7000 đồng paid, receipts say 6000",
        ),
        (
            "UPDATE receipt_line SET amount = amount + 1",
            "UPDATE receipt_line SET amount = amount - 1",
            "its lines say 7001",
        ),
        (
            "UPDATE receipt SET kind = 'charge'",
            "UPDATE receipt SET kind = 'fee'",
            "fee is on a receipt for charge",
        ),
    ] {
        conn.batch_execute(harm).unwrap();
        let said = differences(&stage).await;
        assert!(said.iter().any(|line| line.contains(words)), "{harm}: {said:?}");
        conn.batch_execute(mend).unwrap();
        assert_eq!(differences(&stage).await, Vec::<String>::new(), "{mend}");
    }
    conn.batch_execute("ALTER TABLE receipt DROP CONSTRAINT receipt_series_id_number_key; UPDATE receipt SET number = 1 WHERE number = 2").unwrap();
    assert!(differences(&stage).await.iter().any(|line| line.contains("number 1 was given 2 times")));
}

// Mutant: the money goes back and the receipt stays as it was.
#[actix_web::test]
async fn money_that_went_back_is_on_no_receipt_any_more() {
    let (_bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    assert_eq!(stage.refund(&order, Some(3_000)).await, Ok(1));
    assert_eq!(of(&stage, &order).await.len(), 1, "it is asked for, and not yet given back");
    stage.send_refunds().await;
    let states = |receipts: Vec<ReceiptOut>| -> Vec<(String, i64)> {
        receipts.iter().map(|r| (r.state.word().to_owned(), r.amount)).collect()
    };
    assert_eq!(states(of(&stage, &order).await), [("replaced".into(), 7_000), ("valid".into(), 4_000)]);
    assert_eq!(stage.refund(&order, None).await, Ok(1));
    stage.send_refunds().await;
    assert_eq!(states(of(&stage, &order).await), [("replaced".into(), 7_000), ("cancelled".into(), 4_000)]);
    assert_eq!(differences(&stage).await, Vec::<String>::new());
}
