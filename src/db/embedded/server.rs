//! One PostgreSQL process under its supervisor.
use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use diesel::{Connection, PgConnection};

use super::account::Account;
use super::binaries::Binaries;

const SUPERVISOR: &str = include_str!("supervisor.sh");
/// PostgreSQL's port number: here only a part of the socket's name.
const PORT: u16 = 5432;
/// Crash recovery after a long run may take a while; longer than this is a fault.
const START_LIMIT: Duration = Duration::from_secs(600);
/// How long a fast shutdown may take before it becomes an immediate one.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// The log starts anew when it has grown beyond this.
const LOG_LIMIT_BYTES: u64 = 10 << 20;

/// What to start and where.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) account: Account,
    pub(super) binaries: Binaries,
    pub(super) data: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
    /// Shown in the title of every process, so that ours can be recognised.
    pub(super) cluster: String,
    /// Removed with everything in it when the server ends: for throw-away data.
    pub(super) rubbish: Option<PathBuf>,
}

impl Plan {
    /// Whether the data are to be forgotten, so that nothing needs to be durable.
    fn throw_away(&self) -> bool {
        self.rubbish.is_some()
    }

    /// Creates the data directory; a half-made one is never taken for whole.
    pub(super) fn initialise(&self) -> Result<()> {
        self.remove_drafts();
        // A name of its own: an `initdb` of a killed motcua may still be writing.
        let draft = self.data.with_extension(format!("new-{}", std::process::id()));
        let mut complaint = String::new();
        for locale in locales(self.binaries.major) {
            self.account.private_directory(&draft)?;
            let mut command = self.account.command(self.binaries.program("initdb"));
            command.args(["--username=motcua", "--auth=trust", "--encoding=UTF8", "--data-checksums"]);
            command.args(locale).arg("--no-instructions");
            if self.throw_away() {
                command.arg("--no-sync");
            }
            let output = command.arg("-D").arg(&draft).output().context("cannot run initdb")?;
            if output.status.success() {
                return Ok(std::fs::rename(&draft, &self.data)?);
            }
            complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            std::fs::remove_dir_all(&draft)?;
        }
        bail!("initdb failed: {complaint}")
    }

    /// Removes what a killed motcua has begun, as far as that is possible now.
    fn remove_drafts(&self) {
        let entries = self.data.parent().and_then(|home| std::fs::read_dir(home).ok());
        for entry in entries.into_iter().flatten().flatten() {
            let is_draft = entry.file_name().to_string_lossy().starts_with("pg.new-");
            if is_draft && let Err(error) = std::fs::remove_dir_all(entry.path()) {
                tracing::debug!(%error, "an unfinished data directory stays");
            }
        }
    }

    fn settings(&self) -> Vec<String> {
        let mut settings = vec![
            format!("port={PORT}"),
            "listen_addresses=".to_owned(),
            format!("unix_socket_directories={}", self.socket.display()),
            "unix_socket_permissions=0700".to_owned(),
            format!("cluster_name={}", self.cluster),
            "shared_buffers=128MB".to_owned(),
            "max_connections=200".to_owned(),
            "jit=off".to_owned(),
            "log_checkpoints=off".to_owned(),
            "wal_compression=on".to_owned(),
            "max_wal_size=2GB".to_owned(),
            "checkpoint_timeout=15min".to_owned(),
            "random_page_cost=1.1".to_owned(),
            "log_timezone=Asia/Ho_Chi_Minh".to_owned(),
        ];
        let durable = if self.throw_away() { "off" } else { "on" };
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            settings.push(format!("{name}={durable}"));
        }
        settings
    }

    /// Starts PostgreSQL and returns when it answers.
    pub(super) fn start(self, progress: &impl Fn(&str)) -> Result<Server> {
        let log = open_log(&self.log)?;
        let signal = if self.throw_away() { "QUIT" } else { "INT" };
        let mut command = self.account.command("sh");
        command.args(["-c", SUPERVISOR, "motcua-postgresql", signal]);
        command.arg(self.rubbish.as_deref().unwrap_or(Path::new("")));
        command.arg(self.binaries.program("postgres")).arg("-D").arg(&self.data);
        for setting in self.settings() {
            command.args(["-c", &setting]);
        }
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let supervisor = command.spawn().context("cannot start PostgreSQL's supervisor")?;
        let mut server = Server { plan: self, supervisor };
        server.wait_until_ready(progress)?;
        Ok(server)
    }
}

/// A running PostgreSQL; dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    plan: Plan,
    supervisor: Child,
}

impl Server {
    /// Connection URL of one of its databases.
    pub(super) fn url(&self, database: &str) -> String {
        let host = self.plan.socket.display();
        format!("postgresql:///{database}?host={host}&port={PORT}&user=motcua")
    }

    /// Full path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.plan.binaries.program(name)
    }

    fn wait_until_ready(&mut self, progress: &impl Fn(&str)) -> Result<()> {
        let url = self.url("postgres");
        let started = Instant::now();
        let mut told = started;
        loop {
            let Err(error) = PgConnection::establish(&url) else { return Ok(()) };
            if let Some(status) = self.supervisor.try_wait()? {
                bail!("PostgreSQL ended at once ({status}): {}", last_lines(&self.plan.log));
            }
            if started.elapsed() > START_LIMIT {
                bail!("PostgreSQL does not answer: {error}");
            }
            if told.elapsed() > Duration::from_secs(3) {
                told = Instant::now();
                progress("waiting for PostgreSQL, which recovers its data");
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// Stops PostgreSQL: running transactions are rolled back, data are flushed.
    /// Calling it again does nothing.
    pub(super) fn stop(&mut self) {
        drop(self.supervisor.stdin.take());
        let asked = Instant::now();
        let mut forced = false;
        while matches!(self.supervisor.try_wait(), Ok(None)) {
            if !forced && asked.elapsed() > STOP_LIMIT {
                forced = true;
                tracing::warn!("PostgreSQL does not stop; forcing it");
                stop_running(&self.plan, "immediate");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Only if nothing is in it; what is left of throw-away data is gone already.
        if let Err(error) = std::fs::remove_dir(&self.plan.socket) {
            tracing::debug!(%error, "the socket's directory stays");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Asks a postmaster on the plan's data to stop, and waits for it.
pub(super) fn stop_running(plan: &Plan, mode: &str) {
    let mut command = plan.account.command(plan.binaries.program("pg_ctl"));
    command.args(["stop", "--silent", "-w", "-t", "60", "-m", mode, "-D"]).arg(&plan.data);
    if let Err(error) = command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        tracing::warn!(%error, "cannot run pg_ctl");
    }
}

/// Ways to ask for UTF-8 with Unicode's letter cases, the best first. The last
/// knows only ASCII's, for systems that have nothing better.
fn locales(major: u32) -> Vec<&'static [&'static str]> {
    let mut locales: Vec<&[&str]> = Vec::new();
    if major >= 17 {
        locales.push(&["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]);
    }
    locales.push(&["--locale=C.UTF-8"]);
    locales.push(&["--locale=C"]);
    locales
}

fn open_log(path: &Path) -> Result<File> {
    let grown = std::fs::metadata(path).is_ok_and(|found| found.len() > LOG_LIMIT_BYTES);
    let mut options = OpenOptions::new();
    let options = if grown { options.write(true).truncate(true) } else { options.append(true) };
    options.create(true).open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// The end of the server's log, on one line.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(4).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
