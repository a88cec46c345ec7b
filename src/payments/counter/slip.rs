//! A slip that the cashier records: of the card terminal, or of cash paid in at a bank.
//!
//! The numbers on it say which slip it is: one slip is one payment. A wrong amount can be put
//! right by recording the slip again for the same order; nothing else can be made of a slip
//! that was recorded.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::attempt;
use super::super::gateway::{Notice, Offer, Payment, Says, Source, Words};
use super::super::inbox::{AMOUNT_LIMIT, Outcome, take_in};
use super::super::order::choose;
use super::{CARD, DEPOSIT};
use crate::db::Tx;
use crate::db::schema::gateway_payment;
use crate::error::{BUSY, Code, INVALID, Result};
use crate::http::{Day, Serial};

pub static SLIP_USED: Code = Code::new(
    409,
    "slip_used",
    "Phiếu này đã được ghi cho khoản khác",
    "This slip was recorded for another order",
);

/// The slip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SlipIn {
    /// Of the card terminal.
    Card {
        /// The terminal's number (TID).
        #[schema(min_length = 1, max_length = 30, pattern = "^[0-9A-Za-z]+$")]
        terminal: String,
        /// Number of the slip, or of its approval.
        #[schema(min_length = 1, max_length = 30, pattern = "^[0-9A-Za-z]+$")]
        slip: String,
        /// Đồng, as printed.
        #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
        amount: i64,
    },
    /// Of cash that was paid in at a bank, by who cannot pay without cash.
    Deposit {
        /// The bank's short name.
        #[schema(min_length = 1, max_length = 30, pattern = "^[0-9A-Za-z]+$")]
        bank: String,
        /// Number of the slip.
        #[schema(min_length = 1, max_length = 30, pattern = "^[0-9A-Za-z]+$")]
        slip: String,
        day: Day,
        /// Đồng, as printed.
        #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
        amount: i64,
    },
}

impl SlipIn {
    fn offer(&self) -> Offer {
        match self {
            Self::Card { .. } => CARD,
            Self::Deposit { .. } => DEPOSIT,
        }
    }

    /// Đồng, as printed.
    fn amount(&self) -> i64 {
        match self {
            Self::Card { amount, .. } | Self::Deposit { amount, .. } => *amount,
        }
    }

    /// Its numbers are letters and digits, and its amount one that can be paid; else the field
    /// is named. (A body with variants is refused as a whole where the types say it.)
    fn check(&self) -> Result<()> {
        let numbers = match self {
            Self::Card { terminal, slip, .. } => [("/terminal", terminal), ("/slip", slip)],
            Self::Deposit { bank, slip, .. } => [("/bank", bank), ("/slip", slip)],
        };
        for (field, number) in numbers {
            if Serial::<30>::try_from(number.clone()).is_err() {
                let (vi, en) =
                    ("cần 1 đến 30 chữ cái không dấu và chữ số", "must be 1 to 30 letters and digits");
                return Err(INVALID.at(field, vi, en));
            }
        }
        if !(1..=AMOUNT_LIMIT).contains(&self.amount()) {
            return Err(INVALID.at("/amount", "phải lớn hơn 0", "must be more than 0"));
        }
        Ok(())
    }

    /// What no other slip has: a terminal numbers its slips, a bank numbers those of a day.
    fn transaction(&self) -> String {
        let number = match self {
            Self::Card { terminal, slip, .. } => format!("{terminal}/{slip}"),
            Self::Deposit { bank, slip, day, .. } => format!("{bank}/{}/{slip}", day.date()),
        };
        number.to_ascii_uppercase()
    }

    fn payment(&self, reference: &str) -> Payment {
        let bank = match self {
            Self::Card { .. } => String::new(),
            Self::Deposit { bank, .. } => bank.clone(),
        };
        let (transaction, amount) = (self.transaction(), self.amount());
        let reference = reference.to_owned();
        Payment { reference, amount: Some(amount), transaction, bank, paid_at: None }
    }
}

/// What the cashier says, whose login is known.
#[derive(Debug)]
struct SlipWords<'a> {
    slip: &'a SlipIn,
    reference: &'a str,
}

impl Words for SlipWords<'_> {
    fn gateway(&self) -> &'static str {
        self.slip.offer().name
    }

    fn read(&self, _: Source, _: &[u8]) -> Notice {
        let payment = self.slip.payment(self.reference);
        Notice { reference: Some(payment.reference.clone()), says: Says::Paid(payment) }
    }
}

/// Records a slip for what a dossier owes: an attempt that is told at once.
pub fn record(tx: &mut Tx, dossier_id: Uuid, slip: &SlipIn) -> Result<Outcome> {
    slip.check()?;
    let offer = slip.offer();
    let order = choose(tx, dossier_id, offer)?;
    let attempt = attempt::open_at(tx.conn, order.id, offer.name)?.ok_or_else(|| BUSY.err())?;
    let raw = serde_json::to_vec(&serde_json::json!({ "reference": attempt.reference, "slip": slip }))?;
    let words = SlipWords { slip, reference: &attempt.reference };
    let outcome = take_in(tx, &words, Source::Counter, &raw)?.outcome;
    if !is_recorded(tx, slip, &attempt.reference)? {
        return Err(SLIP_USED.at("/slip", "đã được ghi", "was recorded before"));
    }
    tx.audit("record_slip", Some(order.id))?;
    Ok(outcome)
}

/// Whether what is kept of the slip is what was just told: it is not where the same slip was
/// recorded before, for another order or with another amount.
fn is_recorded(tx: &mut Tx, slip: &SlipIn, reference: &str) -> Result<bool> {
    let kept: Option<(String, i64)> = gateway_payment::table
        .filter(gateway_payment::gateway.eq(slip.offer().name))
        .filter(gateway_payment::transaction.eq(slip.transaction()))
        .select((gateway_payment::reference, gateway_payment::amount))
        .first(tx.conn)
        .optional()?;
    Ok(kept == Some((reference.to_owned(), slip.amount())))
}
