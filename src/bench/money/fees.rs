//! Dossiers that owe fees, with charges and orders written as the portal writes them.

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use super::Amount;
use crate::auth::Actor;
use crate::bench::stage::Stage;
use crate::db::Tx;
use crate::ledger::Payer;
use crate::payments::{ChargeIn, ChargeKind, Debtor, open_order, write_all_charges};

/// Orders that are opened in one transaction.
const TOGETHER: usize = 50;

/// A dossier that owes a fee.
#[derive(Debug, Clone)]
pub(super) struct Fee {
    pub dossier_id: Uuid,
    pub code: String,
    person: Uuid,
    unit_id: Uuid,
    /// Place of its unit, and so of its cashier, among the units.
    pub unit: usize,
}

impl Fee {
    fn debtor(&self) -> Debtor {
        let payer = Payer::of(self.dossier_id, Some(self.person), None);
        Debtor { dossier_id: self.dossier_id, payer, unit_id: self.unit_id }
    }
}

/// So many dossiers, each with an order.
pub(super) fn write(stage: &Stage, amount: Amount) -> Result<Vec<Fee>> {
    stage.execute(include_str!("../sql/cashiers.sql"), &[])?;
    stage.dossiers(1, amount.fees, true)?;
    let lines = stage.lines(
        "SELECT concat_ws(' ', d.id, d.code, d.applicant_person_id, d.receiving_unit_id, u.nth) AS line
           FROM dossier d JOIN bench_unit u ON u.id = d.receiving_unit_id
          WHERE d.id::text LIKE '00000000-0000-7000-9100-%' ORDER BY d.id",
    )?;
    let fees: Vec<Fee> = lines.iter().map(|line| read(line)).collect::<Result<_>>()?;
    charge_all(stage, &fees, amount.seed)?;
    stage.vacuum()?;
    Ok(fees)
}

fn read(line: &str) -> Result<Fee> {
    let mut parts = line.split(' ');
    let mut next = || parts.next().context("a dossier with all its columns");
    Ok(Fee {
        dossier_id: next()?.parse()?,
        code: next()?.to_owned(),
        person: next()?.parse()?,
        unit_id: next()?.parse()?,
        unit: next()?.parse()?,
    })
}

fn charge_all(stage: &Stage, fees: &[Fee], seed: u64) -> Result<()> {
    let mut random = StdRng::seed_from_u64(seed);
    let (db, _) = stage.patient()?;
    for some in fees.chunks(TOGETHER) {
        let owed: Vec<ChargeIn> = some.iter().map(|_| charge(&mut random)).collect();
        let charges: Vec<(Debtor, &[ChargeIn])> =
            some.iter().map(Fee::debtor).zip(owed.iter().map(std::slice::from_ref)).collect();
        let write = |tx: &mut Tx| {
            write_all_charges(tx, &charges)?;
            let mut orders = charges.iter().zip(&owed);
            orders.try_for_each(|((debtor, _), charge)| {
                open_order(tx, debtor.dossier_id, charge.amount).map(drop)
            })
        };
        db.write_blocking(&Actor::system("bench"), write)?;
    }
    Ok(())
}

/// A few thousand đồng to a few million, odd ones too.
fn charge(random: &mut StdRng) -> ChargeIn {
    let kind = if random.random_ratio(1, 2) { ChargeKind::Fee } else { ChargeKind::Charge };
    ChargeIn {
        fee_code: "B1".to_owned(),
        name: "Khoản thu".to_owned(),
        kind,
        amount: random.random_range(2..3_000_000),
        refundable: random.random_ratio(4, 5),
        explanation: json!({ "rule": "bench" }),
    }
}
