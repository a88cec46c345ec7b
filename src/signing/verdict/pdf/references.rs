//! Cross-reference sections: tables, streams and both at once.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::{Judged, Reason};
use super::object::is_space;
use super::stream::unpack;
use super::{Dictionary, Entry, Object, Reader, Section};

/// Objects that a file may number.
const ENTRIES: usize = 1_000_000;

/// The section that begins at this offset. `inflated` is the room for unpacked bytes.
pub fn section<'a>(mut reader: Reader<'a>, inflated: &Cell<usize>) -> Judged<Section> {
    let start = reader.at;
    if reader.takes("xref") {
        return table(reader, start, inflated);
    }
    let (entries, trailer, end) = stream(&mut reader, inflated)?;
    Ok(Section { start, end, entries, trailer, hybrid: false })
}

fn table(mut reader: Reader, start: usize, inflated: &Cell<usize>) -> Judged<Section> {
    let mut entries = Vec::new();
    loop {
        reader.skip();
        if reader.takes("trailer") {
            break;
        }
        let (first, count) = (reader.count()?, reader.count()?);
        reader.skip();
        if entries.len().saturating_add(count) > ENTRIES {
            return Err(Reason::TooMuch);
        }
        for index in 0..count {
            let line = reader.bytes.get(reader.at..reader.at + 20).ok_or(Reason::Structure)?;
            reader.at += 20;
            entries.push((number(first + index)?, table_entry(line)?));
        }
    }
    let Object::Dictionary(trailer) = reader.object()? else { return Err(Reason::Structure) };
    let (end, mut hybrid) = (reader.at, false);
    if trailer.get("XRefStm").is_some() {
        hybrid = true;
        let at = trailer.size("XRefStm")?;
        let (hidden, _, _) = stream(&mut Reader { at, ..reader }, inflated)?;
        // What the table calls free and the stream knows is for readers of newer files only.
        let mut known: BTreeMap<u32, Entry> = entries.into_iter().collect();
        for (number, entry) in hidden {
            let place = known.entry(number).or_insert(entry);
            if *place == Entry::Free {
                *place = entry;
            }
        }
        entries = known.into_iter().collect();
    }
    Ok(Section { start, end, entries, trailer, hybrid })
}

/// `0000000016 00000 n` and two bytes of line end.
fn table_entry(line: &[u8]) -> Judged<Entry> {
    let digits = |part: &[u8]| {
        let valid = part.iter().all(u8::is_ascii_digit);
        valid.then(|| part.iter().fold(0_usize, |sum, digit| sum * 10 + usize::from(digit - b'0')))
    };
    let offset = digits(&line[..10]).ok_or(Reason::Structure)?;
    let generation = digits(&line[11..16]).ok_or(Reason::Structure)?;
    let spaced = line[10] == b' ' && line[16] == b' ' && is_space(line[18]) && is_space(line[19]);
    match line[17] {
        _ if !spaced => Err(Reason::Structure),
        b'n' => {
            Ok(Entry::At { offset, generation: u16::try_from(generation).map_err(|_| Reason::Structure)? })
        }
        b'f' => Ok(Entry::Free),
        _ => Err(Reason::Structure),
    }
}

type Parts = (Vec<(u32, Entry)>, Dictionary, usize);

fn stream(reader: &mut Reader, inflated: &Cell<usize>) -> Judged<Parts> {
    reader.header()?;
    let Object::Dictionary(dictionary) = reader.object()? else { return Err(Reason::Structure) };
    if !dictionary.has_name("Type", "XRef") {
        return Err(Reason::Structure);
    }
    let content = content(reader, dictionary.size("Length")?)?;
    reader.word("endobj")?;
    let bytes = unpack(&dictionary, &reader.bytes[content], inflated)?;
    let widths = widths(&dictionary)?;
    let mut lines = bytes.chunks_exact(widths.iter().sum());
    let mut entries = Vec::new();
    for (first, count) in index(&dictionary)? {
        if entries.len().saturating_add(count) > ENTRIES {
            return Err(Reason::TooMuch);
        }
        for place in 0..count {
            let line = lines.next().ok_or(Reason::Structure)?;
            entries.push((number(first + place)?, stream_entry(line, widths)?));
        }
    }
    Ok((entries, dictionary, reader.at))
}

/// Passes `stream … endstream` and tells where the content is.
pub fn content(reader: &mut Reader, length: usize) -> Judged<std::ops::Range<usize>> {
    reader.word("stream")?;
    match reader.bytes.get(reader.at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => reader.at += 2,
        [b'\n', ..] => reader.at += 1,
        _ => return Err(Reason::Structure),
    }
    let from = reader.at;
    let end = from.checked_add(length).filter(|end| *end <= reader.bytes.len()).ok_or(Reason::Structure)?;
    reader.at = end;
    match reader.bytes.get(end..).unwrap_or_default() {
        [b'\r', b'\n', ..] => reader.at += 2,
        [b'\n' | b'\r', ..] => reader.at += 1,
        _ => {}
    }
    if !reader.takes("endstream") {
        return Err(Reason::Structure);
    }
    Ok(from..end)
}

fn widths(dictionary: &Dictionary) -> Judged<[usize; 3]> {
    let Some(Object::Array(items)) = dictionary.get("W") else { return Err(Reason::Structure) };
    let width = |item: &Object| match item {
        Object::Integer(width @ 0..=8) => usize::try_from(*width).ok(),
        _ => None,
    };
    let widths: Option<Vec<usize>> = items.iter().map(width).collect();
    match widths.as_deref() {
        Some([kind, second, third]) if *second > 0 => Ok([*kind, *second, *third]),
        _ => Err(Reason::Structure),
    }
}

fn index(dictionary: &Dictionary) -> Judged<Vec<(usize, usize)>> {
    let size = dictionary.size("Size")?;
    let Some(found) = dictionary.get("Index") else { return Ok(vec![(0, size)]) };
    let Object::Array(items) = found else { return Err(Reason::Structure) };
    let count = |item: &Object| match item {
        Object::Integer(count) => usize::try_from(*count).map_err(|_| Reason::Structure),
        _ => Err(Reason::Structure),
    };
    let pairs = items.chunks(2).map(|pair| match pair {
        [first, length] => Ok((count(first)?, count(length)?)),
        _ => Err(Reason::Structure),
    });
    pairs.collect()
}

fn stream_entry(line: &[u8], [kind, second, third]: [usize; 3]) -> Judged<Entry> {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let (first, rest) = line.split_at(kind);
    let (second, third) = (sum(&rest[..second]), sum(&rest[second..second + third]));
    match if kind == 0 { 1 } else { sum(first) } {
        0 => Ok(Entry::Free),
        1 => {
            let generation = u16::try_from(third).map_err(|_| Reason::Structure)?;
            Ok(Entry::At { offset: second, generation })
        }
        2 => Ok(Entry::Packed { stream: number(second)?, index: third }),
        _ => Err(Reason::Structure),
    }
}

fn number(value: usize) -> Judged<u32> {
    u32::try_from(value).map_err(|_| Reason::Structure)
}
