//! Who sees a dossier gets its receipts, as data, XML and PDF; nobody else does.
use std::io::Write;
use std::process::{Command, Stdio};

use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal};

/// Prints the texts of an XML document by their path, with Python's own parser.
const READER: &str = "
import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
found = []
def walk(element, path):
    path += '/' + element.tag.split('}')[1]
    if len(element) == 0:
        found.append([path, element.text or ''])
    for child in element:
        walk(child, path)
walk(root, '')
print(json.dumps([root.tag, found]))
";

fn read_by_python(xml: &[u8]) -> Value {
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    python.stdin.take().unwrap().write_all(xml).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(xml));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// A dossier of certified copies that was paid at the counter.
async fn paid<'p>(portal: &'p Portal, procedure: &'p Value) -> Play<'p> {
    let mut play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    play.pay().await;
    play.work().await;
    play
}

async fn receipts(who: &Caller<'_>, code: &str) -> Vec<Value> {
    let found = who.get(&format!("/api/v1/dossiers/{code}/receipts")).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn the_payer_and_the_officials_of_the_dossier_get_its_receipts() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let play = paid(&portal, &procedure).await;
    let all = receipts(&play.applicant, &play.code).await;
    assert_eq!((all.len(), &all[0]["amount"], &all[0]["kind"]), (1, &json!(7000), &json!("fee")));
    assert_eq!(receipts(&portal.clerk(), &play.code).await, all);
    let path = format!("/api/v1/dossiers/{}/receipts/{}", play.code, all[0]["id"].as_str().unwrap());
    for (stranger, status) in [
        (portal.nobody(), 401),
        (portal.citizen("022094000091", 2), 404),
        (portal.official(Role::OneStopClerk, "H49.46.01"), 404),
        (portal.official(Role::SystemAdmin, "H49"), 404),
    ] {
        for path in
            [format!("/api/v1/dossiers/{}/receipts", play.code), path.clone(), format!("{path}?format=xml")]
        {
            assert_eq!(stranger.get(&path).await.status, status, "{path}");
        }
    }
    portal.verify().await;
}

#[actix_web::test]
async fn the_xml_is_read_by_another_parser_and_says_what_the_receipt_says() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    let odd = "Ngô <Văn> & \"Ỷ\" ]]>\u{1}";
    portal.sql(
        "UPDATE dossier SET applicant = jsonb_set(applicant, '{name}', to_jsonb($1))",
        &odd.replace('\u{1}', ""),
    );
    play.pay().await;
    let receipt = receipts(&play.applicant, &play.code).await.remove(0);
    let path = format!("/api/v1/dossiers/{}/receipts/{}", play.code, receipt["id"].as_str().unwrap());
    let answer = play.applicant.get(&format!("{path}?format=xml")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/xml"));
    let read = read_by_python(&answer.bytes);
    assert_eq!(read[0], "{urn:motcua:receipt:1}BLai");
    let text = |path: &str| -> String {
        let all = read[1].as_array().unwrap();
        let found = all.iter().find(|one| one[0] == format!("/BLai/DLBLai/{path}"));
        found.unwrap_or_else(|| panic!("no {path}"))[1].as_str().unwrap().to_owned()
    };
    assert_eq!(text("NDBLai/NNop/HoTenNguoiNop"), odd.replace('\u{1}', ""));
    assert_eq!(text("NDBLai/TTHC/MaHoSo"), play.code);
    assert_eq!((text("TTChung/SBLai"), text("TTChung/LoaiPhiLePhi")), ("0000001".into(), "2".into()));
    assert_eq!(text("NDBLai/DSPhiLePhi/PhiLePhi/SoTien"), "7000");
    assert_eq!(text("NDBLai/TgTTTBChu"), "Bảy nghìn đồng");
    assert_eq!(text("TraCuu/MTCuu"), receipt["secret"].as_str().unwrap());
    let whole = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(!whole.contains("022094000001"), "a receipt tells nobody's number");
    let again = play.applicant.get(&format!("{path}?format=xml")).await;
    assert_eq!(again.bytes, answer.bytes, "everybody gets the same bytes");
}

#[actix_web::test]
async fn the_pdf_is_made_once_and_shows_the_state() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let play = paid(&portal, &procedure).await;
    let receipt = receipts(&play.applicant, &play.code).await.remove(0);
    let path = format!("/api/v1/dossiers/{}/receipts/{}", play.code, receipt["id"].as_str().unwrap());
    let first = play.applicant.get(&path).await;
    assert_eq!((first.status, first.header("content-type")), (200, "application/pdf"));
    assert!(
        first.bytes.starts_with(b"%PDF-1.") && first.bytes.len() < 200_000,
        "{} bytes",
        first.bytes.len()
    );
    let text = String::from_utf8_lossy(&first.bytes);
    for mark in ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>B</pdfaid:conformance>"] {
        assert!(text.contains(mark), "not PDF/A-2b: {mark} is missing");
    }
    if let Ok(folder) = std::env::var("MOTCUA_KEEP_PDF") {
        std::fs::write(format!("{folder}/receipt.pdf"), &first.bytes).unwrap();
    }
    assert_eq!(portal.clerk().get(&path).await.bytes, first.bytes);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM receipt_document"), 1);
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let body = json!({ "payer": { "name": "Nguyễn Hải Đăng (đúng)" }, "reason": "Sai tên người nộp" });
    let stead = cashier.post(&format!("{path}/replacements"), &body).await.expect(201);
    let old = play.applicant.get(&path).await;
    assert!(old.status == 200 && old.bytes != first.bytes, "it shows that it was replaced");
    if let Ok(folder) = std::env::var("MOTCUA_KEEP_PDF") {
        std::fs::write(format!("{folder}/replaced.pdf"), &old.bytes).unwrap();
    }
    assert_eq!(stead["payer_name"], "Nguyễn Hải Đăng (đúng)");
    portal.verify().await;
}

#[actix_web::test]
async fn a_cashier_of_the_unit_replaces_a_wrong_receipt_once() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let play = paid(&portal, &procedure).await;
    let receipt = receipts(&play.applicant, &play.code).await.remove(0);
    let path =
        format!("/api/v1/dossiers/{}/receipts/{}/replacements", play.code, receipt["id"].as_str().unwrap());
    let body =
        json!({ "payer": { "name": "Công ty TNHH Ví Dụ", "address": "Phố Mẫu" }, "reason": "Sai tên" });
    for who in [&play.applicant, &portal.clerk(), &portal.leader()] {
        who.post(&path, &body).await.refused(403, "not_your_role");
    }
    portal.official(Role::Cashier, "H49.46.01").post(&path, &body).await.refused(404, "not_found");
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let bare = json!({ "payer": { "name": "Công ty TNHH Ví Dụ" }, "reason": " " });
    assert_eq!(cashier.post(&path, &bare).await.status, 422);
    let stead = cashier.post(&path, &body).await.expect(201);
    assert_eq!((&stead["number"], &stead["amount"]), (&json!("0000002"), &receipt["amount"]));
    assert_eq!(stead["replaces"]["number"], receipt["number"]);
    cashier.post(&path, &body).await.refused(409, "receipt_ended");
    let all = receipts(&play.applicant, &play.code).await;
    assert_eq!(
        (&all[0]["state"], &all[0]["reason"], &all[0]["replaced_by"]["number"], all.len()),
        (&json!("replaced"), &json!("Sai tên"), &json!("0000002"), 2)
    );
    portal.verify().await;
}
