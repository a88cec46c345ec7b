//! Looking into a file before a row names it: is it whole, is it what it says, does it do
//! anything when it is opened?
//!
//! What a file may do is a rule of the portal: refuse it, or take it and tell
//! everybody who sees it. What nobody could open safely is always refused. Each type has its
//! own look; a look reads the bytes once, never trusts a length that the file names, and gives
//! up at the limits.

mod image;
mod office;
mod pdf;
mod twofold;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::anyhow;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

use super::store::Sealed;
use super::{FILE_TYPE_MISMATCH, Files, Kind};
use crate::config::FileRule;
use crate::error::{Code, Error, Result};

pub use pdf::{memory as memory_of_text, text as text_of_pdf};

/// Megabytes of files that are in memory at once to be looked at.
const HELD: usize = 64;
/// Megabytes that what is made of them may take at once, when they are taken apart.
const APART: usize = 512;
const MEGABYTE: u64 = 1024 * 1024;

pub static FILE_DAMAGED: Code =
    Code::new(422, "file_damaged", "Tệp hỏng hoặc không đầy đủ", "The file is damaged or not whole");
pub static FILE_ENCRYPTED: Code = Code::new(
    422,
    "file_encrypted",
    "Tệp có mật khẩu; hãy nộp tệp không đặt mật khẩu",
    "The file is encrypted; send it without a password",
);
pub static FILE_EXCESSIVE: Code = Code::new(
    422,
    "file_excessive",
    "Tệp có quá nhiều trang, điểm ảnh hoặc dữ liệu nén",
    "The file has too many pages, pixels or packed data",
);
pub static FILE_ACTIVE: Code = Code::new(
    422,
    "file_active_content",
    "Tệp chứa mã lệnh, lệnh mở chương trình hoặc nội dung tải từ nơi khác",
    "The file contains scripts, starts programs or loads content from elsewhere",
);
pub static FILE_ATTACHMENT: Code = Code::new(
    422,
    "file_with_attachment",
    "Tệp có tệp khác đính kèm bên trong",
    "The file has another file inside",
);

/// What a look into a file found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Needs a password, or takes away rights of the reader.
    Encrypted,
    /// Opening it would cost more than a document may.
    Excessive,
    /// Also a file of another type.
    Disguised,
    /// Not whole, or against the rules of its type.
    Damaged,
    /// JavaScript, macros, dynamic data exchange.
    Script,
    /// Starts a program, or sends or fetches data.
    Launch,
    /// Has files, objects or media inside.
    Attachment,
    /// Loads a template or an object from elsewhere when it is opened.
    External,
}

impl Finding {
    /// The word of the API and of the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Encrypted => "encrypted",
            Self::Excessive => "excessive",
            Self::Disguised => "disguised",
            Self::Script => "script",
            Self::Launch => "launch",
            Self::Attachment => "attachment",
            Self::External => "external",
        }
    }

    /// The finding of a word.
    pub fn of(word: &str) -> Option<Self> {
        let all = [
            Self::Damaged,
            Self::Encrypted,
            Self::Excessive,
            Self::Disguised,
            Self::Script,
            Self::Launch,
            Self::Attachment,
            Self::External,
        ];
        all.into_iter().find(|finding| finding.word() == word)
    }

    fn code(self) -> &'static Code {
        match self {
            Self::Damaged => &FILE_DAMAGED,
            Self::Encrypted => &FILE_ENCRYPTED,
            Self::Excessive => &FILE_EXCESSIVE,
            Self::Disguised => &FILE_TYPE_MISMATCH,
            Self::Script | Self::Launch | Self::External => &FILE_ACTIVE,
            Self::Attachment => &FILE_ATTACHMENT,
        }
    }
}

/// What was found; ordered, so that the first explains the others.
pub(super) type Findings = BTreeSet<Finding>;

/// What is done with what was found, where that may be taken at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub script: FileRule,
    pub launch: FileRule,
    pub attachment: FileRule,
    pub external: FileRule,
}

/// What the portal's rules say of a finding; what nobody could open safely has none.
fn rule(rules: &Rules, finding: Finding) -> FileRule {
    match finding {
        Finding::Script => rules.script,
        Finding::Launch => rules.launch,
        Finding::Attachment => rules.attachment,
        Finding::External => rules.external,
        Finding::Damaged | Finding::Encrypted | Finding::Excessive | Finding::Disguised => FileRule::Refuse,
    }
}

/// How much a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Pages of a PDF.
    pub pages: usize,
    /// Width times height of a picture.
    pub pixels: u64,
    /// Bytes of all parts of a package when they are unpacked.
    pub unpacked: u64,
}

/// Room for looks that go on at the same time. Whoever waits for the second has the first, and
/// nobody who has the second waits for the first.
#[derive(Debug, Clone)]
pub struct Room {
    held: Arc<Semaphore>,
    apart: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self { held: Arc::new(Semaphore::new(HELD)), apart: Arc::new(Semaphore::new(APART)) }
    }
}

/// A share of a room; who wants more than there is gets all of it.
async fn share(room: &Arc<Semaphore>, all: usize, bytes: u64) -> Result<OwnedSemaphorePermit> {
    let megabytes = u32::try_from(bytes.div_ceil(MEGABYTE)).unwrap_or(u32::MAX).min(all as u32);
    Ok(room.clone().acquire_many_owned(megabytes).await.map_err(anyhow::Error::from)?)
}

impl Room {
    /// Room to hold a file of this size (bytes) while it is looked into.
    pub(super) async fn hold(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        share(&self.held, HELD, bytes).await
    }

    /// Room for so many bytes that are made of a file while it is taken apart; for who holds it.
    pub(super) async fn apart(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        share(&self.apart, APART, bytes).await
    }
}

impl Files {
    /// Looks into a file, and gives what is to be told of it; an error when a rule refuses it.
    pub(super) async fn examine(&self, file: &Sealed, kind: Kind) -> Result<Vec<Finding>> {
        let held = self.room.hold(file.size).await?;
        let bytes = file.bytes(0, file.size).await?;
        let (depth, room) = (self.limits.depth, self.room.clone());
        // The look goes on when the sender is gone, and keeps its room until it ends.
        let looked = tokio::spawn(async move {
            let _held = held;
            let first = bytes.clone();
            let glance = tokio::task::spawn_blocking(move || glance(kind, &first)).await?;
            let _apart =
                share(&room.apart, APART, glance.need).await.map_err(|error| anyhow!("{error:?}"))?;
            let found = tokio::task::spawn_blocking(move || take_apart(kind, &bytes, depth, glance)).await?;
            anyhow::Ok(found)
        });
        // A file that brings its reader down is as good as damaged.
        let found = looked.await.map_err(anyhow::Error::from).flatten().unwrap_or_else(|error| {
            tracing::warn!(sha256 = file.sha256, %error, "a file could not be looked into");
            Findings::from([Finding::Damaged])
        });
        decide(&found, &self.limits.rules)
    }
}

/// What a first look tells, which needs no memory.
struct Glance {
    found: Findings,
    /// Bytes of memory that it may take to take the file apart.
    need: u64,
}

fn glance(kind: Kind, bytes: &Bytes) -> Glance {
    let (found, need) = match kind {
        Kind::Pdf => pdf::glance(bytes),
        Kind::Jpeg => (Findings::new(), MEGABYTE),
        Kind::Png => (Findings::new(), image::PNG_NEEDS),
        Kind::Docx | Kind::Xlsx => (Findings::new(), office::need(bytes)),
    };
    Glance { found, need }
}

/// Everything that is found in a file of a type.
fn take_apart(kind: Kind, bytes: &Bytes, depth: Depth, glance: Glance) -> Findings {
    let mut found = match kind {
        Kind::Pdf => pdf::take_apart(bytes, depth, glance.found, glance.need),
        Kind::Jpeg => image::look_at_jpeg(bytes, depth),
        Kind::Png => image::look_at_png(bytes, depth),
        Kind::Docx | Kind::Xlsx => office::look(kind, bytes, depth),
    };
    if twofold::is_something_else(kind, bytes) {
        found.insert(Finding::Disguised);
    }
    found
}

/// The first finding that is refused, or all that is flagged. PURE.
fn decide(found: &Findings, rules: &Rules) -> Result<Vec<Finding>> {
    match found.iter().find(|finding| rule(rules, **finding) == FileRule::Refuse) {
        Some(refused) => Err(refuse(*refused)),
        None => Ok(found.iter().copied().collect()),
    }
}

fn refuse(finding: Finding) -> Error {
    let code = finding.code();
    match finding {
        Finding::Disguised => {
            code.at("name", "tệp đồng thời là tệp loại khác", "the file is also one of another type")
        }
        _ => code.at("name", code.vi, code.en),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Rules = Rules {
        script: FileRule::Refuse,
        launch: FileRule::Refuse,
        attachment: FileRule::Refuse,
        external: FileRule::Refuse,
    };

    #[test]
    fn a_rule_flags_what_it_allows_and_nothing_graver() {
        let lenient = Rules { attachment: FileRule::Flag, ..STRICT };
        let found = |findings: &[Finding], rules| decide(&findings.iter().copied().collect(), rules);
        assert_eq!(found(&[], &STRICT).unwrap(), []);
        assert_eq!(found(&[Finding::Attachment], &lenient).unwrap(), [Finding::Attachment]);
        assert!(found(&[Finding::Attachment], &STRICT).is_err());
        assert!(found(&[Finding::Attachment, Finding::Script], &lenient).is_err());
        assert!(found(&[Finding::Attachment, Finding::Damaged], &lenient).is_err());
    }

    #[test]
    fn every_finding_has_a_word_of_its_own() {
        for finding in [Finding::Damaged, Finding::Script, Finding::External] {
            assert_eq!(Finding::of(finding.word()), Some(finding));
        }
        assert_eq!(Finding::of("virus"), None);
    }
}
