//! A foreign judge of the whole API: schemathesis (PyPI) reads the document that the portal
//! serves and sends what it can think of, as several actors. No answer may be a server error
//! or differ from the document.
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use actix_web::HttpServer;
use motcua::app;

use crate::matrix::stage::{Object, Stage};
use crate::matrix::table::{On, Relation, Role};

/// Cases that all actors together must send.
const LEAST_CASES: u32 = 2_000;
const SEED: &str = "20260301";
/// Without `unsupported_method`: `GET /procedures/checks` is a procedure that is not there, 404;
/// that other methods are 405 is proved in `http/document.rs`.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      allow_header_conformance,ignored_auth";

/// Each with the relation to the dossier and the draft that it is shown.
const ACTORS: [(Role, Relation, Relation); 5] = [
    (Role::Anonymous, Relation::OtherUnit, Relation::OtherUnit),
    (Role::CitizenLevel2, Relation::Own, Relation::Own),
    (Role::OneStopClerk, Relation::OwnUnitReceiving, Relation::Own),
    (Role::Leader, Relation::OwnUnitHandling, Relation::OtherUnit),
    (Role::SystemAdmin, Relation::OtherUnit, Relation::OtherUnit),
];

#[actix_web::test]
async fn schemathesis_finds_no_answer_outside_the_document() {
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/schemathesis");
    assert!(judge.is_file(), "schemathesis is not installed: run `scripts/setup.sh test` (`make test` does)");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut stage = Stage::new().await;
    let state = stage.app.clone();
    let server = HttpServer::new(move || app::service(state.clone())).workers(2).disable_signals();
    actix_web::rt::spawn(server.listen(listener).unwrap().run());

    let mut cases = 0;
    let mut failed = Vec::new();
    for (role, dossier, draft) in ACTORS {
        let (dossier, draft) =
            (stage.object(On::Dossier, role, dossier), stage.object(On::Draft, role, draft));
        let config = configuration(role, &dossier, &draft);
        let mut command = Command::new(&judge);
        command.args(arguments(&url, &config)).current_dir(env!("CARGO_TARGET_TMPDIR"));
        let judges = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges");
        command
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", judges)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(token) = stage.token(role) {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        let run = actix_web::rt::task::spawn_blocking(move || command.output());
        let run = run.await.unwrap().expect("schemathesis runs");
        let report =
            String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        let generated = generated(&report);
        println!("{role:?}: {generated} cases");
        cases += generated;
        if !run.status.success() {
            let path = config.with_extension("out");
            std::fs::write(&path, &report).unwrap();
            failed.push(format!("{role:?}, whole report in {}:\n{}", path.display(), failures(&report)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(cases >= LEAST_CASES, "only {cases} cases");
}

/// Which dossier and draft the judge asks about, so that it reaches what is behind the 404.
fn configuration(role: Role, dossier: &Object, draft: &Object) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{role:?}.toml"));
    let text = format!(
        "[[operations]]\ninclude-path-regex = \"^/api/v1/dossiers/\"\nparameters = {{ \"path.code\" = \"{}\" }}\n\
         [[operations]]\ninclude-path-regex = \"^/api/v1/drafts/\"\nparameters = {{ \"path.id\" = \"{}\" }}\n",
        dossier["code"], draft["id"]
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn arguments(url: &str, config: &Path) -> Vec<String> {
    let fixed = "--seed SEED --max-examples 3 --phases coverage,fuzzing --workers 1 --checks CHECKS \
                 --suppress-health-check all --continue-on-failure --no-color \
                 --request-timeout 30 --exclude-operation-id log_out";
    let fixed = fixed.replace("SEED", SEED).replace("CHECKS", CHECKS);
    let mut all = vec!["--config-file".to_owned(), config.display().to_string(), "run".to_owned()];
    all.push(format!("{url}/api/v1/openapi.json"));
    all.extend(fixed.split_whitespace().map(str::to_owned));
    all
}

/// The number in "3473 generated, 3473 passed".
fn generated(report: &str) -> u32 {
    let line = report.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The part about failures, and not more than can be read.
fn failures(report: &str) -> String {
    let from = report.find("= FAILURES").or_else(|| report.find("= ERRORS")).unwrap_or_default();
    report[from..].chars().take(12_000).collect()
}
