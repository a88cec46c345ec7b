//! PURE: workflow definition, its compiler, and `decide`.
//!
//! A workflow ("quy trình") is data with a closed vocabulary. `Workflow::compile` is
//! the only way to a usable one, and [`decide`] the only judge of an action.
mod defect;
mod definition;
mod facts;
mod guard;
mod refusal;
mod status;
mod vocabulary;
mod words;

pub use defect::{Defect, DefectCode, read_json};
pub use definition::{Post, StepDef, StepId, Target, TransitionDef, When, WorkflowDef};
pub use facts::{Facts, LastEvent, Position, Request, Who};
pub use refusal::{Refusal, RefusalCode};
pub use status::{DossierStatus, UnknownStatus};
pub use vocabulary::{Action, Channel, ClockState, Effect, Guard, Role, Unit};
pub use words::UnknownWord;
pub(crate) use words::words;
