//! `motcua simulate`.
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{log, progress};
use crate::config::Config;
use crate::simulators;

/// Run the simulators of the national side
///
/// VNeID, the payment platform and the others, each a real HTTP service that speaks the
/// messages of the real one, with a dial for faults. For demonstrations and tests.
#[derive(Debug, Args)]
pub struct Simulate {}

impl Simulate {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        log::start(&config.log)?;
        actix_web::rt::System::new().block_on(async {
            let server = simulators::start(config)?;
            progress(&format!("the simulators answer at http://{}", config.simulators_address()));
            tokio::select! {
                ended = server => ended?,
                asked = tokio::signal::ctrl_c() => asked?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
