//! PURE: workflow definition, its compiler, and `decide`.
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
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

impl Role {
    /// The stored spelling.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::OneStopClerk => "one_stop_clerk",
            Self::Specialist => "specialist",
            Self::Leader => "leader",
            Self::Cashier => "cashier",
            Self::AgencyAdmin => "agency_admin",
            Self::Auditor => "auditor",
            Self::SystemAdmin => "system_admin",
            Self::System => "system",
        }
    }
}
