//! What a settled payment does to its dossier: the money comes back as a job, never as a call.

use std::sync::Arc;

use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::input::ActionIn;
use super::take_action::act;
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::dossier;
use crate::error::Result;
use crate::workflow::{Action, DossierStatus};

/// Moves a dossier on whose money has come. One that moved on by another way stays as it is.
pub fn fee_paid(app: &Arc<App>, tx: &mut Tx, dossier_id: Uuid) -> Result<()> {
    let (code, status, progress): (String, i16, Value) = dossier::table
        .find(dossier_id)
        .select((dossier::code, dossier::status, dossier::progress))
        .first(tx.conn)?;
    // One whose slip has gone waits for the tax side, not for a fee.
    let at_tax = progress["tax_sent_at"].is_string();
    if at_tax || status != i16::from(DossierStatus::AwaitingPayment.code()) {
        return Ok(());
    }
    act(app, tx, &code, None, &ActionIn::bare(Action::ConfirmPayment)).map(drop)
}
