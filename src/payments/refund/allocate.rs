//! How much may be given back, and out of which payment. PURE; amounts in đồng.
//!
//! What may not be given back is taken out of what was paid first, so that a refund never
//! reaches into a fee that stays paid.

use uuid::Uuid;

use crate::ledger::Levy;

/// A charge of the dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    pub id: Uuid,
    pub levy: Levy,
    pub refundable: bool,
    /// What was charged and not requested back yet.
    pub remaining: i64,
}

/// A payment for the dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    pub payment_id: Uuid,
    pub gateway: String,
    /// What it paid for the dossier and is not requested back yet.
    pub remaining: i64,
}

/// What is given back of one payment, by charge; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub payment_id: Uuid,
    pub gateway: String,
    pub lines: Vec<(Charged, i64)>,
}

impl Part {
    pub fn amount(&self) -> i64 {
        self.lines.iter().map(|(_, amount)| amount).sum()
    }
}

/// The most that can still be given back.
pub fn refundable(charges: &[Charged], funds: &[Fund]) -> i64 {
    let sum = |refundable: bool| -> i64 {
        charges.iter().filter(|charge| charge.refundable == refundable).map(|charge| charge.remaining).sum()
    };
    let paid: i64 = funds.iter().map(|fund| fund.remaining).sum();
    sum(true).min(paid - sum(false)).max(0)
}

/// Takes an amount, at most the refundable one, from the payments in their order.
pub fn allocate(amount: i64, charges: &[Charged], funds: &[Fund]) -> Vec<Part> {
    let mut wanted = amount;
    let mut charges: Vec<Charged> = charges.iter().filter(|charge| charge.refundable).copied().collect();
    let mut parts = Vec::new();
    for fund in funds {
        let mut left = fund.remaining.min(wanted);
        let mut lines = Vec::new();
        for charge in &mut charges {
            let taken = left.min(charge.remaining).max(0);
            if taken > 0 {
                lines.push((*charge, taken));
                charge.remaining -= taken;
                left -= taken;
                wanted -= taken;
            }
        }
        if !lines.is_empty() {
            parts.push(Part { payment_id: fund.payment_id, gateway: fund.gateway.clone(), lines });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn charge(id: u128, refundable: bool, remaining: i64) -> Charged {
        Charged { id: Uuid::from_u128(id), levy: Levy::Fee, refundable, remaining }
    }

    fn fund(id: u128, remaining: i64) -> Fund {
        Fund { payment_id: Uuid::from_u128(id), gateway: "national".to_owned(), remaining }
    }

    #[test]
    fn what_may_not_be_given_back_stays_paid() {
        let charges = [charge(1, false, 100), charge(2, true, 50)];
        assert_eq!(refundable(&charges, &[fund(1, 150)]), 50);
        assert_eq!(refundable(&charges, &[fund(1, 120)]), 20);
        assert_eq!(refundable(&charges, &[fund(1, 100)]), 0);
        assert_eq!(refundable(&charges, &[]), 0);
        assert_eq!(refundable(&[charge(1, false, 100)], &[fund(1, 100)]), 0);
        assert_eq!(refundable(&[charge(2, true, 50)], &[fund(1, 80)]), 50, "never more than was charged");
    }

    proptest! {
        #[test]
        fn every_dong_is_taken_once(
            charges in prop::collection::vec((any::<bool>(), 0_i64..1000), 0..5),
            funds in prop::collection::vec(0_i64..1000, 0..4),
            share in 0.0..=1.0_f64,
        ) {
            let charges: Vec<Charged> = (1..).zip(charges).map(|(id, (r, left))| charge(id, r, left)).collect();
            let funds: Vec<Fund> = (1..).zip(funds).map(|(id, left)| fund(id, left)).collect();
            let most = refundable(&charges, &funds);
            let amount = (most as f64 * share) as i64;
            let parts = allocate(amount, &charges, &funds);
            prop_assert_eq!(parts.iter().map(Part::amount).sum::<i64>(), amount);
            for fund in &funds {
                let of = parts.iter().filter(|part| part.payment_id == fund.payment_id);
                prop_assert!(of.map(Part::amount).sum::<i64>() <= fund.remaining);
            }
            for charge in &charges {
                let lines = parts.iter().flat_map(|part| &part.lines).filter(|(of, _)| of.id == charge.id);
                let given: i64 = lines.map(|(_, amount)| amount).sum();
                let most = i64::from(charge.refundable) * charge.remaining;
                prop_assert!(given <= most);
            }
        }
    }
}
