//! Submission is all or nothing, once under one key, and numbered without a gap.
use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::play::{CITIZEN, Play, birth, procedure};
use crate::support::stage::{COMMUNE, ONE_STOP, Portal};
use motcua::workflow::Role;

async fn draft<'p>(portal: &'p Portal, procedure: &'p Value) -> (Play<'p>, String, i64) {
    let play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    let (id, version) = play.draft().await;
    (play, id, version)
}

fn submit_of(id: &str) -> String {
    format!("/api/v1/drafts/{id}/submit")
}

fn dossiers(portal: &Portal) -> i32 {
    portal.number("SELECT count(*)::int AS n FROM dossier")
}

// Mutants: two equal requests of one batch, the second answered 409; a draft that was
// submitted under this very key answered 409; no claim before the work.
#[actix_web::test]
async fn sixty_four_identical_posts_are_one_dossier_and_sixty_four_equal_answers() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (play, id, version) = draft(&portal, &procedure).await;
    let path = submit_of(&id);
    let body = json!({});
    let posts = (0..64).map(|_| play.filer.post_under("one-key", version, &path, &body));
    let answers = join_all(posts).await;
    let first = answers[0].body.clone();
    assert_eq!(first["status"], 1, "{first}");
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (201, &first));
    }
    assert_eq!(dossiers(&portal), 1);
    portal.verify().await;
}

// Mutant: the hash of the body is not compared.
#[actix_web::test]
async fn a_key_is_good_for_one_body_only() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (play, id, version) = draft(&portal, &procedure).await;
    let filed = play.filer.post_under("k", version, &submit_of(&id), &json!({})).await;
    assert_eq!(filed.status, 201);
    let other = play.filer.post_under("k", version, &submit_of(&id), &json!({ "receive": true })).await;
    other.refused(422, "idempotency_key_reused");
    let again = play.filer.post_under("k", version, &submit_of(&id), &json!({})).await;
    assert_eq!((again.status, again.body), (201, filed.body));
}

// Mutant: `take_drafts` without `dossier_id IS NULL`.
#[actix_web::test]
async fn of_two_submissions_of_one_draft_one_wins() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (play, id, version) = draft(&portal, &procedure).await;
    let path = submit_of(&id);
    let answers = join_all((0..8).map(|n| {
        let (filer, path) = (play.filer.clone(), path.clone());
        async move { filer.post_under(&format!("key-{n}"), version, &path, &json!({})).await.status }
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 7, "{answers:?}");
    assert_eq!(dossiers(&portal), 1);
}

// Mutants: a failed batch answers all its items with the failure; the number is taken before
// the drafts are, outside the transaction.
#[actix_web::test]
async fn numbers_have_no_gap_and_a_bad_item_fails_alone() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut drafts = Vec::new();
    for _ in 0..200 {
        drafts.push(draft(&portal, &procedure).await);
    }
    // Every seventh is changed behind the back of its submission.
    let path_of = |id: &str| format!("/api/v1/drafts/{id}");
    let posts = drafts.iter().enumerate().map(|(n, (play, id, version))| async move {
        let stale = n % 7 == 3;
        let version = if stale { version - 1 } else { *version };
        let answer = play.filer.post_for(version, &submit_of(id), &json!({})).await;
        (stale, answer)
    });
    // The two that race with an edit may win or lose, but never leave a hole.
    let race = async {
        let (play, id, version) = &drafts[0];
        let content = json!({ "answers": play.scenario["answers"] });
        play.filer.put_for(*version, &path_of(id), &content).await
    };
    let (answers, _) = futures_util::future::join(join_all(posts), race).await;
    let mut codes = BTreeSet::new();
    for (n, (stale, answer)) in answers.into_iter().enumerate() {
        match answer.status {
            201 => assert!(!stale && codes.insert(answer.body["code"].as_str().unwrap().to_owned())),
            status => assert!(status == 409 && (stale || n == 0), "{n}: {}", answer.body),
        }
    }
    let expected: BTreeSet<String> = (1..=codes.len()).map(|n| format!("{ONE_STOP}-260914-{n:04}")).collect();
    assert!(codes.len() >= 170);
    assert_eq!(codes, expected);
    assert_eq!(dossiers(&portal), i32::try_from(codes.len()).unwrap());
    portal.verify().await;
}

// Mutant: one running number for all units or all days.
#[actix_web::test]
async fn each_unit_and_day_counts_for_itself() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut codes: HashMap<&str, Vec<String>> = HashMap::new();
    for (now, unit) in [
        ("2026-09-14T09:00:00+07:00", ONE_STOP),
        ("2026-09-14T09:05:00+07:00", "H49.46.01"),
        ("2026-09-14T23:59:59+07:00", ONE_STOP),
        ("2026-09-15T00:00:00+07:00", ONE_STOP),
    ] {
        let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
        play.unit = unit;
        portal.at(now);
        let (id, version) = play.draft().await;
        let filed = play.filer.post_for(version, &submit_of(&id), &json!({})).await.expect(201);
        codes.entry(unit).or_default().push(filed["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes[ONE_STOP], ["H49.45.01-260914-0001", "H49.45.01-260914-0002", "H49.45.01-260915-0001"]);
    assert_eq!(codes["H49.46.01"], ["H49.46.01-260914-0001"]);
}

// Mutant: the form is checked as it comes, without pointers.
#[actix_web::test]
async fn a_wrong_form_is_refused_field_by_field() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (play, id, version) = draft(&portal, &procedure).await;
    let mut answers = play.scenario["answers"].clone();
    answers["child"]["birth_date"] = json!("hôm qua");
    answers["child"].as_object_mut().unwrap().remove("full_name");
    answers["surprise"] = json!(1);
    let path = format!("/api/v1/drafts/{id}");
    let saved = play.filer.put_for(version, &path, &json!({ "answers": answers })).await.expect(200);
    let version = saved["version"].as_i64().unwrap();
    let refused =
        play.filer.post_for(version, &submit_of(&id), &json!({})).await.refused(422, "form_invalid");
    let fields = refused.fields();
    assert!(!fields.is_empty() && fields.iter().all(|field| field.starts_with("/answers")), "{fields:?}");
    for part in ["/answers/child/birth_date", "/answers/child"] {
        assert!(fields.iter().any(|field| field.starts_with(part)), "{part} of {fields:?}");
    }
    assert_eq!(dossiers(&portal), 0);
}

// Mutants: documents are not asked for; citizens may say what papers they brought.
#[actix_web::test]
async fn missing_documents_are_named_and_cannot_be_sworn_away() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let scenario = Play::scenario(&procedure, "granted");
    let citizen = portal.citizen(CITIZEN, 2);
    let body = json!({ "procedure": "1.001193", "channel": "online", "unit": ONE_STOP, "answers": scenario["answers"] });
    let draft = citizen.post("/api/v1/drafts", &body).await.expect(201);
    let refused = citizen.post_for(1, &submit_of(draft["id"].as_str().unwrap()), &json!({})).await;
    assert_eq!(refused.refused(422, "documents_missing").fields(), ["/documents/1.001193-TP06"]);
    let mut sworn = body.clone();
    sworn["papers"] = json!(["1.001193-TP06"]);
    assert_eq!(citizen.post("/api/v1/drafts", &sworn).await.refused(422, "invalid").fields(), ["/papers"]);
    let content = json!({ "answers": {}, "papers": ["1.001193-TP06"] });
    let path = format!("/api/v1/drafts/{}", draft["id"].as_str().unwrap());
    citizen.put_for(1, &path, &content).await.refused(422, "invalid");
}

// Mutant: `If-Match` optional.
#[actix_web::test]
async fn the_version_must_be_told_and_be_the_present_one() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (play, id, version) = draft(&portal, &procedure).await;
    play.filer.post(&submit_of(&id), &json!({})).await.refused(428, "version_required");
    let stale =
        play.filer.post_for(version + 1, &submit_of(&id), &json!({})).await.refused(409, "stale_version");
    assert_eq!(stale.body["current_version"], version);
}

// Mutant: only the short shape is parsed.
#[actix_web::test]
async fn the_long_form_of_a_code_is_read() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let long = "000.45.01.H49-260914-0001";
    portal.sql("UPDATE dossier SET code = $1", long);
    let seen = play.applicant.get(&format!("/api/v1/dossiers/{}", long.to_lowercase())).await.expect(200);
    assert_eq!(seen["code"], long);
    play.applicant.get("/api/v1/dossiers/khong-phai-ma").await.refused(404, "not_found");
}

// Mutant: a clerk takes in for any unit.
#[actix_web::test]
async fn a_clerk_takes_in_at_the_own_unit_only() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let scenario = Play::scenario(&procedure, "granted");
    let body = json!({
        "procedure": "1.001193", "channel": "counter", "unit": "H49.46.01", "answers": scenario["answers"],
        "applicant": { "kind": "citizen", "name": "Trần Thu Hạ", "identity_no": "022196000002" },
    });
    portal.clerk().post("/api/v1/drafts", &body).await.refused(403, "forbidden");
    portal.official(Role::Specialist, COMMUNE).post("/api/v1/drafts", &body).await.refused(403, "forbidden");
    portal.nobody().post("/api/v1/drafts", &body).await.refused(401, "unauthenticated");
}
