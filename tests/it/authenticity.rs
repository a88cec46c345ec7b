//! Anyone checks a document by the word on it, and nobody finds one without it.
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::dossiers::play::{Play, birth, procedure};
use crate::results::{change, decided, id, issue, path, prepare};
use crate::support::lines;
use crate::support::stage::{Answer, Portal};

/// The one text that a query gives.
fn text(portal: &Portal, sql: &str) -> String {
    lines(&mut portal.database.connect(), sql).remove(0)
}

async fn verify(portal: &Portal, word: &str) -> Answer {
    portal.nobody().get(&format!("/verify/{word}")).await
}

/// The page that a browser shows.
async fn page(portal: &Portal, word: &str) -> (u16, String) {
    let request = TestRequest::get().uri(&format!("/verify/{word}"));
    let accept = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    let answer = portal.nobody().send(request.insert_header(accept)).await;
    (answer.status, String::from_utf8(answer.bytes).unwrap())
}

/// A form with one file, as a browser sends it.
async fn compare(portal: &Portal, word: &str, bytes: &[u8]) -> Value {
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
                Content-Type: application/pdf\r\n\r\n";
    let form = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
    let request = TestRequest::post().uri(&format!("/verify/{word}")).set_payload(form);
    let request = request.insert_header(("Content-Type", "multipart/form-data; boundary=x"));
    portal.nobody().send(request).await.expect(200)["same_file"].clone()
}

fn word_of(portal: &Portal, result: Uuid) -> String {
    text(portal, &format!("SELECT token AS line FROM result WHERE id = '{result}'"))
}

/// A result of a birth, signed: its id, its word and its file.
async fn issued(portal: &Portal, play: &Play<'_>) -> (Uuid, String, Vec<u8>) {
    let result = id(&prepare(&portal.specialist(), &play.code).await);
    play.work().await;
    let word = word_of(portal, result);
    verify(portal, &word).await.refused(404, "not_found");
    issue(portal, result).await.unwrap();
    play.work().await;
    let file = portal.specialist().get(&format!("{}/{result}/file", path(&play.code))).await;
    (result, word, file.bytes)
}

// Mutants: `verify-any-file`, `verify-before-signed`, `verify-revoked-as-valid`.
#[actix_web::test]
async fn a_result_is_shown_as_it_stands_at_each_look() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let (result, word, file) = issued(&portal, &play).await;
    let seen = verify(&portal, &word).await.expect(200);
    assert_eq!((&seen["kind"], &seen["standing"]), (&json!("result"), &json!("valid")));
    assert_eq!((&seen["number"], &seen["same_file"]), (&json!("01/2026/TLKS"), &Value::Null));
    // What stands on the paper, and not what else the register knows.
    let told: Vec<&String> = seen.as_object().unwrap().keys().collect();
    assert_eq!(
        told,
        ["holder", "issued_at", "issuer", "kind", "name", "number", "signatures", "since", "standing"]
    );
    let asked = |hash: String| format!("{word}?sha256={hash}");
    let hash = hex::encode(Sha256::digest(&file));
    assert_eq!(verify(&portal, &asked(hash.to_uppercase())).await.expect(200)["same_file"], true);
    assert_eq!(verify(&portal, &asked("0".repeat(64))).await.expect(200)["same_file"], false);
    verify(&portal, &asked("0".repeat(63))).await.refused(422, "invalid");
    let mut changed = file.clone();
    changed[file.len() / 2] ^= 1;
    assert_eq!(compare(&portal, &word, &file).await, true);
    assert_eq!(compare(&portal, &word, &changed).await, false);
    let (status, html) = page(&portal, &word).await;
    assert!(status == 200 && html.contains("Có hiệu lực") && html.contains("01/2026/TLKS"), "{html}");
    // Revoked, it is so at the next look.
    change(&portal.leader(), result, "revoked").await.expect(200);
    let seen = verify(&portal, &word).await.expect(200);
    assert_eq!((&seen["standing"], &seen["reason"]), (&json!("revoked"), &json!("Thông tin không đúng")));
    let (_, html) = page(&portal, &word).await;
    assert!(html.contains("Đã thu hồi") && html.contains("Thông tin không đúng"), "{html}");
}

#[actix_web::test]
async fn forms_open_too_and_nothing_a_person_wrote_becomes_markup() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("receive").await;
    play.work().await;
    portal.sql(
        "UPDATE dossier SET applicant = jsonb_set(applicant, '{name}', '\"<script>\"') WHERE code = $1",
        &play.code,
    );
    let word = text(&portal, "SELECT token AS line FROM produced_form WHERE form = '01'");
    let seen = verify(&portal, &word).await.expect(200);
    assert_eq!((&seen["kind"], &seen["number"]), (&json!("form"), &json!(play.code)));
    let (_, html) = page(&portal, &word).await;
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
}

#[actix_web::test]
async fn a_word_that_was_never_given_opens_nothing() {
    let portal = Portal::new().await;
    for word in ["0".repeat(26), "A".repeat(65), "%00".to_owned(), "a'b".to_owned()] {
        verify(&portal, &word).await.refused(404, "not_found");
    }
    let (status, html) = page(&portal, &"0".repeat(26)).await;
    assert!(status == 404 && html.contains("Không tìm thấy văn bản"), "{html}");
}
