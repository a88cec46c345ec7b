//! A store as a list, and the search in it: by words of the data and of the text, with and
//! without diacritics. A citizen sees the own store, or that of whom a mandate names; an official
//! what was shared with the own agencies. What a store shows to anybody but its holder is noted.

use actix_web::{get, web};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::document::{DocumentOut, DocumentRow, Standing};
use super::reach::{live_share, store_of};
use super::search_words::query_of;
use super::uses::{Act, Look, note};
use crate::app::App;
use crate::auth::{Actor, StaffActor, Who};
use crate::clock::day_of;
use crate::db::schema::{record_document, record_share};
use crate::db::{Tx, condition, to_sql};
use crate::error::{FORBIDDEN, INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, PageQuery, Params, Reply};

/// What to look for. Without any of it: everything, the latest first.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordQuery {
    /// Words of the title, the issuer, the number, the kind or the text; diacritics and case do
    /// not matter, and the beginning of a word is enough.
    #[param(max_length = 200, example = "giay khai sinh")]
    pub q: Option<String>,
    /// Only documents of this kind.
    #[param(max_length = 60, example = "KQ.G15.000031")]
    pub kind: Option<String>,
    /// Citizens: the store of whom this mandate names, as far as it covers.
    pub mandate: Option<Uuid>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    #[param(max_length = 4000)]
    pub cursor: Option<String>,
}

/// A search, its parameters checked.
#[derive(Debug, Clone)]
pub struct Wanted {
    words: Option<String>,
    kind: Option<String>,
    limit: i64,
    after: Option<Uuid>,
}

impl RecordQuery {
    pub fn check(&self) -> Result<Wanted> {
        let page = PageQuery { limit: self.limit, cursor: self.cursor.clone() };
        if self.kind.as_ref().is_some_and(|kind| kind.contains('\0')) {
            return Err(INVALID.at("kind", "không phải loại giấy tờ", "not a kind of document"));
        }
        Ok(Wanted {
            words: self.q.as_deref().map(query_of).transpose()?.flatten(),
            kind: self.kind.clone(),
            limit: page.limit()?,
            after: page.after()?,
        })
    }
}

/// A page of documents, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordPage {
    pub items: Vec<DocumentOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// List or search a store of documents
#[utoipa::path(
    operation_id = "list_records", tag = "records", security(("bearer" = [])),
    params(RecordQuery),
    responses(
        (status = 200, description = "A page of documents, the latest first", body = RecordPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/records")]
pub async fn list_records(app: web::Data<App>, actor: Actor, query: Params<RecordQuery>) -> Result<Reply> {
    let (state, mandate, wanted) = (app.clone(), query.0.mandate, query.0.check()?);
    let page = match &actor.who {
        Who::Anonymous => return Err(UNAUTHENTICATED.err()),
        Who::Machine(_) | Who::System(_) => return Err(FORBIDDEN.err()),
        Who::Citizen(citizen) => {
            let citizen = citizen.clone();
            app.db
                .write(&actor, move |tx| {
                    let day = day_of(tx.now);
                    let store = store_of(&state, tx.conn, &citizen, mandate, day)?;
                    let rows = Wanted::find(&wanted, tx.conn, Box::new(store.condition()))?;
                    let looks: Vec<Look> =
                        rows.iter().filter_map(|row| store.look(row.id, Act::Listed)).collect();
                    note(tx, &looks)?;
                    wanted.page(rows, tx.now)
                })
                .await?
        }
        Who::Staff(staff) => {
            let staff = staff.clone();
            app.db.write(&actor, move |tx| shared(tx, &staff, &wanted)).await?
        }
    };
    Reply::ok(page)
}

/// What was shared with the official's agencies, by shares that live.
fn shared(tx: &mut Tx, staff: &StaffActor, wanted: &Wanted) -> Result<RecordPage> {
    let units: Vec<Uuid> = staff.positions.iter().map(|position| position.agency_id).collect();
    let reach = condition(
        "record_document.id IN (SELECT share.document_id FROM record_share share
          WHERE share.agency_id = ANY (?) AND share.revoked_at IS NULL AND share.ends_at > ?)",
    )
    .bind::<Array<SqlUuid>, _>(units.clone())
    .bind::<Timestamptz, _>(to_sql(tx.now));
    let rows = wanted.find(tx.conn, Box::new(reach))?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let shares: Vec<(Uuid, Uuid, Option<Uuid>, String)> = record_share::table
        .filter(record_share::document_id.eq_any(&ids))
        .filter(record_share::agency_id.eq_any(&units))
        .filter(live_share(tx.now))
        .order((record_share::document_id, record_share::id))
        .distinct_on(record_share::document_id)
        .select((record_share::document_id, record_share::id, record_share::agency_id, record_share::purpose))
        .load(tx.conn)?;
    let look = |(document, share, unit, purpose)| Look {
        document,
        act: Act::Listed,
        unit,
        dossier: None,
        share: Some(share),
        purpose,
    };
    note(tx, &shares.into_iter().map(look).collect::<Vec<_>>())?;
    wanted.page(rows, tx.now)
}

/// Which documents somebody reaches, as a condition.
pub type Reach = Box<dyn BoxableExpression<record_document::table, Pg, SqlType = Bool>>;

impl Wanted {
    /// One row more than the page holds, if there is one.
    pub fn find(&self, conn: &mut PgConnection, reach: Reach) -> Result<Vec<DocumentRow>> {
        let mut query = record_document::table
            .filter(reach)
            .filter(record_document::standing.ne(Standing::Destroyed.word()))
            .order(record_document::id.desc())
            .limit(self.limit + 1)
            .select(DocumentRow::as_select())
            .into_boxed();
        if let Some(words) = &self.words {
            let found = condition("array_to_tsvector(record_document.words) @@ ?::tsquery");
            query = query.filter(found.bind::<Text, _>(words.clone()));
        }
        if let Some(kind) = &self.kind {
            query = query.filter(record_document::kind.eq(kind));
        }
        if let Some(after) = self.after {
            query = query.filter(record_document::id.lt(after));
        }
        Ok(query.load(conn)?)
    }

    /// The page of what was found.
    pub fn page(&self, rows: Vec<DocumentRow>, now: Timestamp) -> Result<RecordPage> {
        let size = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let next = match rows.get(size) {
            Some(_) => rows.get(size - 1).map(|row| Cursor::encode(&row.id)).transpose()?,
            None => None,
        };
        let today = day_of(now);
        let items = rows.iter().take(size).map(|row| row.out(today)).collect::<Result<_>>()?;
        Ok(RecordPage { items, next })
    }
}
