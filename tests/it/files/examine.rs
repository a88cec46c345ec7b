//! What is looked into: files that other programs wrote, good ones and hostile ones
//! (`tests/judges/files.py`), over HTTP.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

use super::{Answer, Portal};
use crate::support::DataDir;

/// Families of hostile files that there are at least.
const FAMILIES: usize = 30;

#[derive(Debug, Deserialize)]
struct Written {
    path: PathBuf,
    /// `None`: a good one.
    family: Option<String>,
    /// With which it may be refused.
    codes: Vec<String>,
}

impl Written {
    fn name(&self) -> String {
        self.path.file_name().unwrap().to_string_lossy().into_owned()
    }
}

/// The files, written once for all tests, and the folder that holds them.
static WRITTEN: LazyLock<(DataDir, Vec<Written>)> = LazyLock::new(|| {
    let (folder, root) = (DataDir::new(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let python = root.join("target/venv/bin/python");
    assert!(python.is_file(), "the judges are not installed: run `scripts/setup.sh test` (`make test` does)");
    let run =
        Command::new(python).arg(root.join("tests/judges/files.py")).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let list = std::fs::read(folder.path().join("list.json")).unwrap();
    (folder, serde_json::from_slice(&list).unwrap())
});

async fn sent(portal: &Portal, draft: Uuid, file: &Written) -> Answer {
    portal.upload(draft, &file.name(), &std::fs::read(&file.path).unwrap()).await
}

/// Mutants: one of the looks left out (`pdf`, `office`, `image`, `twofold`); the packed objects
/// not unpacked; a part's own size believed.
#[actix_web::test]
async fn no_hostile_file_is_taken_and_no_good_one_refused() {
    let files = &WRITTEN.1;
    // A bomb of some megabytes is as good as one of gigabytes, and sooner made.
    let portal = Portal::with("max_unpacked_bytes = 20000000\n").await;
    let (mut families, mut good, mut wrong) = (BTreeMap::new(), 0, Vec::new());
    for file in files {
        // One draft takes a hundred files.
        let answer = sent(&portal, portal.draft(), file).await;
        let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
        match &file.family {
            None => {
                good += 1;
                if answer.status != 201 || answer.body["findings"] != serde_json::json!([]) {
                    wrong.push(format!("good {}: {answer:?}", file.name()));
                }
            }
            Some(family) => {
                *families.entry(family.clone()).or_insert(0) += 1;
                if answer.status != 422 || !file.codes.contains(&code) {
                    wrong.push(format!(
                        "{family} {}: {} {code}, not {:?}",
                        file.name(),
                        answer.status,
                        file.codes
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(families.len() >= FAMILIES, "{} families", families.len());
    println!(
        "{} families, {} hostile files refused, {good} good ones taken",
        families.len(),
        files.len() - good
    );
    assert_eq!((portal.rows(), portal.blobs().len()), (good as i64, good), "what is refused leaves nothing");
}

/// Mutant: the finding is not written to the row, or the rule is not asked.
#[actix_web::test]
async fn what_a_rule_allows_is_taken_and_told() {
    let files = &WRITTEN.1;
    let portal = Portal::with("attachments = \"flag\"\n").await;
    let draft = portal.draft();
    let of = |family: &str| files.iter().find(|file| file.family.as_deref() == Some(family)).unwrap();
    let flagged = sent(&portal, draft, of("pdf-with-a-file-inside")).await;
    assert_eq!((flagged.status, &flagged.body["findings"]), (201, &serde_json::json!(["attachment"])));
    let refused = sent(&portal, draft, of("pdf-starts-a-program")).await;
    assert_eq!(refused.code(), (422, "file_active_content"));
    assert_eq!(portal.rows(), 1);
}
