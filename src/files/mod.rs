//! Files of drafts and dossiers: received, kept, given back.
//!
//! The bytes are counted, hashed and looked at while they come in, looked into when they are
//! whole, and go to an object store. They are durable before the row that names them is
//! written: a crash in between leaves an orphan, which the sweep removes, and never a row
//! without its bytes. Who may see which file is decided by the owner of the draft or dossier;
//! everything here takes what was permitted already.

mod attach;
mod download;
mod examine;
mod inspect;
mod keep;
mod kind;
mod made;
mod name;
mod receive;
mod request;
pub mod resumable;
mod scan;
mod store;
mod sweep;
mod whole;

use std::time::Duration;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::error::Code;

pub use attach::{
    FileOut, FileRow, Purpose, Target, attach, find, forget_draft, list_of_dossier, list_of_draft,
    move_to_dossiers, remove_from_draft,
};
pub use examine::{Depth, Finding, Room, Rules, memory_of_text, text_of_pdf};
pub use inspect::{Expected, Flaw};
pub use keep::{discard, keep};
pub use kind::Kind;
pub use made::{Made, give_to_dossier, record_made};
pub use name::SafeName;
pub use receive::Received;
pub use request::UploadQuery;
pub use scan::{FILE_BLOCKED, FILE_INFECTED, FILE_QUARANTINED, SCAN_EVERY, Scan, Scanner};
pub use store::{Store, Trouble};

pub static FILE_EMPTY: Code = Code::new(422, "file_empty", "Tệp rỗng", "The file is empty");
pub static FILE_NAME_INVALID: Code =
    Code::new(422, "file_name_invalid", "Tên tệp không hợp lệ", "The file name is not valid");
pub static FILE_TYPE_REFUSED: Code =
    Code::new(415, "file_type_refused", "Loại tệp không được chấp nhận", "This type of file is not accepted");
pub static FILE_TYPE_MISMATCH: Code = Code::new(
    422,
    "file_type_mismatch",
    "Nội dung tệp không đúng với đuôi tên tệp",
    "The content of the file does not agree with its name",
);
pub static FILE_TOO_LARGE: Code = Code::new(413, "file_too_large", "Tệp quá lớn", "The file is too large");
pub static FILES_TOO_LARGE: Code = Code::new(
    413,
    "files_too_large",
    "Tổng dung lượng tệp của hồ sơ vượt giới hạn",
    "The files of this dossier are too large in all",
);
pub static TOO_MANY_FILES: Code =
    Code::new(422, "too_many_files", "Hồ sơ đã có quá nhiều tệp", "This dossier has too many files");
pub static UPLOAD_TOO_SLOW: Code =
    Code::new(408, "upload_too_slow", "Tải lên quá chậm, đã dừng", "The upload was too slow and was cut off");
pub static UPLOAD_INCOMPLETE: Code =
    Code::new(400, "upload_incomplete", "Tải lên bị gián đoạn", "The upload did not come to its end");
pub static DRAFT_SUBMITTED: Code =
    Code::new(409, "draft_submitted", "Hồ sơ này đã được nộp", "This draft has been submitted");
pub static FILE_UNAVAILABLE: Code = Code::new(
    503,
    "file_unavailable",
    "Tạm thời không đọc được tệp; đã được ghi nhận",
    "The file cannot be read at present; this has been recorded",
);
pub static STORE_UNAVAILABLE: Code = Code::new(
    503,
    "file_store_unavailable",
    "Kho lưu tệp tạm thời không dùng được; xin gửi lại sau ít phút",
    "The store of files is away at present; send it again in a few minutes",
);

/// The store and the limits of this portal.
#[derive(Debug, Clone)]
pub struct Files {
    pub store: Store,
    pub limits: Limits,
    /// Of looking into files.
    pub room: Room,
    /// Whom to ask about viruses.
    pub scanner: Option<Scanner>,
}

impl Files {
    /// Opens the store of the configuration; a directory is made when it is missing.
    pub fn open(config: &Config) -> Result<Self> {
        Ok(Self {
            store: Store::open(config)?,
            limits: Limits::of(config)?,
            room: Room::default(),
            scanner: Scanner::of(&config.files)?,
        })
    }
}

/// What is taken, and how fast it must come.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one file.
    pub max_bytes: u64,
    /// Bytes of all files of a draft or dossier.
    pub max_dossier_bytes: u64,
    pub max_files_per_dossier: u32,
    pub allowed: Vec<Kind>,
    /// How much a file may hold.
    pub depth: Depth,
    /// What is done with what is found in a file.
    pub rules: Rules,
    /// Bytes a second that a sender must reach in the long run; 0 = no floor.
    pub floor: u64,
    /// How long a sender may be slower than the floor, and how long it may say nothing.
    pub patience: Duration,
}

impl Limits {
    fn of(config: &Config) -> Result<Self> {
        let files = &config.files;
        let kind = |word: &String| {
            Kind::from_word(word).with_context(|| format!("files.allowed_types: no such type `{word}`"))
        };
        Ok(Self {
            max_bytes: files.max_bytes,
            max_dossier_bytes: files.max_dossier_bytes,
            max_files_per_dossier: files.max_files_per_dossier,
            allowed: files.allowed_types.iter().map(kind).collect::<Result<_>>()?,
            depth: Depth {
                pages: files.max_pages,
                pixels: files.max_pixels,
                unpacked: files.max_unpacked_bytes,
            },
            rules: Rules {
                script: files.scripts,
                launch: files.launches,
                attachment: files.attachments,
                external: files.external_content,
            },
            floor: config.http.min_body_bytes_per_second,
            patience: Duration::from_secs(10),
        })
    }
}
