//! `ImportChungTuThue`: a payment was made, here or elsewhere.
//!
//! It counts once by its own number. One that tells of our own payment counts for nothing
//! more; one whose notice has not come waits for it; what goes beyond what is owed is kept as
//! such, for the tax office to give back.

use actix_web::{HttpRequest, HttpResponse, post, web};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{AMOUNT_LIMIT, Answer, CONFLICT, Message, is_number, receive};
use crate::app::App;
use crate::config::Secret;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Problem, Result};
use crate::land_tax::dossier::Matter;
use crate::land_tax::{notice, settle};
use crate::national::tax::{IMPORT_PAYMENT, ImportPayment, Reply, UNKNOWN_NOTICE, UNREADABLE, Unreadable};

/// Take in a payment document of the tax side
#[utoipa::path(
    operation_id = "import_tax_payment", tag = "land_tax", security(()),
    request_body(content = Object, description = "ImportChungTuThue, with its SecurityKey", content_type = "application/json"),
    responses(
        (status = 200, description = "Taken in, now or before", body = Reply),
        (status = "4XX", description = "Refused: ERROR_CODE says why",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
        (status = 503, description = "To be sent again",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
    )
)]
#[post("/api/v1/integration/tax/ImportChungTuThue")]
pub async fn import_tax_payment(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    receive::<ImportPayment>(&app, &request, payload).await
}

impl Message for ImportPayment {
    const KIND: &'static str = IMPORT_PAYMENT;

    fn read(raw: &[u8]) -> std::result::Result<Self, Unreadable> {
        Self::read(raw)
    }

    fn key(&self) -> &Secret<String> {
        &self.security_key
    }

    fn id(&self) -> Option<&str> {
        self.data.message_id.as_deref()
    }

    fn content(&self) -> Vec<u8> {
        Self { security_key: Secret::default(), service: None, ..self.clone() }.write().into_bytes()
    }

    fn dossier_code(&self) -> &str {
        &self.data.dossier_code
    }

    fn take(&self, tx: &mut Tx, matter: &Matter, log_id: Uuid) -> Result<Answer> {
        let payment = &self.data.payment;
        let Some(user) = matter.user(&[&self.data.tax_number]) else {
            return Ok(Answer::refused(422, UNKNOWN_NOTICE, "Người nộp thuế không thuộc hồ sơ này"));
        };
        let rows = notice::of_dossier(tx.conn, matter.id)?;
        let of_another =
            rows.iter().any(|row| row.notice_no == payment.notice_number && row.taxpayer_no != user.number);
        if of_another {
            return Ok(Answer::refused(422, UNKNOWN_NOTICE, "Thông báo thuộc người nộp thuế khác"));
        }
        if !payment.is_paid() {
            // Nothing was paid: logged, and no more.
            return Ok(Answer::taken());
        }
        if !(1..=AMOUNT_LIMIT).contains(&payment.amount) || !is_number(&payment.notice_number) {
            return Ok(Answer::refused(400, UNREADABLE, "Số tiền hoặc số thông báo không hợp lệ"));
        }
        let number = number(self);
        if let Some(same) = known(tx, matter.id, &number, self)? {
            let other = || Answer::refused(409, CONFLICT, "Chứng từ này đã có với nội dung khác");
            return Ok(if same { Answer::taken() } else { other() });
        }
        insert(tx, matter, &user.number, &number, self, log_id)?;
        settle::count_waiting(tx, matter)?;
        matter.advance(tx)?;
        Ok(Answer::taken())
    }
}

/// The number by which a payment counts once, whoever tells of it.
fn number(message: &ImportPayment) -> String {
    let told = message.data.payment.reference.as_deref().or(message.data.message_id.as_deref());
    match told.filter(|told| told.len() <= 120) {
        Some(told) => told.to_owned(),
        None => format!("sha256:{}", hex::encode(Sha256::digest(message.content()))),
    }
}

/// A part of a payment that was told before.
#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    instalment: Option<i16>,
}

impl Known {
    /// Is it about the same part? Where either does not say which, it may be.
    fn is_about(&self, code: &str, instalment: Option<i16>) -> bool {
        let same_code = self.code.is_empty() || code.is_empty() || self.code == code;
        let same_instalment =
            self.instalment.is_none() || instalment.is_none() || self.instalment == instalment;
        same_code && same_instalment
    }
}

/// Whether the document is known, and then whether it says the same. One payment may be told in
/// parts, one for each sub-item or instalment.
fn known(tx: &mut Tx, dossier: Uuid, number: &str, message: &ImportPayment) -> Result<Option<bool>> {
    let found: Vec<Known> = prepared(
        "SELECT amount, notice_no, code, instalment FROM land_tax_document WHERE dossier_id = ? AND document_no = ?",
    )
    .bind::<SqlUuid, _>(dossier)
    .bind::<Text, _>(number)
    .load(tx.conn)?;
    let payment = &message.data.payment;
    let (code, instalment) = (short(&payment.item, 20), instalment_of(message));
    let same = found.iter().find(|known| known.is_about(&code, instalment));
    Ok(same.map(|known| known.amount == payment.amount && known.notice_no == payment.notice_number))
}

fn instalment_of(message: &ImportPayment) -> Option<i16> {
    message.data.payment.instalment.and_then(|number| i16::try_from(number).ok())
}

fn short(text: &Option<String>, most: usize) -> String {
    text.as_deref().unwrap_or_default().chars().take(most).collect()
}

fn insert(
    tx: &mut Tx,
    matter: &Matter,
    taxpayer: &str,
    number: &str,
    message: &ImportPayment,
    log_id: Uuid,
) -> Result<()> {
    let (data, payment) = (&message.data, &message.data.payment);
    // It is our own where it has the number of an order of this dossier, of an attempt to pay it,
    // or of its payment; also before the gateway has told us of it.
    prepared(
        "INSERT INTO land_tax_document (id, dossier_id, document_no, notice_no, taxpayer_no, code, instalment, payer_no, payer_name,
                                        amount, paid_at, own, applied_at, message_id, received_at)
         SELECT one.id, one.dossier_id, one.number, ?, ?, ?, ?, ?, ?, ?, ?, mine.own,
                CASE WHEN mine.own THEN one.now END, ?, one.now
           FROM (SELECT ?::uuid AS id, ?::uuid AS dossier_id, ?::text AS number, ?::timestamptz AS now) AS one
          CROSS JOIN LATERAL (
             SELECT EXISTS (SELECT FROM claim c JOIN payment_order o ON o.claim_id = c.id
                              LEFT JOIN payment_attempt a ON a.order_id = o.id
                             WHERE c.dossier_id = one.dossier_id
                               AND one.number IN (o.reference, o.gateway_txn, a.reference)) AS own) AS mine",
    )
    .bind::<Text, _>(&payment.notice_number)
    .bind::<Text, _>(taxpayer)
    .bind::<Text, _>(short(&payment.item, 20))
    .bind::<Nullable<SmallInt>, _>(instalment_of(message))
    .bind::<Text, _>(short(&data.payer_number, 20))
    .bind::<Text, _>(short(&data.payer_name, 300))
    .bind::<BigInt, _>(payment.amount)
    .bind::<Timestamptz, _>(to_sql(payment.paid_at))
    .bind::<SqlUuid, _>(log_id)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(matter.id)
    .bind::<Text, _>(number)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    Ok(())
}
