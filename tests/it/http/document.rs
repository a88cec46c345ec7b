//! The description of the API: committed, served and made from the code are one.
use motcua::app;
use serde_json::Value;

use super::Served;

#[test]
fn the_committed_document_is_what_the_code_gives() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let made = app::openapi().to_pretty_json().unwrap();
    assert!(committed.trim_end() == made, "openapi/openapi.json is out of date: run `make openapi` and read the difference");
}

#[actix_web::test]
async fn the_served_document_is_what_the_code_gives() {
    let portal = Served::with("");
    let served: Value = portal.get("/api/v1/openapi.json").await.json().await.unwrap();
    assert_eq!(served, serde_json::to_value(app::openapi()).unwrap());
}

#[test]
fn every_operation_says_who_may_call_it_and_which_problems_answer() {
    let document = serde_json::to_value(app::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, o)| o["responses"].is_object()) {
            let security = &operation["security"];
            let known = [serde_json::json!([{}]), serde_json::json!([{"bearer": []}])];
            assert!(known.contains(security), "{method} {path}: {security}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with(['4', '5']) {
                    let content = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(content, "#/components/schemas/Problem", "{method} {path} {status}");
                }
            }
            assert!(operation["responses"]["4XX"].is_object(), "{method} {path}");
        }
    }
}
