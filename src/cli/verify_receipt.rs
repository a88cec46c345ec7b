//! `motcua verify receipt`: offline, without a database.
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::dossiers::receipt::Receipt;
use crate::dossiers::signed_receipt::{KeySet, PublicKey, ReceiptKey, check};

/// A submission receipt is small; a larger file is none.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Check a submission receipt, without network and database
///
/// Says whether the receipt is as the portal signed it, and of each further file whether it is
/// one of those that the receipt names. Ends with 0 when all of it is right, with 1 otherwise.
#[derive(Debug, Args)]
pub struct VerifyReceipt {
    /// The receipt, as saved from the portal
    receipt: PathBuf,
    /// Files that were submitted, to be compared
    files: Vec<PathBuf>,
    /// The portal's public keys, saved from /api/v1/submission-receipt-keys; without it, the key
    /// of this machine
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl VerifyReceipt {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        let receipt: Value = match serde_json::from_str(&read(&self.receipt)?) {
            Ok(value) => value,
            Err(reason) => return refuse(&format!("{}: {reason}", self.receipt.display())),
        };
        if let Err(fault) = check(&receipt, &self.keys(config)?) {
            return refuse(&fault.to_string());
        }
        let receipt: Receipt = serde_json::from_value(receipt).context("a receipt of another version")?;
        tell(&receipt);
        let mut all_named = true;
        for path in &self.files {
            all_named &= compare(&receipt, path)?;
        }
        Ok(if all_named { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn keys(&self, config: &Config) -> Result<Vec<PublicKey>> {
        if let Some(path) = &self.keys {
            return Ok(KeySet::read(&read(path)?)?.keys);
        }
        let path = config.receipt_key_file();
        let here = path.try_exists().unwrap_or(false);
        anyhow::ensure!(here, "no key at {}: name the portal's public keys with --keys", path.display());
        Ok(vec![ReceiptKey::load(config)?.public().clone()])
    }
}

fn read(path: &Path) -> Result<String> {
    let context = || format!("cannot read {}", path.display());
    anyhow::ensure!(
        fs::metadata(path).with_context(context)?.len() <= LIMIT,
        "{} is too large",
        path.display()
    );
    fs::read_to_string(path).with_context(context)
}

fn refuse(why: &str) -> Result<ExitCode> {
    println!("KHÔNG HỢP LỆ: {why}");
    Ok(ExitCode::FAILURE)
}

fn tell(receipt: &Receipt) {
    println!("HỢP LỆ: {} ({})", receipt.code, receipt.procedure_name);
    println!("  {} nộp tại {}", receipt.applicant, receipt.unit_name);
    println!("  nhận {}, hẹn trả {}", receipt.received_at, receipt.due_at);
    println!("  quy định: thủ tục {}, phiên bản {}", receipt.procedure_code, receipt.version_id);
    for file in &receipt.files {
        println!("  tệp {} ({} byte, SHA-256 {})", file.name, file.size, file.sha256);
    }
    for paper in &receipt.papers {
        println!("  giấy {paper}");
    }
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let (mut source, mut hash) = (BufReader::new(fs::File::open(path)?), Sha256::new());
    loop {
        let bytes = source.fill_buf()?;
        if bytes.is_empty() {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(bytes);
        let read = bytes.len();
        source.consume(read);
    }
}

/// Whether a file is one of the receipt, told.
fn compare(receipt: &Receipt, path: &Path) -> Result<bool> {
    let hash = sha256_of(path).with_context(|| format!("cannot read {}", path.display()))?;
    let named = receipt.files.iter().find(|file| file.sha256 == hash);
    match named {
        Some(file) => println!("ĐÚNG TỆP: {} là {} của biên nhận", path.display(), file.name),
        None => println!("KHÁC: {} không có trong biên nhận", path.display()),
    }
    Ok(named.is_some())
}
