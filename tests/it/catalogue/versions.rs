//! Versions: which one takes filings, and that one is compiled once and never changes.
use super::portal::{ADMIN, system};
use super::{Portal, birth};
use jiff::civil::date;
use motcua::catalogue::rules::Rules;
use motcua::catalogue::{in_force, publish};
use serde_json::json;
use std::sync::Arc;

/// The number and id of the version that takes filings on a day, or the refusal's code.
fn on(portal: &Portal, code: &str, day: jiff::civil::Date) -> Result<u32, &'static str> {
    let found = portal.app.db.read_blocking(|conn| portal.app.catalogue.current(conn, code, day));
    found.map(|version| version.procedure.def.version).map_err(|error| error.code().code)
}

#[actix_web::test]
async fn the_version_of_the_day_takes_the_filings() {
    let portal = Portal::new();
    let next = birth(2, "2026-12-01");
    assert_eq!(portal.post(ADMIN, "/api/v1/procedures/1.001193/versions", &next).await.status, 201);
    assert_eq!(on(&portal, "1.001193", date(2026, 7, 19)), Err("procedure_not_in_force"));
    assert_eq!(on(&portal, "1.001193", date(2026, 7, 20)), Ok(1));
    assert_eq!(on(&portal, "1.001193", date(2026, 11, 30)), Ok(1));
    assert_eq!(on(&portal, "1.001193", date(2026, 12, 1)), Ok(2));
    // Known from the national list only.
    assert_eq!(on(&portal, "1.000005", date(2026, 10, 1)), Err("procedure_not_in_force"));
    assert_eq!(on(&portal, "9.999999", date(2026, 10, 1)), Err("not_found"));
    assert_eq!(on(&portal, "'; --", date(2026, 10, 1)), Err("not_found"));
}

#[actix_web::test]
async fn a_coming_version_is_listed_when_its_day_has_come() {
    let portal = Portal::new();
    let mut next = birth(2, "2026-12-01");
    next["name"] = json!("Thủ tục đăng ký khai sinh (mới)");
    portal.post(ADMIN, "/api/v1/procedures/1.001193/versions", &next).await;
    let shown = || async {
        let page = portal.get("/api/v1/procedures?q=1.001193").await.json();
        (page["items"][0]["version"].as_i64(), page["items"][0]["name"].as_str().map(str::to_owned))
    };
    assert_eq!(shown().await, (Some(1), Some("Thủ tục đăng ký khai sinh".to_owned())));
    assert_eq!(in_force::turn_of_day(&portal.app.db).expect("the day turns"), 0);
    portal.app.db.clock.set(Some("2026-12-01T00:00:01+07:00".parse().expect("a time")));
    assert_eq!(in_force::turn_of_day(&portal.app.db).expect("the day turns"), 1);
    assert_eq!(shown().await, (Some(2), Some("Thủ tục đăng ký khai sinh (mới)".to_owned())));
}

#[actix_web::test]
async fn closed_days_take_no_filings_and_the_refusal_names_them() {
    let portal = Portal::new();
    let close = json!({"since": "2026-10-05", "until": "2026-10-09", "reason": "Nâng cấp dữ liệu"});
    portal.post(ADMIN, "/api/v1/procedures/1.001193/close", &close).await;
    assert_eq!(on(&portal, "1.001193", date(2026, 10, 4)), Ok(1));
    assert_eq!(on(&portal, "1.001193", date(2026, 10, 5)), Err("procedure_closed"));
    assert_eq!(on(&portal, "1.001193", date(2026, 10, 9)), Err("procedure_closed"));
    assert_eq!(on(&portal, "1.001193", date(2026, 10, 10)), Ok(1));
    let refused = portal
        .app
        .db
        .read_blocking(|conn| portal.app.catalogue.current(conn, "1.001193", date(2026, 10, 6)))
        .err()
        .expect("it is closed")
        .problem(motcua::error::Language::Vi);
    assert_eq!(refused.more["closed_until"], "2026-10-09");
    assert!(refused.detail.expect("a sentence").contains("Nâng cấp dữ liệu"));
}

#[actix_web::test]
async fn a_version_is_compiled_once_and_judges_answers() {
    let portal = Portal::new();
    let load = || {
        let found = portal
            .app
            .db
            .read_blocking(|conn| portal.app.catalogue.current(conn, "1.001193", date(2026, 10, 1)));
        found.expect("it is in force")
    };
    let version = load();
    assert!(Arc::ptr_eq(&version, &load()), "it was compiled twice");
    assert!(version.case("standard").is_some() && version.case("nothing").is_none());
    let scenario = &version.procedure.def.scenarios[0];
    assert_eq!(version.check_answers(&scenario.answers), vec![]);
    let mut wrong = scenario.answers.clone();
    wrong["child"]["birth_date"] = json!("hôm qua");
    let problems = version.check_answers(&wrong);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].field.as_str(), problems[0].code.as_str()),
        ("/answers/child/birth_date", "wrong_format")
    );
}

#[actix_web::test]
async fn two_authors_of_one_number_the_second_learns_the_next() {
    let portal = Portal::new();
    let rules = Rules::embedded().expect("the rules are sound");
    let ready = rules.check(&birth(2, "2026-11-01").to_string()).expect("it is sound");
    let publish = || portal.app.db.write_blocking(&system(), |tx| publish::publish(tx, &ready));
    assert_eq!(publish().expect("the first wins").version, 2);
    let refused = publish().expect_err("the second loses").problem(motcua::error::Language::En);
    assert_eq!((refused.code.as_str(), refused.more["next_version"].as_i64()), ("version_taken", Some(3)));
}
