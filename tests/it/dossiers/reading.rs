//! After an answer of 2xx every way of reading shows it; list, count and export are one filter.
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::play::{Play, birth, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal, because};
use motcua::workflow::Role;

/// The codes of the export, in its order.
async fn export(caller: &Caller<'_>, filter: &str) -> Vec<String> {
    let answer = caller.get(&format!("/api/v1/dossiers/export?{filter}")).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    let text = String::from_utf8(answer.bytes).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
    text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

/// The codes of all pages of the list.
async fn list(caller: &Caller<'_>, filter: &str, limit: usize) -> Vec<String> {
    let (mut codes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/api/v1/dossiers?{filter}&limit={limit}{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        codes.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return codes,
        }
    }
}

// Mutants: the event is written after the answer; a list reads another table.
#[actix_web::test]
async fn after_each_act_every_way_of_reading_shows_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let filed = play.submit().await.expect(201);
    let secret = filed["tracking_secret"].as_str().unwrap().to_owned();
    let (clerk, nobody) = (portal.clerk(), portal.nobody());
    for number in 0..=play.scenario["steps"].as_array().unwrap().len() {
        let seen = play.dossier().await;
        let status = &seen["status"];
        let filter = format!("status={status}&q={}", play.code);
        assert_eq!(list(&clerk, &filter, 50).await, [play.code.as_str()]);
        assert_eq!(export(&clerk, &filter).await, [play.code.as_str()]);
        assert_eq!(clerk.get(&format!("/api/v1/dossiers/count?{filter}")).await.expect(200)["count"], 1);
        let events = clerk.get(&format!("/api/v1/dossiers/{}/events", play.code)).await.expect(200);
        let last = events["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["seq"], &last["status"], &last["to_steps"]),
            (&seen["version"], status, &seen["steps"])
        );
        let track = nobody.get(&format!("/api/v1/tracking/{}?secret={secret}", play.code)).await.expect(200);
        assert_eq!(&track["status"], status);
        let own = play.applicant.get("/api/v1/dossiers").await.expect(200);
        assert_eq!((&own["items"][0]["status"], &own["items"][0]["version"]), (status, &seen["version"]));
        if number < play.scenario["steps"].as_array().unwrap().len() {
            play.step(number).await.unwrap();
        }
    }
    portal.verify().await;
}

/// One query parameter, or none.
fn parameter() -> impl Strategy<Value = String> {
    let one = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(str::to_owned);
    prop_oneof![
        (1..=10_i32).prop_map(|status| format!("status={status}")),
        one(&["open=true", "open=false"]),
        one(&["procedure=1.001193", "procedure=1.004194", "procedure=9.999999"]),
        one(&["channel=online", "channel=counter", "channel=post"]),
        one(&["holder=H49.45.01", "holder=H49.45", "holder=X"]),
        one(&["role=one_stop_clerk", "role=specialist", "role=applicant"]),
        one(&["mine=true", "unassigned=true", "opinion=true"]),
        one(&["late=true", "late=false"]),
        one(&["paused=true", "paused=false"]),
        one(&[
            "due_before=2026-09-15T00:00:00Z",
            "submitted_from=2026-09-14T02:00:00Z",
            "submitted_before=2026-09-15T00:00:00Z"
        ]),
        one(&["q=H49.45.01-2609", "q=h49.45.01-260914-0003", "q=022094000001", "q=%25", "q='"]),
    ]
}

/// Dossiers in many states.
async fn many<'p>(portal: &'p Portal, procedures: &'p [Value; 2]) -> usize {
    let [births, residences] = procedures;
    for stop in ["", "receive", "hand_over", "forward", "approve", "finish", "return_result"] {
        let play = birth(portal, births).await;
        if !stop.is_empty() {
            play.up_to(stop).await;
        }
    }
    for stop in ["receive", "request_payment", "confirm_payment"] {
        let mut play = Play::new(portal, residences, Play::scenario(residences, "granted"));
        play.submit().await.expect(201);
        play.up_to(stop).await;
    }
    let play = birth(portal, births).await;
    let reasons = json!({ "reasons": because(json!({ "condition": "Thiếu thông tin" })) });
    portal.clerk().act(&play.code, "request_supplement", reasons).await.expect(200);
    portal.at("2026-09-15T09:00:00+07:00");
    motcua::dossiers::late::mark(&portal.app).await.unwrap();
    11
}

// Mutants: the export ignores a filter; count and list differ in scope; a page that repeats
// or skips a row.
#[actix_web::test]
async fn list_count_and_export_agree_for_every_combination_of_filters() {
    let portal = Portal::new().await;
    let procedures = [procedure("1.001193"), procedure("1.004194")];
    let all = many(&portal, &procedures).await;
    let callers = [
        portal.clerk(),
        portal.specialist(),
        portal.leader(),
        portal.citizen(super::play::CITIZEN, 2),
        portal.official(Role::Specialist, "H49.46"),
    ];
    assert_eq!(list(&callers[0], "", 3).await.len(), all);
    let mut random = TestRunner::deterministic();
    let strategy = proptest::collection::vec(parameter(), 0..4);
    let mut found = 0;
    for _ in 0..60 {
        let mut parts = strategy.new_tree(&mut random).unwrap().current();
        parts.sort_by(|a, b| a.split('=').next().cmp(&b.split('=').next()));
        parts.dedup_by(|a, b| a.split('=').next() == b.split('=').next());
        let filter = parts.join("&");
        for caller in &callers {
            let (listed, exported) = (list(caller, &filter, 3).await, export(caller, &filter).await);
            let count = caller.get(&format!("/api/v1/dossiers/count?{filter}")).await.expect(200);
            assert_eq!(listed, exported, "{filter}");
            assert_eq!(count["count"], json!(listed.len()), "{filter}");
            found += listed.len();
        }
    }
    assert!(found > 200, "the filters find something: {found}");
}

// Mutant: a cell of the applicant's name that a spreadsheet runs.
#[actix_web::test]
async fn the_export_holds_no_formulas() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let answers = &Play::scenario(&procedure, "granted")["answers"];
    let body = json!({
        "procedure": "1.001193", "channel": "post", "unit": ONE_STOP, "answers": answers,
        "papers": ["1.001193-TP01", "1.001193-TP06"],
        "applicant": { "kind": "citizen", "name": "=1+1", "identity_no": "022196000002" },
    });
    let clerk = portal.clerk();
    let draft = clerk.post("/api/v1/drafts", &body).await.expect(201);
    let path = format!("/api/v1/drafts/{}/submit", draft["id"].as_str().unwrap());
    clerk.post_for(1, &path, &json!({})).await.expect(201);
    let csv = String::from_utf8(clerk.get("/api/v1/dossiers/export").await.bytes).unwrap();
    assert!(csv.contains(",'=1+1,"), "{csv}");
}
