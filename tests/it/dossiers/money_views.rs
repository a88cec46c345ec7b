//! What one owes and paid, what a unit took in, what share came without cash and online: over
//! the rows that the one predicate shows, and no others.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal};

/// A dossier of temporary residence (lệ phí 7,000 đồng) that waits for its payment.
async fn owing<'p>(portal: &'p Portal, residence: &'p Value) -> Play<'p> {
    let mut play = Play::new(portal, residence, Play::scenario(residence, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    play
}

async fn listed(who: &Caller<'_>, query: &str) -> Vec<Value> {
    let page = who.get(&format!("/api/v1/me/payments?{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn codes(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["dossier"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn everybody_lists_what_they_owe_and_paid_and_nobody_else_does() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let (first, second) = (owing(&portal, &residence).await, owing(&portal, &residence).await);
    first.pay().await;
    first.work().await;
    let me = &first.applicant;
    let owed = listed(me, "state=owed").await;
    assert_eq!(codes(&owed), [second.code.as_str()]);
    assert_eq!(
        (&owed[0]["charged"], &owed[0]["paid"], &owed[0]["due"], &owed[0]["receipts"]),
        (&json!(7000), &json!(0), &json!(7000), &json!(0))
    );
    assert_eq!(owed[0]["open_order"].as_str().map(str::len), Some(20));
    let paid = listed(me, "state=paid").await;
    assert_eq!(codes(&paid), [first.code.as_str()]);
    assert_eq!(
        (&paid[0]["due"], &paid[0]["receipts"], &paid[0]["open_order"]),
        (&json!(0), &json!(1), &Value::Null)
    );
    let firm = owing(&portal, &residence).await;
    let agent = given_to_firm(&portal, &firm.code);
    let acted = listed(&agent, "").await;
    assert_eq!((codes(&acted), &acted[0]["organisation"]), (vec![firm.code.as_str()], &json!(true)));
    assert_eq!(listed(&portal.citizen("022094000091", 2), "").await, Vec::<Value>::new());
    for (who, status) in
        [(portal.nobody(), 401), (portal.clerk(), 403), (portal.official(Role::Cashier, ONE_STOP), 403)]
    {
        assert_eq!(who.get("/api/v1/me/payments").await.status, status);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = me.get(&format!("/api/v1/me/payments?limit=1{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        seen.push(items[0]["dossier"].as_str().unwrap().to_owned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [second.code.clone(), first.code.clone()], "the newest first, each once");
}

/// What the national portal is told of a dossier: `1` if money is due.
async fn looked_up(national: &Caller<'_>, code: &str) -> String {
    let asked = json!({ "MaHoSo": code });
    let told = national.post("/api/v1/payments/lookups/national", &asked).await.expect(200);
    told["error_code"].as_str().unwrap().to_owned()
}

/// The only dossier of a list, by its money: charged, paid, refunded, to be refunded, due.
fn money(items: &[Value]) -> [i64; 5] {
    assert_eq!(items.len(), 1, "{items:?}");
    ["charged", "paid", "refunded", "to_refund", "due"].map(|name| items[0][name].as_i64().unwrap())
}

/// Hands a dossier to the organisation of a representative, who is given.
fn given_to_firm<'p>(portal: &'p Portal, code: &str) -> Caller<'p> {
    let (agent, _) = portal.representative("022185000006", "9900000016");
    portal.sql(
        "UPDATE dossier SET applicant_person_id = NULL,
                applicant_org_id = (SELECT id FROM organisation WHERE tax_no = '9900000016') WHERE code = $1",
        code,
    );
    agent
}

// Mutants: what is charged is owed for ever; what was paid stays paid.
#[actix_web::test]
async fn what_was_given_up_before_it_was_paid_is_not_owed() {
    for firm in [false, true] {
        let portal = Portal::new().await;
        let (national, residence) = (portal.machine("payments.lookup"), procedure("1.004194"));
        let play = owing(&portal, &residence).await;
        assert_eq!(looked_up(&national, &play.code).await, "1");
        assert_eq!(money(&listed(&play.applicant, "state=owed").await), [7000, 0, 0, 0, 7000]);
        play.applicant.act(&play.code, "withdraw", json!({})).await.expect(200);
        let me = if firm { given_to_firm(&portal, &play.code) } else { play.applicant.clone() };
        assert_eq!(looked_up(&national, &play.code).await, "0");
        assert_eq!(listed(&me, "state=owed").await, Vec::<Value>::new());
        assert_eq!(listed(&me, "state=paid").await, Vec::<Value>::new());
        assert_eq!(money(&listed(&me, "").await), [7000, 0, 0, 0, 0]);
    }
}

#[actix_web::test]
async fn what_goes_back_is_not_paid_and_is_told_apart() {
    for firm in [false, true] {
        let portal = Portal::new().await;
        let (national, residence) = (portal.machine("payments.lookup"), procedure("1.004194"));
        let play = owing(&portal, &residence).await;
        let me = if firm { given_to_firm(&portal, &play.code) } else { play.applicant.clone() };
        let cashier = portal.official(Role::Cashier, ONE_STOP);
        let of = |part: &str| format!("/api/v1/dossiers/{}{part}", play.code);
        let slip = json!({ "kind": "card", "terminal": "T1", "slip": "77", "amount": 7000 });
        cashier.post(&of("/payment/slips"), &slip).await.expect(201);
        assert_eq!(money(&listed(&me, "state=paid").await), [7000, 7000, 0, 0, 0]);
        let back = json!({ "amount": 2500, "reason": "Thu nhầm mức" });
        let refund = cashier.post(&of("/refunds"), &back).await.expect(201)["items"][0]["id"].clone();
        play.work().await;
        // Nobody gives money of the counter back but a person.
        assert_eq!(money(&listed(&me, "state=paid").await), [7000, 7000, 0, 2500, 0]);
        let path = format!("/api/v1/payments/refunds/{}/transfers", refund.as_str().unwrap());
        let told = json!({ "number": "FT1", "day": "2026-09-14", "account": "123456789", "reason": "Thẻ" });
        cashier.post(&path, &told).await.expect(201);
        assert_eq!(money(&listed(&me, "state=paid").await), [7000, 4500, 2500, 0, 0]);
        assert_eq!(listed(&me, "state=owed").await, Vec::<Value>::new());
        assert_eq!(looked_up(&national, &play.code).await, "0", "what went back is not owed again");
    }
}

#[actix_web::test]
async fn a_cashier_reads_the_intake_of_the_own_unit() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    for _ in 0..2 {
        owing(&portal, &residence).await.pay().await;
    }
    let unpaid = owing(&portal, &residence).await;
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let intake = cashier.get("/api/v1/reports/intake").await.expect(200);
    let day = intake["date"].as_str().unwrap().to_owned();
    assert_eq!((&intake["count"], &intake["amount"]), (&json!(2), &json!(14_000)));
    let line = &intake["lines"][0];
    assert_eq!(
        (&line["unit_code"], &line["channel"], &line["gateway"], &line["count"], &line["amount"]),
        (&json!(ONE_STOP), &json!("online"), &json!("national"), &json!(2), &json!(14_000))
    );
    let elsewhere = portal.official(Role::Cashier, "H49.46.01");
    assert_eq!(elsewhere.get("/api/v1/reports/intake").await.expect(200)["lines"], json!([]));
    let before = cashier.get("/api/v1/reports/intake?date=2026-01-05").await.expect(200);
    assert_eq!((&before["lines"], before["date"].as_str()), (&json!([]), Some("2026-01-05")));
    assert_eq!(
        cashier.get(&format!("/api/v1/reports/intake?date={day}")).await.expect(200)["lines"],
        intake["lines"]
    );
    portal.clerk().get("/api/v1/reports/intake").await.refused(403, "forbidden");
    unpaid.applicant.get("/api/v1/reports/intake").await.refused(403, "forbidden");
    portal.nobody().get("/api/v1/reports/intake").await.refused(401, "unauthenticated");
}

#[actix_web::test]
async fn leaders_read_the_share_without_cash_and_online_with_both_numbers() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    for gateway in ["national", "vnpay", "vietqr", "card", "deposit"] {
        let play = owing(&portal, &residence).await;
        play.pay().await;
        portal.sql(
            &format!("UPDATE payment_order SET gateway = $1 FROM dossier d WHERE d.id = dossier_id AND d.code = '{}'", play.code),
            gateway,
        );
    }
    let unpaid = owing(&portal, &residence).await;
    let leader = portal.official(Role::Leader, "H49");
    let share = leader.get("/api/v1/reports/cashless?from=2026-01-01&to=2026-12-31").await.expect(200);
    let fraction = |part: i64| json!({ "numerator": part, "denominator": 5, "numerator_amount": part * 7000, "denominator_amount": 35_000 });
    assert_eq!((&share["cashless"], &share["online"]), (&fraction(4), &fraction(2)));
    assert!(share["as_of"].is_string());
    let before = leader.get("/api/v1/reports/cashless?from=2025-01-01&to=2025-12-31").await.expect(200);
    assert_eq!(
        (&before["online"]["denominator"], &before["online"]["denominator_amount"]),
        (&json!(0), &json!(0))
    );
    let elsewhere = portal.official(Role::Leader, "H49.46");
    let none = elsewhere.get("/api/v1/reports/cashless?from=2026-01-01&to=2026-12-31").await.expect(200);
    assert_eq!(none["cashless"]["denominator"], 0, "what is not seen is not counted");
    leader.get("/api/v1/reports/cashless?from=2026-02-01&to=2026-01-01").await.refused(422, "invalid");
    portal.clerk().get("/api/v1/reports/cashless").await.refused(403, "forbidden");
    unpaid.applicant.get("/api/v1/reports/cashless").await.refused(403, "forbidden");
}
