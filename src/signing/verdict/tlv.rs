//! DER, value by value: only lengths that are definite and as short as can be.
//!
//! What is signed is hashed as it was written, so parts are kept as the bytes they are.

use super::{Judged, Reason};

pub const INTEGER: u8 = 0x02;
pub const BITS: u8 = 0x03;
pub const OCTETS: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    /// With tag and length.
    pub raw: &'a [u8],
}

/// How long the value at the begin of these bytes is, with tag and length.
pub fn whole_length(bytes: &[u8]) -> Option<usize> {
    let (_, head, length) = head(bytes)?;
    head.checked_add(length)
}

/// Tag, bytes of the head, bytes of the value.
fn head(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    // Tags of more than one byte stand nowhere in what is read here.
    if tag & 0x1F == 0x1F {
        return None;
    }
    if first < 0x80 {
        return Some((tag, 2, usize::from(first)));
    }
    let count = usize::from(first & 0x7F);
    if !(1..=4).contains(&count) {
        return None;
    }
    let digits = bytes.get(2..2 + count)?;
    let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    let shortest = digits[0] != 0 && length >= 0x80;
    shortest.then_some((tag, 2 + count, length))
}

/// Takes values one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a>(pub &'a [u8]);

impl<'a> Values<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn one(&mut self) -> Judged<Tlv<'a>> {
        let (tag, head, length) = head(self.0).ok_or(Reason::Message)?;
        let end = head.checked_add(length).filter(|end| *end <= self.0.len()).ok_or(Reason::Message)?;
        let (raw, rest) = self.0.split_at(end);
        self.0 = rest;
        Ok(Tlv { tag, value: &raw[head..], raw })
    }

    /// The next value, which must have this tag.
    pub fn take(&mut self, tag: u8) -> Judged<Tlv<'a>> {
        self.take_if(tag)?.ok_or(Reason::Message)
    }

    /// The next value if it has this tag.
    pub fn take_if(&mut self, tag: u8) -> Judged<Option<Tlv<'a>>> {
        if self.0.first() == Some(&tag) { self.one().map(Some) } else { Ok(None) }
    }

    pub fn end(&self) -> Judged<()> {
        if self.is_empty() { Ok(()) } else { Err(Reason::Message) }
    }

    /// All that is left.
    pub fn all(mut self) -> Judged<Vec<Tlv<'a>>> {
        let mut found = Vec::new();
        while !self.is_empty() {
            found.push(self.one()?);
        }
        Ok(found)
    }
}

impl<'a> Tlv<'a> {
    pub fn inside(&self) -> Values<'a> {
        Values(self.value)
    }
}

/// The only value of these bytes.
pub fn only<'a>(bytes: &'a [u8], tag: u8) -> Judged<Tlv<'a>> {
    let mut values = Values(bytes);
    let value = values.take(tag)?;
    values.end()?;
    Ok(value)
}
