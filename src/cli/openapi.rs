//! `motcua openapi`.
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::app;

/// Print the OpenAPI document of this binary
///
/// The committed openapi/openapi.json is this output; .ci/run compares them.
#[derive(Debug, Args)]
pub struct Openapi {}

impl Openapi {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let document = app::openapi().to_pretty_json()?;
        writeln!(std::io::stdout(), "{document}")?;
        Ok(ExitCode::SUCCESS)
    }
}
