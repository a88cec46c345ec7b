//! `motcua print-form`: what [`crate::forms::printer`] starts; not for people.
use std::io::{Read, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::forms::printer::{FLAWED, Order, confine};
use crate::forms::render;

/// Print one form within limits, from standard input to standard output
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct PrintForm {}

impl PrintForm {
    pub(super) fn run(&self) -> Result<ExitCode> {
        confine()?;
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text)?;
        let order: Order = serde_json::from_slice(&text)?;
        let mut out = std::io::stdout();
        let code = match render(&order.source, &order.data, order.at) {
            Ok(bytes) => {
                out.write_all(&bytes)?;
                ExitCode::SUCCESS
            }
            Err(flaw) => {
                write!(out, "{flaw}")?;
                ExitCode::from(FLAWED)
            }
        };
        out.flush()?;
        Ok(code)
    }
}
