//! The portal as a process of its own, which is killed, and the gateways, which stay.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use anyhow::{Context, Result, bail};

use super::notices::PREVIOUS_KEY;
use crate::bench::stage::Stage;
use crate::config::Config;
use crate::simulators;

const START_LIMIT: Duration = Duration::from_secs(60);

pub(super) struct Server {
    child: Child,
    settings: Vec<(String, String)>,
    pub config: Config,
    simulators: ServerHandle,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Server {
    pub fn start(stage: &Stage) -> Result<Self> {
        let minutes = (365 * 24 * 60).to_string();
        let settings = [
            ("DATABASE_URL", stage.url().to_owned()),
            ("MOTCUA_DATA_DIR", stage.folder.display().to_string()),
            ("MOTCUA_HTTP__PORT", free_port()?.to_string()),
            ("MOTCUA_HTTP__PUBLIC_REQUESTS_PER_MINUTE", "0".to_owned()),
            ("MOTCUA_SIMULATORS__PORT", free_port()?.to_string()),
            ("MOTCUA_DEMO__SET_CLOCK", "true".to_owned()),
            ("MOTCUA_AUTH__ACCESS_TOKEN_MINUTES", minutes.clone()),
            ("MOTCUA_AUTH__SESSION_MINUTES", minutes),
            ("MOTCUA_PAYMENT__ASK_EVERY_SECONDS", "1".to_owned()),
            ("MOTCUA_PAYMENT__PREVIOUS_KEY", PREVIOUS_KEY.to_owned()),
            ("MOTCUA_VNPAY__PREVIOUS_KEY", PREVIOUS_KEY.to_owned()),
            ("MOTCUA_JOBS__WORKERS", "8".to_owned()),
            ("MOTCUA_JOBS__LEASE_SECONDS", "5".to_owned()),
            ("MOTCUA_LOG__LEVEL", "error".to_owned()),
        ];
        let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value)).into();
        let config = Config::from_parts("", settings.clone())?;
        let (simulators, thread) = gateways(config.clone())?;
        let child = spawn(&settings, &config)?;
        let server = Self { child, settings, config, simulators, thread: Some(thread) };
        server.wait()?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.config.http_address()
    }

    /// SIGKILL, and up again.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.settings, &self.config)?;
        self.wait()
    }

    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(self.address()).is_err() {
            if begun.elapsed() > START_LIMIT {
                bail!("the portal did not start; see money.log");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        drop(self.simulators.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn spawn(settings: &[(String, String)], config: &Config) -> Result<Child> {
    let log = File::options().create(true).append(true).open(config.data_dir.join("money.log"))?;
    let mut command = Command::new(std::env::current_exe()?);
    let foreign = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MOTCUA_"));
    for (name, _) in foreign {
        command.env_remove(name);
    }
    command.arg("serve").envs(settings.iter().cloned()).current_dir(&config.data_dir);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?)
}

/// The simulators on a thread of their own.
fn gateways(config: Config) -> Result<(ServerHandle, JoinHandle<Result<()>>)> {
    let (tell, hear) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = simulators::start(&config)?;
            // Nobody listens any more when the start failed elsewhere.
            let _ = tell.send(server.handle());
            Ok(server.await?)
        })
    });
    Ok((hear.recv().context("the simulators did not start")?, thread))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
