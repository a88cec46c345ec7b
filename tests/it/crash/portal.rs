//! A portal that is killed and started again on the same data; the simulators of the national
//! side stay up beside it.
use std::fs::{File, OpenOptions};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use motcua::bootstrap;
use motcua::clock::Clock;
use motcua::db::embedded::{DATABASE, Embedded, EmbeddedConfig};
use motcua::db::{Db, DbLimits, migrate};

use crate::support::{DataDir, send};

const START_LIMIT: Duration = Duration::from_secs(60);
pub const PASSWORD: &str = "a long word of the crash test";

pub struct Portal {
    pub url: String,
    dir: DataDir,
    port: u16,
    simulators: Option<Child>,
    server: Option<Child>,
    simulators_port: u16,
    mutant: bool,
    /// Further settings of the server, as environment variables; they count from its next start.
    pub settings: Vec<(&'static str, String)>,
}

impl Portal {
    /// A new data directory with agencies, procedures and officials, and running simulators.
    pub fn prepare(mutant: bool) -> Self {
        let (port, simulators_port) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{port}");
        let dir = DataDir::new();
        seed(&dir);
        let (simulators, server, settings) = (None, None, Vec::new());
        let mut portal = Self { url, dir, port, simulators, server, simulators_port, mutant, settings };
        portal.simulators = Some(portal.spawn(&["simulate"]));
        portal
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.dir.motcua(arguments);
        command
            .env("MOTCUA_HTTP__PORT", self.port.to_string())
            .env("MOTCUA_HTTP__WORKERS", "2")
            .env("MOTCUA_HTTP__SHUTDOWN_SECONDS", "1")
            .env("MOTCUA_SIMULATORS__PORT", self.simulators_port.to_string())
            // A job of a killed worker is taken over soon.
            .env("MOTCUA_JOBS__LEASE_SECONDS", "2")
            .envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        self.command(arguments).stdout(File::create("/dev/null").unwrap()).stderr(log).spawn().unwrap()
    }

    fn log(&self) -> std::path::PathBuf {
        self.dir.path().join("portal.log")
    }

    /// Starts the server and waits until it and the simulators answer.
    pub fn start(&mut self) {
        let arguments: &[&str] = if self.mutant { &["serve", "--mutant", "early-ack"] } else { &["serve"] };
        self.server = Some(self.spawn(arguments));
        self.wait_until_they_answer();
    }

    fn wait_until_they_answer(&mut self) {
        let (begun, log) = (Instant::now(), self.log());
        let server = ("the portal", &mut self.server, self.port);
        let simulators = ("the simulators", &mut self.simulators, self.simulators_port);
        for (name, process, port) in [server, simulators] {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                let ended = process.as_mut().unwrap().try_wait().unwrap();
                if ended.is_some() || begun.elapsed() > START_LIMIT {
                    let log = std::fs::read_to_string(&log).unwrap();
                    let tail: Vec<&str> = log.lines().rev().take(20).collect();
                    panic!("{name} did not start ({ended:?}):\n{}", tail.join("\n"));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// SIGKILL; `hard`: PostgreSQL first, so that it cannot shut down in good order either.
    pub fn kill(&mut self, hard: bool) {
        if hard {
            let postmaster = self.postmaster().lines().next().and_then(|pid| pid.parse().ok());
            send("KILL", postmaster.unwrap());
        }
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            send("TERM", server.id() as i32);
            server.wait().unwrap();
        }
    }

    /// The most memory that the server has had so far, in megabytes.
    pub fn peak_memory(&self) -> u64 {
        let server = self.server.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{server}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
    }

    fn postmaster(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("pg/postmaster.pid")).unwrap()
    }

    /// Where the simulators answer.
    pub fn simulators(&self) -> String {
        format!("http://127.0.0.1:{}", self.simulators_port)
    }

    pub fn database_url(&self) -> String {
        let noted = self.postmaster();
        let socket = noted.lines().nth(4).unwrap();
        format!("postgresql://motcua@/motcua?host={socket}")
    }

    /// A connection to the running server's database.
    pub fn database(&self) -> PgConnection {
        PgConnection::establish(&self.database_url()).unwrap()
    }

    /// The directory of uploaded files.
    pub fn files(&self) -> std::path::PathBuf {
        self.dir.path().join("files")
    }

    /// How many differences `motcua verify files` finds in what a server left.
    pub fn scrub(&self) -> usize {
        let output = self.command(&["verify", "files"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = said.lines().filter(|line| line.starts_with("file ")).count();
        assert_eq!(output.status.code(), Some(i32::from(found > 0)), "{said}");
        found
    }

    /// What `motcua verify --deep` finds, beside the running server or in what it left.
    pub fn verify(&self) -> Vec<String> {
        let mut command = self.command(&["verify", "--deep"]);
        if self.server.is_some() {
            command.env("DATABASE_URL", self.database_url());
        }
        let output = command.output().unwrap();
        if output.status.success() {
            return Vec::new();
        }
        assert_eq!(output.status.code(), Some(1), "differences end with 1");
        let found = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&found).lines().map(|line| format!("verify: {line}")).collect()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.stop();
        if let Some(mut simulators) = self.simulators.take() {
            let _ = simulators.kill();
            let _ = simulators.wait();
        }
    }
}

/// What a demonstration begins with, without its story.
fn seed(dir: &DataDir) {
    let config = EmbeddedConfig { data_dir: dir.path().to_owned(), address: "a crash test".to_owned() };
    let embedded = Embedded::start(&config, |_: &str| ()).unwrap();
    let url = embedded.url(DATABASE);
    migrate::run(&url).unwrap();
    let db = Db::connect(&url, &DbLimits::default(), Clock::default()).unwrap();
    bootstrap::load(&db).unwrap();
    bootstrap::load_demo(&db, PASSWORD).unwrap();
    drop(db);
    embedded.stop();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
