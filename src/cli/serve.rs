//! `motcua serve`.
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use actix_web::HttpServer;
use anyhow::{Context, Result};
use clap::Args;

use super::database::Database;
use super::{log, progress};
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbLimits};
use crate::{bootstrap, simulators, worker};

/// Run the portal
///
/// Without DATABASE_URL it starts a private PostgreSQL below `data_dir` and
/// stops it at the end. Ctrl-C or SIGTERM ends it in good order: requests in
/// progress are answered first.
#[derive(Debug, Args)]
pub struct Serve {
    /// Print the effective configuration, secrets hidden, and end
    #[arg(long)]
    print_config: bool,
    /// Also run the simulators of the national side, with invented officials and people,
    /// and play the demo story
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) fn run(&self, mut config: Config) -> Result<ExitCode> {
        if self.print_config {
            print!("{}", config.to_toml()?);
            return Ok(ExitCode::SUCCESS);
        }
        log::start(&config.log)?;
        if config.http.port == 0 {
            config.http.port = free_port(&config)?;
        }
        let started = Instant::now();
        // Outlives everything below that uses it, and stops PostgreSQL at the end.
        let database = Database::open(&config)?.migrate()?;
        let db = Db::connect(&database.url, &limits(&config), Clock::default())?;
        bootstrap::load(&db)?;
        if self.demo {
            config.demo.set_clock = true;
            bootstrap::load_demo(&db, config.demo.password.expose())?;
        }
        actix_web::rt::System::new().block_on(serve(config, db, self.demo, started))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(config: Config, db: Db, demo: bool, started: Instant) -> Result<()> {
    let (address, url) = (config.http_address(), config.public_url());
    let (workers, shutdown_seconds) = (config.http.workers, config.http.shutdown_seconds);
    if demo {
        let simulators = simulators::start(&config)?;
        progress(&format!("the simulators answer at http://{}", config.simulators_address()));
        actix_web::rt::spawn(simulators);
    }
    let app = App::build(config, db)?;
    let jobs = worker::runner(&app)?.start();
    let served = app.clone();
    let mut server = HttpServer::new(move || app::service(served.clone())).shutdown_timeout(shutdown_seconds);
    if workers > 0 {
        server = server.workers(workers);
    }
    let server = server.bind(address).with_context(|| format!("cannot listen on {address}"))?;
    progress(&format!("the portal answers at {url} (after {:.1?})", started.elapsed()));
    server.run().await?;
    jobs.stop(Duration::from_secs(shutdown_seconds)).await;
    Ok(())
}

/// A port that nobody uses now. Chosen before anything starts, because the
/// portal's own address goes into links and into the lock file.
fn free_port(config: &Config) -> Result<u16> {
    Ok(TcpListener::bind(config.http_address())?.local_addr()?.port())
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
