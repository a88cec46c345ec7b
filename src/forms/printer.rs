//! Printing within limits.
//!
//! What the binary ships is printed in this process: it was tried with the binary. Everything
//! else was written by somebody, and a template is a program: it can run for ever and fill the
//! memory, and a thread cannot be stopped. So it is printed by a child process: `motcua
//! print-form` sets its own limits before it reads a byte ([`confine`]), and is killed when the
//! time is over. A child knows no configuration and no environment, and shares nothing.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::engine::{Flaw, render};
use super::shipped::is_shipped;
use crate::config::Config;
use crate::error::{Error, Result};

/// Processor time of one document, seconds. A register of 2,000 rows needs a tenth of it.
const SECONDS: u64 = 20;
/// Time by the clock: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// Address space of a child: fonts, the binary and a hundred pages need a fifth of it.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;
/// Documents that are printed at once.
const AT_ONCE: usize = 2;
/// What a child ends with when the template or its data are wrong; the reason is its output.
pub const FLAWED: u8 = 65;

/// What a child is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub source: String,
    pub data: Value,
    pub at: Timestamp,
}

/// Prints documents, some at a time.
#[derive(Debug, Clone)]
pub struct Printer {
    /// The binary whose `print-form` prints; none: this one.
    program: Option<PathBuf>,
    turns: Arc<Semaphore>,
}

impl Printer {
    pub fn of(config: &Config) -> Self {
        let program = Some(config.forms.program.clone()).filter(|program| !program.as_os_str().is_empty());
        Self { program, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Prints a template. The outer error is ours, the inner one the template's.
    pub async fn print(&self, order: Order) -> Result<std::result::Result<Vec<u8>, Flaw>> {
        let _turn = self.turns.acquire().await.map_err(anyhow::Error::from)?;
        if is_shipped(&order.source) {
            let printed = tokio::task::spawn_blocking(move || render(&order.source, &order.data, order.at));
            return printed.await.map_err(|panic| Error::Internal(panic.into()));
        }
        Ok(self.apart(&order).await?)
    }

    async fn apart(&self, order: &Order) -> anyhow::Result<std::result::Result<Vec<u8>, Flaw>> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().context("the binary of this process")?,
        };
        let mut child = Command::new(program)
            .arg("print-form")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("a process that prints")?;
        let mut input = child.stdin.take().ok_or_else(|| anyhow!("the child has no input"))?;
        let text = serde_json::to_vec(order)?;
        let run = async move {
            // A child that ended before it had read all tells why by its end.
            let _ = input.write_all(&text).await;
            drop(input);
            child.wait_with_output().await
        };
        let Ok(ended) = tokio::time::timeout(PATIENCE, run).await else {
            return Ok(Err(Flaw::Limits(format!("not printed within {} s", PATIENCE.as_secs()))));
        };
        let ended = ended?;
        match ended.status.code() {
            Some(0) => Ok(Ok(ended.stdout)),
            Some(code) if code == i32::from(FLAWED) => {
                Ok(Err(Flaw::Template(vec![String::from_utf8_lossy(&ended.stdout).into_owned()])))
            }
            _ => Ok(Err(Flaw::Limits(format!(
                "ended by its limits: {SECONDS} s of a processor, {} MiB of memory",
                MEMORY / 1024 / 1024
            )))),
        }
    }
}

/// Sets the limits of a child: processor time, memory, no file, no core dump.
pub fn confine() -> anyhow::Result<()> {
    let limit = |resource, most| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .context("a limit of a process")
    };
    limit(Resource::Cpu, SECONDS)?;
    limit(Resource::As, MEMORY)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)
}
