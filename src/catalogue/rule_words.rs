//! PURE: a fee rule in words: by which document and clause, on which channel, in which days.
use super::tariff::AppliedRule;
use crate::workflow::Channel;
use jiff::civil::Date;

/// Where a rule stands and when it holds.
pub(super) struct Cited<'a> {
    pub legal_basis: &'a str,
    pub clause: Option<&'a String>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub channel: Option<Channel>,
}

impl Cited<'_> {
    /// The rule as a part of a line.
    pub(super) fn applied(&self, pointer: String, amount: i64) -> AppliedRule {
        let (legal_basis, clause) = (self.legal_basis.to_owned(), self.clause.cloned());
        AppliedRule { pointer, legal_basis, clause, amount }
    }
}

/// What the rule does, then where it stands: `… khi nộp trực tuyến, theo điểm a khoản 1 Điều 4
/// TT 1/2026/TT-BTC (từ 2026-08-15 đến hết 2027-02-28)`, and the same in English.
pub(super) fn sentence((vi, en): (String, String), cited: &Cited) -> (String, String) {
    let (channel_vi, channel_en) = match cited.channel {
        Some(channel) => {
            (format!(" khi nộp {}", channel.vi().to_lowercase()), format!(" when filed {}", channel.en()))
        }
        None => Default::default(),
    };
    let clause = cited.clause.map(|clause| format!("{clause} ")).unwrap_or_default();
    let (days_vi, days_en) = match (cited.from, cited.to) {
        (Some(from), Some(to)) => (format!(" (từ {from} đến hết {to})"), format!(" (from {from} to {to})")),
        (Some(from), None) => (format!(" (từ {from})"), format!(" (since {from})")),
        (None, Some(to)) => (format!(" (đến hết {to})"), format!(" (until {to})")),
        (None, None) => Default::default(),
    };
    let law = cited.legal_basis;
    (
        format!("{vi}{channel_vi}, theo {clause}{law}{days_vi}"),
        format!("{en}{channel_en}, by {clause}{law}{days_en}"),
    )
}
