//! A file that is handed over for signature so that an object of it can be written anew later,
//! where nothing seems to name it.
use std::collections::BTreeMap;

use jiff::Timestamp;
use motcua::signing::verdict::{Anchors, Certificate, Evidence, Outcome, examine};
use motcua::simulators::trust::authority::{Authority, ROOT};

use super::own::sign;

/// The object stream in which both pages are packed; the second shows what [`SHOWN`] is.
const PACKED: u32 = 5;
const SHOWN: u32 = 6;
const INFO: u32 = 7;

/// What differs between the files; each text stands in a dictionary.
struct Handed {
    /// What the trailer calls the title and author.
    info: u32,
    catalog: &'static str,
    shown: &'static str,
    resources: &'static str,
}

const HARMLESS: Handed = Handed { info: INFO, catalog: "", shown: "", resources: "" };

fn stream(entries: &str, content: &str) -> String {
    format!("<<{entries}/Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// What a page shows; the files and their forgeries differ in this number.
fn text(number: &str) -> String {
    format!("BT /F 20 Tf 50 700 Td (So: {number}/2026) Tj ET")
}

/// The object stream, and what its second page shows.
fn pages(shown: u32) -> String {
    let first = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>";
    let places = format!("3 0 4 {} ", first.len() + 1);
    let second =
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources 8 0 R/Contents {shown} 0 R>>");
    stream(&format!("/Type/ObjStm/N 2/First {}", places.len()), &format!("{places}{first} {second}"))
}

fn font(name: &str) -> String {
    format!("<</Type/Font/Subtype/Type1/BaseFont/{name}>>")
}

impl Handed {
    fn bytes(&self) -> Vec<u8> {
        let objects = [
            (1, format!("<</Type/Catalog/Pages 2 0 R{}>>", self.catalog)),
            (2, "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>".to_owned()),
            (PACKED, pages(SHOWN)),
            (SHOWN, stream(self.shown, &text("12"))),
            (INFO, font("Helvetica")),
            (8, format!("<<{}>>", self.resources)),
        ];
        let mut out = b"%PDF-1.7\n".to_vec();
        // Of each object: free, here or packed; where; as which one.
        let mut rows = BTreeMap::from([(0, (0, 0, 0)), (3, (2, PACKED, 0)), (4, (2, PACKED, 1))]);
        for (number, body) in objects {
            rows.insert(number, (1, u32::try_from(out.len()).unwrap(), 0));
            out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
        let start = out.len();
        rows.insert(9, (1, u32::try_from(start).unwrap(), 0));
        let mut table = Vec::<u8>::new();
        for (kind, place, index) in rows.into_values() {
            table.push(kind);
            table.extend(place.to_be_bytes());
            table.push(index);
        }
        let entries = format!(
            "/Type/XRef/Size 10/W[1 4 1]/Root 1 0 R/Info {} 0 R/ID[<01><01>]/Length {}",
            self.info,
            table.len()
        );
        out.extend_from_slice(format!("9 0 obj\n<<{entries}>>\nstream\n").as_bytes());
        out.extend(table);
        let end = format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n");
        out.extend_from_slice(end.as_bytes());
        out
    }

    /// What is said of the file when it was signed, and these objects written anew behind that.
    fn judged(&self, objects: &[(u32, String)]) -> Option<Outcome> {
        let authority = Authority::new("http://127.0.0.1:1").unwrap();
        let anchors = Anchors(Certificate::of_pem(ROOT).unwrap());
        let crls = vec![authority.crl(true).unwrap(), authority.crl(false).unwrap()];
        let evidence = Evidence { crls, ..Evidence::default() };
        let (signed, _) = sign(&authority, &self.bytes(), 903, "Chu ky");
        let judged = |pdf: &[u8]| examine(pdf, &anchors, &evidence, Timestamp::now());
        let whole = judged(&signed);
        assert_eq!(whole.outcome, Some(Outcome::Trusted), "{whole:?}");
        judged(&self.append(&signed, objects)).outcome
    }

    /// The objects, a table of them, and a trailer that says what the one before said.
    fn append(&self, pdf: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
        let word = b"startxref\n";
        let at = pdf.windows(word.len()).rposition(|window| window == word).unwrap() + word.len();
        let previous = std::str::from_utf8(&pdf[at..]).unwrap().lines().next().unwrap();
        let (mut out, mut table) = (pdf.to_vec(), String::new());
        for (number, body) in objects {
            table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
            out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
        let start = out.len();
        let trailer = format!("<</Size 100/Root 1 0 R/Info {} 0 R/ID[<01><02>]/Prev {previous}>>", self.info);
        let end = format!("xref\n{table}trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n");
        out.extend_from_slice(end.as_bytes());
        out
    }
}

/// So what is refused below is refused for what was written, and not for how.
#[test]
fn a_title_may_be_written_anew_behind_a_signature() {
    let objects = [(INFO, "<</Title(Trich luc)>>".to_owned())];
    assert_eq!(HARMLESS.judged(&objects), Some(Outcome::Trusted));
}

/// Mutant: an object that is packed where it was counts as the same.
#[test]
fn no_packed_page_is_exchanged_with_the_stream_that_holds_it() {
    let objects = [(PACKED, pages(99)), (99, stream("", &text("99")))];
    for handed in [
        HARMLESS,
        Handed { info: PACKED, ..HARMLESS },
        Handed { catalog: "/DSS 5 0 R", ..HARMLESS },
        Handed { catalog: "/DSS<</Certs 5 0 R>>", ..HARMLESS },
        Handed { catalog: "/DSS<</VRI 5 0 R>>", ..HARMLESS },
        Handed { catalog: "/DSS<</VRI<</A 5 0 R>>>>", ..HARMLESS },
    ] {
        let outcome = handed.judged(&objects);
        assert_eq!(outcome, Some(Outcome::Changed), "info {}, catalog {}", handed.info, handed.catalog);
    }
}

/// Mutant: of a stream only the dictionary is looked at.
#[test]
fn what_a_page_shows_is_not_exchanged_when_it_calls_itself_a_page() {
    let handed = Handed { shown: "/Type/Page", ..HARMLESS };
    let objects = [(SHOWN, stream(handed.shown, &text("99")))];
    assert_eq!(handed.judged(&objects), Some(Outcome::Changed));
}

/// Mutant: what calls itself a trailer is not looked at for what it names.
#[test]
fn a_font_is_not_exchanged_as_a_title_where_its_list_calls_itself_a_trailer() {
    for resources in ["/Type/XRef/Font<</F 7 0 R>>", "/Font<</F 7 0 R>>"] {
        let handed = Handed { resources, ..HARMLESS };
        let outcome = handed.judged(&[(INFO, font("Symbol"))]);
        assert_eq!(outcome, Some(Outcome::Changed), "{resources}");
    }
}

/// Mutant: what was named and missing may come into being.
#[test]
fn what_the_signed_file_names_and_lacks_does_not_come_into_being() {
    let handed = Handed { resources: "/Font<</F 50 0 R>>", ..HARMLESS };
    assert_eq!(handed.judged(&[(50, font("Symbol"))]), Some(Outcome::Changed));
    assert_eq!(HARMLESS.judged(&[(50, font("Symbol"))]), Some(Outcome::Trusted), "which nothing names");
}
