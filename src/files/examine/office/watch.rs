//! Looks at the XML of a package as it comes, in blocks: for what Office never writes, and for
//! fields that start a program (dynamic data exchange).
//!
//! The code of a field may be spread over many elements, and its letters may be written as
//! references. So the tags are told from the text, and the text is put together.

use super::super::{Finding, Findings};

/// Longest word that is looked for in the bytes as they are.
const WORD: usize = 16;
/// Letters of a name or of a reference that are kept.
const NAME: usize = 64;

/// Where the reading stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    /// Behind `<`: in a name, or what stands in its place.
    Name,
    /// In a tag, behind its name.
    Tag,
    /// In a value that ends with this quote.
    Value(u8),
    Comment,
    Data,
    Instruction,
}

#[derive(Debug, Default)]
pub struct Watch {
    /// The last bytes of the block before.
    kept: Vec<u8>,
    place: Place,
    /// The two bytes before.
    before: [u8; 2],
    /// Of the tag.
    name: Vec<u8>,
    /// The tag is a field whose code is one of its values.
    is_field: bool,
    /// What stands behind an `&`.
    reference: Option<Vec<u8>>,
    /// Elements that are open, from one on whose text is the code of a field.
    depth: usize,
    code: Code,
}

impl Watch {
    pub fn see(&mut self, block: &[u8], found: &mut Findings) {
        self.kept.extend_from_slice(block);
        let has = |word: &[u8]| self.kept.windows(word.len()).any(|window| window == word);
        // Entities are for bombs and for reading other files; Office writes none, and UTF-8.
        if has(b"<!DOCTYPE") || has(b"<!ENTITY") || self.kept.contains(&0) {
            found.insert(Finding::Damaged);
        }
        if has(b"DDEAUTO") {
            found.insert(Finding::Script);
        }
        let begin = self.kept.len().saturating_sub(WORD);
        self.kept.drain(..begin);
        block.iter().for_each(|byte| self.step(*byte));
        if self.code.starts_a_program {
            found.insert(Finding::Script);
        }
    }

    fn step(&mut self, byte: u8) {
        let place = self.place;
        match place {
            Place::Text if byte == b'<' => self.go(Place::Name),
            Place::Text => self.letter(byte),
            Place::Name => self.name(byte),
            Place::Tag if byte == b'>' => {
                if self.before[1] == b'/' {
                    self.depth = self.depth.saturating_sub(1);
                }
                self.go(Place::Text);
            }
            Place::Tag if byte == b'"' || byte == b'\'' => {
                self.go(Place::Value(byte));
                if self.is_field {
                    self.code.begin();
                }
            }
            Place::Tag => {}
            Place::Value(quote) if byte == quote => self.go(Place::Tag),
            Place::Value(_) => self.letter(byte),
            Place::Data if byte == b'>' && self.before == *b"]]" => self.go(Place::Text),
            Place::Data if self.depth == 1 => self.code.push(byte),
            Place::Comment if byte == b'>' && self.before == *b"--" => self.go(Place::Text),
            Place::Instruction if byte == b'>' && self.before[1] == b'?' => self.go(Place::Text),
            Place::Data | Place::Comment | Place::Instruction => {}
        }
        // What begins a comment is no part of what ends it.
        let begins = place == Place::Name && self.place != place && self.place != Place::Tag;
        self.before = if begins { [0; 2] } else { [self.before[1], byte] };
    }

    fn go(&mut self, place: Place) {
        self.place = place;
        self.reference = None;
        if place == Place::Name {
            self.name.clear();
        }
    }

    /// The next letter of a name, or what ends it.
    fn name(&mut self, byte: u8) {
        let is_end = byte == b'>' || byte.is_ascii_whitespace() || (byte == b'/' && !self.name.is_empty());
        if is_end {
            self.begin_tag();
            self.go(if byte == b'>' { Place::Text } else { Place::Tag });
            return;
        }
        if self.name.len() < NAME {
            self.name.push(byte);
        }
        match self.name.as_slice() {
            b"!--" => self.go(Place::Comment),
            b"![CDATA[" => self.go(Place::Data),
            b"?" => self.go(Place::Instruction),
            _ => {}
        }
    }

    fn begin_tag(&mut self) {
        if self.name.first() == Some(&b'/') {
            self.depth = self.depth.saturating_sub(1);
        } else if self.depth > 0 {
            self.depth += 1;
        } else if self.is_named(b"instrText") {
            self.depth = 1;
            self.code.begin();
        }
        self.is_field = self.is_named(b"fldSimple");
        self.code.starts_a_program |= self.is_named(b"ddeLink");
    }

    /// Whether the tag has this name, whatever stands for its namespace.
    fn is_named(&self, name: &[u8]) -> bool {
        self.name.rsplit(|byte| *byte == b':').next() == Some(name)
    }

    /// The next letter of a text or value, if it is the code of a field.
    fn letter(&mut self, byte: u8) {
        let is_code = match self.place {
            Place::Value(_) => self.is_field,
            _ => self.depth == 1,
        };
        if !is_code {
            return;
        }
        match &mut self.reference {
            None if byte == b'&' => self.reference = Some(Vec::new()),
            None => self.code.push(byte),
            Some(reference) if byte == b';' => {
                self.code.push(resolved(reference));
                self.reference = None;
            }
            Some(reference) => {
                let says_nothing = byte == b'0' && matches!(reference.as_slice(), b"#" | b"#x");
                if !says_nothing && reference.len() < NAME {
                    reference.push(byte);
                }
            }
        }
    }
}

/// The letter of a numeric reference; a mark for one that is none of the alphabet, or no number.
fn resolved(reference: &[u8]) -> u8 {
    let text = std::str::from_utf8(reference).unwrap_or_default();
    let number = match (text.strip_prefix("#x"), text.strip_prefix('#')) {
        (Some(digits), _) => u8::from_str_radix(digits, 16).ok(),
        (None, Some(digits)) => digits.parse().ok(),
        (None, None) => None,
    };
    number.unwrap_or(b'?')
}

/// The beginning of a field's code, in one or more ways to read it: each piece of a code may
/// also be the first of another.
#[derive(Debug, Default)]
struct Code {
    /// A bit for each number of letters of `DDE` that came.
    came: u8,
    starts_a_program: bool,
}

impl Code {
    fn begin(&mut self) {
        self.came |= 1;
    }

    fn push(&mut self, byte: u8) {
        let byte = byte.to_ascii_lowercase();
        let is_further = |at: u8, letter: u8| self.came & (1 << at) != 0 && byte == letter;
        let mut came = 0;
        for (at, letter) in [(0, b'd'), (1, b'd'), (2, b'e')] {
            came |= u8::from(is_further(at, letter)) << (at + 1);
        }
        // `DDE` or `DDEAUTO`, and no other word.
        self.starts_a_program |= self.came & 8 != 0 && (byte == b'a' || !byte.is_ascii_alphanumeric());
        if byte.is_ascii_whitespace() {
            came |= self.came & 1;
        }
        self.came = came;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, wherever the text is cut.
    fn seen(text: &str) -> Findings {
        let cut = |at: usize| {
            let (mut watch, mut found) = (Watch::default(), Findings::new());
            watch.see(&text.as_bytes()[..at], &mut found);
            watch.see(&text.as_bytes()[at..], &mut found);
            found
        };
        let whole = cut(0);
        (1..text.len()).for_each(|at| assert_eq!(cut(at), whole, "{text} {at}"));
        whole
    }

    #[test]
    fn a_field_that_starts_a_program_is_seen_however_it_is_written() {
        for code in [
            "<w:instrText> DDEAUTO c:\\windows",
            "<w:instrText xml:space=\"preserve\"> DDE c:\\windows",
            "<instrText>ddeauto x</instrText>",
            "<w:instrText>DDE&#65;UTO x",
            "<w:instrText>&#x0044;&#0068;&#x45;&#32;x",
            "<w:instrText>D</w:instrText></w:r>\n<w:r a='>'><w:t>x</w:t><w:instrText a=\"/\">DE x",
            "<w:instrText>D<!--> ' --></w:instrText><?x '?><w:instrText><![CDATA[DE]]> x",
            "<w:instrText>D<x:y/>D<x:y>z</x:y>E x",
            "<w:instrText> PAGE </w:instrText><w:instrText>\n DDE x",
            "<w:instrText/><w:r><w:instrText>D</w:instrText><x:instrText/><w:instrText>DE x",
            "<w:fldSimple w:dirty='1' w:instr=\" dd&#69; x\">",
            "<x:ddeLink ddeService=\"cmd\"/>",
        ] {
            assert_eq!(seen(code), Findings::from([Finding::Script]), "{code}");
        }
    }

    #[test]
    fn a_text_that_speaks_of_it_starts_nothing() {
        for text in [
            "<w:t>DDE is old</w:t><a title='DDE x'/>",
            "<w:instrText> PAGE </w:instrText><w:t>DDE x</w:t>",
            "<w:instrText>DDEX x</w:instrText>",
            "<w:instrText> REF DDE x</w:instrText>",
            "<!-- <w:instrText>DDE x -->",
            "<w:fldSimple w:instr='PAGE'><w:t>DDE x</w:t></w:fldSimple>",
        ] {
            assert_eq!(seen(text), Findings::new(), "{text}");
        }
    }

    #[test]
    fn what_office_never_writes_is_damaged() {
        for text in ["<!DOCTYPE a [<!ENTITY b 'c'>]>", "<a>\0</a>"] {
            assert_eq!(seen(text), Findings::from([Finding::Damaged]), "{text}");
        }
    }
}
