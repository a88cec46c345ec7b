//! `motcua staff`.
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::database::Database;
use super::password;
use super::portal::prepare;
use crate::agencies::{Enrolment, enrol};
use crate::auth::accounts::NAME_TAKEN;
use crate::config::Config;
use crate::error::Error;
use crate::workflow::Role;

/// Open accounts of officials, the first administrator's among them
///
/// Works on the configured database. Without DATABASE_URL that is the private PostgreSQL,
/// which it starts for the time being: end the portal that runs on it first.
#[derive(Debug, Args)]
pub struct Staff {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(Create),
}

/// Open an account with a position, from today on
///
/// Asks for the password, or reads it from the first line of standard input where that is no
/// terminal. It may do what a system administrator may, so that there is a first one; whoever
/// comes after can be appointed over the API. Nothing changes when it is refused.
#[derive(Debug, Args)]
struct Create {
    /// Name for the login: small letters, digits and dots
    #[arg(long)]
    username: String,
    /// Full name
    #[arg(long)]
    name: String,
    /// What the official is
    #[arg(long, default_value = Role::SystemAdmin.word(), value_parser = roles())]
    role: Role,
    /// Code of the agency where, e.g. H49 for the province
    #[arg(long, value_name = "CODE")]
    agency: String,
}

/// The roles of officials.
fn roles() -> impl TypedValueParser<Value = Role> {
    let held = Role::ALL.iter().filter(|role| !matches!(role, Role::Applicant | Role::System));
    PossibleValuesParser::new(held.map(|role| role.word())).try_map(|word| word.parse::<Role>())
}

impl Staff {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        match &self.command {
            Command::Create(create) => create.run(config),
        }
    }
}

impl Create {
    fn run(&self, config: &Config) -> Result<ExitCode> {
        let database = Database::open(config)?.migrate()?;
        let db = prepare(config, &database, false)?;
        let new = Enrolment {
            username: self.username.clone(),
            full_name: self.name.clone(),
            password: password::read()?,
            agency: self.agency.clone(),
            role: self.role,
        };
        let id = enrol(&db, new, config.auth.min_password_length).map_err(|error| self.complaint(error))?;
        println!("{}: {} of {}, account {id}", self.username, self.role.en(), self.agency);
        Ok(ExitCode::SUCCESS)
    }

    /// A refusal in words of the command line.
    fn complaint(&self, error: Error) -> anyhow::Error {
        let Error::Refused(refused) = &error else { return error.into() };
        if refused.code == &NAME_TAKEN {
            return anyhow!("there is an account `{}` already; it stays as it is", self.username);
        }
        let Some(wrong) = refused.fields.first() else { return error.into() };
        match wrong.field.as_str() {
            "/username" => anyhow!("--username: {}", wrong.en),
            "/full_name" => anyhow!("--name: {}", wrong.en),
            "/agency" => anyhow!("--agency {}: {}", self.agency, wrong.en),
            "/password" => anyhow!("the password: {}", wrong.en),
            _ => error.into(),
        }
    }
}
