//! The text of a PDF, as far as a search needs it. PURE.
//!
//! The library would keep an object for each operator of a page, and a value for each code that
//! a font's table names: some bytes of a file could cost gigabytes. Here a page is read operator
//! by operator, the tables are our own, and what is unpacked is paid from one purse.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId, Stream};

use super::table::Table;
use super::{Finding, budget, glance, load};

/// Pages that are read.
const PAGES: usize = 200;
/// Bytes that the content of a page may unpack to: a page with more is drawn, not written.
const PAGE: usize = 512 * 1024;
/// Bytes that may be unpacked of a document, packed and unpacked ones, and what each stream
/// costs beside: one that unpacks to nothing takes time too.
const PURSE: usize = 64 * 1024 * 1024;
const STREAM: usize = 64;
/// Bytes of all tables of a document.
const TABLES: usize = 4 * 1024 * 1024;
/// Fonts of a document, and dictionaries of a page in which they are looked for.
const FONTS: usize = 256;
const RESOURCES: usize = 8;
/// Items of an encoding, and letters of a name in it.
const DIFFERENCES: usize = 512;
const NAME: usize = 64;
/// Bytes of memory beside the document: at worst an operator has the whole page for its
/// operands, of which two letters cost some 400 bytes.
const READING: u64 = 256 * 1024 * 1024;

/// Bytes of memory that the reading of a text may take.
pub fn memory(bytes: &[u8]) -> u64 {
    glance(bytes).1 + READING
}

/// The text of a document, page by page, so many characters of it at least where it has them.
/// What would cost more than a document may has none.
pub fn text(bytes: &[u8], length: usize) -> String {
    let (found, need) = glance(bytes);
    let mut text = String::new();
    if !found.contains(&Finding::Excessive) {
        budget::within(need, || {
            if let Some(document) = load(bytes) {
                text = Reading::of(&document, length).read();
            }
        });
    }
    text
}

/// A document under way.
struct Reading<'d> {
    document: &'d Document,
    /// Bytes that may still be unpacked, and those of tables.
    left: usize,
    tables: usize,
    /// By their place in memory: the pages share them.
    fonts: HashMap<*const Dictionary, Rc<Letters>>,
    text: String,
    /// Bytes that are enough.
    enough: usize,
}

/// What the codes of a font stand for.
enum Letters {
    Table(Table),
    /// One for each byte.
    Named(Vec<String>),
    Unknown,
}

impl<'d> Reading<'d> {
    fn of(document: &'d Document, length: usize) -> Self {
        let fonts = HashMap::new();
        // No letter has more than four bytes.
        let enough = length.saturating_mul(4);
        Self { document, left: PURSE, tables: TABLES, fonts, text: String::new(), enough }
    }

    fn read(mut self) -> String {
        for page in self.document.page_iter().take(PAGES) {
            self.read_page(page);
            if self.left == 0 || self.text.len() >= self.enough {
                break;
            }
        }
        self.text
    }

    fn read_page(&mut self, page: ObjectId) {
        let Some(content) = self.content(page) else { return };
        let fonts = self.fonts_of(page);
        let mut letters: Option<Rc<Letters>> = None;
        for operation in Content::decode_iter(&content).map_while(Result::ok) {
            let operands = operation.operands.as_slice();
            match operation.operator.as_str() {
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    letters = name.and_then(|name| self.letters(&fonts, name));
                }
                "Tj" | "TJ" => self.show(letters.as_deref(), operands),
                "'" => {
                    self.end_line();
                    self.show(letters.as_deref(), operands);
                }
                // Before the text stand two widths.
                "\"" => {
                    self.end_line();
                    self.show(letters.as_deref(), operands.get(2..3).unwrap_or_default());
                }
                "T*" | "ET" => self.end_line(),
                _ => {}
            }
            if self.text.len() >= self.enough {
                return;
            }
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn show(&mut self, letters: Option<&Letters>, operands: &[Object]) {
        let Some(letters) = letters else { return };
        for operand in operands {
            match operand {
                Object::String(codes, _) => letters.write(codes, &mut self.text),
                Object::Array(items) => {
                    for item in items {
                        match item {
                            Object::String(codes, _) => letters.write(codes, &mut self.text),
                            // A wide gap stands for a space.
                            item if item.as_float().is_ok_and(|by| by < -100.0) => self.text.push(' '),
                            _ => {}
                        }
                    }
                    self.text.push(' ');
                }
                _ => {}
            }
        }
    }

    /// The content of a page; none, where it is too much.
    fn content(&mut self, page: ObjectId) -> Option<Vec<u8>> {
        let (document, mut content) = (self.document, Vec::new());
        for id in document.get_page_contents(page) {
            let Ok(stream) = document.get_object(id).and_then(Object::as_stream) else { continue };
            content.extend(self.unpack(stream, PAGE.saturating_sub(content.len()))?);
            content.push(b'\n');
        }
        Some(content)
    }

    /// Unpacks a stream, and pays for it; none, where it is more than it may be.
    fn unpack(&mut self, stream: &Stream, most: usize) -> Option<Vec<u8>> {
        self.pay(stream.content.len() + STREAM)?;
        let most = most.min(self.left);
        let plain = stream.get_plain_content_with_limit(most).ok();
        self.pay(plain.as_ref().map_or(most, Vec::len))?;
        plain
    }

    fn pay(&mut self, bytes: usize) -> Option<()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.map(drop)
    }

    /// The dictionaries that name the fonts of a page, the nearest first.
    fn fonts_of(&self, page: ObjectId) -> Vec<&'d Dictionary> {
        let document = self.document;
        let Ok((own, referred)) = document.get_page_resources(page) else { return Vec::new() };
        let referred = referred.into_iter().filter_map(|id| document.get_dictionary(id).ok());
        let fonts =
            |resources: &'d Dictionary| resources.get_deref(b"Font", document).and_then(Object::as_dict).ok();
        own.into_iter().chain(referred).take(RESOURCES).filter_map(fonts).collect()
    }

    fn letters(&mut self, fonts: &[&'d Dictionary], name: &[u8]) -> Option<Rc<Letters>> {
        let document = self.document;
        let font = |fonts: &&'d Dictionary| fonts.get_deref(name, document).and_then(Object::as_dict).ok();
        let font: &'d Dictionary = fonts.iter().find_map(font)?;
        let place = std::ptr::from_ref(font);
        if let Some(known) = self.fonts.get(&place) {
            return Some(known.clone());
        }
        if self.fonts.len() == FONTS {
            return None;
        }
        let letters = Rc::new(self.letters_of(font));
        self.fonts.insert(place, letters.clone());
        Some(letters)
    }

    fn letters_of(&mut self, font: &Dictionary) -> Letters {
        let document = self.document;
        let Ok(stream) = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream) else {
            return named(font.get_deref(b"Encoding", document).ok());
        };
        let Some(table) = self.unpack(stream, self.tables) else { return Letters::Unknown };
        self.tables -= table.len();
        Letters::Table(Table::read(&table))
    }
}

impl Letters {
    fn write(&self, codes: &[u8], out: &mut String) {
        match self {
            Self::Table(table) => table.write(codes, out),
            Self::Named(letters) => codes.iter().for_each(|code| out.push_str(&letters[usize::from(*code)])),
            Self::Unknown => {}
        }
    }
}

/// The letters of a font that has no table, by its encoding. The library is given no more of it
/// than it needs: it logs what it does not understand.
fn named(encoding: Option<&Object>) -> Letters {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    match encoding {
        None => {}
        Some(Object::Name(name)) if name.len() <= NAME && !name.starts_with(b"Identity") => {
            font.set("Encoding", Object::Name(name.clone()));
        }
        Some(Object::Dictionary(encoding)) => font.set("Encoding", shortened(encoding)),
        Some(_) => return Letters::Unknown,
    }
    let document = Document::new();
    let letters = match font.get_font_encoding(&document) {
        Ok(Encoding::SimpleEncoding(_)) | Err(_) => return Letters::Unknown,
        Ok(encoding) => {
            (0..=u8::MAX).map(|code| encoding.bytes_to_string(&[code]).unwrap_or_default()).collect()
        }
    };
    Letters::Named(letters)
}

/// Of an encoding what the library looks at.
fn shortened(encoding: &Dictionary) -> Dictionary {
    let mut short = Dictionary::new();
    let is_name = |object: &Object| object.as_name().is_ok_and(|name| name.len() <= NAME);
    if let Ok(base) = encoding.get(b"BaseEncoding")
        && is_name(base)
    {
        short.set("BaseEncoding", base.clone());
    }
    if let Ok(Object::Array(items)) = encoding.get(b"Differences") {
        let known = items.iter().filter(|item| item.as_i64().is_ok() || is_name(item));
        short.set("Differences", known.take(DIFFERENCES).cloned().collect::<Vec<Object>>());
    }
    short
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use lopdf::dictionary;

    use super::*;

    const SHOWN: &[u8] = b"BT /F1 12 Tf (Giay khai sinh) Tj ET";
    const CODED: &[u8] = b"BT /F2 12 Tf <00010002> Tj ET";
    const TABLE: &[u8] = b"1 begincodespacerange <0000> <FFFF> endcodespacerange
        2 beginbfchar <0001> <1EA5> <0002> <0079> endbfchar";

    fn packed(dictionary: Dictionary, content: &[u8]) -> Stream {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let mut dictionary = dictionary;
        dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        Stream::new(dictionary, encoder.finish().unwrap())
    }

    /// A document of pages with these contents, and with a font that has this table.
    fn pdf(contents: &[&[u8]], table: &[u8]) -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let table = document.add_object(packed(Dictionary::new(), table));
        let known = dictionary! { "Type" => "Font", "Subtype" => "Type1", "Encoding" => "WinAnsiEncoding" };
        let coded = dictionary! { "Type" => "Font", "Subtype" => "Type0", "Encoding" => "Identity-H", "ToUnicode" => table };
        let fonts = dictionary! { "F1" => document.add_object(known), "F2" => document.add_object(coded) };
        let kids: Vec<Object> = contents
            .iter()
            .map(|content| {
                let content = document.add_object(packed(Dictionary::new(), content));
                let page = dictionary! { "Type" => "Page", "Parent" => pages, "Contents" => content };
                document.add_object(page).into()
            })
            .collect();
        let count = kids.len() as i64;
        let tree = dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => dictionary! { "Font" => fonts },
        };
        document.objects.insert(pages, tree.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    fn read(contents: &[&[u8]], table: &[u8]) -> String {
        text(&pdf(contents, table), 1_000).trim().replace('\n', "|")
    }

    #[test]
    fn pages_are_read_in_their_order_with_the_letters_of_their_fonts() {
        assert_eq!(read(&[SHOWN, CODED], TABLE), "Giay khai sinh|ấy");
        let lines = b"BT /F1 9 Tf [(so) -20 (to) -300 (khai)] TJ T* (mot) Tj (hai) ' 1 2 (ba) \" ET";
        assert_eq!(read(&[lines], TABLE), "soto khai |mot|hai|ba");
        assert_eq!(read(&[b"BT (no font) Tj /F9 9 Tf (unknown) Tj ET"], TABLE), "");
    }

    #[test]
    fn a_page_of_too_many_operators_is_given_up_and_the_others_are_read() {
        let few = [b"n\n".repeat(1_000), SHOWN.to_vec()].concat();
        assert_eq!(read(&[&few], TABLE), "Giay khai sinh");
        let bomb = [b"n\n".repeat(4_000_000), SHOWN.to_vec()].concat();
        let file = pdf(&[&bomb, CODED], TABLE);
        assert!(file.len() < 100_000, "{}", file.len());
        assert_eq!(text(&file, 1_000).trim(), "ấy");
    }

    #[test]
    fn a_table_of_all_codes_there_are_is_read_like_any_other() {
        let all = "beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
        let table = [TABLE, b"\n", all.as_bytes()].concat();
        assert_eq!(read(&[SHOWN, CODED], &table), "Giay khai sinh|ấy");
        let bomb = [TABLE, b" ".repeat(TABLES).as_slice()].concat();
        assert_eq!(read(&[SHOWN, CODED], &bomb), "Giay khai sinh", "it has no letters");
    }

    #[test]
    fn the_pages_of_a_document_have_one_purse() {
        let document = Document::load_mem(&pdf(&[SHOWN; 3], TABLE)).unwrap();
        let read = |left| Reading { left, ..Reading::of(&document, 1_000) }.read();
        let lines = |left| read(left).lines().count();
        assert_eq!([lines(10), lines(200), lines(400), lines(PURSE)], [0, 1, 2, 3]);
    }

    #[test]
    fn no_more_is_read_than_is_wanted() {
        let long = [b"BT /F1 9 Tf (".as_slice(), b"a".repeat(5_000).as_slice(), b") Tj (b) Tj ET"].concat();
        let read = text(&pdf(&[&long, SHOWN], TABLE), 1_000);
        assert!(read.len() >= 1_000 && !read.contains(['b', 'k']), "{}", read.len());
    }
}
