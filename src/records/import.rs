//! Documents of other systems come into the stores: a list, each document answered for itself.
//!
//! May: a machine client with the scope `records.import`, or the administrator of the agency
//! that will keep them. Effects: rows of documents; the same document of the same holder is
//! known and stays as it is, so a list that is sent again changes nothing. Refusals of single
//! documents: a holder whose number and name do not agree, days in the wrong order.

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::{Standing, Trust};
use super::search_words::words_of;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::schema::{agency, record_document};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{Error, FORBIDDEN, INVALID, Language, Problem, Result};
use crate::http::{Day, Keyed, Reply, Text, once};
use crate::people;
use crate::workflow::Role;

/// Of a machine client that may import.
pub const SCOPE: &str = "records.import";
/// Documents of one list.
const LIST: usize = 100;

/// A list of documents.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportIn {
    /// Identifier code of the agency that will keep them.
    agency: Text<40>,
    #[schema(min_items = 1, max_items = 100)]
    documents: Vec<ImportedIn>,
}

/// One document, whose it is and what it says.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedIn {
    /// Personal identification number of the holder …
    #[serde(default)]
    #[schema(pattern = "^[0-9]{12}$")]
    holder_identity_no: Option<String>,
    /// … or the tax number of the organisation.
    #[serde(default)]
    #[schema(max_length = 14)]
    holder_tax_no: Option<String>,
    /// As registered: a number with another name is refused.
    holder_name: Text<200>,
    /// Code of the result, or of another type of document.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$", example = "KQ.G15.000031")]
    kind: Text<60>,
    title: Text<300>,
    /// The authority that issued it.
    issuer: Text<300>,
    number: Text<100>,
    issued_on: Day,
    /// First day on which it counts; the day of issue when absent.
    #[serde(default)]
    valid_from: Option<Day>,
    /// Last day on which it counts; absent = without end.
    #[serde(default)]
    valid_to: Option<Day>,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportOut {
    /// In the order of the list.
    pub items: Vec<ImportedOut>,
}

/// What became of one document.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedOut {
    pub outcome: ImportOutcome,
    /// The document in the store.
    pub id: Option<Uuid>,
    /// Why it was refused.
    pub problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It lies in the store now.
    Taken,
    /// It lay there before.
    Known,
    Refused,
}

/// Import documents into the stores of their holders
#[utoipa::path(
    operation_id = "import_records", tag = "records", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = ImportIn,
    responses(
        (status = 200, description = "Each document answered for itself", body = ImportOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/import")]
pub async fn import_records(app: web::Data<App>, actor: Actor, request: Keyed<ImportIn>) -> Result<Reply> {
    may_import(&actor)?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| import(tx, &body))).await
}

fn may_import(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Staff(_) => actor.need_role(Role::AgencyAdmin).map(drop),
        _ => actor.need_scope(SCOPE).map(drop),
    }
}

fn import(tx: &mut Tx, list: &ImportIn) -> Result<Reply> {
    if !(1..=LIST).contains(&list.documents.len()) {
        return Err(INVALID.at("/documents", "từ 1 đến 100 giấy tờ", "from 1 to 100 documents"));
    }
    let keeper = keeper(tx, list.agency.as_str())?;
    let items =
        list.documents.iter().map(|document| answered(tx, document, keeper)).collect::<Result<_>>()?;
    tx.audit("import_records", Some(keeper))?;
    Reply::ok(ImportOut { items })
}

/// The agency that will keep the documents; an official's own.
fn keeper(tx: &mut Tx, code: &str) -> Result<Uuid> {
    let id: Option<Uuid> =
        agency::table.filter(agency::code.eq(code)).select(agency::id).first(tx.conn).optional()?;
    let id = id.ok_or_else(|| INVALID.at("/agency", "không có cơ quan này", "no such agency"))?;
    match tx.actor.staff() {
        Some(staff) if !staff.holds(Role::AgencyAdmin, id) => {
            Err(FORBIDDEN.at("/agency", "không phải cơ quan của bạn", "not your agency"))
        }
        _ => Ok(id),
    }
}

/// What becomes of one document. A refusal of ours is its answer and nobody else's.
fn answered(tx: &mut Tx, document: &ImportedIn, keeper: Uuid) -> Result<ImportedOut> {
    match document.take(tx, keeper) {
        Ok((outcome, id)) => Ok(ImportedOut { outcome, id: Some(id), problem: None }),
        Err(Error::Refused(refused)) => {
            let problem = Some(Error::Refused(refused).problem(Language::Vi));
            Ok(ImportedOut { outcome: ImportOutcome::Refused, id: None, problem })
        }
        Err(error) => Err(error),
    }
}

impl ImportedIn {
    fn take(&self, tx: &mut Tx, keeper: Uuid) -> Result<(ImportOutcome, Uuid)> {
        let from = self.days_in_order()?;
        self.kind_is_a_code()?;
        if self.holder_identity_no.is_some() == self.holder_tax_no.is_some() {
            let (vi, en) = ("cần đúng một số định danh hoặc mã số thuế", "exactly one number of a holder");
            return Err(INVALID.at("/holder_identity_no", vi, en));
        }
        let name = self.holder_name.as_str();
        let (person, org) = people::known(tx, &self.holder_identity_no, &self.holder_tax_no, name)?;
        let new = NewDocument {
            person,
            org,
            kind: self.kind.as_str(),
            title: self.title.as_str(),
            issuer: self.issuer.as_str(),
            number: self.number.as_str(),
            issued_on: self.issued_on.date(),
            valid_from: from,
            valid_to: self.valid_to.map(Day::date),
            trust: Trust::Imported,
            source: "import",
            source_id: None,
            keeper,
            file: None,
        };
        match new.store(tx)? {
            Some(id) => Ok((ImportOutcome::Taken, id)),
            None => Ok((ImportOutcome::Known, new.known(tx)?)),
        }
    }

    /// The first day on which it counts.
    fn days_in_order(&self) -> Result<Date> {
        let from = self.valid_from.unwrap_or(self.issued_on).date();
        match self.valid_to.map(Day::date) {
            Some(last) if last < from => {
                Err(INVALID.at("/valid_to", "trước ngày có hiệu lực", "before the first day"))
            }
            _ => Ok(from),
        }
    }

    fn kind_is_a_code(&self) -> Result<()> {
        let mut letters = self.kind.as_str().chars();
        let begins = letters.next().is_some_and(|letter| letter.is_ascii_alphanumeric());
        if begins && letters.all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter)) {
            return Ok(());
        }
        Err(INVALID.at("/kind", "không phải mã loại giấy tờ", "not a code of a kind of document"))
    }
}

/// A document that comes into a store.
pub struct NewDocument<'a> {
    pub person: Option<Uuid>,
    pub org: Option<Uuid>,
    pub kind: &'a str,
    pub title: &'a str,
    pub issuer: &'a str,
    pub number: &'a str,
    pub issued_on: Date,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub trust: Trust,
    pub source: &'static str,
    pub source_id: Option<Uuid>,
    pub keeper: Uuid,
    pub file: Option<Uuid>,
}

impl NewDocument<'_> {
    /// Writes it, unless the holder has it already.
    pub fn store(&self, tx: &mut Tx) -> Result<Option<Uuid>> {
        let id = Uuid::now_v7();
        let written = diesel::insert_into(record_document::table)
            .values((
                record_document::id.eq(id),
                record_document::holder_person_id.eq(self.person),
                record_document::holder_org_id.eq(self.org),
                record_document::kind.eq(self.kind),
                record_document::title.eq(self.title),
                record_document::issuer.eq(self.issuer),
                record_document::number.eq(self.number),
                record_document::issued_on.eq(date_to_sql(self.issued_on)),
                record_document::valid_from.eq(date_to_sql(self.valid_from)),
                record_document::valid_to.eq(self.valid_to.map(date_to_sql)),
                record_document::trust.eq(self.trust.word()),
                record_document::standing.eq(Standing::Valid.word()),
                record_document::standing_at.eq(to_sql(tx.now)),
                record_document::source.eq(self.source),
                record_document::source_id.eq(self.source_id),
                record_document::keeper_id.eq(self.keeper),
                record_document::file_id.eq(self.file),
                record_document::taken_in_at.eq(to_sql(tx.now)),
                record_document::taken_in_by.eq(tx.actor.key()),
                record_document::words.eq(words_of(&[self.title, self.issuer, self.number, self.kind])),
            ))
            .on_conflict_do_nothing()
            .execute(tx.conn)?;
        Ok((written == 1).then_some(id))
    }

    /// The same document as the holder has it.
    pub fn known(&self, tx: &mut Tx) -> Result<Uuid> {
        Ok(record_document::table
            .filter(record_document::holder_person_id.is_not_distinct_from(self.person))
            .filter(record_document::holder_org_id.is_not_distinct_from(self.org))
            .filter(record_document::kind.eq(self.kind))
            .filter(record_document::issuer.eq(self.issuer))
            .filter(record_document::number.eq(self.number))
            .select(record_document::id)
            .first(tx.conn)?)
    }
}
