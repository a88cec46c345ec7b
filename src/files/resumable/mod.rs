//! Uploads that may be broken off and gone on with: the server's side of tus 1.0 (core,
//! creation, expiration, checksum, termination), without its HTTP.
//!
//! What comes is cut into parts; each is an object of the store, durable before its row says
//! so. The announced place of the next byte is compared and set with the row, so that of two
//! who go on at once one does. When the last byte is there, the parts are read as one upload
//! and everything happens to it that happens to any file. That can be done again: whoever asks
//! about an upload that is whole and has become no file yet makes it one.

mod append;
mod begin;
mod expire;
mod finish;

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Purpose, Target};
use crate::auth::Actor;
use crate::db::schema::upload;
use crate::error::{Code, NOT_FOUND, Result};

pub use append::{Checksum, Part};
pub use begin::{Announced, begin, end};
pub use expire::EXPIRE_UPLOADS_EVERY;
pub use finish::{Made, become_file, made};

/// Hours after which an upload is forgotten that nobody goes on with.
const LIFETIME_HOURS: i64 = 24;

pub static UPLOAD_OFFSET: Code = Code::new(
    409,
    "upload_offset",
    "Vị trí tiếp tục không đúng; hãy hỏi lại vị trí",
    "That is not where the upload goes on; ask where it does",
);
pub static UPLOAD_CHECKSUM: Code = Code::new(
    460,
    "upload_checksum",
    "Mã kiểm tra của phần gửi lên không khớp",
    "The checksum of the part does not agree",
);
pub static UPLOAD_TOO_LONG: Code =
    Code::new(413, "upload_too_long", "Dữ liệu nhiều hơn độ dài đã báo", "More came than was announced");
pub static TOO_MANY_UPLOADS: Code = Code::new(
    429,
    "too_many_uploads",
    "Có quá nhiều lượt tải lên chưa xong hoặc bị chia quá nhỏ",
    "Too many uploads are under way, or this one comes in too many pieces",
);

/// An upload as its row tells.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = upload)]
pub struct Upload {
    pub id: Uuid,
    pub draft_id: Option<Uuid>,
    pub dossier_id: Option<Uuid>,
    pub component: String,
    pub purpose: String,
    pub name: String,
    /// Bytes of the whole.
    pub length: i64,
    /// Bytes that are kept.
    pub received: i64,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub expires_at: Timestamp,
    /// The file that it became.
    pub file_id: Option<Uuid>,
}

impl Upload {
    /// What the file is attached to: a check of the table holds that it is one of the two.
    pub fn target(&self) -> Target {
        let dossier = Target::Dossier(self.dossier_id.unwrap_or_default());
        self.draft_id.map_or(dossier, Target::Draft)
    }

    pub fn purpose(&self) -> Purpose {
        Purpose::of(&self.purpose)
    }

    pub fn is_whole(&self) -> bool {
        self.received == self.length
    }
}

/// An upload of the actor that has not expired.
pub fn own(conn: &mut PgConnection, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Upload> {
    let found = upload::table
        .find(id)
        .filter(upload::owner.eq(actor.key()))
        .filter(upload::expires_at.gt(crate::db::to_sql(now)))
        .select(Upload::as_select())
        .first(conn)
        .optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}
