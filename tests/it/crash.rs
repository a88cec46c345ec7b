//! The promise of a submission: once it is acknowledged, the dossier is there with all its
//! files, whatever happens to the server.
//!
//! The real binary on its own durable PostgreSQL is killed again and again while clients file,
//! receive and pay; every request is sent until it is answered, always under the same key. What
//! was acknowledged is written down here, outside the server, and compared in the end. When
//! the kills come depends on the machine; what the clients do follows a seed that is printed
//! (`CRASH_SEED` sets it).
pub mod client;
mod compare;
mod documents;
mod issued;
pub mod journal;
mod memory;
pub mod portal;
mod resumable;
mod tampering;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use client::{Client, Filing};
use journal::Journal;
use portal::Portal;

/// Clients that file at the same time; the last two of them pay.
const CLIENTS: usize = 8;

struct Run {
    portal: Portal,
    journal: Arc<Journal>,
    clients: Vec<Arc<Client>>,
    random: StdRng,
    seed: u64,
}

impl Run {
    async fn prepare(mutant: bool) -> Self {
        let seed = std::env::var("CRASH_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_122);
        println!("CRASH_SEED={seed}");
        let mut portal = Portal::prepare(mutant);
        portal.start();
        let journal = Arc::new(Journal::default());
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let filing = if number < CLIENTS - 2 { Filing::Birth } else { Filing::Residence };
            clients.push(Arc::new(Client::log_in(&portal, &journal, number, filing, seed).await));
        }
        Self { portal, journal, clients, random: StdRng::seed_from_u64(seed), seed }
    }

    /// Kills the server `times` times under load, or until `enough`.
    async fn load_and_kill(&mut self, times: usize, enough: impl Fn(&Journal) -> bool) {
        let stop = Arc::new(AtomicBool::new(false));
        let work: Vec<_> =
            self.clients.iter().map(|client| tokio::spawn(client.clone().work(stop.clone()))).collect();
        for round in 1..=times {
            let acknowledged = self.journal.acknowledged();
            self.some_time(acknowledged).await;
            // Every fourth time PostgreSQL is killed too, as if the power failed.
            let hard = round % 4 == 0;
            self.portal.kill(hard);
            let started = Instant::now();
            self.portal.start();
            let made = self.journal.acknowledged() - acknowledged;
            println!("kill {round}: {made} submissions before, up again after {:.1?}", started.elapsed());
            if enough(&self.journal) {
                break;
            }
        }
        stop.store(true, Ordering::Relaxed);
        for client in work {
            client.await.expect("a client ended in good order");
        }
    }

    /// A random moment, but not before anything has happened.
    async fn some_time(&mut self, acknowledged: usize) {
        let begun = Instant::now();
        while self.journal.acknowledged() == acknowledged && begun.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let pause = Duration::from_millis(self.random.random_range(0..1500));
        tokio::time::sleep(pause).await;
    }

    async fn differences(&mut self) -> Vec<String> {
        let mut found = compare::with_the_journal(&self.portal, &self.journal, &self.clients).await;
        self.portal.stop();
        found.extend(self.portal.verify());
        found
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill() {
    let kills = 20;
    let mut run = Run::prepare(false).await;
    run.load_and_kill(kills, |_| false).await;
    let differences = run.differences().await;
    assert!(differences.is_empty(), "seed {}:\n{}", run.seed, differences.join("\n"));
    let (made, paid) = (run.journal.acknowledged(), run.journal.paid());
    println!("{made} submissions, {paid} payments, {kills} kills");
    assert!(made > 2 * kills && paid > 3, "{made} submissions and {paid} payments prove nothing");
}

/// The same test of a server that answers before it commits must find what was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_acknowledges_before_it_commits_is_found_out() {
    let mut run = Run::prepare(true).await;
    run.load_and_kill(8, |journal| journal.lost() > 0).await;
    let differences = run.differences().await;
    assert!(differences.iter().any(|d| d.contains("lost")), "seed {}: not found out", run.seed);
}
