//! The queue of a one-stop unit: the components of its dossiers that came on paper, must be
//! digitised and are not yet. A withdrawn dossier's papers went back: they wait no more.

use actix_web::{get, web};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::scope::visible;
use crate::app::App;
use crate::auth::Actor;
use crate::catalogue::definition::Digitise;
use crate::db::schema::{component, digitisation, dossier};
use crate::db::{condition, to_sql};
use crate::error::{INVALID, Problem, Result};
use crate::http::{Cursor, Moment, PageQuery, Params, Reply};
use crate::records::digitise::{Origin, ScanState};
use crate::workflow::Role;

/// Which components of the clerk's queue.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitingQuery {
    /// Only those whose scan stands so; `none`: not scanned. All when absent.
    #[param(inline)]
    scan: Option<WaitingFor>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What a component waits for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WaitingFor {
    /// To be scanned.
    None,
    /// To be compared.
    Scanned,
    /// To be signed.
    Compared,
}

/// A page of the queue, what waits longest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingPage {
    pub items: Vec<WaitingOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// A component that must be digitised and is not.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingOut {
    /// Dossier code.
    pub dossier: String,
    pub procedure: String,
    pub component: String,
    pub ordinal: i16,
    pub origin: Origin,
    pub must: Digitise,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The scan under way.
    pub digitisation: Option<Uuid>,
    /// scanned or compared.
    pub scan: Option<ScanState>,
    pub sha256: Option<String>,
    pub file_id: Option<Uuid>,
}

/// Where a page begins: after this reception, dossier, code and ordinal.
type Position = (Moment, Uuid, String, i16);

/// A row of the queue, in the order of [`WaitingOut`].
type Row = (
    (Uuid, String, String, String, i16, String, Option<String>, jiff_diesel::Timestamp),
    Option<(Uuid, String, String, Uuid)>,
);

/// Lists what the caller's one-stop units have to digitise.
#[utoipa::path(
    operation_id = "list_waiting_components", tag = "records", params(WaitingQuery),
    responses(
        (status = 200, description = "A page", body = WaitingPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/digitisations/waiting")]
pub async fn waiting(app: web::Data<App>, actor: Actor, query: Params<WaitingQuery>) -> Result<Reply> {
    actor.need_role(Role::OneStopClerk)?;
    let Params(query) = query;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after::<Position>()?);
    if after.as_ref().is_some_and(|(_, _, code, _)| code.contains('\0')) {
        return Err(INVALID.at("cursor", "không phải con trỏ trang hợp lệ", "not a cursor of this list"));
    }
    Reply::ok(app.db.read_planned(move |conn| load(conn, &actor, query.scan, after, limit)).await?)
}

fn load(
    conn: &mut PgConnection,
    actor: &Actor,
    scan: Option<WaitingFor>,
    after: Option<Position>,
    limit: i64,
) -> Result<WaitingPage> {
    let posts = actor.need_staff()?.positions.iter().filter(|post| post.role == Role::OneStopClerk);
    let units: Vec<Uuid> = posts.map(|post| post.agency_id).collect();
    let open = digitisation::dossier_id
        .eq(component::dossier_id)
        .and(digitisation::code.eq(component::code))
        .and(digitisation::ordinal.eq(component::ordinal))
        .and(digitisation::state.eq("scanned").or(digitisation::state.eq("compared")));
    let mut query = component::table
        .inner_join(dossier::table.on(dossier::id.eq(component::dossier_id)))
        .left_join(digitisation::table.on(open))
        .filter(visible(actor))
        .filter(component::unit_id.eq_any(units))
        .filter(condition(
            "component.must IS NOT NULL AND component.digitisation_id IS NULL AND dossier.status <> 7
             AND component.origin IN ('paper_original', 'certified_copy', 'presented')",
        ))
        .select((
            (
                component::dossier_id,
                dossier::code,
                dossier::procedure_code,
                component::code,
                component::ordinal,
                component::origin,
                component::must,
                component::received_at,
            ),
            (digitisation::id, digitisation::state, digitisation::sha256, digitisation::file_id).nullable(),
        ))
        .into_boxed::<Pg>();
    query = match scan {
        None => query,
        Some(WaitingFor::None) => query.filter(condition("digitisation.id IS NULL")),
        Some(WaitingFor::Scanned) => query.filter(condition("digitisation.state = 'scanned'")),
        Some(WaitingFor::Compared) => query.filter(condition("digitisation.state = 'compared'")),
    };
    if let Some((at, dossier, code, ordinal)) = after {
        query = query.filter(
            condition(
                "(component.received_at, component.dossier_id, component.code, component.ordinal) > (?, ?, ?, ?)",
            )
            .bind::<Timestamptz, _>(to_sql(at.time()))
            .bind::<SqlUuid, _>(dossier)
            .bind::<Text, _>(code)
            .bind::<SmallInt, _>(ordinal),
        );
    }
    let order = (component::received_at, component::dossier_id, component::code, component::ordinal);
    let mut rows: Vec<Row> = query.order(order).limit(limit + 1).load(conn)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last() {
        Some(((dossier, _, _, code, ordinal, _, _, at), _)) if more => {
            Some(Cursor::encode(&(at.to_jiff(), dossier, code, ordinal))?)
        }
        _ => None,
    };
    Ok(WaitingPage { items: rows.into_iter().map(item).collect::<Result<_>>()?, next })
}

fn item(((_, dossier, procedure, component, ordinal, origin, must, at), scan): Row) -> Result<WaitingOut> {
    let must = must.unwrap_or_default();
    let (id, state, sha256, file) = match scan {
        Some((id, state, sha256, file)) => (Some(id), Some(state), Some(sha256), Some(file)),
        None => (None, None, None, None),
    };
    Ok(WaitingOut {
        dossier,
        procedure,
        component,
        ordinal,
        origin: origin.parse().map_err(anyhow::Error::from)?,
        must: must.parse().map_err(anyhow::Error::from)?,
        received_at: at.to_jiff(),
        digitisation: id,
        scan: state.map(|state| state.parse().map_err(anyhow::Error::from)).transpose()?,
        sha256,
        file_id: file,
    })
}
