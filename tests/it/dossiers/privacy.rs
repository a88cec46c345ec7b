//! Who sees what: foreign looks like nonexistent, tracking tells nothing personal, and
//! citizens do not read what officials write for each other.
use serde_json::{Value, json};

use super::play::{CITIZEN, Play, birth, file, procedure};
use crate::support::stage::Portal;
use motcua::workflow::Role;

// Mutants: a wrong secret answers 403; the answer holds the applicant's name.
#[actix_web::test]
async fn tracking_needs_the_secret_and_tells_nothing_personal() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    let filed = play.submit().await.expect(201);
    let nobody = portal.nobody();
    let track = |code: &str, secret: &str| format!("/api/v1/tracking/{code}?secret={secret}");
    let secret = filed["tracking_secret"].as_str().unwrap();
    let wrong = nobody.get(&track(&play.code, "sai")).await.refused(404, "not_found");
    let unknown = nobody.get(&track("H49.45.01-260914-9999", secret)).await.refused(404, "not_found");
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(nobody.get(&track("khong-phai-ma", secret)).await.body, unknown.body);
    let shown = nobody.get(&track(&play.code, secret)).await.expect(200);
    assert_eq!((&shown["status"], &shown["procedure"]), (&json!(1), &json!("1.001193")));
    let text = shown.to_string();
    for personal in ["Nguyễn", CITIZEN, "0900000001", "Trần Thu Hạ"] {
        assert!(!text.contains(personal), "{text}");
    }
    // Only who filed reads the secret again.
    assert_eq!(
        play.applicant.get(&format!("/api/v1/dossiers/{}", play.code)).await.body["tracking_secret"],
        secret
    );
    assert_eq!(play.dossier().await["tracking_secret"], Value::Null);
}

// Mutants: a list without the predicate; one path that answers 403.
#[actix_web::test]
async fn what_is_not_yours_is_not_there() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (draft, _) = play.draft().await;
    let stranger = portal.citizen("022201000003", 2);
    let elsewhere = portal.official(Role::Specialist, "H49.46");
    let files = play.applicant.get(&format!("/api/v1/dossiers/{}/files", play.code)).await.expect(200);
    let file_id = files["items"][0]["id"].as_str().unwrap();
    for other in [&stranger, &elsewhere] {
        for part in
            ["", "/events", "/actions", "/deadline", "/payment", "/files", &format!("/files/{file_id}")]
        {
            let foreign =
                other.get(&format!("/api/v1/dossiers/{}{part}", play.code)).await.refused(404, "not_found");
            let none = other
                .get(&format!("/api/v1/dossiers/H49.45.01-260914-9999{part}"))
                .await
                .refused(404, "not_found");
            assert_eq!(foreign.body, none.body, "{part}");
        }
        assert_eq!(other.get("/api/v1/dossiers").await.expect(200)["items"], json!([]));
        assert_eq!(other.get("/api/v1/dossiers/count").await.expect(200)["count"], 0);
        other.get(&format!("/api/v1/drafts/{draft}")).await.refused(404, "not_found");
        other.get(&format!("/api/v1/drafts/{draft}/files")).await.refused(404, "not_found");
        assert_eq!(other.get("/api/v1/drafts").await.expect(200)["items"], json!([]));
        other.upload(&format!("/api/v1/drafts/{draft}/files?name=a.pdf")).await.refused(404, "not_found");
        other
            .post_for(1, &format!("/api/v1/drafts/{draft}/submit"), &json!({}))
            .await
            .refused(404, "not_found");
        other.act(&play.code, "withdraw", json!({})).await.refused(404, "not_found");
    }
    portal.nobody().get(&format!("/api/v1/dossiers/{}", play.code)).await.refused(401, "unauthenticated");
}

// Mutants: events as they are; comments in the list; opinions in the dossier.
#[actix_web::test]
async fn citizens_read_what_is_addressed_to_them() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let secret = "Kiểm tra kỹ quan hệ cha con";
    portal.clerk().act(&play.code, "comment", json!({ "note": secret })).await.expect(200);
    portal.clerk().act(&play.code, "receive", json!({ "note": secret })).await.expect(200);
    portal.clerk().act(&play.code, "hand_over", json!({ "note": secret })).await.expect(200);
    let note = "Xin lỗi, hẹn lại vì phải xác minh";
    let extension = json!({ "new_due": "2026-09-17T10:00:00+07:00", "note": note });
    portal.leader().act(&play.code, "extend", extension).await.expect(200);
    let path = format!("/api/v1/dossiers/{}/events", play.code);
    let (own, official) =
        (play.applicant.get(&path).await.expect(200), portal.clerk().get(&path).await.expect(200));
    assert!(!own.to_string().contains(secret) && own.to_string().contains(note), "{own}");
    assert_eq!(official.to_string().matches(secret).count(), 3);
    let actions: Vec<&str> =
        own["items"].as_array().unwrap().iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions, ["submit", "receive", "hand_over", "extend"]);
    assert!(own["items"][1]["actor_name"].as_str().unwrap().starts_with("Cán bộ"), "who acted has a name");
}

// Mutant: who once filed under a mandate sees the dossier for ever.
#[actix_web::test]
async fn a_mandate_that_ended_opens_nothing() {
    let portal = Portal::new().await;
    let procedure = procedure("1.000703");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    let path = format!("/api/v1/dossiers/{}", play.code);
    play.applicant.get(&path).await.expect(200);
    portal.sql("UPDATE mandate SET revoked_at = now() WHERE kind = $1", "legal_representative");
    play.applicant.get(&path).await.refused(404, "not_found");
    play.applicant.act(&play.code, "withdraw", json!({})).await.refused(404, "not_found");
}

// Mutant: `see-beyond-the-scope`.
#[actix_web::test]
async fn a_mandate_opens_what_it_is_for() {
    let portal = Portal::new().await;
    let procedure = procedure("1.000703");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    let path = format!("/api/v1/dossiers/{}", play.code);
    let scope = "UPDATE mandate SET scope = ARRAY[$1] WHERE kind = 'legal_representative'";
    portal.sql(scope, "1.001193");
    play.applicant.get(&path).await.refused(404, "not_found");
    assert_eq!(play.applicant.get("/api/v1/dossiers").await.expect(200)["items"], json!([]));
    portal.sql(scope, "1.000703");
    play.applicant.get(&path).await.expect(200);
}

// Mutant: `see-after-the-position`.
#[actix_web::test]
async fn a_position_that_ended_opens_nothing() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (clerk, path) = (portal.clerk(), format!("/api/v1/dossiers/{}", play.code));
    clerk.get(&path).await.expect(200);
    let end = "UPDATE position SET valid_to = '2026-09-13' WHERE staff_id = $1::uuid";
    portal.sql(end, &clerk.id().to_string());
    clerk.get(&path).await.refused(404, "not_found");
    assert_eq!(clerk.get("/api/v1/dossiers").await.expect(200)["items"], json!([]));
    assert_eq!(clerk.get("/api/v1/dossiers/count").await.expect(200)["count"], 0);
    clerk.act(&play.code, "receive", json!({})).await.refused(404, "not_found");
}

// Mutant: `see-any-file`.
#[actix_web::test]
async fn a_file_is_found_under_its_own_dossier_only() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mine = birth(&portal, &procedure).await;
    let mut theirs = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    theirs.applicant = portal.citizen("022201000003", 2);
    theirs.filer = theirs.applicant.clone();
    theirs.submit().await.expect(201);
    let files = format!("/api/v1/dossiers/{}/files", theirs.code);
    let file = theirs.applicant.get(&files).await.expect(200)["items"][0]["id"].clone();
    let path = |code: &str| format!("/api/v1/dossiers/{code}/files/{}", file.as_str().unwrap());
    assert_eq!(theirs.applicant.get(&path(&theirs.code)).await.status, 200);
    for caller in [&mine.applicant, &portal.clerk()] {
        caller.get(&path(&mine.code)).await.refused(404, "not_found");
    }
}

// Mutants: the limits of the configuration are not wired; a file is shown in the page.
#[actix_web::test]
async fn files_are_limited_and_come_back_as_they_were() {
    let portal = Portal::with("[files]\nmax_bytes = 1000\n").await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let path = format!("/api/v1/dossiers/{}/files", play.code);
    let files = play.applicant.get(&path).await.expect(200);
    let sent = play.applicant.get(&format!("{path}/{}", files["items"][0]["id"].as_str().unwrap())).await;
    assert_eq!((sent.status, sent.bytes.as_slice()), (200, file()));
    assert_eq!(sent.header("content-type"), "application/pdf");
    assert_eq!(sent.header("x-content-type-options"), "nosniff");
    assert!(
        sent.header("content-disposition").starts_with("attachment"),
        "{}",
        sent.header("content-disposition")
    );
    let (draft, _) = play.draft().await;
    let large = actix_web::test::TestRequest::post()
        .uri(&format!("/api/v1/drafts/{draft}/files?component=1.001193-TP06&name=to.pdf"))
        .insert_header(("Idempotency-Key", "to"))
        .set_payload([file(), &[b' '; 1000]].concat());
    play.applicant.send(large).await.refused(413, "file_too_large");
    let alien = format!("/api/v1/drafts/{draft}/files?component=1.004194-TP01&name=a.pdf");
    play.applicant.upload(&alien).await.refused(422, "invalid");
}
