//! The statuses of dossiers reach the national portal once each and in order.
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use motcua::app::App;
use motcua::auth::session::Subject;
use motcua::db::{Db, DbLimits};
use motcua::worker;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{LEADER, MAI, Stage};

/// The sessions that wait for the table of what was told, while another transaction holds it.
const WAITING: &str = "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                        WHERE d.datname = current_database() AND l.relation = 'dossier_sync'::regclass
                          AND NOT l.granted";

/// What the portal holds of a dossier: the head's status, and the steps in order of arrival.
async fn held(stage: &Stage, dossier: Uuid) -> (String, Vec<String>) {
    let shown = stage.shown("/portal/dossiers").await;
    let code = stage.code(dossier);
    let all = shown["dossiers"].as_array().unwrap();
    let Some(held) = all.iter().find(|held| held["head"]["MaHoSo"] == code) else {
        return (String::new(), Vec::new());
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = held["progress"].as_array().unwrap().iter();
    (word(&held["head"]["TrangThaiHoSo"]), steps.map(|step| word(&step["TrangThai"])).collect())
}

async fn figure(stage: &Stage) -> (i64, i64) {
    let figure = stage.get(Some(Subject::Staff(LEADER)), "/api/v1/figures/sync").await;
    (figure["numerator"].as_i64().unwrap(), figure["denominator"].as_i64().unwrap())
}

async fn end_sessions(stage: &Stage) {
    let ended = stage.http.delete(format!("{}/portal/sessions", stage.simulators)).send().await;
    ended.unwrap();
}

/// Mutants: `isUpdating` always "False"; no look-up; a step for each attempt; jobs without order.
#[actix_web::test]
async fn each_status_arrives_once_and_in_order_whatever_goes_wrong() {
    let stage = Stage::new().await;
    let way: [i16; 7] = [1, 2, 4, 5, 4, 9, 10];
    let mut dossiers = Vec::new();
    for _ in 0..3 {
        dossiers.push(stage.comes_to(&way).await);
    }
    stage.faults(json!({ "error_rate": 0.1, "lost_rate": 0.15, "seed": 7 })).await;
    stage.work_off(async || end_sessions(&stage).await).await;
    for dossier in dossiers {
        let steps = way.map(|status| status.to_string()).to_vec();
        assert_eq!(held(&stage, dossier).await, ("10".to_owned(), steps));
    }
    assert_eq!(figure(&stage).await, (3, 3));
    let failed = stage.lines("SELECT kind AS line FROM job WHERE attempts > 1");
    assert!(failed.len() > 5, "the dial was turned, and only {} jobs noticed", failed.len());
}

/// Mutant: a session that has ended is kept, or every call logs in.
#[actix_web::test]
async fn a_session_that_ended_costs_one_login_and_no_attempt() {
    let stage = Stage::new().await;
    let dossier = stage.comes_to(&[1, 2]).await;
    let runner = worker::runner(&stage.app).unwrap().start();
    done(&stage, 2).await;
    end_sessions(&stage).await;
    stage.event(dossier, "forward", 4, json!({}), &[motcua::dossiers::jobs::SYNC_NATIONAL]).await;
    done(&stage, 3).await;
    runner.stop(Duration::from_secs(5)).await;
    assert_eq!(stage.lines("SELECT max(attempts)::text AS line FROM job"), ["1"]);
    assert_eq!(stage.shown("/portal/dossiers").await["logins"], 2);
    assert_eq!(held(&stage, dossier).await.1, ["1", "2", "4"]);
}

async fn done(stage: &Stage, count: usize) {
    let begun = Instant::now();
    while stage.lines("SELECT kind AS line FROM job WHERE state = 'done'").len() < count {
        assert!(begun.elapsed() < Duration::from_secs(20), "{count} jobs are not done");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Mutant: the figure counts what was tried, or compares statuses only (4, 5, 4).
#[actix_web::test]
async fn the_figure_counts_what_the_portal_acknowledged() {
    let stage = Stage::new().await;
    assert_eq!(figure(&stage).await, (0, 0));
    let dossier = stage.comes_to(&[1, 2, 4]).await;
    stage.comes_to(&[1]).await;
    stage.faults(json!({ "error_rate": 1.0 })).await;
    stage.work().await;
    assert_eq!(figure(&stage).await, (0, 2));
    let sync = "SELECT concat_ws(' ', seq_sent, attempts, last_error IS NOT NULL) AS line FROM dossier_sync";
    assert_eq!(stage.lines(sync), ["1 t", "1 t"]);
    stage.faults(json!({})).await;
    stage.work_off(async || ()).await;
    assert_eq!(figure(&stage).await, (2, 2));
    assert_eq!(stage.lines(&format!("{sync} WHERE dossier_id = '{dossier}'")), ["3 0 f"]);
    stage.event(dossier, "request_supplement", 5, json!({}), &[]).await;
    stage.event(dossier, "supplement", 4, json!({}), &[]).await;
    assert_eq!(figure(&stage).await, (1, 2));
    let nobody = stage.get(None, "/api/v1/figures/sync").await;
    assert_eq!(nobody["code"], "unauthenticated");
    let citizen = stage.get(Some(Subject::Citizen(MAI)), "/api/v1/figures/sync").await;
    assert_eq!(citizen["code"], "forbidden");
}

/// The worker dies after the portal took the status and before that is recorded.
/// Mutant: the portal's steps without their key (status and time).
#[actix_web::test]
async fn a_worker_that_dies_between_call_and_record_repeats_nothing() {
    let stage = Stage::new().await;
    let dossier = stage.comes_to(&[1, 2]).await;
    let mut holder = stage.database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE dossier_sync IN EXCLUSIVE MODE").unwrap();
    // A process of its own, whose record does not give up before it dies.
    let limits = DbLimits { checkout_ms: 10_000, lock_timeout_ms: 30_000, ..DbLimits::default() };
    let db = Db::connect(stage.database.url(), &limits, stage.app.db.clock.clone()).unwrap();
    let app = App::build(stage.app.config.clone(), db).unwrap();
    let worker = worker::runner(&app).unwrap().start();
    until_record_waits(&stage, true).await;
    worker.kill();
    assert_eq!(held(&stage, dossier).await.1, ["1"], "the portal was told");
    // Its connection ends with it: what it had begun is rolled back.
    stage.lines(&format!("SELECT pg_terminate_backend(pid)::text AS line FROM ({WAITING}) AS waiting"));
    until_record_waits(&stage, false).await;
    holder.batch_execute("ROLLBACK").unwrap();
    let state = "SELECT state AS line FROM job ORDER BY id";
    assert_eq!(stage.lines(state), ["leased", "waiting"], "it died in the middle");
    stage.sql("UPDATE job SET lease_until = now() - interval '1 second' WHERE state = 'leased'");
    stage.work().await;
    assert_eq!(stage.lines(state), ["done", "done"]);
    assert_eq!(held(&stage, dossier).await, ("2".to_owned(), vec!["1".to_owned(), "2".to_owned()]));
}

/// Until a record waits for its table, or none does any more.
async fn until_record_waits(stage: &Stage, waits: bool) {
    let (begun, waiting) = (Instant::now(), format!("SELECT pid::text AS line FROM ({WAITING}) AS waiting"));
    while stage.lines(&waiting).is_empty() == waits {
        assert!(begun.elapsed() < Duration::from_secs(20), "a record waits: {}", !waits);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A dead job that a person orders again does not set the dossier back.
/// Mutant: no look at what was sent.
#[actix_web::test]
async fn a_status_that_was_overtaken_is_not_told_any_more() {
    let stage = Stage::new().await;
    let dossier = stage.comes_to(&[1, 2, 4]).await;
    stage.sql("UPDATE job SET state = 'dead' WHERE id = (SELECT min(id) + 1 FROM job)");
    stage.work().await;
    assert_eq!(held(&stage, dossier).await, ("4".to_owned(), vec!["1".to_owned(), "4".to_owned()]));
    stage.sql("UPDATE job SET state = 'waiting', attempts = 0 WHERE state = 'dead'");
    stage.work().await;
    assert_eq!(held(&stage, dossier).await.0, "4");
    assert!(stage.lines("SELECT kind AS line FROM job WHERE state <> 'done'").is_empty());
}

/// Mutant: the codes of the kinds are fixed.
#[actix_web::test]
async fn the_head_has_the_real_fields_in_the_form_of_the_portal() {
    let stage = Stage::with("[national_portal]\ncitizen_code = \"0\"\n").await;
    let dossier = stage.comes_to(&[1]).await;
    stage.event(dossier, "receive", 2, json!({}), &[motcua::dossiers::jobs::SYNC_NATIONAL]).await;
    stage.work_off(async || ()).await;
    let shown = stage.shown("/portal/dossiers").await;
    let expected = json!({
        "MaHoSo": stage.code(dossier), "MaTTHC": "1.001193", "TenTTHC": "Thủ tục đăng ký khai sinh",
        "LoaiDoiTuong": "0", "ChuHoSo": "Nguyễn Thị Mai", "MaDoiTuong": "022190000061",
        "SoDienThoai": "0911111111", "NgayTiepNhan": "20261005080200", "NgayHenTra": "20261005170000",
        "TrangThaiHoSo": "2", "HinhThuc": "2", "DonViXuLy": "UBND phường Hạ Long",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(shown["dossiers"][0]["head"][field], *value, "{field}");
    }
    let step = &shown["dossiers"][0]["progress"][1];
    assert_eq!((&step["NguoiXuLy"], &step["ThoiDiemXuLy"]), (&json!("Lê Văn Mẫu"), &json!("20261005080200")));
}
