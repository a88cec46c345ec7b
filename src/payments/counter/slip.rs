//! A slip that the cashier records: of the card terminal, or of cash paid in at a bank.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::attempt;
use super::super::gateway::{Notice, Offer, Payment, Says, Source, Words};
use super::super::inbox::{Outcome, take_in};
use super::super::order::choose;
use super::{CARD, DEPOSIT};
use crate::db::Tx;
use crate::error::{BUSY, Code, Result};
use crate::http::{Day, Text};

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
        terminal: Text<30>,
        /// Number of the slip, or of its approval.
        slip: Text<30>,
        /// Đồng, as printed.
        #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
        amount: i64,
    },
    /// Of cash that was paid in at a bank, by who cannot pay without cash.
    Deposit {
        bank: Text<30>,
        /// Number of the slip.
        slip: Text<30>,
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

    /// What no other slip has: a terminal numbers its slips, a bank numbers those of a day.
    fn payment(&self, reference: &str) -> Payment {
        let (transaction, amount, bank) = match self {
            Self::Card { terminal, slip, amount } => {
                (format!("{}/{}", terminal.as_str(), slip.as_str()), *amount, String::new())
            }
            Self::Deposit { bank, slip, day, amount } => (
                format!("{}/{}/{}", bank.as_str(), day.date(), slip.as_str()),
                *amount,
                bank.as_str().to_owned(),
            ),
        };
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
    let offer = slip.offer();
    let order = choose(tx, dossier_id, offer)?;
    let attempt = attempt::open_at(tx.conn, order.id, offer.name)?.ok_or_else(|| BUSY.err())?;
    let raw = serde_json::to_vec(&serde_json::json!({ "reference": attempt.reference, "slip": slip }))?;
    let words = SlipWords { slip, reference: &attempt.reference };
    let outcome = take_in(tx, &words, Source::Counter, &raw)?.outcome;
    if outcome == Outcome::TransactionReused {
        return Err(SLIP_USED.err());
    }
    tx.audit("record_slip", Some(order.id))?;
    Ok(outcome)
}
