//! The objects of a PDF and how they are written.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::super::{Judged, Reason};

/// Arrays and dictionaries inside each other.
const DEPTH: usize = 48;

/// The values of a dictionary by key, each with where it is written.
type Spans = BTreeMap<Vec<u8>, (Object, Range<usize>)>;

#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Null,
    Bool(bool),
    Integer(i64),
    /// As it is written.
    Real(Vec<u8>),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Self>),
    Dictionary(Dictionary),
    /// Number and generation.
    Reference(u32, u16),
}

/// The entries of a dictionary; none is there twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dictionary(pub BTreeMap<Vec<u8>, Object>);

impl Dictionary {
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.0.get(key.as_bytes())
    }

    pub fn has_name(&self, key: &str, name: &str) -> bool {
        matches!(self.get(key), Some(Object::Name(found)) if found == name.as_bytes())
    }

    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Object::Integer(value)) => Some(*value),
            _ => None,
        }
    }

    /// A number that is a place or a count.
    pub fn size(&self, key: &str) -> Judged<usize> {
        self.integer(key).and_then(|value| usize::try_from(value).ok()).ok_or(Reason::Structure)
    }

    pub fn reference(&self, key: &str) -> Option<(u32, u16)> {
        match self.get(key) {
            Some(Object::Reference(number, generation)) => Some((*number, *generation)),
            _ => None,
        }
    }
}

/// Reads objects from bytes. `room` is how many objects may still be read, of all readers
/// together: it bounds memory and time whatever the file says.
#[derive(Clone)]
pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    pub room: &'a Cell<usize>,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], at: usize, room: &'a Cell<usize>) -> Self {
        Self { bytes, at, room }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes white space and comments.
    pub fn skip(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'%' => {
                    let line = self.rest().iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    self.at += line.unwrap_or(self.rest().len());
                }
                byte if is_space(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    /// Passes this word, which must be next and end here.
    pub fn word(&mut self, word: &str) -> Judged<()> {
        self.skip();
        if self.takes(word) { Ok(()) } else { Err(Reason::Structure) }
    }

    /// Passes the word if it is next.
    pub fn takes(&mut self, word: &str) -> bool {
        let next = self.bytes.get(self.at + word.len());
        let ends = next.is_none_or(|byte| is_space(*byte) || is_delimiter(*byte));
        let found = ends && self.rest().starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// An integer that is not negative.
    pub fn count(&mut self) -> Judged<usize> {
        self.skip();
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = &self.rest()[..digits];
        if digits == 0 || digits > 15 {
            return Err(Reason::Structure);
        }
        self.at += digits;
        Ok(text.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
    }

    /// `12 0 obj`.
    pub fn header(&mut self) -> Judged<(u32, u16)> {
        let number = u32::try_from(self.count()?).map_err(|_| Reason::Structure)?;
        let generation = u16::try_from(self.count()?).map_err(|_| Reason::Structure)?;
        self.word("obj")?;
        Ok((number, generation))
    }

    pub fn object(&mut self) -> Judged<Object> {
        self.object_at(0)
    }

    /// A dictionary, and where each of its values is written.
    pub fn spans(&mut self) -> Judged<Spans> {
        self.skip();
        self.pairs(0)
    }

    fn object_at(&mut self, depth: usize) -> Judged<Object> {
        self.skip();
        let room = self.room.get().checked_sub(1).ok_or(Reason::TooMuch)?;
        self.room.set(room);
        if depth > DEPTH {
            return Err(Reason::TooMuch);
        }
        match self.peek().ok_or(Reason::Structure)? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal().map(Object::Text),
            b'<' if self.rest().starts_with(b"<<") => {
                let pairs = self.pairs(depth)?;
                let entries = pairs.into_iter().map(|(key, (value, _))| (key, value));
                Ok(Object::Dictionary(Dictionary(entries.collect())))
            }
            b'<' => self.hex().map(Object::Text),
            b'[' => self.array(depth),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(),
            _ => self.constant(),
        }
    }

    fn constant(&mut self) -> Judged<Object> {
        let words = [("true", Object::Bool(true)), ("false", Object::Bool(false)), ("null", Object::Null)];
        for (word, object) in words {
            if self.takes(word) {
                return Ok(object);
            }
        }
        Err(Reason::Structure)
    }

    fn array(&mut self, depth: usize) -> Judged<Object> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.object_at(depth + 1)?);
        }
    }

    fn pairs(&mut self, depth: usize) -> Judged<Spans> {
        if !self.rest().starts_with(b"<<") {
            return Err(Reason::Structure);
        }
        self.at += 2;
        let mut pairs = BTreeMap::new();
        loop {
            self.skip();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                return Ok(pairs);
            }
            if self.peek() != Some(b'/') {
                return Err(Reason::Structure);
            }
            let key = self.name()?;
            self.skip();
            let from = self.at;
            let value = self.object_at(depth + 1)?;
            // Two programs may believe two different ones.
            if pairs.insert(key, (value, from..self.at)).is_some() {
                return Err(Reason::Structure);
            }
        }
    }

    fn name(&mut self) -> Judged<Vec<u8>> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            self.at += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let (high, low) = (self.nibble()?, self.nibble()?);
            name.push(high * 16 + low);
        }
        Ok(name)
    }

    fn nibble(&mut self) -> Judged<u8> {
        let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
        self.at += 1;
        digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(Reason::Structure)
    }

    fn hex(&mut self) -> Judged<Vec<u8>> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            match self.peek().ok_or(Reason::Structure)? {
                b'>' => break self.at += 1,
                byte if is_space(byte) => self.at += 1,
                _ => digits.push(self.nibble()?),
            }
        }
        let pair = |pair: &[u8]| pair[0] * 16 + pair.get(1).copied().unwrap_or(0);
        Ok(digits.chunks(2).map(pair).collect())
    }

    fn literal(&mut self) -> Judged<Vec<u8>> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            let byte = self.peek().ok_or(Reason::Structure)?;
            self.at += 1;
            match byte {
                b'\\' => self.escape(&mut text)?,
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(text);
            }
            if byte != b'\\' {
                text.push(byte);
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Judged<()> {
        let byte = self.peek().ok_or(Reason::Structure)?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' if self.peek() == Some(b'\n') => self.at += 1,
            b'\r' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push(u8::try_from(code & 0xFF).unwrap_or_default());
            }
            other => text.push(other),
        }
        Ok(())
    }

    /// A number, or a reference that begins with one.
    fn number(&mut self) -> Judged<Object> {
        let length = self.rest().iter().take_while(|byte| !is_space(**byte) && !is_delimiter(**byte)).count();
        let text = &self.rest()[..length];
        self.at += length;
        let (sign, digits) = match text.split_first() {
            Some((b'-', digits)) => (-1, digits),
            Some((b'+', digits)) => (1, digits),
            _ => (1, text),
        };
        let numeric = digits.iter().filter(|byte| byte.is_ascii_digit()).count();
        let points = digits.iter().filter(|byte| **byte == b'.').count();
        if numeric == 0 || numeric + points != digits.len() || points > 1 || digits.len() > 40 {
            return Err(Reason::Structure);
        }
        if points == 1 || digits.len() > 18 {
            return Ok(Object::Real(text.to_vec()));
        }
        let value = sign * digits.iter().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Ok(self.reference(value, text).unwrap_or(Object::Integer(value)))
    }

    fn reference(&mut self, number: i64, text: &[u8]) -> Option<Object> {
        let number = u32::try_from(number).ok().filter(|_| text[0].is_ascii_digit())?;
        let mut ahead = self.clone();
        ahead.skip();
        let generation = u16::try_from(ahead.count().ok()?).ok()?;
        ahead.skip();
        ahead.takes("R").then(|| {
            self.at = ahead.at;
            Object::Reference(number, generation)
        })
    }
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    b"()<>[]{}/%".contains(&byte)
}
