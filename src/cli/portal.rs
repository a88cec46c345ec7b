//! A portal that runs in this process: its door, its jobs and, for a demo, the simulators.
use std::net::TcpListener;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::{Server, ServerHandle};
use anyhow::{Context, Result};

use super::database::Database;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbLimits};
use crate::dossiers::signed_receipt;
use crate::jobs::Running;
use crate::{bootstrap, simulators, worker};

/// The parts that run.
pub struct Portal {
    server: Server,
    jobs: Running,
    patience: Duration,
}

/// Connects, and loads what a portal begins with; `demo`: the invented officials too.
pub fn prepare(config: &Config, database: &Database, demo: bool) -> Result<Db> {
    let db = Db::connect(&database.url, &limits(config), Clock::default())?;
    bootstrap::load(&db)?;
    if demo {
        bootstrap::load_demo(&db, config.demo.password.expose())?;
    }
    Ok(db)
}

impl Portal {
    /// Listens and starts the jobs. The portal answers as long as [`Self::run`] is polled.
    pub fn start(config: Config, db: Db, demo: bool) -> Result<Self> {
        let address = config.http_address();
        let (workers, patience) = (config.http.workers, Duration::from_secs(config.http.shutdown_seconds));
        if demo {
            actix_web::rt::spawn(simulators::start(&config)?);
        }
        let app = App::build(config, db)?;
        signed_receipt::publish(&app.db, app.receipt_key.public())?;
        let jobs = worker::runner(&app)?.start();
        let mut server =
            HttpServer::new(move || app::service(app.clone())).shutdown_timeout(patience.as_secs());
        if workers > 0 {
            server = server.workers(workers);
        }
        let server = server.bind(address).with_context(|| format!("cannot listen on {address}"))?.run();
        Ok(Self { server, jobs, patience })
    }

    /// To end it from outside.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers until somebody ends it, then lets the jobs finish.
    pub async fn run(self) -> Result<()> {
        self.server.await?;
        self.jobs.stop(self.patience).await;
        Ok(())
    }
}

/// A port that nobody uses now. Chosen before anything starts, because the
/// addresses go into links and into the lock file.
pub fn free_port(bind: std::net::IpAddr) -> Result<u16> {
    Ok(TcpListener::bind((bind, 0))?.local_addr()?.port())
}

fn limits(config: &Config) -> DbLimits {
    let database = &config.database;
    DbLimits {
        pool_size: database.pool_size,
        statement_timeout_ms: database.statement_timeout_ms,
        lock_timeout_ms: database.lock_timeout_ms,
        checkout_ms: database.pool_wait_ms,
    }
}
