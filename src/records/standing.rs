//! Who keeps a document says that it counts no more, or again: suspended, revoked, replaced.
//!
//! May: the machine client that imported it, the administrator of the agency that keeps it.
//! Effects: its standing, at once for every filing. Refusals: a last word that is to be changed.

use actix_web::{post, web};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::{DocumentOut, DocumentRow, Standing};
use super::import::SCOPE;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::clock::day_of;
use crate::db::schema::record_document;
use crate::db::{Tx, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::workflow::Role;

pub static STANDS_IN_REGISTER: Code = Code::new(
    409,
    "record_stands_in_register",
    "Giấy tờ này là kết quả do cổng cấp; tình trạng của nó được đổi trong sổ kết quả",
    "This document is a result of this portal: how it stands is changed in the register of results",
);
pub static STANDING_FINAL: Code = Code::new(
    409,
    "record_standing_final",
    "Giấy tờ đã bị thu hồi, thay thế hoặc hủy; không đổi được nữa",
    "The document was revoked, replaced or destroyed; that is not changed any more",
);

/// How a document stands from now on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingIn {
    standing: NewStanding,
    /// Why: the decision, the judgment.
    reason: Text<500>,
    /// Of a replacement: the document of the same holder that counts instead.
    #[serde(default)]
    replaced_by: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewStanding {
    Valid,
    Suspended,
    Revoked,
    Replaced,
}

impl NewStanding {
    fn standing(self) -> Standing {
        match self {
            Self::Valid => Standing::Valid,
            Self::Suspended => Standing::Suspended,
            Self::Revoked => Standing::Revoked,
            Self::Replaced => Standing::Replaced,
        }
    }
}

/// Say how a document stands from now on
#[utoipa::path(
    operation_id = "set_record_standing", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = StandingIn,
    responses(
        (status = 200, description = "The document as it stands now", body = DocumentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/standing")]
pub async fn set_record_standing(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<StandingIn>,
) -> Result<Reply> {
    may_keep(&actor)?;
    let (id, Keyed { key, body }) = (id.into_inner(), request);
    app.db.write(&actor, move |tx| once(tx, &key, |tx| set(tx, id, &body))).await
}

fn set(tx: &mut Tx, id: Uuid, new: &StandingIn) -> Result<Reply> {
    let mut row = kept_by(tx.conn, tx.actor, id, true)?;
    let standing = new.standing.standing();
    if row.source == "result" {
        return Err(STANDS_IN_REGISTER.err());
    }
    if row.standing()?.is_final() {
        return Err(STANDING_FINAL.err());
    }
    if (standing == Standing::Replaced) != new.replaced_by.is_some() {
        let (vi, en) = ("chỉ và phải có khi bị thay thế", "goes with a replacement, and only with one");
        return Err(INVALID.at("/replaced_by", vi, en));
    }
    if let Some(other) = new.replaced_by {
        same_holder(tx, &row, other)?;
    }
    row.standing = standing.word().to_owned();
    row.standing_reason = new.reason.as_str().to_owned();
    row.standing_at = to_sql(tx.now);
    row.replaced_by = new.replaced_by;
    diesel::update(record_document::table.find(id))
        .set((
            record_document::standing.eq(&row.standing),
            record_document::standing_reason.eq(&row.standing_reason),
            record_document::standing_at.eq(row.standing_at),
            record_document::replaced_by.eq(row.replaced_by),
        ))
        .execute(tx.conn)?;
    tx.audit("set_record_standing", Some(id))?;
    Reply::ok(row.out(day_of(tx.now))?)
}

fn same_holder(tx: &mut Tx, row: &DocumentRow, other: Uuid) -> Result<()> {
    let found = super::load(tx.conn, other)?.filter(|other| {
        other.id != row.id
            && (other.holder_person_id, other.holder_org_id) == (row.holder_person_id, row.holder_org_id)
    });
    found.map(drop).ok_or_else(|| {
        INVALID.at(
            "/replaced_by",
            "không phải giấy tờ khác của cùng chủ",
            "not another document of the holder",
        )
    })
}

/// Machine clients that import, administrators of agencies.
fn may_keep(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Staff(_) => actor.need_role(Role::AgencyAdmin).map(drop),
        _ => actor.need_scope(SCOPE).map(drop),
    }
}

/// The document, if the actor answers for it: imported it, or administers the agency that keeps
/// it; locked, so that nobody else changes it meanwhile.
pub fn kept_by(conn: &mut PgConnection, actor: &Actor, id: Uuid, lock: bool) -> Result<DocumentRow> {
    may_keep(actor)?;
    let found = record_document::table.find(id).select(DocumentRow::as_select());
    let row: Option<DocumentRow> = match lock {
        true => found.for_update().first(conn).optional()?,
        false => found.first(conn).optional()?,
    };
    let mine = |row: &DocumentRow| match &actor.who {
        Who::Staff(staff) => Ok(staff.holds(Role::AgencyAdmin, row.keeper_id)),
        Who::Machine(_) => Ok(row.taken_in_by == actor.key()),
        _ => Err(FORBIDDEN.err()),
    };
    match row {
        Some(row) if mine(&row)? => Ok(row),
        _ => Err(NOT_FOUND.err()),
    }
}
