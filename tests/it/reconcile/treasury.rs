//! The treasury's statement against the gateway's file, and in the book.
use jiff::SignedDuration;
use jiff::civil::Date;
use motcua::reconcile::treasury::{CreditOutcome, SCOPE, StatementIn, StatementOut, look_for_lumps, take_in};
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::files::today;
use super::resolving::province;
use crate::dossiers::play::{Play, procedure};
use crate::payments::stage::Stage;
use crate::support::stage::{Caller, ONE_STOP, Portal};

impl Stage {
    /// What the treasury says of a day, by its simulator.
    async fn statement(&self, day: Date) -> StatementIn {
        let address = format!("{}/treasury/{}", self.simulator, day.strftime("%Y%m%d"));
        self.http.get(address).send().await.unwrap().json().await.unwrap()
    }

    async fn take_in(&self, statement: StatementIn) -> Vec<CreditOutcome> {
        let StatementOut { outcomes } = self.write(move |tx| take_in(tx, &statement)).await.unwrap();
        outcomes
    }

    async fn two_payments(&self) {
        for _ in 0..2 {
            let (_, page) = self.payable().await;
            self.pay(&page).await;
        }
    }
}

#[actix_web::test]
async fn the_lump_of_a_day_is_the_sum_of_its_file_and_is_booked_once() {
    let stage = Stage::new().await;
    stage.two_payments().await;
    stage.import(today()).await;
    let statement = stage.statement(today()).await;
    assert_eq!(stage.take_in(statement.clone()).await, [CreditOutcome::Booked]);
    assert_eq!(stage.balances(), ["revenue_fee -14000", "treasury 14000"]);
    assert_eq!(stage.take_in(statement).await, [CreditOutcome::Repeated]);
    assert_eq!((stage.balances().len(), stage.unmatched()), (2, vec![]));
    stage.verify().await;
}

// Mutant: book what the file lets expect instead of what the treasury got.
#[actix_web::test]
async fn a_lump_that_is_short_or_over_is_booked_as_it_is_and_the_rest_stays_listed() {
    for (off, listed, balances) in [
        (
            -1000,
            "treasury_short 13000 14000 ask_treasury",
            ["gateway_clearing 1000", "revenue_fee -14000", "treasury 13000"],
        ),
        (
            1,
            "treasury_over 14001 14000 ask_treasury",
            ["gateway_clearing -1", "revenue_fee -14000", "treasury 14001"],
        ),
    ] {
        let stage = Stage::new().await;
        stage.two_payments().await;
        stage.import(today()).await;
        stage.faults(json!({ "treasury_off": off })).await;
        stage.take_in(stage.statement(today()).await).await;
        assert_eq!(
            (stage.unmatched(), stage.balances()),
            (vec![listed.to_owned()], balances.map(str::to_owned).to_vec())
        );
        stage.verify().await;
        if off < 0 {
            // The rest comes by a line of its own.
            let mut rest = stage.statement(today()).await;
            rest.lines[0].number = "KB-2".to_owned().try_into().unwrap();
            rest.lines[0].amount = 1000;
            assert_eq!(stage.take_in(rest).await, [CreditOutcome::Booked]);
            assert_eq!(stage.unmatched(), [""; 0]);
            assert_eq!(stage.decided(), ["treasury_short agreed system:test"]);
        }
    }
}

#[actix_web::test]
async fn a_lump_before_its_file_waits_for_it_and_one_that_is_late_is_listed() {
    let stage = Stage::new().await;
    stage.two_payments().await;
    let statement = stage.statement(today()).await;
    stage.take_in(statement).await;
    assert_eq!(stage.unmatched(), [""; 0], "there is no file to compare it with");
    stage.faults(json!({ "file": "unknown" })).await;
    stage.import(today()).await;
    let unmatched = stage.unmatched();
    assert!(unmatched.contains(&"treasury_short 14000 19000 ask_treasury".to_owned()), "{unmatched:?}");
    stage.verify().await;

    let stage = Stage::new().await;
    stage.two_payments().await;
    stage.import(today()).await;
    let hours = |hours| stage.db.clock.set(Some(stage.db.clock.now() + SignedDuration::from_hours(hours)));
    hours(48);
    look_for_lumps(&stage.db).await.unwrap();
    assert_eq!(stage.unmatched(), [""; 0], "a lump may take two days");
    hours(24);
    for _ in 0..2 {
        look_for_lumps(&stage.db).await.unwrap();
    }
    assert_eq!(stage.unmatched(), ["treasury_missing 0 14000 ask_treasury"]);
    stage.take_in(stage.statement(today()).await).await;
    assert_eq!(stage.unmatched(), [""; 0]);
    assert_eq!(stage.decided().len(), 1);
    stage.verify().await;
}

#[actix_web::test]
async fn lumps_by_unit_of_a_gateway_with_files_are_compared_with_the_sum_of_its_file() {
    let stage = Stage::new().await;
    stage.two_payments().await;
    stage.import(today()).await;
    let mut statement = stage.statement(today()).await;
    let mut line = statement.lines.remove(0);
    line.unit = Some("H49.61".to_owned().try_into().unwrap());
    line.amount = 5000;
    statement.lines.push(line.clone());
    (line.amount, line.number) = (9000, "KB-2".to_owned().try_into().unwrap());
    statement.lines.push(line);
    assert_eq!(stage.take_in(statement).await, [CreditOutcome::Booked; 2]);
    assert_eq!(stage.unmatched(), [""; 0]);
    stage.verify().await;
}

#[actix_web::test]
async fn a_gateway_hands_on_what_we_gave_back_by_hand_for_it() {
    let stage = Stage::new().await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        let order = stage.order().await;
        let page = stage.choose(&order, "vnpay").await.1;
        stage.pay_at_vnpay(&page).await;
        orders.push(order);
    }
    for order in &orders {
        stage.refund(order, Some(3000)).await.unwrap();
    }
    // VNPAY gave back the one, a person the other.
    let sql = "UPDATE refund SET state = 'succeeded', ended_at = now();
               INSERT INTO refund_by_hand
               SELECT id, 'FT1', current_date, '0011000123456', '970415', 'Cổng không hoàn được', now(), 'staff:test'
                 FROM refund ORDER BY id LIMIT 1";
    diesel::connection::SimpleConnection::batch_execute(&mut stage.test_db.connect(), sql).unwrap();
    let line =
        json!({ "number": "1", "day": today(), "amount": 11_000, "gateway": "vnpay", "for_day": today() });
    let statement = json!({ "treasury": "0061", "lines": [line] });
    assert_eq!(stage.take_in(serde_json::from_value(statement).unwrap()).await, [CreditOutcome::Booked]);
    assert_eq!(stage.unmatched(), [""; 0]);
}

#[actix_web::test]
async fn what_nobody_knows_is_listed_and_not_booked() {
    let stage = Stage::new().await;
    stage.two_payments().await;
    let mut statement = stage.statement(today()).await;
    let known = statement.lines[0].clone();
    let mut lines = vec![known.clone(), known.clone(), known.clone(), known.clone()];
    lines[1].amount += 5;
    (lines[2].number, lines[2].gateway) =
        ("KB-3".to_owned().try_into().unwrap(), Some("khong-co".to_owned().try_into().unwrap()));
    (lines[3].number, lines[3].for_day) = ("KB-4".to_owned().try_into().unwrap(), None);
    statement.lines = lines;
    use CreditOutcome::{Booked, Differs, Unknown};
    assert_eq!(stage.take_in(statement).await, [Booked, Differs, Unknown, Unknown]);
    assert_eq!(stage.balances(), ["revenue_fee -14000", "treasury 14000"]);
    let number = stage.unmatched();
    assert_eq!(
        number,
        [
            "treasury_unknown 14005 14000 ask_treasury",
            "treasury_unknown 14000 0 ask_treasury",
            "treasury_unknown 14000 0 ask_treasury"
        ]
    );
    stage.verify().await;
}

// Mutant: the amount is all that counts.
#[actix_web::test]
async fn a_line_that_is_told_again_as_somebody_elses_is_listed_and_not_booked() {
    let change = |change: fn(&mut Value)| {
        let mut line = json!({ "number": "1", "day": today(), "amount": 7000, "gateway": "national", "for_day": today() });
        change(&mut line);
        serde_json::from_value::<StatementIn>(json!({ "treasury": "0061", "lines": [line] })).unwrap()
    };
    let gateway: fn(&mut Value) = |line| line["gateway"] = json!("vnpay");
    let day: fn(&mut Value) = |line| line["for_day"] = json!(today().yesterday().unwrap());
    let unit: fn(&mut Value) = |line| line["unit"] = json!("H49.61");
    let nobodys: fn(&mut Value) = |line| line["gateway"] = Value::Null;
    for other in [gateway, day, unit, nobodys] {
        for (first, then, booked) in
            [(change(|_| ()), change(other), true), (change(other), change(|_| ()), false)]
        {
            let stage = Stage::new().await;
            let [outcome] = stage.take_in(first.clone()).await[..] else { panic!("one line, one outcome") };
            let before = stage.balances();
            assert!(!booked || outcome == CreditOutcome::Booked);
            assert_eq!(stage.take_in(first).await, [CreditOutcome::Repeated]);
            assert_eq!(stage.take_in(then).await, [CreditOutcome::Differs]);
            assert_eq!(stage.balances(), before);
            let listed = "treasury_unknown 7000 7000 ask_treasury".to_owned();
            assert!(stage.unmatched().contains(&listed), "{:?}", stage.unmatched());
        }
    }
}

/// What a till sees: kind, unit, and what the treasury says.
async fn listed(who: &Caller<'_>) -> Vec<String> {
    let page = who.get("/api/v1/reconciliation/unmatched").await.expect(200);
    let shown =
        |item: &Value| format!("{} {} {}", item["kind"].as_str().unwrap(), item["unit"], item["theirs"]);
    page["items"].as_array().unwrap().iter().map(shown).collect()
}

fn credit(number: &str, amount: i64, unit: Value) -> Value {
    json!({ "treasury": "0061", "lines": [{
        "number": number, "day": "2026-09-15", "amount": amount, "gateway": "vietqr", "for_day": "2026-09-14", "unit": unit,
    }] })
}

#[actix_web::test]
async fn the_treasury_tells_and_nobody_else_and_the_counters_money_comes_unit_by_unit() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let mut play = Play::new(&portal, &residence, Play::scenario(&residence, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let qr =
        cashier.post(&format!("/api/v1/dossiers/{}/payment/qr", play.code), &json!({})).await.expect(201);
    let notice = json!({
        "transaction": "FT1", "account": "1234567890", "amount": 7000, "currency": "VND", "content": qr["reference"], "bank": "VCB",
    });
    portal.machine("payments.bank_credit").post("/api/v1/payments/callbacks/bank", &notice).await.expect(200);
    portal.at("2026-09-15T09:00:00+07:00");
    let (path, treasury) = ("/api/v1/reconciliation/treasury-statements", portal.machine(SCOPE));
    let told = credit("1", 6000, json!(ONE_STOP));
    portal.nobody().post(path, &told).await.expect(401);
    for stranger in [cashier.clone(), portal.machine("payments.lookup")] {
        stranger.post(path, &told).await.refused(403, "forbidden");
    }
    for (wrong, field) in [
        (credit("1", 0, json!(ONE_STOP)), "/lines/0/amount"),
        (json!({ "treasury": "a|b", "lines": [] }), "/treasury"),
    ] {
        assert_eq!(treasury.post(path, &wrong).await.refused(422, "invalid").fields(), [field]);
    }
    assert_eq!(treasury.post(path, &told).await.expect(200), json!({ "outcomes": ["booked"] }));
    // The till of the unit sees what is missing of its own; another one does not.
    assert_eq!(listed(&cashier).await, [format!("treasury_short \"{ONE_STOP}\" 6000")]);
    assert_eq!(listed(&portal.official(Role::Cashier, "H49.46.01")).await, [""; 0]);
    treasury.post(path, &credit("2", 1000, json!(ONE_STOP))).await.expect(200);
    assert_eq!(listed(&cashier).await, [""; 0]);
    // Settlements are of the whole book, so they stand in the close of the province.
    portal.at("2026-09-16T09:00:00+07:00");
    let top = province(&portal);
    let closed = portal
        .official(Role::Cashier, &top)
        .post("/api/v1/closes", &json!({ "agency": top, "day": "2026-09-15" }))
        .await
        .expect(201);
    let line = &closed["figures"]["lines"][0];
    assert_eq!(
        (&line["kind"], &line["gateway"], &line["count"], &line["amount"]),
        (&json!("settlement"), &json!("vietqr"), &json!(2), &json!(7000))
    );
    portal.verify().await;
}
