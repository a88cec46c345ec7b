//! Requests that are looked up together stay apart: another transaction holds the table that
//! they read until all have come, so that they are read as few batches.
use std::time::Duration;

use actix_web::rt::time::sleep;
use diesel::connection::SimpleConnection;
use futures_util::future::{join, join_all};
use serde_json::json;
use uuid::Uuid;

use super::play::{CITIZEN, Play, procedure};
use crate::support::stage::{COMMUNE, Portal};
use motcua::workflow::Role;

/// Holds a table until the others have come.
async fn hold(portal: &Portal, table: &str) {
    let mut conn = portal.database.connect();
    conn.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).unwrap();
    sleep(Duration::from_secs(1)).await;
    conn.batch_execute("COMMIT").unwrap();
}

// Mutant: `see-as-another-session`.
#[actix_web::test]
async fn sessions_looked_up_together_stay_apart() {
    let portal = Portal::new().await;
    let mut callers = Vec::new();
    for number in [CITIZEN, "022196000002", "022300000003", "022301000004"] {
        callers.push(portal.citizen(number, 2));
    }
    for role in [Role::OneStopClerk, Role::Specialist, Role::Leader, Role::Cashier, Role::Auditor] {
        callers.push(portal.official(role, COMMUNE));
    }
    let ended = portal.citizen("022302000005", 2);
    for caller in callers.iter().chain([&ended]) {
        caller.get("/api/v1/me").await.expect(200);
    }
    portal.sql("UPDATE session SET revoked_at = now() WHERE subject_id = $1::uuid", &ended.id().to_string());
    let asked = callers.iter().chain([&ended]).map(|caller| caller.get("/api/v1/me"));
    let ((), answers) = join(hold(&portal, "session"), join_all(asked)).await;
    for (caller, answer) in callers.iter().zip(&answers) {
        assert_eq!((answer.status, &answer.body["id"]), (200, &json!(caller.id())));
    }
    assert_eq!(answers[callers.len()].status, 401);
}

// Mutant: `submit-draft-of-another`.
#[actix_web::test]
async fn drafts_judged_together_stay_apart() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let mut drafts = Vec::new();
    for _ in 0..8 {
        drafts.push(play.draft().await);
    }
    let stranger = portal.citizen("022196000002", 2);
    let (theirs, seen) = drafts[6].clone();
    let stale = 7;
    let unknown = Uuid::nil().to_string();
    let submit = |id: &str| format!("/api/v1/drafts/{id}/submit");
    let (body, others) = (json!({}), [submit(&theirs), submit(&unknown)]);
    let paths: Vec<String> = drafts.iter().map(|(id, _)| submit(id)).collect();
    // Who they are is known before the drafts are held.
    stranger.get("/api/v1/me").await.expect(200);
    // The stranger's stand among the others: what is not found must not shift what is.
    let mut asked = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        let version = drafts[n].1 + i64::from(n == stale);
        asked.push(play.filer.post_for(version, path, &body));
        if let Some(other) = n.checked_sub(3).and_then(|nth| others.get(nth)) {
            asked.push(stranger.post_for(seen, other, &body));
        }
    }
    let ((), mut answers) = join(hold(&portal, "draft"), join_all(asked)).await;
    let refused = [answers.remove(6), answers.remove(4)];
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, if n == stale { 409 } else { 201 }, "{n}: {}", answer.body);
    }
    assert_eq!(refused.map(|answer| answer.status), [404, 404]);
    // Each answer is about the dossier that came of its own draft.
    for ((id, _), answer) in drafts.iter().zip(&answers).take(stale) {
        let of_draft =
            "SELECT d.id FROM draft JOIN dossier d ON d.id = draft.dossier_id WHERE draft.id = $1::uuid";
        assert_eq!(answer.body["id"], json!(portal.id_of(of_draft, id)));
    }
    portal.verify().await;
}
