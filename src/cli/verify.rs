//! `motcua verify`.
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::database::Database;
use super::progress;
use super::verify_receipt::VerifyReceipt;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbLimits};
use crate::files::Files;
use crate::verify::{self, Part, Report};

/// Check that what is stored is whole
///
/// Folds the history of every dossier and compares the row, looks for gaps in the numbers,
/// for files without bytes, for payments without charges, and recomputes the ledger. Changes nothing. Prints each
/// difference; ends with 0 when there is none, with 1 otherwise.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Verify {
    #[command(subcommand)]
    one: Option<One>,
    /// What to check
    #[arg(value_enum, default_value = "all")]
    part: Part,
    /// Also read every file and compare its SHA-256, as `verify files` always does
    #[arg(long)]
    deep: bool,
}

/// One document, instead of what is stored.
#[derive(Debug, Subcommand)]
enum One {
    Receipt(VerifyReceipt),
}

/// Checks read whole tables: longer than a request may take, in milliseconds.
const LONGEST_STATEMENT: u32 = 30 * 60 * 1000;

impl Verify {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        if let Some(One::Receipt(receipt)) = &self.one {
            return receipt.run(config);
        }
        let database = Database::open(config)?;
        let limits =
            DbLimits { pool_size: 1, statement_timeout_ms: LONGEST_STATEMENT, ..DbLimits::default() };
        let db = Db::connect(&database.url, &limits, Clock::default())?;
        let files = Files::open(config)?;
        let mut tell = |difference: &str| println!("{difference}");
        let mut report = Report::new(&mut tell);
        progress("checking; this reads everything");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(verify::run(&db, &files, self.part, self.deep, &mut report))?;
        let Report { dossiers, files, orders, transfers, receipts, .. } = report;
        let checked = format!(
            "{dossiers} dossiers, {files} files, {orders} orders, {transfers} transfers, {receipts} receipts"
        );
        match report.differences {
            0 => println!("OK: {checked}"),
            found => println!("{found} differences in {checked}"),
        }
        Ok(if report.differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
