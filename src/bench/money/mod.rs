//! Money under chaos: fees by the hundred thousand, two gateways, a server that is killed; and
//! in the end every đồng of the gateways' books against ours.
//!
//! The tests use the same notices and the same comparison, against a state machine of proptest.

pub mod books;
mod fees;
pub mod notices;
mod play;
mod server;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use super::Options;
use super::load::{self, Next, request};
use super::report::{Aim, Row};
use super::stage::{CONSTANT, Stage};
use super::writing;
use crate::db::Db;
use crate::verify::{self, Part, Report};
use play::Play;

/// How much, and which chaos.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    pub fees: usize,
    pub seed: u64,
}

/// What was done; all of it is printed.
#[derive(Debug, Default)]
struct Counts {
    callbacks: AtomicUsize,
    forged: AtomicUsize,
    replayed: AtomicUsize,
    wrong: AtomicUsize,
    kills: AtomicUsize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Self { callbacks, forged, replayed, wrong, kills } = self;
        let (callbacks, forged, replayed) = (count(callbacks), count(forged), count(replayed));
        write!(f, "{callbacks} callbacks, {forged} forged, {replayed} replayed, {} wrong", count(wrong))?;
        write!(f, ", {} kills", count(kills))
    }
}

/// Plays, compares, and gives the rate; an error when one đồng is not explained.
pub(super) fn run(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    writing::submit_some(stage, &Options { seconds: 1, ..*options }, progress)?;
    let amount = options.money;
    progress(&format!("money: {} fees, --seed {}", amount.fees, amount.seed));
    let fees = fees::write(stage, amount)?;
    let mut play = Play::begin(stage, fees, amount.seed)?;
    play.rounds(progress)?;
    let measured = play.measured()?;
    progress(&format!("money: {} s of callbacks", options.seconds));
    let next = in_turn(measured, true);
    let length = Duration::from_secs(options.seconds);
    let mut told = load::run(play.address(), options.clients, length, &next)?;
    let constant = in_turn(vec![request(&format!("GET {CONSTANT}"), &[], "")], false);
    progress(&format!("money: {} s of the constant handler", options.seconds));
    let constant = load::run(stage.address, options.clients, length, &constant)?;
    progress("money: asking about everything");
    play.quiesce()?;
    hold(stage, &mut play, progress)?;
    Ok(vec![
        Row::ratio(
            "callbacks ÷ constant handler",
            "callbacks/s",
            told.per_second(),
            constant.per_second(),
            Aim::None,
        ),
        Row::figure("callback p95", "ms", told.quantile_ms(0.95), Aim::None),
    ])
}

/// Requests one after the other, again from the beginning or only once.
fn in_turn(requests: Vec<Vec<u8>>, once: bool) -> Next {
    let taken = AtomicUsize::new(0);
    Arc::new(move |_| {
        let at = taken.fetch_add(1, Ordering::Relaxed);
        if once { requests.get(at).cloned() } else { requests.get(at % requests.len()).cloned() }
    })
}

/// The books agree, nothing was paid twice, no đồng is missing, and `verify` finds nothing.
fn hold(stage: &Stage, play: &mut Play, progress: &dyn Fn(&str)) -> Result<()> {
    let mut found = play.differences()?;
    progress("money: verify payments, ledger and receipts");
    let mut tell = |difference: &str| found.push(format!("verify: {difference}"));
    let mut report = Report::new(&mut tell);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (db, files): (Db, _) = stage.patient()?;
    for part in [Part::Payments, Part::Ledger, Part::Receipts] {
        runtime.block_on(verify::run(&db, &files, part, false, &mut report))?;
    }
    let sums = books::sums(&mut stage.connect()?)?;
    println!(
        "{} fees: {} settled, {} payments, {} refunds; {}",
        play.fees(),
        sums.settled,
        sums.payments,
        sums.refunds,
        play.counts
    );
    let equal = if found.is_empty() { "=" } else { "≠" };
    println!(
        "paid twice = {}, imbalance = {} đồng, gateway book {equal} our book",
        sums.paid_twice, sums.imbalance
    );
    if found.is_empty() && sums.paid_twice == 0 && sums.imbalance == 0 {
        return Ok(());
    }
    found.iter().take(20).for_each(|difference| println!("{difference}"));
    bail!("money is not explained: {} differences", found.len())
}
