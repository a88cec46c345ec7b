//! The register of results: what an authority decided, as a document with a number, and whether
//! it holds.
//!
//! An official prepares a result from a template; a job prints it; it is ordered to be signed;
//! signed it is valid, and the dossier gets it by a job. A valid result can be suspended,
//! revoked, or replaced by its one successor; its history is append-only. Nobody but the
//! signature makes a result valid.
//!
//! Here nobody asks who may see a result of a dossier: `dossiers` does.

mod change;
mod history;
mod list;
mod obligations;
mod order;
mod prefill;
mod prepare;
mod print;
mod register;
mod sign;

pub use change::{ChangeResult, change};
pub use list::seen;
pub use obligations::{DEBT_OPEN, TAX_NOT_MET, tax_is_met};
pub(crate) use obligations::{debts_cleared, tax_met};
pub use order::{RESULT_SIGNED, Wanted, issue_signed, order, signed};
pub use prefill::{merge, prefill};
pub use prepare::{Prepared, prepare};
pub use print::{RENDER_RESULT, print_result};
pub use register::{ResultOut, ResultState, Row, find, find_of_dossier, of_dossier};
pub use sign::{RESULT_ISSUED, RESULT_STANDS, ResultStands, issue};

use crate::error::Code;

/// The result is not in a state in which this can be done.
pub static RESULT_STATE: Code = Code::new(
    409,
    "result_state",
    "Kết quả không ở trạng thái cho phép thao tác này",
    "The state of the result does not allow this",
);
/// It has a successor, or one is being prepared.
pub static RESULT_REPLACED: Code = Code::new(
    409,
    "result_replaced",
    "Kết quả đã có kết quả khác thay thế",
    "Another result already stands in its stead",
);
/// Its document is still being made.
pub static RESULT_NOT_READY: Code = Code::new(
    409,
    "result_not_ready",
    "Văn bản kết quả đang được tạo, xin thử lại sau ít giây",
    "The document is being made; try again in a few seconds",
);

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list::list_results).service(list::show_result);
}
