//! Programs of others, in tests/judges, that judge what motcua writes.
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs a program of tests/judges (npm) over a question; its answer.
pub async fn judge(program: &str, asked: &Value) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("target/judges/node_modules");
    assert!(modules.is_dir(), "the judges are not installed: run `scripts/setup.sh test` (`make test` does)");
    let mut command = Command::new("node");
    command.arg(root.join("tests/judges").join(program)).env("NODE_PATH", modules);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let asked = asked.to_string();
    let run = actix_web::rt::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("node runs");
        child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let run = run.await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}
