//! Hostile and heavy files, many at once, to the real server: it refuses or takes them, lives,
//! and never takes more memory than its rules allow.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::Deserialize;

use super::client::{Client, Filing};
use super::journal::Journal;
use super::portal::Portal;
use super::resumable::begin_draft;
use crate::support::DataDir;

/// Uploads at the same time, and how often each file is sent: what is taken so often that all of
/// the room is wanted three times over, what is refused only often enough to meet itself.
const AT_ONCE: usize = 6;
const TIMES_TAKEN: usize = AT_ONCE;
const TIMES_REFUSED: usize = 3;
/// Megabytes: 64 of files that are held and 512 of what is made of them (`files::examine`), as
/// much again for arrays that grow by doubling and for what the allocator keeps, and 64 for the
/// buffers of the connections.
const BOUND: u64 = 64 + 512 + 512 + 64;

#[derive(Debug, Clone, Deserialize)]
struct Heavy {
    path: PathBuf,
    taken: bool,
}

/// Written by tests/judges/heavy.py.
fn written(folder: &DataDir) -> Vec<Heavy> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/heavy.py");
    let run = Command::new("python3").arg(script).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// Mutants: as many are taken apart at once as come; what a document is made of has no limit.
#[actix_web::test]
async fn hostile_uploads_cost_no_more_memory_than_the_rules_allow() {
    let folder = DataDir::new();
    let heavy = written(&folder);
    let mut portal = Portal::prepare(false);
    portal.settings = vec![("MOTCUA_FILES__MAX_DOSSIER_BYTES", "2000000000".to_owned())];
    portal.start();
    let client = Client::log_in(&portal, &Arc::new(Journal::default()), 0, Filing::Birth, 1).await;
    // A connection each: one that rested is closed by the server.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let draft = begin_draft(&http, &portal, &client.citizen).await;
    let before = portal.peak_memory();
    // Those of one kind together.
    let times = |file: &Heavy| if file.taken { TIMES_TAKEN } else { TIMES_REFUSED };
    let files = heavy.into_iter().flat_map(|file| vec![file.clone(); times(&file)]);
    let sent = stream::iter(files.enumerate()).map(|(n, file)| {
        let request = http
            .post(format!("{}/api/v1/drafts/{draft}/files", portal.url))
            .query(&[
                ("component", "1.001193-TP06"),
                ("name", &*file.path.file_name().unwrap().to_string_lossy()),
            ])
            .bearer_auth(&client.citizen)
            .header("Idempotency-Key", format!("heavy-{n}"))
            .body(std::fs::read(&file.path).unwrap());
        async move {
            let answer = request.send().await.unwrap();
            let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
            (file, status, body)
        }
    });
    let answers: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
    let used = portal.peak_memory() - before;
    println!("{} uploads, {AT_ONCE} at once: {used} MB beside {before}", answers.len());
    for (file, status, body) in &answers {
        assert_eq!(*status, if file.taken { 201 } else { 422 }, "{}: {body}", file.path.display());
    }
    assert!(used < BOUND, "{used} MB are more than {BOUND}");
    assert_eq!(portal.verify(), Vec::<String>::new());
}
