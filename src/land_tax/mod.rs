//! The slip to the tax office about a land dossier (Phiếu chuyển thông tin, Mẫu số 19 of
//! NĐ 151/2025/NĐ-CP), made from the dossier's answers.
//!
//! A dossier has one slip. What the office answers, the notices of what is owed, comes later
//! and by another way.

mod slip;

use std::sync::Arc;

use diesel::prelude::*;
use jiff::Timestamp;

use crate::db::schema::tax_slip;
use crate::db::{Tx, to_sql};
use crate::dossiers::{DossierJob, news};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::national::tax::TaxOffice;

/// Job `send_tax_slip`: sends the slip and records its acknowledgement.
pub async fn run(context: JobContext, office: Arc<TaxOffice>) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let app = context.app.clone();
    let told = context.db.read(move |conn| news(&app, conn, job)).await?;
    let sent_at = context.db.clock.now();
    let slip = match slip::slip(&told, sent_at) {
        Ok(slip) => slip,
        Err(lacking) => return Ok(Outcome::Dead(format!("no slip can be made: {lacking}"))),
    };
    let reference = office.send(&slip).await?;
    let number = slip.number;
    context.finish_with(move |tx| record(tx, job, &number, sent_at, &reference)).await
}

fn record(tx: &mut Tx, job: DossierJob, number: &str, sent_at: Timestamp, reference: &str) -> Result<()> {
    diesel::insert_into(tax_slip::table)
        .values((
            tax_slip::dossier_id.eq(job.dossier_id),
            tax_slip::number.eq(number),
            tax_slip::sent_at.eq(to_sql(sent_at)),
            tax_slip::acknowledged_at.eq(to_sql(tx.now)),
            tax_slip::reference.eq(reference),
        ))
        .on_conflict(tax_slip::dossier_id)
        .do_nothing()
        .execute(tx.conn)?;
    Ok(())
}
