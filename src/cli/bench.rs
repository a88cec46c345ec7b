//! `motcua bench`.
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::progress;
use crate::bench::money::Amount;
use crate::bench::{self, Options, Part};
use crate::config::Config;

/// Measure this binary on this machine
///
/// Starts a PostgreSQL of its own with durable settings, fills it, and throws it away in the
/// end: nothing that exists is touched. Compares in the same run: submissions and receipts
/// over HTTP with pgbench doing the same statements, public tracking with a constant
/// handler, worklist pages of a small and a large database. Takes a few minutes; use a
/// release build on an idle machine.
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    part: Part,
    /// Print JSON to standard output, and the table to standard error
    #[arg(long)]
    json: bool,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Clients at the same time: by default a morning with a queue, for which requests are batched
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=128))]
    clients: u16,
    /// Dossiers of the large database
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(20_000..=10_000_000))]
    dossiers: u32,
    /// Documents of all stores, of `bench documents`
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    documents: u32,
    /// Fees of `bench money`
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    fees: u32,
    /// Which chaos `bench money` plays
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Bench {
    pub(super) fn run(&self, config: Config) -> Result<ExitCode> {
        let options = Options {
            part: self.part,
            seconds: self.seconds,
            clients: self.clients.into(),
            dossiers: usize::try_from(self.dossiers)?,
            documents: usize::try_from(self.documents)?,
            money: Amount { fees: usize::try_from(self.fees)?, seed: self.seed },
        };
        let report = bench::run(config, &options, &progress)?;
        if self.json {
            eprintln!("{report}");
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print!("{report}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
