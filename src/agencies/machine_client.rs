//! `POST /api/v1/machine-clients`: a system administrator admits the system of a bank,
//! ministry or province. Its secret is shown once and kept as a hash only; the stored answer
//! does not have it, so the same request sent again gets the client without the secret.

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, accounts, passwords};
use crate::db::Tx;
use crate::error::{INVALID, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::workflow::Role;

/// Scopes that one client may hold.
const SCOPES: usize = 20;

/// A system to admit.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMachineClient {
    #[schema(value_type = String, pattern = r"^[a-z0-9][a-z0-9.-]{2,99}$")]
    client_id: Text<100>,
    /// Whose system it is.
    name: Text<200>,
    /// What it may ask for, e.g. `dossiers.read`.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 20)]
    scopes: Vec<Text<64>>,
}

/// A system that was admitted.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineClientOut {
    id: Uuid,
    client_id: String,
    name: String,
    scopes: Vec<String>,
    /// Only in the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

/// Admit the system of an integrator
#[utoipa::path(
    operation_id = "create_machine_client", tag = "agencies", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = NewMachineClient,
    responses(
        (status = 201, description = "Admitted; the secret is shown this once", body = MachineClientOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 409, description = "The id is taken, or the same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/machine-clients")]
pub async fn create_machine_client(
    app: web::Data<App>,
    actor: Actor,
    request: Keyed<NewMachineClient>,
) -> Result<Reply> {
    actor.need_role(Role::SystemAdmin)?;
    let Keyed { key, body } = request;
    body.check()?;
    let secret = hex::encode(rand::random::<[u8; 32]>());
    let hash = passwords::hash_in_turn(secret.clone()).await?;
    let work = move |tx: &mut Tx| {
        let mut created = false;
        let reply = once(tx, &key, |tx| {
            created = true;
            body.create(tx, &hash)
        })?;
        Ok((reply, created))
    };
    let (mut reply, created) = app.db.write(&actor, work).await?;
    if created {
        reply.body["client_secret"] = json!(secret);
    }
    Ok(reply)
}

impl NewMachineClient {
    fn check(&self) -> Result<()> {
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let id = self.client_id.as_str().as_bytes();
        if id.len() < 3 || !plain(&id[0]) || !id.iter().all(|b| plain(b) || b".-".contains(b)) {
            return Err(INVALID.at(
                "/client_id",
                "từ 3 ký tự, chỉ gồm chữ thường không dấu, chữ số, dấu chấm và gạch nối",
                "at least three small letters, digits, dots and hyphens",
            ));
        }
        let scope = |s: &Text<64>| s.as_str().bytes().all(|b| plain(&b) || b"._:".contains(&b));
        if self.scopes.is_empty() || self.scopes.len() > SCOPES || !self.scopes.iter().all(scope) {
            return Err(INVALID.at(
                "/scopes",
                "từ 1 đến 20 phạm vi, mỗi phạm vi gồm chữ thường, chữ số và . _ :",
                "one to 20 scopes of small letters, digits and . _ :",
            ));
        }
        Ok(())
    }

    fn create(&self, tx: &mut Tx, secret_hash: &str) -> Result<Reply> {
        let mut scopes: Vec<String> = self.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let (client_id, name) = (self.client_id.as_str(), self.name.as_str());
        let id = accounts::create_machine(tx, client_id, name, secret_hash, &scopes)?;
        tx.audit("create_machine_client", Some(id))?;
        let (client_id, name) = (client_id.to_owned(), name.to_owned());
        Reply::created(MachineClientOut { id, client_id, name, scopes, client_secret: None })
    }
}
