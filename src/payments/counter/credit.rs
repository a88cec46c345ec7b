//! The bank tells that money came into the account of the QR codes (báo có).
//!
//! May call: the bank, a machine client with the scope `payments.bank_credit`. A notice is
//! told as often as the bank likes: its transaction counts once. The attempt is named by the
//! reference in the transfer's content; what names none is kept as money of nobody.

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::gateway::{Notice, Payment, Says, Source, Words};
use super::super::inbox::{Outcome, take_in};
use super::VIETQR;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::{Reply, parse_json};
use crate::payments::attempt::is_reference;

/// Scope of the bank's client.
pub const SCOPE: &str = "payments.bank_credit";

/// A notice of the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditIn {
    /// The bank's number of the transfer; one number is one transfer.
    #[schema(min_length = 1, max_length = 100, pattern = "^[!-~]+$")]
    pub transaction: String,
    /// The account that was credited.
    #[schema(max_length = 30)]
    pub account: String,
    /// Đồng.
    pub amount: i64,
    /// VND.
    #[schema(max_length = 3)]
    pub currency: String,
    /// What the payer's bank wrote with it; the reference of the attempt is in it.
    #[schema(max_length = 500)]
    pub content: String,
    /// The payer's bank.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub bank: String,
}

/// What was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreditOut {
    pub outcome: Outcome,
}

/// What the bank says. Who speaks is known before it is read: by the login.
#[derive(Debug, Clone)]
struct CreditWords {
    /// Our account there.
    account: String,
}

impl Words for CreditWords {
    fn gateway(&self) -> &'static str {
        VIETQR.name
    }

    fn read(&self, _: Source, raw: &[u8]) -> Notice {
        let Ok(credit) = serde_json::from_slice::<CreditIn>(raw) else {
            return Notice::malformed(None);
        };
        let reference = reference_in(&credit.content);
        let printable = credit.transaction.bytes().all(|byte| byte.is_ascii_graphic());
        let says = match () {
            () if !printable => Says::Malformed,
            () if credit.account != self.account => Says::OtherPartner,
            () if credit.currency != "VND" => Says::OtherCurrency,
            () => Says::Paid(Payment {
                reference: reference.clone().unwrap_or_default(),
                amount: Some(credit.amount),
                transaction: credit.transaction,
                bank: credit.bank.replace('\0', ""),
                paid_at: None,
            }),
        };
        Notice { reference, says }
    }
}

/// The reference in a transfer's content. Banks write capitals, and put words of their own
/// around it; where two could be meant, none is.
fn reference_in(content: &str) -> Option<String> {
    let content = content.to_ascii_uppercase();
    let mut found = content.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_reference(word));
    let first = found.next()?;
    found.all(|other| other == first).then(|| first.to_owned())
}

/// Take in the bank's notice of a credit
#[utoipa::path(
    operation_id = "receive_bank_credit",
    tag = "payments",
    request_body = CreditIn,
    responses(
        (status = 200, description = "What was made of it; a repeat is answered as such", body = CreditOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy; to be sent again", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/payments/callbacks/bank")]
pub async fn receive_bank_credit(app: web::Data<App>, actor: Actor, body: web::Bytes) -> Result<Reply> {
    actor.need_scope(SCOPE)?;
    parse_json::<CreditIn>(&body)?;
    let words = CreditWords { account: app.config.counter.account.clone() };
    let taken = app.db.write(&actor, move |tx: &mut Tx| take_in(tx, &words, Source::Callback, &body));
    Reply::ok(CreditOut { outcome: taken.await?.outcome })
}

#[cfg(test)]
mod tests {
    use super::reference_in;

    #[test]
    fn the_reference_is_found_among_the_words_of_banks() {
        let reference = "261122ABCDEFGHJKMNPQ";
        for content in [
            reference.to_owned(),
            format!("MBVCB.6612.{}.CT tu 0011 toi 123", reference.to_lowercase()),
            format!("{reference} FT26326-{reference}"),
        ] {
            assert_eq!(reference_in(&content).as_deref(), Some(reference), "{content}");
        }
        for content in ["", "NOP PHI", "261122ABCDEFGHJKMNPQ 261122ABCDEFGHJKMNPR", "X261122ABCDEFGHJKMNPQ"] {
            assert_eq!(reference_in(content), None, "{content}");
        }
    }
}
