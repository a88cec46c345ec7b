//! Somebody pays for several dossiers at once: who may, and what happens to the dossiers.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, notify, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal};

const JOINT: &str = "/api/v1/me/joint-orders";

/// A dossier of temporary residence (lệ phí 7,000 đồng) that waits for its payment.
async fn owing<'p>(portal: &'p Portal, residence: &'p Value) -> Play<'p> {
    let mut play = Play::new(portal, residence, Play::scenario(residence, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    play
}

fn over(codes: &[&str]) -> Value {
    json!({ "dossiers": codes })
}

fn at(joint: &Value, part: &str) -> String {
    format!("{JOINT}/{}{part}", joint["order"]["reference"].as_str().unwrap())
}

async fn shown(who: &Caller<'_>, joint: &Value) -> Value {
    who.get(&at(joint, "")).await.expect(200)
}

// Mutants: anybody's dossier joins; anybody sees a joint order.
#[actix_web::test]
async fn a_citizen_pays_for_three_dossiers_at_once_and_for_nobody_elses() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let plays = [
        owing(&portal, &residence).await,
        owing(&portal, &residence).await,
        owing(&portal, &residence).await,
    ];
    let codes: Vec<&str> = plays.iter().map(|play| play.code.as_str()).collect();
    let (me, stranger) = (&plays[0].applicant, portal.citizen("022094000091", 2));
    stranger.post(JOINT, &over(&codes)).await.refused(404, "not_found");
    let foreign = owing(&portal, &residence).await;
    portal.sql(
        "UPDATE dossier SET applicant_person_id = (SELECT id FROM person WHERE identity_no = '022094000091')
          WHERE code = $1",
        &foreign.code,
    );
    me.post(JOINT, &over(&[codes[0], &foreign.code])).await.refused(404, "not_found");
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM payment_order_member"), 0);

    let key = "three-at-once";
    let joint = me.post_under(key, 1, JOINT, &over(&codes)).await.expect(201);
    assert_eq!(me.post_under(key, 1, JOINT, &over(&codes)).await.expect(201), joint, "the same answer again");
    assert_eq!((&joint["order"]["amount"], &joint["order"]["state"]), (&json!(21_000), &json!("open")));
    let members: Vec<&str> = joint["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["dossier"].as_str().unwrap())
        .collect();
    assert_eq!(members, codes);
    assert_eq!(shown(me, &joint).await, joint);
    stranger.get(&at(&joint, "")).await.refused(404, "not_found");
    let vnpay = json!({ "gateway": "vnpay" });
    stranger.post(&at(&joint, "/attempts"), &vnpay).await.refused(404, "not_found");
    stranger.post(&at(&joint, "/cancellation"), &json!({})).await.refused(404, "not_found");
    let chosen = me.post(&at(&joint, "/attempts"), &vnpay).await.expect(201);
    assert_eq!(chosen["order"]["attempts"].as_array().unwrap().len(), 2);

    let reference = joint["order"]["reference"].as_str().unwrap();
    assert_eq!(notify(&portal, reference, "21000").await.1["MaLoi"], "00");
    plays[0].work().await;
    for play in &plays {
        assert_eq!(play.dossier().await["steps"], json!(["processing"]), "{}", play.code);
    }
    let paid = shown(me, &joint).await;
    assert_eq!(paid["order"]["state"], "paid");
    me.post(&at(&joint, "/cancellation"), &json!({})).await.refused(409, "nothing_due");
    me.post(JOINT, &over(&codes)).await.refused(409, "nothing_due");
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let intake = cashier.get("/api/v1/reports/intake").await.expect(200);
    assert_eq!((&intake["count"], &intake["amount"]), (&json!(3), &json!(21_000)), "each dossier once");
    portal.sql(
        "UPDATE dossier SET applicant_person_id = (SELECT id FROM person WHERE identity_no = '022094000001')
                 WHERE code = $1",
        &foreign.code,
    );
    portal.verify().await;
}

#[actix_web::test]
async fn what_cannot_be_paid_together_is_refused_with_its_place() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let (first, second) = (owing(&portal, &residence).await, owing(&portal, &residence).await);
    let me = &first.applicant;
    for (codes, field) in [
        (vec![], "/dossiers"),
        (vec![first.code.as_str(); 101], "/dossiers"),
        (vec![first.code.as_str(), second.code.as_str(), first.code.as_str()], "/dossiers/2"),
    ] {
        let refused = me.post(JOINT, &over(&codes)).await.refused(422, "invalid");
        assert_eq!(refused.fields(), [field]);
    }
    me.post(JOINT, &json!({ "dossiers": [first.code], "gateway": "momo" }))
        .await
        .refused(422, "gateway_not_offered");
    first.pay().await;
    let refused = me.post(JOINT, &over(&[&second.code, &first.code])).await.refused(409, "nothing_due");
    assert_eq!(refused.fields(), ["/dossiers/1"]);
    portal.nobody().post(JOINT, &over(&[&second.code])).await.refused(401, "unauthenticated");
    for official in [portal.clerk(), portal.official(Role::Cashier, ONE_STOP)] {
        official.post(JOINT, &over(&[&second.code])).await.refused(403, "forbidden");
    }
    me.get(&format!("{JOINT}/261122AAAAAAAAAAAAAA")).await.refused(404, "not_found");
    me.get(&format!("{JOINT}/%00")).await.refused(404, "not_found");
    let own = first.dossier().await;
    assert!(own["code"].is_string());
    // The number of a dossier's own order is not that of a joint one.
    let payment = me.get(&format!("/api/v1/dossiers/{}/payment", second.code)).await.expect(200);
    let reference = payment["order"]["reference"].as_str().unwrap();
    me.get(&format!("{JOINT}/{reference}")).await.refused(404, "not_found");
}

#[actix_web::test]
async fn who_withdraws_one_dossier_of_a_joint_order_pays_for_the_others() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let (first, second) = (owing(&portal, &residence).await, owing(&portal, &residence).await);
    let me = &first.applicant;
    let joint = me.post(JOINT, &over(&[&first.code, &second.code])).await.expect(201);
    me.act(&second.code, "withdraw", json!({})).await.expect(200);
    let vnpay = json!({ "gateway": "vnpay" });
    me.post(&at(&joint, "/attempts"), &vnpay).await.refused(409, "joint_order_stale");
    let reference = joint["order"]["reference"].as_str().unwrap();
    assert_eq!(notify(&portal, reference, "14000").await.1["MaLoi"], "00");
    first.work().await;
    assert_eq!(first.dossier().await["steps"], json!(["processing"]));
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let items = cashier.get("/api/v1/payments/suspense").await.expect(200)["items"].clone();
    let item = &items[0];
    assert_eq!(
        (&item["reason"], &item["remaining"], items.as_array().unwrap().len()),
        (&json!("late"), &json!(7000), 1)
    );
    let path = format!("/api/v1/payments/suspense/{}/moves", item["id"].as_str().unwrap());
    let back = json!({ "to": "payer", "reason": "Hồ sơ đã rút" });
    portal.official(Role::Cashier, "H49.46.01").post(&path, &back).await.refused(404, "not_found");
    assert_eq!(cashier.post(&path, &back).await.expect(200)["remaining"], 0);
    portal.verify().await;
    // And who gives the joint order up pays alone.
    let (third, fourth) = (owing(&portal, &residence).await, owing(&portal, &residence).await);
    let joint = me.post(JOINT, &over(&[&third.code, &fourth.code])).await.expect(201);
    let cancelled = me.post(&at(&joint, "/cancellation"), &json!({})).await.expect(200);
    assert_eq!(cancelled["order"]["state"], "cancelled");
    third.pay().await;
    fourth.pay().await;
    portal.verify().await;
}

#[actix_web::test]
async fn a_company_pays_for_what_its_representative_filed() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let plays = [owing(&portal, &residence).await, owing(&portal, &residence).await];
    let (agent, mandate) = portal.representative("022185000006", "9900000016");
    let codes: Vec<&str> = plays.iter().map(|play| play.code.as_str()).collect();
    agent.post(JOINT, &over(&codes)).await.refused(404, "not_found");
    let joint = plays[0].applicant.post(JOINT, &over(&codes)).await.expect(201);
    agent.get(&at(&joint, "")).await.refused(404, "not_found");
    for code in &codes {
        portal.sql(
            "UPDATE dossier SET applicant_person_id = NULL,
                    applicant_org_id = (SELECT id FROM organisation WHERE tax_no = '9900000016') WHERE code = $1",
            code,
        );
    }
    assert_eq!(agent.post(JOINT, &over(&codes)).await.expect(201)["order"]["amount"], 14_000);
    assert_eq!(shown(&agent, &joint).await["order"]["amount"], 14_000);
    plays[0].applicant.get(&at(&joint, "")).await.refused(404, "not_found");
    portal.sql("UPDATE mandate SET revoked_at = '2025-08-01' WHERE id = $1::uuid", &mandate.to_string());
    agent.get(&at(&joint, "")).await.refused(404, "not_found");
}
