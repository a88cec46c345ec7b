//! The jobs that take what was issued or digitised into the store of its holder. Each takes its
//! source as it stands when it runs, so that it may run again, and late.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Jsonb, Nullable, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::digitise::Paper;
use super::document::{Standing, Trust};
use super::import::NewDocument;
use super::read_text;
use crate::clock::day_of;
use crate::db::schema::record_document;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::results::{ResultStands, ResultState};

/// Kind of the job: a digitisation was signed. Payload `Digitised`.
pub const TAKE_IN: &str = "records.take_in";

/// Payload of [`TAKE_IN`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Digitised {
    pub digitisation_id: Uuid,
}

/// A result as the register has it.
#[derive(QueryableByName)]
struct Issued {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    issuer: String,
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    org: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
    #[diesel(sql_type = SqlDate)]
    issued_on: jiff_diesel::Date,
}

/// Job `result_stands`: a result that was issued lies in its holder's store, and stands there as
/// it does in the register.
pub async fn take_in_result(context: JobContext) -> Result<Outcome> {
    let ResultStands { result_id: id } = context.job.payload()?;
    context
        .finish_with(move |tx| {
            let found: Option<Issued> = prepared(
                "SELECT r.code, r.name, r.number_text AS number, a.name AS issuer, r.unit_id, r.state, r.reason,
                        r.holder_person_id AS person, r.holder_org_id AS org, r.file_id,
                        (r.issued_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS issued_on
                   FROM result r JOIN agency a ON a.id = r.unit_id
                  WHERE r.id = ? AND r.file_id IS NOT NULL FOR SHARE OF r",
            )
            .bind::<SqlUuid, _>(id)
            .get_result(tx.conn)
            .optional()?;
            found.map_or(Ok(()), |issued| issued.keep(tx, id))
        })
        .await
}

impl Issued {
    fn keep(&self, tx: &mut Tx, id: Uuid) -> Result<()> {
        let Some((person, org)) = holder(self.person, self.org) else { return Ok(()) };
        let issued_on = self.issued_on.to_jiff();
        let new = NewDocument {
            person,
            org,
            kind: &self.code,
            title: &self.name,
            issuer: &self.issuer,
            number: &self.number,
            issued_on,
            valid_from: issued_on,
            valid_to: None,
            trust: Trust::SignedResult,
            source: "result",
            source_id: Some(id),
            keeper: self.unit_id,
            file: Some(self.file_id),
        };
        let document = new.lay(tx)?;
        let standing = match self.state.parse().map_err(anyhow::Error::from)? {
            ResultState::Suspended => Standing::Suspended,
            ResultState::Revoked => Standing::Revoked,
            ResultState::Replaced => Standing::Replaced,
            ResultState::Valid | ResultState::Prepared | ResultState::Cancelled => Standing::Valid,
        };
        stand(tx, document, id, standing, &self.reason)?;
        // Whichever of a result and its successor comes first, the later one links them.
        prepared(
            "UPDATE record_document old SET replaced_by = new.id
               FROM result r JOIN record_document new ON new.source_id = r.replaced_by_id
              WHERE old.source = 'result' AND new.source = 'result' AND old.source_id = r.id
                AND (r.id = ? OR r.replaced_by_id = ?) AND old.replaced_by IS NULL AND old.id <> new.id",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
        Ok(())
    }
}

/// Says how the document of a result stands. What was destroyed stays so, and what came from
/// another result stands as that one says.
fn stand(tx: &mut Tx, document: Uuid, result: Uuid, standing: Standing, reason: &str) -> Result<()> {
    let row = record_document::table
        .find(document)
        .filter(record_document::source.eq("result"))
        .filter(record_document::source_id.eq(result))
        .filter(record_document::standing.ne(Standing::Destroyed.word()))
        .filter(record_document::standing.ne(standing.word()));
    diesel::update(row)
        .set((
            record_document::standing.eq(standing.word()),
            record_document::standing_reason.eq(reason),
            record_document::standing_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whose store it is: the organisation's, where somebody filed for one. `None` = of nobody whom
/// the portal knows.
fn holder(person: Option<Uuid>, org: Option<Uuid>) -> Option<(Option<Uuid>, Option<Uuid>)> {
    match (person, org) {
        (_, Some(org)) => Some((None, Some(org))),
        (Some(person), None) => Some((Some(person), None)),
        (None, None) => None,
    }
}

/// A signed digitisation.
#[derive(QueryableByName)]
struct Scanned {
    #[diesel(sql_type = SqlUuid)]
    version_id: Uuid,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = Text)]
    unit: String,
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = Nullable<Jsonb>)]
    paper: Option<serde_json::Value>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    org: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
}

/// Job `records.take_in`: a paper that was digitised lies in the store of whose dossier it came
/// with. It takes the place of a paper where it is the one result that the procedure names, and
/// a clerk said what stands on it; else its holder only has it.
pub async fn take_in(context: JobContext) -> Result<Outcome> {
    let Digitised { digitisation_id: id } = context.job.payload()?;
    let app = context.app.clone();
    context
        .finish_with(move |tx| {
            let found: Option<Scanned> = prepared(
                "SELECT d.version_id, c.code, d.code AS dossier, a.name AS unit, c.unit_id, c.paper,
                        d.applicant_person_id AS person, d.applicant_org_id AS org, g.file_id
                   FROM digitisation g
                   JOIN component c ON c.digitisation_id = g.id
                   JOIN dossier d ON d.id = g.dossier_id
                   JOIN agency a ON a.id = c.unit_id
                  WHERE g.id = ?",
            )
            .bind::<SqlUuid, _>(id)
            .get_result(tx.conn)
            .optional()?;
            let Some(scanned) = found else { return Ok(()) };
            let version = app.catalogue.version(tx.conn, scanned.version_id)?;
            let document = version.document(&scanned.code);
            let name = document.map_or(&*scanned.code, |document| &*document.name);
            let kinds = document.map_or(&[][..], |document| &*document.satisfied_by);
            scanned.keep(tx, id, name, kinds)
        })
        .await
}

impl Scanned {
    fn keep(&self, tx: &mut Tx, id: Uuid, name: &str, kinds: &[String]) -> Result<()> {
        let Some((person, org)) = holder(self.person, self.org) else { return Ok(()) };
        let paper: Option<Paper> =
            self.paper.clone().map(serde_json::from_value).transpose().map_err(anyhow::Error::from)?;
        let today = day_of(tx.now);
        let own = format!("{}/{}", self.dossier, self.code);
        let (number, issuer): (&str, &str) =
            paper.as_ref().map_or((&own, &self.unit), |paper| (&paper.number, &paper.issuer));
        let issued_on: Date = paper.as_ref().map_or(today, |paper| paper.issued_on);
        let kind = match (kinds, &paper) {
            ([only], Some(_)) => only,
            _ => &self.code,
        };
        let new = NewDocument {
            person,
            org,
            kind,
            title: name,
            issuer,
            number,
            issued_on,
            valid_from: issued_on,
            valid_to: paper.as_ref().and_then(|paper| paper.valid_to),
            trust: Trust::DigitisedSigned,
            source: "digitised",
            source_id: Some(id),
            keeper: self.unit_id,
            file: Some(self.file_id),
        };
        new.lay(tx).map(drop)
    }
}

impl NewDocument<'_> {
    /// Lays it in the store, or finds the one that lies there: a source takes the place of one
    /// that is less sure, or of an earlier one of its own; but never of a result, for two results
    /// are two documents, even where agencies of one name gave them one number.
    fn lay(&self, tx: &mut Tx) -> Result<Uuid> {
        if let Some(id) = self.store(tx)? {
            read_text::order(tx, id)?;
            return Ok(id);
        }
        let id = self.known(tx)?;
        let less_sure: Vec<&str> =
            Trust::ALL.iter().filter(|trust| **trust >= self.trust).map(|trust| trust.word()).collect();
        let row = record_document::table
            .find(id)
            .filter(record_document::trust.eq_any(less_sure))
            .filter(record_document::source.ne("result"))
            .filter(record_document::standing.ne(Standing::Destroyed.word()))
            .filter(record_document::source_id.is_distinct_from(self.source_id));
        let changed = diesel::update(row)
            .set((
                record_document::trust.eq(self.trust.word()),
                record_document::source.eq(self.source),
                record_document::source_id.eq(self.source_id),
                record_document::keeper_id.eq(self.keeper),
                record_document::file_id.eq(self.file),
            ))
            .execute(tx.conn)?;
        if changed == 1 {
            read_text::order(tx, id)?;
        }
        Ok(id)
    }
}
