//! Submissions and receipts over HTTP against the same statements by `pgbench`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;

use super::Options;
use super::load::{self, Measured, Next, request};
use super::report::{Aim, Row};
use super::stage::{CITIZENS, Stage};

/// More submissions a second than any machine of today does.
const DRAFTS_A_SECOND: usize = 4_000;
/// First number of the drafts that pgbench submits, a range of its own for each run.
const PGBENCH: usize = 1_000_000;
/// The draft of a number, and its owner, as `drafts.sql` writes them.
const DRAFT: &str = "('00000000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid";
const OWNER: &str = "'citizen:00000000-0000-7000-a000-' || lpad(to_hex(:n::bigint % :citizens + 1), 12, '0')";

/// Whose the transactions are.
const SESSION: &str = "ARRAY[:session::uuid]";

/// A statement of the portal as a line of a script, with `pgbench`'s values for its parameters.
fn line(sql: &str, values: &[&str]) -> String {
    let text: Vec<&str> =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default().trim()).collect();
    let text = text.join(" ");
    let mut parts = text.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    let filled = values.iter().zip(parts).fold(first, |line, (value, part)| line + value + part);
    filled.trim().to_owned() + ";\n"
}

/// Who acts, and what is known of the draft: what a submission reads.
fn submit_reads() -> String {
    let day = "current_date";
    line(include_str!("../auth/load_citizen.sql"), &[day, day, SESSION, "now()"])
        + &line(
            include_str!("../dossiers/sql/load_submission.sql"),
            &[&format!("ARRAY[{DRAFT}]"), &format!("ARRAY[{OWNER}]"), "ARRAY['bench-' || :n]", day],
        )
}

/// Who acts: what an action reads before its transaction.
fn receive_reads() -> String {
    let (day, now) = ("current_date", "now()");
    line(include_str!("../auth/load_staff.sql"), &[now, now, day, day, SESSION, now])
}

/// The counters of a script: number `n` is used once, by one client.
fn counters(share: usize, base: usize) -> String {
    format!("\\set i :i + 1\n\\set n {base} + :client_id * {share} + :i\n")
}

/// Submissions a second.
pub fn submit(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    let count = options.seconds as usize * DRAFTS_A_SECOND;
    progress(&format!("submit: preparing {count} drafts"));
    stage.drafts(1, count)?;
    stage.vacuum()?;
    progress(&format!("submit: {} s over HTTP", options.seconds));
    let mut http = submit_all(stage, options, count)?;
    let (rate, p95) = (http.per_second(), http.quantile_ms(0.95));
    let all = pgbench_submit(stage, options, 1, true, progress)?;
    let writes = pgbench_submit(stage, options, 2, false, progress)?;
    let unit = "submissions/s";
    Ok(vec![
        Row::ratio("submit ÷ pgbench, same statements", unit, rate, all, Aim::AtLeast(2.0)),
        Row::ratio("submit ÷ pgbench, only the writes", unit, rate, writes, Aim::None),
        Row::figure("submit p95", "ms", p95, Aim::None),
    ])
}

/// A few dossiers for those who only read.
pub fn submit_some(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<()> {
    let count = options.seconds as usize * DRAFTS_A_SECOND;
    progress("submitting a few drafts");
    stage.drafts(1, count)?;
    submit_all(stage, options, count).map(drop)
}

/// Submits the drafts from 1 to `count` until the time is over.
fn submit_all(stage: &Stage, options: &Options, count: usize) -> Result<Measured> {
    let taken = Arc::new(AtomicUsize::new(0));
    let citizens = stage.citizens.clone();
    let next: Next = Arc::new(move |_| {
        let n = taken.fetch_add(1, Ordering::Relaxed) + 1;
        (n <= count).then(|| submission(&citizens[n % citizens.len()], n))
    });
    load::run(stage.address, options.clients, Duration::from_secs(options.seconds), &next)
}

fn submission(token: &str, n: usize) -> Vec<u8> {
    request(
        &format!("POST /api/v1/drafts/00000000-0000-7000-8000-{n:012x}/submit"),
        &[
            ("Authorization", &format!("Bearer {token}")),
            ("Idempotency-Key", &format!("http-{n}")),
            ("If-Match", "\"1\""),
            ("Content-Type", "application/json"),
        ],
        "{}",
    )
}

/// The statements of one submission in one transaction, with the values of a real one.
fn pgbench_submit(
    stage: &Stage,
    options: &Options,
    run: usize,
    reads: bool,
    progress: &dyn Fn(&str),
) -> Result<f64> {
    let count = options.seconds as usize * DRAFTS_A_SECOND;
    let base = PGBENCH * run;
    progress(&format!("submit: preparing {count} drafts for pgbench"));
    stage.drafts(base + 1, base + count)?;
    stage.vacuum()?;
    let mut script = counters(count / options.clients, base);
    if reads {
        script += &submit_reads();
    }
    script += include_str!("sql/submit_writes.pgbench");
    progress(&format!("submit: {} s of pgbench", options.seconds));
    let variables = values(stage, "submit", 1, "citizen")?;
    stage.pgbench("submit.pgbench", &script, options.clients, options.seconds, &variables)
}

/// What a real dossier has in its columns, as variables of a script.
fn values(stage: &Stage, action: &str, seq: u8, kind: &str) -> Result<Vec<(&'static str, String)>> {
    let of = |column: &str| {
        stage.text(&format!(
            "SELECT ({column})::text AS line FROM dossier d JOIN dossier_event e ON e.dossier_id = d.id
              JOIN idempotency_key k ON k.body->>'code' = d.code
             WHERE e.seq = {seq} AND e.action = '{action}' AND k.status > 0 LIMIT 1"
        ))
    };
    let session = format!("SELECT id::text AS line FROM session WHERE kind = '{kind}' LIMIT 1");
    Ok(vec![
        ("i", "0".to_owned()),
        ("citizens", CITIZENS.to_string()),
        ("session", stage.text(&session)?),
        ("owner", of("e.actor")?),
        ("any_unit", of("d.receiving_unit_id")?),
        ("version", of("d.version_id")?),
        ("person", of("d.applicant_person_id")?),
        ("handling", of("d.handling_unit_id")?),
        ("applicant", of("d.applicant")?),
        ("answers", of("d.answers")?),
        ("receipt", of("d.receipt")?),
        ("progress", of("d.progress")?),
        ("detail", of("e.detail")?),
        ("changes", of("e.changes")?),
        ("reply", of("k.body")?),
        ("explanation", explanation(stage)?),
        ("payload", of("jsonb_build_object('dossier_id', d.id, 'seq', e.seq)")?),
    ])
}

/// The explanation of a fee, as long as a real one.
fn explanation(stage: &Stage) -> Result<String> {
    let found = stage.lines("SELECT explanation::text AS line FROM charge LIMIT 1")?;
    Ok(found.into_iter().next().unwrap_or_else(|| "{}".to_owned()))
}

/// Receipts by clerks a second: one transaction each.
pub fn receive(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    let sql = "SELECT d.code || ' ' || u.nth AS line FROM dossier d
                 JOIN bench_unit u ON u.id = d.receiving_unit_id
                WHERE d.status = 1 AND d.code LIKE 'H%' ORDER BY d.id";
    let waiting = stage.lines(sql)?;
    progress(&format!("receive: {} s over HTTP, {} dossiers wait", options.seconds, waiting.len()));
    let (clerks, taken) = (stage.clerks.clone(), Arc::new(AtomicUsize::new(0)));
    let next: Next = Arc::new(move |_| {
        let (code, unit) = waiting.get(taken.fetch_add(1, Ordering::Relaxed))?.split_once(' ')?;
        let clerk = clerks.get(unit.parse::<usize>().ok()?)?;
        Some(acceptance(clerk, code))
    });
    let mut http = load::run(stage.address, options.clients, Duration::from_secs(options.seconds), &next)?;
    let (rate, p95) = (http.per_second(), http.quantile_ms(0.95));
    let count = options.seconds as usize * DRAFTS_A_SECOND;
    progress(&format!("receive: preparing {count} dossiers for pgbench"));
    let base = PGBENCH * 5;
    stage.dossiers(base + 1, base + count, true)?;
    stage.vacuum()?;
    let script =
        counters(count / options.clients, base) + &receive_reads() + include_str!("sql/receive.pgbench");
    progress(&format!("receive: {} s of pgbench", options.seconds));
    let variables = values(stage, "receive", 2, "staff")?;
    let same = stage.pgbench("receive.pgbench", &script, options.clients, options.seconds, &variables)?;
    Ok(vec![
        Row::ratio("receive ÷ pgbench, same statements", "actions/s", rate, same, Aim::AtLeast(0.6)),
        Row::figure("receive p95", "ms", p95, Aim::None),
    ])
}

fn acceptance(token: &str, code: &str) -> Vec<u8> {
    request(
        &format!("POST /api/v1/dossiers/{code}/actions"),
        &[
            ("Authorization", &format!("Bearer {token}")),
            ("Idempotency-Key", &format!("receive-{code}")),
            ("If-Match", "\"1\""),
            ("Content-Type", "application/json"),
        ],
        r#"{"action":"receive"}"#,
    )
}
