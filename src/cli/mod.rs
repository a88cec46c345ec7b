//! The command line: one file a command that does more than call its capability.
//!
//! Results go to standard output, progress and errors to standard error. A
//! command ends with 0 when it did what it says, 1 when not, 2 on wrong use.
mod bench;
mod check;
mod database;
mod demo;
mod log;
mod migrate;
mod openapi;
mod password;
mod portal;
mod postgres;
mod print_form;
mod serve;
mod simulate;
mod staff;
mod verify;
mod verify_receipt;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::config::Config;

/// One door ("một cửa") for dossiers of administrative procedures: the portal's
/// backend, the simulators of the national side, and the tools around them.
#[derive(Debug, Parser)]
#[command(name = "motcua", version, arg_required_else_help = true)]
#[command(after_help = "Configuration: motcua.toml and MOTCUA_SECTION__KEY variables; \
    `motcua serve --print-config` shows every key. Without DATABASE_URL a private \
    PostgreSQL runs below ./.motcua.")]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Options {
    /// Read this file instead of ./motcua.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Serve(serve::Serve),
    Demo(demo::Demo),
    Simulate(simulate::Simulate),
    Staff(staff::Staff),
    Migrate(migrate::Migrate),
    Openapi(openapi::Openapi),
    Bench(bench::Bench),
    Verify(verify::Verify),
    Postgres(postgres::Postgres),
    PrintForm(print_form::PrintForm),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("motcua: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: &Cli) -> Result<ExitCode> {
    let config = || Config::load(cli.options.config.as_deref());
    match &cli.command {
        Command::Check(check) => check.run(config),
        Command::Serve(serve) => serve.run(config()?),
        Command::Demo(demo) => demo.run(config()?),
        Command::Simulate(simulate) => simulate.run(&config()?),
        Command::Staff(staff) => staff.run(&config()?),
        Command::Migrate(migrate) => migrate.run(&config()?),
        Command::Openapi(openapi) => openapi.run(),
        Command::Bench(bench) => bench.run(config()?),
        Command::Verify(verify) => verify.run(&config()?),
        Command::Postgres(postgres) => postgres.run(&config()?),
        Command::PrintForm(print) => print.run(),
    }
}

/// Tells a waiting person what is going on.
fn progress(message: &str) {
    eprintln!("motcua: {message}");
}
