//! PURE: workflow definition, its compiler, and `decide`.
//!
//! A workflow ("quy trình") is data with a closed vocabulary. `Workflow::compile` is
//! the only way to a usable one, and [`decide()`] the only judge of an action.
mod branches;
mod compile;
mod decide;
mod defect;
mod definition;
mod facts;
mod guard;
mod law;
mod moves;
mod net;
mod refusal;
mod shape;
mod status;
mod vocabulary;
mod words;

pub use compile::Workflow;
pub use decide::{Available, Decision, available_actions, decide, status};
pub use defect::{Defect, DefectCode, read_json};
pub use definition::{Post, StepDef, StepId, Target, TransitionDef, When, WorkflowDef};
pub use facts::{Facts, LastEvent, Position, Request, Who};
pub use refusal::{Refusal, RefusalCode};
pub(crate) use shape::is_snake_case;
pub use status::{DossierStatus, UnknownStatus};
pub use vocabulary::{Action, Channel, ClockState, Effect, Guard, Role, Unit};
pub use words::UnknownWord;
pub(crate) use words::words;

#[cfg(test)]
pub(crate) mod tests_data;
#[cfg(test)]
mod tests_decide;
#[cfg(test)]
mod tests_defects;
#[cfg(test)]
mod tests_walks;
