//! A trust service that is slow, wrong or gone: documents wait, and none is signed twice.
use motcua::signing::Outcome;
use reqwest::Method;
use serde_json::json;

use super::stage::{LEADER, PIN, Stage};
use crate::support::lines;

#[actix_web::test]
async fn without_a_trust_service_documents_wait_and_the_signer_is_told() {
    let stage = Stage::configured("").await;
    let request = stage.order(false).await;
    let body = json!({ "requests": [request], "pin": PIN });
    stage.confirm(&stage.leader, body).await.refused(503, "signing_not_configured");
    assert_eq!(stage.tray(&stage.leader).await, [request.to_string()]);
}

#[actix_web::test]
async fn a_wrong_pin_signs_nothing_and_a_pin_is_kept_nowhere() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    let wrong = json!({ "requests": [request], "pin": "000000" });
    stage.confirm(&stage.leader, wrong).await.refused(422, "signing_pin_refused");
    assert!(stage.signatures(request).is_empty());
    stage.faults(json!({ "otp": true })).await;
    let body = json!({ "requests": [request], "pin": PIN });
    stage.confirm(&stage.leader, body).await.refused(422, "signing_pin_refused");
    let send = |pin: &'static str| {
        let body = json!({ "requests": [request], "pin": pin, "otp": "135790" });
        let confirm = stage.portal.request(Method::POST, "/api/v1/signing/signatures");
        let confirm = confirm.bearer_auth(&stage.leader).header("idempotency-key", "one confirmation");
        stage.portal.answer(confirm.json(&body))
    };
    let confirmed = send(PIN).await.expect(201);
    // The same request with another PIN is the same: what is kept of it does not tell the PIN.
    assert_eq!(send("999999").await.expect(201), confirmed);
    let kept = "SELECT 'job' AS line FROM job WHERE job::text LIKE '%246810%'
                UNION ALL SELECT 'audit' FROM audit_log WHERE audit_log::text LIKE '%246810%'
                UNION ALL SELECT 'key' FROM idempotency_key WHERE idempotency_key::text LIKE '%246810%'
                UNION ALL SELECT 'authorisation' FROM signing_authorisation WHERE signing_authorisation::text LIKE '%246810%'
                UNION ALL SELECT 'signature' FROM signature WHERE signature::text LIKE '%246810%'";
    assert!(lines(&mut stage.portal.db.connect(), kept).is_empty());
    stage.work().await;
    let left = "SELECT id::text AS line FROM signing_authorisation WHERE sad IS NOT NULL";
    assert!(lines(&mut stage.portal.db.connect(), left).is_empty(), "what was used is forgotten");
}

#[actix_web::test]
async fn after_a_lost_answer_the_leader_confirms_again_and_one_signature_counts() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    stage.faults(json!({ "lose_signatures": true })).await;
    stage.sign(&[request]).await;
    stage.work().await;
    assert_eq!(stage.signatures(request), ["official authorised"]);
    stage.faults(json!({})).await;
    stage.work_again().await;
    assert_eq!(stage.signatures(request), ["official void"]);
    assert_eq!(stage.request(request).await["note"], "invalid_request");
    assert_eq!(stage.sign(&[request]).await, ["accepted"]);
    stage.work().await;
    assert!(!stage.signed(request).await.is_empty());
    assert_eq!(
        (stage.signatures(request), stage.heard(request)),
        (vec!["official void".to_owned(), "official put".to_owned()], 1)
    );
}

#[actix_web::test]
async fn signatures_that_are_missing_or_by_another_key_never_count() {
    let stage = Stage::new().await;
    for (fault, why) in [("wrong_count", "wrong_count"), ("wrong_key", "not_by_this_key")] {
        let request = stage.order(false).await;
        stage.faults(json!({ fault: true })).await;
        stage.sign(&[request]).await;
        stage.work().await;
        assert_eq!((stage.outcome(request).await, stage.heard(request)), (Outcome::Waiting, 0), "{fault}");
        let shown = stage.request(request).await;
        assert_eq!((shown["note"].as_str(), shown["under_way"].as_bool()), (Some(why), Some(false)));
        assert_eq!(stage.signatures(request), ["official void"]);
    }
}

#[actix_web::test]
async fn an_authorisation_that_ended_is_confirmed_anew() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    stage.faults(json!({ "sad_seconds": 0 })).await;
    stage.sign(&[request]).await;
    stage.work().await;
    assert_eq!(stage.signatures(request), ["official void"]);
    stage.faults(json!({})).await;
    stage.sign(&[request]).await;
    stage.work().await;
    assert!(!stage.signed(request).await.is_empty());
}

#[actix_web::test]
async fn a_certificate_that_is_revoked_over_or_not_in_force_signs_nothing() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    for fault in ["revoked", "expired", "future"] {
        stage.faults(json!({ fault: ["honggai.lanhdao"] })).await;
        let body = json!({ "requests": [request], "pin": PIN });
        stage.confirm(&stage.leader, body).await.refused(409, "signing_certificate_invalid");
    }
    assert!(stage.signatures(request).is_empty());
}

#[actix_web::test]
async fn a_certificate_that_is_revoked_before_the_time_stamp_signs_nothing() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    let body = json!({ "requests": [request], "pin": PIN, "credential": "honggai.lanhdao.ec" });
    stage.faults(json!({ "no_stamps": true })).await;
    stage.confirm(&stage.leader, body).await.expect(201);
    stage.work().await;
    assert_eq!(stage.signatures(request), ["official made"]);
    stage.faults(json!({ "revoked": ["honggai.lanhdao"] })).await;
    // The certificate is issued anew, and revoked, when it is next asked for.
    let other = stage.order(false).await;
    let body = json!({ "requests": [other], "pin": PIN, "credential": "honggai.lanhdao.ec" });
    stage.confirm(&stage.leader, body).await.refused(409, "signing_certificate_invalid");
    stage.work_again().await;
    assert_eq!(stage.signatures(request), ["official void"]);
    assert_eq!(stage.request(request).await["note"], "certificate_revoked");
}

#[actix_web::test]
async fn a_service_that_is_down_holds_the_documents_and_nothing_else() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    stage.dial(json!({ "error_rate": 1.0 })).await;
    let body = json!({ "requests": [request], "pin": PIN });
    stage.confirm(&stage.leader, body).await.refused(503, "signing_unavailable");
    stage.dial(json!({})).await;
    stage.sign(&[request]).await;
    stage.dial(json!({ "error_rate": 1.0 })).await;
    stage.work().await;
    assert_eq!(stage.signatures(request), ["official authorised"]);
    assert_eq!(stage.portal.get("", "/api/v1/procedures").await.status, 200);
    stage.dial(json!({})).await;
    stage.work_again().await;
    assert!(!stage.signed(request).await.is_empty());
    assert_eq!(stage.heard(request), 1);
}

#[actix_web::test]
async fn a_document_that_was_changed_after_the_order_is_not_signed() {
    let stage = Stage::new().await;
    let (before, during) = (stage.order(false).await, stage.order(false).await);
    stage.sign(&[during]).await;
    let other = stage.order(false).await;
    let sql = format!(
        "UPDATE signing_request SET file_id = (SELECT file_id FROM signing_request WHERE id = '{other}')
          WHERE id IN ('{before}', '{during}') RETURNING id::text AS line"
    );
    assert_eq!(lines(&mut stage.portal.db.connect(), &sql).len(), 2);
    assert_eq!(stage.sign(&[before]).await, ["document_changed"]);
    stage.work().await;
    assert_eq!(stage.signatures(during), ["official void"]);
    assert_eq!(stage.request(during).await["note"], "document_changed");
}

#[actix_web::test]
async fn jobs_that_run_twice_or_die_in_between_sign_once() {
    let stage = Stage::new().await;
    let request = stage.order(false).await;
    stage.sign(&[request]).await;
    stage.work().await;
    let first = stage.signed(request).await;
    // As after a death between the work and its being told: both jobs once more.
    let sql = "UPDATE job SET state = 'waiting', run_at = now(), finished_at = NULL
                WHERE kind IN ('sign_hashes', 'complete_signature') RETURNING kind AS line";
    assert_eq!(lines(&mut stage.portal.db.connect(), sql).len(), 2);
    stage.work().await;
    assert_eq!(stage.signed(request).await, first);
    assert_eq!((stage.signatures(request), stage.heard(request)), (vec!["official put".to_owned()], 1));
}

/// The key of a file signs for everybody, where no trust service is set; made by OpenSSL.
#[actix_web::test]
async fn a_key_in_a_file_signs_for_development() {
    let folder = crate::support::DataDir::new();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (key, certificate, file) = (at("key.pem"), at("own.pem"), at("own.p12"));
    let run = |arguments: &[&str]| {
        let done = std::process::Command::new("openssl").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        &key,
        "-out",
        &certificate,
        "-days",
        "9000",
        "-subj",
        "/CN=Khoa phat trien",
    ]);
    run(&[
        "pkcs12",
        "-export",
        "-inkey",
        &key,
        "-in",
        &certificate,
        "-passout",
        "pass:mat-khau",
        "-out",
        &file,
    ]);
    let settings = format!(
        "[signing]\npkcs12_file = {file:?}\npkcs12_password = \"mat-khau\"\nanchors_file = {certificate:?}\n"
    );
    let stage = Stage::configured(&settings).await;
    // The certificate is in force from now on.
    stage.portal.at(&jiff::Timestamp::now().to_string());
    let (leader, request) = (stage.portal.staff(LEADER).await, stage.order(false).await);
    let wrong = json!({ "requests": [request], "pin": PIN });
    stage.confirm(&leader, wrong).await.refused(422, "signing_pin_refused");
    stage.confirm(&leader, json!({ "requests": [request], "pin": "mat-khau" })).await.expect(201);
    stage.work().await;
    // It needs a time-stamp like any other, and none is configured here.
    assert_eq!(stage.signatures(request), ["official made"]);
}
