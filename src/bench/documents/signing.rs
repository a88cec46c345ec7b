//! Signatures a second: a leader confirms trays over HTTP, the jobs follow one after the other.
//! What the simulated trust service needs for its part is measured within it and told apart:
//! a real one takes its own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::HttpServer;
use actix_web::dev::{ServerHandle, Service as _};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::client;
use super::printing::Sheet;
use crate::auth::Actor;
use crate::bench::Options;
use crate::bench::report::{Aim, Row};
use crate::bench::stage::Stage;
use crate::bootstrap;
use crate::config::Config;
use crate::files;
use crate::jobs::Outcome;
use crate::signing::{self, Order};
use crate::simulators::{self, Simulators, trust::PIN};
use crate::worker;

/// Documents of one confirmation.
const TRAY: u64 = 10;
/// Who signs, and for whom.
const LEADER: &str = "honggai.lanhdao";
const UNIT: &str = "H49.45";
/// Kind of the job that tells the orderer.
const DONE: &str = "bench_signed";

/// The simulators on a thread of their own.
struct Simulated {
    /// Microseconds that they needed for their answers; they give one after the other.
    spent: Arc<AtomicU64>,
    handle: ServerHandle,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Simulated {
    fn start(config: &Config) -> Result<Self> {
        let (simulators, address) = (Simulators::new(config)?, config.simulators_address());
        let spent = Arc::new(AtomicU64::new(0));
        let (tell, hear) = std::sync::mpsc::channel();
        let counted = spent.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let counted = counted.clone();
                    simulators::service(simulators.clone()).wrap_fn(move |request, service| {
                        let (begun, counted) = (Instant::now(), counted.clone());
                        let answer = service.call(request);
                        async move {
                            let answer = answer.await;
                            let needed = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                            counted.fetch_add(needed, Ordering::Relaxed);
                            answer
                        }
                    })
                });
                let server = server.workers(1).disable_signals().bind(address)?.run();
                // Nobody listens any more when the start failed elsewhere.
                let _ = tell.send(server.handle());
                Ok(server.await?)
            })
        });
        let handle = hear.recv().context("the simulators did not start")?;
        Ok(Self { spent, handle, thread: Some(thread) })
    }

    fn spent(&self) -> Duration {
        Duration::from_micros(self.spent.load(Ordering::Relaxed))
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The leader with what is to be signed.
struct Desk<'s> {
    stage: &'s Stage,
    runtime: &'s Runtime,
    http: reqwest::Client,
    sheet: Sheet,
    token: String,
    signer: Uuid,
    unit: Uuid,
}

impl<'s> Desk<'s> {
    fn open(stage: &'s Stage, runtime: &'s Runtime) -> Result<Self> {
        bootstrap::load_demo(&stage.app.db, "motcua bench documents")?;
        let signer =
            stage.text(&format!("SELECT id::text AS line FROM staff WHERE username = '{LEADER}'"))?;
        let unit = stage.text(&format!("SELECT id::text AS line FROM agency WHERE code = '{UNIT}'"))?;
        let (signer, unit) = (signer.parse()?, unit.parse()?);
        let token = stage.official(signer)?;
        Ok(Self { stage, runtime, http: client(runtime)?, sheet: Sheet::result(stage)?, token, signer, unit })
    }

    /// A new document in the tray.
    fn order(&self, n: u64) -> Result<Uuid> {
        let app = &self.stage.app;
        let pdf = self.sheet.print(n, app.db.clock.now())?;
        let made = self.runtime.block_on(app.files.keep_made(pdf, "trich-luc.pdf"))?;
        let ordered = app.db.write_blocking(&Actor::system("bench"), |tx| {
            let order = Order {
                file_id: files::record_made(tx, &made)?.id,
                purpose: "bench",
                subject_id: Uuid::now_v7(),
                title: "Trích lục khai sinh",
                unit_id: self.unit,
                signer_id: self.signer,
                seal: false,
                place: None,
                done: DONE,
            };
            signing::order(tx, &order)
        });
        Ok(ordered?)
    }

    /// Confirms a tray, and does the jobs until all of it is signed.
    fn sign(&self, tray: &[Uuid]) -> Result<()> {
        let app = &self.stage.app;
        let runner = worker::runner(app)?.on(DONE, |_| async { Ok(Outcome::Done) });
        let confirmed = async {
            let path = format!("http://{}/api/v1/signing/signatures", self.stage.address);
            let request = self.http.post(path).bearer_auth(&self.token);
            let request = request.header("Idempotency-Key", Uuid::now_v7().to_string());
            let asked = json!({ "requests": tray, "pin": PIN });
            let answer: Value = request.json(&asked).send().await?.json().await?;
            runner.drain().await?;
            anyhow::Ok(answer)
        };
        let answer = self.runtime.block_on(confirmed)?;
        for request in tray {
            let found = app.db.read_blocking(|conn| signing::outcome(conn, *request))?;
            ensure!(matches!(found, signing::Outcome::Signed { .. }), "not signed ({found:?}): {answer}");
        }
        Ok(())
    }
}

pub(super) fn run(
    stage: &Stage,
    runtime: &Runtime,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Result<Vec<Row>> {
    progress(&format!("signing: {} s at the simulated trust service", options.seconds));
    let simulated = Simulated::start(&stage.app.config)?;
    let desk = Desk::open(stage, runtime)?;
    // Keys and certificates are made when they are first asked for.
    desk.sign(&[desk.order(0)?])?;
    let (mut count, mut all, before) = (0, Duration::ZERO, simulated.spent());
    while all < Duration::from_secs(options.seconds) {
        let tray: Result<Vec<Uuid>> = (count + 1..=count + TRAY).map(|n| desk.order(n)).collect();
        let (tray, begun) = (tray?, Instant::now());
        desk.sign(&tray)?;
        all += begun.elapsed();
        count += TRAY;
    }
    let theirs = simulated.spent().saturating_sub(before);
    let ours = all.saturating_sub(theirs);
    let (per_second, each) = (
        |time: Duration| count as f64 / time.as_secs_f64(),
        |time: Duration| 1e3 * time.as_secs_f64() / count as f64,
    );
    Ok(vec![
        Row::figure("signatures", "/s", per_second(all), Aim::None),
        Row::figure("signatures, simulator's time apart", "/s", per_second(ours), Aim::None),
        Row::ratio("signature: portal ÷ simulator", "ms", each(ours), each(theirs), Aim::None),
    ])
}
