//! Files of some kilobytes that cost gigabytes when their text is read: the portal lives, and has
//! no text of what would cost too much.
use std::io::Write;

use actix_web::test::TestRequest;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use motcua::worker;
use uuid::Uuid;

use crate::records::stage::{document, taken};
use crate::support::stage::{Caller, Portal};

/// What a page shows with the first font.
pub const SHOWN: &[u8] = b"BT /F1 12 Tf (Giay khai sinh) Tj ET";
/// The same with the codes of the second.
const CODED: &[u8] = b"BT /F2 12 Tf <00010002> Tj ET";
const TABLE: &[u8] = b"1 begincodespacerange <0000> <FFFF> endcodespacerange
    2 beginbfchar <0001> <1EA5> <0002> <0079> endbfchar";

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    let content = encoder.finish().unwrap();
    let head = format!("<</Filter/FlateDecode/Length {}>>stream\n", content.len());
    [head.as_bytes(), &content, b"\nendstream"].concat()
}

/// A PDF of one page with this content, a font with this table, and an object that nobody shows.
pub fn paper(content: &[u8], table: &[u8], more: &[u8]) -> Vec<u8> {
    let fonts = "/F1<</Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding>>
        /F2<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 5 0 R>>";
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<<{fonts}>>>>>>"
    );
    let more = [format!("<</Length {}>>stream\n", more.len()).as_bytes(), more, b"\nendstream"].concat();
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        page.into_bytes(),
        packed(content),
        packed(table),
        more,
    ];
    let (mut out, mut places) = (b"%PDF-1.7\n".to_vec(), String::new());
    for (number, object) in (1..).zip(&objects) {
        places += &format!("{:010} 00000 n \n", out.len());
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let (start, size) = (out.len(), objects.len() + 1);
    let end = format!(
        "xref\n0 {size}\n0000000000 65535 f \n{places}trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend(end.bytes());
    out
}

/// Sends the file of a document that was imported.
pub async fn send(importer: &Caller<'_>, id: &str, content: Vec<u8>) {
    let request = TestRequest::post()
        .uri(&format!("/api/v1/records/{id}/file?name=a.pdf"))
        .insert_header(("Idempotency-Key", Uuid::now_v7().to_string()))
        .insert_header(("Content-Type", "application/octet-stream"))
        .set_payload(content);
    importer.send(request).await.expect(201);
}

/// Whether the text that was read of a document is this.
pub fn says(portal: &Portal, id: &str, text: &str) -> bool {
    let sql = format!(
        "SELECT count(*)::int AS n FROM record_text WHERE document_id = '{id}' AND read_by = 'pdf' AND body = '{text}'"
    );
    portal.number(&sql) == 1
}

/// Mutant: `file-text-unbounded`. With the library's own reading this test takes all memory there
/// is, and fails.
#[actix_web::test]
async fn a_page_that_would_cost_gigabytes_has_no_text() {
    let portal = Portal::new().await;
    let importer = portal.machine("records.import");
    let numbers = ["1/T", "2/T", "3/T", "4/T"];
    let documents = numbers.map(|number| document("GT-PDF", "Giấy tờ", number));
    let ids = taken(&importer, &documents).await;
    let operators = |count: usize| [b"n\n".repeat(count), SHOWN.to_vec()].concat();
    let all = b"\n1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
    let files = [
        (paper(&operators(1_000), TABLE, b""), "Giay khai sinh"),
        (paper(&operators(2_000_000), TABLE, b""), ""),
        (paper(CODED, TABLE, b""), "ấy"),
        (paper(CODED, &[TABLE, all.as_slice()].concat(), b""), "ấy"),
    ];
    for (id, (file, _)) in ids.iter().zip(&files) {
        assert!(file.len() < 100_000, "{}", file.len());
        send(&importer, id, file.clone()).await;
    }
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    for (id, (_, text)) in ids.iter().zip(&files) {
        assert!(says(&portal, id, text), "{text:?}");
    }
}
