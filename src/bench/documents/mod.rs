//! Documents: printing, signing, uploads, and the search in stores, each beside the least that
//! could be done in the same run.

mod finding;
mod printing;
mod signing;
mod uploads;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;

use super::Options;
use super::report::Row;
use super::stage::Stage;
use crate::config::{Config, SIMULATOR};

/// The portal signs at the simulator, and works on one job after the other, so that the times
/// of its parts add up.
pub(super) fn configured(mut config: Config) -> Result<Config> {
    SIMULATOR.clone_into(&mut config.signing.url);
    config.simulators.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    config.jobs.workers = 1;
    Ok(config)
}

/// All of it.
pub(super) fn run(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = printing::run(stage, &runtime, options, progress)?;
    rows.extend(signing::run(stage, &runtime, options, progress)?);
    rows.extend(uploads::run(stage, &runtime, options, progress)?);
    rows.extend(finding::run(stage, options, progress)?);
    Ok(rows)
}

/// How often a second something is done, one after the other. Done once before, it has all
/// that it reads once.
fn rate(seconds: u64, mut act: impl FnMut(u64) -> Result<()>) -> Result<f64> {
    act(0)?;
    let (begun, length, mut count) = (Instant::now(), Duration::from_secs(seconds), 0);
    while begun.elapsed() < length {
        count += 1;
        act(count)?;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

/// A connection to the portal that waits for each answer.
fn client(runtime: &Runtime) -> Result<reqwest::Client> {
    let _inside = runtime.enter();
    Ok(reqwest::Client::builder().build()?)
}
