//! Reading a dossier under lock, and writing a plan: one transaction, one event.

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::code::DossierCode;
use super::facts::Known;
use super::filing::Applicant;
use super::plan::{Plan, SideEffect};
use super::row::{DossierRow, EventRow, StateColumns, UnitRow};
use super::scope::visible;
use super::state::State;
use super::submit::jobs_of;
use super::write_rows::{insert_events, update_state};
use crate::app::App;
use crate::auth::Actor;
use crate::catalogue::Version;
use crate::catalogue::tariff::FeeLine;
use crate::db::schema::{dossier, dossier_unit, file};
use crate::db::{Tx, to_sql};
use crate::error::{NOT_FOUND, Result};
use crate::ledger::Payer;
use crate::payments::{self, Balance, ChargeIn, ChargeKind, Debtor};
use crate::records::digitise::{Came, GivenFile, inventory};
use crate::{catalogue, jobs, results};
use std::sync::Arc;

/// A dossier with what decisions about it need.
pub struct Loaded {
    pub row: DossierRow,
    pub state: State,
    pub version: Arc<Version>,
    pub applicant: Applicant,
    files: Vec<FiledComponent>,
    balance: Balance,
    tax_met: bool,
}

/// A file of the applicant.
#[derive(Debug, Queryable)]
struct FiledComponent {
    id: Uuid,
    component: String,
    purpose: String,
    uploaded_at: jiff_diesel::Timestamp,
    uploaded_by: String,
}

/// The dossier of that code, if the actor may see it.
pub fn find(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<DossierRow> {
    let Some(code) = DossierCode::parse(code) else { return Err(NOT_FOUND.err()) };
    dossier::table
        .filter(dossier::code.eq(code.as_str()))
        .filter(visible(actor))
        .select(DossierRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())
}

/// Like `find`, and nobody else changes it until the end of the transaction.
pub fn find_locked(tx: &mut Tx, code: &str) -> Result<DossierRow> {
    let Some(code) = DossierCode::parse(code) else { return Err(NOT_FOUND.err()) };
    dossier::table
        .filter(dossier::code.eq(code.as_str()))
        .filter(visible(tx.actor))
        .select(DossierRow::as_select())
        // Rows that only name the dossier may be written meanwhile, such as the payment under way.
        .for_no_key_update()
        .first(tx.conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())
}

/// Locks a dossier by its identifier, and gives its code.
pub fn lock(tx: &mut Tx, id: Uuid) -> Result<String> {
    let row = dossier::table.find(id).select(dossier::code).for_no_key_update();
    row.first(tx.conn).optional()?.ok_or_else(|| NOT_FOUND.err())
}

/// Everything that decisions about a dossier need.
pub fn load(app: &App, conn: &mut PgConnection, row: DossierRow) -> Result<Loaded> {
    let files = file::table
        .filter(file::dossier_id.eq(row.id))
        .filter(file::deleted_at.is_null())
        .filter(file::purpose.eq_any(["component", "supplement"]))
        .order(file::id)
        .select((file::id, file::component, file::purpose, file::uploaded_at, file::uploaded_by))
        .load(conn)?;
    let state = row.state()?;
    // Asked only where a slip has gone.
    let tax_met = state.progress.tax_sent_at.is_some() && results::tax_is_met(conn, row.id)?;
    Ok(Loaded {
        state,
        version: app.catalogue.version(conn, row.version_id)?,
        applicant: serde_json::from_value(row.applicant.clone())?,
        files,
        balance: payments::balance(conn, row.id)?,
        tax_met,
        row,
    })
}

impl Loaded {
    pub fn known(&self) -> Result<Known<'_>> {
        Ok(Known {
            version: &self.version,
            channel: self.row.channel.parse().map_err(anyhow::Error::from)?,
            case_code: &self.row.case_code,
            subjects: &self.applicant.subjects,
            submitted_at: self.row.submitted_at.to_jiff(),
            with_files: self.files.iter().map(|file| file.component.clone()).collect(),
            supplied: self.supplied().map(|file| file.component.clone()).collect(),
            due_amount: self.balance.due(),
            payment_confirmed: self.balance.paid > 0,
            tax_met: self.tax_met,
        })
    }

    /// Refuses a result while the obligations about the land are open.
    pub fn tax_allows_result(&self) -> Result<()> {
        let case = self.version.case(&self.row.case_code);
        let taxed = self.state.progress.tax_sent_at.is_some() || case.is_some_and(|case| case.tax);
        let open = taxed && !self.tax_met;
        if open { Err(results::TAX_NOT_MET.err()) } else { Ok(()) }
    }

    /// Files that came as a supplement since it was asked for.
    fn supplied(&self) -> impl Iterator<Item = &FiledComponent> {
        let since = self.state.progress.request.as_ref().map(|request| request.asked_at);
        self.files.iter().filter(move |file| {
            file.purpose == "supplement" && since.is_some_and(|since| file.uploaded_at.to_jiff() >= since)
        })
    }

    /// The components that came until now.
    pub fn came(&self) -> Result<Vec<Came>> {
        self.inventory(&self.state.progress.papers, &self.reused(), self.files.iter())
    }

    /// The components of which files came with the supplement that is asked for.
    pub fn came_with_supplement(&self) -> Result<Vec<Came>> {
        let mut came = self.inventory(&[], &[], self.supplied())?;
        came.retain(|came| !came.files.is_empty());
        Ok(came)
    }

    /// Codes of the components that documents of the store took the place of.
    fn reused(&self) -> Vec<&str> {
        self.state.progress.reused.iter().map(|reused| &*reused.component).collect()
    }

    fn inventory<'f>(
        &'f self,
        papers: &[String],
        reused: &[&str],
        files: impl Iterator<Item = &'f FiledComponent>,
    ) -> Result<Vec<Came>> {
        let given = |file: &FiledComponent| GivenFile {
            id: file.id,
            component: file.component.clone(),
            by_official: file.uploaded_by.starts_with("staff:"),
        };
        let files: Vec<GivenFile> = files.map(given).collect();
        let known = self.known()?;
        let filing = known.filing(&self.state.answers, self.state.progress.identity_level);
        Ok(inventory(&self.version.procedure.def.documents, &filing, papers, reused, &files))
    }
}

/// Writes a plan for a dossier whose row is locked: event, row, units, money, jobs.
pub fn write(tx: &mut Tx, loaded: &Loaded, plan: &Plan) -> Result<i32> {
    let (id, seq) = (loaded.row.id, loaded.row.seq + 1);
    insert_events(tx, &[EventRow::of(id, seq, &plan.event)])?;
    update_state(tx, id, &StateColumns::of(&plan.state, seq)?)?;
    for effect in &plan.effects {
        if let SideEffect::Share { unit, relation } = effect {
            let (unit_id, relation, since) = (*unit, (*relation).to_owned(), to_sql(tx.now));
            diesel::insert_into(dossier_unit::table)
                .values(UnitRow { dossier_id: id, unit_id, relation, since })
                .on_conflict_do_nothing()
                .execute(tx.conn)?;
        }
    }
    let charges = if plan.effects.contains(&SideEffect::ComputeFees) { fees(loaded)? } else { Vec::new() };
    let (person, org) = (loaded.row.applicant_person_id, loaded.row.applicant_org_id);
    let payer = Payer::of(id, person, org);
    let debtor = Debtor { dossier_id: id, payer, unit_id: loaded.row.receiving_unit_id };
    money(tx, &debtor, &charges, std::slice::from_ref(plan))?;
    if plan.effects.contains(&SideEffect::CancelPayment) {
        payments::cancel_order(tx, id)?;
    }
    let claimed = |state: &State| state.progress.refund_claimed_at.is_some();
    if claimed(&plan.state) && !claimed(&loaded.state) {
        payments::refund_claimed(tx, id)?;
    }
    jobs::enqueue_many(tx, &jobs_of(id, seq, plan))?;
    tx.audit(plan.event.action, Some(id))?;
    Ok(seq)
}

/// The fees of a dossier, by the version, channel and day of its filing.
fn fees(loaded: &Loaded) -> Result<Vec<FeeLine>> {
    let known = loaded.known()?;
    let filing = known.filing(&loaded.state.answers, loaded.state.progress.identity_level);
    super::judge::quote(&loaded.version, &filing)
}

/// Charges, and the payment that is opened for them.
fn money(tx: &mut Tx, debtor: &Debtor, lines: &[FeeLine], plans: &[Plan]) -> Result<()> {
    money_of_all(tx, &[(*debtor, lines, plans)])
}

/// The same for many dossiers, whose charges are written and booked together.
pub fn money_of_all(tx: &mut Tx, all: &[(Debtor, &[FeeLine], &[Plan])]) -> Result<()> {
    let charges: Vec<Vec<ChargeIn>> =
        all.iter().map(|(_, lines, _)| lines.iter().map(charge).collect()).collect();
    let owed: Vec<(Debtor, &[ChargeIn])> =
        all.iter().zip(&charges).map(|((debtor, ..), charges)| (*debtor, charges.as_slice())).collect();
    payments::write_all_charges(tx, &owed)?;
    all.iter().try_for_each(|(debtor, _, plans)| open_payment(tx, debtor, plans))
}

fn open_payment(tx: &mut Tx, debtor: &Debtor, plans: &[Plan]) -> Result<()> {
    if plans.iter().any(|plan| plan.effects.contains(&SideEffect::OpenPayment)) {
        let due = payments::balance(tx.conn, debtor.dossier_id)?.due();
        if due > 0 {
            payments::open_order(tx, debtor.dossier_id, due)?;
        }
    }
    Ok(())
}

fn charge(line: &FeeLine) -> ChargeIn {
    ChargeIn {
        fee_code: line.code.clone(),
        name: line.name.clone(),
        kind: match line.kind {
            catalogue::fee_def::FeeKind::Charge => ChargeKind::Charge,
            catalogue::fee_def::FeeKind::Fee => ChargeKind::Fee,
        },
        amount: line.amount,
        refundable: line.refundable,
        explanation: json!({
            "vi": line.explanation_vi,
            "en": line.explanation_en,
            "legal_basis": line.legal_basis,
            "collect": line.collect.word(),
            "rules": line.rules,
        }),
    }
}
