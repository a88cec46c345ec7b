//! A template and its data become PDF/A-2b. Pure: no clock, no network, no file system, no
//! packages; the template sees itself and `data.json`.

use std::fmt;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp as PdfTimestamp};

use super::codes;
use crate::clock::vietnam;

/// Pages of a document at most; a register of 2,000 rows has about 130.
const PAGES: usize = 300;
/// Mistakes of a template that are told at once.
const TOLD: usize = 5;
/// Compilations whose intermediate results are kept; more would only fill the memory.
const REMEMBERED: usize = 4;

/// Why nothing was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The template is wrong, each mistake with its line.
    Template(Vec<String>),
    /// What it is given cannot be shown.
    Data(String),
    /// More pages than any form has.
    TooLong(usize),
    /// It was ended: too slow, too large.
    Limits(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(mistakes) => f.write_str(&mistakes.join("; ")),
            Self::Data(why) => f.write_str(why),
            Self::TooLong(pages) => write!(f, "{pages} pages, at most {PAGES} are printed"),
            Self::Limits(why) => f.write_str(why),
        }
    }
}

/// The fonts of the binary: Libertinus Serif has all letters of Vietnamese.
fn fonts() -> &'static FontStore {
    static FONTS: OnceLock<FontStore> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = FontStore::new();
        fonts.extend(typst_kit::fonts::embedded());
        fonts
    })
}

fn library() -> &'static LazyHash<Library> {
    static LIBRARY: OnceLock<LazyHash<Library>> = OnceLock::new();
    LIBRARY.get_or_init(|| LazyHash::new(Library::default()))
}

/// All that the template can reach: itself and the data.
struct Sheet {
    main: Source,
    data: FileId,
    content: Bytes,
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        library()
    }

    fn book(&self) -> &LazyHash<FontBook> {
        fonts().book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data { Ok(self.content.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn file_id(name: &str) -> Result<FileId, Flaw> {
    let path = VirtualPath::new(name).map_err(|error| Flaw::Data(format!("{error:?}")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// Prints. `data` is what the template reads as `data.json`; where its `head` has an address to
/// verify or a code for the bar, `qr` and `bars` are added. The same three give the same bytes.
pub fn render(source: &str, data: &Value, at: Timestamp) -> Result<Vec<u8>, Flaw> {
    let content = serde_json::to_vec(&with_codes(data)?).map_err(|error| Flaw::Data(error.to_string()))?;
    let name = identity(source, &content);
    let (main, data) = (file_id("form.typ")?, file_id("data.json")?);
    let sheet = Sheet { main: Source::new(main, source.to_owned()), data, content: Bytes::new(content) };
    let compiled = typst::compile::<PagedDocument>(&sheet).output;
    typst::comemo::evict(REMEMBERED);
    let document = compiled.map_err(|found| mistakes(&sheet, &found))?;
    let pages = document.pages().len();
    if pages > PAGES {
        return Err(Flaw::TooLong(pages));
    }
    let wrong = |error| Flaw::Data(format!("{error:?}"));
    let options = PdfOptions {
        ident: Smart::Custom(name),
        creator: Smart::Custom(Some("motcua".to_owned())),
        timestamp: printed(at),
        standards: PdfStandards::new(&[PdfStandard::A_2b]).map_err(wrong)?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|found| mistakes(&sheet, &found))
}

/// Names the document by what it is made of.
fn identity(source: &str, content: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(source);
    hash.update([0]);
    hash.update(content);
    hex::encode(hash.finalize())
}

/// The mistakes of a template, each with its line.
fn mistakes(sheet: &Sheet, found: &[SourceDiagnostic]) -> Flaw {
    let told = found.iter().take(TOLD).map(|one| {
        let line = sheet.range(one.span).and_then(|range| sheet.main.lines().byte_to_line(range.start));
        match line {
            Some(line) => format!("line {}: {}", line + 1, one.message),
            None => one.message.to_string(),
        }
    });
    Flaw::Template(told.collect())
}

/// The data with the codes that their `head` asks for.
fn with_codes(data: &Value) -> Result<Value, Flaw> {
    let mut data = data.clone();
    let text = |data: &Value, name: &str| data["head"][name].as_str().map(str::to_owned);
    let (verify, code) = (text(&data, "verify"), text(&data, "code"));
    if let Some(verify) = verify {
        data["qr"] = codes::qr(&verify)?.into();
    }
    if let Some(code) = code {
        data["bars"] = codes::code128(&code)?.into();
    }
    Ok(data)
}

/// A moment as PDF writes it, in Việt Nam.
fn printed(at: Timestamp) -> Option<PdfTimestamp> {
    let at = at.to_zoned(vietnam());
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let time = Datetime::from_ymd_hms(
        at.year().into(),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )?;
    PdfTimestamp::new_local(time, 7 * 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(source: &str) -> String {
        match render(source, &json!({ "head": {} }), Timestamp::UNIX_EPOCH) {
            Err(flaw) => flaw.to_string(),
            Ok(_) => panic!("printed: {source}"),
        }
    }

    #[test]
    fn a_template_reaches_nothing_but_its_data() {
        for (source, why) in [
            ("#read(\"/etc/passwd\")", "denied"),
            ("#read(\"../data.json\")", "path"),
            ("#image(\"picture.png\")", "denied"),
            ("#import \"@preview/cetz:0.3.0\"", "denied"),
            ("#include \"other.typ\"", "denied"),
            ("#plugin(\"evil.wasm\")", "denied"),
        ] {
            let said = refused(source);
            assert!(said.contains(why), "{source}: {said}");
        }
        assert!(render("#json(\"data.json\").len()", &json!({ "head": {} }), Timestamp::UNIX_EPOCH).is_ok());
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        assert!(
            refused("Một\n\n#khong-co").starts_with("line 3: unknown variable"),
            "{}",
            refused("#khong-co")
        );
    }

    #[test]
    fn the_same_gives_the_same_bytes() {
        let print = || render("Việt Nam", &json!({ "head": { "code": "H49" } }), Timestamp::UNIX_EPOCH);
        assert_eq!(print(), print());
    }
}
