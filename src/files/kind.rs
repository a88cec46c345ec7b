//! Types of files, known by their content and by their name.

/// The types that motcua can tell apart. What is not here is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Jpeg,
    Png,
    /// Word document (Office Open XML).
    Docx,
    /// Excel workbook (Office Open XML).
    Xlsx,
}

const ALL: [Kind; 5] = [Kind::Pdf, Kind::Jpeg, Kind::Png, Kind::Docx, Kind::Xlsx];

impl Kind {
    /// The word of the configuration and of a procedure's `accept`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// By the extension, in small or capital letters.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpe" => Some(Self::Jpeg),
            other => Self::from_word(other),
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// What a file of this type begins with.
    fn magic(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xFF\xD8\xFF",
            Self::Png => b"\x89PNG\r\n\x1A\n",
            Self::Docx | Self::Xlsx => b"PK\x03\x04",
        }
    }

    /// The part that an Office Open XML package must have, by its name in the package's
    /// directory.
    fn main_part(self) -> Option<&'static [u8]> {
        match self {
            Self::Docx => Some(b"word/document.xml"),
            Self::Xlsx => Some(b"xl/workbook.xml"),
            Self::Pdf | Self::Jpeg | Self::Png => None,
        }
    }
}

/// Bytes at the end of a package in which its directory is looked for: some 600 parts.
const TAIL: usize = 64 * 1024;
const HEAD: usize = 16;

/// Looks at a file while it passes by.
#[derive(Debug, Default)]
pub struct Sniffer {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Sniffer {
    pub fn push(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        // Cut now and then, not for each small chunk.
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    /// Whether the beginning already shows that it is something else.
    pub fn contradicts(&self, kind: Kind) -> bool {
        let magic = kind.magic();
        let seen = self.head.len().min(magic.len());
        self.head[..seen] != magic[..seen]
    }

    /// Whether the whole file, seen to its end, is of this type.
    pub fn confirms(&self, kind: Kind) -> bool {
        let tail = &self.tail[self.tail.len().saturating_sub(TAIL)..];
        let part_is_there = |part: &[u8]| tail.windows(part.len()).any(|window| window == part);
        self.head.starts_with(kind.magic()) && kind.main_part().is_none_or(part_is_there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(chunks: &[&[u8]]) -> Sniffer {
        let mut sniffer = Sniffer::default();
        chunks.iter().for_each(|chunk| sniffer.push(chunk));
        sniffer
    }

    #[test]
    fn the_beginning_may_come_in_pieces() {
        let sniffer = sniff(&[b"%P", b"", b"DF", b"-1.7 \n"]);
        assert!(sniffer.confirms(Kind::Pdf) && !sniffer.contradicts(Kind::Pdf));
        assert!(ALL.iter().filter(|kind| sniffer.confirms(**kind)).count() == 1);
        assert!(!sniff(&[b"%P"]).contradicts(Kind::Pdf) && !sniff(&[b"%P"]).confirms(Kind::Pdf));
        assert!(sniff(&[b"<html>%PDF-"]).contradicts(Kind::Pdf));
    }

    #[test]
    fn a_package_is_known_by_its_main_part_near_the_end() {
        let filling = vec![b'x'; 300_000];
        let with = |part: &[u8]| sniff(&[b"PK\x03\x04", &filling, part, b" end"]);
        assert!(with(b"word/document.xml").confirms(Kind::Docx));
        assert!(!with(b"word/document.xml").confirms(Kind::Xlsx));
        assert!(!with(b"payload.exe").confirms(Kind::Docx));
        let early = sniff(&[b"PK\x03\x04 word/document.xml", &filling]);
        assert!(!early.confirms(Kind::Docx), "only the directory at the end counts");
    }

    #[test]
    fn the_parts_name_may_be_cut_by_a_chunk() {
        let mut sniffer = sniff(&[b"PK\x03\x04", &vec![0; TAIL * 2 - 8]]);
        sniffer.push(b"xl/work");
        sniffer.push(b"book.xml");
        assert!(sniffer.confirms(Kind::Xlsx));
    }
}
