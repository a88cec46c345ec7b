//! The tax office: it learns of a land dossier by a slip, determines what is owed, tells it by
//! notices, and confirms when it is paid, exempt or recorded as debt.
//!
//! What goes out: [`Slip`] (also as a correction), [`Recall`], [`PaymentReport`], and the questions
//! [`BookQuery`] and [`ObligationsQuery`]. What comes in, below [`INBOUND`]: [`ImportNotices`],
//! [`ImportPayment`], [`ImportObligations`]; each is answered with a [`Reply`]. Reading and writing
//! them is pure; nothing that is read can make the reader fetch, swell or hang ([`xml`]).

mod book;
pub mod json;
mod notice;
mod obligations;
mod payment;
mod slip;
mod wire;
pub mod xml;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::exchange::Exchange;
use crate::config::Config;

pub use book::*;
pub use notice::{ImportNotices, NoticeKind, NoticeRow, Notices};
pub use obligations::{
    Confirmation, ImportObligations, Obligations, ObligationsQuery, QUESTION as OBLIGATIONS, Standing, Sums,
    Tax,
};
pub use payment::{ImportPayment, PAID, PaymentDocument, PaymentInfo, PaymentReport};
pub use slip::*;
pub use wire::{Day, Pdf, Reason, Text, Unreadable};

/// Header with the key by which the office knows its senders.
pub const KEY_HEADER: &str = "x-api-key";

/// Where the portal takes the tax side's messages.
pub const INBOUND: &str = "/api/v1/integration/tax";
/// Its operations: notices, payment documents, confirmations.
pub const IMPORT_NOTICES: &str = "ImportThongBaoThue";
pub const IMPORT_PAYMENT: &str = "ImportChungTuThue";
pub const IMPORT_OBLIGATIONS: &str = "ImportXacNhanNghiaVu";

/// `ERROR_CODE` of success: the message is taken, or was before.
pub const SUCCESS: &str = "00";
/// The message cannot be read.
pub const UNREADABLE: &str = "01";
/// Wrong SecurityKey.
pub const WRONG_KEY: &str = "02";
/// No such dossier.
pub const UNKNOWN_DOSSIER: &str = "03";
/// No such notice, or not of this taxpayer.
pub const UNKNOWN_NOTICE: &str = "04";
/// Not now; to be sent again.
pub const LATER: &str = "99";

/// The answer to a message between the two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TaxSideReply)]
pub struct Reply {
    #[serde(rename = "ERROR_CODE")]
    pub error_code: String,
    #[serde(rename = "ERROR_DESC", default)]
    pub error_text: String,
}

impl Reply {
    pub fn new(error_code: &str, error_text: &str) -> Self {
        Self { error_code: error_code.to_owned(), error_text: error_text.to_owned() }
    }

    pub fn is_accepted(&self) -> bool {
        self.error_code == SUCCESS
    }
}

/// The office, as the land administration meets it.
#[derive(Debug)]
pub struct TaxOffice {
    exchange: Exchange,
}

impl TaxOffice {
    pub fn new(config: &Config) -> Result<Self> {
        let headers = [(KEY_HEADER, config.tax_office.key.expose().as_str())];
        let exchange = Exchange::new(config.tax_office_url(), config.tax_office.timeout_seconds, &headers)?;
        Ok(Self { exchange })
    }

    /// Sends a slip and gives the office's reference; a repeated slip (the same `SEQ_ID`) gets the
    /// same one. A correction is a slip that names the one it corrects.
    pub async fn send(&self, slip: &Slip) -> Result<String> {
        let corrects = slip.request == Request::Correction;
        ensure!(
            corrects == slip.corrects.is_some(),
            "a correction names the slip it corrects, no other does"
        );
        let answer = self.exchange.post("slips", slip).await?;
        acknowledged(answer, &slip.dossier_code)
    }

    /// Takes a slip back, and with it what was determined by it.
    pub async fn recall(&self, recall: &Recall) -> Result<String> {
        let answer = self.exchange.post("slips/recall", recall).await?;
        acknowledged(answer, &recall.dossier_code)
    }

    /// Asks what a person owes in a dossier.
    pub async fn book(&self, query: &BookQuery) -> Result<BookAnswer> {
        let raw = self.exchange.post_xml("book", query.write()).await?;
        let answer = BookAnswer::read(&raw).context("the tax book's answer cannot be used")?;
        let asked = &query.header.0.message_id;
        ensure!(answer.header.0.answers_id.as_ref() == Some(asked), "the answer is to another question");
        Ok(answer)
    }

    /// Asks where the obligations of a dossier stand.
    pub async fn obligations(&self, dossier_code: &str) -> Result<Obligations> {
        let query = ObligationsQuery::new(dossier_code);
        let answer: Obligations = self.exchange.post("obligations", &query).await?;
        ensure!(answer.dossier_code == dossier_code, "the tax office answers about another dossier");
        let text = answer.error_text.as_deref().unwrap_or_default();
        ensure!(answer.error_code == SUCCESS, "the tax office refused: {} {text}", answer.error_code);
        Ok(answer)
    }

    /// Tells of a payment that the portal took; told again, it is known already.
    pub async fn report_payment(&self, payment: &PaymentReport) -> Result<()> {
        let reply: Reply = self.exchange.post("payments", payment).await?;
        ensure!(reply.is_accepted(), "the tax office refused: {} {}", reply.error_code, reply.error_text);
        Ok(())
    }
}

/// The office's reference in an acknowledgement.
fn acknowledged(answer: Acknowledgement, dossier_code: &str) -> Result<String> {
    ensure!(answer.dossier_code == dossier_code, "the tax office answers about another dossier");
    let refused = || format!("the tax office refused: {} {}", answer.error_code, answer.error_text);
    ensure!(answer.error_code == SUCCESS, refused());
    ensure!((1..=100).contains(&answer.reference.len()), "the tax office gives no usable reference");
    Ok(answer.reference)
}
