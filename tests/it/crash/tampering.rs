//! `motcua verify` is the judge of every crash: what somebody changed behind its back, it names.
use std::sync::Arc;

use diesel::prelude::*;

use super::client::{Client, Filing};
use super::journal::Journal;
use super::portal::Portal;

/// A change behind the portal's back, how it is taken back, and what must be named.
const CHANGES: [(&str, &str, &str); 7] = [
    (
        "UPDATE dossier SET due_at = due_at + interval '1 hour'",
        "UPDATE dossier SET due_at = due_at - interval '1 hour'",
        "differs from its history in due_at",
    ),
    (
        "UPDATE dossier SET answers = jsonb_set(answers, '{relation}', '\"mother\"')",
        "UPDATE dossier SET answers = jsonb_set(answers, '{relation}', '\"father\"')",
        "differs from its history in answers",
    ),
    (
        "UPDATE dossier SET status = 10",
        "UPDATE dossier SET status = 1",
        "status 10 is not that of the last event",
    ),
    ("UPDATE dossier SET seq = 2", "UPDATE dossier SET seq = 1", "the row is at event 2"),
    (
        "UPDATE dossier_event SET seq = seq + 1",
        "UPDATE dossier_event SET seq = seq - 1",
        "event 1 is missing, 2 follows",
    ),
    (
        "UPDATE dossier_number SET last = last + 1",
        "UPDATE dossier_number SET last = last - 1",
        "1 dossiers with 1 numbers from 1 to 1, last given 2",
    ),
    ("UPDATE file SET size = size + 1", "UPDATE file SET size = size - 1", "its row says otherwise"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_names_what_was_tampered_with() {
    let mut portal = Portal::prepare(false);
    portal.start();
    let journal = Arc::new(Journal::default());
    let client = Client::log_in(&portal, &journal, 0, Filing::Birth, 1).await;
    let filed = client.file().await.expect("a dossier is filed");
    assert!(filed.version == 1 && portal.verify().is_empty());
    for (change, undo, named) in CHANGES {
        diesel::sql_query(change).execute(&mut portal.database()).unwrap();
        let found = portal.verify();
        assert!(found.iter().any(|line| line.contains(named)), "{change}: {found:?}");
        diesel::sql_query(undo).execute(&mut portal.database()).unwrap();
    }
    assert!(portal.verify().is_empty(), "everything is as it was");
    spoil_a_file(&portal);
    let found = portal.verify();
    let named = |line: &String| line.contains("another SHA-256") && line.contains(&filed.code);
    assert!(found.iter().any(named), "{found:?}");
    portal.stop();
    assert_eq!(portal.scrub(), 1, "the files alone are read too");
}

/// Changes the last byte of the first stored file.
fn spoil_a_file(portal: &Portal) {
    let mut folder = portal.files();
    let path = loop {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        let first = entries.into_iter().next().expect("a file is stored");
        if first.is_file() {
            break first;
        }
        folder = first;
    };
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(path, bytes).unwrap();
}
