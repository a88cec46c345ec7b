//! The canonical text of a close: written and read here, so that the signed text is all that
//! needs to be kept. Lines end with a line feed, values are separated by `|`, and what may come
//! in any order is sorted by its bytes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// First line: whose text it is, and in which form.
const FORM: &str = "MOTCUA-KHOA-SO|1";

/// What was closed, by whom, after what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub agency_id: Uuid,
    pub agency_code: String,
    pub day: Date,
    /// SHA-256 of the close of the day before, in hex; empty: there was none.
    pub previous: String,
    pub closed_at: Timestamp,
    /// As kind:id.
    pub closed_by: String,
}

/// Transfers of one kind, cause, gateway and channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, QueryableByName, Serialize, ToSchema)]
pub struct CloseLine {
    /// charge, payment, suspense, refund, settlement or correction.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The fact that was booked.
    #[diesel(sql_type = Text)]
    pub cause: String,
    /// Empty: by no gateway.
    #[diesel(sql_type = Text)]
    pub gateway: String,
    /// How the dossier was filed: online, counter or post; empty: about no dossier.
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Sum of the debits, in đồng.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// An account, or all accounts of payers of one kind; đồng, a debit is positive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct CloseBalance {
    pub kind: String,
    /// Empty: of all payers.
    pub owner: String,
    pub opening: i64,
    pub closing: i64,
}

/// What did not agree when the day was closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, QueryableByName, Serialize, ToSchema)]
pub struct CloseUnmatched {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub gateway: String,
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Đồng, as they say.
    #[diesel(sql_type = BigInt)]
    pub theirs: i64,
    /// Đồng, as we say.
    #[diesel(sql_type = BigInt)]
    pub ours: i64,
}

/// What a close says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    pub lines: Vec<CloseLine>,
    pub balances: Vec<CloseBalance>,
    pub unmatched: Vec<CloseUnmatched>,
    /// Gateways whose settlement file of the day had not come.
    pub missing_files: Vec<String>,
}

/// Sums of accounts, by kind and owner; đồng, a debit is positive.
pub type Sums = BTreeMap<(String, String), i64>;

/// The balances of a day: what they were before, and what moved on it.
pub fn balances(before: &Sums, moved: &Sums) -> Vec<CloseBalance> {
    let mut keys: Vec<_> = before.keys().chain(moved.keys()).collect();
    keys.sort();
    keys.dedup();
    let at = |sums: &Sums, key| sums.get(key).copied().unwrap_or_default();
    keys.into_iter()
        .map(|key| {
            let opening = at(before, key);
            let (kind, owner) = key.clone();
            CloseBalance { kind, owner, opening, closing: opening + at(moved, key) }
        })
        .filter(|balance| (balance.opening, balance.closing) != (0, 0))
        .collect()
}

/// The closing balances, from which the next day begins.
pub fn closing(balances: &[CloseBalance]) -> Sums {
    balances.iter().map(|b| ((b.kind.clone(), b.owner.clone()), b.closing)).collect()
}

/// SHA-256 of a text.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl Figures {
    /// Sum of what did not agree, in đồng: the larger of the two sides of each.
    pub fn unmatched_sum(&self) -> i64 {
        self.unmatched.iter().map(|open| open.theirs.max(open.ours)).sum()
    }

    /// The text that is signed.
    pub fn render(&self, head: &Head) -> String {
        let mut sorted = self.clone();
        sorted.lines.sort();
        sorted.balances.sort();
        sorted.unmatched.sort();
        sorted.missing_files.sort();
        let head = format!(
            "{FORM}\nagency|{}|{}\nday|{}\nprevious|{}\nclosed|{}|{}\n",
            head.agency_id, head.agency_code, head.day, head.previous, head.closed_at, head.closed_by
        );
        head + &sorted.body().iter().map(|line| format!("{line}\n")).collect::<String>()
    }

    /// The lines of the figures, without the head.
    pub fn body(&self) -> Vec<String> {
        let lines = self.lines.iter().map(|l| {
            format!("line|{}|{}|{}|{}|{}|{}", l.kind, l.cause, l.gateway, l.channel, l.count, l.amount)
        });
        let balances = self
            .balances
            .iter()
            .map(|b| format!("balance|{}|{}|{}|{}", b.kind, b.owner, b.opening, b.closing));
        let unmatched = self.unmatched.iter().map(|u| {
            format!("unmatched|{}|{}|{}|{}|{}|{}", u.id, u.kind, u.gateway, u.day, u.theirs, u.ours)
        });
        let total = format!("unmatched_total|{}|{}", self.unmatched.len(), self.unmatched_sum());
        let missing = self.missing_files.iter().map(|gateway| format!("missing_file|{gateway}"));
        lines.chain(balances).chain(unmatched).chain([total]).chain(missing).collect()
    }

    /// Reads a text back; whatever [`Self::render`] would not write is refused.
    pub fn read(text: &str) -> Result<(Head, Self)> {
        let mut rows = text.lines();
        ensure!(rows.next() == Some(FORM), "the first line");
        let mut head = |name: &str| -> Result<Vec<String>> {
            let row = rows.next().context("it ends in its head")?;
            let mut values = row.split('|').map(str::to_owned);
            ensure!(values.next().as_deref() == Some(name), "the line {row}");
            Ok(values.collect())
        };
        let (agency, day, previous, closed) =
            (head("agency")?, head("day")?, head("previous")?, head("closed")?);
        let value = |values: &[String], at: usize| values.get(at).cloned().context("a value is missing");
        let read_head = Head {
            agency_id: value(&agency, 0)?.parse()?,
            agency_code: value(&agency, 1)?,
            day: value(&day, 0)?.parse()?,
            previous: value(&previous, 0)?,
            closed_at: value(&closed, 0)?.parse()?,
            closed_by: value(&closed, 1)?,
        };
        let mut figures = Self::default();
        for row in rows {
            figures.read_row(row).with_context(|| format!("the line {row}"))?;
        }
        ensure!(figures.render(&read_head) == text, "it is not in its canonical form");
        Ok((read_head, figures))
    }

    fn read_row(&mut self, row: &str) -> Result<()> {
        match row.split('|').collect::<Vec<_>>()[..] {
            ["line", kind, cause, gateway, channel, count, amount] => self.lines.push(CloseLine {
                kind: kind.to_owned(),
                cause: cause.to_owned(),
                gateway: gateway.to_owned(),
                channel: channel.to_owned(),
                count: count.parse()?,
                amount: amount.parse()?,
            }),
            ["balance", kind, owner, opening, closing] => self.balances.push(CloseBalance {
                kind: kind.to_owned(),
                owner: owner.to_owned(),
                opening: opening.parse()?,
                closing: closing.parse()?,
            }),
            ["unmatched", id, kind, gateway, day, theirs, ours] => self.unmatched.push(CloseUnmatched {
                id: id.parse()?,
                kind: kind.to_owned(),
                gateway: gateway.to_owned(),
                day: day.parse()?,
                theirs: theirs.parse()?,
                ours: ours.parse()?,
            }),
            ["missing_file", gateway] => self.missing_files.push(gateway.to_owned()),
            // It follows from the others, and is compared with them at the end.
            ["unmatched_total", _, _] => {}
            _ => bail!("unknown"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            agency_id: Uuid::from_u128(7),
            agency_code: "H49.45.01".to_owned(),
            day: jiff::civil::date(2026, 11, 22),
            previous: String::new(),
            closed_at: Timestamp::UNIX_EPOCH,
            closed_by: "staff:1".to_owned(),
        }
    }

    fn sums(of: &[(&str, i64)]) -> Sums {
        of.iter().map(|(kind, amount)| (((*kind).to_owned(), String::new()), *amount)).collect()
    }

    #[test]
    fn balances_go_from_day_to_day() {
        let found =
            balances(&sums(&[("a", 7), ("b", 5), ("d", 0)]), &sums(&[("a", -2), ("b", -5), ("c", 1)]));
        let told: Vec<_> = found.iter().map(|b| (b.kind.as_str(), b.opening, b.closing)).collect();
        assert_eq!(told, [("a", 7, 5), ("b", 5, 0), ("c", 0, 1)]);
        assert_eq!(closing(&found).values().sum::<i64>(), 6);
    }

    // Mutant: leave a line of the text unread.
    #[test]
    fn a_text_is_read_as_it_was_written_and_no_other_is() {
        let unmatched = |id, theirs| CloseUnmatched {
            id: Uuid::from_u128(id),
            kind: "not_ours".to_owned(),
            gateway: "national".to_owned(),
            day: jiff::civil::date(2026, 11, 21),
            theirs,
            ours: 5000,
        };
        let line = CloseLine {
            kind: "payment".to_owned(),
            cause: "payment".to_owned(),
            gateway: "national".to_owned(),
            channel: "online".to_owned(),
            count: 3,
            amount: 21_000,
        };
        let figures = Figures {
            lines: vec![line],
            balances: balances(&sums(&[("a", 7)]), &sums(&[("b", -5)])),
            unmatched: vec![unmatched(1, 7000), unmatched(2, 0)],
            missing_files: vec!["national".to_owned()],
        };
        let text = figures.render(&head());
        assert!(text.contains("\nline|payment|payment|national|online|3|21000\n"), "{text}");
        assert!(text.ends_with("\nunmatched_total|2|12000\nmissing_file|national\n"), "{text}");
        assert_eq!(Figures::read(&text).ok(), Some((head(), figures)));
        for (from, to) in [
            ("KHOA-SO|1", "KHOA-SO|2"),
            ("unmatched_total|2", "unmatched_total|3"),
            ("|3|21000", "|03|21000"),
            ("missing_file|national\n", "missing_file|national"),
            ("missing_file|national\n", "other|national\n"),
        ] {
            let changed = text.replace(from, to);
            assert!(changed != text && Figures::read(&changed).is_err(), "{from}");
        }
    }
}
