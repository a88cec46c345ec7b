//! Looking into a PDF.
//!
//! Twice. First at the bytes as they are, whatever the cross references say: every name in the
//! file and in its packed objects, since a reader that repairs a broken file finds objects that
//! another one does not. Then at the structure, by a library that follows the references as
//! readers do.

mod budget;
mod table;
mod text;

use std::io::Read;

use flate2::read::ZlibDecoder;
use lopdf::{Dictionary, Document, LoadOptions, Object};

use super::{Depth, Finding, Findings};

pub use text::{memory, text};

/// Bytes of all packed objects (object and cross-reference streams) when they are unpacked.
const UNPACKED: usize = 16 * 1024 * 1024;
/// How far from its name the content of a packed stream may begin.
const REACH: usize = 8 * 1024;
/// How far from the end of the file its end mark may stand.
const END: usize = 2 * 1024;
/// Longest name that has a meaning here.
const NAME: usize = 24;
const BLOCK: usize = 64 * 1024;
/// Words of a document at most, and the bytes of memory that one costs.
const WORDS: u64 = 3_000_000;
const WORD: u64 = 160;
/// Bytes of memory for what every document needs.
const FRAME: u64 = 16 * 1024 * 1024;

/// What a name says about the file. Names of less than six letters are not here: in packed
/// pictures they come by chance.
fn meaning(name: &[u8]) -> Option<Finding> {
    match name {
        b"JavaScript" => Some(Finding::Script),
        b"Launch" | b"SubmitForm" | b"ImportData" => Some(Finding::Launch),
        b"EmbeddedFile" | b"EmbeddedFiles" | b"RichMedia" | b"FileAttachment" => Some(Finding::Attachment),
        b"Encrypt" => Some(Finding::Encrypted),
        _ => None,
    }
}

/// What an entry of a dictionary says, where the name alone would be too short.
fn meaning_of_entry(key: &[u8], value: &Object) -> Option<Finding> {
    match key {
        b"JS" | b"XFA" => Some(Finding::Script),
        b"S" if value.as_name().is_ok_and(|name| name == b"GoToE") => Some(Finding::Launch),
        _ => meaning(key).or_else(|| meaning(value.as_name().ok()?)),
    }
}

/// The bytes as they are, and the memory that the structure may take: the library makes a value
/// of each word, in the file and in its packed objects, and copies the streams.
pub(super) fn glance(bytes: &[u8]) -> (Findings, u64) {
    let mut found: Findings = names(bytes).filter_map(|(_, name)| meaning(name.text())).collect();
    // A library mends what was cut off, and shows some of the pages.
    if find(&bytes[bytes.len().saturating_sub(END)..], b"%%EOF").is_none() {
        found.insert(Finding::Damaged);
    }
    let size = bytes.len() as u64;
    let words = words(bytes) + unpack(bytes, &mut found);
    // In a large scan a byte in ten looks like a word.
    if words > WORDS.max(size / 8) {
        found.insert(Finding::Excessive);
    }
    (found, FRAME + 2 * size + WORD * words)
}

pub(super) fn take_apart(bytes: &[u8], depth: Depth, mut found: Findings, need: u64) -> Findings {
    // What is not unpacked within its limits is not given to a library that keeps it.
    if !found.contains(&Finding::Excessive) {
        let within = budget::within(need, || structure(bytes, depth, &mut found));
        if within.is_none() {
            found.insert(Finding::Excessive);
        }
    }
    found
}

/// How many words there are: delimiters, and what stands between them and white space.
fn words(bytes: &[u8]) -> u64 {
    let (mut count, mut inside) = (0, false);
    for byte in bytes {
        let (white, end) = (is_white(*byte), is_end(*byte));
        count += u64::from(if end { !white } else { !inside });
        inside = !end;
    }
    count
}

/// The document as its references describe it; within a budget.
fn load(bytes: &[u8]) -> Option<Document> {
    let options = LoadOptions {
        max_decompressed_size: Some(UNPACKED),
        filter: Some(budget::charge),
        ..LoadOptions::default()
    };
    Document::load_mem_with_options(bytes, options).ok()
}

fn structure(bytes: &[u8], depth: Depth, found: &mut Findings) {
    let Some(document) = load(bytes) else {
        found.insert(Finding::Damaged);
        return;
    };
    if document.is_encrypted() || document.was_encrypted() {
        found.insert(Finding::Encrypted);
    }
    let pages = document.get_pages().len();
    if pages == 0 {
        found.insert(Finding::Damaged);
    }
    if pages > depth.pages {
        found.insert(Finding::Excessive);
    }
    document.objects.values().for_each(|object| walk(object, found));
    walk_dictionary(&document.trailer, found);
}

/// The library nests objects to a bounded depth.
fn walk(object: &Object, found: &mut Findings) {
    match object {
        Object::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Object::Dictionary(dictionary) => walk_dictionary(dictionary, found),
        Object::Stream(stream) => walk_dictionary(&stream.dict, found),
        _ => {}
    }
}

fn walk_dictionary(dictionary: &Dictionary, found: &mut Findings) {
    for (key, value) in dictionary {
        found.extend(meaning_of_entry(key, value));
        walk(value, found);
    }
}

/// Unpacks what may hold objects, looks at the names in it, and counts its words.
fn unpack(bytes: &[u8], found: &mut Findings) -> u64 {
    let (mut room, mut done, mut words) = (UNPACKED, 0, 0);
    let (mut streams, mut ends) = (Next::of(b"stream"), Next::of(b"endobj"));
    for (at, name) in names(bytes) {
        if at < done || !matches!(name.text(), b"ObjStm" | b"XRef" | b"First") {
            continue;
        }
        let (stream, end) = (streams.from(bytes, at), ends.from(bytes, at));
        if stream >= bytes.len() || stream - at > REACH || end < stream {
            continue;
        }
        let begin = begin_of_object(bytes, done.max(at.saturating_sub(REACH)), at);
        let content = content_behind(&bytes[stream + b"stream".len()..]);
        done = bytes.len() - content.len();
        let dictionary = &bytes[begin..stream];
        let filters: Vec<_> =
            names(dictionary).filter(|(_, name)| name.text().ends_with(b"Decode")).collect();
        match filters.as_slice() {
            [] => {}
            [(_, only)] if only.text() == b"FlateDecode" => words += inflate(content, &mut room, found),
            // Nobody writes objects like this, except who has something to hide.
            _ => {
                found.insert(Finding::Disguised);
            }
        }
        if room == 0 {
            found.insert(Finding::Excessive);
            break;
        }
    }
    words
}

/// The next place of a word, looked for once: a file of nothing but names costs one pass.
struct Next {
    word: &'static [u8],
    at: Option<usize>,
}

impl Next {
    fn of(word: &'static [u8]) -> Self {
        Self { word, at: None }
    }

    /// The first place from here on; the end of the bytes, where there is none. It is asked for
    /// places that only grow.
    fn from(&mut self, bytes: &[u8], here: usize) -> usize {
        match self.at {
            Some(at) if at >= here => at,
            _ => *self.at.insert(find(&bytes[here..], self.word).map_or(bytes.len(), |ahead| here + ahead)),
        }
    }
}

/// Where the object begins in whose dictionary a name stands.
fn begin_of_object(bytes: &[u8], earliest: usize, at: usize) -> usize {
    let word = bytes[earliest..at].windows(3).rposition(|word| word == b"obj");
    word.map_or(earliest, |found| earliest + found)
}

fn content_behind(keyword: &[u8]) -> &[u8] {
    let content = keyword.strip_prefix(b"\r").unwrap_or(keyword);
    content.strip_prefix(b"\n").unwrap_or(content)
}

/// Looks at names while unpacking, block by block.
fn inflate(content: &[u8], room: &mut usize, found: &mut Findings) -> u64 {
    let (mut decoder, mut count) = (ZlibDecoder::new(content), 0);
    let (mut block, mut kept) = (vec![0; BLOCK + NAME * 3], 0);
    // What does not unpack any further was seen as far as it goes.
    while let Ok(read @ 1..) = decoder.read(&mut block[kept..]) {
        *room = room.saturating_sub(read);
        count += words(&block[kept..kept + read]);
        let filled = kept + read;
        found.extend(names(&block[..filled]).filter_map(|(_, name)| meaning(name.text())));
        if *room == 0 {
            break;
        }
        // A name may be cut by the end of the block.
        kept = filled.min(NAME * 3);
        block.copy_within(filled - kept..filled, 0);
    }
    count
}

/// A name without its escapes, as far as it is short enough to mean something.
struct Name {
    letters: [u8; NAME],
    length: usize,
}

impl Name {
    fn text(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    /// The name that begins here, behind its slash; empty when it is too long.
    fn read(bytes: &[u8]) -> Self {
        let (mut name, mut rest) = (Self { letters: [0; NAME], length: 0 }, bytes);
        while let Some((&first, behind)) = rest.split_first() {
            if is_end(first) {
                break;
            }
            let (letter, behind) = match (first, behind) {
                (b'#', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => (high * 16 + low, behind),
                    _ => (first, &rest[1..]),
                },
                _ => (first, behind),
            };
            if name.length == NAME {
                return Self { letters: [0; NAME], length: 0 };
            }
            name.letters[name.length] = letter;
            name.length += 1;
            rest = behind;
        }
        name
    }
}

fn names(bytes: &[u8]) -> impl Iterator<Item = (usize, Name)> {
    let slashes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| (at, Name::read(&bytes[at + 1..])))
}

fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_end(byte: u8) -> bool {
    is_white(byte) || b"()<>[]{}/%".contains(&byte)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn seen(bytes: &[u8]) -> Findings {
        let mut found: Findings = names(bytes).filter_map(|(_, name)| meaning(name.text())).collect();
        unpack(bytes, &mut found);
        found
    }

    fn packed(dictionary: &str, content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let content = encoder.finish().unwrap();
        [format!("1 0 obj <<{dictionary}>> stream\r\n").as_bytes(), &content, b"\nendstream endobj"].concat()
    }

    #[test]
    fn a_name_is_read_through_its_escapes_and_to_its_end() {
        let script = Findings::from([Finding::Script]);
        for text in ["/S/JavaScript", "/J#61vaScript/JS", "/#4a#61#76#61Script>>", "/JavaScript"] {
            assert_eq!(seen(text.as_bytes()), script, "{text}");
        }
        for text in ["/JavaScripts", "JavaScript", "/Java Script", "/J#6", "/JavaScript_and_much_more_of_it"]
        {
            assert_eq!(seen(text.as_bytes()), Findings::new(), "{text}");
        }
    }

    #[test]
    fn packed_objects_are_unpacked_wherever_their_kind_is_named() {
        let content = [vec![b' '; BLOCK + 50], b"<</S/Launch>>".to_vec()].concat();
        for dictionary in [
            "/Type/ObjStm/Filter/FlateDecode",
            "/Filter/FlateDecode/Type/Obj#53tm",
            "/N 1/First 4/Filter[/FlateDecode]",
        ] {
            assert_eq!(
                seen(&packed(dictionary, &content)),
                Findings::from([Finding::Launch]),
                "{dictionary}"
            );
        }
        for cut in BLOCK - 20..BLOCK + 40 {
            let content = [vec![b' '; cut], b"/Launch ".to_vec()].concat();
            assert_eq!(seen(&packed("/Type/ObjStm/Filter/FlateDecode", &content)).len(), 1, "{cut}");
        }
        let page = packed("/Filter/FlateDecode", b"(a page's text is not looked into) /Launch ");
        assert_eq!(seen(&page), Findings::new());
        let odd = packed("/Type/ObjStm/Filter[/ASCII85Decode/FlateDecode]", b"/Launch");
        assert_eq!(seen(&odd), Findings::from([Finding::Disguised]));
    }

    #[test]
    fn names_before_a_packed_object_do_not_hide_it() {
        let object = packed("/Type/ObjStm/Filter/FlateDecode", b"/Launch ");
        let noise = b"/First ".repeat(3_000);
        for cut in (0..noise.len()).step_by(997) {
            assert_eq!(seen(&[&noise[cut..], &object].concat()), Findings::from([Finding::Launch]), "{cut}");
        }
    }

    #[test]
    fn packed_objects_have_a_limit_together() {
        let one = packed("/Type/ObjStm/Filter/FlateDecode", &vec![b' '; UNPACKED / 2 + 1]);
        assert_eq!(seen(&one), Findings::new());
        assert_eq!(seen(&[one.clone(), one].concat()), Findings::from([Finding::Excessive]));
    }
}
