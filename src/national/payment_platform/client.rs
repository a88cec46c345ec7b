//! The client: one request a call, with a time limit. Retries are the queue's business.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use super::init::Beneficiary;
use super::settlement::{
    Agreement, SettlementField, SettlementLine, SettlementMessage, SettlementReply, read_file, response_file,
};
use super::{
    Callback, Demand, GiveBack, Init, InitReply, Partner, ReceiptQuery, RefundMessage, RefundReply,
    RefundWord, SUCCESS,
};
use crate::config::Config;

/// Longest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Longest settlement file that is read, in bytes of its message: some 600,000 lines.
const SETTLEMENT_LIMIT: usize = 64 * 1024 * 1024;

/// The platform, as a partner meets it.
#[derive(Debug, Clone)]
pub struct PaymentPlatform {
    http: reqwest::Client,
    /// Address of the platform, without a slash at its end.
    base: String,
    beneficiary: Beneficiary,
    settlement_fields: Vec<SettlementField>,
    pub partner: Partner,
}

/// What the platform says about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// Paid: its signed answer, to be taken in like a callback.
    Paid(Bytes),
    NotPaid,
}

impl PaymentPlatform {
    pub fn new(config: &Config) -> Result<Self> {
        let payment = &config.payment;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(payment.timeout_seconds))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            base: config.payment_gateway(),
            beneficiary: Beneficiary {
                account: payment.beneficiary_account.clone(),
                bank: payment.beneficiary_bank.clone(),
                name: payment.beneficiary_name.clone(),
            },
            settlement_fields: SettlementField::named(&payment.settlement_fields)?,
            partner: Partner::of(payment),
        })
    }

    /// Opens a payment and gives the page where it can be paid. Asking again for the same
    /// reference gives the same page.
    pub async fn open(&self, demand: &Demand, now: Timestamp) -> Result<String> {
        let init = Init::new(&self.partner, demand, &self.beneficiary, now);
        let answer = self.ask("init", &init).await?;
        let reply: InitReply = serde_json::from_slice(&answer).context("the answer cannot be read")?;
        ensure!(reply.is_authentic(&self.partner), "the answer is not signed by the platform");
        ensure!(reply.reference == demand.reference, "the answer is about another order");
        ensure!(reply.is_success(), "the platform refused: {} {}", reply.error_code, reply.description);
        ensure!(reply.pay_url.len() <= 2000, "the address of the pay page is too long");
        ensure!(reply.pay_url.starts_with("http"), "the answer names no pay page");
        Ok(reply.pay_url)
    }

    /// Asks what became of an order.
    pub async fn receipt(&self, reference: &str, now: Timestamp) -> Result<Receipt> {
        let answer = self.ask("receipt", &ReceiptQuery::new(&self.partner, reference, now)).await?;
        let callback = Callback::read(&answer).map_err(|_| anyhow::anyhow!("the answer cannot be read"))?;
        ensure!(callback.is_authentic(&self.partner), "the answer is not signed by the platform");
        ensure!(callback.reference == reference, "the answer is about another order");
        Ok(if callback.error_code == SUCCESS { Receipt::Paid(answer) } else { Receipt::NotPaid })
    }

    /// Gives money back; sent again with the same id, it is the same refund.
    pub async fn refund(&self, refund: &GiveBack, now: Timestamp) -> Result<RefundWord> {
        self.refund_word("refund", RefundMessage::order(&self.partner, refund, now)).await
    }

    /// Asks what became of a refund. One that the platform never heard of has failed: its
    /// order can be sent again.
    pub async fn refund_state(&self, refund: &GiveBack, now: Timestamp) -> Result<RefundWord> {
        self.refund_word("refund/query", RefundMessage::question(&self.partner, refund, now)).await
    }

    async fn refund_word(&self, what: &str, message: RefundMessage) -> Result<RefundWord> {
        let answer = self.ask(what, &message).await?;
        let reply: RefundReply = serde_json::from_slice(&answer).context("the answer cannot be read")?;
        ensure!(reply.is_authentic(&self.partner), "the answer is not signed by the platform");
        ensure!(reply.id == message.id, "the answer is about another refund");
        if !reply.is_success() {
            tracing::warn!(id = reply.id, "the platform refused a refund: {}", reply.description);
            return Ok(RefundWord::Failed);
        }
        serde_json::from_value(reply.state.into()).context("the state of the refund cannot be read")
    }

    /// The settlement file of a day, unread: what the platform holds that it took and gave back.
    pub async fn settlement(&self, day: Date, now: Timestamp) -> Result<String> {
        let question = SettlementMessage::question(&self.partner, day, now);
        self.settle("settlement", &question).await?.file()
    }

    /// The lines of a settlement file: all of them or none.
    pub fn settlement_lines(&self, file: &str) -> Result<Vec<SettlementLine>> {
        read_file(file, &self.settlement_fields).context("the settlement file cannot be read")
    }

    /// Sends the response file: what our book says of each transaction of a day. Sent again, it
    /// takes the place of the former.
    pub async fn settlement_response(
        &self,
        day: Date,
        lines: &[(String, Agreement)],
        now: Timestamp,
    ) -> Result<()> {
        let response = SettlementMessage::response(&self.partner, day, &response_file(lines), now);
        self.settle("settlement/response", &response).await.map(drop)
    }

    async fn settle(&self, what: &str, message: &SettlementMessage) -> Result<SettlementReply> {
        let answer = self.ask_for(what, message, SETTLEMENT_LIMIT).await?;
        let reply: SettlementReply = serde_json::from_slice(&answer).context("the answer cannot be read")?;
        ensure!(reply.is_authentic(&self.partner), "the answer is not signed by the platform");
        ensure!(reply.day == message.day, "the answer is about another day");
        ensure!(reply.is_success(), "the platform refused: {} {}", reply.error_code, reply.description);
        Ok(reply)
    }

    async fn ask(&self, what: &str, message: &impl serde::Serialize) -> Result<Bytes> {
        self.ask_for(what, message, ANSWER_LIMIT).await
    }

    async fn ask_for(&self, what: &str, message: &impl serde::Serialize, limit: usize) -> Result<Bytes> {
        let response = self.http.post(format!("{}/{what}", self.base)).json(message).send().await?;
        let mut response = response.error_for_status()?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            answer.extend_from_slice(&chunk);
            ensure!(answer.len() <= limit, "the answer is too long");
        }
        Ok(answer.into())
    }
}
