//! The table by which a font tells which letters its codes stand for (`ToUnicode`, ISO 32000-2,
//! 9.10.3).
//!
//! A line of it may name four thousand million codes. What is kept here is as long as the table
//! is, whatever it names.

use super::{digit, is_end};

/// Kinds of codes that are told apart.
const SPACES: usize = 16;
/// Letters that one code stands for, at most: a ligature has three or four.
const LETTERS: usize = 16;
/// Bytes of a code.
const WIDTH: usize = 4;

#[derive(Debug, Default)]
pub struct Table {
    /// By width and first code.
    runs: Vec<Run>,
    spaces: Vec<Space>,
}

/// Codes that follow one another and stand for letters that do so.
#[derive(Debug)]
struct Run {
    /// Bytes of a code.
    width: usize,
    first: u32,
    last: u32,
    /// Of the first code, in UTF-16; the last of them grows with the code.
    letters: Vec<u16>,
}

/// Which bytes a code of some width is made of.
#[derive(Debug)]
struct Space {
    width: usize,
    first: u32,
    last: u32,
}

impl Table {
    /// Reads a table as far as it can be understood.
    pub fn read(text: &[u8]) -> Self {
        let (mut table, mut tokens) = (Self::default(), Tokens(text));
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(b"begincodespacerange") => table.read_spaces(&mut tokens),
                Token::Word(b"beginbfchar") => table.read_codes(&mut tokens),
                Token::Word(b"beginbfrange") => table.read_ranges(&mut tokens),
                _ => {}
            }
        }
        table.runs.sort_by_key(|run| (run.width, run.first));
        table
    }

    fn read_spaces(&mut self, tokens: &mut Tokens) {
        while let Some(Token::Hex(first)) = tokens.next() {
            let Some(Token::Hex(last)) = tokens.next() else { return };
            if let (Some((width, first)), Some((_, last))) = (code(first), code(last))
                && self.spaces.len() < SPACES
            {
                self.spaces.push(Space { width, first, last });
            }
        }
    }

    fn read_codes(&mut self, tokens: &mut Tokens) {
        while let Some(Token::Hex(from)) = tokens.next() {
            let Some(Token::Hex(to)) = tokens.next() else { return };
            if let Some((width, code)) = code(from) {
                self.add(width, code, code, to);
            }
        }
    }

    fn read_ranges(&mut self, tokens: &mut Tokens) {
        while let Some(Token::Hex(first)) = tokens.next() {
            let Some(Token::Hex(last)) = tokens.next() else { return };
            let (Some((width, first)), Some((_, last))) = (code(first), code(last)) else { return };
            match tokens.next() {
                Some(Token::Hex(to)) => self.add(width, first, last, to),
                Some(Token::Open) => {
                    let mut code = Some(first);
                    while let Some(Token::Hex(to)) = tokens.next() {
                        if let Some(code) = code.filter(|code| *code <= last) {
                            self.add(width, code, code, to);
                        }
                        code = code.and_then(|code| code.checked_add(1));
                    }
                }
                _ => return,
            }
        }
    }

    fn add(&mut self, width: usize, first: u32, last: u32, to: &[u8]) {
        let unit = |pair: &[u8]| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte));
        let letters: Vec<u16> = bytes(to).chunks(2).map(unit).collect();
        if !letters.is_empty() && first <= last {
            self.runs.push(Run { width, first, last, letters });
        }
    }

    /// Writes the letters of codes; what the table does not know becomes the mark for that.
    pub fn write(&self, mut codes: &[u8], out: &mut String) {
        while !codes.is_empty() {
            let widths = 1..=codes.len().min(WIDTH);
            let mut widths = widths.map(|width| (width, number(&codes[..width])));
            let found = widths.find(|(width, code)| self.is_code(*width, *code));
            match found.and_then(|(width, code)| Some((self.run(width, code)?, code))) {
                Some((run, code)) => run.write(code, out),
                None => out.push(char::REPLACEMENT_CHARACTER),
            }
            let width = found.map_or_else(|| self.step(), |(width, _)| width);
            codes = &codes[width.min(codes.len())..];
        }
    }

    fn is_code(&self, width: usize, code: u32) -> bool {
        if self.spaces.is_empty() {
            return self.run(width, code).is_some();
        }
        self.spaces.iter().any(|space| space.width == width && space.holds(code))
    }

    fn run(&self, width: usize, code: u32) -> Option<&Run> {
        let behind = self.runs.partition_point(|run| (run.width, run.first) <= (width, code));
        self.runs[..behind].last().filter(|run| run.width == width && code <= run.last)
    }

    /// Bytes to be passed over where no code begins.
    fn step(&self) -> usize {
        let narrowest = self.spaces.iter().map(|space| space.width).min();
        narrowest.or(self.runs.first().map(|run| run.width)).unwrap_or(1)
    }
}

impl Run {
    fn write(&self, code: u32, out: &mut String) {
        // The low half is what is added: more would leave the plane.
        let (by, last) = ((code - self.first) as u16, self.letters.len() - 1);
        let grown = |(at, unit): (usize, &u16)| if at == last { unit.wrapping_add(by) } else { *unit };
        let letters = char::decode_utf16(self.letters.iter().enumerate().map(grown));
        out.extend(letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}

impl Space {
    /// Each byte lies between those of the first and the last code.
    fn holds(&self, code: u32) -> bool {
        let byte = |code: u32, at: usize| (code >> (8 * at)) & 0xFF;
        (0..self.width).all(|at| (byte(self.first, at)..=byte(self.last, at)).contains(&byte(code, at)))
    }
}

/// A code with its width.
fn code(hex: &[u8]) -> Option<(usize, u32)> {
    let bytes = bytes(hex);
    (1..=WIDTH).contains(&bytes.len()).then(|| (bytes.len(), number(&bytes)))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

fn bytes(hex: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = hex.iter().filter_map(|byte| digit(*byte)).take(4 * LETTERS).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4) | pair.get(1).copied().unwrap_or_default()).collect()
}

/// What a table is written with.
enum Token<'t> {
    /// The digits of a string.
    Hex(&'t [u8]),
    Open,
    Close,
    Word(&'t [u8]),
}

struct Tokens<'t>(&'t [u8]);

impl<'t> Tokens<'t> {
    /// What stands before an end, which is passed over.
    fn until(&mut self, end: impl Fn(u8) -> bool) -> &'t [u8] {
        let length = self.0.iter().position(|byte| end(*byte)).unwrap_or(self.0.len());
        let (found, behind) = self.0.split_at(length);
        self.0 = behind.get(1..).unwrap_or_default();
        found
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let text = self.0;
            let (&first, behind) = text.split_first()?;
            self.0 = behind;
            match first {
                // Of a dictionary.
                b'<' if behind.first() == Some(&b'<') => self.0 = &behind[1..],
                b'<' => return Some(Token::Hex(self.until(|byte| byte == b'>'))),
                b'[' => return Some(Token::Open),
                b']' => return Some(Token::Close),
                b'%' => {
                    self.until(|byte| matches!(byte, b'\r' | b'\n'));
                }
                b'(' => {
                    self.until(|byte| byte == b')');
                }
                // What is between the words.
                _ if is_end(first) => {}
                _ => {
                    let length = text.iter().position(|byte| is_end(*byte)).unwrap_or(text.len());
                    let (word, behind) = text.split_at(length);
                    self.0 = behind;
                    return Some(Token::Word(word));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, codes: &[u8]) -> String {
        let (table, mut out) = (Table::read(table.as_bytes()), String::new());
        table.write(codes, &mut out);
        out
    }

    #[test]
    fn codes_ranges_and_lists_are_read() {
        let table = "/CIDInit /ProcSet findresource begin % <00> <FF>
            /CIDSystemInfo << /Registry (Adobe <0041>) >> def
            1 begincodespacerange <0000> <FFFF> endcodespacerange
            2 beginbfchar
            <0001> <1EA5>
            <0002> <00660066>
            endbfchar
            2 beginbfrange <0010><0012><0041> <0020> <0021> [<0078> <D83DDE00>] endbfrange endcmap";
        assert_eq!(read(table, &[0, 1, 0, 2, 0, 0x10, 0, 0x12]), "ấffAC");
        assert_eq!(read(table, &[0, 0x20, 0, 0x21, 0, 9, 0, 1, 0]), "x\u{1F600}\u{FFFD}ấ\u{FFFD}");
    }

    #[test]
    fn codes_of_several_widths_are_told_apart() {
        let spaces = "begincodespacerange <00> <7F> <8000> <FFFF> endcodespacerange";
        let table = format!("{spaces} beginbfchar <41> <0061> <8141> <0062> endbfchar");
        assert_eq!(read(&table, &[0x41, 0x81, 0x41, 0x41]), "aba");
        assert_eq!(read("beginbfchar <41> <0061> <8141> <0062> endbfchar", &[0x41, 0x81, 0x41]), "ab");
    }

    #[test]
    fn a_line_that_names_all_codes_there_are_is_one_line() {
        let line = "<00000000> <FFFFFFFF> <0041> ".repeat(3);
        let table = format!("beginbfrange {line} endbfrange beginbfchar <01> <0042> endbfchar");
        assert_eq!(Table::read(table.as_bytes()).runs.len(), 4);
        assert_eq!(read(&table, &[1, 2, 0, 0, 1]), "BB");
        let long = format!("beginbfchar <01> <{}> endbfchar", "0041".repeat(256));
        assert_eq!(read(&long, &[1]), "A".repeat(LETTERS));
    }

    #[test]
    fn what_is_no_table_knows_no_letters() {
        for text in ["", "<", "beginbfchar", "beginbfchar <", "beginbfrange <01> <02> [", "<<(<%["] {
            assert_eq!(read(text, &[1]), "\u{FFFD}", "{text}");
        }
    }
}
