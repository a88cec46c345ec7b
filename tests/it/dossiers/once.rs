//! A request that is sent again under its key is done once and answered alike.
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::play::{CITIZEN, Play, birth, procedure};
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};

/// Begins a draft under a key.
async fn begin(caller: &Caller<'_>, key: &str, answers: &Value) -> Answer {
    let body = json!({ "procedure": "1.001193", "channel": "online", "unit": ONE_STOP, "answers": answers });
    let request =
        TestRequest::post().uri("/api/v1/drafts").insert_header(("Idempotency-Key", key.to_owned()));
    caller.send(request.set_json(&body)).await
}

fn drafts(portal: &Portal) -> i32 {
    portal.number("SELECT count(*)::int AS n FROM draft")
}

// Mutant: `key-without-claim`.
#[actix_web::test]
async fn a_draft_that_is_begun_again_is_one_draft() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let answers = &Play::scenario(&procedure, "granted")["answers"];
    let citizen = portal.citizen(CITIZEN, 2);
    let first = begin(&citizen, "one-key", answers).await.expect(201);
    assert_eq!(begin(&citizen, "one-key", answers).await.expect(201), first);
    assert_eq!(drafts(&portal), 1);
    begin(&citizen, "one-key", &json!({})).await.refused(422, "idempotency_key_reused");
    assert_ne!(begin(&citizen, "another-key", answers).await.expect(201)["id"], first["id"]);
}

// Mutant: `key-without-claim`.
#[actix_web::test]
async fn an_action_that_is_sent_again_is_taken_once() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let path = format!("/api/v1/dossiers/{}/actions", play.code);
    let (clerk, body) = (portal.clerk(), json!({ "action": "comment", "note": "Đã gọi điện" }));
    let first = clerk.post_under("one-key", 1, &path, &body).await.expect(200);
    let again = clerk.post_under("one-key", 1, &path, &body).await.expect(200);
    assert_eq!(again, first);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM dossier_event"), 2);
    portal.verify().await;
}

// Mutant: `key-of-everybody`.
#[actix_web::test]
async fn a_key_belongs_to_who_sends_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let answers = &Play::scenario(&procedure, "granted")["answers"];
    let (one, other) = (portal.citizen(CITIZEN, 2), portal.citizen("022201000003", 2));
    let first = begin(&one, "one-key", answers).await.expect(201);
    let second = begin(&other, "one-key", answers).await.expect(201);
    assert_ne!(first["id"], second["id"], "the answer of somebody else");
    assert_eq!(drafts(&portal), 2);
}
