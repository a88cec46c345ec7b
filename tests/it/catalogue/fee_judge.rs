//! A foreign judge of what is owed: `tests/judges/fees.py` works 100,000 random filings out by
//! itself, with exact fractions, and must come to the same đồng or the same refusal.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use jiff::civil::{Date, date};
use motcua::catalogue::condition::{Filing, Subject};
use motcua::catalogue::fee_def::FeeDef;
use motcua::catalogue::tariff::{QuoteError, quote, total};
use motcua::workflow::Channel;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const CASES: usize = 100_000;
const FILINGS_A_SET: usize = 100;
const SEED: u64 = 20_260_301;
const CHANNELS: [&str; 3] = ["online", "counter", "post"];
const SUBJECTS: [&str; 3] = ["poor_household", "merit_family", "disabled"];
const FIELDS: [&str; 4] = ["/pages", "/copies", "/deep/count", "/value"];

/// Random rules and filings.
struct Dice(StdRng);

impl Dice {
    fn upto(&mut self, most: i64) -> i64 {
        self.0.random_range(0..=most)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.random_range(0..of.len())]
    }

    /// Days close together, so that first and last days are met often.
    fn day(&mut self) -> Date {
        date(2026, 8, 10).saturating_add(jiff::Span::new().days(self.upto(20)))
    }

    fn money(&mut self) -> i64 {
        match self.upto(9) {
            0 => 0,
            1 => self.upto(i64::MAX),
            2..=4 => self.upto(2_000_000_000),
            _ => self.upto(200_000),
        }
    }

    fn cond(&mut self, depth: u32) -> Value {
        match self.upto(if depth == 0 { 7 } else { 10 }) {
            0 | 1 => json!({"channel": self.one(&CHANNELS)}),
            2 => json!({"subject": self.one(&SUBJECTS)}),
            3 => json!({"identity_level": self.upto(2)}),
            4 => json!({"field": "/kind", "one_of": ["a", "b"]}),
            5 => json!({"field": "/pages", "at_least": self.upto(300)}),
            6 => json!({"field": "/born", "older_than_days": self.upto(60)}),
            7 => json!({"field": "/kind", "equals": "a"}),
            8 => json!({"all": [self.cond(depth - 1), self.cond(depth - 1)]}),
            9 => json!({"any": [self.cond(depth - 1), self.cond(depth - 1)]}),
            _ => json!({"not": self.cond(depth - 1)}),
        }
    }

    fn rule(&mut self) -> Value {
        let cap = if self.chance(50) { json!(self.money()) } else { Value::Null };
        match self.upto(3) {
            0 => json!({"kind": "fixed", "amount": self.money()}),
            1 => json!({"kind": "per_unit", "amount": self.money(), "quantity": self.one(&FIELDS)}),
            2 => {
                let (first, second) = (1 + self.upto(5), 6 + self.upto(50));
                let tiers = json!([
                    {"from": 1, "to": first, "amount": self.upto(9_000)},
                    {"from": first + 1, "to": second, "amount": self.upto(5_000)},
                    {"from": second + 1, "amount": self.upto(1_000)},
                ]);
                let copies = if self.chance(70) { json!("/copies") } else { Value::Null };
                json!({"kind": "tiers", "quantity": "/pages", "tiers": tiers, "cap": cap, "copies": copies})
            }
            _ => json!({"kind": "percent", "base": "/value", "basis_points": self.upto(10_000), "cap": cap}),
        }
    }

    fn days(&mut self, of: &mut Value) {
        of["from"] = json!(self.day());
        if self.chance(50) {
            of["to"] = json!(self.day());
        }
    }

    fn fee(&mut self, number: usize) -> Value {
        let mut rates = Vec::new();
        for channel in [Some("online"), Some("counter"), None] {
            if self.chance(80) {
                let mut rate = json!({"channel": channel, "rule": self.rule()});
                self.days(&mut rate);
                rates.push(rate);
            }
        }
        let mut spared = json!({"name": "Miễn", "legal_basis": "L", "when": self.cond(1)});
        if self.chance(60) {
            self.days(&mut spared);
        }
        let reductions: Vec<Value> = (0..self.upto(2))
            .map(|_| {
                let rule = match self.chance(60) {
                    true => json!({"kind": "percent", "basis_points": 1 + self.upto(9_999)}),
                    false => json!({"kind": "amount", "amount": 1 + self.money() / 2}),
                };
                let when = if self.chance(50) { self.cond(1) } else { Value::Null };
                let mut less = json!({"name": "Giảm", "legal_basis": "L", "when": when, "rule": rule});
                self.days(&mut less);
                less
            })
            .collect();
        json!({
            "code": format!("F{number}"), "name": "Phí", "kind": "charge", "collect": "on_receipt", "legal_basis": "L",
            "when": if self.chance(25) { self.cond(2) } else { Value::Null },
            "rates": rates, "reductions": reductions,
            "exemptions": if self.chance(40) { vec![spared] } else { vec![] },
        })
    }

    fn filing(&mut self) -> Value {
        let mut answers = json!({"kind": self.one(&["a", "b", "c"]), "born": self.day().saturating_sub(jiff::Span::new().days(self.upto(70)))});
        for (field, most) in [("pages", 400), ("copies", 30), ("value", 9_000_000_000)] {
            if !self.chance(3) {
                answers[field] = json!(if self.chance(2) { i64::MAX } else { self.upto(most) });
            }
        }
        answers["deep"] = json!({"count": self.upto(50)});
        let subjects: Vec<&str> = SUBJECTS.into_iter().filter(|_| self.chance(20)).collect();
        json!({
            "channel": self.one(&CHANNELS), "date": self.day(), "case": "standard", "answers": answers,
            "subjects": subjects, "identity_level": self.upto(2),
        })
    }
}

/// What motcua makes of a filing.
fn found(fees: &[FeeDef], filing: &Value) -> Value {
    let channel: Channel = serde_json::from_value(filing["channel"].clone()).unwrap();
    let subjects: Vec<Subject> = serde_json::from_value(filing["subjects"].clone()).unwrap();
    let filing = Filing {
        channel,
        date: filing["date"].as_str().unwrap().parse().unwrap(),
        case: filing["case"].as_str(),
        answers: &filing["answers"],
        subjects: &subjects,
        identity_level: u8::try_from(filing["identity_level"].as_u64().unwrap()).unwrap(),
    };
    match quote(fees, &filing).and_then(|lines| total(&lines).map(|total| (lines, total))) {
        Ok((lines, total)) => {
            for line in &lines {
                assert_eq!(line.rules.last().map(|rule| rule.amount), Some(line.amount), "{line:?}");
            }
            let lines: Vec<Value> = lines.iter().map(|line| json!([line.code, line.amount])).collect();
            json!({"lines": lines, "total": total})
        }
        Err(error) => json!({"error": match error {
            QuoteError::NoRate(_) => "no_rate",
            QuoteError::TwoRates(_) => "two_rates",
            QuoteError::NoQuantity { .. } => "no_quantity",
            QuoteError::TooLarge(_) => "too_large",
        }}),
    }
}

/// The fees of every procedure and of the example of a resolution.
fn published() -> Vec<Value> {
    let procedures = motcua::catalogue::embedded::procedures().into_iter().map(|(_, text)| text.to_owned());
    let resolution = std::fs::read_to_string(crate::data::data("fees/ha_noi.json")).unwrap();
    let all = procedures.chain([resolution]).map(|text| serde_json::from_str::<Value>(&text).unwrap());
    all.map(|definition| definition["fees"].clone())
        .filter(|fees| fees.as_array().is_some_and(|f| !f.is_empty()))
        .collect()
}

// Mutants: a reduction is taken after its last day; a percentage is rounded up.
#[test]
fn a_judge_in_python_comes_to_the_same_dong() {
    let mut dice = Dice(StdRng::seed_from_u64(SEED));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fee-cases.jsonl");
    let mut out = BufWriter::new(File::create(&path).unwrap());
    let published = published();
    assert!(published.len() > 30, "{}", published.len());
    for set in 0..CASES / FILINGS_A_SET {
        let fees = match published.get(set) {
            Some(fees) => fees.clone(),
            None => Value::from((0..1 + set % 3).map(|number| dice.fee(number)).collect::<Vec<_>>()),
        };
        let read: Vec<FeeDef> = serde_json::from_value(fees.clone()).unwrap();
        let filings: Vec<Value> = (0..FILINGS_A_SET)
            .map(|_| {
                let filing = dice.filing();
                json!({"found": found(&read, &filing), "filing": filing})
            })
            .collect();
        writeln!(out, "{}", json!({"fees": fees, "filings": filings})).unwrap();
    }
    drop(out);
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/fees.py");
    let said = Command::new("python3").arg(judge).arg(&path).output().expect("python3 runs");
    let told = String::from_utf8_lossy(&said.stdout);
    let fault = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{told}{fault}");
    let counts: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((counts["cases"].as_u64(), counts["differences"].as_u64()), (Some(CASES as u64), Some(0)));
    for (what, least) in [
        ("exempt", 500),
        ("fixed", 5_000),
        ("per_unit", 5_000),
        ("tiers", 5_000),
        ("percent", 5_000),
        ("reduced", 5_000),
        ("no_quantity", 100),
        ("too_large", 100),
        ("no_rate", 100),
    ] {
        assert!(counts["seen"][what].as_u64() >= Some(least), "too few of {what}: {counts}");
    }
    println!("{counts}");
}
