//! PURE: workflow definition, its compiler, and `decide`.
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Applicant,
    OneStopClerk,
    Specialist,
    Leader,
    Cashier,
    AgencyAdmin,
    Auditor,
    SystemAdmin,
    System,
}
