//! Files of two types at once: what one reader shows harmless, another one runs.

use file_format::FileFormat;

use super::Kind;

/// Where an archive's end is looked for: its record and the longest comment.
const ARCHIVE_END: usize = 64 * 1024 + 22;
const HEAD: usize = 1024;
/// What makes a browser of old believe in a page, whatever type it was told.
const PAGES: [&[u8]; 4] = [b"<html", b"<script", b"<!doctype html", b"<svg"];

/// Whether other eyes than ours see another type, or a second file lies in it.
pub(super) fn is_something_else(kind: Kind, bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let tail = &bytes[bytes.len().saturating_sub(ARCHIVE_END)..];
    let is_package = matches!(kind, Kind::Docx | Kind::Xlsx);
    let archive = !is_package && contains(tail, b"PK\x05\x06");
    let other_pdf = kind != Kind::Pdf && contains(head, b"%PDF-");
    archive || other_pdf || shows_a_page(head) || contradicted(kind, bytes)
}

fn shows_a_page(head: &[u8]) -> bool {
    let head = head.to_ascii_lowercase();
    PAGES.iter().any(|page| contains(&head, page))
}

/// Two libraries that know many types. A package whose parts come in an unusual order is a
/// plain archive to them.
fn contradicted(kind: Kind, bytes: &[u8]) -> bool {
    let expected = |seen: &str| match kind {
        Kind::Docx | Kind::Xlsx => seen == kind.media_type() || seen == "application/zip",
        Kind::Png => seen == "image/png" || seen == "image/apng",
        Kind::Pdf | Kind::Jpeg => seen == kind.media_type(),
    };
    let inferred = infer::get(bytes).map(|seen| seen.mime_type());
    !(inferred.is_some_and(expected) && expected(FileFormat::from_bytes(bytes).media_type()))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_behind_a_picture_is_seen() {
        let jpeg = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0 picture \xFF\xD9".to_vec();
        assert!(!is_something_else(Kind::Jpeg, &jpeg));
        let both = [jpeg.as_slice(), b"PK\x03\x04 evil.exe PK\x05\x06", &[0; 18]].concat();
        assert!(is_something_else(Kind::Jpeg, &both));
        assert!(is_something_else(Kind::Png, &jpeg), "both libraries see a JPEG");
    }

    #[test]
    fn a_page_at_the_beginning_is_seen() {
        assert!(!is_something_else(Kind::Pdf, b"%PDF-1.7\n1 0 obj"));
        assert!(is_something_else(Kind::Pdf, b"%PDF-1.7\n<ScRiPt>alert(1)</script>"));
    }
}
