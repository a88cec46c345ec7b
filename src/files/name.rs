//! Names of files, made harmless. The store never uses them: its keys are our own.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{FILE_NAME_INVALID, Kind};
use crate::error::Result;

/// Characters of a name at most.
const LIMIT: usize = 200;

/// A name without path, without invisible or misleading characters, in composed Unicode (NFC),
/// of 1 to 200 characters, with an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeName(String);

impl SafeName {
    /// Cleans what a browser or a hostile client sends.
    pub fn of(raw: &str) -> Result<Self> {
        let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = last.nfc().filter(|c| !is_invisible(*c)).map(visible).collect();
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
        let (stem, extension) = match clean.rsplit_once('.') {
            Some((stem, extension)) if is_extension(extension) => (stem.trim_end(), extension),
            _ => {
                return Err(FILE_NAME_INVALID.at(
                    "name",
                    "cần tên tệp có phần đuôi, ví dụ giấy-chứng-sinh.pdf",
                    "a name with an extension is needed, such as birth.pdf",
                ));
            }
        };
        let room = LIMIT - extension.len() - 1;
        let stem: String = stem.chars().take(room).collect();
        Ok(Self(format!("{}.{extension}", stem.trim_end())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type that the extension promises.
    pub fn kind(&self) -> Option<Kind> {
        self.0.rsplit_once('.').and_then(|(_, extension)| Kind::from_extension(extension))
    }
}

/// The name in ASCII, for clients that know no other: "Giấy tờ đất.pdf" is "Giay to dat.pdf".
pub fn ascii(name: &str) -> String {
    let plain = |c| match c {
        'đ' => 'd',
        'Đ' => 'D',
        '"' | '%' => '_',
        c if c.is_ascii_graphic() || c == ' ' => c,
        _ => '_',
    };
    name.nfd().filter(|c| !is_combining_mark(*c)).map(plain).collect()
}

fn is_extension(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Control characters, and those that turn the direction of writing or take no room, so that
/// an "exe" whose name is written from right to left cannot look like a PDF.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}' | '\u{FFFD}')
        || ('\u{200B}'..='\u{200F}').contains(&c)
        || ('\u{2028}'..='\u{202E}').contains(&c)
        || ('\u{2060}'..='\u{206F}').contains(&c)
}

/// Characters that some file system refuses become an underscore.
fn visible(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(raw: &str) -> Option<String> {
        SafeName::of(raw).ok().map(|name| name.0)
    }

    #[test]
    fn vietnamese_names_stay_and_are_composed() {
        assert_eq!(clean("Giấy khai sinh.pdf").as_deref(), Some("Giấy khai sinh.pdf"));
        let decomposed: String = "Giấy khai sinh.pdf".nfd().collect();
        assert_eq!(clean(&decomposed).as_deref(), Some("Giấy khai sinh.pdf"));
    }

    #[test]
    fn hostile_names_become_harmless() {
        for (raw, name) in [
            ("../../etc/passwd.pdf", "passwd.pdf"),
            ("C:\\Users\\An\\đơn.docx", "đơn.docx"),
            ("a\0b\r\nSet-Cookie: x=1.pdf", "abSet-Cookie_ x=1.pdf"),
            ("ho\u{202E}fdp.exe.pdf", "hofdp.exe.pdf"),
            ("..hidden.pdf", "hidden.pdf"),
            ("a\"b<c>|?*.pdf", "a_b_c____.pdf"),
            ("  x .pdf. ", "x.pdf"),
        ] {
            assert_eq!(clean(raw).as_deref(), Some(name), "{raw:?}");
        }
    }

    #[test]
    fn a_name_without_extension_or_without_anything_is_refused() {
        for raw in ["", ".", "..", "/", "pdf", ".pdf", "a.b c", "x.đơn", "\u{200B}.\0", "x.12345678901"] {
            assert_eq!(clean(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_extension() {
        let name = clean(&format!("{}.pdf", "ấ".repeat(500))).unwrap_or_default();
        assert_eq!(name.chars().count(), LIMIT);
        assert!(name.ends_with("ấ.pdf"));
    }

    #[test]
    fn the_plain_form_is_ascii() {
        assert_eq!(
            ascii("Giấy chứng nhận QSD đất Đông \"1\" 100%.pdf"),
            "Giay chung nhan QSD dat Dong _1_ 100_.pdf"
        );
        assert_eq!(ascii("文件.pdf"), "__.pdf");
    }
}
