//! The electronic document store of persons and organisations (kho dữ liệu điện tử của tổ chức,
//! cá nhân; NĐ 45/2020/NĐ-CP, NĐ 107/2021/NĐ-CP): what somebody brought or got once and is not
//! asked for again.
//!
//! The holder sees the store, shares single documents and sees who looked at them and why: every
//! look of anybody else writes a line, in the transaction that permits it. `offer` is pure: it
//! says which document may take the place of a paper; the dossiers ask it.
//!
//! `digitise`: how each document component of a dossier came, and the digitisation of the paper
//! ones.
//!
//! Documents are kept as long as the rules say (`retention`), longer where a hold stands, and
//! then destroyed by a decision: the bytes go, the line of what they were stays.

mod attach;
mod batch;
mod change_result;
mod destroy;
pub mod digitise;
mod document;
mod due;
mod erase;
mod extract;
mod hold;
mod import;
mod list;
mod offer;
mod reach;
mod read_text;
mod retention;
mod reuse;
mod search_words;
mod share;
mod shared;
mod show;
mod standing;
mod take_in;
mod uses;

use crate::error::Code;

pub use document::{DocumentOut, DocumentRow, Standing, Trust, load};
pub use erase::{ERASE, run as erase};
pub use list::{RecordPage, RecordQuery, Wanted};
pub use offer::{HeldDocument, Offer, Unfit, offer};
pub use read_text::{READ_TEXT, run as read_text};
pub use reuse::{NewReuse, reuse};
pub use take_in::{TAKE_IN, take_in, take_in_result};
pub use uses::{Act, Look, note};

pub static HELD_CHANGED: Code = Code::new(
    409,
    "held_document_changed",
    "Giấy tờ trong kho vừa thay đổi; hãy kiểm tra lại hồ sơ và nộp lại",
    "A document of the store has just changed; look at the filing again and submit it again",
);
pub static NO_FILE: Code = Code::new(
    409,
    "record_without_file",
    "Giấy tờ này chỉ có dữ liệu, không có tệp",
    "This document is known by its data only and has no file",
);

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(change_result::change_result)
        .service(list::list_records)
        .service(import::import_records)
        .service(show::get_record)
        .service(show::download_record)
        .service(attach::upload_record_file)
        .service(standing::set_record_standing)
        .service(uses::list_record_uses)
        .service(share::share_record)
        .service(share::list_record_shares)
        .service(share::revoke_record_share)
        .service(shared::open_shared_record)
        .service(shared::download_shared_record)
        .service(hold::place_record_hold)
        .service(hold::lift_record_hold)
        .service(hold::list_record_holds)
        .service(retention::list_retention_rules)
        .service(destroy::propose_record_destruction)
        .service(destroy::list_record_destructions)
        .service(destroy::show_record_destruction)
        .service(destroy::decide_record_destruction);
}
