//! `motcua serve`.
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Args;

use super::database::Database;
use super::portal::{Portal, free_port, prepare};
use super::{log, progress};
use crate::config::Config;
use crate::demo;
use crate::files::{Store, Trouble};

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
    /// Break a promise, so that the test of it turns red; debug builds only
    #[cfg(debug_assertions)]
    #[arg(long, hide = true)]
    mutant: Option<Mutant>,
}

/// The promises that can be broken.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Mutant {
    /// Submissions are answered before they are committed.
    EarlyAck,
}

impl Serve {
    pub(super) fn run(&self, mut config: Config) -> Result<ExitCode> {
        #[cfg(debug_assertions)]
        if let Some(Mutant::EarlyAck) = self.mutant {
            crate::db::mutant::acknowledge_early();
        }
        if self.print_config {
            print!("{}", config.to_toml()?);
            return Ok(ExitCode::SUCCESS);
        }
        log::start(&config.log)?;
        if config.http.port == 0 {
            config.http.port = free_port(config.http.bind)?;
        }
        if self.demo {
            demo::adapt(&mut config);
        }
        let started = Instant::now();
        // Outlives everything below that uses it, and stops PostgreSQL at the end.
        let database = Database::open(&config)?.migrate()?;
        let db = prepare(&config, &database, self.demo)?;
        actix_web::rt::System::new().block_on(async {
            try_store(&config).await?;
            let portal = Portal::start(config.clone(), db, self.demo)?;
            progress(&format!(
                "the portal answers at {} (after {:.1?})",
                config.public_url(),
                started.elapsed()
            ));
            if self.demo {
                introduce(&config)?;
                actix_web::rt::spawn(tell(config));
            }
            portal.run().await
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A store that refuses us is a wrong setting, told before anybody uploads. One that is away may
/// come back: until then uploads and downloads are answered with 503, and all else works.
async fn try_store(config: &Config) -> Result<()> {
    match Store::open(config)?.try_out().await {
        Ok(()) => Ok(()),
        Err(refused @ Trouble::Refused(..)) => Err(refused.into()),
        Err(away @ Trouble::Away(..)) => {
            tracing::warn!("{away}");
            Ok(())
        }
    }
}

/// What somebody who just started the demo wants to know.
fn introduce(config: &Config) -> Result<()> {
    let portal = config.public_url();
    println!("\nmotcua: cổng dịch vụ công mẫu, người và số liệu đều hư cấu");
    println!("  API             {portal}/api/v1");
    println!("  tài liệu API    {portal}/docs/");
    println!("  phía quốc gia   http://{} (mô phỏng VNeID, thanh toán)", config.simulators_address());
    println!("  tài khoản       cán bộ dùng chung mật khẩu {}", config.demo.password.expose());
    for (login, person) in demo::accounts()? {
        println!("    {login:<20} {person}");
    }
    println!("\nThử ngay:\n  curl -s '{portal}/api/v1/procedures?q=dang+ky+khai+sinh'\n");
    Ok(())
}

/// Plays the story against this portal; a wrong outcome is told, and the portal stays up.
async fn tell(config: Config) {
    match demo::play(&config, demo::table()).await {
        Ok(look_up) => {
            invite(&config, look_up).await;
            println!("\nBảy câu chuyện đã xong, mọi bước đều đúng. Đồng hồ chạy lại; Ctrl-C để dừng.");
        }
        Err(error) => eprintln!("motcua: the demo story went wrong: {error:#}"),
    }
}

/// What is left for whoever looks on: a fee to pay by clicking, and a receipt to look up.
async fn invite(config: &Config, look_up: Option<String>) {
    match demo::leave_to_pay(config).await {
        Ok(left) => {
            println!("\nTự tay thử, bằng trình duyệt:");
            println!("  trang nộp lệ phí  {} (hồ sơ {}, 7.000 đồng)", left.page, left.dossier);
        }
        Err(error) => eprintln!("motcua: no order could be left to pay: {error:#}"),
    }
    if let Some(address) = look_up {
        println!("  tra cứu biên lai  {address}");
    }
}
