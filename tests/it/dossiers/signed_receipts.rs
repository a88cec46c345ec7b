//! A submission receipt proves what was received, when and under which rules: offline, years
//! later, to anybody, with tools that are not ours.
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use motcua::workflow::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::play::{Play, procedure};
use crate::support::stage::{ONE_STOP, PDF, Portal};
use crate::support::{DataDir, judge};

/// A filed dossier: its receipt as saved by who filed it, and the portal's keys.
async fn saved(portal: &Portal) -> (Value, Value) {
    let procedure = procedure("1.001193");
    let mut play = Play::new(portal, &procedure, Play::scenario(&procedure, "granted"));
    let answer = play.submit().await.expect(201);
    let path = format!("/api/v1/dossiers/{}/submission-receipt", play.code);
    let receipt = play.filer.get(&path).await.expect(200);
    assert_eq!(receipt, answer["receipt"], "the answer to the submission is the same receipt");
    portal.citizen("022094000009", 2).get(&path).await.refused(404, "not_found");
    portal.nobody().get(&path).await.refused(401, "unauthenticated");
    portal.official(Role::OneStopClerk, ONE_STOP).get(&path).await.expect(200);
    (receipt, portal.nobody().get("/api/v1/submission-receipt-keys").await.expect(200))
}

/// What a reader of QR codes finds in a drawing.
fn read(svg: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("target/venv/bin/python"));
    command.arg(root.join("tests/judges/qr.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = command.spawn().unwrap();
    reader.stdin.take().unwrap().write_all(svg.as_bytes()).unwrap();
    String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap()
}

// Mutant: `receipt-opened-by-its-code`.
#[actix_web::test]
async fn its_code_on_paper_opens_it_and_nothing_else_does() {
    let portal = Portal::new().await;
    let (receipt, _) = saved(&portal).await;
    let code = receipt["code"].as_str().unwrap();
    let path = format!("/api/v1/dossiers/{code}/submission-receipt");
    let clerk = portal.official(Role::OneStopClerk, ONE_STOP);
    let drawn = clerk.get(&format!("{path}/qr")).await.expect(200);
    let address = drawn["verify"].as_str().unwrap();
    assert_eq!(read(drawn["svg"].as_str().unwrap()), address);
    let place = address.find("/verify/").unwrap();
    let shown = portal.nobody().get(&address[place..]).await.expect(200);
    assert_eq!((&shown["kind"], &shown["number"]), (&json!("submission"), &receipt["code"]));
    assert_eq!((&shown["holder"], &shown["standing"]), (&receipt["applicant"], &json!("valid")));
    let file = clerk.get(&path).await.bytes;
    let hash = hex::encode(Sha256::digest(&file));
    let compared = portal.nobody().get(&format!("{}?sha256={hash}", &address[place..])).await.expect(200);
    assert_eq!(compared["same_file"], true, "the saved file is the receipt");
    // Neither the code alone nor another's word, nor one with a letter changed.
    let other = saved(&portal).await.0;
    let word = &address[place + "/verify/".len()..];
    let (_, part) = word.rsplit_once('.').unwrap();
    let last = if part.ends_with('A') { "B" } else { "A" };
    for wrong in [
        code.to_owned(),
        format!("{code}."),
        format!("{}.{part}", other["code"].as_str().unwrap()),
        format!("{code}.{}{last}", &part[..part.len() - 1]),
        format!("{code}.{}", &part[..part.len() - 1]),
    ] {
        portal.nobody().get(&format!("/verify/{wrong}")).await.refused(404, "not_found");
    }
}

fn changed(receipt: &Value, place: &str, value: Value) -> Value {
    let mut changed = receipt.clone();
    *changed.pointer_mut(place).unwrap() = value;
    changed
}

// Mutant: `receipt-signs-the-code-only`.
#[actix_web::test]
async fn libraries_of_others_believe_a_receipt_as_given_and_no_other() {
    let portal = Portal::new().await;
    let (receipt, keys) = saved(&portal).await;
    let receipts = json!([
        receipt,
        changed(&receipt, "/code", json!("H49.22.01-260914-0099")),
        changed(&receipt, "/received_at", json!("2026-09-01T01:00:00Z")),
        changed(&receipt, "/due_at", json!("2026-09-01T01:00:00Z")),
        changed(&receipt, "/version_id", json!("00000000-0000-0000-0000-000000000000")),
        changed(&receipt, "/files/0/sha256", json!("00")),
    ]);
    let judged = judge("receipt.js", &json!({ "keys": keys, "receipts": receipts })).await;
    assert_eq!(judged, json!([true, false, false, false, false, false]));
}

/// `motcua verify receipt` over files of a directory: what it printed, and how it ended.
fn verify(dir: &DataDir, arguments: &[&str]) -> (String, bool) {
    let command = [&["verify", "receipt"], arguments].concat();
    // No database and no network: what is configured cannot be reached.
    let run = dir.motcua(&command).env("DATABASE_URL", "postgres://nowhere.invalid/none").output();
    let Output { stdout, status, .. } = run.unwrap();
    (String::from_utf8(stdout).unwrap(), status.success())
}

#[actix_web::test]
async fn the_command_line_checks_a_receipt_and_its_files_offline() {
    let portal = Portal::new().await;
    let (receipt, keys) = saved(&portal).await;
    let dir = DataDir::new();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("keys.json", keys.to_string().as_bytes());
    write("receipt.json", serde_json::to_string_pretty(&receipt).unwrap().as_bytes());
    write("late.json", changed(&receipt, "/due_at", json!("2026-09-01T01:00:00Z")).to_string().as_bytes());
    write("cut.json", &receipt.to_string().as_bytes()[..200]);
    write("sent.pdf", PDF);
    write("other.pdf", b"another file");
    let (told, right) = verify(&dir, &["receipt.json", "sent.pdf", "--keys", "keys.json"]);
    assert!(right && told.starts_with("HỢP LỆ: ") && told.contains("ĐÚNG TỆP: sent.pdf"), "{told}");
    assert!(told.contains(receipt["version_id"].as_str().unwrap()), "{told}");
    let (told, right) = verify(&dir, &["receipt.json", "other.pdf", "--keys", "keys.json"]);
    assert!(!right && told.contains("KHÁC: other.pdf"), "{told}");
    for (name, why) in [("late.json", "KHÔNG HỢP LỆ: Nội dung biên nhận"), ("cut.json", "KHÔNG HỢP LỆ")]
    {
        let (told, right) = verify(&dir, &[name, "--keys", "keys.json"]);
        assert!(!right && told.starts_with(why), "{told}");
    }
    assert!(!verify(&dir, &["receipt.json"]).1, "without keys nothing can be said");
}
