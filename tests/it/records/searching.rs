//! Documents are found by their data and by what is written in them, with and without diacritics,
//! and by nobody who does not reach them.
use std::path::Path;
use std::process::Command;

use actix_web::test::TestRequest;
use motcua::worker;
use serde_json::json;
use uuid::Uuid;

use super::stage::{document, five, taken};
use crate::dossiers::play::CITIZEN;
use crate::support::DataDir;
use crate::support::stage::{Caller, Portal};

/// The numbers of what a search finds.
async fn found(caller: &Caller<'_>, query: &str) -> Vec<String> {
    let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let page = caller.get(&format!("/api/v1/records?q={query}")).await.expect(200);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

// Mutant: the search goes over all stores.
#[actix_web::test]
async fn the_data_is_found_with_and_without_diacritics_and_by_the_holder_only() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    taken(&importer, &five()).await;
    for query in ["Giấy chứng nhận kết hôn", "giay chung nhan ket hon", "HÔN kết", "ket hon", "22/2020"]
    {
        assert_eq!(found(&holder, query).await, ["22/2020"], "{query}");
    }
    assert_eq!(found(&holder, "tinh trang hon").await, ["33/2020"]);
    assert_eq!(found(&holder, "KQ.G10.001147").await, ["DL 445566"]);
    assert_eq!(found(&holder, "hồng gai").await.len(), 5);
    assert_eq!(found(&holder, "khai sinh đất").await, Vec::<String>::new());
    assert_eq!(found(&holder, "' | 'a':* \\").await, Vec::<String>::new(), "nothing of it is syntax");
    assert_eq!(found(&portal.citizen("022094000002", 2), "kết hôn").await, Vec::<String>::new());
    let kind = holder.get("/api/v1/records?kind=KQ.G17.000311").await.expect(200);
    assert_eq!(kind["items"].as_array().unwrap().len(), 1);
}

/// What the judge's program wrote.
struct Pages {
    folder: DataDir,
}

impl Pages {
    fn made(lines: [&str; 3]) -> Self {
        let folder = DataDir::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(root.join("target/venv/bin/python"));
        command.arg(root.join("tests/judges/scans.py")).arg(folder.path()).args(lines);
        let run = command.output().expect("the judges are installed: run `scripts/setup.sh test`");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Self { folder }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        std::fs::read(path).unwrap()
    }
}

/// Sends the file of a document.
async fn send(importer: &Caller<'_>, id: &str, name: &str, bytes: Vec<u8>) {
    let request = TestRequest::post()
        .uri(&format!("/api/v1/records/{id}/file?name={name}"))
        .insert_header(("Idempotency-Key", Uuid::now_v7().to_string()))
        .insert_header(("Content-Type", "application/octet-stream"))
        .set_payload(bytes);
    importer.send(request).await.expect(201);
}

#[actix_web::test]
async fn what_is_written_in_a_pdf_a_docx_and_a_scan_is_found() {
    let portal = Portal::with("[records]\nocr_program = \"tesseract\"").await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let kinds = [("GT-PDF", "1/T"), ("GT-DOCX", "2/T"), ("GT-ANH", "3/T")];
    let ids = taken(&importer, &kinds.map(|(kind, number)| document(kind, "Giấy tờ", number))).await;
    let pages = Pages::made([
        "Thửa đất số 215, tờ bản đồ 34, đường Nguyễn Văn Cừ",
        "Biên bản bàn giao căn hộ chung cư Sơn Dương",
        "Quyết định thành lập hội đồng kỷ luật",
    ]);
    for (id, name) in ids.iter().zip(["van-ban.pdf", "van-ban.docx", "ban-quet.png"]) {
        send(&importer, id, name, pages.file(name)).await;
    }
    assert_eq!(found(&holder, "thửa đất 215").await, Vec::<String>::new(), "it is read by a job");
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    assert_eq!(found(&holder, "thửa đất 215").await, ["1/T"]);
    assert_eq!(found(&holder, "nguyen van cu").await, ["1/T"]);
    assert_eq!(found(&holder, "Bàn giao căn hộ").await, ["2/T"]);
    assert_eq!(found(&holder, "son duong").await, ["2/T"]);
    assert_eq!(found(&holder, "hội đồng kỷ luật").await, ["3/T"], "recognised in the picture");
    assert_eq!(found(&holder, "quyet dinh thanh lap").await, ["3/T"]);
    assert_eq!(portal.number("SELECT count(*)::integer AS n FROM record_text WHERE read_by = 'ocr'"), 1);
    // Shared with an agency, it is found by its officials too, and by nobody else's.
    let share = json!({ "with": { "kind": "agency", "agency": "H49.45" }, "purpose": "Đối chiếu",
                        "until": "2026-10-01T00:00:00Z" });
    holder.post(&format!("/api/v1/records/{}/shares", ids[0]), &share).await.expect(201);
    assert_eq!(found(&portal.specialist(), "thua dat").await, ["1/T"]);
    assert_eq!(found(&portal.clerk(), "thua dat").await, Vec::<String>::new());
}

#[actix_web::test]
async fn without_the_program_a_picture_is_found_by_its_data() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &[document("GT-ANH", "Ảnh chụp giấy tờ", "3/T")]).await;
    let pages = Pages::made(["a", "b", "Quyết định thành lập"]);
    send(&importer, &ids[0], "ban-quet.png", pages.file("ban-quet.png")).await;
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    assert_eq!(found(&holder, "thành lập").await, Vec::<String>::new());
    assert_eq!(found(&holder, "anh chup").await, ["3/T"]);
}
