//! What the portal does in a second, compared in the same run with the least that could be
//! done on the same PostgreSQL, and what it costs at rest.
//!
//! The server is this process, the database a private PostgreSQL with durable settings. Load
//! and server share the machine, as `pgbench` and its server do.

mod documents;
mod footprint;
mod load;
pub mod money;
mod pgbench;
mod reading;
mod report;
mod stage;
mod writing;

use anyhow::Result;

pub use report::Report;

use crate::config::Config;
use money::Amount;
use report::{Aim, Row};
use stage::Stage;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Submissions and receipts against pgbench.
    Submit,
    /// Public tracking against a constant handler.
    Tracking,
    /// Worklist pages, small database against large.
    Worklist,
    /// Fees paid at two gateways under chaos, to the last đồng; not part of all.
    Money,
    /// Printing, signing, uploads, and the search in stores; not part of all.
    Documents,
    All,
}

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub part: Part,
    /// Seconds of each measurement.
    pub seconds: u64,
    pub clients: usize,
    /// Dossiers of the large database.
    pub dossiers: usize,
    /// Documents of all stores.
    pub documents: usize,
    pub money: Amount,
}

/// Submissions that the reading parts need as a pattern.
const FEW: u64 = 1;

/// Runs a part, or all.
pub fn run(config: Config, options: &Options, progress: &dyn Fn(&str)) -> Result<Report> {
    let config = if options.part == Part::Documents { documents::configured(config)? } else { config };
    let stage = Stage::build(config, progress)?;
    let measured = measure(&stage, options, progress);
    // Also when a measurement failed: the data go when this is dropped.
    let data = stage.end()?;
    let mut rows = measured?;
    progress("cold start");
    let cold = footprint::cold_start(data.path())?;
    rows.push(Row::figure("cold start on this database", "s", cold, Aim::AtMost(2.0)));
    Ok(Report {
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
        processors: std::thread::available_parallelism().map_or(0, usize::from),
        clients: options.clients,
        seconds: options.seconds,
        rows,
    })
}

/// The parts that are wanted, one after the other.
fn measure(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    let wanted = |part| options.part == Part::All || options.part == part;
    match options.part {
        Part::Money => return money::run(stage, options, progress),
        Part::Documents => return documents::run(stage, options, progress),
        Part::Submit | Part::Tracking | Part::Worklist | Part::All => {}
    }
    let mut rows = Vec::new();
    if wanted(Part::Submit) {
        rows.extend(writing::submit(stage, options, progress)?);
        rows.extend(writing::receive(stage, options, progress)?);
    } else {
        writing::submit_some(stage, &Options { seconds: FEW, ..*options }, progress)?;
    }
    if wanted(Part::Tracking) {
        rows.extend(reading::tracking(stage, options, progress)?);
    }
    if wanted(Part::Worklist) {
        rows.extend(reading::worklist(stage, options, progress)?);
    }
    if let Some(resident) = footprint::resident_mb() {
        rows.push(Row::figure("memory after it, load included", "MB", resident, Aim::AtMost(150.0)));
    }
    Ok(rows)
}
