//! A receipt as a file: made when it is first asked for, outside of any transaction, and kept,
//! so that everybody gets the same bytes of one state of a receipt.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::show::ReceiptOut;
use super::{pdf, xml};
use crate::auth::Actor;
use crate::db::{Db, prepared, to_sql};
use crate::error::{Error, Result};
use crate::workflow::words;

words! {
    /// Form of the file.
    #[schema(as = ReceiptFormat)]
    Format {
        /// For machines.
        Xml = "xml", "XML", "XML";
        /// For people: PDF/A-2b.
        Pdf = "pdf", "PDF", "PDF";
    }
}

impl Format {
    /// The media type of the file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml",
            Self::Pdf => "application/pdf",
        }
    }
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

/// The file of a receipt as it stands; `public_url`: the portal's address, for the QR code.
pub async fn document(db: &Db, receipt: ReceiptOut, format: Format, public_url: &str) -> Result<Vec<u8>> {
    let (id, state) = (receipt.id, receipt.state);
    let kept = db.read(move |conn| {
        let kept: Option<Kept> =
            prepared("SELECT bytes FROM receipt_document WHERE receipt_id = ? AND format = ? AND state = ?")
                .bind::<SqlUuid, _>(id)
                .bind::<Text, _>(format.word())
                .bind::<Text, _>(state.word())
                .get_result(conn)
                .optional()?;
        Ok(kept)
    });
    if let Some(kept) = kept.await? {
        return Ok(kept.bytes);
    }
    let address = format!("{public_url}/api/v1/receipts/{}/{}", receipt.series, receipt.number);
    let made = tokio::task::spawn_blocking(move || match format {
        Format::Xml => Ok(xml::xml(&receipt, &address).into_bytes()),
        Format::Pdf => pdf::pdf(&receipt, &address),
    });
    let bytes = made.await.map_err(|panic| Error::Internal(panic.into()))??;
    keep(db, id, (format.word(), state.word()), bytes).await
}

/// Keeps the file; of two that were made at once the first stays, and both callers get it.
async fn keep(
    db: &Db,
    id: Uuid,
    (format, state): (&'static str, &'static str),
    bytes: Vec<u8>,
) -> Result<Vec<u8>> {
    db.write(&Actor::system("receipt_document"), move |tx| {
        let kept: Kept = prepared(
            "INSERT INTO receipt_document (receipt_id, format, state, bytes, made_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (receipt_id, format, state) DO UPDATE SET made_at = receipt_document.made_at
             RETURNING bytes",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(format)
        .bind::<Text, _>(state)
        .bind::<Binary, _>(bytes.clone())
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .get_result(tx.conn)?;
        Ok(kept.bytes)
    })
    .await
}
