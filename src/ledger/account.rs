//! The accounts. An account has a natural key and is made when it is first booked on.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::schema::dossier;
use crate::error::{NOT_FOUND, Result};

/// Who owes, or is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Payer {
    Person(Uuid),
    Organisation(Uuid),
    /// The applicant of a dossier who has no account with the portal.
    Applicant(Uuid),
    /// Whoever sent the money of a suspense item.
    Sender(Uuid),
}

impl Payer {
    /// The payer of a dossier: the organisation whose matter it is, else the person.
    pub fn of(dossier_id: Uuid, person_id: Option<Uuid>, org_id: Option<Uuid>) -> Self {
        match (org_id, person_id) {
            (Some(org), _) => Self::Organisation(org),
            (None, Some(person)) => Self::Person(person),
            (None, None) => Self::Applicant(dossier_id),
        }
    }

    fn key(self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Organisation(id) => format!("org:{id}"),
            Self::Applicant(id) => format!("dossier:{id}"),
            Self::Sender(id) => format!("suspense:{id}"),
        }
    }
}

/// Phí and lệ phí are accounted for apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Levy {
    /// Phí.
    Charge,
    /// Lệ phí.
    Fee,
}

/// An account by its natural key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What a payer owes.
    Receivable(Payer),
    /// What a unit was owed for its service.
    Revenue { unit_id: Uuid, levy: Levy },
    /// Money that a gateway confirmed, or that came at the counter by QR code, card or deposit,
    /// and that is not with the treasury yet.
    GatewayClearing(String),
    /// Money that a bank has credited and that is not with the treasury yet.
    BankClearing(String),
    /// Money that came through a gateway and belongs to nobody yet.
    Suspense(String),
    /// What is owed back.
    RefundPayable(Payer),
    /// What a gateway was told to give back.
    RefundInTransit(String),
    /// Settled to the treasury, by its code.
    Treasury(String),
    /// What is owed to the state budget by a claim.
    BudgetReceivable(Uuid),
    /// What was claimed for the state budget, by treasury and sub-item (tiểu mục).
    StateBudget { treasury: String, code: String },
    /// What a treasury got for claims by other ways than ours.
    PaidElsewhere(String),
}

impl Account {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Receivable(_) => "receivable",
            Self::Revenue { levy: Levy::Charge, .. } => "revenue_charge",
            Self::Revenue { levy: Levy::Fee, .. } => "revenue_fee",
            Self::GatewayClearing(_) => "gateway_clearing",
            Self::BankClearing(_) => "bank_clearing",
            Self::Suspense(_) => "suspense",
            Self::RefundPayable(_) => "refund_payable",
            Self::RefundInTransit(_) => "refund_in_transit",
            Self::Treasury(_) => "treasury",
            Self::BudgetReceivable(_) => "budget_receivable",
            Self::StateBudget { .. } => "state_budget",
            Self::PaidElsewhere(_) => "paid_elsewhere",
        }
    }

    pub(super) fn owner(&self) -> String {
        match self {
            Self::Receivable(payer) | Self::RefundPayable(payer) => payer.key(),
            Self::Revenue { unit_id, .. } => format!("unit:{unit_id}"),
            Self::GatewayClearing(gateway) | Self::Suspense(gateway) | Self::RefundInTransit(gateway) => {
                format!("gateway:{gateway}")
            }
            Self::BankClearing(bank) => format!("bank:{bank}"),
            Self::Treasury(code) | Self::PaidElsewhere(code) => format!("treasury:{code}"),
            Self::BudgetReceivable(claim) => format!("claim:{claim}"),
            Self::StateBudget { treasury, code } => format!("treasury:{treasury}/{code}"),
        }
    }

    /// Follows from the natural key, so that nobody has to look it up.
    pub fn id(&self) -> Uuid {
        let digest: [u8; 32] = Sha256::digest(format!("{}:{}", self.kind(), self.owner())).into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Uuid::from_bytes(id)
    }
}

/// The payer and the receiving unit of a dossier.
pub fn debtor_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<(Payer, Uuid)> {
    let found: Option<(Option<Uuid>, Option<Uuid>, Uuid)> = dossier::table
        .find(dossier_id)
        .select((dossier::applicant_person_id, dossier::applicant_org_id, dossier::receiving_unit_id))
        .first(conn)
        .optional()?;
    let (person, org, unit) = found.ok_or_else(|| NOT_FOUND.err())?;
    Ok((Payer::of(dossier_id, person, org), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The migration that booked what was there before computes the same.
    #[test]
    fn an_accounts_id_is_the_digest_of_its_key() {
        let account = Account::GatewayClearing("national".to_owned());
        let digest: [u8; 32] = Sha256::digest("gateway_clearing:gateway:national").into();
        assert_eq!(account.id().to_string().replace('-', ""), hex::encode(&digest[..16]));
    }

    #[test]
    fn an_organisation_pays_before_the_person_who_files_for_it() {
        let (dossier, person, org) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        assert_eq!(Payer::of(dossier, Some(person), Some(org)), Payer::Organisation(org));
        assert_eq!(Payer::of(dossier, Some(person), None), Payer::Person(person));
        assert_eq!(Payer::of(dossier, None, None), Payer::Applicant(dossier));
    }
}
