//! The virus scanner, where one is configured: what it has not found clean is not served.
//!
//! A file is scanned when it comes in. What is infected is refused then. Where the scanner is
//! down, hangs, or says what cannot be understood, the file is taken and held back: its upload
//! is not lost, and a periodic task asks again until there is an answer.

mod again;
mod clamd;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result as Anyhow, anyhow, bail};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::store::Sealed;
use super::{FileRow, Files};
use crate::config;
use crate::error::{Code, Refused, Result};

pub use again::SCAN_EVERY;

/// Files that are scanned at the same time: clamd works on ten, as it comes.
const AT_ONCE: usize = 8;
/// Bytes that are read at once.
const PIECE: u64 = 256 * 1024;

pub static FILE_INFECTED: Code = Code::new(
    422,
    "file_infected",
    "Tệp có mã độc, không được nhận",
    "The file contains malware and is not accepted",
);
pub static FILE_BLOCKED: Code = Code::new(
    403,
    "file_blocked",
    "Tệp có mã độc, không được mở hoặc tải về",
    "The file contains malware and is not given out",
);
pub static FILE_QUARANTINED: Code = Code::new(
    503,
    "file_quarantined",
    "Tệp đang chờ quét mã độc; xin thử lại sau",
    "The file waits for its scan for malware; try again later",
);

/// What a scanner said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scan {
    /// It was not asked, or did not answer: held back as long as a scanner is configured.
    Unscanned,
    Clean,
    /// Never given out.
    Infected,
}

impl Scan {
    /// The word of the API and of the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unscanned => "unscanned",
            Self::Clean => "clean",
            Self::Infected => "infected",
        }
    }

    /// That of a word; an unknown one tells nothing.
    pub fn of(word: &str) -> Self {
        match word {
            "clean" => Self::Clean,
            "infected" => Self::Infected,
            _ => Self::Unscanned,
        }
    }
}

/// What a scanner says when it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Clean,
    /// With the name of what it found.
    Infected(String),
}

/// ClamAV's daemon.
#[derive(Debug, Clone)]
pub struct Scanner {
    door: Door,
    patience: Duration,
    turns: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
enum Door {
    Unix(PathBuf),
    /// Host and port.
    Tcp(String),
}

impl Scanner {
    /// The scanner of the configuration, if there is one.
    pub fn of(files: &config::Files) -> Anyhow<Option<Self>> {
        let door = match files.clamav.split_once(':') {
            None if files.clamav.is_empty() => return Ok(None),
            Some(("unix", path)) if !path.is_empty() => Door::Unix(path.into()),
            Some(("tcp", address)) if address.contains(':') => Door::Tcp(address.to_owned()),
            _ => bail!("files.clamav: neither unix:/path nor tcp:host:port: {}", files.clamav),
        };
        let patience = Duration::from_secs(files.clamav_seconds);
        Ok(Some(Self { door, patience, turns: Arc::new(Semaphore::new(AT_ONCE)) }))
    }

    /// Asks about bytes; an error is no answer.
    async fn ask(&self, pieces: BoxStream<'_, Anyhow<Bytes>>) -> Anyhow<Verdict> {
        let asked = async {
            let _turn = self.turns.acquire().await?;
            match &self.door {
                Door::Unix(path) => clamd::ask(UnixStream::connect(path).await?, pieces).await,
                Door::Tcp(address) => clamd::ask(TcpStream::connect(address).await?, pieces).await,
            }
        };
        tokio::time::timeout(self.patience, asked).await.context("no answer in time")?
    }

    /// Whether it answers at all.
    pub async fn try_out(&self) -> Anyhow<()> {
        match self.ask(stream::iter([Ok(Bytes::from_static(b"motcua"))]).boxed()).await? {
            Verdict::Clean => Ok(()),
            Verdict::Infected(name) => bail!("it finds {name} in a word"),
        }
    }
}

impl Files {
    /// Asks about a file that comes in; refuses what is infected.
    pub(super) async fn scan(&self, file: &Sealed) -> Result<Scan> {
        let Some(scanner) = &self.scanner else { return Ok(Scan::Unscanned) };
        let places = (0..file.size).step_by(PIECE as usize);
        let pieces = stream::iter(places).then(|at| async move {
            file.bytes(at, PIECE).await.map_err(|error| anyhow!("{}", error.code().en))
        });
        match scanner.ask(pieces.boxed()).await {
            Ok(Verdict::Clean) => Ok(Scan::Clean),
            Ok(Verdict::Infected(name)) => {
                tracing::warn!(sha256 = file.sha256, name, "an infected file was refused");
                Err(FILE_INFECTED.at("name", FILE_INFECTED.vi, FILE_INFECTED.en))
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    sha256 = file.sha256,
                    error,
                    "a file is held back: the scanner does not answer"
                );
                Ok(Scan::Unscanned)
            }
        }
    }

    /// Asks about a stored file.
    async fn scan_stored(&self, scanner: &Scanner, row: &FileRow) -> Anyhow<Verdict> {
        let stored = self.store.get(&row.storage_key, None).await;
        let stored = stored.map_err(|error| anyhow!("{}", error.code().en))?;
        scanner.ask(stored.into_stream().map_err(anyhow::Error::from).boxed()).await
    }

    /// Refuses to give out what is infected, and what was not scanned where all is scanned.
    pub(super) fn check_scan(&self, row: &FileRow) -> Result<()> {
        match Scan::of(&row.scan) {
            Scan::Infected => Err(FILE_BLOCKED.err()),
            Scan::Unscanned if self.scanner.is_some() => {
                Err(Refused::new(&FILE_QUARANTINED).with("retry_after", SCAN_EVERY.as_secs()).into())
            }
            Scan::Unscanned | Scan::Clean => Ok(()),
        }
    }
}
