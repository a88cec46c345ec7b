//! A further revision of a PDF (incremental update, ISO 32000-1 §7.5.6): objects are appended,
//! and not a byte of what was there before changes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat};

/// A revision that is being written behind a document.
pub(super) struct Revision {
    /// What was there, and what was written so far.
    pub out: Vec<u8>,
    pub doc: Document,
    /// Where each object of this revision begins.
    offsets: BTreeMap<u32, (usize, u16)>,
    next: u32,
}

impl Revision {
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let doc = Document::load_mem(bytes).context("the PDF cannot be read")?;
        ensure!(!doc.trailer.has(b"Encrypt"), "an encrypted PDF is not signed");
        ensure!(doc.xref_recovery.is_none(), "the cross-references of the PDF are damaged");
        let size = doc.trailer.get(b"Size").and_then(Object::as_i64).unwrap_or_default();
        let next = u32::try_from(size).unwrap_or_default().max(doc.max_id + 1);
        let mut out = bytes.to_vec();
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
        Ok(Self { out, doc, offsets: BTreeMap::new(), next })
    }

    /// A number for a new object.
    pub fn number(&mut self) -> ObjectId {
        self.next += 1;
        (self.next - 1, 0)
    }

    pub fn root(&self) -> Result<ObjectId> {
        Ok(self.doc.trailer.get(b"Root")?.as_reference()?)
    }

    /// A dictionary of the document as it stands.
    pub fn dictionary(&self, id: ObjectId) -> Result<Dictionary> {
        Ok(self.doc.get_dictionary(id)?.clone())
    }

    /// Writes an object: a new one, or in place of one that was there.
    pub fn put(&mut self, id: ObjectId, object: &Object) {
        self.begin(id);
        write(&mut self.out, object);
        self.end();
    }

    /// The same for what the caller writes by itself into `out` before [`Revision::end`].
    pub fn begin(&mut self, id: ObjectId) {
        self.offsets.insert(id.0, (self.out.len(), id.1));
        self.out.extend_from_slice(format!("{} {} obj\n", id.0, id.1).as_bytes());
    }

    pub fn end(&mut self) {
        self.out.extend_from_slice(b"\nendobj\n");
    }

    /// Writes the cross-references, in the form that the document has, and gives the file.
    pub fn finish(mut self) -> Vec<u8> {
        let mut trailer = Dictionary::new();
        for key in [b"Root".as_slice(), b"Info", b"ID"] {
            if let Ok(value) = self.doc.trailer.get(key) {
                trailer.set(key, value.clone());
            }
        }
        if let Ok(Object::Array(id)) = trailer.get_mut(b"ID")
            && id.len() == 2
        {
            let now = digest::digest(&digest::SHA256, &self.out);
            id[1] = Object::String(now.as_ref()[..16].to_vec(), StringFormat::Hexadecimal);
        }
        trailer.set("Prev", self.doc.xref_start as i64);
        match self.doc.reference_table.cross_reference_type {
            XrefType::CrossReferenceTable => self.table(trailer),
            XrefType::CrossReferenceStream => self.stream(trailer),
        }
        self.out
    }

    fn table(&mut self, mut trailer: Dictionary) {
        let start = self.out.len();
        trailer.set("Size", i64::from(self.next));
        let mut text = "xref\n".to_owned();
        for (first, run) in runs(&self.offsets) {
            text += &format!("{first} {}\n", run.len());
            for (offset, generation) in run {
                text += &format!("{offset:010} {generation:05} n \n");
            }
        }
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"trailer\n");
        write(&mut self.out, &Object::Dictionary(trailer));
        self.out.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
    }

    fn stream(&mut self, mut trailer: Dictionary) {
        let id = self.number();
        let start = self.out.len();
        self.begin(id);
        let (mut index, mut rows) = (Vec::new(), Vec::new());
        for (first, run) in runs(&self.offsets) {
            index.extend([Object::from(i64::from(first)), Object::from(run.len() as i64)]);
            for (offset, generation) in run {
                rows.push(1);
                rows.extend((offset as u64).to_be_bytes());
                rows.extend(generation.to_be_bytes());
            }
        }
        trailer.set("Type", Object::from("XRef"));
        trailer.set("Size", i64::from(self.next));
        trailer.set("W", vec![Object::from(1), Object::from(8), Object::from(2)]);
        trailer.set("Index", index);
        write(&mut self.out, &Object::Stream(lopdf::Stream::new(trailer, rows)));
        self.end();
        self.out.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
    }
}

/// Where objects begin, and their generations, in runs of numbers without a gap.
fn runs(offsets: &BTreeMap<u32, (usize, u16)>) -> Vec<(u32, Vec<(usize, u16)>)> {
    let mut runs: Vec<(u32, Vec<(usize, u16)>)> = Vec::new();
    for (&number, &place) in offsets {
        match runs.last_mut() {
            Some((first, run)) if *first as usize + run.len() == number as usize => run.push(place),
            _ => runs.push((number, vec![place])),
        }
    }
    runs
}

/// An object as PDF writes it. Strings are in hexadecimal: nothing in them needs an escape.
pub(super) fn write(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Null => out.extend_from_slice(b"null"),
        Object::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Object::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Object::Real(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Object::Name(name) => write_name(out, name),
        Object::String(text, _) => out.extend_from_slice(format!("<{}>", hex::encode(text)).as_bytes()),
        Object::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b' ');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Object::Dictionary(entries) => write_dictionary(out, entries),
        Object::Stream(stream) => {
            let mut entries = stream.dict.clone();
            entries.set("Length", stream.content.len() as i64);
            write_dictionary(out, &entries);
            out.extend_from_slice(b"\nstream\n");
            out.extend_from_slice(&stream.content);
            out.extend_from_slice(b"\nendstream");
        }
        Object::Reference((number, generation)) => {
            out.extend_from_slice(format!("{number} {generation} R").as_bytes());
        }
    }
}

fn write_dictionary(out: &mut Vec<u8>, entries: &Dictionary) {
    out.extend_from_slice(b"<<");
    for (key, value) in entries {
        out.push(b'\n');
        write_name(out, key);
        out.push(b' ');
        write(out, value);
    }
    out.extend_from_slice(b"\n>>");
}

fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for &byte in name {
        if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("#{byte:02x}").as_bytes());
        }
    }
}
