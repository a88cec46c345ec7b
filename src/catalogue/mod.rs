//! The catalogue of procedures ("thủ tục hành chính"): what can be filed, by whom, with
//! which papers, in which time and for which money.
//!
//! Its pure half: the definition, its conditions, and the check before publishing.
pub mod check;
pub mod condition;
pub mod definition;
pub mod documents;
pub mod fee_def;
pub mod form;
pub mod procedure;
pub mod scenario;
pub mod scenario_def;
mod shapes;
pub mod tariff;

#[cfg(test)]
mod tests_rules;
