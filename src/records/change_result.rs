//! A result of the register is suspended, holds again or is revoked, and with it, in the same
//! moment, the document in its holder's store: it counts there too, in the place of papers, and
//! is shared.
//!
//! May: a leader of the agency that issued it. Refusals: 404 not in the official's reach, 403 no
//! leader, 409 a change that its state does not allow.

use actix_web::{post, web};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Problem, Result};
use crate::http::{Keyed, Reply, once};
use crate::results::{ChangeResult, ResultOut, change, find, seen};

/// Suspends a result, lets it hold again, revokes it, or calls off one that was never signed.
#[utoipa::path(
    operation_id = "change_result",
    tag = "results",
    request_body = ChangeResult,
    params(
        ("id" = Uuid, Path, description = "The result"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 200, description = "The result", body = ResultOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/results/{id}/changes")]
pub async fn change_result(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<ChangeResult>,
) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    app.db
        .write(&actor, move |tx| {
            seen(tx.conn, tx.actor, id)?;
            once(tx, &request.key, |tx| {
                change(tx, id, &request.body)?;
                stand_as_registered(tx, id)?;
                Reply::ok(find(tx.conn, id)?.out(tx.conn)?)
            })
        })
        .await
}

/// The document of a result, where it lies in a store, stands as the register says; the words of
/// both are the same for what was issued.
fn stand_as_registered(tx: &mut Tx, result: Uuid) -> Result<()> {
    prepared(
        "UPDATE record_document SET standing = r.state, standing_reason = r.reason, standing_at = ?
           FROM result r
          WHERE r.id = ? AND record_document.source = 'result' AND record_document.source_id = r.id
            AND record_document.standing NOT IN ('destroyed', r.state)",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlUuid, _>(result)
    .execute(tx.conn)?;
    Ok(())
}
