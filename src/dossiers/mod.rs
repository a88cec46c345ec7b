//! Dossiers (hồ sơ): drafts, submission, actions, worklists, history.
//!
//! `state`, `plan`, `passage`, `deadline`, `facts`, `form_data`, `reasons`, `supplement` and `code` are pure; one file
//! a use case does the rest: load, decide, apply, respond.

mod begin_draft;
pub mod code;
mod components;
mod counter;
mod deadline;
mod digitise;
mod draft;
mod edit_draft;
mod export;
mod facts;
mod files;
mod filing;
mod form_data;
mod forms;
mod input;
mod judge;
pub mod late;
mod list;
mod load_submission;
mod news;
mod passage;
mod pay;
mod pay_jointly;
pub mod payment_events;
mod plan;
mod reasons;
pub mod receipt;
mod receipts;
mod records;
mod register_book;
mod requirements;
mod results;
mod resumable;
pub mod row;
mod scan;
mod scope;
mod show;
mod signatures;
pub mod signed_receipt;
mod snapshot;
pub mod state;
mod store;
mod submit;
mod supplement;
mod take_action;
mod track;
mod waiting;
mod write_rows;

pub use filing::Applicant;
pub use forms::produce_form;
pub use input::ActionIn;
pub use news::{Event, News, news};
pub use plan::{DossierJob, jobs};
pub use reasons::{Reason, subject_of};
pub use results::attach_result;
pub use scope::visible;
pub use submit::Submissions;
pub use take_action::act;

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(begin_draft::create)
        .service(edit_draft::list)
        .service(edit_draft::show)
        .service(edit_draft::update)
        .service(edit_draft::discard)
        .service(requirements::requirements)
        .service(submit::submit)
        .service(files::upload_to_draft)
        .service(resumable::describe_uploads)
        .service(resumable::begin_draft_upload)
        .service(resumable::show_upload)
        .service(resumable::continue_upload)
        .service(resumable::end_upload)
        .service(files::list_of_draft)
        .service(files::remove_from_draft)
        .service(list::list)
        .service(list::count)
        .service(export::export)
        .service(show::show)
        .service(signed_receipt::save_receipt)
        .service(signed_receipt::draw_code)
        .service(signed_receipt::list_keys)
        .service(show::events)
        .service(show::deadline)
        .service(show::payment)
        .service(pay::choose_gateway)
        .service(pay_jointly::open_joint_order)
        .service(pay_jointly::show_joint_order)
        .service(pay_jointly::choose_joint_gateway)
        .service(pay_jointly::cancel_joint_order)
        .service(counter::show_payment_qr)
        .service(counter::record_payment_slip)
        .service(receipts::list)
        .service(receipts::download)
        .service(receipts::replace)
        .service(forms::list_forms)
        .service(forms::ask_form)
        .service(forms::download_form)
        .service(register_book::ask_register)
        .service(register_book::show_register)
        .service(register_book::download_register)
        .service(results::prepare_result)
        .service(results::order_result_signature)
        .service(results::list_dossier_results)
        .service(results::download_result)
        .service(take_action::list_actions)
        .service(take_action::take_action)
        .service(files::upload_to_dossier)
        .service(resumable::begin_dossier_upload)
        .service(files::list_of_dossier)
        .service(files::download)
        .service(components::list)
        .service(components::say_how_it_came)
        .service(scan::scan_component)
        .service(digitise::compare)
        .service(digitise::sign)
        .service(waiting::waiting)
        .service(signatures::examine_signatures)
        .service(records::list_dossier_records)
        .service(records::download_dossier_record)
        .service(records::search_dossier_records)
        .service(track::track);
}
