//! The settlement file of a gateway (đối soát), in motcua's words: day by day, what it holds
//! that it took and gave back. How it is written is the adapter's; what it means is
//! reconciliation's. A payment that only its line tells of comes in by the inbox, like any other.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Answer, Notice, Payment, Says, Source, Words};

/// A gateway that has settlement files.
pub trait SettlementFiles: Send + Sync {
    /// The file of a day of Việt Nam, whose sender was verified; still unread.
    fn fetch(&self, day: Date, now: Timestamp) -> Answer<'_, String>;

    /// Reads a file: all of it or nothing.
    fn read(&self, file: &str) -> Result<Vec<FileLine>>;

    /// Sends what our book says of each transaction; sent again, it takes the former's place.
    fn respond<'a>(&'a self, day: Date, lines: &'a [(String, Agreement)], now: Timestamp) -> Answer<'a, ()>;
}

/// Money taken, or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Payment,
    Refund,
}

impl LineKind {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    pub kind: LineKind,
    /// The gateway's number of the payment; of a refund our number of the attempt at it.
    pub transaction: String,
    /// Our reference of the payment.
    pub reference: String,
    /// Đồng, of a refund too.
    pub amount: i64,
    /// Bank of the payer, or empty.
    pub bank: String,
    /// `None`: not readable; nothing depends on it.
    pub at: Option<Timestamp>,
    /// The line as it stands in the file.
    pub raw: String,
}

/// What our book says about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Same,
    /// We have no such payment.
    OnlyTheirs,
    OtherAmount,
    /// We have it, and their file has not.
    OnlyOurs,
}

/// A payment as the line of a file tells it. Who sent the file was verified with it.
#[derive(Debug, Clone)]
pub struct LineWords {
    pub gateway: &'static str,
    pub line: FileLine,
}

impl Words for LineWords {
    fn gateway(&self) -> &'static str {
        self.gateway
    }

    fn read(&self, _: Source, _: &[u8]) -> Notice {
        let FileLine { kind, transaction, reference, amount, bank, at, .. } = self.line.clone();
        if kind == LineKind::Refund {
            return Notice::malformed(Some(reference));
        }
        let payment =
            Payment { reference: reference.clone(), amount: Some(amount), transaction, bank, paid_at: at };
        Notice { reference: Some(reference), says: Says::Paid(payment) }
    }
}
