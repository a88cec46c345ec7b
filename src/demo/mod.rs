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

use crate::config::{Config, SIMULATOR, Secret};
use crate::simulators::trust::PIN;
use cast::official;
use stage::Stage;

pub use cast::accounts;
pub use stage::PDF;
pub use told::{Teller, lines, table};

/// How often overdue dossiers are looked for, and gateways are asked about payments, while a demo
/// runs: somebody waits for it.
const LATE_EVERY_SECONDS: u32 = 1;
const ASK_EVERY_SECONDS: u32 = 1;

/// When all stories have ended.
const LAST_DAY: &str = "2026-12-14T08:00";

/// Changes the configuration to what suits a demo.
pub fn adapt(config: &mut Config) {
    config.demo.set_clock = true;
    config.deadlines.late_every_seconds = config.deadlines.late_every_seconds.min(LATE_EVERY_SECONDS);
    config.payment.ask_every_seconds = config.payment.ask_every_seconds.min(ASK_EVERY_SECONDS);
    if config.signing.url.is_empty() {
        config.signing.url = SIMULATOR.to_owned();
    }
    if config.signing.url == SIMULATOR && config.signing.seal_pin.expose().is_empty() {
        config.signing.seal_pin = Secret::new(PIN.to_owned());
    }
}

/// Plays all stories against the running portal and simulators, then lets the clock run again;
/// gives the address at which the receipt that was shown last is looked up.
pub async fn play(config: &Config, teller: Teller) -> Result<Option<String>> {
    let mut stage = Stage::new(config, teller)?;
    let played = stories(&mut stage).await;
    stage.release_clock().await?;
    played?;
    Ok(stage.look_up())
}

/// A dossier that waits for its fee, so that whoever looks on can pay it.
#[derive(Debug, Clone)]
pub struct ToPay {
    pub dossier: String,
    /// The gateway's page.
    pub page: String,
}

/// Files a dossier now and demands its fee. Where the stories have not happened yet, no procedure
/// may be in force: then it is filed when they have ended.
pub async fn leave_to_pay(config: &Config) -> Result<ToPay> {
    let mut stage = Stage::new(config, Box::new(|_| Ok(())))?;
    stage.not_before(LAST_DAY).await?;
    let left = residence::leave_to_pay(&mut stage).await;
    stage.release_clock().await?;
    left
}

/// The cashiers of (d) and (e) close the days on which money came.
async fn close_days(stage: &mut Stage) -> Result<()> {
    stage.at("2026-09-21T09:15").await?;
    stage.close_day(&official("honggai.thuquy")?, "H49.45.01", "2026-09-17").await?;
    stage.close_day(&official("baichay.thuquy")?, "H49.43.01", "2026-09-18").await
}

async fn stories(stage: &mut Stage) -> Result<()> {
    birth::play(stage).await?;
    residence::play(stage).await?;
    marriage::play(stage).await?;
    copies::play(stage).await?;
    business::play(stage).await?;
    close_days(stage).await?;
    land::play(stage).await?;
    construction::play(stage).await
}
