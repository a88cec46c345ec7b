//! Job `advance_land_tax`: lets a dossier go on where the tax side and our book allow it.
//!
//! Told of something owed, it waits for the payment; told and met, it goes on to the certificate.
//! What the workflow refuses stays where it is: the next message asks again.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::app::App;
use crate::db::{Tx, prepared};
use crate::dossiers::{ActionIn, act};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::results::{issue_signed, tax_met};
use crate::workflow::Action;

#[derive(serde::Deserialize)]
struct Subject {
    dossier_id: Uuid,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Bool)]
    at_tax: bool,
    #[diesel(sql_type = Bool)]
    waits: bool,
    #[diesel(sql_type = Bool)]
    told: bool,
    #[diesel(sql_type = Bool)]
    met: bool,
}

/// Runs the job.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let Subject { dossier_id } = context.job.payload()?;
    let app = context.app.clone();
    context.finish_with(move |tx| advance(&app, tx, dossier_id)).await
}

fn advance(app: &Arc<App>, tx: &mut Tx, dossier: Uuid) -> Result<()> {
    prepared("SELECT FROM dossier WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(dossier)
        .execute(tx.conn)?;
    let place = place(tx, dossier)?;
    if place.at_tax && place.told {
        act(app, tx, &place.code, None, &ActionIn::bare(Action::TaxAnswered))?;
    }
    let place = self::place(tx, dossier)?;
    if place.waits && place.met {
        act(app, tx, &place.code, None, &ActionIn::bare(Action::ConfirmPayment))?;
    }
    if place.met {
        issue_signed(tx, dossier)?;
    }
    Ok(())
}

fn place(tx: &mut Tx, dossier: Uuid) -> Result<Place> {
    Ok(prepared(concat!(
        "SELECT d.code, 'at_tax' = ANY (d.marking) AS at_tax, 'await_tax_payment' = ANY (d.marking) AS waits,
                (EXISTS (SELECT FROM land_tax_notice WHERE dossier_id = d.id)
                 OR EXISTS (SELECT FROM land_tax_confirmation WHERE dossier_id = d.id)) AS told, ",
        tax_met!("d.id"),
        " AS met FROM dossier d WHERE d.id = ?"
    ))
    .bind::<SqlUuid, _>(dossier)
    .get_result(tx.conn)?)
}
