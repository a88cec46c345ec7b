//! Job: one message leaves for the gateway.

use std::sync::Arc;

use diesel::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::recipients::{NO_ACCOUNT, TAXPAYER};
use crate::db::schema::{dossier, land_tax_notice, message, person};
use crate::db::{Tx, to_sql};
use crate::dossiers::Applicant;
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::national::messages::{Address, Message, MessageGateway};

/// Job: deliver a message. Payload its id, subject its dossier, so that messages about one
/// dossier arrive in order.
pub const DELIVER: &str = "deliver_message";

#[derive(Deserialize)]
struct Delivery {
    message_id: Uuid,
}

/// Hands the message over and notes when. The gateway takes the same id once.
pub async fn deliver(context: JobContext, gateway: Arc<MessageGateway>) -> Result<Outcome> {
    let Delivery { message_id } = context.job.payload()?;
    let message = context.db.read(move |conn| load(conn, message_id)).await?;
    if message.to.is_empty() {
        // Nobody can be reached; whoever has an account reads it here.
        return Ok(Outcome::Done);
    }
    gateway.send(&message).await?;
    context.finish_with(move |tx| note(tx, message_id)).await
}

fn note(tx: &mut Tx, message_id: Uuid) -> Result<()> {
    diesel::update(message::table.find(message_id))
        .set(message::sent_at.eq(to_sql(tx.now)))
        .execute(tx.conn)?;
    Ok(())
}

fn load(conn: &mut PgConnection, id: Uuid) -> Result<Message> {
    let (dossier_id, recipient, title, body): (Uuid, String, String, String) = message::table
        .find(id)
        .select((message::dossier_id, message::recipient, message::title, message::body))
        .first(conn)?;
    if let Some(notice) = recipient.strip_prefix(TAXPAYER).and_then(|id| id.parse::<Uuid>().ok()) {
        let number = land_tax_notice::table.find(notice).select(land_tax_notice::taxpayer_no).first(conn)?;
        let to = Address { identity_no: Some(number), ..Address::default() };
        return Ok(Message { id, to, title, body });
    }
    let (applicant, person_id): (serde_json::Value, Option<Uuid>) = dossier::table
        .find(dossier_id)
        .select((dossier::applicant, dossier::applicant_person_id))
        .first(conn)?;
    let applicant: Applicant = serde_json::from_value(applicant)?;
    let reader: Option<Uuid> = recipient.strip_prefix("citizen:").and_then(|id| id.parse().ok());
    let own_matter = recipient == NO_ACCOUNT || (reader.is_some() && reader == person_id);
    let mut to = match reader {
        Some(reader) => contact(conn, reader)?,
        None => Address::default(),
    };
    if own_matter {
        // What was given with this dossier is newer than what is known of the person.
        to.phone = applicant.phone.or(to.phone);
        to.email = applicant.email.or(to.email);
    }
    Ok(Message { id, to, title, body })
}

/// What is known of a person.
fn contact(conn: &mut PgConnection, person_id: Uuid) -> Result<Address> {
    let (identity_no, phone, email) = person::table
        .find(person_id)
        .select((person::identity_no, person::phone, person::email))
        .first(conn)?;
    Ok(Address { identity_no, phone, email })
}
