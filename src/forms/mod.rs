//! Forms and results as documents: templates as data, and the PDF/A-2b made of them.
//!
//! A template is a row: what the binary ships is one like any other, and a unit can have a look
//! of its own from a day on without a release. The nearest unit upward wins. What a form says
//! is data, a snapshot of the event that needed it; the PDF is made by a job, once for the same
//! template and the same data.
//!
//! What an official wrote is not trusted: it is printed by a process of its own, which can
//! reach nothing and which is ended when it takes too long or too much ([`printer`]).

pub mod codes;
mod engine;
mod letter;
pub mod printer;
pub mod produce;
mod publish;
mod sample;
pub mod seed;
mod shipped;
mod show;
pub mod template;
mod words;

pub use engine::{Flaw, render};
pub use letter::{Head, Issuer, moment, place_of};
pub use printer::Printer;
pub use produce::{FormOut, FormState, RENDER_FORM, Wanted, ask, find, of_dossier, print_form};
pub use seed::seed;
pub use template::{Template, in_force};
pub use words::FormCode;

use crate::error::Code;

/// The template cannot be printed, or not within its limits.
pub static TEMPLATE_BROKEN: Code =
    Code::new(422, "template_broken", "Mẫu không in được", "The template cannot be printed");
/// There is no template of this name on that day.
pub static TEMPLATE_UNKNOWN: Code =
    Code::new(422, "template_unknown", "Không có mẫu này", "There is no such template");
/// The file is still being made.
pub static FORM_NOT_READY: Code = Code::new(
    409,
    "form_not_ready",
    "Biểu mẫu đang được tạo, xin thử lại sau ít giây",
    "The form is being made; try again in a few seconds",
);
/// The template that was in force could not print it.
pub static FORM_FAILED: Code = Code::new(
    409,
    "form_failed",
    "Không tạo được biểu mẫu; đã được ghi nhận",
    "The form could not be made; this has been recorded",
);

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(show::list_templates)
        .service(show::show_template)
        .service(publish::publish_template)
        .service(publish::preview_template);
}
