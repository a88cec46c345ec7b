//! Job: the document of a result is printed.

use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::db::prepared;
use crate::error::Result;
use crate::files;
use crate::forms::printer::Order;
use crate::jobs::{JobContext, Outcome};

/// Job: print a result. Payload `Render`, subject the result.
pub const RENDER_RESULT: &str = "render_result";

/// The result of a job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Render {
    pub result_id: Uuid,
}

#[derive(QueryableByName)]
struct Sheet {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Jsonb)]
    data: Value,
    #[diesel(sql_type = Text)]
    token: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamptz)]
    prepared_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    draft_file_id: Option<Uuid>,
}

/// Prints, keeps the bytes, then writes the row that names them.
pub async fn print_result(context: JobContext) -> Result<Outcome> {
    let Render { result_id: id } = context.job.payload()?;
    let sheet: Sheet = context
        .db
        .read(move |conn| {
            let found = prepared(
                "SELECT t.source, r.data, r.token, r.kind || '-' || r.year || '-' || r.number AS name, r.prepared_at,
                        r.draft_file_id
                   FROM result r JOIN template t ON t.id = r.template_id WHERE r.id = ?",
            )
            .bind::<SqlUuid, _>(id)
            .get_result(conn)?;
            Ok(found)
        })
        .await?;
    if sheet.draft_file_id.is_some() {
        return Ok(Outcome::Done);
    }
    let mut data = sheet.data;
    data["head"]["verify"] = format!("{}/verify/{}", context.app.config.public_url(), sheet.token).into();
    let order = Order { source: sheet.source, data, at: sheet.prepared_at.to_jiff() };
    match context.app.printer.print(order).await? {
        Ok(bytes) => {
            let made = context.app.files.keep_made(bytes, &format!("{}.pdf", sheet.name)).await?;
            context
                .finish_with(move |tx| {
                    let file = files::record_made(tx, &made)?;
                    prepared("UPDATE result SET draft_file_id = ?, failed = '' WHERE id = ?")
                        .bind::<SqlUuid, _>(file.id)
                        .bind::<SqlUuid, _>(id)
                        .execute(tx.conn)?;
                    Ok(())
                })
                .await
        }
        Err(flaw) => {
            tracing::error!(result = %id, %flaw, "a result could not be printed");
            let why: String = flaw.to_string().chars().filter(|c| *c != '\0').take(2_000).collect();
            context
                .finish_with(move |tx| {
                    prepared("UPDATE result SET failed = ? WHERE id = ?")
                        .bind::<Text, _>(&why)
                        .bind::<SqlUuid, _>(id)
                        .execute(tx.conn)?;
                    Ok(())
                })
                .await
        }
    }
}
