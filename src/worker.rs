//! The jobs of the portal: which handler runs which kind, and what is done every so often.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use jiff::SignedDuration;

use crate::app::App;
use crate::auth::{Actor, session};
use crate::config::Config;
use crate::db::Tx;
use crate::dossiers::{self, late, payment_events};
use crate::files::SCAN_EVERY;
use crate::files::resumable::EXPIRE_UPLOADS_EVERY;
use crate::forms;
use crate::http::forget_answers;
use crate::jobs::{Outcome, Periodic, Runner, remove_done};
use crate::national::messages::MessageGateway;
use crate::national::portal::NationalPortal;
use crate::national::tax::TaxOffice;
use crate::notices::{self, Templates};
use crate::payments::{self, FeePaid, Gateways};
use crate::signing::{complete, make, seal};
use crate::{catalogue, land_tax, people, reconcile, records, results, sync};

/// How often what is no longer needed is removed.
const CLEAN_EVERY: Duration = Duration::from_secs(600);
/// How long done jobs are kept, for questions.
const KEEP_JOBS: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long an answer is kept for a request that is sent again.
const KEEP_ANSWERS: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long ended sessions are kept, for questions.
const KEEP_SESSIONS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a file may lie without a row: far longer than any upload lasts.
const ORPHAN_GRACE: Duration = Duration::from_secs(24 * 3600);

/// All handlers and tasks over an `App`.
pub fn runner(app: &Arc<App>) -> Result<Runner> {
    let gateways = Arc::new(Gateways::new(&app.config)?);
    let (asked, refunding, refunded) = (gateways.clone(), gateways.clone(), gateways.clone());
    let (fetched, looked_for) = (gateways.clone(), gateways.clone());
    let late_every = Duration::from_secs(app.config.deadlines.late_every_seconds.into());
    let ask_every = Duration::from_secs(app.config.payment.ask_every_seconds.into());
    let runner = Runner::new(app.clone())
        .on(payments::OPEN_PAYMENT, move |context| {
            let gateways = gateways.clone();
            async move {
                let payload = context.job.payload.clone();
                payments::run_open_payment(&context.db, &gateways, payload).await?;
                Ok(Outcome::Done)
            }
        })
        .on(payments::SEND_REFUND, move |context| {
            let gateways = refunding.clone();
            async move {
                let payload = context.job.payload.clone();
                payments::run_send_refund(&context.db, &gateways, payload).await?;
                Ok(Outcome::Done)
            }
        })
        .on(reconcile::FETCH_SETTLEMENT, move |context| {
            let gateways = fetched.clone();
            async move { reconcile::run_fetch_settlement(context, &gateways).await }
        })
        .on(payments::FEE_PAID, |context| async move {
            let paid: FeePaid = context.job.payload()?;
            let app = context.app.clone();
            context.finish_with(move |tx| payment_events::fee_paid(&app, tx, paid.dossier_id)).await
        })
        .on(dossiers::jobs::PRODUCE_FORM, dossiers::produce_form)
        .on(forms::RENDER_FORM, forms::print_form)
        .on(results::RENDER_RESULT, results::print_result)
        .on(results::RESULT_SIGNED, results::signed)
        .on(results::RESULT_ISSUED, dossiers::attach_result)
        .on(results::RESULT_STANDS, records::take_in_result)
        .on(records::TAKE_IN, records::take_in)
        .on(records::READ_TEXT, records::read_text)
        .on(records::ERASE, records::erase)
        .every(Periodic::new("mark_late", late_every, |app| async move { late::mark(&app).await.map(drop) }))
        .every(Periodic::new("poll_payments", ask_every, move |app| {
            let gateways = asked.clone();
            async move { payments::poll_payments(&app.db, &gateways).await.map(drop) }
        }))
        .every(Periodic::new("poll_refunds", ask_every, move |app| {
            let gateways = refunded.clone();
            async move { payments::poll_refunds(&app.db, &gateways).await.map(drop) }
        }))
        .every(Periodic::new("look_for_files", reconcile::LOOK_FOR_FILES_EVERY, move |app| {
            let gateways = looked_for.clone();
            async move {
                reconcile::look_for_files(&app.db, &gateways).await?;
                reconcile::treasury::look_for_lumps(&app.db).await
            }
        }))
        .every(Periodic::new("clean", CLEAN_EVERY, |app| async move { clean(&app).await }))
        .every(Periodic::new("expire_uploads", EXPIRE_UPLOADS_EVERY, |app| async move {
            app.files.expire_uploads(&app.db).await.map(drop)
        }))
        .every(Periodic::new("scan_files", SCAN_EVERY, |app| async move {
            app.files.scan_again(&app.db).await.map(drop)
        }))
        .every(Periodic::new("turn_of_day", CLEAN_EVERY, |app| async move { turn_of_day(&app).await }));
    tell_others(runner, &app.config)
}

/// The handlers that tell the national side and people of dossiers.
fn tell_others(runner: Runner, config: &Config) -> Result<Runner> {
    let portal = Arc::new(NationalPortal::new(config)?);
    let tax_office = Arc::new(TaxOffice::new(config)?);
    let messages = Arc::new(MessageGateway::new(config)?);
    let templates = Arc::new(Templates::embedded().map_err(|flaw| anyhow!("the texts of messages: {flaw}"))?);
    let texts = templates.clone();
    let told = templates.clone();
    let (correcting, recalling, reporting) = (tax_office.clone(), tax_office.clone(), tax_office.clone());
    Ok(runner
        .on(make::SIGN_HASHES, make::run)
        .on(complete::COMPLETE_SIGNATURE, complete::run)
        .on(seal::PUT_SEAL, seal::run)
        .on(dossiers::jobs::SYNC_NATIONAL, move |context| sync::run(context, portal.clone()))
        .on(dossiers::jobs::TAX_SLIP, move |context| land_tax::run(context, tax_office.clone()))
        .on(dossiers::jobs::TAX_RECALL, move |context| land_tax::recall(context, recalling.clone()))
        .on(land_tax::CORRECT_SLIP, move |context| land_tax::correct(context, correcting.clone()))
        .on(land_tax::REPORT_PAYMENT, move |context| land_tax::report_payment(context, reporting.clone()))
        .on(land_tax::ADVANCE, land_tax::advance)
        .on(payments::CLAIM_PAID, land_tax::claim_was_paid)
        .on(land_tax::TELL_TAXPAYER, move |context| notices::tell_taxpayer(context, told.clone()))
        .on(dossiers::jobs::NOTIFY, move |context| notices::notify(context, texts.clone()))
        .on(dossiers::jobs::ESCALATE, move |context| notices::escalate(context, templates.clone()))
        .on(notices::DELIVER, move |context| notices::deliver(context, messages.clone())))
}

/// Removes what nobody needs any more.
async fn clean(app: &App) -> crate::error::Result<()> {
    let forget = |tx: &mut Tx| {
        remove_done(tx, KEEP_JOBS)?;
        forget_answers(tx, KEEP_ANSWERS)?;
        session::forget(tx, KEEP_SESSIONS)?;
        people::forget_logins(tx).map(drop)
    };
    app.db.write(&Actor::system("clean"), forget).await?;
    app.files.sweep_orphans(&app.db, ORPHAN_GRACE).await.map(drop)
}

/// Versions of procedures that come into force today show in the lists.
async fn turn_of_day(app: &Arc<App>) -> crate::error::Result<()> {
    let db = app.db.clone();
    let turned = tokio::task::spawn_blocking(move || catalogue::in_force::turn_of_day(&db)).await;
    turned.map_err(anyhow::Error::from)?.map(drop)
}
