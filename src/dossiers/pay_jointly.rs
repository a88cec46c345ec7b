//! Somebody pays for several dossiers at once.
//!
//! May: who is the applicant of every dossier, or entitled to act for the applicant of every
//! one: a joint order is there only for whom all its dossiers are. Effects: a joint order over
//! what they owe, with an attempt at a gateway, whose page follows. Refusals: 404 a dossier or
//! joint order that is not visible, 409 nothing to pay, closed, or not of one payer and unit,
//! 422 too many dossiers, one twice, or a gateway that this portal does not offer.

use std::collections::BTreeSet;

use actix_web::{get, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::pay::{AttemptIn, NOT_OFFERED};
use super::scope::visible;
use super::store;
use super::take_action::CLOSED;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::db::schema::dossier;
use crate::error::{INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::payments::gateway::{self, Offer};
use crate::payments::joint::{self, JointOrderOut, MEMBERS_LIMIT};

/// What to pay for at once.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointOrderIn {
    /// Codes of the dossiers, each once.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    pub dossiers: Vec<Text<100>>,
    /// Name of the gateway; the national platform when absent.
    #[serde(default)]
    pub gateway: Option<Text<30>>,
}

/// Nothing to say but which.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointCancelIn {}

/// Opens a joint order over what several dossiers owe.
#[utoipa::path(
    operation_id = "open_joint_order",
    tag = "payments",
    request_body = JointOrderIn,
    params(("Idempotency-Key" = String, Header, description = "A new word for each request")),
    responses(
        (status = 201, description = "The joint order; its page follows", body = JointOrderOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/me/joint-orders")]
pub async fn open_joint_order(
    app: web::Data<App>,
    actor: Actor,
    request: Keyed<JointOrderIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let offer = offered(&app, request.body.gateway.as_ref())?;
    if !(1..=MEMBERS_LIMIT).contains(&request.body.dossiers.len()) {
        let (vi, en) = (format!("cần 1 đến {MEMBERS_LIMIT} hồ sơ"), format!("1 to {MEMBERS_LIMIT} dossiers"));
        return Err(INVALID.at("/dossiers", vi, en));
    }
    let Keyed { key, body } = request;
    let done = app.db.write(&actor, move |tx| {
        once(tx, &key, |tx| {
            let dossiers = lock(tx, &body.dossiers)?;
            let id = joint::open_joint(tx, &dossiers, offer)?;
            Reply::created(joint::joint_of(tx.conn, id)?)
        })
    });
    done.await
}

fn offered(app: &App, name: Option<&Text<30>>) -> Result<Offer> {
    let name = name.map_or(gateway::national::NAME, |name| name.as_str());
    let offer = gateway::offered(&app.config, name);
    offer.ok_or_else(|| NOT_OFFERED.at("/gateway", "không được cung cấp", "is not offered"))
}

/// The dossiers of these codes, in this order, that the caller may pay for. Locked in the order
/// of their codes, as by everybody who locks several.
fn lock(tx: &mut Tx, codes: &[Text<100>]) -> Result<Vec<Uuid>> {
    let mut places: Vec<usize> = (0..codes.len()).collect();
    places.sort_by_key(|place| codes[*place].as_str().trim().to_ascii_uppercase());
    let (mut dossiers, mut seen) = (vec![Uuid::nil(); codes.len()], BTreeSet::new());
    for place in places {
        let code = codes[place].as_str();
        let row = store::find_locked(tx, code)?;
        if row.closed_at.is_some() {
            return Err(CLOSED.at(&format!("/dossiers/{place}"), "đã kết thúc", "is closed"));
        }
        if !seen.insert(row.id) {
            return Err(INVALID.at(&format!("/dossiers/{place}"), "hồ sơ bị lặp", "named twice"));
        }
        dossiers[place] = row.id;
    }
    Ok(dossiers)
}

/// The joint order of a number, if the actor may see all its dossiers.
fn find(conn: &mut PgConnection, actor: &Actor, reference: &str) -> Result<Uuid> {
    let id = joint::joint_by_reference(conn, reference)?.ok_or_else(|| NOT_FOUND.err())?;
    let dossiers = joint::dossiers_of(conn, id)?;
    let seen: i64 = dossier::table
        .filter(dossier::id.eq_any(&dossiers))
        .filter(visible(actor))
        .count()
        .get_result(conn)?;
    if usize::try_from(seen).is_ok_and(|seen| seen == dossiers.len()) { Ok(id) } else { Err(NOT_FOUND.err()) }
}

/// Shows a joint order.
#[utoipa::path(
    operation_id = "show_joint_order",
    tag = "payments",
    params(("reference" = String, Path, description = "Its number")),
    responses(
        (status = 200, description = "Its state, its page and its dossiers", body = JointOrderOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/me/joint-orders/{reference}")]
pub async fn show_joint_order(
    app: web::Data<App>,
    actor: Actor,
    reference: web::Path<String>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let shown = app.db.read(move |conn| {
        let id = find(conn, &actor, &reference)?;
        joint::joint_of(conn, id)
    });
    Reply::ok(shown.await?)
}

/// Chooses a gateway for a joint order: an attempt is begun there, whose page follows.
#[utoipa::path(
    operation_id = "choose_joint_gateway",
    tag = "payments",
    request_body = AttemptIn,
    params(
        ("reference" = String, Path, description = "Its number"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "The joint order with its attempts", body = JointOrderOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/me/joint-orders/{reference}/attempts")]
pub async fn choose_joint_gateway(
    app: web::Data<App>,
    actor: Actor,
    reference: web::Path<String>,
    request: Keyed<AttemptIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let (offer, key) = (offered(&app, Some(&request.body.gateway))?, request.key);
    let done = app.db.write(&actor, move |tx| {
        once(tx, &key, |tx| {
            let id = find(tx.conn, tx.actor, &reference)?;
            joint::choose_joint(tx, id, offer)?;
            Reply::created(joint::joint_of(tx.conn, id)?)
        })
    });
    done.await
}

/// Gives up a joint order; each dossier can still be paid for alone.
#[utoipa::path(
    operation_id = "cancel_joint_order",
    tag = "payments",
    request_body = JointCancelIn,
    params(
        ("reference" = String, Path, description = "Its number"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 200, description = "Given up, now or before", body = JointOrderOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/me/joint-orders/{reference}/cancellation")]
pub async fn cancel_joint_order(
    app: web::Data<App>,
    actor: Actor,
    reference: web::Path<String>,
    Keyed { key, .. }: Keyed<JointCancelIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let done = app.db.write(&actor, move |tx| {
        once(tx, &key, |tx| {
            let id = find(tx.conn, tx.actor, &reference)?;
            joint::cancel_joint(tx, id)?;
            Reply::ok(joint::joint_of(tx.conn, id)?)
        })
    });
    done.await
}
