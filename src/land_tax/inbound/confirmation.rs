//! `ImportXacNhanNghiaVu`: the tax side says where the obligations of a dossier stand.
//!
//! Met, exempt or recorded as debt: the dossier may go on, as soon as our book says so too.
//! Still open: what was confirmed before holds no more. What it says by a slip that was corrected
//! since is taken, and means nothing.

use actix_web::{HttpRequest, HttpResponse, post, web};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::{Answer, Message, NO_SLIP, is_number, receive};
use crate::app::App;
use crate::config::Secret;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Problem, Result};
use crate::land_tax::dossier::Matter;
use crate::land_tax::notice;
use crate::land_tax::send::message_id;
use crate::national::tax::{
    IMPORT_OBLIGATIONS, ImportObligations, Reply, Standing, UNKNOWN_DOSSIER, UNKNOWN_NOTICE, Unreadable,
};

/// Take in where the obligations of a dossier stand
#[utoipa::path(
    operation_id = "import_tax_confirmation", tag = "land_tax", security(()),
    request_body(content = Object, description = "ImportXacNhanNghiaVu, with its SecurityKey", content_type = "application/json"),
    responses(
        (status = 200, description = "Taken in, now or before", body = Reply),
        (status = "4XX", description = "Refused: ERROR_CODE says why",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
        (status = 503, description = "To be sent again",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
    )
)]
#[post("/api/v1/integration/tax/ImportXacNhanNghiaVu")]
pub async fn import_tax_confirmation(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    receive::<ImportObligations>(&app, &request, payload).await
}

impl Message for ImportObligations {
    const KIND: &'static str = IMPORT_OBLIGATIONS;

    fn read(raw: &[u8]) -> std::result::Result<Self, Unreadable> {
        Self::read(raw)
    }

    fn key(&self) -> &Secret<String> {
        &self.security_key
    }

    fn id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    fn content(&self) -> Vec<u8> {
        Self { security_key: Secret::default(), ..self.clone() }.write().into_bytes()
    }

    fn dossier_code(&self) -> &str {
        &self.data.dossier_code
    }

    fn take(&self, tx: &mut Tx, matter: &Matter, log_id: Uuid) -> Result<Answer> {
        if matter.recalled {
            return Ok(Answer::refused(404, UNKNOWN_DOSSIER, NO_SLIP));
        }
        let strange = self.data.confirmations.iter().any(|told| {
            matter.user(&[told.number.as_deref().unwrap_or_default(), told.tax_number.as_str()]).is_none()
        });
        if strange {
            return Ok(Answer::refused(422, UNKNOWN_NOTICE, "Người nộp thuế không thuộc hồ sơ này"));
        }
        let corrected = |slip: &String| *slip != message_id(matter.id, matter.slip);
        if self.data.slip.as_ref().is_some_and(corrected) {
            return Ok(Answer::taken());
        }
        match self.data.standing {
            Standing::Met | Standing::Recorded => confirm(tx, matter.id, log_id)?,
            Standing::Open | Standing::UnderWay => {
                prepared("DELETE FROM land_tax_confirmation WHERE dossier_id = ?")
                    .bind::<SqlUuid, _>(matter.id)
                    .execute(tx.conn)?;
            }
        }
        record_debts(tx, matter, self, log_id)?;
        matter.advance(tx)?;
        Ok(Answer::taken())
    }
}

fn confirm(tx: &mut Tx, dossier: Uuid, log_id: Uuid) -> Result<()> {
    prepared(
        "INSERT INTO land_tax_confirmation (dossier_id, confirmed_at, message_id) VALUES (?, ?, ?)
         ON CONFLICT (dossier_id) DO UPDATE SET confirmed_at = excluded.confirmed_at, message_id = excluded.message_id",
    )
    .bind::<SqlUuid, _>(dossier)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlUuid, _>(log_id)
    .execute(tx.conn)?;
    Ok(())
}

/// What the tax side recorded as debt on the certificate (ghi nợ) need not be paid now: the
/// notices of that taxpayer and that number, whether they have come or not.
fn record_debts(tx: &mut Tx, matter: &Matter, message: &ImportObligations, log_id: Uuid) -> Result<()> {
    for told in &message.data.confirmations {
        let Some(user) = matter.user(&[told.number.as_deref().unwrap_or_default(), &told.tax_number]) else {
            continue;
        };
        for tax in told.taxes.iter().filter(|tax| tax.sums.recorded > 0 && tax.sums.open == 0) {
            let number = tax.notice_number.as_deref().unwrap_or_default();
            if !is_number(number) {
                continue;
            }
            let reference = tax.note.as_deref().unwrap_or(number);
            notice::tell_debt(tx, matter.id, (&user.number, number), reference, log_id)?;
        }
    }
    Ok(())
}
