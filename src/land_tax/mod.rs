//! Land e-tax: the slip to the tax office about a land dossier (Phiếu chuyển thông tin, Mẫu số 19
//! of NĐ 151/2025/NĐ-CP), the notices of what is owed, their payment, and the confirmation after
//! which the dossier goes on.
//!
//! What the tax side says comes in by one door (`inbound`), each message once, the dossier
//! locked. A notice row is a claim of the state budget, paid by `payments` or elsewhere. The
//! dossier moves by a job when our book and the tax side both say that all is met, exempt or
//! recorded as debt; before that `results` refuses every result of it.
//!
//! A notice is seen by its taxpayer and by the officials of the dossier, by nobody else.

mod advance;
mod correct;
mod desk;
mod dossier;
mod figures;
mod inbound;
mod notice;
mod overview;
mod own;
mod pay;
mod print;
mod send;
mod settle;
mod show;
mod slip;
mod slips;

pub use advance::run as advance;
pub use notice::State;
pub use send::{correct, recall, run};
pub use settle::{claim_was_paid, report as report_payment};
pub use show::lateness;

/// Job: a dossier goes on where it can. Payload `{dossier_id}`, subject the dossier.
pub const ADVANCE: &str = "advance_land_tax";
/// Job: a taxpayer is told of a notice. Payload `{notice_id}`, subject the dossier.
pub const TELL_TAXPAYER: &str = "tell_taxpayer";
/// Job: the tax side is told of a payment. Payload `{entry_id}`, subject the dossier.
pub const REPORT_PAYMENT: &str = "report_tax_payment";
/// Job: a correction of a slip is sent. Payload `{dossier_id, seq}`, subject the dossier.
pub const CORRECT_SLIP: &str = "correct_tax_slip";

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(inbound::import_tax_notices)
        .service(inbound::import_tax_payment)
        .service(inbound::import_tax_confirmation)
        .service(inbound::answer_tax_book)
        .service(own::list_own_tax_notices)
        .service(own::look_up_tax_notices)
        .service(pay::pay_tax_notice)
        .service(print::download_tax_notice)
        .service(overview::show_land_tax)
        .service(correct::correct_tax_slip)
        .service(desk::list_land_tax_desk)
        .service(slips::list_tax_slips)
        .service(figures::read_land_tax_figures)
        .service(figures::list_land_tax_rows);
}
