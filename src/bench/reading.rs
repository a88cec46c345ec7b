//! Public tracking against a constant handler, and worklists of a small and a large database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;

use super::Options;
use super::load::{self, Next, request};
use super::report::{Aim, Row};
use super::stage::{CONSTANT, Stage};

/// Dossiers of the small database.
const SMALL: usize = 10_000;
/// Clients that page through worklists: a few, so that the time is that of a page and not of a queue.
const READERS: usize = 2;

/// Tracking answers a second.
pub fn tracking(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    let known = stage.lines(
        "SELECT code || '?secret=' || tracking_secret AS line FROM dossier WHERE code LIKE 'H%' LIMIT 5000",
    )?;
    let requests: Vec<Vec<u8>> =
        known.iter().map(|line| request(&format!("GET /api/v1/tracking/{line}"), &[], "")).collect();
    let length = Duration::from_secs(options.seconds);
    progress(&format!("tracking: {} s", options.seconds));
    let mut tracked = load::run(stage.address, options.clients, length, &in_turn(requests))?;
    progress(&format!("tracking: {} s of the constant handler", options.seconds));
    let constant = vec![request(&format!("GET {CONSTANT}"), &[], "")];
    let constant = load::run(stage.address, options.clients, length, &in_turn(constant))?;
    let (rate, reference) = (tracked.per_second(), constant.per_second());
    Ok(vec![
        Row::ratio("tracking ÷ constant handler", "answers/s", rate, reference, Aim::AtLeast(0.15)),
        Row::figure("tracking p95", "ms", tracked.quantile_ms(0.95), Aim::None),
    ])
}

fn in_turn(requests: Vec<Vec<u8>>) -> Next {
    let taken = AtomicUsize::new(0);
    Arc::new(move |_| requests.get(taken.fetch_add(1, Ordering::Relaxed) % requests.len()).cloned())
}

/// The time of a worklist page, small database against large.
pub fn worklist(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    stage.execute(include_str!("sql/pattern.sql"), &[])?;
    progress(&format!("worklist: {SMALL} dossiers"));
    stage.dossiers(1, SMALL, false)?;
    let small = pages(stage, options)?;
    progress(&format!("worklist: {} dossiers; this takes a while", options.dossiers));
    let step = 100_000;
    for from in (SMALL + 1..=options.dossiers).step_by(step) {
        stage.dossiers(from, (from + step - 1).min(options.dossiers), false)?;
        progress(&format!("worklist: {} written", (from + step - 1).min(options.dossiers)));
    }
    let large = pages(stage, options)?;
    let mut rows = Vec::new();
    for ((what, small), (_, large)) in small.into_iter().zip(large) {
        rows.push(Row::ratio(what, "ms p95", large, small, Aim::AtMost(1.3)));
    }
    Ok(rows)
}

/// 95 % of the pages came within so many milliseconds: the worklist, and all that the unit sees.
fn pages(stage: &Stage, options: &Options) -> Result<Vec<(&'static str, f64)>> {
    stage.vacuum()?;
    let mut found = Vec::new();
    let lists = [
        ("worklist page of a unit", "open=true&holder="),
        ("page of all a unit sees", "open=true&status=4#"),
    ];
    for (what, filter) in lists {
        let requests = stage.units.iter().zip(&stage.clerks).map(|(unit, clerk)| {
            let query = match filter.split_once('#') {
                Some((filter, _)) => filter.to_owned(),
                None => format!("{filter}{unit}"),
            };
            let authorization = format!("Bearer {clerk}");
            request(
                &format!("GET /api/v1/dossiers?{query}&limit=50"),
                &[("Authorization", &authorization)],
                "",
            )
        });
        let next = in_turn(requests.collect());
        // Once unmeasured, so that both databases are read from memory.
        load::run(stage.address, READERS, Duration::from_secs(1), &next)?;
        let mut measured = load::run(stage.address, READERS, Duration::from_secs(options.seconds), &next)?;
        found.push((what, measured.quantile_ms(0.95)));
    }
    Ok(found)
}
