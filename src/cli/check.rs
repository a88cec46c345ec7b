//! `motcua check`.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::catalogue::rules::Rules;
use crate::config::Config;
use crate::files::{Scanner, Store};
use crate::workflow::Defect;

/// Check definitions of procedures, as publishing would, or the settings
///
/// With files: prints every defect of a definition with its place and the steps that show it,
/// and ends with 1 when there is any; needs neither a database nor a configuration. Without:
/// reads the configuration, tries the store of files out (writes, reads, lists and deletes one
/// object), says what is wrong, and ends with 1 then.
#[derive(Debug, Args)]
pub struct Check {
    /// JSON files, each one definition
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a defect
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self, config: impl FnOnce() -> Result<Config>) -> Result<ExitCode> {
        if self.files.is_empty() {
            return settings(&config()?);
        }
        let rules = Rules::embedded()?;
        let mut wrong = 0;
        for file in &self.files {
            match std::fs::read_to_string(file) {
                Ok(text) => {
                    let defects = rules.check(&text).err().unwrap_or_default();
                    defects.iter().for_each(|defect| self.print(file, defect));
                    wrong += usize::from(!defects.is_empty());
                }
                Err(error) => {
                    eprintln!("motcua: cannot read {}: {error}", file.display());
                    wrong += 1;
                }
            }
        }
        eprintln!("motcua: {} of {} files can be published", self.files.len() - wrong, self.files.len());
        Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn print(&self, file: &Path, defect: &Defect) {
        let file = file.display();
        if self.json {
            let Defect { code, path, route, vi, en } = defect;
            let file = file.to_string();
            println!(
                "{}",
                json!({"file": file, "code": code, "path": path, "route": route, "vi": vi, "en": en})
            );
            return;
        }
        println!(
            "{file}: {}: {} {}",
            defect.code,
            if defect.path.is_empty() { "/" } else { &defect.path },
            defect.vi
        );
        if !defect.route.is_empty() {
            let steps: Vec<&str> = defect.route.iter().map(|step| step.as_str()).collect();
            println!("    đường đi: {}", steps.join(" → "));
        }
    }
}

/// Whether what the settings name can be used.
fn settings(config: &Config) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = Store::open(config)?;
    let mut all_well = true;
    match runtime.block_on(store.try_out()) {
        Ok(()) => println!("OK: files go to {store}"),
        Err(trouble) => {
            println!("{trouble}");
            all_well = false;
        }
    }
    if let Some(scanner) = Scanner::of(&config.files)? {
        match runtime.block_on(scanner.try_out()) {
            Ok(()) => println!("OK: the scanner answers"),
            Err(error) => {
                println!("the scanner at {} does not answer: {error:#}", config.files.clamav);
                all_well = false;
            }
        }
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
