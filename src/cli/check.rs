//! `motcua check`.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::catalogue::rules::Rules;
use crate::workflow::Defect;

/// Check definitions of procedures, as publishing would
///
/// Prints every defect with its place and the steps that show it, and ends with 1
/// when there is any. Needs neither a database nor a configuration.
#[derive(Debug, Args)]
pub struct Check {
    /// JSON files, each one definition
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a defect
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Result<ExitCode> {
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
