//! Deadlines as the API tells them: when the clock runs, stands, is set anew, and why.
use jiff::Timestamp;
use motcua::dossiers::late;
use serde_json::{Value, json};

use super::play::{Play, birth, procedure};
use crate::support::stage::{Portal, because, time};

async fn explanation(play: &Play<'_>) -> Value {
    play.applicant.get(&format!("/api/v1/dossiers/{}/deadline", play.code)).await.expect(200)
}

/// The explanation counts to the due time: its last instant is the due time.
async fn due(play: &Play<'_>) -> Timestamp {
    let told = explanation(play).await;
    let due: Timestamp = time(told["due_at"].as_str().unwrap());
    let why = told["why"].as_array().unwrap();
    if told["paused_since"].is_null() {
        let last = why.last().unwrap();
        assert_eq!(
            (last["code"].as_str(), last["at"].as_str().map(time)),
            (Some("due"), Some(due)),
            "{told}"
        );
    }
    assert_eq!(time(play.dossier().await["due_at"].as_str().unwrap()), due);
    due
}

/// A dossier of temporary residence (3 → 2 working days, fee 7,000), filed Monday 9:00.
async fn residence<'p>(portal: &'p Portal, procedure: &'p Value) -> Play<'p> {
    let mut play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    play.submit().await.expect(201);
    play
}

// Mutant: no cut-off at 15:00.
#[actix_web::test]
async fn filed_at_ten_past_four_it_is_due_the_next_working_day() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    for (filed, expected) in [
        ("2026-09-14T09:00:00+07:00", "2026-09-14T17:00:00+07:00"),
        ("2026-09-14T16:10:00+07:00", "2026-09-15T17:00:00+07:00"),
        ("2026-09-18T16:10:00+07:00", "2026-09-21T17:00:00+07:00"),
        ("2026-09-19T22:00:00+07:00", "2026-09-21T17:00:00+07:00"),
    ] {
        let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
        portal.at(filed);
        let (id, version) = play.draft().await;
        let path = format!("/api/v1/drafts/{id}/submit");
        let receipt = play.filer.post_for(version, &path, &json!({})).await.expect(201);
        play.code = receipt["code"].as_str().unwrap().to_owned();
        assert_eq!(time(receipt["due_at"].as_str().unwrap()), time(expected), "{filed}");
        assert_eq!(due(&play).await, time(expected), "{filed}");
        portal.at("2026-09-21T09:30:00+07:00");
        play.up_to("receive").await;
        assert_eq!(due(&play).await, time(expected), "acceptance does not move it: {filed}");
    }
}

// Mutants: a pause that moves by wall time; one that is not closed; the payment's is forgotten.
#[actix_web::test]
async fn pauses_move_the_due_time_by_exactly_the_working_time_paused() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let play = residence(&portal, &procedure).await;
    let calendar = portal.app.calendar;
    play.up_to("request_payment").await;
    let first = due(&play).await;
    assert!(!explanation(&play).await["paused_since"].is_null());
    let asked = portal.app.db.clock.now();
    portal.at("2026-09-15T10:30:00+07:00");
    play.pay().await;
    play.work().await;
    let paused = calendar.working_between(asked, portal.app.db.clock.now()).unwrap();
    let second = due(&play).await;
    assert_eq!(second, calendar.add_working(first, paused).unwrap());
    assert_eq!(play.dossier().await["steps"], json!(["processing"]));

    portal.at("2026-09-15T14:00:00+07:00");
    let handling = play.dossier().await["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let specialist = portal.official_at(motcua::workflow::Role::Specialist, handling);
    let reasons = json!({ "reasons": because(json!({ "condition": "Làm rõ chỗ ở hợp pháp" })) });
    specialist.act(&play.code, "request_supplement", reasons).await.expect(200);
    // Over a week-end and a night: only working time counts.
    let asked = portal.app.db.clock.now();
    portal.at("2026-09-21T20:00:00+07:00");
    play.applicant.act(&play.code, "supplement", json!({})).await.expect(200);
    let paused = calendar.working_between(asked, portal.app.db.clock.now()).unwrap();
    assert_eq!(due(&play).await, calendar.add_working(second, paused).unwrap());
    let why = explanation(&play).await["why"].clone();
    assert_eq!(why.as_array().unwrap().iter().filter(|line| line["code"] == "paused").count(), 2, "{why}");
    portal.verify().await;
}

// Mutants: an earlier due time; a day off; the explanation forgets the appointment or the
// pauses after it.
#[actix_web::test]
async fn an_apology_sets_a_later_due_time_and_is_kept() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("hand_over").await;
    let (code, leader) = (play.code.as_str(), portal.leader());
    let note = "Phải xác minh thêm, xin lỗi và hẹn lại";
    let to = |at: &str| json!({ "new_due": at, "note": note });
    leader
        .act(code, "extend", json!({ "new_due": "2026-09-17T10:00:00+07:00" }))
        .await
        .refused(422, "invalid");
    leader.act(code, "extend", to("2026-09-14T10:00:00+07:00")).await.refused(409, "condition_failed");
    leader.act(code, "extend", to("2026-09-19T10:00:00+07:00")).await.refused(422, "new_due_invalid");
    leader.act(code, "extend", to("2062-09-19T10:00:00+07:00")).await.refused(422, "new_due_invalid");
    portal
        .specialist()
        .act(code, "extend", to("2026-09-17T10:00:00+07:00"))
        .await
        .refused(403, "not_your_role");
    leader.act(code, "extend", to("2026-09-17T10:00:00+07:00")).await.expect(200);
    assert_eq!(due(&play).await, time("2026-09-17T10:00:00+07:00"));
    let seen = play.applicant.get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
    assert_eq!(seen["extensions"][0]["reason"], note);
    let reasons = json!({ "reasons": because(json!({ "condition": "Thiếu thông tin" })) });
    portal.specialist().act(code, "request_supplement", reasons).await.expect(200);
    portal.at("2026-09-14T11:00:00+07:00");
    play.applicant.act(code, "supplement", json!({})).await.expect(200);
    let moved = portal
        .app
        .calendar
        .working_between(time("2026-09-14T09:00:00+07:00"), time("2026-09-14T11:00:00+07:00"));
    let expected =
        portal.app.calendar.add_working(time("2026-09-17T10:00:00+07:00"), moved.unwrap()).unwrap();
    assert_eq!(due(&play).await, expected);
    portal.verify().await;
}

// Mutants: marked at every run; marked though it got a new appointment; the leader is told
// twice; one that cannot be marked keeps the rest from it.
#[actix_web::test]
async fn what_is_late_is_marked_once_and_the_leader_told_once() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (slow, extended, unread, done) = (
        birth(&portal, &procedure).await,
        birth(&portal, &procedure).await,
        birth(&portal, &procedure).await,
        birth(&portal, &procedure).await,
    );
    slow.up_to("receive").await;
    extended.up_to("hand_over").await;
    done.up_to("finish").await;
    let note = json!({ "new_due": "2026-09-18T10:00:00+07:00", "note": "Xin lỗi và hẹn lại" });
    portal.leader().act(&extended.code, "extend", note).await.expect(200);
    assert_eq!(late::mark(&portal.app).await.unwrap(), 0);
    portal.at("2026-09-15T08:00:00+07:00");
    assert_eq!(late::mark(&portal.app).await.unwrap(), 1);
    assert_eq!(late::mark(&portal.app).await.unwrap(), 0);
    let told = "SELECT count(*)::int AS n FROM job WHERE kind = 'escalate_to_leader'";
    assert_eq!(portal.number(told), 1);
    let listed = portal.clerk().get("/api/v1/dossiers?late=true").await.expect(200);
    let codes: Vec<&str> =
        listed["items"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect();
    assert_eq!(codes, [slow.code.as_str()]);
    assert_eq!(explanation(&slow).await["late"], true);
    for other in [&extended, &unread, &done] {
        assert_eq!(explanation(other).await["late"], false, "{}", other.code);
    }
    portal.at("2026-09-18T10:00:01+07:00");
    assert_eq!(late::mark(&portal.app).await.unwrap(), 1);
    portal.verify().await;
}

// Mutant: the answer is due by the term of the procedure.
#[actix_web::test]
async fn an_online_filing_is_answered_within_eight_working_hours() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let play = residence(&portal, &procedure).await;
    let reply_by = || async { play.dossier().await["reply_by"].as_str().map(time) };
    assert_eq!(
        reply_by().await,
        Some(
            portal
                .app
                .calendar
                .add_working(
                    time("2026-09-14T09:00:00+07:00"),
                    motcua::calendar::WorkingMinutes::from_hours(8)
                )
                .unwrap()
        )
    );
    play.up_to("receive").await;
    assert_eq!(reply_by().await, None);
}
