//! A file as its references tell it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::super::{Judged, Reason};
use super::references::{content, section};
use super::stream::unpack;
use super::{Dictionary, Object, Reader};

/// Objects, and parts of objects, that are read of one file.
const OBJECTS: usize = 4_000_000;
/// Bytes that come out of all packed streams of one file.
const UNPACKED: usize = 64 << 20;
/// Cross-reference sections of one file: each change adds one.
const SECTIONS: usize = 200;
const PACKED: usize = 100_000;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Free,
    At {
        offset: usize,
        generation: u16,
    },
    /// In an object stream.
    Packed {
        stream: u32,
        index: usize,
    },
}

/// One cross-reference section and its trailer.
#[derive(Debug)]
pub struct Section {
    pub start: usize,
    /// Behind the trailer.
    pub end: usize,
    pub entries: Vec<(u32, Entry)>,
    pub trailer: Dictionary,
    /// Has a table and a stream at once.
    pub hybrid: bool,
}

/// An object that was looked up.
pub struct Found {
    pub object: Object,
    /// The content of a stream, as it is stored.
    pub content: Option<Range<usize>>,
    /// From its header to behind `endobj`; none in an object stream.
    pub span: Option<Range<usize>>,
}

struct Packed {
    bytes: Vec<u8>,
    /// Number and place of each object.
    places: Vec<(u32, usize)>,
}

pub struct Document<'a> {
    pub bytes: &'a [u8],
    pub entries: BTreeMap<u32, Entry>,
    /// Newest first.
    pub sections: Vec<Section>,
    room: Cell<usize>,
    unpacked: Cell<usize>,
    packed: RefCell<BTreeMap<u32, Rc<Packed>>>,
}

impl<'a> Document<'a> {
    /// Reads the references of a file, from its last section to its first.
    pub fn read(bytes: &'a [u8]) -> Judged<Self> {
        if !(bytes.starts_with(b"%PDF-1.") || bytes.starts_with(b"%PDF-2.")) {
            return Err(Reason::Structure);
        }
        let mut document = Self {
            bytes,
            entries: BTreeMap::new(),
            sections: Vec::new(),
            room: Cell::new(OBJECTS),
            unpacked: Cell::new(UNPACKED),
            packed: RefCell::default(),
        };
        let mut visited = BTreeSet::new();
        let mut next = Some(document.last_section()?);
        while let Some(offset) = next {
            if offset >= bytes.len() || !visited.insert(offset) || visited.len() > SECTIONS {
                return Err(Reason::Structure);
            }
            let section = section(document.reader(offset), &document.unpacked)?;
            let mut numbers = BTreeSet::new();
            for (number, entry) in &section.entries {
                if !numbers.insert(*number) {
                    return Err(Reason::Structure);
                }
                document.entries.entry(*number).or_insert(*entry);
            }
            next = section.trailer.get("Prev").map(|_| section.trailer.size("Prev")).transpose()?;
            document.sections.push(section);
        }
        Ok(document)
    }

    pub fn reader(&self, at: usize) -> Reader<'_> {
        Reader::new(self.bytes, at, &self.room)
    }

    /// The trailer that counts.
    pub fn trailer(&self) -> Judged<&Dictionary> {
        self.sections.first().map(|section| &section.trailer).ok_or(Reason::Structure)
    }

    /// What the end of the file says: `startxref`, an offset, `%%EOF` and nothing more.
    fn last_section(&self) -> Judged<usize> {
        let tail = self.bytes.len().saturating_sub(64);
        let word = b"startxref";
        let found = self.bytes[tail..].windows(word.len()).rposition(|window| window == word);
        let at = found.ok_or(Reason::Structure)?;
        let (offset, end) = self.ending(tail + at)?;
        if end == self.bytes.len() { Ok(offset) } else { Err(Reason::Structure) }
    }

    /// Reads `startxref 123 %%EOF` and its line end: the offset, and where it ends.
    pub fn ending(&self, at: usize) -> Judged<(usize, usize)> {
        let mut reader = self.reader(at);
        reader.word("startxref")?;
        let offset = reader.count()?;
        let rest = self.bytes.get(reader.at..).unwrap_or_default();
        let lines = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count();
        let rest = &rest[lines..];
        if lines == 0 || !rest.starts_with(b"%%EOF") {
            return Err(Reason::Structure);
        }
        let end = match &rest[5..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            [] => 0,
            _ => return Err(Reason::Structure),
        };
        Ok((offset, reader.at + lines + 5 + end))
    }

    /// The object that this reference means; what is not there is null.
    pub fn get(&self, number: u32, generation: u16) -> Judged<Found> {
        match self.entries.get(&number) {
            Some(Entry::At { offset, generation: found }) if *found == generation => {
                self.object_at(number, generation, *offset)
            }
            Some(Entry::Packed { stream, index }) if generation == 0 => {
                let object = self.packed_object(number, *stream, *index)?;
                Ok(Found { object, content: None, span: None })
            }
            _ => Ok(Found { object: Object::Null, content: None, span: None }),
        }
    }

    /// Whether the object of this number has a content, whatever generation it is.
    pub fn is_stream(&self, number: u32) -> Judged<bool> {
        let Some(Entry::At { offset, generation }) = self.entries.get(&number) else { return Ok(false) };
        Ok(self.object_at(number, *generation, *offset)?.content.is_some())
    }

    /// The object at this offset, which must be the one that is asked for.
    pub fn object_at(&self, number: u32, generation: u16, offset: usize) -> Judged<Found> {
        let mut reader = self.reader(offset);
        // The reference leads to the number itself, not to space or a comment before it.
        if !self.bytes.get(offset).is_some_and(u8::is_ascii_digit) || reader.header()? != (number, generation)
        {
            return Err(Reason::Structure);
        }
        let object = reader.object()?;
        reader.skip();
        let mut place = None;
        if let Object::Dictionary(dictionary) = &object
            && self.bytes.get(reader.at..).unwrap_or_default().starts_with(b"stream")
        {
            place = Some(content(&mut reader, self.length(dictionary)?)?);
        }
        reader.word("endobj")?;
        Ok(Found { object, content: place, span: Some(offset..reader.at) })
    }

    fn length(&self, dictionary: &Dictionary) -> Judged<usize> {
        let Some((number, generation)) = dictionary.reference("Length") else {
            return dictionary.size("Length");
        };
        let Some(Entry::At { offset, .. }) = self.entries.get(&number) else { return Err(Reason::Structure) };
        let mut reader = self.reader(*offset);
        if reader.header()? != (number, generation) {
            return Err(Reason::Structure);
        }
        let length = reader.count()?;
        reader.word("endobj")?;
        Ok(length)
    }

    fn packed_object(&self, number: u32, stream: u32, index: usize) -> Judged<Object> {
        let known = self.packed.borrow().get(&stream).cloned();
        let packed = match known {
            Some(packed) => packed,
            None => {
                let packed = Rc::new(self.object_stream(stream)?);
                self.packed.borrow_mut().insert(stream, Rc::clone(&packed));
                packed
            }
        };
        match packed.places.get(index) {
            Some((found, place)) if *found == number => {
                Reader::new(&packed.bytes, *place, &self.room).object()
            }
            _ => Err(Reason::Structure),
        }
    }

    fn object_stream(&self, number: u32) -> Judged<Packed> {
        let Some(Entry::At { offset, generation: 0 }) = self.entries.get(&number) else {
            return Err(Reason::Structure);
        };
        let found = self.object_at(number, 0, *offset)?;
        let (Object::Dictionary(dictionary), Some(content)) = (&found.object, found.content) else {
            return Err(Reason::Structure);
        };
        if !dictionary.has_name("Type", "ObjStm") {
            return Err(Reason::Structure);
        }
        let bytes = unpack(dictionary, &self.bytes[content], &self.unpacked)?;
        let (count, first) = (dictionary.size("N")?, dictionary.size("First")?);
        if count > PACKED {
            return Err(Reason::TooMuch);
        }
        let mut reader = Reader::new(&bytes, 0, &self.room);
        let mut places = Vec::new();
        for _ in 0..count {
            let number = u32::try_from(reader.count()?).map_err(|_| Reason::Structure)?;
            let place = reader.count()?.checked_add(first).filter(|place| *place < bytes.len());
            places.push((number, place.ok_or(Reason::Structure)?));
        }
        Ok(Packed { bytes, places })
    }

    /// The value itself, if it stands elsewhere.
    pub fn resolve(&self, object: &Object) -> Judged<Object> {
        match object {
            Object::Reference(number, generation) => match self.get(*number, *generation)?.object {
                Object::Reference(..) => Err(Reason::Structure),
                found => Ok(found),
            },
            other => Ok(other.clone()),
        }
    }

    /// The dictionary of this key, here or elsewhere; none when it is not there.
    pub fn dictionary(&self, of: &Dictionary, key: &str) -> Judged<Option<Dictionary>> {
        match of.get(key).map(|found| self.resolve(found)).transpose()? {
            None | Some(Object::Null) => Ok(None),
            Some(Object::Dictionary(dictionary)) => Ok(Some(dictionary)),
            Some(_) => Err(Reason::Structure),
        }
    }

    /// The array of this key, here or elsewhere; empty when it is not there.
    pub fn array(&self, of: &Dictionary, key: &str) -> Judged<Vec<Object>> {
        match of.get(key).map(|found| self.resolve(found)).transpose()? {
            None | Some(Object::Null) => Ok(Vec::new()),
            Some(Object::Array(items)) => Ok(items),
            Some(_) => Err(Reason::Structure),
        }
    }

    pub fn catalog(&self) -> Judged<Dictionary> {
        self.dictionary(self.trailer()?, "Root")?.ok_or(Reason::Structure)
    }

    /// The unpacked content of a stream.
    pub fn content(&self, reference: &Object) -> Judged<Vec<u8>> {
        let Object::Reference(number, generation) = reference else { return Err(Reason::Structure) };
        let found = self.get(*number, *generation)?;
        let (Object::Dictionary(dictionary), Some(content)) = (&found.object, found.content) else {
            return Err(Reason::Structure);
        };
        unpack(dictionary, &self.bytes[content], &self.unpacked)
    }
}
