//! The text of a document, as far as a search needs it. PURE, and heavy: for a thread that may
//! block. What cannot be read has no text; no file is an error.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use zip::ZipArchive;

use crate::files::text_of_pdf;

/// Characters of a text that are kept.
pub const LENGTH: usize = 200_000;
/// Bytes of the text part of a docx, unpacked.
const PART: u64 = 32 * 1024 * 1024;
/// Bytes in which that many characters stand, however they are written.
const ENOUGH: usize = 8 * LENGTH;

/// The text of a PDF, page by page.
pub fn of_pdf(bytes: &[u8]) -> String {
    // What a file makes the reader do has limits; that it never stumbles is not ours to promise.
    let read = catch_unwind(AssertUnwindSafe(|| text_of_pdf(bytes, LENGTH)));
    bounded(&read.unwrap_or_default())
}

/// Bytes of memory that the reading of a docx may take: its directory, and its text part, which
/// grows to three times its size where it is not UTF-8.
pub fn memory_of_docx(bytes: &[u8]) -> u64 {
    8 * bytes.len() as u64 + 4 * PART
}

/// The text of a docx, paragraph by paragraph.
pub fn of_docx(bytes: &[u8]) -> String {
    let Ok(mut package) = ZipArchive::new(Cursor::new(bytes)) else { return String::new() };
    let Ok(part) = package.by_name("word/document.xml") else { return String::new() };
    let mut xml = Vec::new();
    if part.take(PART).read_to_end(&mut xml).is_err() {
        return String::new();
    }
    bounded(&without_tags(&String::from_utf8_lossy(&xml)))
}

/// What stands between the tags; the ends of paragraphs, tabs and breaks become spaces.
fn without_tags(xml: &str) -> String {
    let mut text = String::new();
    for part in xml.split('<') {
        let (tag, plain) = part.split_once('>').unwrap_or(("", part));
        if ["/w:p", "w:tab", "w:br", "/w:tc"].iter().any(|end| tag.starts_with(end)) {
            text.push(' ');
        }
        text += plain;
        if text.len() > ENOUGH {
            break;
        }
    }
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    known.iter().fold(text, |text, (coded, plain)| text.replace(coded, plain))
}

/// As much as is kept, without what a database cannot hold.
pub fn bounded(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LENGTH).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_fall_away_and_paragraphs_stay_apart() {
        let xml = "<w:p><w:r><w:t>Giấy khai</w:t></w:r><w:r><w:t> sinh</w:t></w:r></w:p><w:p><w:t>A &amp; B</w:t></w:p>";
        assert_eq!(bounded(&without_tags(xml)), "Giấy khai sinh A & B");
    }

    #[test]
    fn what_cannot_be_read_has_no_text() {
        assert_eq!(of_pdf(b"%PDF-1.7 broken"), "");
        assert_eq!(of_docx(b"PK broken"), "");
        assert_eq!(bounded("a\0b\u{7}"), "a b");
        assert_eq!(bounded(&"x".repeat(LENGTH + 5)).len(), LENGTH);
    }
}
