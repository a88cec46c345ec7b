//! What a step keeps when the dossier leaves it and comes back: the record of who came in
//! person, and the official who works on it.
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::play::{CITIZEN, Play, birth, procedure};
use crate::support::stage::{COMMUNE, Caller, Portal, because};

fn reasons() -> Value {
    json!({ "reasons": because(json!({ "condition": "Ghi sai trong sổ" })) })
}

fn present() -> Value {
    json!({ "persons": [{ "name": "Nguyễn Hải Đăng", "identity_no": CITIZEN, "documents": "Thẻ căn cước, đã ký sổ" }] })
}

#[track_caller]
fn is_past(record: &Value, past: bool) {
    assert_eq!(record["past_since"].is_string(), past, "{record}");
}

// Mutants: a record counts for every passage of its step; the records of other steps end too;
// the old record is thrown away.
#[actix_web::test]
async fn a_step_in_person_that_is_entered_anew_wants_a_new_record() {
    let portal = Portal::new().await;
    let procedure = procedure("1.000894");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("finish").await;
    let (code, clerk, specialist) = (play.code.as_str(), portal.clerk(), portal.specialist());
    is_past(&play.dossier().await["presence"][0], false);

    clerk.act(code, "return_for_rework", reasons()).await.expect(200);
    specialist.act(code, "forward", json!({})).await.expect(200);
    let early = clerk.act(code, "finish", json!({})).await.refused(409, "condition_failed");
    assert_eq!(early.body["failed"], json!(["presence_recorded"]));
    clerk.act(code, "record_presence", present()).await.expect(200);
    clerk.act(code, "finish", json!({})).await.expect(200);
    let records = play.dossier().await["presence"].clone();
    assert_eq!(records.as_array().unwrap().len(), 2, "both stay in the dossier: {records}");
    is_past(&records[0], true);
    is_past(&records[1], false);
    portal.verify().await;
}

/// A construction permit at its site inspection, with the record; and its specialist.
async fn inspected<'p>(portal: &'p Portal, procedure: &'p Value) -> (Play<'p>, Caller<'p>) {
    let mut play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("record_presence").await;
    let handling: Uuid = play.dossier().await["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let specialist = portal.official_at(Role::Specialist, handling);
    (play, specialist)
}

// Mutants: a recall begins a new passage; a return for rework does not.
#[actix_web::test]
async fn a_recall_undoes_the_sending_and_keeps_the_record() {
    let portal = Portal::new().await;
    let procedure = procedure("1.013225");
    let (play, specialist) = inspected(&portal, &procedure).await;
    let code = play.code.as_str();
    specialist.act(code, "forward", json!({})).await.expect(200);
    specialist.act(code, "recall", json!({})).await.expect(200);
    assert_eq!(play.dossier().await["steps"], json!(["site_inspection"]));
    specialist.act(code, "forward", json!({})).await.expect(200);

    let handling: Uuid = play.dossier().await["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let leader = portal.official_at(Role::Leader, handling);
    leader.act(code, "return_for_rework", reasons()).await.expect(200);
    specialist.act(code, "forward", json!({})).await.expect(200);
    let again = specialist.act(code, "forward", json!({})).await.refused(409, "condition_failed");
    assert_eq!(again.body["failed"], json!(["presence_recorded"]));
    specialist.act(code, "record_presence", present()).await.expect(200);
    specialist.act(code, "forward", json!({})).await.expect(200);
    portal.verify().await;
}

/// A birth at its processing, assigned to an official.
async fn assigned<'p>(portal: &'p Portal, procedure: &'p Value, official: &Caller<'_>) -> Play<'p> {
    let play = birth(portal, procedure).await;
    play.up_to("hand_over").await;
    let assign = json!({ "assignee": official.id() });
    portal.leader().act(&play.code, "assign", assign).await.expect(200);
    play
}

/// Asks for a supplement and answers it.
async fn supplement(play: &Play<'_>, official: &Caller<'_>) {
    official.act(&play.code, "request_supplement", reasons()).await.expect(200);
    assert!(play.dossier().await["assignee_id"].is_null(), "it is the applicant's turn");
    play.applicant.act(&play.code, "supplement", json!({})).await.expect(200);
    assert_eq!(play.dossier().await["steps"], json!(["processing"]));
}

// Mutants: whoever it was comes back, also when the post has ended, the role is another or the
// account is closed; nobody comes back.
#[actix_web::test]
async fn a_supplement_goes_to_the_official_who_asked_for_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let official = portal.another(Role::Specialist, COMMUNE);
    let play = assigned(&portal, &procedure, &official).await;
    supplement(&play, &official).await;
    assert_eq!(play.dossier().await["assignee_id"], json!(official.id()));
    let mine = official.get("/api/v1/dossiers?mine=true").await.expect(200);
    assert_eq!(mine["items"][0]["code"], json!(play.code));
    // What is sent on is nobody's until it is assigned there.
    official.act(&play.code, "forward", json!({})).await.expect(200);
    assert!(play.dossier().await["assignee_id"].is_null());

    for end in [
        "UPDATE position SET valid_to = '2026-09-13' WHERE staff_id = $1::uuid",
        "UPDATE position SET role = 'cashier' WHERE staff_id = $1::uuid",
        "UPDATE staff SET active = false WHERE id = $1::uuid",
    ] {
        let official = portal.another(Role::Specialist, COMMUNE);
        let play = assigned(&portal, &procedure, &official).await;
        official.act(&play.code, "request_supplement", reasons()).await.expect(200);
        portal.sql(end, &official.id().to_string());
        play.applicant.act(&play.code, "supplement", json!({})).await.expect(200);
        assert!(play.dossier().await["assignee_id"].is_null(), "{end}");
    }
    portal.verify().await;
}

// Mutants: only a supplement is remembered; the official of the consulted unit keeps it; a
// recalled question takes the dossier from its official.
#[actix_web::test]
async fn an_opinion_goes_to_the_official_who_asked_for_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.013225");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "opinion"));
    play.submit().await.expect(201);
    play.up_to("hand_over").await;
    let handling: Uuid = play.dossier().await["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let (leader, specialist) =
        (portal.official_at(Role::Leader, handling), portal.official_at(Role::Specialist, handling));
    let (code, asked) = (play.code.as_str(), portal.official(Role::Specialist, "H49.06"));
    leader.act(code, "assign", json!({ "assignee": specialist.id() })).await.expect(200);
    let question = json!({ "unit": "H49.06", "text": "Có phù hợp quy hoạch không?" });
    for answer in ["recall", "give_opinion"] {
        specialist.act(code, "request_opinion", question.clone()).await.expect(200);
        assert!(play.dossier().await["assignee_id"].is_null());
        let done = match answer {
            "recall" => specialist.act(code, "recall", json!({})).await,
            _ => asked.act(code, answer, json!({ "text": "Phù hợp" })).await,
        };
        assert_eq!(done.expect(200)["steps"], json!(["processing"]), "{answer}");
        assert_eq!(play.dossier().await["assignee_id"], json!(specialist.id()), "{answer}");
    }
    portal.verify().await;
}
