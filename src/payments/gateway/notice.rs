//! What a gateway tells, in motcua's words.

use jiff::Timestamp;

/// How a message reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The gateway called.
    Callback,
    /// It answered when we asked.
    Query,
    /// A cashier recorded it.
    Counter,
    /// A line of its settlement file.
    Settlement,
}

impl Source {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Query => "query",
            Self::Counter => "counter",
            Self::Settlement => "settlement",
        }
    }
}

/// A message of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Our reference, if that much could be read.
    pub reference: Option<String>,
    pub says: Says,
}

impl Notice {
    /// Of which at most the reference could be read.
    pub fn malformed(reference: Option<String>) -> Self {
        Self { reference, says: Says::Malformed }
    }
}

/// What a message says. Who sent it comes before what it says, so that a stranger learns
/// nothing from our answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Not a message, or one that names no payment.
    Malformed,
    /// Not signed with the shared key, or changed after it was.
    Forged,
    /// For another partner of the gateway.
    OtherPartner,
    /// The payment failed.
    NotPaid,
    OtherCurrency,
    /// The gateway has the money.
    Paid(Payment),
}

/// A payment as its gateway tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub reference: String,
    /// Đồng; `None`: not an amount as that gateway writes it.
    pub amount: Option<i64>,
    /// The gateway's number of the payment.
    pub transaction: String,
    /// Bank of the payer, as the gateway names it.
    pub bank: String,
    /// `None`: not readable; nothing depends on it.
    pub paid_at: Option<Timestamp>,
}

/// An amount exactly as a gateway writes it: `7000.0`, `7e3` and `07000` are none.
pub fn exact(text: &str) -> Option<i64> {
    text.parse().ok().filter(|amount: &i64| amount.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::exact;

    // Mutant: parse the amount as a float, or take what the parser takes (`+7000`, `07000`).
    #[test]
    fn only_one_writing_of_an_amount_is_read() {
        assert_eq!(exact("7000"), Some(7000));
        assert_eq!(exact("-1"), Some(-1));
        for text in
            ["7e3", "7000.0", "07000", " 7000", "+7000", "", "7.000", "7000đ", "9223372036854775808", "-0"]
        {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
