//! Where the benchmark plays: a private, durable PostgreSQL that is thrown away, the portal in
//! this process, and people who are logged in.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{HttpResponse, HttpServer, web};
use anyhow::{Context, Result};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jiff::SignedDuration;
use uuid::Uuid;

use super::pgbench::Pgbench;
use crate::app::{self, App};
use crate::auth::session::{self, Subject};
use crate::auth::{Actor, tokens::Kind};
use crate::bootstrap;
use crate::catalogue::embedded;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::embedded::{DATABASE, Embedded, EmbeddedConfig};
use crate::db::{Db, DbLimits, migrate};
use crate::files::Files;

/// Citizens who file.
pub const CITIZENS: usize = 64;
/// What they file: birth registration, with one file.
pub const PROCEDURE: &str = "1.001193";
pub const COMPONENT: &str = "1.001193-TP06";
/// The route of the constant handler in the same server.
pub const CONSTANT: &str = "/bench/constant";
/// Logins outlast every benchmark.
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Everything that the measurements use.
pub struct Stage {
    pub address: SocketAddr,
    pub citizens: Vec<String>,
    /// One clerk for each one-stop unit, in the order of the units' codes.
    pub clerks: Vec<String>,
    /// Codes of the one-stop units.
    pub units: Vec<String>,
    pub folder: PathBuf,
    /// What the portal of this process stands on.
    pub app: Arc<App>,
    url: String,
    db: Db,
    server: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    embedded: Embedded,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Stage {
    /// Sets everything up; a few seconds.
    pub fn build(mut config: Config, progress: &dyn Fn(&str)) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("motcua-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        config.data_dir.clone_from(&folder);
        config.auth.access_token_minutes = 12 * 60;
        config.http.public_requests_per_minute = 0;
        let place = EmbeddedConfig { data_dir: folder.clone(), address: "a benchmark".to_owned() };
        let embedded = Embedded::start(&place, progress)?;
        let url = embedded.url(DATABASE);
        migrate::run(&url)?;
        let db = Db::connect(&url, &limits(&config), Clock::default())?;
        progress("loading agencies and procedures");
        bootstrap::load(&db)?;
        let app = App::build(config, db.clone())?;
        let (address, server, thread) = serve(app.clone())?;
        let mut stage = Self {
            address,
            citizens: Vec::new(),
            clerks: Vec::new(),
            units: Vec::new(),
            folder,
            app,
            url,
            db,
            server,
            thread: Some(thread),
            embedded,
        };
        stage.execute(include_str!("sql/people.sql"), &[])?;
        stage.units = stage.lines("SELECT code AS line FROM bench_unit ORDER BY nth")?;
        stage.citizens = stage.log_in("person", Subject::Citizen, 2)?;
        stage.clerks = stage.log_in("staff", Subject::Staff, 0)?;
        Ok(stage)
    }

    /// Tokens of everybody in a table, in the order of ids.
    fn log_in(&self, table: &str, subject: fn(Uuid) -> Subject, level: i16) -> Result<Vec<String>> {
        let ids = self.lines(&format!("SELECT id::text AS line FROM {table} ORDER BY id"))?;
        ids.iter().map(|id| self.token(subject(id.parse()?), level)).collect()
    }

    /// The token of an official.
    pub fn official(&self, id: Uuid) -> Result<String> {
        self.token(Subject::Staff(id), 0)
    }

    fn token(&self, subject: Subject, level: i16) -> Result<String> {
        let opened = self
            .db
            .write_blocking(&Actor::system("bench"), |tx| session::open(tx, subject, level, &[], LIFETIME))?;
        Ok(self.app.tokens.issue(Kind::Access, &opened, &subject.key(), self.db.clock.now())?.text)
    }

    /// Writes the drafts with these numbers.
    pub fn drafts(&self, from: usize, to: usize) -> Result<()> {
        let answers = answers()?;
        self.execute(
            include_str!("sql/drafts.sql"),
            &[("answers", &answers), ("from", &from.to_string()), ("to", &to.to_string())],
        )
    }

    /// Writes dossiers with these numbers; `all_new`: none is closed.
    pub fn dossiers(&self, from: usize, to: usize, all_new: bool) -> Result<()> {
        let sql = include_str!("sql/dossiers.sql");
        let (from, to, all_new) = (from.to_string(), to.to_string(), all_new.to_string());
        self.execute(sql, &[("from", &from), ("to", &to), ("all_new", &all_new)])
    }

    /// Runs statements with `{name}` replaced. What is prepared need not be durable one by one.
    pub fn execute(&self, sql: &str, values: &[(&str, &str)]) -> Result<()> {
        let units = self.units.len().to_string();
        let mut sql = format!("SET synchronous_commit = off;\n{sql}");
        let fixed = [("units", units.as_str()), ("procedure", PROCEDURE), ("component", COMPONENT)];
        let citizens = CITIZENS.to_string();
        for (name, value) in values.iter().chain(&fixed).chain(&[("citizens", citizens.as_str())]) {
            sql = sql.replace(&format!("{{{name}}}"), value);
        }
        Ok(self.connect()?.batch_execute(&sql)?)
    }

    /// As autovacuum would have done by then.
    pub fn vacuum(&self) -> Result<()> {
        Ok(self.connect()?.batch_execute("VACUUM ANALYZE")?)
    }

    /// Runs a query whose one column is a text called `line`.
    pub fn lines(&self, sql: &str) -> Result<Vec<String>> {
        let found: Vec<Line> = diesel::sql_query(sql).load(&mut self.connect()?)?;
        Ok(found.into_iter().map(|found| found.line).collect())
    }

    /// The only text that a query finds.
    pub fn text(&self, sql: &str) -> Result<String> {
        self.lines(sql)?.into_iter().next().with_context(|| format!("nothing found: {sql}"))
    }

    /// Where the database answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A door for what takes minutes, and the files of the portal.
    pub fn patient(&self) -> Result<(Db, Files)> {
        let hour = 3600 * 1000;
        let limits = DbLimits {
            pool_size: 1,
            statement_timeout_ms: hour,
            lock_timeout_ms: hour,
            ..DbLimits::default()
        };
        let files = Files::open(&Config { data_dir: self.folder.clone(), ..Config::from_parts("", [])? })?;
        Ok((Db::connect(&self.url, &limits, Clock::default())?, files))
    }

    pub fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::establish(&self.url)?)
    }

    /// Runs a `pgbench` script on this server.
    pub fn pgbench(
        &self,
        name: &str,
        script: &str,
        clients: usize,
        seconds: u64,
        variables: &[(&str, String)],
    ) -> Result<f64> {
        let path = self.folder.join(name);
        std::fs::write(&path, script)?;
        let program = self.embedded.program("pgbench");
        Pgbench { program: &program, url: &self.url, clients, seconds }.run(&path, variables)
    }

    /// Ends the portal and its PostgreSQL; the data stay for a cold start.
    pub fn end(mut self) -> Result<Leftover> {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| anyhow::anyhow!("the server's thread panicked"))??;
        }
        self.embedded.stop();
        Ok(Leftover(self.folder))
    }
}

/// The data of a benchmark, removed at the end.
pub struct Leftover(PathBuf);

impl Leftover {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("motcua: {} stays: {error}", self.0.display());
        }
    }
}

/// The answers of the procedure's first scenario.
fn answers() -> Result<String> {
    let name = format!("{PROCEDURE}.json");
    let procedures = embedded::procedures();
    let text = procedures.iter().find(|(file, _)| *file == name).context("the procedure is in the binary")?.1;
    let definition: serde_json::Value = serde_json::from_str(text)?;
    Ok(definition["scenarios"][0]["answers"].to_string())
}

/// As a portal has them, but what prepares may take long.
fn limits(config: &Config) -> DbLimits {
    DbLimits { pool_size: config.database.pool_size, ..DbLimits::default() }
}

type Served = (SocketAddr, ServerHandle, JoinHandle<std::io::Result<()>>);

/// The portal on a thread of its own, with a constant handler beside its routes.
fn serve(app: Arc<App>) -> Result<Served> {
    let (tell, hear) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server =
                HttpServer::new(move || app::service(app.clone()).route(CONSTANT, web::get().to(constant)))
                    .bind(("127.0.0.1", 0))?;
            let addresses = server.addrs();
            let server = server.disable_signals().run();
            // Nobody listens any more when the start failed elsewhere.
            let _ = tell.send((addresses, server.handle()));
            server.await
        })
    });
    let (addresses, handle) = hear.recv().context("the server did not start")?;
    Ok((*addresses.first().context("the server has no address")?, handle, thread))
}

/// As much text as a tracking answer has.
async fn constant() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(
        r#"{"code":"H49.45.01-261122-0001","procedure":"1.001193","procedure_name":"Thủ tục đăng ký khai sinh","status":2,"status_name":"Đã tiếp nhận","submitted_at":"2026-11-22T02:00:00Z","due_at":"2026-11-23T10:00:00Z","paused":false,"late":false,"closed_at":null}"#,
    )
}
