//! The signature field: a revision with room for a signature, the bytes that it covers, and
//! the signature put into the room.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};

use super::block;
use super::revision::{Revision, write};

/// Bytes of a signature with its certificates and its time-stamp, for which room is left.
const ROOM: usize = 16 * 1024;
/// Digits of a place in the file; a file of 10 GB has more.
const DIGITS: usize = 10;
/// Printed, and not to be moved.
const PRINT_AND_LOCKED: i64 = 4 + 128;

/// A signature to be made room for.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// Name of the field, of which a document has each once.
    pub name: &'a str,
    /// Who signs, as viewers show it.
    pub signer: &'a str,
    /// Why, as viewers show it.
    pub reason: &'a str,
    /// When, by the signer's own word; the time-stamp proves the time.
    pub at: Timestamp,
    /// How it looks on the page; `None` = it is not seen.
    pub block: Option<Block<'a>>,
}

/// A visible signature block.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// The PDF whose first page is the block.
    pub pdf: &'a [u8],
    pub place: Place,
}

/// Where a block stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// From 1; 0 = the last one.
    pub page: u32,
    /// Points from the left and lower edges of the page to the block's lower left corner.
    pub left: f32,
    pub bottom: f32,
}

/// A document with room for a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub bytes: Vec<u8>,
    /// The room, with its angle brackets.
    pub room: Range<usize>,
}

/// Appends a revision with the field; the bytes of `pdf` stay as they are.
pub fn prepare(pdf: &[u8], field: &Field) -> Result<Prepared> {
    let mut revision = Revision::of(pdf)?;
    let pages = revision.doc.get_pages();
    let (page_number, place) = match &field.block {
        Some(block) if block.place.page > 0 => (block.place.page, Some(block.place)),
        Some(block) => (pages.len() as u32, Some(block.place)),
        None => (1, None),
    };
    let page = *pages.get(&page_number).with_context(|| format!("the PDF has no page {page_number}"))?;
    let (widget, value) = (revision.number(), revision.number());
    let mut entries = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text(field.name),
        "F" => PRINT_AND_LOCKED,
        "P" => page,
        "V" => value,
        "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
    };
    if let (Some(block), Some(place)) = (&field.block, place) {
        let look = block::put(&mut revision, block.pdf)?;
        let sides = [place.left, place.bottom, place.left + look.width, place.bottom + look.height];
        entries.set("Rect", sides.map(Object::Real).to_vec());
        entries.set("AP", dictionary! { "N" => look.id });
    }
    revision.put(widget, &Object::Dictionary(entries));
    put_on_page(&mut revision, page, widget)?;
    put_in_form(&mut revision, widget, field.name)?;
    let places = put_value(&mut revision, value, field);
    let mut bytes = revision.finish();
    let room = places.room.clone();
    let ranges = [0, room.start, room.end, bytes.len() - room.end];
    let ranges = format!("[{} {} {} {}]", ranges[0], ranges[1], ranges[2], ranges[3]);
    let width = places.ranges.len();
    bytes[places.ranges].copy_from_slice(format!("{ranges:<width$}").as_bytes());
    Ok(Prepared { bytes, room })
}

impl Prepared {
    /// A prepared document that was kept: the last range of bytes in it tells its room.
    pub fn again(bytes: Vec<u8>) -> Result<Self> {
        let key = b"/ByteRange [";
        let at = bytes.windows(key.len()).rposition(|window| window == key).context("no room is there")?;
        let rest = &bytes[at + key.len()..];
        let end = rest.iter().position(|byte| *byte == b']').context("the range does not end")?;
        let numbers: Vec<usize> = std::str::from_utf8(&rest[..end])?
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let &[0, start, behind, length] = numbers.as_slice() else { bail!("not a range of two parts") };
        ensure!(start < behind && behind + length == bytes.len(), "the range does not cover the file");
        ensure!(bytes[start] == b'<' && bytes[behind - 1] == b'>', "the range leaves out something else");
        Ok(Self { bytes, room: start..behind })
    }

    /// SHA-256 of everything but the room.
    pub fn digest(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.bytes[..self.room.start]);
        context.update(&self.bytes[self.room.end..]);
        let mut found = [0; 32];
        found.copy_from_slice(context.finish().as_ref());
        found
    }

    /// Puts the signature (CMS, DER) into its room.
    pub fn embed(mut self, signature: &[u8]) -> Result<Vec<u8>> {
        let digits = hex::encode(signature);
        let room = self.room.start + 1..self.room.end - 1;
        ensure!(digits.len() <= room.len(), "the signature of {} bytes is too long", signature.len());
        self.bytes[room.start..room.start + digits.len()].copy_from_slice(digits.as_bytes());
        Ok(self.bytes)
    }
}

/// What is filled in at the end.
struct Places {
    room: Range<usize>,
    ranges: Range<usize>,
}

/// The signature itself, written by hand because its two places must be known.
fn put_value(revision: &mut Revision, id: ObjectId, field: &Field) -> Places {
    revision.begin(id);
    let out = &mut revision.out;
    out.extend_from_slice(b"<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n/Name ");
    write(out, &text(field.signer));
    if !field.reason.is_empty() {
        out.extend_from_slice(b"\n/Reason ");
        write(out, &text(field.reason));
    }
    out.extend_from_slice(b"\n/M ");
    write(out, &moment(field.at));
    out.extend_from_slice(b"\n/ByteRange ");
    let start = out.len();
    out.extend_from_slice(&vec![b' '; "[0   ]".len() + 3 * DIGITS]);
    let ranges = start..out.len();
    out.extend_from_slice(b"\n/Contents ");
    let start = out.len();
    out.push(b'<');
    out.extend_from_slice(&vec![b'0'; 2 * ROOM]);
    out.push(b'>');
    let room = start..out.len();
    out.extend_from_slice(b"\n>>");
    revision.end();
    Places { room, ranges }
}

/// The field is an annotation of its page.
fn put_on_page(revision: &mut Revision, page: ObjectId, widget: ObjectId) -> Result<()> {
    let mut entries = revision.dictionary(page)?;
    match entries.get(b"Annots").ok().cloned() {
        Some(Object::Reference(list)) => {
            let mut items = revision.doc.get_object(list)?.as_array()?.clone();
            items.push(widget.into());
            revision.put(list, &Object::Array(items));
        }
        Some(Object::Array(mut items)) => {
            items.push(widget.into());
            entries.set("Annots", items);
            revision.put(page, &Object::Dictionary(entries));
        }
        _ => {
            entries.set("Annots", vec![widget.into()]);
            revision.put(page, &Object::Dictionary(entries));
        }
    }
    Ok(())
}

/// The field is one of the document's form, which is made where it is missing.
fn put_in_form(revision: &mut Revision, widget: ObjectId, name: &str) -> Result<()> {
    let root = revision.root()?;
    let mut catalog = revision.dictionary(root)?;
    let (mut form, reference) = match catalog.get(b"AcroForm").ok() {
        Some(Object::Reference(id)) => (revision.dictionary(*id)?, Some(*id)),
        Some(Object::Dictionary(form)) => (form.clone(), None),
        _ => (Dictionary::new(), None),
    };
    let mut fields = match form.get(b"Fields").ok() {
        Some(fields) => revision.doc.dereference(fields)?.1.as_array()?.clone(),
        None => Vec::new(),
    };
    for field in &fields {
        let there = field.as_reference().and_then(|id| revision.doc.get_dictionary(id));
        let there = there.and_then(|field| field.get(b"T")?.as_str());
        ensure!(there.ok() != text(name).as_str().ok(), "the PDF has a field {name} already");
    }
    fields.push(widget.into());
    form.set("Fields", fields);
    // Signatures exist, and the file may only be appended to.
    form.set("SigFlags", 3);
    form.remove(b"NeedAppearances");
    let id = match reference {
        Some(id) => id,
        None => {
            let id = revision.number();
            catalog.set("AcroForm", id);
            revision.put(root, &Object::Dictionary(catalog));
            id
        }
    };
    revision.put(id, &Object::Dictionary(form));
    Ok(())
}

/// A text for people: UTF-16 with its mark, where ASCII does not do.
pub(super) fn text(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().to_vec(), StringFormat::Hexadecimal);
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    Object::String([0xfe, 0xff].into_iter().chain(units).collect(), StringFormat::Hexadecimal)
}

/// A moment as PDF writes it, in Vietnamese time.
fn moment(at: Timestamp) -> Object {
    let local = at.to_zoned(TimeZone::fixed(Offset::constant(7)));
    text(&local.strftime("D:%Y%m%d%H%M%S+07'00'").to_string())
}
