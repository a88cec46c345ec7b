//! The description of the API: committed, served and made from the code are one.
use motcua::app;
use serde_json::Value;

use super::Served;

#[test]
fn the_committed_document_is_what_the_code_gives() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let made = app::openapi().to_pretty_json().unwrap();
    assert!(
        committed.trim_end() == made,
        "openapi/openapi.json is out of date: run `make openapi` and read the difference"
    );
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
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(_, o)| o["responses"].is_object())
        {
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

/// Mutant: the default service answers 404 to everything.
#[actix_web::test]
async fn a_method_that_a_path_has_not_is_refused_with_those_it_has() {
    let portal = Served::with("");
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/agencies", "GET, POST"),
        ("TRACE", "/api/v1/agencies/H49", "GET, PUT"),
        ("POST", "/api/v1/dossiers/count", "GET"),
        ("PATCH", "/api/v1/dossiers/H49.45.01-260101-0001", "GET"),
    ] {
        let method = method.parse().unwrap();
        let answer = portal.http.request(method, format!("{}{path}", portal.url)).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        assert_eq!(answer.headers()["allow"], allowed, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    assert_eq!(portal.get("/api/v1/khong-co").await.status(), 404);
}
