//! The tree of agencies, positions and substitutions.
use motcua::agencies::import;
use motcua::auth::Actor;
use motcua::auth::session::{Named, SubjectKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Portal, lines};

fn codes(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn agencies_are_found_with_and_without_diacritics() {
    let portal = Portal::start().await;
    for q in ["Hồng Gai", "hong gai", "HONG  GAI", "gai h%E1%BB%93ng"] {
        let page = portal
            .get("", &format!("/api/v1/agencies?kind=commune&q={}", q.replace(' ', "+")))
            .await
            .expect(200);
        assert_eq!(codes(&page), ["H49.45"], "{q}");
    }
    let page = portal.get("", "/api/v1/agencies?parent=H49.45").await.expect(200);
    assert!(codes(&page).contains(&"H49.45.01"));
    portal.get("", "/api/v1/agencies?level=planet").await.refused(400, "malformed");
    portal.get("", "/api/v1/agencies?limit=0").await.refused(422, "invalid");
    portal.get("", "/api/v1/agencies/H99").await.refused(404, "not_found");
    portal.get("", "/api/v1/agencies/%00").await.refused(404, "not_found");
    let shown = portal.get("", "/api/v1/agencies/H49.22").await.expect(200);
    assert_eq!((&shown["sample"], &shown["parent"]), (&json!(false), &json!("H49.07")));
}

#[actix_web::test]
async fn three_tiers_before_july_2025_and_two_since() {
    let portal = Portal::start().await;
    let on = async |day: &str| {
        let page = portal.get("", &format!("/api/v1/agencies?level=district&on={day}")).await.expect(200);
        codes(&page).len()
    };
    assert!(on("2025-06-30").await > 0);
    assert_eq!(on("2025-07-01").await, 0);
    let communes = portal.get("", "/api/v1/agencies?kind=commune&limit=200").await.expect(200);
    assert_eq!(codes(&communes).len(), 54);
}

#[actix_web::test]
async fn pages_follow_one_another_without_gap_or_overlap() {
    let portal = Portal::start().await;
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page =
            portal.get("", &format!("/api/v1/agencies?kind=commune&limit=10{cursor}")).await.expect(200);
        all.extend(codes(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all.len(), 54);
    assert!(all.is_sorted());
    portal.get("", "/api/v1/agencies?cursor=x").await.refused(422, "invalid");
}

#[actix_web::test]
async fn importing_again_changes_nothing_and_the_closure_is_that_of_the_tree() {
    let portal = Portal::start().await;
    let everything = "SELECT a::text AS line FROM agency a UNION ALL SELECT c::text FROM agency_closure c
        UNION ALL SELECT p::text FROM position p ORDER BY 1";
    let before = lines(&mut portal.db.connect(), everything);
    let again = portal.app.db.write_blocking(&Actor::system("test"), |tx| {
        import::agencies(tx, import::QUANG_NINH)?;
        import::officials(tx, import::STAFFING, "other hash")
    });
    again.unwrap();
    assert_eq!(lines(&mut portal.db.connect(), everything), before);
    assert_eq!(lines(&mut portal.db.connect(), WRONG_CLOSURE), [] as [String; 0]);
}

/// Pairs in which the closure table and the tree differ.
const WRONG_CLOSURE: &str = "
    WITH RECURSIVE tree AS (
        SELECT id AS ancestor_id, id AS descendant_id, 0 AS depth FROM agency
        UNION ALL
        SELECT t.ancestor_id, a.id, t.depth + 1 FROM tree t JOIN agency a ON a.parent_id = t.descendant_id
    )
    (SELECT (t.*)::text AS line FROM tree t EXCEPT SELECT (c.*)::text FROM agency_closure c)
    UNION ALL
    (SELECT (c.*)::text AS line FROM agency_closure c EXCEPT SELECT (t.*)::text FROM tree t)";

fn facts(parent: Option<&str>) -> Value {
    json!({
        "name": "Phòng Ví Dụ", "short_name": "P. Ví Dụ", "kind": "division", "level": "province",
        "parent": parent, "valid_from": "2026-01-01",
    })
}

#[actix_web::test]
async fn a_system_administrator_founds_and_moves_agencies() {
    let portal = Portal::start().await;
    let admin = portal.staff("quantri").await;
    let new = |code: &str, parent| json!({ "code": code, "agency": facts(parent) });
    portal.post(&admin, "/api/v1/agencies", new("H49.99", Some("H49.05"))).await.expect(201);
    let below = portal.post(&admin, "/api/v1/agencies", new("H49.99.01", Some("H49.99"))).await.expect(201);
    assert_eq!(below["long_code"], "000.01.99.H49");
    assert_eq!(lines(&mut portal.db.connect(), WRONG_CLOSURE), [] as [String; 0]);
    portal.post(&admin, "/api/v1/agencies", new("H49.99", None)).await.refused(409, "agency_exists");
    portal.post(&admin, "/api/v1/agencies", new("X1", None)).await.refused(422, "invalid");
    portal.post(&admin, "/api/v1/agencies", new("H49.98", Some("H77"))).await.refused(422, "invalid");

    let put = |code: &str, version: &str, body: Value| {
        let path = format!("/api/v1/agencies/{code}");
        portal.request(Method::PUT, &path).bearer_auth(&admin).header("if-match", version).json(&body)
    };
    let moved = portal.answer(put("H49.99", "\"1\"", facts(Some("H49.06")))).await.expect(200);
    assert_eq!((&moved["parent"], &moved["version"]), (&json!("H49.06"), &json!(2)));
    assert_eq!(lines(&mut portal.db.connect(), WRONG_CLOSURE), [] as [String; 0], "what is below came along");
    portal.answer(put("H49.99", "\"1\"", facts(None))).await.refused(409, "stale_version");
    portal.answer(put("H49.99", "\"2\"", facts(Some("H49.99.01")))).await.refused(422, "agency_cycle");
    portal.answer(put("H49.99", "\"2\"", facts(Some("H49.99")))).await.refused(422, "agency_cycle");
    assert_eq!(lines(&mut portal.db.connect(), WRONG_CLOSURE), [] as [String; 0]);

    for other in ["honggai.quantri", "honggai.motcua", "kiemtoan"] {
        let token = portal.staff(other).await;
        portal.post(&token, "/api/v1/agencies", new("H49.97", None)).await.refused(403, "forbidden");
    }
    portal.post("", "/api/v1/agencies", new("H49.97", None)).await.refused(401, "unauthenticated");
}

#[actix_web::test]
async fn supervision_reaches_down_the_tree_and_administration_sees_no_dossier() {
    let portal = Portal::start().await;
    let seen = async |username: &str| {
        let token = portal.staff(username).await;
        let named = Named { id: session_of(&token), kind: SubjectKind::Staff };
        let now = portal.now();
        let who =
            portal.app.db.read_blocking(|conn| motcua::auth::session::actor_of(conn, named, now)).unwrap();
        let motcua::auth::Who::Staff(staff) = who else { panic!("not an official") };
        staff.sees().len()
    };
    let all = lines(
        &mut portal.db.connect(),
        "SELECT count(*)::text AS line FROM agency_closure c JOIN agency a ON a.id = c.ancestor_id AND a.code = 'H49'",
    );
    assert_eq!(seen("kiemtoan").await.to_string(), all[0]);
    assert_eq!(seen("quantri").await, 0);
    assert_eq!(seen("honggai.chuyenvien").await, 1);
    assert!(seen("honggai.lanhdao").await >= 2, "the ward and its one-stop unit");
}

fn session_of(token: &str) -> uuid::Uuid {
    use base64::Engine;
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["sid"].as_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn positions_are_given_below_and_end_at_once() {
    let portal = Portal::start().await;
    let admin = portal.staff("honggai.quantri").await;
    let account =
        json!({ "username": "honggai.moi", "full_name": "Trần Mới", "password": crate::support::PASSWORD });
    let made = portal.post(&admin, "/api/v1/staff", account.clone()).await.expect(201);
    portal.post(&admin, "/api/v1/staff", account).await.refused(409, "name_taken");
    let short = json!({ "username": "ai.do", "full_name": "Ai", "password": "ngan" });
    portal.post(&admin, "/api/v1/staff", short).await.refused(422, "invalid");

    let path = format!("/api/v1/staff/{}/positions", made["id"].as_str().unwrap());
    let position =
        |agency: &str, role: &str| json!({ "agency": agency, "role": role, "valid_from": "2026-03-01" });
    let given = portal.post(&admin, &path, position("H49.45.01", "one_stop_clerk")).await.expect(201);
    portal.post(&admin, &path, position("H49.45.01", "one_stop_clerk")).await.refused(409, "position_exists");
    portal.post(&admin, &path, position("H49.46", "specialist")).await.refused(403, "forbidden");
    portal.post(&admin, &path, position("H49.45", "system_admin")).await.refused(403, "forbidden");
    portal.post(&admin, &path, position("H49.45", "auditor")).await.refused(403, "forbidden");
    portal.post(&admin, &path, position("H49.45", "applicant")).await.refused(422, "invalid");
    let nobody = format!("/api/v1/staff/{}/positions", uuid::Uuid::nil());
    portal.post(&admin, &nobody, position("H49.45", "specialist")).await.refused(404, "not_found");
    let root = portal.staff("quantri").await;
    portal.post(&root, &path, position("H49", "auditor")).await.expect(201);

    let token = portal.staff("honggai.moi").await;
    portal.post(&token, "/api/v1/people", json!({ "full_name": "Khách" })).await.expect(201);
    let end = format!("{path}/{}/end", given["id"].as_str().unwrap());
    portal.post(&token, &end, json!({})).await.refused(403, "forbidden");
    assert_eq!(portal.post(&admin, &end, json!({})).await.expect(200)["valid_to"], "2026-03-01");
    portal.post(&token, "/api/v1/people", json!({ "full_name": "Khách" })).await.refused(403, "forbidden");
}

#[actix_web::test]
async fn a_position_counts_from_its_first_to_its_last_day() {
    let portal = Portal::start().await;
    let positions = async |time: &str| {
        portal.at(time);
        let token = portal.staff("halong.cu").await;
        let me = portal.get(&token, "/api/v1/me").await.expect(200);
        let held = me["positions"].as_array().unwrap().iter();
        held.map(|p| p["agency_code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(positions("2025-06-30T23:59:59+07:00").await, ["H49.30"]);
    assert_eq!(positions("2025-07-01T00:00:00+07:00").await, ["H49.46"]);
    assert_eq!(positions("2026-06-30T23:59:59+07:00").await, ["H49.46"]);
    assert_eq!(positions("2026-07-01T00:00:00+07:00").await, [] as [String; 0]);
}

#[actix_web::test]
async fn a_substitute_acts_in_the_absent_ones_positions_for_the_time() {
    let portal = Portal::start().await;
    let (leader, deputy) = (portal.staff("honggai.lanhdao").await, portal.staff("honggai.chuyenvien2").await);
    let absent = portal.staff_id("honggai.chuyenvien").await;
    let substitute = portal.staff_id("honggai.chuyenvien2").await;
    let order = |absent: &str, substitute: &str| {
        json!({
            "absent_id": absent, "substitute_id": substitute, "reason": "nghỉ phép",
            "valid_from": "2026-03-02T09:05:00+07:00", "valid_to": "2026-03-02T09:10:00+07:00",
        })
    };
    let made = portal.post(&leader, "/api/v1/substitutions", order(&absent, &substitute)).await.expect(201);
    let standing_in = async || {
        let me = portal.get(&deputy, "/api/v1/me").await.expect(200);
        me["positions"].as_array().unwrap().iter().filter(|p| p["substitutes"] == json!(absent)).count()
    };
    assert_eq!(standing_in().await, 0);
    portal.at("2026-03-02T09:05:00+07:00");
    assert_eq!(standing_in().await, 1);
    portal.at("2026-03-02T09:10:00+07:00");
    assert_eq!(standing_in().await, 0);

    let mine = portal.get(&deputy, "/api/v1/substitutions").await.expect(200);
    assert_eq!(mine["items"][0]["id"], made["id"]);
    let foreign = portal.staff("halong.lanhdao").await;
    assert_eq!(portal.get(&foreign, "/api/v1/substitutions").await.expect(200)["items"], json!([]));
    let mut later = order(&absent, &substitute);
    later["valid_to"] = json!("2026-03-03T09:00:00+07:00");
    portal.post(&foreign, "/api/v1/substitutions", later.clone()).await.refused(403, "forbidden");
    portal.post(&deputy, "/api/v1/substitutions", later.clone()).await.refused(403, "forbidden");
    later["substitute_id"] = json!(absent);
    portal.post(&leader, "/api/v1/substitutions", later).await.refused(422, "invalid");
    let past = order(&absent, &substitute);
    portal.post(&leader, "/api/v1/substitutions", past).await.refused(422, "invalid");
}

/// Mutants: the end is that of the day; whoever sees it may end it; one that is over can be
/// ended again; one that has not begun still begins.
#[actix_web::test]
async fn a_substitution_ends_early_at_the_next_request() {
    let portal = Portal::start().await;
    let (leader, admin) = (portal.staff("honggai.lanhdao").await, portal.staff("honggai.quantri").await);
    let (absent, deputy) =
        (portal.staff("honggai.chuyenvien").await, portal.staff("honggai.chuyenvien2").await);
    let foreign = portal.staff("halong.lanhdao").await;
    let (absent_id, deputy_id) =
        (portal.staff_id("honggai.chuyenvien").await, portal.staff_id("honggai.chuyenvien2").await);
    let order = async |from: &str, to: &str| {
        let order = json!({
            "absent_id": absent_id, "substitute_id": deputy_id, "reason": "nghỉ phép",
            "valid_from": from, "valid_to": to,
        });
        portal.post(&leader, "/api/v1/substitutions", order).await.expect(201)
    };
    let path = |made: &Value| format!("/api/v1/substitutions/{}/end", made["id"].as_str().unwrap());
    let standing_in = async || {
        let me = portal.get(&deputy, "/api/v1/me").await.expect(200);
        me["positions"].as_array().unwrap().iter().filter(|p| p["substitutes"] == json!(absent_id)).count()
    };
    // Its beginning is the very moment at which it is ended below.
    let now = order("2026-03-02T09:00:00+07:00", "2026-03-05T17:00:00+07:00").await;
    let later = order("2026-03-02T09:05:00+07:00", "2026-03-05T17:00:00+07:00").await;
    assert_eq!(standing_in().await, 1);
    for who in [&absent, &deputy] {
        portal.post(who, &path(&now), json!({})).await.refused(403, "forbidden");
    }
    portal.post(&foreign, &path(&now), json!({})).await.refused(404, "not_found");
    let unknown = json!({ "id": uuid::Uuid::nil() });
    portal.post(&leader, &path(&unknown), json!({})).await.refused(404, "not_found");
    portal.post("", &path(&now), json!({})).await.refused(401, "unauthenticated");
    assert_eq!(standing_in().await, 1);

    // By somebody else who is over the unit, not by the one who gave the order.
    let ended = portal.post(&admin, &path(&now), json!({})).await.expect(200);
    assert_eq!(standing_in().await, 0, "the same token, the next request");
    assert_eq!(
        (&ended["valid_to"], &ended["ended_at"]),
        (&json!("2026-03-02T02:00:00Z"), &json!("2026-03-02T02:00:00Z"))
    );
    assert_eq!(ended["ended_by"], json!(portal.staff_id("honggai.quantri").await));
    portal.post(&leader, &path(&now), json!({})).await.refused(409, "substitution_over");

    let never = portal.post(&leader, &path(&later), json!({})).await.expect(200);
    assert_eq!((&never["valid_from"], &never["valid_to"]), (&later["valid_from"], &later["valid_from"]));
    portal.at("2026-03-02T09:05:00+07:00");
    assert_eq!(standing_in().await, 0);
    portal.post(&leader, &path(&later), json!({})).await.refused(409, "substitution_over");
    let told = portal.get(&deputy, "/api/v1/substitutions").await.expect(200);
    assert_eq!(told["items"], json!([ended, never]), "the orders stay on record");

    let brief = order("2026-03-02T09:05:00+07:00", "2026-03-02T09:06:00+07:00").await;
    assert_eq!(standing_in().await, 1);
    portal.at("2026-03-02T09:06:00+07:00");
    portal.post(&leader, &path(&brief), json!({})).await.refused(409, "substitution_over");
}

/// Mutant: whoever stands in for a leader may end what only a leader of the own right may.
#[actix_web::test]
async fn who_stands_in_for_a_leader_ends_no_substitution() {
    let portal = Portal::start().await;
    let (leader, deputy) = (portal.staff("honggai.lanhdao").await, portal.staff("honggai.chuyenvien2").await);
    let order = json!({
        "absent_id": portal.staff_id("honggai.lanhdao").await, "reason": "đi công tác",
        "substitute_id": portal.staff_id("honggai.chuyenvien2").await,
        "valid_from": "2026-03-02T09:00:00+07:00", "valid_to": "2026-03-05T17:00:00+07:00",
    });
    let made = portal.post(&leader, "/api/v1/substitutions", order).await.expect(201);
    let me = portal.get(&deputy, "/api/v1/me").await.expect(200);
    assert!(me["positions"].as_array().unwrap().iter().any(|p| p["role"] == "leader"));
    let path = format!("/api/v1/substitutions/{}/end", made["id"].as_str().unwrap());
    portal.post(&deputy, &path, json!({})).await.refused(403, "forbidden");
    portal.post(&leader, &path, json!({})).await.expect(200);
}

#[actix_web::test]
async fn the_staff_of_an_agency_is_shown_to_its_administration() {
    let portal = Portal::start().await;
    let path = "/api/v1/agencies/H49.45/staff";
    let admin = portal.staff("honggai.quantri").await;
    let page = portal.get(&admin, path).await.expect(200);
    let names: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|m| m["username"].as_str().unwrap()).collect();
    assert!(names.contains(&"honggai.lanhdao") && !names.contains(&"halong.lanhdao"), "{names:?}");
    portal.get(&admin, "/api/v1/agencies/H49.45.01/staff").await.expect(200);
    portal.get(&admin, "/api/v1/agencies/H49.46/staff").await.refused(403, "forbidden");
    portal.get(&portal.staff("honggai.motcua").await, path).await.refused(403, "forbidden");
    portal.get(&admin, "/api/v1/agencies/H99/staff").await.refused(404, "not_found");
    portal.get("", path).await.refused(401, "unauthenticated");
}
