//! What the portal costs at rest: memory, and the time until it answers.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

/// Resident memory of this process, in MB; `None` where the system does not tell.
pub fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok().map(|kb| kb / 1024.0)
}

/// Seconds from the start of `motcua serve` on existing data until it answers.
pub fn cold_start(data_dir: &Path) -> Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("serve").current_dir(data_dir).env("MOTCUA_DATA_DIR", data_dir).env("MOTCUA_HTTP__PORT", "0");
    command.env_remove("DATABASE_URL").stdout(Stdio::null()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut portal = command.spawn()?;
    let lines = BufReader::new(portal.stderr.take().context("its messages cannot be read")?).lines();
    let ready = lines.map_while(std::result::Result::ok).find(|line| line.contains("the portal answers"));
    let seconds = begun.elapsed().as_secs_f64();
    portal.kill()?;
    portal.wait()?;
    ready.context("the portal did not start")?;
    Ok(seconds)
}
