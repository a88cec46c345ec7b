//! What an act leaves behind: its event, its audit row, and the jobs that tell others.
use serde_json::json;

use super::play::{Play, birth, procedure};
use crate::support::lines;
use crate::support::stage::Portal;

impl Portal {
    /// Events, audit rows and jobs of the only dossier, in the order of writing; the jobs of one
    /// event by their names.
    fn traces(&self) -> [Vec<String>; 3] {
        [
            "SELECT seq || ' ' || action || ' by ' || actor AS line FROM dossier_event ORDER BY seq",
            "SELECT operation || ' by ' || actor AS line FROM audit_log
              WHERE subject = (SELECT id FROM dossier) ORDER BY id",
            "SELECT kind || ' of ' || (payload->>'seq') AS line FROM job
              WHERE subject = (SELECT id FROM dossier) ORDER BY payload->>'seq', kind",
        ]
        .map(|sql| lines(&mut self.database.connect(), sql))
    }
}

// Mutants: `submit-without-event`, `submit-without-audit`, `submit-without-job`.
#[actix_web::test]
async fn a_submission_leaves_its_event_its_audit_row_and_its_jobs() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    let applicant = format!("citizen:{}", play.applicant.id());
    let [events, audit, jobs] = portal.traces();
    assert_eq!(events, [format!("1 submit by {applicant}")]);
    assert_eq!(audit, [format!("submit_draft by {applicant}")]);
    assert_eq!(jobs, ["notify_applicant of 1", "sync_national of 1"]);
}

// Mutants: `act-without-audit`, `act-without-job`; an action that was refused leaves a trace.
#[actix_web::test]
async fn an_action_leaves_its_event_its_audit_row_and_its_jobs() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let clerk = portal.clerk();
    let path = format!("/api/v1/dossiers/{}/actions", play.code);
    let before = portal.traces();
    clerk.post_for(1, &path, &json!({ "action": "approve" })).await.refused(409, "wrong_step");
    assert_eq!(portal.traces(), before);
    clerk.post_for(1, &path, &json!({ "action": "receive" })).await.expect(200);
    let by = format!("staff:{}", clerk.id());
    let [events, audit, jobs] = portal.traces();
    assert_eq!(events[1..], [format!("2 receive by {by}")]);
    assert_eq!(audit[1..], [format!("receive by {by}")]);
    assert_eq!(jobs[2..], ["notify_applicant of 2", "produce_form of 2", "sync_national of 2"]);
}
