//! The signature fields of a document, and where their signatures stand in the file.

use std::collections::BTreeSet;
use std::ops::Range;

use super::pdf::{Dictionary, Document, Entry, Object};
use super::{Judged, Reason};

/// Fields inside each other.
const DEPTH: usize = 12;
/// Form fields of a document.
const FIELDS: usize = 20_000;

/// A signature field that holds a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its whole name, names of the groups before it.
    pub name: String,
    /// The object of the field.
    pub number: u32,
    /// The object of the signature; none when it is no object of its own.
    pub signature: Option<(u32, u16)>,
}

/// A signature, as it stands in the file.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its object.
    pub number: u32,
    /// Bytes before and behind the gap, which are signed.
    pub signed: [Range<usize>; 2],
    /// The message in the gap (CMS), without what fills it up.
    pub message: Vec<u8>,
    pub format: Format,
    /// The time that the signer's program wrote beside it (`/M`), as text.
    pub claimed: Option<Vec<u8>>,
    /// Certifies the document and allows nothing to be added but evidence (DocMDP 1).
    pub final_word: bool,
}

impl Located {
    /// Where the signed part of the file ends.
    pub fn end(&self) -> usize {
        self.signed[1].end
    }
}

/// What the gap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `adbe.pkcs7.detached`.
    Plain,
    /// `ETSI.CAdES.detached`: the signer's certificate is named in what is signed.
    Advanced,
    /// `ETSI.RFC3161`: a time-stamp of the whole document.
    Timestamp,
}

/// The signature fields that are signed, in the order of the form.
pub fn signed_fields(document: &Document) -> Judged<Vec<Field>> {
    let mut walk = Walk { document, visited: BTreeSet::new(), found: Vec::new() };
    if let Some(form) = document.dictionary(&document.catalog()?, "AcroForm")? {
        for field in document.array(&form, "Fields")? {
            walk.visit(&field, &Object::Null, "", 0)?;
        }
    }
    let signatures: BTreeSet<_> = walk.found.iter().map(|field| field.signature).collect();
    if signatures.len() < walk.found.len() {
        return Err(Reason::Structure);
    }
    Ok(walk.found)
}

struct Walk<'a> {
    document: &'a Document<'a>,
    visited: BTreeSet<u32>,
    found: Vec<Field>,
}

impl Walk<'_> {
    fn visit(&mut self, field: &Object, kind: &Object, group: &str, depth: usize) -> Judged<()> {
        let Object::Reference(number, generation) = field else { return Err(Reason::Structure) };
        if !self.visited.insert(*number) || depth > DEPTH || self.visited.len() > FIELDS {
            return Err(Reason::Structure);
        }
        let Object::Dictionary(field) = self.document.get(*number, *generation)?.object else {
            return Err(Reason::Structure);
        };
        let kind = field.get("FT").unwrap_or(kind).clone();
        let name = match field.get("T").map(|name| self.document.resolve(name)).transpose()? {
            Some(Object::Text(name)) if group.is_empty() => text(&name),
            Some(Object::Text(name)) => format!("{group}.{}", text(&name)),
            _ => group.to_owned(),
        };
        for kid in self.document.array(&field, "Kids")? {
            self.visit(&kid, &kind, &name, depth + 1)?;
        }
        let is_signature = kind == Object::Name(b"Sig".to_vec());
        if is_signature && !matches!(field.get("V"), None | Some(Object::Null)) {
            let signature = field.reference("V");
            self.found.push(Field { name: name.chars().take(100).collect(), number: *number, signature });
        }
        Ok(())
    }
}

/// A text of a PDF, without what could deceive the eye.
pub fn text(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or('?')).collect()
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        other => other.iter().map(|byte| char::from(*byte)).collect(),
    };
    visible(&text)
}

/// Without control letters and those that turn the direction of writing; 200 letters at most.
pub fn visible(text: &str) -> String {
    let hidden = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    text.chars().filter(|letter| !hidden(letter)).take(200).collect()
}

/// Finds the signature of a field in the file, and holds it to the rules of its form: the two
/// ranges begin at 0, the gap is the hexadecimal text of `/Contents` and nothing else, and
/// what is signed ends where a whole revision of the file ends.
pub fn locate(document: &Document, field: &Field) -> Judged<Located> {
    let (number, generation) = field.signature.ok_or(Reason::Structure)?;
    let Some(Entry::At { offset, generation: found }) = document.entries.get(&number) else {
        return Err(Reason::Structure);
    };
    let mut reader = document.reader(*offset);
    if *found != generation || reader.header()? != (number, generation) {
        return Err(Reason::Structure);
    }
    let spans = reader.spans()?;
    reader.word("endobj")?;
    let (Some((Object::Array(ranges), _)), Some((Object::Text(_), gap))) =
        (spans.get(b"ByteRange".as_slice()), spans.get(b"Contents".as_slice()))
    else {
        return Err(Reason::ByteRange);
    };
    let signed = ranges_around(ranges, gap, document.bytes.len())?;
    let dictionary = Dictionary(spans.iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect());
    let (format, kind) = match dictionary.get("SubFilter") {
        Some(Object::Name(name)) if name == b"adbe.pkcs7.detached" => (Format::Plain, "Sig"),
        Some(Object::Name(name)) if name == b"ETSI.CAdES.detached" => (Format::Advanced, "Sig"),
        Some(Object::Name(name)) if name == b"ETSI.RFC3161" => (Format::Timestamp, "DocTimeStamp"),
        _ => return Err(Reason::Format),
    };
    let typed = dictionary.has_name("Type", kind) || (dictionary.get("Type").is_none() && kind == "Sig");
    if !typed || !ends_a_revision(&document.bytes[..signed[1].end]) {
        return Err(Reason::ByteRange);
    }
    let claimed = match dictionary.get("M") {
        Some(Object::Text(time)) => Some(time.clone()),
        _ => None,
    };
    let message = message(&document.bytes[gap.start + 1..gap.end - 1])?;
    let final_word = is_final(document, &dictionary)?;
    Ok(Located { number, signed, message, format, claimed, final_word })
}

fn ranges_around(ranges: &[Object], gap: &Range<usize>, length: usize) -> Judged<[Range<usize>; 2]> {
    let place = |object: &Object| match object {
        Object::Integer(place) => usize::try_from(*place).map_err(|_| Reason::ByteRange),
        _ => Err(Reason::ByteRange),
    };
    let places: Vec<usize> = ranges.iter().map(place).collect::<Judged<_>>()?;
    let [first, first_length, second, second_length] = places[..] else { return Err(Reason::ByteRange) };
    let end = second.checked_add(second_length).filter(|end| *end <= length).ok_or(Reason::ByteRange)?;
    if first != 0 || first_length != gap.start || second != gap.end || end <= second {
        return Err(Reason::ByteRange);
    }
    Ok([0..first_length, second..end])
}

fn ends_a_revision(bytes: &[u8]) -> bool {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"%%EOF")
}

/// The bytes of the hexadecimal text: digits of one case, one DER value, zeros behind it. So
/// the gap, which no signature covers, has only one way to say what it says.
fn message(digits: &[u8]) -> Judged<Vec<u8>> {
    let upper = digits.iter().any(u8::is_ascii_uppercase);
    let lower = digits.iter().any(u8::is_ascii_lowercase);
    let mut bytes = hex::decode(digits).map_err(|_| Reason::Contents)?;
    let length = super::tlv::whole_length(&bytes).ok_or(Reason::Contents)?;
    if (upper && lower) || length > bytes.len() || bytes[length..].iter().any(|byte| *byte != 0) {
        return Err(Reason::Contents);
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Whether the signature certifies the document and allows no change (`DocMDP`, `/P 1`).
fn is_final(document: &Document, signature: &Dictionary) -> Judged<bool> {
    for reference in document.array(signature, "Reference")? {
        let Object::Dictionary(reference) = document.resolve(&reference)? else { continue };
        if !reference.has_name("TransformMethod", "DocMDP") {
            continue;
        }
        let parameters = document.dictionary(&reference, "TransformParams")?.unwrap_or_default();
        return Ok(parameters.integer("P") == Some(1));
    }
    Ok(false)
}
