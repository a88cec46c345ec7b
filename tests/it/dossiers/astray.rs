//! Money that came astray and money that goes back, as the officials at the till deal with it.
use jiff::SignedDuration;
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, notify, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal};

/// The province, at the top of the tree.
const PROVINCE: &str = "H49";
/// Another ward's one-stop unit.
const ELSEWHERE: &str = "H49.46.01";

/// A dossier that waits for 7,000 đồng, and the reference of its order.
async fn waiting<'p>(portal: &'p Portal, procedure: &'p Value) -> (Play<'p>, String) {
    let mut play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    let reference = order(&play).await["reference"].as_str().unwrap().to_owned();
    (play, reference)
}

async fn payment(play: &Play<'_>) -> Value {
    play.applicant.get(&format!("/api/v1/dossiers/{}/payment", play.code)).await.expect(200)
}

async fn order(play: &Play<'_>) -> Value {
    payment(play).await["order"].clone()
}

async fn suspense(caller: &Caller<'_>) -> Vec<Value> {
    let list = caller.get("/api/v1/payments/suspense").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn moves(item: &Value) -> String {
    format!("/api/v1/payments/suspense/{}/moves", item["id"].as_str().unwrap())
}

fn to_dossier(code: &str, amount: Option<i64>) -> Value {
    json!({ "to": "dossier", "dossier": code, "amount": amount, "reason": "Đúng hồ sơ của người nộp" })
}

fn to_payer(amount: Option<i64>) -> Value {
    json!({ "to": "payer", "amount": amount, "reason": "Nộp thừa" })
}

// Mutants: apply more than is owed; leave the open order as it was; tell the dossier nothing.
#[actix_web::test]
async fn too_little_is_applied_and_only_the_rest_is_demanded() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let (play, reference) = waiting(&portal, &procedure).await;
    assert_eq!(notify(&portal, &reference, "6999").await.1["MaLoi"], "99");
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let items = suspense(&cashier).await;
    assert_eq!(items.len(), 1);
    let seen = (&items[0]["reason"], &items[0]["remaining"], &items[0]["dossier"]);
    assert_eq!(seen, (&json!("wrong_amount"), &json!(6999), &json!(play.code)));
    cashier
        .post(&moves(&items[0]), &to_dossier(&play.code, Some(7000)))
        .await
        .refused(409, "suspense_exceeded");
    let moved = cashier.post(&moves(&items[0]), &to_dossier(&play.code, None)).await.expect(200);
    assert_eq!(moved["remaining"], 0);
    cashier.post(&moves(&items[0]), &to_payer(None)).await.refused(409, "suspense_exceeded");
    let paid = payment(&play).await;
    assert_eq!((&paid["paid"], &paid["due"], &paid["order"]["amount"]), (&json!(6999), &json!(1), &json!(1)));
    play.work().await;
    assert_eq!(play.dossier().await["status"], 6, "one đồng is missing");
    portal.verify().await;
    assert_eq!(notify(&portal, &reference, "7000").await.1["MaLoi"], "99", "the first order is given up");
    play.pay().await;
    play.work().await;
    assert_eq!(play.dossier().await["steps"], json!(["processing"]));
    portal.verify().await;
}

#[actix_web::test]
async fn too_much_pays_the_fee_and_the_rest_goes_back() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let (play, reference) = waiting(&portal, &procedure).await;
    assert_eq!(notify(&portal, &reference, "7001").await.1["MaLoi"], "99");
    let leader = portal.official(Role::Leader, ONE_STOP);
    let item = suspense(&leader).await.remove(0);
    leader.post(&moves(&item), &to_dossier(&play.code, Some(7001))).await.refused(409, "more_than_due");
    let moved = leader.post(&moves(&item), &to_dossier(&play.code, None)).await.expect(200);
    assert_eq!(moved["remaining"], 1);
    leader.post(&moves(&item), &to_dossier(&play.code, None)).await.refused(409, "nothing_due");
    let moved = leader.post(&moves(&item), &to_payer(None)).await.expect(200);
    assert_eq!((&moved["remaining"], suspense(&leader).await.len()), (&json!(0), 0));
    play.work().await;
    assert_eq!(play.dossier().await["steps"], json!(["processing"]));
    assert_eq!(order(&play).await["state"], "cancelled");
    assert_eq!(portal.number("SELECT sum(amount)::int AS n FROM refund WHERE dossier_id IS NULL"), 1);
    portal.verify().await;
}

// Mutant: everybody's till reaches everything.
#[actix_web::test]
async fn money_is_seen_by_the_tills_that_it_concerns() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let (play, reference) = waiting(&portal, &procedure).await;
    notify(&portal, &reference, "6999").await;
    notify(&portal, "261122AAAAAAAAAAAAAA", "5000").await;
    let elsewhere = portal.official(Role::Cashier, ELSEWHERE);
    let top = portal.official(Role::Leader, PROVINCE);
    assert_eq!(suspense(&portal.official(Role::Cashier, ONE_STOP)).await.len(), 1);
    assert_eq!((suspense(&elsewhere).await.len(), suspense(&top).await.len()), (0, 2));
    let items = suspense(&top).await;
    for item in &items {
        elsewhere.post(&moves(item), &to_payer(None)).await.refused(404, "not_found");
    }
    let unknown = items.iter().find(|item| item["reason"] == "unknown_order").unwrap();
    assert_eq!(unknown["dossier"], Value::Null);
    top.post(&moves(unknown), &to_dossier(&play.code, None)).await.expect(200);
    assert_eq!(payment(&play).await["due"], 2000);
    portal.verify().await;
}

// Mutants: give nothing back by itself; give back after the work began.
#[actix_web::test]
async fn who_withdraws_before_the_work_began_gets_the_fee_back() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let (play, _) = waiting(&portal, &procedure).await;
    play.pay().await;
    play.work().await;
    play.applicant.act(&play.code, "withdraw", json!({})).await.expect(200);
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let path = format!("/api/v1/dossiers/{}/refunds", play.code);
    let refunds = cashier.get(&path).await.expect(200);
    let amounts: Vec<&Value> = refunds["items"].as_array().unwrap().iter().map(|r| &r["amount"]).collect();
    assert_eq!((amounts, &refunds["items"][0]["state"]), (vec![&json!(7000)], &json!("requested")));
    assert_eq!(payment(&play).await["due"], 0);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM job WHERE kind = 'send_refund'"), 1);
    let more = json!({ "reason": "Trả thêm" });
    cashier.post(&path, &more).await.refused(409, "nothing_due");
    portal.verify().await;

    // The work has begun: nothing goes back by itself, and a person decides.
    let (begun, _) = waiting(&portal, &procedure).await;
    begun.pay().await;
    begun.work().await;
    portal.later(SignedDuration::from_mins(1));
    let specialist = portal.official_at(Role::Specialist, portal.agency("H49.45"));
    let handling = begun.dossier().await["handling_unit_id"].as_str().unwrap().to_owned();
    let specialist = match handling == portal.agency("H49.45").to_string() {
        true => specialist,
        false => portal.official_at(Role::Specialist, handling.parse().unwrap()),
    };
    specialist.act(&begun.code, "forward", json!({})).await.expect(200);
    let path = format!("/api/v1/dossiers/{}/refunds", begun.code);
    assert_eq!(cashier.get(&path).await.expect(200)["items"], json!([]));
    let part = json!({ "amount": 2000, "reason": "Thu nhầm mức phí" });
    let key = "refund-once";
    let given = cashier.post_under(key, 1, &path, &part).await.expect(201);
    assert_eq!(cashier.post_under(key, 1, &path, &part).await.expect(201), given, "the same answer again");
    assert_eq!(cashier.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 1);
    cashier
        .post(&path, &json!({ "amount": 5001, "reason": "x" }))
        .await
        .refused(409, "refund_exceeds_payment");
    cashier.post(&path, &json!({ "amount": 0, "reason": "x" })).await.refused(422, "invalid");
    portal.official(Role::Cashier, ELSEWHERE).post(&path, &part).await.refused(404, "not_found");
    portal.verify().await;
}
