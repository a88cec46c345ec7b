//! The tray: who finds what, signs it, seals it or sends it back.
use motcua::signing::Outcome;
use serde_json::json;
use uuid::Uuid;

use super::stage::{PIN, Stage, outcomes};

#[actix_web::test]
async fn a_leader_signs_a_whole_tray_by_one_confirmation_and_each_document_is_told_of() {
    let stage = Stage::new().await;
    let mut requests = Vec::new();
    for _ in 0..3 {
        requests.push(stage.order(false).await);
    }
    let ids: Vec<String> = requests.iter().map(Uuid::to_string).collect();
    assert_eq!(stage.tray(&stage.leader).await, ids);
    let asked = [requests[0], requests[1], Uuid::now_v7()];
    assert_eq!(stage.sign(&asked).await, ["accepted", "accepted", "not_found"]);
    assert_eq!(stage.sign(&requests[1..]).await, ["under_way", "accepted"]);
    stage.work().await;
    for request in requests {
        assert!(stage.signed(request).await.starts_with(b"%PDF-"));
        assert_eq!((stage.heard(request), stage.signatures(request)), (1, vec!["official put".to_owned()]));
    }
    assert!(stage.tray(&stage.leader).await.is_empty());
}

#[actix_web::test]
async fn only_who_shall_sign_sees_it_signs_it_and_refuses_it() {
    let stage = Stage::new().await;
    let request = stage.order(true).await;
    let path = format!("/api/v1/signing/requests/{request}");
    for other in ["honggai.chuyenvien", "ttpvhcc.giamdoc"] {
        let token = stage.portal.staff(other).await;
        assert!(stage.tray(&token).await.is_empty(), "{other}");
        stage.portal.get(&token, &path).await.refused(404, "not_found");
        stage.portal.get(&token, &format!("{path}/document")).await.refused(404, "not_found");
        let body = json!({ "requests": [request], "pin": PIN });
        assert_eq!(outcomes(&stage.confirm(&token, body).await.expect(201)), ["not_found"]);
        let reason = json!({ "reason": "không thuộc thẩm quyền" });
        stage.portal.post(&token, &format!("{path}/refusal"), reason).await.refused(404, "not_found");
    }
    let reason = json!({ "reason": "Sai số quyết định" });
    let refused =
        stage.portal.post(&stage.leader, &format!("{path}/refusal"), reason.clone()).await.expect(200);
    assert_eq!(refused["state"], "refused");
    assert_eq!(stage.outcome(request).await, Outcome::Refused { reason: "Sai số quyết định".to_owned() });
    assert_eq!(stage.heard(request), 1);
    stage
        .portal
        .post(&stage.leader, &format!("{path}/refusal"), reason)
        .await
        .refused(409, "signing_not_waiting");
    assert_eq!(stage.sign(&[request]).await, ["not_found"]);
}

#[actix_web::test]
async fn what_is_refused_while_it_is_being_signed_is_not_signed() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    stage.sign(&[request]).await;
    let path = format!("/api/v1/signing/requests/{request}/refusal");
    stage.portal.post(&stage.leader, &path, json!({ "reason": "nhầm" })).await.expect(200);
    stage.work().await;
    assert_eq!(stage.outcome(request).await, Outcome::Refused { reason: "nhầm".to_owned() });
    assert_eq!(stage.signatures(request), ["official void"]);
}

#[actix_web::test]
async fn the_seal_is_put_by_who_keeps_it_after_the_signature() {
    let stage = Stage::new().await;
    let request = stage.order(true).await;
    stage.sign(&[request]).await;
    stage.work().await;
    assert_eq!((stage.outcome(request).await, stage.heard(request)), (Outcome::Waiting, 0));
    assert_eq!(stage.tray(&stage.leader).await, [request.to_string()]);
    assert_eq!(stage.sign(&[request]).await, ["accepted"]);
    stage.work().await;
    assert!(!stage.signed(request).await.is_empty());
    assert_eq!(stage.signatures(request), ["official put", "seal put"]);
    assert_eq!(stage.heard(request), 1);
}

#[actix_web::test]
async fn a_subject_has_one_order_until_it_was_refused() {
    let stage = Stage::new().await;
    let subject = Uuid::now_v7();
    let first = stage.order_of(subject, false).await;
    assert_eq!(stage.order_of(subject, false).await, first);
    let path = format!("/api/v1/signing/requests/{first}/refusal");
    stage.portal.post(&stage.leader, &path, json!({ "reason": "sai" })).await.expect(200);
    assert_ne!(stage.order_of(subject, false).await, first);
}
