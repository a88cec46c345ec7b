//! The public keys of submission receipts, those of former keys included: a receipt is checked
//! years after it was given.

use actix_web::{get, web};
use diesel::prelude::*;

use super::key::{KeySet, PublicKey};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::receipt_key;
use crate::db::{Db, to_sql};
use crate::error::{Problem, Result};
use crate::http::Reply;

/// Keeps a public key for good; one that is known stays as it is.
pub fn publish(db: &Db, key: &PublicKey) -> Result<()> {
    db.write_blocking(&Actor::system("bootstrap"), |tx| {
        diesel::insert_into(receipt_key::table)
            .values((
                receipt_key::kid.eq(&key.kid),
                receipt_key::point.eq(&key.x),
                receipt_key::first_used_at.eq(to_sql(tx.now)),
            ))
            .on_conflict_do_nothing()
            .execute(tx.conn)?;
        Ok(())
    })
}

/// Lists the keys with which submission receipts are checked, as a JWK Set.
#[utoipa::path(
    operation_id = "list_receipt_keys",
    tag = "dossiers",
    security(()),
    responses(
        (status = 200, description = "The keys", body = KeySet),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/submission-receipt-keys")]
pub async fn list_keys(app: web::Data<App>) -> Result<Reply> {
    let own = app.receipt_key.public().clone();
    let of = |(kid, x): (String, String)| PublicKey { kid, x, ..own.clone() };
    let known = app.db.read(|conn| {
        let columns = (receipt_key::kid, receipt_key::point);
        Ok(receipt_key::table.select(columns).order(receipt_key::first_used_at).load(conn)?)
    });
    let mut keys: Vec<PublicKey> = known.await?.into_iter().map(of).collect();
    if !keys.contains(&own) {
        keys.push(own);
    }
    Reply::ok(KeySet { keys })
}
