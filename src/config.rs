//! Configuration: the defaults in the binary, then one file, then the
//! environment. Every key is documented in `motcua.default.toml`; a key that
//! does not occur there is refused by name.
mod environment;
mod files;
mod payment;
mod records;
mod secret;
mod signing;
mod trust;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::{Deserialize, Serialize};

pub use files::{FileRule, Files, Forms, S3, StoreKind};
pub use payment::{Counter, Payment, Vnpay};
pub use records::Records;
pub use secret::{Secret, previous};
pub use signing::{SIMULATOR, Signing};
pub use trust::Trust;

/// The documented defaults, as they stand in the binary.
pub const DEFAULTS: &str = include_str!("../motcua.default.toml");
/// The file that is read from the working directory when no other is named.
const FILE: &str = "motcua.toml";

/// The effective configuration.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub http: Http,
    pub database: Database,
    pub simulators: Simulators,
    pub auth: Auth,
    pub vneid: Vneid,
    pub payment: Payment,
    pub vnpay: Vnpay,
    pub counter: Counter,
    pub national_portal: NationalPortal,
    pub messages: Messages,
    pub tax_office: TaxOffice,
    pub signing: Signing,
    pub deadlines: Deadlines,
    pub files: Files,
    pub forms: Forms,
    pub s3: S3,
    pub trust: Trust,
    pub records: Records,
    pub jobs: Jobs,
    pub log: Log,
    pub demo: Demo,
}

/// The portal's own door.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub bind: IpAddr,
    pub port: u16,
    /// Empty: made of `bind` and `port`; see [`Config::public_url`].
    pub public_url: String,
    /// 0: one for each processor.
    pub workers: usize,
    pub max_body_bytes: usize,
    /// 0: no floor.
    pub min_body_bytes_per_second: u64,
    pub shutdown_seconds: u64,
    /// 0: no limit.
    pub public_requests_per_minute: u32,
    pub behind_proxy: bool,
}

/// The database and its limits.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Empty: the private PostgreSQL.
    pub url: Secret<String>,
    pub pool_size: u32,
    pub pool_wait_ms: u64,
    pub statement_timeout_ms: u32,
    pub lock_timeout_ms: u32,
}

/// The simulators of the national side.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Simulators {
    pub bind: IpAddr,
    pub port: u16,
}

/// Tokens and passwords.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub issuer: String,
    pub audience: String,
    pub access_token_minutes: u32,
    pub session_minutes: u32,
    /// Empty: below `data_dir`; see [`Config::signing_key_file`].
    pub signing_key_file: String,
    /// Empty: below `data_dir`; see [`Config::receipt_key_file`].
    pub receipt_key_file: String,
    pub max_failures: u32,
    pub failure_window_minutes: u32,
    pub lockout_minutes: u32,
    pub min_password_length: usize,
}

/// The identity provider of citizens and businesses.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vneid {
    /// Empty: the simulator; see [`Config::vneid_issuer`].
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    /// Empty: below the public address; see [`Config::vneid_redirect_uri`].
    pub redirect_uri: String,
    pub login_minutes: u32,
}

/// The national portal, to which the dossiers' statuses go.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NationalPortal {
    /// Empty: the simulator; see [`Config::national_portal_url`].
    pub url: String,
    pub username: String,
    pub password: Secret<String>,
    pub unit_code: String,
    pub destination: String,
    pub citizen_code: String,
    pub organisation_code: String,
    pub household_business_code: String,
    pub timeout_seconds: u64,
}

/// The gateway of messages to applicants.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// Empty: the simulator; see [`Config::messages_url`].
    pub url: String,
    pub key: Secret<String>,
    pub timeout_seconds: u64,
}

/// The tax office, to which the slips of land dossiers go.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TaxOffice {
    /// Empty: the simulator; see [`Config::tax_office_url`].
    pub url: String,
    pub key: Secret<String>,
    /// By which the portal knows the office.
    pub inbound_key: Secret<String>,
    pub previous_inbound_key: Secret<String>,
    pub timeout_seconds: u64,
}

/// Times that no procedure defines for itself.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Working hours.
    pub accept_hours: u32,
    /// Calendar days.
    pub supplement_days_max: u32,
    pub supplements_without_leader: u32,
    pub extensions_max: u32,
    pub late_every_seconds: u32,
}

/// The queue of jobs.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub workers: usize,
    pub poll_ms: u64,
    pub lease_seconds: u32,
    pub max_attempts: u32,
}

/// What is written about what happens.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

/// The shape of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// The demo's people and pace.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub password: Secret<String>,
    /// `PUT /demo/clock` sets the portal's time.
    pub set_clock: bool,
    pub pause_ms: u64,
}

impl Config {
    /// Reads `file`, or `motcua.toml` if it is there, and the environment of
    /// this process.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let file = match file {
            Some(named) if !named.is_file() => bail!("there is no file {}", named.display()),
            Some(named) => Some(named.to_owned()),
            None => Some(PathBuf::from(FILE)).filter(|usual| usual.is_file()),
        };
        let text = file.map(std::fs::read_to_string).transpose().context("cannot read the configuration")?;
        Self::from_parts(text.as_deref().unwrap_or_default(), std::env::vars())
    }

    /// The defaults, changed by the text of a file and by variables.
    pub fn from_parts(file: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let defaults = Figment::from(Toml::string(DEFAULTS));
        let environment = environment::read(&defaults, variables)?;
        let config: Self = defaults.merge(Toml::string(file)).merge(environment).extract()?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        let positive = [
            ("http.max_body_bytes", self.http.max_body_bytes as u64),
            ("database.pool_size", self.database.pool_size.into()),
            ("auth.access_token_minutes", self.auth.access_token_minutes.into()),
            ("auth.max_failures", self.auth.max_failures.into()),
            ("files.max_bytes", self.files.max_bytes),
            ("records.ocr_seconds", self.records.ocr_seconds.into()),
            ("deadlines.late_every_seconds", self.deadlines.late_every_seconds.into()),
            ("payment.ask_every_seconds", self.payment.ask_every_seconds.into()),
            ("jobs.lease_seconds", self.jobs.lease_seconds.into()),
            ("jobs.max_attempts", self.jobs.max_attempts.into()),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            bail!("{key} must be greater than 0");
        }
        if self.files.store == StoreKind::S3 {
            self.s3.validate()?;
        }
        Ok(())
    }

    /// Where the portal listens.
    pub fn http_address(&self) -> SocketAddr {
        SocketAddr::new(self.http.bind, self.http.port)
    }

    /// Where the simulators listen.
    pub fn simulators_address(&self) -> SocketAddr {
        SocketAddr::new(self.simulators.bind, self.simulators.port)
    }

    /// The address at which people reach the portal, without a slash at its end.
    pub fn public_url(&self) -> String {
        or_else(&self.http.public_url, || local_url(self.http_address()))
    }

    /// The identity provider's issuer: the simulator where none is set.
    pub fn vneid_issuer(&self) -> String {
        or_else(&self.vneid.issuer, || local_url(self.simulators_address()) + "/vneid")
    }

    /// Where the identity provider sends people back.
    pub fn vneid_redirect_uri(&self) -> String {
        or_else(&self.vneid.redirect_uri, || format!("{}/api/v1/login/callback", self.public_url()))
    }

    /// The payment platform: the simulator where none is set.
    pub fn payment_gateway(&self) -> String {
        or_else(&self.payment.gateway_url, || local_url(self.simulators_address()) + "/payment")
    }

    /// VNPAY: the simulator where none is set.
    pub fn vnpay_url(&self) -> String {
        or_else(&self.vnpay.url, || local_url(self.simulators_address()) + "/vnpay")
    }

    /// The national portal: the simulator where none is set.
    pub fn national_portal_url(&self) -> String {
        or_else(&self.national_portal.url, || local_url(self.simulators_address()) + "/portal")
    }

    /// The gateway of messages: the simulator where none is set.
    pub fn messages_url(&self) -> String {
        or_else(&self.messages.url, || local_url(self.simulators_address()) + "/messages")
    }

    /// The tax office: the simulator where none is set.
    pub fn tax_office_url(&self) -> String {
        or_else(&self.tax_office.url, || local_url(self.simulators_address()) + "/tax")
    }

    /// The path that was named, else a place below the directory of data.
    fn or_below(&self, named: &str, place: &str) -> PathBuf {
        if named.is_empty() { self.data_dir.join(place) } else { PathBuf::from(named) }
    }

    /// The file of the key that signs tokens.
    pub fn signing_key_file(&self) -> PathBuf {
        self.or_below(&self.auth.signing_key_file, "keys/signing.pem")
    }

    /// The file of the key that signs submission receipts.
    pub fn receipt_key_file(&self) -> PathBuf {
        self.or_below(&self.auth.receipt_key_file, "keys/receipts.pem")
    }

    /// The directory of uploaded files.
    pub fn files_root(&self) -> PathBuf {
        self.or_below(&self.files.root, "files")
    }

    /// The database that somebody else runs, or nothing for the private one.
    pub fn database_url(&self) -> Option<&str> {
        Some(self.database.url.expose().as_str()).filter(|url| !url.is_empty())
    }

    /// The effective configuration as TOML, secrets hidden.
    pub fn to_toml(&self) -> Result<String> {
        let serde_json::Value::Object(entries) = serde_json::to_value(self)? else {
            bail!("the configuration is not a table");
        };
        let (tables, scalars): (Vec<_>, Vec<_>) = entries.iter().partition(|(_, value)| value.is_object());
        let mut text: String = scalars.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        for (name, table) in tables {
            text += &format!("\n[{name}]\n");
            for (key, value) in table.as_object().into_iter().flatten() {
                text += &format!("{key} = {value}\n");
            }
        }
        Ok(text)
    }
}

/// How programs on this machine reach a listener; one on every address of the
/// machine (0.0.0.0, ::) is reached on this one.
fn local_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// `set` without a slash at its end, or what `otherwise` gives when it is empty.
fn or_else(set: &str, otherwise: impl FnOnce() -> String) -> String {
    if set.is_empty() { otherwise() } else { set.trim_end_matches('/').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config> {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Config::from_parts(file, variables)
    }

    fn refusal(file: &str, variables: &[(&str, &str)]) -> String {
        format!("{:#}", load(file, variables).unwrap_err())
    }

    #[test]
    fn the_defaults_are_whole() -> Result<()> {
        let config = load("", &[])?;
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        assert_eq!(config.vneid_issuer(), "http://127.0.0.1:8090/vneid");
        assert_eq!(config.files_root(), Path::new(".motcua/files"));
        assert_eq!(config.deadlines.accept_hours, 8);
        assert_eq!(config.database_url(), None);
        Ok(())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() -> Result<()> {
        let file = "[http]\nport = 9000\nmax_body_bytes = 2048\n";
        let config = load(file, &[("MOTCUA_HTTP__PORT", "9001"), ("MOTCUA_DATA_DIR", "/srv/m")])?;
        assert_eq!(config.http.port, 9001);
        assert_eq!(config.http.max_body_bytes, 2048);
        assert_eq!(config.data_dir, Path::new("/srv/m"));
        assert_eq!(config.jobs.workers, 4);
        Ok(())
    }

    #[test]
    fn database_url_is_read_under_its_usual_name() -> Result<()> {
        let url = "postgresql://portal:s3cret@db/motcua";
        assert_eq!(load("", &[("DATABASE_URL", url)])?.database_url(), Some(url));
        assert_eq!(load("", &[("DATABASE_URL", "")])?.database_url(), None);
        Ok(())
    }

    #[test]
    fn a_text_that_looks_like_a_number_stays_a_text() -> Result<()> {
        let config = load(
            "",
            &[("MOTCUA_PAYMENT__SECRET_KEY", "0012345678"), ("MOTCUA_FILES__ALLOWED_TYPES", "[\"pdf\"]")],
        )?;
        assert_eq!(config.payment.secret_key.expose(), "0012345678");
        assert_eq!(config.files.allowed_types, ["pdf"]);
        Ok(())
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        assert!(refusal("[http]\nprot = 1\n", &[]).contains("prot"));
        assert!(refusal("[htpp]\nport = 1\n", &[]).contains("htpp"));
        let variable = refusal("", &[("MOTCUA_HTTP__PROT", "1")]);
        assert!(variable.contains("MOTCUA_HTTP__PROT"), "{variable}");
    }

    #[test]
    fn wrong_values_are_refused_with_their_key() {
        assert!(refusal("[http]\nport = 70000\n", &[]).contains("port"));
        assert!(refusal("[log]\nformat = \"xml\"\n", &[]).contains("format"));
        assert!(refusal("[jobs]\nlease_seconds = 0\n", &[]).contains("jobs.lease_seconds"));
    }

    #[test]
    fn secrets_are_never_shown() -> Result<()> {
        let config = load(
            "",
            &[("DATABASE_URL", "postgresql://u:hunter2@db/x"), ("MOTCUA_PAYMENT__SECRET_KEY", "hunter3")],
        )?;
        let shown = format!("{config:?}\n{config:#?}\n{}", config.to_toml()?);
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(shown.contains("***"));
        Ok(())
    }

    #[test]
    fn the_printed_configuration_can_be_read_again() -> Result<()> {
        let printed = load("", &[("MOTCUA_HTTP__PORT", "9001")])?.to_toml()?;
        assert_eq!(load(&printed, &[])?.http.port, 9001);
        Ok(())
    }

    #[test]
    fn every_default_is_documented() {
        let mut previous = "";
        for line in DEFAULTS.lines() {
            let starts_group = previous.is_empty() || previous.starts_with('[');
            assert!(!(starts_group && line.contains(" = ")), "no comment above `{line}`");
            previous = line;
        }
    }
}
