//! Publishing: the seed, the check over HTTP, closing, importing.
use super::portal::{ADMIN, Answer};
use super::{Portal, birth};
use actix_web::test::TestRequest;
use motcua::catalogue::seed::{Seeded, seed};
use motcua::workflow::Role;
use serde_json::{Value, json};

const VERSIONS: &str = "/api/v1/procedures/1.001193/versions";

#[actix_web::test]
async fn all_54_embedded_procedures_are_published_once() {
    let portal = Portal::empty();
    let first = seed(&portal.app.db).expect("the catalogue of the binary is sound");
    assert_eq!(first, Seeded { versions: 54, listed: 2642 - 54 });
    let started = std::time::Instant::now();
    let again = seed(&portal.app.db).expect("it can be asked again");
    assert_eq!(again, Seeded { versions: 0, listed: 0 });
    assert!(
        started.elapsed().as_secs() < 1,
        "every start of the portal waits for it: {:?}",
        started.elapsed()
    );
    for item in
        portal.get("/api/v1/procedures?status=published&limit=200").await.json()["items"].as_array().unwrap()
    {
        let code = item["code"].as_str().unwrap();
        let page = portal.get(&format!("/api/v1/procedures/{code}")).await.json();
        assert_eq!(page["status"], "published", "{code}");
        assert!(!page["definition"]["cases"].as_array().unwrap().is_empty(), "{code}");
        assert!(!page["steps"].as_array().unwrap().is_empty(), "{code}");
    }
}

#[actix_web::test]
async fn the_page_of_a_procedure_tells_people_what_they_need() {
    let portal = Portal::new();
    let page = portal.get("/api/v1/procedures/1.001193").await.json();
    assert_eq!(page["version"]["number"], 1);
    assert_eq!(page["definition"]["results"][0]["code"], "KQ.G15.000031");
    assert_eq!(
        page["definition"]["cases"][1]["statutory"],
        json!({"value": 1, "unit": "same_day", "same_day_before": "15:00"})
    );
    assert_eq!(page["definition"]["form"]["type"], "object");
    let definition = page["definition"].as_object().unwrap();
    assert!(!definition.contains_key("scenarios") && !definition.contains_key("workflow"));
    let unpublished = portal.get("/api/v1/procedures/1.000005").await.json();
    assert_eq!(unpublished["status"], "unpublished");
    assert!(unpublished.get("definition").is_none() && unpublished["versions"] == json!([]));
    for path in ["9.999999", "abc", "1.001193%00", "1.001193?version=2", "1.001193?version=-1"] {
        assert_eq!(portal.get(&format!("/api/v1/procedures/{path}")).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn what_is_published_never_changes_a_correction_is_the_next_version() {
    let portal = Portal::new();
    let old = portal.get("/api/v1/procedures/1.001193").await.json();
    let mut next = birth(2, "2026-10-01");
    next["documents"][0]["name"] = json!("Mẫu điện tử (bản mới)");
    let answer = portal.post(ADMIN, VERSIONS, &next).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    assert_eq!(
        (answer.json()["version"].as_i64(), answer.json()["in_force"].as_bool()),
        (Some(2), Some(true))
    );
    assert_eq!(answer.header("location"), "/api/v1/procedures/1.001193?version=2");
    let now = portal.get("/api/v1/procedures/1.001193").await.json();
    assert_eq!(now["version"]["number"], 2);
    assert_eq!(now["definition"]["documents"][0]["name"], "Mẫu điện tử (bản mới)");
    let first = portal.get("/api/v1/procedures/1.001193?version=1").await.json();
    assert_eq!(first["definition"], old["definition"]);
    // The number is taken for ever, by whatever content.
    let answer = portal.post(ADMIN, VERSIONS, &birth(1, "2026-10-01")).await;
    assert_eq!((answer.status, answer.json()["next_version"].as_i64()), (409, Some(3)));
    let early = portal.post(ADMIN, VERSIONS, &birth(3, "2026-09-30")).await;
    assert_eq!((early.status, early.fields()), (422, vec![("/effective_from".into(), "invalid".into())]));
}

#[actix_web::test]
async fn a_definition_with_defects_is_refused_with_their_places_and_ways() {
    let portal = Portal::new();
    let mut broken = birth(2, "2026-10-01");
    broken["channels"] = json!(["counter"]);
    broken["cases"][1].as_object_mut().unwrap().remove("statutory");
    let answer = portal.post(ADMIN, VERSIONS, &broken).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (422, Some("not_publishable")));
    let codes: Vec<String> = answer.fields().into_iter().map(|(_, code)| code).collect();
    for code in ["missing_deadline", "full_not_online"] {
        assert!(codes.contains(&code.to_owned()), "{code} is not among {codes:?}");
    }
    assert!(
        answer.fields().contains(&("/cases/1/statutory".into(), "missing_deadline".into())),
        "{:?}",
        answer.fields()
    );
    let mut unknown = birth(2, "2026-10-01");
    unknown["channels"] = json!(["online", "pigeon"]);
    let answer = portal.post(ADMIN, VERSIONS, &unknown).await;
    assert_eq!((answer.status, answer.fields()), (422, vec![("/channels/1".into(), "unknown_word".into())]));
    let page = portal.get("/api/v1/procedures/1.001193").await.json();
    assert_eq!(page["versions"].as_array().map(Vec::len), Some(1), "nothing was published");
    let other = portal.post(ADMIN, "/api/v1/procedures/1.000894/versions", &birth(1, "2026-10-01")).await;
    assert_eq!((other.status, other.fields()), (422, vec![("/code".into(), "invalid".into())]));
}

#[actix_web::test]
async fn officials_may_try_a_definition_and_nothing_is_written() {
    let portal = Portal::new();
    let clerk = || Some(Role::OneStopClerk);
    let path = "/api/v1/procedures/checks";
    let good = portal.post(clerk(), path, &birth(2, "2026-10-01")).await;
    assert_eq!((good.status, good.json()), (200, json!({"publishable": true, "defects": []})));
    let mut broken = birth(2, "2026-10-01");
    broken["workflow"] = json!("no_such_workflow");
    let answer = portal.post(clerk(), path, &broken).await.json();
    assert_eq!(
        (&answer["publishable"], &answer["defects"][0]["code"]),
        (&json!(false), &json!("unknown_workflow"))
    );
    assert_eq!(answer["defects"][0]["path"], "/workflow");
    let text = TestRequest::post().uri(path).set_payload("{\"code\": ");
    let answer = portal.send(text, clerk()).await;
    assert_eq!((answer.status, answer.json()["defects"][0]["code"].as_str()), (200, Some("malformed")));
}

#[actix_web::test]
async fn only_a_system_administrator_writes_in_the_catalogue() {
    let portal = Portal::new();
    let writes: [(&str, Value); 3] = [
        (VERSIONS, birth(2, "2026-10-01")),
        ("/api/v1/procedures/1.001193/close", json!({"since": "2026-10-01", "reason": "x"})),
        ("/api/v1/procedures/imports", json!({"rows": []})),
    ];
    for (path, body) in &writes {
        assert_eq!(portal.post(None, path, body).await.status, 401, "{path}");
        assert_eq!(portal.post(Some(Role::Specialist), path, body).await.status, 403, "{path}");
    }
    assert_eq!(portal.post(None, "/api/v1/procedures/checks", &json!({})).await.status, 401);
}

#[actix_web::test]
async fn a_closed_procedure_says_since_when_and_why_and_a_new_version_opens_it() {
    let portal = Portal::new();
    let path = "/api/v1/procedures/1.001193/close";
    let close = json!({"since": "2026-10-01", "reason": "Luật mới"});
    assert_eq!(portal.post(ADMIN, path, &close).await.status, 200);
    let page = portal.get("/api/v1/procedures/1.001193").await.json();
    assert_eq!(page["status"], "closed");
    assert_eq!(page["closed"], json!({"since": "2026-10-01", "until": null, "reason": "Luật mới"}));
    assert_eq!(portal.post(ADMIN, VERSIONS, &birth(2, "2026-10-01")).await.status, 201);
    assert_eq!(portal.get("/api/v1/procedures/1.001193").await.json()["status"], "published");
    let refusals = [
        ("1.001193", json!({"since": "2026-10-02", "until": "2026-10-01", "reason": "x"}), 422),
        ("1.001193", json!({"since": "2026-10-02", "reason": " "}), 422),
        ("1.001193", json!({"since": "2026-10-02", "reason": "\u{0}"}), 422),
        ("1.001193", json!({"since": "9999-01-01", "reason": "x"}), 422),
        ("1.000005", json!({"since": "2026-10-02", "reason": "x"}), 409),
        ("9.999999", json!({"since": "2026-10-02", "reason": "x"}), 404),
    ];
    for (code, body, status) in refusals {
        let answer = portal.post(ADMIN, &format!("/api/v1/procedures/{code}/close"), &body).await;
        assert_eq!(answer.status, status, "{code} {body}");
    }
}

async fn import(portal: &Portal, kind: &str, body: String) -> Answer {
    let request = TestRequest::post()
        .uri("/api/v1/procedures/imports")
        .insert_header(("Idempotency-Key", uuid::Uuid::now_v7().to_string()))
        .insert_header(("Content-Type", kind))
        .set_payload(body);
    portal.send(request, ADMIN).await
}

#[actix_web::test]
async fn a_list_is_imported_whole_or_not_at_all() {
    let portal = Portal::new();
    let header = "code,name,level,field,decision,online,post\n";
    let rows = "9.000001,Thủ tục mẫu,province|commune,Mẫu,1/QĐ,1,0\n1.001193,Tên khác,commune,Mẫu,1/QĐ,1,0\n";
    let answer = import(&portal, "text/csv", format!("{header}{rows}")).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"added": 1, "updated": 0, "kept": 1})));
    let entry = portal.get("/api/v1/procedures?q=thu+tuc+mau").await.json()["items"][0].clone();
    assert_eq!((&entry["code"], &entry["levels"]), (&json!("9.000001"), &json!(["province", "commune"])));
    let birth = portal.get("/api/v1/procedures/1.001193").await.json();
    assert_eq!(birth["name"], "Thủ tục đăng ký khai sinh", "a published procedure is left alone");
    let row = |code: &str, level: &str| json!({"code": code, "name": "Thủ tục mẫu khác", "level": level, "field": "Mẫu", "decision": "", "online": 0});
    let rows = json!({"rows": [row("9.000001", "province"), row("9.000002", "village"), row("9.000001", "province")]});
    let answer = import(&portal, "application/json", rows.to_string()).await;
    assert_eq!(answer.status, 422);
    let expected = [("/rows/1/level", "invalid"), ("/rows/2/code", "invalid")];
    assert_eq!(answer.fields(), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert_eq!(portal.get("/api/v1/procedures/9.000002").await.status, 404);
    let answer = import(&portal, "text/csv", format!("{header}9.000003,Tên\n")).await;
    assert_eq!((answer.status, answer.fields()), (422, vec![("/rows/0".into(), "invalid".into())]));
    let whole = motcua::catalogue::embedded::LIST.to_owned();
    let answer = import(&portal, "text/csv; charset=utf-8", whole).await;
    assert_eq!(answer.json(), json!({"added": 0, "updated": 2642 - 54, "kept": 54}));
}
