//! How long documents are kept (thời hạn lưu trữ): rules by kind, as data of the repository.

use std::sync::LazyLock;

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Actor;
use crate::error::{Problem, Result};
use crate::http::Reply;

/// A rule: documents of these kinds, so many years, from when, and what then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetentionRule)]
pub struct Rule {
    pub code: String,
    pub name: String,
    /// Beginning of the kinds it is for; the longest that fits counts. Empty = all others.
    pub kinds: String,
    /// Absent: for ever.
    #[schema(minimum = 0)]
    pub years: Option<i32>,
    pub from: CountedFrom,
    pub disposition: Disposition,
    pub legal_basis: String,
    /// V: read in the source; M: a stated default, to be confirmed by the agency.
    pub mark: String,
}

/// From which day the years are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetentionFrom)]
pub enum CountedFrom {
    IssuedOn,
    /// The last day on which it counts; one without a last day is not over.
    ValidTo,
    TakenIn,
}

impl CountedFrom {
    pub fn word(self) -> &'static str {
        match self {
            Self::IssuedOn => "issued_on",
            Self::ValidTo => "valid_to",
            Self::TakenIn => "taken_in",
        }
    }
}

/// What is done when the years are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetentionDisposition)]
pub enum Disposition {
    Keep,
    Destroy,
}

static RULES: LazyLock<std::result::Result<Vec<Rule>, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/reference/retention.json")).map_err(|flaw| flaw.to_string())
});

/// The rules of the repository.
pub fn rules() -> Result<&'static [Rule]> {
    match &*RULES {
        Ok(rules) => Ok(rules),
        Err(flaw) => Err(anyhow::anyhow!("data/reference/retention.json: {flaw}").into()),
    }
}

/// The rules that are in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesOut {
    pub items: Vec<Rule>,
}

/// Read how long documents are kept
#[utoipa::path(
    operation_id = "list_retention_rules", tag = "records", security(("bearer" = [])),
    responses(
        (status = 200, description = "The rules", body = RulesOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/retention-rules")]
pub async fn list_retention_rules(actor: Actor) -> Result<Reply> {
    actor.need_staff()?;
    Reply::ok(RulesOut { items: rules()?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_whole_and_every_kind_has_one() {
        let rules = rules().unwrap_or_else(|error| panic!("{error}"));
        assert!(rules.iter().any(|rule| rule.kinds.is_empty()), "a rule for all others");
        for rule in rules {
            assert_eq!(rules.iter().filter(|other| other.kinds == rule.kinds).count(), 1, "{}", rule.kinds);
            assert!(!rule.legal_basis.is_empty() && !rule.name.is_empty(), "{rule:?}");
            // What is destroyed is destroyed after a time; what has no time is kept.
            assert_eq!(rule.disposition == Disposition::Keep, rule.years.is_none(), "{rule:?}");
        }
    }
}
