//! Payers, cashiers, gateways and strangers, drawn from a seed; everything over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::fees::Fee;
use super::notices::{About, Gateway, Keys, Kind, WRONG};
use super::server::Server;
use super::{Counts, books};
use crate::bench::load::request;
use crate::bench::stage::Stage;
use crate::simulators::book::{Book, Taken};

/// Parts in which the fees are paid; a part more is kept for the measurement.
const ROUNDS: usize = 20;
/// After so many rounds the server is killed once.
const KILL_EVERY: usize = 3;
/// Requests at the same time.
const AT_ONCE: usize = 48;
/// Most copies of one notice.
const COPIES: usize = 5;
/// How long pages and the queue may take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// An attempt as the database knows it.
struct Attempt {
    gateway: Gateway,
    reference: String,
    amount: i64,
    page: Option<String>,
}

pub(super) struct Play<'s> {
    stage: &'s Stage,
    server: Server,
    runtime: Runtime,
    http: reqwest::Client,
    keys: Keys,
    fees: Vec<Fee>,
    random: StdRng,
    now: Timestamp,
    pub counts: Arc<Counts>,
}

impl<'s> Play<'s> {
    pub fn begin(stage: &'s Stage, fees: Vec<Fee>, seed: u64) -> Result<Self> {
        let server = Server::start(stage)?;
        let keys = Keys::of(&server.config);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let random = StdRng::seed_from_u64(seed);
        let counts = Arc::default();
        Ok(Self { stage, server, runtime, http, keys, fees, random, now: Timestamp::now(), counts })
    }

    pub fn fees(&self) -> usize {
        self.fees.len()
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    fn part(&self) -> usize {
        self.fees.len().div_ceil(ROUNDS + 1).max(1)
    }

    /// Everything but the last part.
    pub fn rounds(&mut self, progress: &dyn Fn(&str)) -> Result<()> {
        for round in 0..ROUNDS {
            let from = round * self.part();
            let to = (from + self.part()).min(self.fees.len());
            if from >= to {
                break;
            }
            self.round(from..to, round % KILL_EVERY == KILL_EVERY - 1)?;
            progress(&format!("money: {to} of {} fees; {}", self.fees.len(), self.counts));
        }
        Ok(())
    }

    fn round(&mut self, part: std::ops::Range<usize>, kill: bool) -> Result<()> {
        for gateway in Gateway::ALL {
            let dial = dial(&mut self.random);
            self.turn(gateway, &dial)?;
        }
        let chosen: Vec<usize> = part.clone().filter(|_| self.random.random_ratio(1, 2)).collect();
        let work: Vec<_> = chosen.into_iter().map(|fee| self.choose(fee)).collect();
        self.all(work)?;
        self.pages(&part)?;
        if self.random.random_ratio(1, 4) {
            self.forward(SignedDuration::from_hours(2))?;
        }
        let mut work = Vec::new();
        for attempt in self.attempts(&part)? {
            let share = if attempt.gateway == Gateway::National { 7 } else { 5 };
            if self.random.random_ratio(share, 10) {
                work.extend(self.pay(&attempt));
            }
        }
        self.all(work)?;
        self.tell(&part, kill)?;
        self.give_back(&part)
    }

    fn post(&self, path: &str, token: &str) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.server.config.public_url()));
        request.bearer_auth(token).header("Idempotency-Key", Uuid::now_v7().to_string())
    }

    /// The payer chooses VNPAY.
    fn choose(&self, fee: usize) -> impl Future<Output = Result<()>> + Send + 'static + use<> {
        let path = format!("/api/v1/dossiers/{}/payment/attempts", self.fees[fee].code);
        // As `dossiers.sql` spreads the dossiers over the citizens.
        let citizen = &self.stage.citizens[(fee + 1) % self.stage.citizens.len()];
        let request = self.post(&path, citizen).json(&json!({ "gateway": "vnpay" }));
        async move { sound(request.send().await?.status().as_u16(), "choose") }
    }

    /// A payer opens the page and pays.
    fn pay(&self, attempt: &Attempt) -> Option<impl Future<Output = Result<()>> + Send + 'static + use<>> {
        let (http, page, gateway) = (self.http.clone(), attempt.page.clone()?, attempt.gateway);
        let at_vnpay = format!("{}/paymentv2/pay/{}", self.server.config.vnpay_url(), attempt.reference);
        Some(async move {
            let to = match gateway {
                Gateway::National => page,
                Gateway::Vnpay => {
                    http.get(page).send().await?;
                    at_vnpay
                }
            };
            http.post(to).header("Accept", "application/json").send().await?;
            Ok(())
        })
    }

    /// Everything that is told of a part of the fees, in any order; the server may be killed.
    fn tell(&mut self, part: &std::ops::Range<usize>, kill: bool) -> Result<()> {
        let taken: BTreeMap<String, Taken> = self
            .books()?
            .into_iter()
            .flat_map(|(_, book)| book.payments)
            .map(|taken| (taken.reference.clone(), taken))
            .collect();
        let mut notices = Vec::new();
        for attempt in self.attempts(part)? {
            let paid = taken.get(&attempt.reference).map(|taken| taken.transaction.clone());
            self.multiset(attempt, paid, &mut notices);
        }
        notices.shuffle(&mut self.random);
        let work: Vec<_> =
            notices.into_iter().map(|(kind, again, about)| self.send(kind, again, &about, kill)).collect();
        if !kill {
            return self.all(work);
        }
        let running = self.runtime.spawn(all(work));
        std::thread::sleep(Duration::from_millis(self.random.random_range(100..1_500)));
        self.server.kill()?;
        self.counts.kills.fetch_add(1, Ordering::Relaxed);
        self.forward(SignedDuration::ZERO)?;
        self.runtime.block_on(running)?
    }

    /// 0 to 5 copies of the truth where there is one, and some of what is not true.
    fn multiset(&mut self, attempt: Attempt, paid: Option<String>, to: &mut Vec<(Kind, bool, About)>) {
        let Attempt { gateway, reference, amount, .. } = attempt;
        let random = &mut self.random;
        let is_paid = paid.is_some();
        let transaction = paid.unwrap_or_else(|| format!("X{reference}"));
        let about = About { gateway, reference, transaction, amount };
        if is_paid {
            to.extend((0..random.random_range(0..=COPIES)).map(|n| (Kind::Genuine, n > 0, about.clone())));
            if random.random_ratio(1, 8) {
                let kinds = [Kind::PreviousKey, Kind::OneMore, Kind::OneLess];
                to.extend(kinds.choose(random).map(|kind| (*kind, false, about.clone())));
            }
        }
        let wrong = WRONG.choose_multiple(random, 2).map(|kind| (*kind, false, about.clone()));
        to.extend(wrong.collect::<Vec<_>>());
    }

    fn send(
        &mut self,
        kind: Kind,
        again: bool,
        about: &About,
        killed: bool,
    ) -> impl Future<Output = Result<()>> + Send + 'static + use<> {
        let text = self.keys.write(kind, about, &mut self.random);
        let path =
            format!("{}/api/v1/payments/callbacks/{}", self.server.config.public_url(), about.gateway.name());
        let request = match about.gateway {
            Gateway::National => self.http.post(path).header("Content-Type", "application/json").body(text),
            Gateway::Vnpay => self.http.get(format!("{path}?{}", address(&text))),
        };
        let counts = self.counts.clone();
        counts.callbacks.fetch_add(1, Ordering::Relaxed);
        let counter = match kind {
            _ if kind.is_forged() => Some(&counts.forged),
            Kind::Genuine | Kind::PreviousKey => Some(&counts.replayed).filter(|_| again),
            _ => Some(&counts.wrong),
        };
        counter.map(|counter| counter.fetch_add(1, Ordering::Relaxed));
        async move {
            match request.send().await {
                Err(_) if killed => Ok(()),
                Err(error) => Err(error.into()),
                Ok(answer) if killed && answer.status() == 503 => Ok(()),
                Ok(answer) => sound(answer.status().as_u16(), &format!("{kind:?}")),
            }
        }
    }

    /// Some of the fees are given back, whole or in part.
    fn give_back(&mut self, part: &std::ops::Range<usize>) -> Result<()> {
        let mut work = Vec::new();
        for fee in part.clone() {
            if !self.random.random_ratio(1, 40) {
                continue;
            }
            let mut body = json!({ "reason": "Nộp thừa" });
            if self.random.random() {
                body["amount"] = self.random.random_range(1..1_000).into();
            }
            let Fee { code, unit, .. } = &self.fees[fee];
            let path = format!("/api/v1/dossiers/{code}/refunds");
            let request = self.post(&path, &self.stage.clerks[*unit]).json(&body);
            work.push(async move { sound(request.send().await?.status().as_u16(), "refund") });
        }
        self.all(work)
    }

    fn all<F>(&self, work: Vec<F>) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.runtime.block_on(all(work))
    }

    fn turn(&self, gateway: Gateway, dial: &Value) -> Result<()> {
        let path = format!("{}/faults", self.simulator(gateway));
        let turned = self.runtime.block_on(async { self.http.put(path).json(dial).send().await })?;
        ensure!(turned.status() == 200, "the dial of {} was not turned", gateway.name());
        Ok(())
    }

    fn simulator(&self, gateway: Gateway) -> String {
        match gateway {
            Gateway::National => self.server.config.payment_gateway(),
            Gateway::Vnpay => self.server.config.vnpay_url(),
        }
    }

    fn books(&self) -> Result<Vec<(Gateway, Book)>> {
        let book = |gateway| {
            let request = self.http.get(format!("{}/book", self.simulator(gateway)));
            let book = self.runtime.block_on(async { request.send().await?.json::<Book>().await })?;
            Ok((gateway, book))
        };
        Gateway::ALL.into_iter().map(book).collect()
    }

    fn forward(&mut self, by: SignedDuration) -> Result<()> {
        self.now = self.now.checked_add(by)?;
        let path = format!("{}/demo/clock", self.server.config.public_url());
        let request = self.http.put(path).json(&json!({ "now": self.now.to_string() }));
        let status = self.runtime.block_on(async { request.send().await })?.status();
        ensure!(status == 200, "the clock was not set: {status}");
        Ok(())
    }

    /// The attempts at the orders of a part of the fees.
    fn attempts(&self, part: &std::ops::Range<usize>) -> Result<Vec<Attempt>> {
        let (first, last) = (&self.fees[part.start].dossier_id, &self.fees[part.end - 1].dossier_id);
        let lines = self.stage.lines(&format!(
            "SELECT concat_ws(' ', a.gateway, a.reference, o.amount, a.page) AS line
               FROM payment_order o JOIN payment_attempt a ON a.order_id = o.id
              WHERE o.dossier_id BETWEEN '{first}' AND '{last}' ORDER BY a.id"
        ))?;
        lines.iter().map(|line| read(line)).collect()
    }

    /// Waits until the pages of a part are there, as far as the faults let them come.
    fn pages(&self, part: &std::ops::Range<usize>) -> Result<()> {
        let begun = Instant::now();
        while self.attempts(part)?.iter().filter(|attempt| attempt.page.is_none()).count() > part.len() / 50 {
            self.hurry()?;
            ensure!(begun.elapsed() < PATIENCE, "the pages do not come");
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// What failed is tried again now: nobody waits for hours here.
    fn hurry(&self) -> Result<()> {
        self.stage.execute(include_str!("../sql/hurry.sql"), &[])
    }

    /// The genuine notices of the last part, which is paid and not told of, as requests.
    pub fn measured(&mut self) -> Result<Vec<Vec<u8>>> {
        let from = (ROUNDS * self.part()).min(self.fees.len().saturating_sub(1));
        let part = from..self.fees.len();
        for gateway in Gateway::ALL {
            self.turn(gateway, &json!({ "drop_callbacks": true }))?;
        }
        self.pages(&part)?;
        let work: Vec<_> = self.attempts(&part)?.iter().filter_map(|attempt| self.pay(attempt)).collect();
        self.all(work)?;
        let taken: BTreeMap<String, Taken> = self
            .books()?
            .into_iter()
            .flat_map(|(_, book)| book.payments)
            .map(|taken| (taken.reference.clone(), taken))
            .collect();
        let mut requests = Vec::new();
        for Attempt { gateway, reference, amount, .. } in self.attempts(&part)? {
            let Some(Taken { transaction, .. }) = taken.get(&reference).cloned() else { continue };
            let about = About { gateway, reference, transaction, amount };
            let text = self.keys.write(Kind::Genuine, &about, &mut self.random);
            let line = "POST /api/v1/payments/callbacks/national";
            requests.push(request(line, &[("Content-Type", "application/json")], &text));
        }
        self.counts.callbacks.fetch_add(requests.len(), Ordering::Relaxed);
        Ok(requests)
    }

    /// Nothing goes wrong any more; all that is under way ends, and everything is asked about.
    pub fn quiesce(&mut self) -> Result<()> {
        for gateway in Gateway::ALL {
            self.turn(gateway, &json!({}))?;
        }
        let begun = Instant::now();
        for round in 0..2 {
            if round == 1 {
                self.tell_of_the_closed()?;
            }
            self.forward(SignedDuration::from_hours(7))?;
            while !self.under_way()?.is_empty() {
                self.hurry()?;
                if begun.elapsed() > PATIENCE {
                    bail!("still under way: {:?}", self.under_way()?);
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        }
        Ok(())
    }

    /// Of attempts that were paid after the gateway had denied it nobody asks again: its notice,
    /// which it repeats until it is taken, comes through at last.
    fn tell_of_the_closed(&mut self) -> Result<()> {
        let closed =
            self.stage.lines("SELECT reference AS line FROM payment_attempt WHERE state = 'closed'")?;
        let closed: BTreeSet<String> = closed.into_iter().collect();
        let mut work = Vec::new();
        for (gateway, book) in self.books()? {
            for Taken { reference, transaction, amount } in book.payments {
                if closed.contains(&reference) {
                    let about = About { gateway, reference, transaction, amount };
                    work.push(self.send(Kind::Genuine, false, &about, false));
                }
            }
        }
        self.all(work)
    }

    fn under_way(&self) -> Result<Vec<String>> {
        let now = self.now;
        self.stage.lines(&format!(
            "SELECT concat(kind, ' ', count(*)) AS line FROM job
              WHERE kind IN ('open_payment', 'send_refund', 'fee_paid') AND state IN ('waiting', 'leased') GROUP BY kind
             UNION ALL SELECT 'attempts ' || count(*) FROM payment_attempt WHERE state = 'open' AND ask_at <= '{now}'
                       HAVING count(*) > 0
             UNION ALL SELECT 'refunds ' || count(*) FROM refund_attempt WHERE state IN ('requested', 'pending') AND ask_at <= '{now}'
                       HAVING count(*) > 0"
        ))
    }

    pub fn differences(&mut self) -> Result<Vec<String>> {
        books::differences(&mut self.stage.connect()?, &self.books()?, &[])
    }
}

async fn all<F: Future<Output = Result<()>>>(work: Vec<F>) -> Result<()> {
    let mut running = stream::iter(work).buffer_unordered(AT_ONCE);
    while let Some(done) = running.next().await {
        done?;
    }
    Ok(())
}

/// No answer is a failure of the server.
fn sound(status: u16, what: &str) -> Result<()> {
    ensure!(status < 500, "{what}: {status}");
    Ok(())
}

fn read(line: &str) -> Result<Attempt> {
    let mut parts = line.split(' ');
    let mut next = || parts.next().context("an attempt with all its columns");
    let name = next()?;
    let gateway = Gateway::ALL.into_iter().find(|gateway| gateway.name() == name).context("a gateway")?;
    let (reference, amount) = (next()?.to_owned(), next()?.parse()?);
    Ok(Attempt { gateway, reference, amount, page: parts.next().map(str::to_owned) })
}

/// What an address cannot hold is written as its bytes.
fn address(query: &str) -> String {
    let fits = |byte: u8| (b'!'..=b'~').contains(&byte) && !b"\"#<>".contains(&byte);
    let write = |byte: u8| if fits(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    query.bytes().map(write).collect()
}

/// The faults of a gateway in a round.
fn dial(random: &mut StdRng) -> Value {
    let travel = [
        json!({}),
        json!({ "drop_callbacks": true }),
        json!({ "duplicate": 3 }),
        json!({ "reorder": 9 }),
        json!({ "wrong_amount": 1 }),
        json!({ "wrong_amount": -1 }),
        json!({ "forged": true }),
        json!({ "altered": true }),
        json!({ "other_currency": true }),
        json!({ "errors": 20 }),
        json!({ "lose_answers": 20 }),
        json!({ "refund_pending": 1 }),
        json!({ "refund_fails": true }),
    ];
    let mut dial = travel.choose(random).cloned().unwrap_or_default();
    dial["spared"] = 0.5.into();
    dial["seed"] = random.random::<u32>().into();
    dial
}
