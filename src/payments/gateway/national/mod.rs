//! The national payment platform as a gateway; its messages are in `national::payment_platform`.

mod callback;

use std::sync::Arc;

use anyhow::Result;
use futures_util::FutureExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use utoipa_actix_web::service_config::ServiceConfig;

use super::settlement::{Agreement, FileLine, LineKind, SettlementFiles};
use super::{
    Answer, Demand, DemandLine, Found, Gateway, Notice, Offer, Payment, Question, Refund, RefundState, Says,
    Source, Words, exact,
};
use crate::config::{self, Config};
use crate::national::payment_platform::settlement::{SettlementKind, SettlementLine};
use crate::national::payment_platform::{
    self as platform, CURRENCY, Callback, FeeLine, Partner, PaymentPlatform, Receipt, SUCCESS, Unreadable,
};
use crate::national::wire_moment;
use crate::payments::charge::ChargeKind;

pub const NAME: &str = "national";

/// The gateway at which an order's first attempt is opened: every person of the country can
/// pay there. It stays payable for a month: it is told of by message, and nobody is waiting.
pub const OFFER: Offer = Offer { name: NAME, lifetime: SignedDuration::from_hours(30 * 24), online: true };

pub(super) fn build(config: &Config) -> Result<Arc<dyn Gateway>> {
    Ok(Arc::new(National { platform: PaymentPlatform::new(config)?, words: NationalWords::of(config) }))
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(callback::receive_payment_callback);
}

/// What the platform says, read with the shared key or the one before it.
#[derive(Debug, Clone)]
pub struct NationalWords {
    pub partner: Partner,
    /// As it was before its key was rotated.
    pub previous: Option<Partner>,
}

impl NationalWords {
    pub fn of(config: &Config) -> Self {
        let partner = Partner::of(&config.payment);
        let previous = config::previous(&config.payment.previous_key)
            .map(|key| Partner { code: partner.code.clone(), key });
        Self { partner, previous }
    }

    fn is_authentic(&self, message: &Callback) -> bool {
        message.is_authentic(&self.partner)
            || self.previous.as_ref().is_some_and(|before| message.is_authentic(before))
    }
}

impl Words for NationalWords {
    fn gateway(&self) -> &'static str {
        NAME
    }

    /// A notice and the answer to a question are the same message.
    fn read(&self, _: Source, raw: &[u8]) -> Notice {
        match Callback::read(raw) {
            Err(Unreadable { reference }) => Notice::malformed(reference),
            Ok(message) => {
                let says = said(&message, self);
                Notice { reference: Some(message.reference), says }
            }
        }
    }
}

fn said(message: &Callback, words: &NationalWords) -> Says {
    if !words.is_authentic(message) {
        return Says::Forged;
    }
    if message.partner != words.partner.code {
        return Says::OtherPartner;
    }
    if message.error_code != SUCCESS {
        return Says::NotPaid;
    }
    if message.currency != CURRENCY {
        return Says::OtherCurrency;
    }
    Says::Paid(Payment {
        reference: message.reference.clone(),
        amount: exact(&message.amount),
        transaction: message.transaction.clone(),
        bank: message.bank.clone(),
        paid_at: wire_moment(&message.time),
    })
}

/// The platform as a partner meets it.
#[derive(Debug)]
struct National {
    platform: PaymentPlatform,
    words: NationalWords,
}

impl Gateway for National {
    fn words(&self) -> Arc<dyn Words> {
        Arc::new(self.words.clone())
    }

    fn open<'a>(&'a self, demand: &'a Demand, now: Timestamp) -> Answer<'a, String> {
        async move { self.platform.open(&told(demand), now).await }.boxed()
    }

    fn query<'a>(&'a self, question: &'a Question, now: Timestamp) -> Answer<'a, Found> {
        async move {
            Ok(match self.platform.receipt(&question.reference, now).await? {
                Receipt::Paid(raw) => Found::Paid(raw),
                Receipt::NotPaid => Found::NotPaid,
            })
        }
        .boxed()
    }

    fn refund<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState> {
        async move { Ok(state(self.platform.refund(&wanted(refund), now).await?)) }.boxed()
    }

    fn refund_state<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState> {
        async move { Ok(state(self.platform.refund_state(&wanted(refund), now).await?)) }.boxed()
    }

    fn settlement(&self) -> Option<&dyn SettlementFiles> {
        Some(self)
    }
}

impl SettlementFiles for National {
    fn fetch(&self, day: Date, now: Timestamp) -> Answer<'_, String> {
        async move { self.platform.settlement(day, now).await }.boxed()
    }

    fn read(&self, file: &str) -> Result<Vec<FileLine>> {
        let lines = self.platform.settlement_lines(file)?;
        Ok(lines.into_iter().zip(file.lines()).map(|(line, raw)| in_our_words(line, raw)).collect())
    }

    fn respond<'a>(&'a self, day: Date, lines: &'a [(String, Agreement)], now: Timestamp) -> Answer<'a, ()> {
        let told: Vec<(String, platform::settlement::Agreement)> =
            lines.iter().map(|(number, agreement)| (number.clone(), in_their_words(*agreement))).collect();
        async move { self.platform.settlement_response(day, &told, now).await }.boxed()
    }
}

fn in_our_words(line: SettlementLine, raw: &str) -> FileLine {
    let kind = match line.kind {
        SettlementKind::Payment => LineKind::Payment,
        SettlementKind::Refund => LineKind::Refund,
    };
    let SettlementLine { at, transaction, reference, amount, bank, .. } = line;
    FileLine { kind, transaction, reference, amount, bank, at, raw: raw.to_owned() }
}

fn in_their_words(agreement: Agreement) -> platform::settlement::Agreement {
    use platform::settlement::Agreement as Theirs;
    match agreement {
        Agreement::Same => Theirs::Same,
        Agreement::OnlyTheirs => Theirs::OnlyTheirs,
        Agreement::OtherAmount => Theirs::OtherAmount,
        Agreement::OnlyOurs => Theirs::OnlyOurs,
    }
}

/// A demand in the platform's words.
fn told(demand: &Demand) -> platform::Demand {
    platform::Demand {
        reference: demand.reference.clone(),
        amount: demand.amount,
        dossier_code: demand.dossier_code.clone(),
        procedure_code: demand.procedure_code.clone(),
        procedure_name: demand.procedure_name.clone(),
        agency_code: demand.agency_code.clone(),
        agency_name: demand.agency_name.clone(),
        payer_name: demand.payer_name.clone(),
        payer_identity_no: demand.payer_identity_no.clone(),
        payer_address: demand.payer_address.clone(),
        lines: demand.lines.iter().map(line).collect(),
        budget_account: demand.budget.as_ref().map(|budget| budget.account.clone()),
        treasury: demand.budget.as_ref().map(|budget| budget.treasury.clone()),
    }
}

fn line(line: &DemandLine) -> FeeLine {
    let kind = match line.kind {
        ChargeKind::Charge => "1",
        ChargeKind::Fee => "2",
    };
    FeeLine {
        kind: kind.to_owned(),
        code: line.code.clone(),
        name: line.name.clone(),
        amount: line.amount.to_string(),
    }
}

fn wanted(refund: &Refund) -> platform::GiveBack {
    platform::GiveBack {
        id: refund.id.clone(),
        reference: refund.reference.clone(),
        transaction: refund.transaction.clone(),
        amount: refund.amount,
        reason: refund.reason.clone(),
    }
}

fn state(word: platform::RefundWord) -> RefundState {
    match word {
        platform::RefundWord::Success => RefundState::Success,
        platform::RefundWord::Pending => RefundState::Pending,
        platform::RefundWord::Failed => RefundState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn partner() -> Partner {
        Partner { code: "MOTCUA".to_owned(), key: Secret::new("key".to_owned()) }
    }

    fn words() -> NationalWords {
        NationalWords { partner: partner(), previous: None }
    }

    fn message(change: impl FnOnce(&mut Callback)) -> Callback {
        let mut message = Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: "00".to_owned(),
            partner: "MOTCUA".to_owned(),
            reference: "R1".to_owned(),
            amount: "7000".to_owned(),
            currency: "VND".to_owned(),
            transaction: "G1".to_owned(),
            bank: "VIETINBANK".to_owned(),
            time: "20261122091500".to_owned(),
            information: String::new(),
            digest: String::new(),
        };
        change(&mut message);
        message.sign(&partner())
    }

    // Mutants: drop any one of the questions of `said`.
    #[test]
    fn every_question_is_asked() {
        let said = |change: fn(&mut Callback)| said(&message(change), &words());
        assert_eq!(said(|m| m.partner = "OTHER".to_owned()), Says::OtherPartner);
        assert_eq!(said(|m| m.error_code = "01".to_owned()), Says::NotPaid);
        assert_eq!(said(|m| m.currency = "USD".to_owned()), Says::OtherCurrency);
        let payment = Payment {
            reference: "R1".to_owned(),
            amount: Some(7000),
            transaction: "G1".to_owned(),
            bank: "VIETINBANK".to_owned(),
            paid_at: "2026-11-22T02:15:00Z".parse().ok(),
        };
        assert_eq!(said(|_| {}), Says::Paid(payment.clone()));
        let unreadable = Says::Paid(Payment { amount: None, paid_at: None, ..payment });
        let change = |m: &mut Callback| (m.amount, m.time) = ("7e3".to_owned(), "yesterday".to_owned());
        assert_eq!(said(change), unreadable);
    }

    #[test]
    fn what_is_not_signed_says_nothing() {
        let unsigned = Callback { digest: String::new(), ..message(|m| m.partner = "OTHER".to_owned()) };
        assert_eq!(said(&unsigned, &words()), Says::Forged);
    }

    // Mutant: take an empty key for a previous one.
    #[test]
    fn the_key_before_counts_as_long_as_it_is_configured() {
        let before = Partner { code: "MOTCUA".to_owned(), key: Secret::new("before".to_owned()) };
        let sent = |key: &str| {
            let sender = Partner { code: "MOTCUA".to_owned(), key: Secret::new(key.to_owned()) };
            message(|_| {}).sign(&sender)
        };
        let rotated = NationalWords { partner: partner(), previous: Some(before) };
        assert!(matches!(said(&sent("before"), &rotated), Says::Paid(_)));
        assert!(matches!(said(&sent("key"), &rotated), Says::Paid(_)));
        assert_eq!(said(&sent("older"), &rotated), Says::Forged);
        assert_eq!(said(&sent("before"), &words()), Says::Forged);
        let of = |file: &str| NationalWords::of(&Config::from_parts(file, []).unwrap());
        assert_eq!(said(&sent(""), &of("")), Says::Forged);
        assert!(matches!(said(&sent("x"), &of("[payment]\nprevious_key = 'x'")), Says::Paid(_)));
    }
}
