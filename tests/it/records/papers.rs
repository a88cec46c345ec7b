//! Dossiers that came over the counter, and what clerks do with their papers.
use actix_web::test::TestRequest;
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{data, json as read};
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};

/// Papers of a birth: the declaration and the proof of birth stay, the identity card is shown.
pub const DECLARATION: &str = "1.001193-TP01";
pub const PROOF: &str = "1.001193-TP06";
pub const CARD: &str = "1.001193-TP08";

/// What a birth is filed with at the counter.
pub fn birth() -> Value {
    let procedure = read(data("procedures/1.001193.json"));
    let answers = procedure["scenarios"][0]["answers"].clone();
    json!({
        "procedure": "1.001193", "channel": "counter", "unit": ONE_STOP, "answers": answers,
        "papers": [DECLARATION, PROOF, CARD],
        "applicant": { "kind": "citizen", "name": "Trần Thu Hạ", "identity_no": "022196000002" },
    })
}

/// Files it at the counter and receives it in the same act; its code.
pub async fn received(clerk: &Caller<'_>) -> String {
    let draft = clerk.post("/api/v1/drafts", &birth()).await.expect(201);
    let path = format!("/api/v1/drafts/{}/submit", draft["id"].as_str().unwrap());
    let filed = clerk.post_for(1, &path, &json!({ "receive": true })).await.expect(201);
    filed["code"].as_str().unwrap().to_owned()
}

/// The components of a dossier by code; with a second one of a code, that.
pub async fn components(caller: &Caller<'_>, code: &str) -> Value {
    let listed = caller.get(&format!("/api/v1/dossiers/{code}/components")).await.expect(200);
    let mut by_code = json!({});
    for item in listed["items"].as_array().unwrap() {
        by_code[item["code"].as_str().unwrap()] = item.clone();
    }
    by_code
}

/// Uploads these bytes as the scan of a component.
pub async fn put_scan(clerk: &Caller<'_>, code: &str, component: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/v1/dossiers/{code}/components/{component}/scans?name=quet.pdf");
    let request =
        TestRequest::post().uri(&path).insert_header(("Idempotency-Key", Uuid::now_v7().to_string()));
    let request = request.insert_header(("Content-Type", "application/octet-stream"));
    clerk.send(request.set_payload(bytes.to_vec())).await
}

/// A new scan: its id and SHA-256.
pub async fn scanned(clerk: &Caller<'_>, code: &str, component: &str, size: usize) -> Value {
    let bytes = crate::support::pdf(size);
    let scan = put_scan(clerk, code, component, &bytes).await.expect(201);
    json!({ "digitisation": scan["id"], "sha256": scan["sha256"] })
}

/// What became of each of these scans when the clerk compared (or signed) them.
pub async fn act(clerk: &Caller<'_>, what: &str, items: &[Value]) -> Vec<String> {
    let sent = clerk.post(&format!("/api/v1/digitisations/{what}"), &json!({ "items": items })).await;
    words(&sent.expect(200))
}

/// The state of each item, or the code of its refusal.
pub fn words(answer: &Value) -> Vec<String> {
    let word = |item: &Value| {
        let said = item["state"].as_str().or(item["problem"]["code"].as_str());
        said.unwrap_or_default().to_owned()
    };
    answer["items"].as_array().unwrap().iter().map(word).collect()
}

/// The same scan, with how it differs from its paper.
pub fn differs(scan: &Value) -> Value {
    let mut said = scan.clone();
    said["difference"] = json!("Thiếu trang 2, chữ ký bị cắt");
    said
}

/// A scan that was compared and signed.
pub async fn digitised(clerk: &Caller<'_>, code: &str, component: &str, size: usize) -> Value {
    let scan = scanned(clerk, code, component, size).await;
    assert_eq!(act(clerk, "comparisons", std::slice::from_ref(&scan)).await, ["compared"]);
    assert_eq!(act(clerk, "signatures", std::slice::from_ref(&scan)).await, ["signed"]);
    scan
}

/// A clerk of another one-stop unit.
pub fn stranger(portal: &Portal) -> Caller<'_> {
    portal.official(Role::OneStopClerk, "H49.46.01")
}
