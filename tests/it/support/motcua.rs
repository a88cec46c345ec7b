//! The binary itself, run as its users run it.
use std::path::{Path, PathBuf};
use std::process::Command;

use uuid::Uuid;

use super::panics::tell_at_once;

/// A directory of its own for one test, removed at the end. It lies where every
/// account can enter, since PostgreSQL may run as another one. Its name was never
/// used before: what an earlier process left behind cannot be met.
#[derive(Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    pub fn new() -> Self {
        tell_at_once();
        let path = std::env::temp_dir().join(format!("motcua-it-{}", Uuid::now_v7()));
        std::fs::create_dir(&path).expect("the temporary directory can be written");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// motcua with these arguments, working in this directory, its data in it,
    /// without settings of whoever runs the tests.
    pub fn motcua(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motcua"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MOTCUA_") {
                command.env_remove(name);
            }
        }
        command.env_remove("DATABASE_URL").env("MOTCUA_DATA_DIR", &self.0);
        command.args(arguments).current_dir(&self.0);
        command
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("nothing runs in the directory any more");
    }
}

/// Sends a signal to a process.
pub fn send(signal: &str, pid: i32) {
    let status = Command::new("kill").args(["-s", signal, &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot send {signal} to {pid}");
}
