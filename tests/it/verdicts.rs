//! Signed PDFs that another program made and forged (`tests/judges/signed.py`, pyHanko), judged
//! by both; each test names the change (mutant) that turns it red.
mod flips;
mod hostile;
mod own;
mod rewritten;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use jiff::Timestamp;
use motcua::signing::verdict::{Anchors, Certificate, Evidence, Outcome, Verdict, examine};
use serde::Deserialize;

use crate::support::DataDir;

#[derive(Debug, Deserialize)]
pub struct Case {
    name: String,
    family: String,
    file: String,
    /// An outcome, `none` = not signed; null = anything but trusted.
    wanted: Option<String>,
    pub crls: Vec<String>,
    /// Whether pyHanko takes every signature; null = it has no say here.
    pyhanko: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct List {
    pub at: Timestamp,
    files: Vec<Case>,
}

pub struct Corpus {
    pub folder: DataDir,
    pub list: List,
    anchors: Anchors,
}

/// The files, made once for all tests.
pub static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let (folder, root) = (DataDir::new(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let python = root.join("target/venv/bin/python");
    assert!(python.is_file(), "the judges are not installed: run `scripts/setup.sh test` (`make test` does)");
    let run =
        Command::new(python).arg(root.join("tests/judges/signed.py")).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let list = serde_json::from_slice(&std::fs::read(folder.path().join("list.json")).unwrap()).unwrap();
    let pem = std::fs::read_to_string(folder.path().join("anchor.pem")).unwrap();
    Corpus { anchors: Anchors(Certificate::of_pem(&pem).unwrap()), folder, list }
});

impl Corpus {
    pub fn case(&self, name: &str) -> &Case {
        self.list.files.iter().find(|case| case.name == name).unwrap()
    }

    pub fn bytes(&self, case: &Case) -> Vec<u8> {
        std::fs::read(self.folder.path().join(&case.file)).unwrap()
    }

    fn evidence(&self, case: &Case) -> Evidence {
        let read = |name: &String| std::fs::read(self.folder.path().join(name)).unwrap();
        Evidence { crls: case.crls.iter().map(read).collect(), ..Evidence::default() }
    }

    fn judge(&self, case: &Case, bytes: &[u8]) -> Verdict {
        examine(bytes, &self.anchors, &self.evidence(case), self.list.at)
    }
}

fn word(outcome: Option<Outcome>) -> String {
    let word = outcome.map(|outcome| serde_json::to_value(outcome).unwrap());
    word.map_or("none".to_owned(), |word| word.as_str().unwrap().to_owned())
}

fn is_taken(verdict: &Verdict) -> bool {
    verdict.outcome.is_some_and(|outcome| outcome <= Outcome::TrustedTimeClaimed)
}

/// Mutants: any of the rules left out; see the files `tests/mutants/verdict-*`.
#[test]
fn nothing_is_taken_that_another_judge_refuses_and_every_good_file_is() {
    let corpus = &*CORPUS;
    let (mut wrong, mut good, mut refused, mut stricter) = (Vec::new(), 0, 0, 0);
    let mut families = std::collections::BTreeSet::new();
    for case in &corpus.list.files {
        let verdict = corpus.judge(case, &corpus.bytes(case));
        let (found, taken) = (word(verdict.outcome), is_taken(&verdict));
        let reasons: Vec<_> = verdict.signatures.iter().map(|signature| signature.reason).collect();
        let told = || {
            format!(
                "{}: {found} {:?} {reasons:?}, wanted {:?}, pyHanko {:?}",
                case.name, verdict.reason, case.wanted, case.pyhanko
            )
        };
        match &case.wanted {
            Some(wanted) if *wanted != found => wrong.push(told()),
            None if taken => wrong.push(told()),
            _ => {}
        }
        // A time-stamp that was taken away leaves a signature without one: only the word for
        // a proven time is refused.
        if taken && case.pyhanko == Some(false) {
            wrong.push(format!("taken against pyHanko: {}", told()));
        }
        good += usize::from(taken);
        refused += usize::from(!taken);
        stricter += usize::from(!taken && case.pyhanko == Some(true));
        if !taken {
            families.insert(case.family.clone());
        }
    }
    println!(
        "{good} good files taken, {refused} refused in {} families, {stricter} of them by our stricter rules alone",
        families.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(good >= 25 && refused >= 120, "the corpus is smaller than it was");
}

/// Mutant: with no anchor somebody is trusted.
#[test]
fn without_anchors_every_signer_is_unknown() {
    let corpus = &*CORPUS;
    for name in ["bb", "bt", "blta", "two"] {
        let case = corpus.case(name);
        let verdict =
            examine(&corpus.bytes(case), &Anchors::default(), &corpus.evidence(case), corpus.list.at);
        let persons = verdict.signatures.iter().filter(|signature| !signature.is_timestamp);
        assert!(persons.clone().count() > 0);
        assert!(
            persons.clone().all(|signature| signature.outcome == Outcome::UnknownSigner),
            "{name}: {verdict:?}"
        );
        assert!(persons.clone().all(|signature| signature.words().vi.contains("chưa được xác nhận")));
    }
}

#[test]
fn who_signed_when_is_told() {
    let corpus = &*CORPUS;
    let case = corpus.case("two-stamped");
    let verdict = corpus.judge(case, &corpus.bytes(case));
    let [first, second] = &verdict.signatures[..] else { panic!("{verdict:?}") };
    let signer = first.signer.as_ref().unwrap();
    assert_eq!(
        (signer.name.as_str(), signer.organisation.as_deref()),
        ("Nguyễn Văn A", Some("UBND phường Hồng Gai"))
    );
    assert_eq!(second.signer.as_ref().unwrap().name, "Trần Thị B");
    assert!(first.time_is_proven && second.time_is_proven);
    assert!(!first.covers_whole_file && second.covers_whole_file);
    let age = corpus.list.at.as_second() - first.signed_at.unwrap().as_second();
    assert!((0..600).contains(&age), "{age}");
    let stripped = corpus.case("stripped");
    let verdict = corpus.judge(stripped, &corpus.bytes(stripped));
    assert!(!verdict.signatures[0].time_is_proven && verdict.outcome == Some(Outcome::TrustedTimeClaimed));
    assert!(verdict.signatures[0].words().vi.contains("chỉ do người ký khai"));
}
