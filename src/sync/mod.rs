//! Keeping the national portal in step (đồng bộ hồ sơ): each status of each dossier, in order.
//!
//! A job a status; the queue keeps the order of a dossier. Load, call, record: no transaction
//! is open while the portal is asked. What is recorded is what the portal acknowledged, and
//! of that the figure is made.

mod figure;

use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use crate::catalogue::definition::Applicant as ApplicantKind;
use crate::db::schema::dossier_sync;
use crate::db::{Tx, to_sql};
use crate::dossiers::{DossierJob, News, news};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::national::portal::{Dossier, NationalPortal, OwnerKind, Progress};
use crate::workflow::DossierStatus;

/// Characters of a failure that are kept.
const REASON_LIMIT: usize = 500;

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(figure::read_sync_figures);
}

/// Job `sync_national`: tells the portal of one status.
pub async fn run(context: JobContext, portal: Arc<NationalPortal>) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let app = context.app.clone();
    let told = context
        .db
        .read(move |conn| if is_overtaken(conn, job)? { Ok(None) } else { news(&app, conn, job).map(Some) })
        .await?;
    let Some(told) = told else { return Ok(Outcome::Done) };
    match portal.tell(&head(&told), &step(&told)).await {
        Ok(()) => {
            let status = told.event.status;
            context.finish_with(move |tx| record_success(tx, job, status)).await
        }
        Err(error) => {
            let reason: String = format!("{error:#}").replace('\0', "").chars().take(REASON_LIMIT).collect();
            let kept = reason.clone();
            context.db.write(&context.job.actor(), move |tx| record_failure(tx, job, &kept)).await?;
            Ok(Outcome::Retry(reason))
        }
    }
}

/// The portal knows a later status already: this one was put aside and ordered again by a
/// person. Telling it now would set the dossier back.
fn is_overtaken(conn: &mut PgConnection, job: DossierJob) -> Result<bool> {
    let later = dossier_sync::table.find(job.dossier_id).filter(dossier_sync::seq_sent.ge(job.seq));
    Ok(diesel::select(exists(later)).get_result(conn)?)
}

fn head(told: &News) -> Dossier {
    let procedure = &told.version.procedure.def;
    let applicant = &told.applicant;
    let (at, status) = (told.event.at, told.event.status);
    Dossier {
        code: told.code.clone(),
        procedure_code: procedure.code.clone(),
        procedure_name: procedure.name.clone(),
        field_code: procedure.field.code.clone(),
        field_name: procedure.field.name.clone(),
        owner: applicant.name.clone(),
        owner_kind: match applicant.kind {
            ApplicantKind::Citizen => OwnerKind::Citizen,
            ApplicantKind::Organisation => OwnerKind::Organisation,
            ApplicantKind::HouseholdBusiness => OwnerKind::HouseholdBusiness,
        },
        owner_number: applicant.identity_no.clone().or_else(|| applicant.tax_no.clone()),
        email: applicant.email.clone(),
        phone: applicant.phone.clone(),
        channel: told.channel,
        received_at: told.received_at.unwrap_or(told.submitted_at),
        due_at: told.due_at,
        status,
        finished_at: (status == DossierStatus::Done).then_some(at),
        returned_at: (status == DossierStatus::Returned).then_some(at),
        handled_by: told.handling_unit.clone(),
    }
}

fn step(told: &News) -> Progress {
    let event = &told.event;
    Progress {
        by: event.by.clone(),
        unit: told.handling_unit.clone(),
        at: event.at,
        what: event.action.map_or("Nộp hồ sơ", |action| action.vi()).to_owned(),
        status: event.status,
    }
}

fn record_success(tx: &mut Tx, job: DossierJob, status: DossierStatus) -> Result<()> {
    let told = SyncRow {
        dossier_id: job.dossier_id,
        seq_sent: Some(job.seq),
        status_sent: Some(i16::from(status.code())),
        synced_at: Some(to_sql(tx.now)),
        attempts: 0,
        last_error: None,
    };
    diesel::insert_into(dossier_sync::table)
        .values(&told)
        .on_conflict(dossier_sync::dossier_id)
        .do_update()
        .set(&told)
        .execute(tx.conn)?;
    Ok(())
}

fn record_failure(tx: &mut Tx, job: DossierJob, reason: &str) -> Result<()> {
    diesel::insert_into(dossier_sync::table)
        .values((
            dossier_sync::dossier_id.eq(job.dossier_id),
            dossier_sync::attempts.eq(1),
            dossier_sync::last_error.eq(reason),
        ))
        .on_conflict(dossier_sync::dossier_id)
        .do_update()
        .set((dossier_sync::attempts.eq(dossier_sync::attempts + 1), dossier_sync::last_error.eq(reason)))
        .execute(tx.conn)?;
    Ok(())
}

/// What was acknowledged of a dossier.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = dossier_sync, primary_key(dossier_id), treat_none_as_null = true)]
struct SyncRow {
    dossier_id: Uuid,
    seq_sent: Option<i32>,
    status_sent: Option<i16>,
    synced_at: Option<jiff_diesel::Timestamp>,
    attempts: i32,
    last_error: Option<String>,
}
