//! What a draft still needs is what its submission then asks for.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{CITIZEN, Play, procedure};
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};

async fn requirements(filer: &Caller<'_>, id: &str) -> Answer {
    filer.get(&format!("/api/v1/drafts/{id}/requirements")).await
}

/// What is told must be what happens: complete if, and only if, the submission succeeds, with
/// the same case, money and due time; else refused for the same reason at the same fields.
async fn agree(play: &Play<'_>, what: &str) -> bool {
    let (id, version) = play.draft().await;
    let told = requirements(&play.filer, &id).await.expect(200);
    assert_eq!(told["draft_version"], version, "{what}");
    let path = format!("/api/v1/drafts/{id}/submit");
    let done = play.filer.post_for(version, &path, &json!({})).await;
    assert_eq!(told["complete"], json!(done.status == 201), "{what}: {told}\n{}", done.body);
    let missing = told["documents"].as_array().unwrap().iter().filter(|d| d["missing"] == true);
    let missing: Vec<String> =
        missing.map(|d| format!("/documents/{}", d["code"].as_str().unwrap())).collect();
    let mistakes: Vec<&Value> = told["answers"].as_array().unwrap().iter().map(|a| &a["field"]).collect();
    if done.status != 201 {
        for member in ["code", "title", "status", "fields"] {
            assert_eq!(told["refusal"][member], done.body[member], "{what}: {told}");
        }
        match done.code() {
            "documents_missing" => assert_eq!(done.fields(), missing, "{what}"),
            "form_invalid" => assert_eq!(json!(done.fields()), json!(mistakes), "{what}"),
            _ => {}
        }
        return false;
    }
    assert!(told["refusal"].is_null() && missing.is_empty() && mistakes.is_empty(), "{what}: {told}");
    let receipt = &done.body["receipt"];
    let shown = play.filer.get(done.body["links"]["self"].as_str().unwrap()).await.expect(200);
    assert_eq!(told["case"]["code"], shown["case"], "{what}");
    for member in ["starts_at", "due_at", "why"] {
        assert_eq!(told["deadline"][member], receipt[member], "{what}: {member}");
    }
    let fees = |lines: &Value, explanation: &str| -> Vec<(Value, Value, Value)> {
        let line = |l: &Value| (l["code"].clone(), l["amount"].clone(), l[explanation].clone());
        lines.as_array().unwrap().iter().map(line).collect()
    };
    let lines = fees(&told["fees"], "explanation_vi");
    assert_eq!(lines, fees(&receipt["fees"], "explanation"), "{what}");
    assert_eq!(told["total"], lines.iter().map(|line| line.1.as_i64().unwrap()).sum::<i64>(), "{what}");
    true
}

/// A scenario without one member of its answers, or one of its documents, or nothing at all.
fn lessened(scenario: &Value) -> Vec<Value> {
    let mut all = vec![scenario.clone()];
    let without = |place: &str, key: Option<usize>| {
        let mut less = scenario.clone();
        match (place, key) {
            ("documents", Some(n)) => drop(less["documents"].as_array_mut().unwrap().remove(n)),
            ("answers", Some(n)) => {
                let answers = less["answers"].as_object_mut().unwrap();
                let name = answers.keys().nth(n).unwrap().clone();
                answers.remove(&name);
            }
            _ => less[place] = if place == "documents" { json!([]) } else { json!({}) },
        }
        less
    };
    for (place, length) in [
        ("documents", scenario["documents"].as_array().unwrap().len()),
        ("answers", scenario["answers"].as_object().unwrap().len()),
    ] {
        all.extend((0..length).map(|n| without(place, Some(n))));
        all.push(without(place, None));
    }
    all
}

// Mutants: papers are not counted as given; a missing document counts only when it is always
// required; the fee or the term is that of the first case; the form is not looked at.
#[actix_web::test]
async fn what_is_told_of_a_draft_is_what_its_submission_says() {
    let portal = Portal::new().await;
    let (mut complete, mut refused) = (0, 0);
    for code in
        ["1.001193", "1.000894", "1.004194", "2.000815", "1.001612", "1.013225", "1.013831", "2.001583"]
    {
        let procedure = procedure(code);
        let scenarios = procedure["scenarios"].as_array().unwrap();
        let with_documents =
            scenarios.iter().filter(|s| s["documents"].is_array() && s["answers"].is_object());
        for scenario in with_documents.take(3) {
            let day = scenario["date"].as_str().unwrap_or("2026-09-14");
            portal.at(&format!("{day}T16:10:00+07:00"));
            for (number, less) in lessened(scenario).iter().enumerate() {
                let play = Play::new(&portal, &procedure, less);
                match agree(&play, &format!("{code} {} {number}", scenario["name"])).await {
                    true => complete += 1,
                    false => refused += 1,
                }
            }
        }
    }
    assert!(complete > 20 && refused > 50, "{complete} complete, {refused} refused");
}

// Mutants: the level of the login, a closed procedure or a new version is not asked.
#[actix_web::test]
async fn what_hinders_a_submission_besides_the_draft_is_told_too() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let (id, _) = play.draft().await;
    assert_eq!(requirements(&play.filer, &id).await.expect(200)["complete"], true);
    let hindered = async |filer: &Caller<'_>| {
        let told = requirements(filer, &id).await.expect(200);
        assert_eq!(told["complete"], false, "{told}");
        told["refusal"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(hindered(&portal.citizen(CITIZEN, 1)).await, "identity_level_too_low");
    portal.at("2029-09-14T09:00:00+07:00");
    assert_eq!(hindered(&play.filer).await, "calendar_gap");
    portal.at("2026-09-14T09:00:00+07:00");
    portal.sql(
        "UPDATE procedure SET closed_since = '2026-09-01', closed_reason = 'Sửa quy trình' WHERE code = $1",
        "1.001193",
    );
    assert_eq!(hindered(&play.filer).await, "procedure_closed");
}

// Mutants: the owner is not asked; a submitted draft still needs something.
#[actix_web::test]
async fn only_the_owner_is_told_and_only_of_a_draft() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let (id, version) = play.draft().await;
    let others = [
        portal.citizen("022196000002", 2),
        portal.clerk(),
        portal.leader(),
        portal.official(Role::SystemAdmin, ONE_STOP),
    ];
    for other in others {
        requirements(&other, &id).await.refused(404, "not_found");
    }
    requirements(&portal.nobody(), &id).await.refused(401, "unauthenticated");
    play.filer.post_for(version, &format!("/api/v1/drafts/{id}/submit"), &json!({})).await.expect(201);
    requirements(&play.filer, &id).await.refused(409, "draft_submitted");
}

// Mutants: a document that the case does not ask for is missing; the rule is told without the
// condition, or with the names of fields that people never see.
#[actix_web::test]
async fn each_document_says_which_rule_asks_for_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut bare = Play::scenario(&procedure, "granted").clone();
    bare["documents"] = json!([]);
    let play = Play::new(&portal, &procedure, &bare);
    let (id, _) = play.draft().await;
    let told = requirements(&play.filer, &id).await.expect(200);
    let document = |number: &str| {
        let code = format!("1.001193-{number}");
        told["documents"].as_array().unwrap().iter().find(|d| d["code"] == code.as_str()).unwrap().clone()
    };
    let shown = |number: &str| {
        let document = document(number);
        let word = |name: &str| document[name].as_str().unwrap().to_owned();
        (word("need"), document["missing"] == true, word("why"))
    };
    let (need, missing, why) = shown("TP06");
    assert_eq!((need.as_str(), missing), ("required", true));
    assert!(why.starts_with("Thành phần hồ sơ theo 163/QĐ-BTP: phải có khi: không phải: “"), "{why}");
    assert!(!why.contains("/birth_case") && !why.contains("abandoned"), "{why}");
    let (need, missing, why) = shown("TP04");
    assert_eq!((need.as_str(), missing), ("not_asked", false));
    assert!(why.ends_with(": có; không áp dụng cho hồ sơ này"), "{why}");
    assert_eq!((shown("TP07").0.as_str(), shown("TP07").1), ("optional", false));
    assert_eq!(
        (told["decision"].as_str(), told["legal_basis"][0].as_str()),
        (Some("163/QĐ-BTP"), Some("60/2014/QH13"))
    );
    assert_eq!(told["refusal"]["fields"][0]["field"], "/documents/1.001193-TP06");
}
