//! The demo: seven dossiers travel through real procedures, over HTTP only.
//!
//! The people are invented (`data/demo/people.json`, `data/agencies/staffing.json`), the clock
//! of the portal is set from moment to moment, and every step says what it expects: the first
//! wrong outcome ends the story and names it.

mod answers;
mod api;
mod birth;
mod business;
mod cast;
mod construction;
mod copies;
mod land;
mod marriage;
mod residence;
mod stage;
mod told;

use anyhow::Result;

use crate::config::Config;
use stage::Stage;

pub use cast::accounts;
pub use told::{Teller, lines, table};

/// How often overdue dossiers are looked for while a demo runs: somebody waits for it.
const LATE_EVERY_SECONDS: u32 = 1;

/// Changes the configuration to what suits a demo.
pub fn adapt(config: &mut Config) {
    config.demo.set_clock = true;
    config.deadlines.late_every_seconds = config.deadlines.late_every_seconds.min(LATE_EVERY_SECONDS);
}

/// Plays all stories against the running portal and simulators, then lets the clock run again.
pub async fn play(config: &Config, teller: Teller) -> Result<()> {
    let mut stage = Stage::new(config, teller)?;
    let played = stories(&mut stage).await;
    stage.release_clock().await?;
    played
}

async fn stories(stage: &mut Stage) -> Result<()> {
    birth::play(stage).await?;
    residence::play(stage).await?;
    marriage::play(stage).await?;
    copies::play(stage).await?;
    business::play(stage).await?;
    land::play(stage).await?;
    construction::play(stage).await
}
