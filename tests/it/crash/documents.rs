//! The promise of a signature: what was ordered is signed once, and nothing is issued that is
//! not signed, whatever happens to the server between bytes, row, signature, register and store.
//!
//! Officials prepare results, order their signatures and sign the tray over HTTP, every request
//! under one key until it is answered, while the real binary is killed. Each kill waits for a job of
//! another link of the chain; which one and how long after follows a seed that is printed
//! (`CRASH_SEED` sets it). The trust service stays up, as that of others does.
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use motcua::results::{RENDER_RESULT, RESULT_ISSUED, RESULT_SIGNED, RESULT_STANDS};
use motcua::signing::complete::COMPLETE_SIGNATURE;
use motcua::signing::make::SIGN_HASHES;
use motcua::signing::seal::PUT_SEAL;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::client::{Client, Filing};
use super::issued;
use super::journal::Journal;
use super::portal::Portal;
use crate::support::lines;

/// Links of the chain from the order to the store: a kill for each, and again.
const POINTS: [&str; 7] =
    [RENDER_RESULT, SIGN_HASHES, COMPLETE_SIGNATURE, PUT_SEAL, RESULT_SIGNED, RESULT_ISSUED, RESULT_STANDS];
const KILLS: usize = 2 * POINTS.len();
/// Longest wait for a job of the link that is wanted.
const LOOKED_FOR: Duration = Duration::from_secs(8);
/// Applicants of one ward; with odd numbers they would go to another.
const DESKS: [usize; 3] = [0, 2, 4];
/// Documents that wait in the tray before desks prepare more.
const QUEUE: usize = 4;
/// How long the last orders may take when nobody kills any more.
const REST: Duration = Duration::from_secs(90);
/// The PIN of every key of the simulated trust service.
const PIN: &str = "246810";

/// A result whose order was acknowledged.
#[derive(Clone)]
pub struct Ordered {
    pub desk: Arc<Client>,
    /// Code of the dossier.
    pub code: String,
    pub result: String,
}

/// The ward's officials, and what they were told.
pub struct Office {
    pub journal: Arc<Journal>,
    pub specialist: String,
    leader: String,
    /// The leader among the officials: the ward has several.
    leader_id: Value,
    /// Who carries the leader's requests.
    signer: Arc<Client>,
    orders: Mutex<Vec<Ordered>>,
    /// What the tray had at the last look.
    waiting: AtomicUsize,
    confirmed: AtomicUsize,
}

impl Office {
    async fn open(portal: &Portal, seed: u64) -> (Arc<Self>, Vec<Arc<Client>>) {
        let journal = Arc::new(Journal::default());
        let mut desks = Vec::new();
        for number in DESKS {
            desks.push(Arc::new(Client::log_in(portal, &journal, number, Filing::Birth, seed).await));
        }
        let signer = desks[0].clone();
        let specialist = signer.log_in_staff("honggai.chuyenvien").await;
        let leader = signer.log_in_staff("honggai.lanhdao").await;
        let leader_id = signer.see_as(&leader, "/api/v1/me").await["id"].clone();
        let (orders, waiting, confirmed) = (Mutex::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let office = Self { journal, specialist, leader, leader_id, signer, orders, waiting, confirmed };
        (Arc::new(office), desks)
    }

    pub fn orders(&self) -> Vec<Ordered> {
        self.orders.lock().unwrap().clone()
    }

    /// Files a dossier after the other, prepares its result and orders the signature.
    async fn prepare(self: Arc<Self>, desk: Arc<Client>, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            if self.waiting.load(Ordering::Relaxed) >= QUEUE {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let Some(filed) = desk.file().await else { continue };
            let Some(received) = desk.act(&filed, "receive").await else { continue };
            let Some(filed) = desk.act(&received, "hand_over").await else { continue };
            self.order(&desk, filed.code).await;
        }
    }

    /// A result, ordered to be signed as soon as it is printed.
    async fn order(&self, desk: &Arc<Client>, code: String) {
        let asked = json!({
            "code": issued::BIRTH, "template": "birth_extract",
            "fields": { "registration_number": "118/2026", "signer_title": "Chủ tịch", "signer_name": "Trần Quốc Khánh" },
        });
        let path = format!("/api/v1/dossiers/{code}/results");
        let (status, prepared) = desk.post_twice(&self.specialist, &path, &asked).await;
        let Some(result) = prepared["id"].as_str().filter(|_| status == 201).map(str::to_owned) else {
            return self.journal.difference(format!("{code}: no result was prepared: {status} {prepared}"));
        };
        let (path, begun) = (format!("{path}/{result}/signature"), Instant::now());
        let wanted = json!({ "signer": self.leader_id });
        loop {
            let (status, answer) = desk.post_twice(&self.specialist, &path, &wanted).await;
            if status == 200 {
                let desk = desk.clone();
                return self.orders.lock().unwrap().push(Ordered { desk, code, result });
            }
            if answer["code"] != "result_not_ready" || begun.elapsed() > REST {
                return self.journal.difference(format!("{code}: no order was taken: {status} {answer}"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The leader signs what waits in the tray, and puts the seals that did not come by
    /// themselves.
    async fn sign(self: Arc<Self>, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let tray = self.signer.see_as(&self.leader, "/api/v1/signing/requests?limit=100").await;
            let items = tray["items"].as_array().cloned().unwrap_or_default();
            self.waiting.store(items.len(), Ordering::Relaxed);
            let idle = |item: &&Value| item["under_way"] == false;
            let of = |state: &str, all: bool| -> Vec<Value> {
                let mine = items.iter().filter(idle).filter(|item| item["state"] == state);
                mine.filter(|item| all || item["note"] != "").map(|item| item["id"].clone()).collect()
            };
            for requests in [of("waiting", true), of("sealing", false)] {
                self.confirm(&requests).await;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    async fn confirm(&self, requests: &[Value]) {
        if requests.is_empty() {
            return;
        }
        let asked = json!({ "requests": requests, "pin": PIN });
        let (status, answer) =
            self.signer.post_twice(&self.leader, "/api/v1/signing/signatures", &asked).await;
        // Signed since the tray was looked at, or by the job that puts seals.
        let sound = ["accepted", "under_way", "not_found"];
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let well = items.iter().all(|item| sound.iter().any(|word| item["outcome"] == *word));
        if status != 201 || !well {
            self.journal.difference(format!("the leader could not sign: {status} {answer}"));
        }
        self.confirmed.fetch_add(items.len(), Ordering::Relaxed);
    }
}

/// A moment at which a job of this kind is there, and a little later; the kind, when it came.
async fn moment(portal: &Portal, kind: &'static str, random: &mut StdRng) -> Option<&'static str> {
    let (mut database, begun) = (portal.database(), Instant::now());
    // One that is at work, or a new one: some take no longer than a look.
    let sql = format!(
        "SELECT concat(count(*), ' ', coalesce(bool_or(state <> 'done'), false)) AS line FROM job WHERE kind = '{kind}'"
    );
    let before = lines(&mut database, &sql);
    let (mut seen, mut met) = (before.clone(), None);
    while met.is_none() && begun.elapsed() < LOOKED_FOR {
        met = (seen != before || seen[0].ends_with('t')).then_some(kind);
        tokio::time::sleep(Duration::from_millis(2)).await;
        seen = lines(&mut database, &sql);
    }
    tokio::time::sleep(Duration::from_millis(random.random_range(0..60))).await;
    met
}

/// Kills the server again and again; gives the links at which it was.
async fn kill(portal: &mut Portal, random: &mut StdRng) -> BTreeSet<&'static str> {
    let mut points: Vec<&str> = POINTS.iter().copied().cycle().take(KILLS).collect();
    points.shuffle(random);
    let mut met = BTreeSet::new();
    for (round, point) in (1..).zip(points) {
        let found = moment(portal, point, random).await;
        met.extend(found);
        // Every fourth time PostgreSQL is killed too, as if the power failed.
        portal.kill(round % 4 == 0);
        let started = Instant::now();
        portal.start();
        println!("kill {round} at {}: up again after {:.1?}", found.unwrap_or("rest"), started.elapsed());
    }
    met
}

/// Until every order that was acknowledged has ended.
async fn at_rest(portal: &Portal, office: &Office) {
    let sql = "SELECT id::text AS line FROM result WHERE state <> 'valid'
                UNION ALL SELECT kind FROM job WHERE state IN ('waiting', 'leased')
                             AND (kind LIKE 'result_%' OR kind IN ('sign_hashes', 'complete_signature', 'put_seal'))";
    let begun = Instant::now();
    loop {
        let left = lines(&mut portal.database(), sql);
        if left.is_empty() {
            return;
        }
        if begun.elapsed() > REST {
            return office.journal.difference(format!("at rest there is still {left:?}"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Mutants: `file-row-before-its-bytes`, `result-prepared-anew`,
/// `result-without-the-seal`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_ordered_is_signed_once_and_nothing_is_issued_unsigned() {
    let seed = std::env::var("CRASH_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_122);
    println!("CRASH_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut portal = Portal::prepare(false);
    portal.settings = vec![
        ("MOTCUA_SIGNING__URL", "simulator".to_owned()),
        ("MOTCUA_SIGNING__SEAL_PIN", PIN.to_owned()),
        ("MOTCUA_JOBS__POLL_MS", "50".to_owned()),
    ];
    portal.start();
    let (office, desks) = Office::open(&portal, seed).await;
    let (stop, home) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let signing = tokio::spawn(office.clone().sign(home.clone()));
    let work: Vec<_> =
        desks.into_iter().map(|desk| tokio::spawn(office.clone().prepare(desk, stop.clone()))).collect();
    let met = kill(&mut portal, &mut random).await;
    stop.store(true, Ordering::Relaxed);
    for desk in work {
        desk.await.expect("a desk ended in good order");
    }
    at_rest(&portal, &office).await;
    home.store(true, Ordering::Relaxed);
    signing.await.expect("the leader ended in good order");
    let (orders, confirmed) = (office.orders(), office.confirmed.load(Ordering::Relaxed));
    println!("{} orders, {confirmed} confirmed, {KILLS} kills, links met: {met:?}", orders.len());
    let mut differences = issued::differences(&portal, &office).await;
    portal.stop();
    differences.extend(portal.verify());
    if portal.scrub() > 0 {
        differences.push("`verify files` finds rows without their bytes".to_owned());
    }
    assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
    assert!(orders.len() >= 4 && met.len() >= 2, "{} orders, met {met:?}: too little", orders.len());
}
