//! Uploads over HTTP, with all that is looked at in a file, against a plain copy of the same
//! bytes to the same disk that is synced.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::runtime::Runtime;

use super::client;
use crate::bench::Options;
use crate::bench::report::{Aim, Row};
use crate::bench::stage::{COMPONENT, Stage};
use crate::demo::PDF;

/// Bytes of a file: a scan of some pages.
const BYTES: usize = 4_000_000;
/// Files at most: as much as a draft takes.
const FILES: usize = 48;
/// Number of the draft; no other part uses it.
const DRAFT: usize = 900_001;

/// A PDF of so many bytes, most of them in an object that no page shows.
fn paper() -> Vec<u8> {
    let at = PDF.windows(5).position(|word| word == b"xref\n").unwrap_or(PDF.len());
    let content: Vec<u8> = (0..BYTES - PDF.len()).map(|n| b'a' + (n * 31 % 25) as u8).collect();
    [&PDF[..at], b"4 0 obj<<>>stream\n", &content, b"\nendstream endobj\n", &PDF[at..]].concat()
}

/// Megabytes a second of something that takes a file, one after the other.
fn speed(seconds: u64, bytes: usize, mut take: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let (begun, mut count) = (Instant::now(), 0);
    while count < FILES && begun.elapsed() < Duration::from_secs(seconds) {
        take(count)?;
        count += 1;
    }
    Ok((count * bytes) as f64 / 1e6 / begun.elapsed().as_secs_f64())
}

pub(super) fn run(
    stage: &Stage,
    runtime: &Runtime,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Result<Vec<Row>> {
    progress(&format!("uploads: at most {FILES} files of {BYTES} bytes"));
    stage.drafts(DRAFT, DRAFT)?;
    let (paper, http) = (bytes::Bytes::from(paper()), client(runtime)?);
    let path = format!(
        "http://{}/api/v1/drafts/00000000-0000-7000-8000-{DRAFT:012x}/files?component={COMPONENT}&name=giay.pdf",
        stage.address
    );
    let token = &stage.citizens[DRAFT % stage.citizens.len()];
    let uploads = speed(options.seconds, paper.len(), |n| {
        let request = http.post(&path).bearer_auth(token).header("Idempotency-Key", format!("upload-{n}"));
        let answer = runtime.block_on(request.body(paper.clone()).send())?;
        ensure!(answer.status() == 201, "an upload: {}", runtime.block_on(answer.text())?);
        Ok(())
    })?;
    let folder = stage.folder.join("copies");
    std::fs::create_dir_all(&folder)?;
    let copies = speed(options.seconds, paper.len(), |n| {
        let mut copy = File::create(folder.join(n.to_string()))?;
        copy.write_all(&paper)?;
        Ok(copy.sync_all()?)
    })?;
    std::fs::remove_dir_all(&folder)?;
    Ok(vec![Row::ratio("upload ÷ copy with fsync", "MB/s", uploads, copies, Aim::None)])
}
