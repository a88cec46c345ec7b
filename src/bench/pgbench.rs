//! `pgbench` of the PostgreSQL that is measured, on the same server.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One run with prepared statements.
#[derive(Debug)]
pub struct Pgbench<'a> {
    pub program: &'a Path,
    pub url: &'a str,
    pub clients: usize,
    pub seconds: u64,
}

impl Pgbench<'_> {
    /// Runs a script; gives transactions a second. Variables are sent as parameters.
    pub fn run(&self, script: &Path, variables: &[(&str, String)]) -> Result<f64> {
        let mut command = Command::new(self.program);
        command.args(["-n", "-M", "prepared", "-j", "2"]);
        command.args(["-c", &self.clients.to_string(), "-T", &self.seconds.to_string()]);
        for (name, value) in variables {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        let output = command.arg("-f").arg(script).arg(self.url).output();
        let output = output.with_context(|| format!("cannot run {}", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        match rate {
            Some(rate) if output.status.success() && !complaint.contains("aborted") => Ok(rate),
            _ => bail!("pgbench failed: {}", complaint.lines().last().unwrap_or("it gave no rate")),
        }
    }
}
