//! What a benchmark says: a table for people, JSON for machines.

use std::fmt;

use serde::Serialize;

/// What a figure should reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    None,
}

impl Aim {
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(value >= least),
            Self::AtMost(most) => Some(value <= most),
            Self::None => None,
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub what: String,
    pub unit: String,
    pub measured: f64,
    /// What it is compared with, in the same unit and the same run.
    pub reference: Option<f64>,
    pub ratio: Option<f64>,
    pub aim: Aim,
    pub met: Option<bool>,
}

impl Row {
    /// A comparison; the aim is for the ratio.
    pub fn ratio(what: &str, unit: &str, measured: f64, reference: f64, aim: Aim) -> Self {
        let ratio = measured / reference;
        let (what, unit) = (what.to_owned(), unit.to_owned());
        Self {
            what,
            unit,
            measured,
            reference: Some(reference),
            ratio: Some(ratio),
            aim,
            met: aim.met(ratio),
        }
    }

    /// A figure by itself.
    pub fn figure(what: &str, unit: &str, measured: f64, aim: Aim) -> Self {
        let (what, unit) = (what.to_owned(), unit.to_owned());
        Self { what, unit, measured, reference: None, ratio: None, aim, met: aim.met(measured) }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.2}"));
        let aim = match self.aim {
            Aim::AtLeast(least) => format!("≥ {least}"),
            Aim::AtMost(most) => format!("≤ {most}"),
            Aim::None => String::new(),
        };
        let met = self.met.map_or("", |met| if met { "met" } else { "MISSED" });
        let (measured, reference) = (number(Some(self.measured)), number(self.reference));
        let (what, unit, ratio) = (&self.what, &self.unit, number(self.ratio));
        write!(f, "{what:<36}{measured:>12}{reference:>12} {unit:<14}{ratio:>8}  {aim:<8}{met}")
    }
}

/// Everything that was measured, on which machine.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `release` or `debug`: figures of a debug build say nothing.
    pub build: &'static str,
    pub processors: usize,
    pub clients: usize,
    pub seconds: u64,
    pub rows: Vec<Row>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { build, processors, clients, seconds, .. } = self;
        writeln!(f, "{build} build, {processors} processors, {clients} clients, {seconds} s each")?;
        writeln!(f, "{:<36}{:>12}{:>12} {:<14}{:>8}  aim", "", "measured", "reference", "unit", "ratio")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
