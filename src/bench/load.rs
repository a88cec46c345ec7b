//! Load over HTTP: clients with one connection each, as light as `pgbench` is for the database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The next request of a client, with its number; `None` ends it.
pub type Next = Arc<dyn Fn(usize) -> Option<Vec<u8>> + Send + Sync>;

/// What a load did.
#[derive(Debug, Default)]
pub struct Measured {
    pub seconds: f64,
    /// How long each good answer took.
    latencies: Vec<Duration>,
    refused: usize,
    /// The first answer that was not 2xx.
    refusal: Option<String>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// The latency that this part of the answers did not exceed, in milliseconds.
    pub fn quantile_ms(&mut self, part: f64) -> f64 {
        self.latencies.sort_unstable();
        let at = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(at).or(self.latencies.last()).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.refused += other.refused;
        self.refusal = self.refusal.take().or(other.refusal);
    }
}

/// Sends requests from so many clients for so long; refusals are a failure of the benchmark.
pub fn run(address: SocketAddr, clients: usize, length: Duration, next: &Next) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for number in 0..clients {
            running.spawn(client(address, number, begun + length, next.clone()));
        }
        let mut all = Measured::default();
        while let Some(ended) = running.join_next().await {
            all.add(ended??);
        }
        all.seconds = begun.elapsed().as_secs_f64();
        anyhow::Ok(all)
    })?;
    if measured.latencies.is_empty() || measured.refused > 0 {
        bail!(
            "{} good answers and {} others, such as: {}",
            measured.latencies.len(),
            measured.refused,
            measured.refusal.unwrap_or_default()
        );
    }
    Ok(measured)
}

async fn client(address: SocketAddr, number: usize, end: Instant, next: Next) -> Result<Measured> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut measured = Measured::default();
    let mut answer = Vec::with_capacity(16 * 1024);
    while Instant::now() < end {
        let Some(request) = next(number) else { break };
        let sent = Instant::now();
        stream.write_all(&request).await?;
        if read_answer(&mut stream, &mut answer).await? {
            measured.latencies.push(sent.elapsed());
        } else {
            measured.refused += 1;
            measured.refusal.get_or_insert_with(|| String::from_utf8_lossy(&answer).into_owned());
        }
    }
    Ok(measured)
}

/// Reads one answer with a `Content-Length`; whether it is a success.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<bool> {
    answer.clear();
    let head = loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed a connection");
        }
        if let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let Some(length) = length else { bail!("an answer without a length: {text}") };
    while answer.len() < head + length {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed a connection");
        }
    }
    Ok(answer.starts_with(b"HTTP/1.1 2"))
}

/// A request as bytes.
pub fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    (text + "\r\n" + body).into_bytes()
}
