//! The figures of service levels.
use super::Portal;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

/// Sample catalogue with the three rows that the province published: at each level so
/// many full and so many partial services, from 2022 to the end of three tiers.
const SAMPLE: &str = "
    CREATE TEMP TABLE sample (level text, service text, n int);
    INSERT INTO sample VALUES
        ('province', 'full', 628), ('province', 'partial', 372),
        ('district', 'full', 97), ('district', 'partial', 103),
        ('commune', 'full', 31), ('commune', 'partial', 47), ('commune', 'information', 5);
    CREATE TEMP TABLE one AS
        SELECT level, service, '9.' || lpad((row_number() OVER ())::text, 6, '0') AS code, gen_random_uuid() AS id
        FROM sample, generate_series(1, n);
    INSERT INTO procedure (code, name, field_code, field_name, levels, decision, online, folded, folded_name, updated_at)
        SELECT code, code, '', 'Mẫu', '{}', '', true, ' ' || code, code, now() FROM one;
    INSERT INTO procedure_version (id, procedure_code, version, definition, workflow, effective_from, published_at, published_by)
        SELECT id, code, 1, '{}', '{}', '2022-01-01', now(), 'system:test' FROM one;
    INSERT INTO service_level (version_id, procedure_code, level, service, valid_from, valid_to)
        SELECT id, code, level, service, '2022-07-01', '2025-06-30' FROM one;";

fn row(figures: &Value, level: &str) -> Value {
    let levels = figures["levels"].as_array().expect("levels");
    levels.iter().find(|row| row["level"] == level).cloned().unwrap_or_default()
}

async fn figures(portal: &Portal, as_of: &str) -> Value {
    let answer = portal.get(&format!("/api/v1/figures/service-levels?as_of={as_of}")).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

#[actix_web::test]
async fn the_published_figures_of_the_three_levels_come_out() {
    let portal = Portal::empty();
    portal.app.db.read_blocking(|conn| Ok(conn.batch_execute(SAMPLE)?)).expect("the sample is right");
    let figures = figures(&portal, "2023-10-30").await;
    assert_eq!(figures["as_of"], "2023-10-30");
    let share = |numerator: i64, denominator: i64, percent: f64| json!({"numerator": numerator, "denominator": denominator, "percent": percent});
    let expected = json!([
        {"level": "province", "full": 628, "partial": 372, "total": 1000, "information": 0,
         "full_share": share(628, 1000, 62.8), "partial_share": share(372, 1000, 37.2)},
        {"level": "district", "full": 97, "partial": 103, "total": 200, "information": 0,
         "full_share": share(97, 200, 48.5), "partial_share": share(103, 200, 51.5)},
        {"level": "commune", "full": 31, "partial": 47, "total": 78, "information": 5,
         "full_share": share(31, 78, 39.74), "partial_share": share(47, 78, 60.26)},
    ]);
    assert_eq!(figures["levels"], expected);
}

#[actix_web::test]
async fn a_level_counts_on_its_days_only() {
    let portal = Portal::empty();
    portal.app.db.read_blocking(|conn| Ok(conn.batch_execute(SAMPLE)?)).expect("the sample is right");
    for (day, full) in [("2022-06-30", 0), ("2022-07-01", 628), ("2025-06-30", 628), ("2025-07-01", 0)] {
        let row = row(&figures(&portal, day).await, "province");
        assert_eq!(row["full"].as_i64().unwrap_or(0), full, "{day}");
    }
    let close = "UPDATE procedure SET closed_since = '2024-01-01', closed_until = '2024-01-31' WHERE code = '9.000001'";
    portal.app.db.read_blocking(|conn| Ok(conn.batch_execute(close)?)).expect("it closes");
    for (day, full) in [("2023-12-31", 628), ("2024-01-01", 627), ("2024-01-31", 627), ("2024-02-01", 628)] {
        assert_eq!(row(&figures(&portal, day).await, "province")["full"], full, "{day}");
    }
}

#[actix_web::test]
async fn the_seeded_catalogue_has_figures_of_today_and_wrong_days_are_refused() {
    let portal = Portal::new();
    let today = portal.get("/api/v1/figures/service-levels").await.json();
    assert_eq!(today["as_of"], "2026-10-01");
    let commune = row(&today, "commune");
    assert_eq!(
        commune["total"].as_i64(),
        Some(commune["full"].as_i64().unwrap() + commune["partial"].as_i64().unwrap())
    );
    assert!(commune["total"].as_i64() > Some(20));
    assert_eq!(portal.get("/api/v1/figures/service-levels?as_of=2026-02-30").await.status, 400);
    for day in ["0001-01-01", "9999-12-31", "-9999-01-01"] {
        let status = portal.get(&format!("/api/v1/figures/service-levels?as_of={day}")).await.status;
        assert!(matches!(status, 400 | 422), "{day}: {status}");
    }
}
