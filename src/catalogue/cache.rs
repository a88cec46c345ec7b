//! Published versions, compiled once: what drafts, submissions and actions ask.
//!
//! A version never changes, so what was compiled stays right for ever, on every instance.
//! Which version is in force is not cached: it is one look-up by index, always fresh.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::answers;
use super::definition::{CaseDef, DocumentDef, ProcedureDef};
use super::entry::{Closure, is_code};
use super::form::Form;
use super::procedure::Procedure;
use crate::db::date_to_sql;
use crate::db::schema::{procedure, procedure_version};
use crate::error::{Code, Error, FieldProblem, NOT_FOUND, Refused, Result};
use crate::workflow::{Workflow, WorkflowDef};

pub static NOT_IN_FORCE: Code = Code::new(
    409,
    "procedure_not_in_force",
    "Thủ tục chưa được công bố trên hệ thống này",
    "The procedure is not in force on this portal",
);
pub static CLOSED: Code = Code::new(
    409,
    "procedure_closed",
    "Thủ tục đang đóng, không nhận hồ sơ",
    "The procedure is closed and takes no filings",
);

/// Versions kept compiled; a province has some 2,000 procedures, and each has few live versions.
const KEPT: usize = 4096;

/// One published version, ready for use.
pub struct Version {
    pub id: Uuid,
    /// Definition, workflow and form.
    pub procedure: Procedure,
}

/// The door to published versions. Clones share what was compiled.
#[derive(Clone, Default)]
pub struct Catalogue {
    compiled: Arc<RwLock<HashMap<Uuid, Arc<Version>>>>,
}

impl Version {
    /// Compiles a version from what was stored when it was published.
    fn compile(id: Uuid, definition: Value, workflow: Value) -> anyhow::Result<Self> {
        let def: ProcedureDef = serde_json::from_value(definition)?;
        let workflow: WorkflowDef = serde_json::from_value(workflow)?;
        let unsound = |defects| anyhow::anyhow!("the stored version {id} has defects: {defects:?}");
        let form = Form::compile(&def.form).map_err(unsound)?;
        let workflow = Arc::new(Workflow::compile(workflow).map_err(unsound)?);
        Ok(Self { id, procedure: Procedure { def, workflow, form } })
    }

    /// What is wrong with the answers of a form, as `/answers/…`; empty = nothing.
    pub fn check_answers(&self, answers: &Value) -> Vec<FieldProblem> {
        answers::check(self.procedure.form.validator(), answers)
    }

    /// The case ("trường hợp") of that code.
    pub fn case(&self, code: &str) -> Option<&CaseDef> {
        self.procedure.def.cases.iter().find(|case| case.code == code)
    }

    /// The part of a dossier ("thành phần hồ sơ") of that code.
    pub fn document(&self, code: &str) -> Option<&DocumentDef> {
        self.procedure.def.documents.iter().find(|document| document.code == code)
    }
}

impl Catalogue {
    /// The version of a draft or a dossier, whether in force or not.
    pub fn version(&self, conn: &mut PgConnection, id: Uuid) -> Result<Arc<Version>> {
        if let Some(known) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(known.clone());
        }
        let (definition, workflow): (Value, Value) = procedure_version::table
            .find(id)
            .select((procedure_version::definition, procedure_version::workflow))
            .first(conn)
            .optional()?
            .ok_or_else(|| NOT_FOUND.err())?;
        let compiled = Arc::new(Version::compile(id, definition, workflow)?);
        let mut kept = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        Ok(kept.entry(id).or_insert(compiled).clone())
    }

    /// The version that takes filings on a day. Refused when the procedure is unknown
    /// (404), not in force, or closed (409, with the days).
    pub fn current(&self, conn: &mut PgConnection, code: &str, on: Date) -> Result<Arc<Version>> {
        let id = in_force(conn, code, on)?;
        self.open_version(conn, id, on)
    }

    /// A version that is in force, as long as its own last day has not passed.
    pub fn open_version(&self, conn: &mut PgConnection, id: Uuid, on: Date) -> Result<Arc<Version>> {
        let found = self.version(conn, id)?;
        match found.procedure.def.effective_to {
            Some(last) if last < on => Err(NOT_IN_FORCE.err()),
            _ => Ok(found),
        }
    }
}

/// Which version takes filings on a day: the latest of those whose first day has come.
fn in_force(conn: &mut PgConnection, code: &str, on: Date) -> Result<Uuid> {
    type Days = (Option<jiff_diesel::Date>, Option<jiff_diesel::Date>, String);
    if !is_code(code) {
        return Err(NOT_FOUND.err());
    }
    let (id, days): (Option<Uuid>, Days) = procedure::table
        .left_join(
            procedure_version::table.on(procedure_version::procedure_code
                .eq(procedure::code)
                .and(procedure_version::effective_from.le(date_to_sql(on)))),
        )
        .filter(procedure::code.eq(code))
        .order((procedure_version::effective_from.desc().nulls_last(), procedure_version::version.desc()))
        .select((
            procedure_version::id.nullable(),
            (procedure::closed_since, procedure::closed_until, procedure::closed_reason),
        ))
        .first(conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())?;
    takes_filings(id, Closure::of(days.0, days.1, days.2).as_ref(), on)
}

/// The version of a procedure, as long as the procedure is in force and open on that day.
pub fn takes_filings(version: Option<Uuid>, closure: Option<&Closure>, on: Date) -> Result<Uuid> {
    match closure {
        Some(closure) if version.is_some() && closure.covers(on) => Err(closed(closure)),
        _ => version.ok_or_else(|| NOT_IN_FORCE.err()),
    }
}

/// The refusal that says since and until when.
fn closed(closure: &Closure) -> Error {
    let mut refused = Refused::new(&CLOSED).with("closed_since", closure.since.to_string());
    let (mut vi, mut en) = (format!("Đóng từ {}", closure.since), format!("Closed since {}", closure.since));
    if let Some(until) = closure.until {
        refused = refused.with("closed_until", until.to_string());
        vi.push_str(&format!(" đến {until}"));
        en.push_str(&format!(" until {until}"));
    }
    refused.detail = Some((format!("{vi}. {}", closure.reason), format!("{en}. {}", closure.reason)));
    refused.into()
}
