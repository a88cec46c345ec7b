//! Two at the same time, one of them always first: another transaction holds what the request
//! needs, until the request is seen to wait for it.
use std::time::Duration;

use actix_web::rt::time::sleep;
use diesel::connection::SimpleConnection;
use futures_util::future::{join, join_all, join3};
use serde_json::json;

use super::play::{Play, birth, procedure};
use crate::support::stage::{ONE_STOP, Portal};
use crate::support::{Before, somebody_waits};

fn submit_of(id: &str) -> String {
    format!("/api/v1/drafts/{id}/submit")
}

// Mutant: `submit-draft-changed`.
#[actix_web::test]
async fn an_edit_that_comes_first_is_not_lost() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let (id, version) = play.draft().await;
    let edit = format!("UPDATE draft SET version = version + 1, return_by = 'counter' WHERE id = '{id}'");
    let edit = Before::begin(&portal.database, &edit);
    let (path, body) = (submit_of(&id), json!({}));
    let submission = play.filer.post_for(version, &path, &body);
    let (answer, ()) = join(submission, edit.commit_when_waited_for(Duration::ZERO)).await;
    answer.refused(409, "stale_version");
    play.filer.post_for(version + 1, &path, &body).await.expect(201);
    portal.verify().await;
}

// Mutant: `submit-number-unlocked`.
#[actix_web::test]
async fn a_number_under_way_is_waited_for() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let (id, version) = play.draft().await;
    let unit = portal.agency(ONE_STOP);
    let first = format!("INSERT INTO dossier_number (unit_id, day, last) VALUES ('{unit}', '2026-09-14', 1)");
    let first = Before::begin(&portal.database, &first);
    let (path, body) = (submit_of(&id), json!({}));
    let submission = play.filer.post_for(version, &path, &body);
    let (answer, ()) = join(submission, first.commit_when_waited_for(Duration::ZERO)).await;
    assert_eq!(answer.expect(201)["code"], format!("{ONE_STOP}-260914-0002"));
}

// Mutant: `batch-fails-together`. While the numbers are locked, the submissions that come later
// wait for each other, and are written as one batch.
#[actix_web::test]
async fn a_bad_submission_fails_alone() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let mut drafts = Vec::new();
    for _ in 0..12 {
        drafts.push(play.draft().await);
    }
    let bad = [8, 10];
    let mut conn = portal.database.connect();
    conn.batch_execute(&format!(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'spoiled'; END $$;
         CREATE TRIGGER spoiled BEFORE UPDATE ON draft FOR EACH ROW
             WHEN (OLD.id IN ('{}', '{}')) EXECUTE FUNCTION spoil()",
        drafts[bad[0]].0, drafts[bad[1]].0,
    ))
    .unwrap();
    let numbers = Before::begin(&portal.database, "LOCK TABLE dossier_number IN SHARE MODE");
    let posts = drafts.iter().map(|(id, version)| {
        let (filer, path) = (&play.filer, submit_of(id));
        async move { filer.post_for(*version, &path, &json!({})).await.status }
    });
    let (answers, ()) = join(join_all(posts), numbers.commit_when_waited_for(Duration::from_secs(1))).await;
    let expected: Vec<u16> = (0..12).map(|n| if bad.contains(&n) { 500 } else { 201 }).collect();
    assert_eq!(answers, expected);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM dossier"), 10);
    portal.verify().await;
}

// Mutant: `submit-equal-requests-differ`. Others keep the writers busy until the equal requests
// have come, so that these are one batch.
#[actix_web::test]
async fn equal_requests_of_one_batch_get_one_answer() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(play.draft().await);
    }
    let (id, version) = play.draft().await;
    let (path, body) = (submit_of(&id), json!({}));
    let numbers = Before::begin(&portal.database, "LOCK TABLE dossier_number IN SHARE MODE");
    let busy = others.iter().map(|(id, version)| {
        let (filer, path, body) = (&play.filer, submit_of(id), &body);
        async move { filer.post_for(*version, &path, body).await.status }
    });
    let equal = async {
        somebody_waits(&portal.database).await;
        sleep(Duration::from_millis(500)).await;
        join_all((0..8).map(|_| play.filer.post_under("one-key", version, &path, &body))).await
    };
    let release = numbers.commit_when_waited_for(Duration::from_secs(2));
    let (busy, equal, ()) = join3(join_all(busy), equal, release).await;
    assert_eq!(busy, [201; 4]);
    for answer in &equal {
        assert_eq!((answer.status, &answer.body), (201, &equal[0].body));
    }
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM dossier"), 5);
    portal.verify().await;
}

// Mutant: `act-without-lock`.
#[actix_web::test]
async fn an_action_waits_for_the_one_before_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let first = Before::begin(&portal.database, "UPDATE dossier SET seq = seq + 1");
    let (clerk, path) = (portal.clerk(), format!("/api/v1/dossiers/{}/actions", play.code));
    let body = json!({ "action": "receive" });
    let second = clerk.post_for(1, &path, &body);
    let (answer, ()) = join(second, first.commit_when_waited_for(Duration::ZERO)).await;
    assert_eq!(answer.refused(409, "stale_version").body["current_version"], 2);
}
