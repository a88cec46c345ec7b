//! The world under test: the server that is killed, the gateways that stay, and who acts.
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use motcua::bench::money::books;
use motcua::bench::money::notices::{About, Gateway, Keys, Kind, PREVIOUS_KEY};
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::simulators::book::{Book, Taken};
use serde_json::json;
use tokio::runtime::Runtime;

use super::fees::{self, Attempt, Fee};
use super::hands::Hands;
use super::model::{Kill, Owed, Picks};
use crate::crash::portal::Portal;
use crate::support::lines;

/// What is done at the same time.
const AT_ONCE: usize = 16;
/// How long the queue and the polling may take to become quiet.
const QUIET_LIMIT: Duration = Duration::from_secs(120);
/// Longer than the longest wait between two questions about an attempt.
const ROUND: SignedDuration = SignedDuration::from_hours(7);

/// What was done, for the line at the end.
#[derive(Debug, Default)]
pub struct Tally {
    pub callbacks: AtomicUsize,
    pub forged: AtomicUsize,
    pub replayed: AtomicUsize,
    pub wrong: AtomicUsize,
    pub kills: AtomicUsize,
}

pub fn add(counter: &AtomicUsize, by: usize) {
    counter.fetch_add(by, Ordering::Relaxed);
}

pub struct World {
    runtime: Runtime,
    pub portal: Portal,
    pub hands: Arc<Hands>,
    pub keys: Keys,
    clock: Clock,
    pub fees: Vec<Fee>,
    /// Payments that the gateways told of, beside their own book.
    pub strays: Vec<(Gateway, Taken)>,
    pub tally: Arc<Tally>,
    /// Of this case: where its fees begin.
    pub base: usize,
}

impl World {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let mut portal = Portal::prepare(false);
        let years = (10 * 365 * 24 * 60).to_string();
        portal.settings = vec![
            ("MOTCUA_DEMO__SET_CLOCK", "true".to_owned()),
            ("MOTCUA_AUTH__ACCESS_TOKEN_MINUTES", years.clone()),
            ("MOTCUA_AUTH__SESSION_MINUTES", years),
            ("MOTCUA_HTTP__PUBLIC_REQUESTS_PER_MINUTE", "0".to_owned()),
            ("MOTCUA_PAYMENT__ASK_EVERY_SECONDS", "1".to_owned()),
            ("MOTCUA_JOBS__WORKERS", "8".to_owned()),
            ("MOTCUA_LOG__LEVEL", "error".to_owned()),
        ];
        set_grace(&mut portal, true);
        portal.start();
        let hands = runtime.block_on(async {
            let citizen = fees::file_template(&portal).await;
            Hands::new(&portal, citizen).await
        });
        let clock = Clock::default();
        clock.set(Some(Timestamp::now()));
        let mut world = Self {
            runtime,
            portal,
            hands: Arc::new(hands),
            keys: Keys::of(&Config::from_parts("", []).unwrap()),
            clock,
            fees: Vec::new(),
            strays: Vec::new(),
            tally: Arc::default(),
            base: 0,
        };
        world.forward(SignedDuration::ZERO);
        world
    }

    pub fn file(&mut self, owed: &[Owed]) {
        self.fees.extend(fees::file(&self.portal, &self.clock, owed));
    }

    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Does all of it, many at once; the server may be killed meanwhile.
    pub fn all<T, F>(&mut self, work: Vec<F>, kill: Option<Kill>) -> Vec<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let all = async move { stream::iter(work).buffer_unordered(AT_ONCE).collect().await };
        let running = self.runtime.spawn(all);
        if let Some(kill) = kill {
            std::thread::sleep(Duration::from_millis(kill.after));
            self.restart(kill.hard);
        }
        self.runtime.block_on(running).expect("what was asked is answered")
    }

    /// Kills the server and starts it again; its clock is set anew.
    pub fn restart(&mut self, hard: bool) {
        add(&self.tally.kills, 1);
        self.portal.kill(hard);
        self.portal.start();
        self.forward(SignedDuration::ZERO);
    }

    pub fn restart_with(&mut self, grace: bool, hard: bool) {
        set_grace(&mut self.portal, grace);
        self.restart(hard);
    }

    pub fn forward(&mut self, by: SignedDuration) {
        let now = self.clock.now().checked_add(by).unwrap();
        self.clock.set(Some(now));
        self.run(self.hands.set_clock(&now.to_string()));
    }

    /// The newest attempts of this case's fees, by their number in the case.
    pub fn attempts(&self) -> Vec<(usize, Gateway, Attempt)> {
        let numbers: BTreeMap<_, _> =
            self.fees[self.base..].iter().enumerate().map(|(number, fee)| (fee.dossier_id, number)).collect();
        let numbered = |(dossier, attempt): (_, Attempt)| {
            let gateway = Gateway::ALL.into_iter().find(|gateway| gateway.name() == attempt.gateway)?;
            Some((*numbers.get(&dossier)?, gateway, attempt))
        };
        fees::attempts(&self.portal).into_iter().filter_map(numbered).collect()
    }

    /// Waits until the gateways have answered with their pages.
    pub fn until_pages(&self) {
        let begun = Instant::now();
        while self.attempts().iter().any(|(.., attempt)| attempt.page.is_none()) {
            assert!(begun.elapsed() < QUIET_LIMIT, "the pages do not come");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How many orders are paid.
    pub fn settled(&self) -> i64 {
        books::sums(&mut self.portal.database()).unwrap().settled
    }

    pub fn books(&self) -> Vec<(Gateway, Book)> {
        let book = |gateway| (gateway, self.run(self.hands.book(gateway)));
        Gateway::ALL.into_iter().map(book).collect()
    }

    /// What the gateways took, by reference.
    pub fn taken(&self) -> BTreeMap<String, Taken> {
        let taken = self.books().into_iter().flat_map(|(_, book)| book.payments);
        taken.map(|taken| (taken.reference.clone(), taken)).collect()
    }

    /// Nothing goes wrong any more; all that is under way ends, and everything is asked about.
    pub fn quiesce(&mut self) {
        for gateway in Gateway::ALL {
            self.run(self.hands.turn(gateway, &json!({})));
        }
        let begun = Instant::now();
        for round in 0..4 {
            if round == 2 {
                self.tell_of_what_ended();
            }
            self.forward(ROUND);
            while !self.is_quiet() {
                assert!(begun.elapsed() < QUIET_LIMIT, "still not quiet: {:?}", self.unquiet());
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Nobody asks again about an attempt that the gateway denied, or by which money came: the
    /// notice of what comes after it, which the gateway repeats until it is taken, gets through
    /// at last.
    fn tell_of_what_ended(&mut self) {
        let mut connection = self.portal.database();
        let ended =
            lines(&mut connection, "SELECT reference AS line FROM payment_attempt WHERE state <> 'open'");
        let ended: BTreeSet<String> = ended.into_iter().collect();
        let known =
            lines(&mut connection, "SELECT transaction || ' ' || amount AS line FROM gateway_payment");
        let known: BTreeSet<String> = known.into_iter().collect();
        let mut random = Picks { share: 0, seed: 0 }.random();
        let mut work = Vec::new();
        for (gateway, book) in self.books() {
            for Taken { reference, transaction, amount } in book.payments {
                if ended.contains(&reference) && !known.contains(&format!("{transaction} {amount}")) {
                    let about = About { gateway, reference, transaction, amount };
                    let (hands, notice) =
                        (self.hands.clone(), self.keys.write(Kind::Genuine, &about, &mut random));
                    work.push(async move { assert!(hands.tell(gateway, notice).await.is_some()) });
                }
            }
        }
        add(&self.tally.callbacks, work.len());
        self.all(work, None);
    }

    fn is_quiet(&self) -> bool {
        self.unquiet().is_empty()
    }

    /// What is still to be done: jobs about money, which do not rest after a failure here, and
    /// questions that are due.
    fn unquiet(&self) -> Vec<String> {
        let mut connection = self.portal.database();
        let money = "kind IN ('open_payment', 'send_refund', 'fee_paid') AND state IN ('waiting', 'leased')";
        connection
            .batch_execute(&format!("UPDATE job SET run_at = now() WHERE run_at > now() AND {money}"))
            .unwrap();
        let sql = format!(
            "SELECT concat(kind, ' ', count(*), ' ', max(last_error)) AS line FROM job WHERE {money} GROUP BY kind
             UNION ALL SELECT 'attempts ' || count(*) FROM payment_attempt WHERE state = 'open' AND ask_at <= '{now}'
                       HAVING count(*) > 0
             UNION ALL SELECT 'refunds ' || count(*) FROM refund_attempt WHERE state IN ('requested', 'pending') AND ask_at <= '{now}'
                       HAVING count(*) > 0",
            now = self.clock.now(),
        );
        lines(&mut connection, &sql)
    }

    /// Every difference between what happened and what the portal says.
    pub fn differences(&mut self, payers: &BTreeSet<(Gateway, usize)>) -> Vec<String> {
        let books = self.books();
        let mut connection = self.portal.database();
        let mut found = books::differences(&mut connection, &books, &self.strays).unwrap();
        found.extend(self.unasked(&books, payers));
        found.extend(self.portal.verify());
        let dead =
            "SELECT concat('a dead job: ', kind, ' ', last_error) AS line FROM job WHERE state = 'dead'";
        found.extend(lines(&mut connection, dead));
        found
    }

    /// Money that the gateways have and nobody paid.
    fn unasked(&self, books: &[(Gateway, Book)], payers: &BTreeSet<(Gateway, usize)>) -> Vec<String> {
        let sql = "SELECT o.dossier_id || ' ' || a.gateway || ' ' || a.reference AS line
                     FROM payment_attempt a JOIN payment_order o ON o.id = a.order_id";
        let known = lines(&mut self.portal.database(), sql);
        let allowed: BTreeSet<String> = payers
            .iter()
            .map(|(gateway, fee)| format!("{} {}", self.fees[self.base + fee].dossier_id, gateway.name()))
            .collect();
        let earlier: BTreeSet<String> =
            self.fees[..self.base].iter().map(|fee| fee.dossier_id.to_string()).collect();
        let mut paid: BTreeSet<&str> = BTreeSet::new();
        books
            .iter()
            .for_each(|(_, book)| paid.extend(book.payments.iter().map(|taken| taken.reference.as_str())));
        let unasked = |line: &&String| {
            let (who, reference) = line.rsplit_once(' ').unwrap();
            let dossier = who.split(' ').next().unwrap();
            paid.contains(reference) && !allowed.contains(who) && !earlier.contains(dossier)
        };
        known.iter().filter(unasked).map(|line| format!("nobody paid {line}")).collect()
    }

    /// The line that says what was done, and that all is well.
    pub fn summary(&self) -> String {
        let sums = books::sums(&mut self.portal.database()).unwrap();
        assert_eq!((sums.paid_twice, sums.imbalance), (0, 0), "{sums:?}");
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Tally { callbacks, forged, replayed, wrong, kills } = &*self.tally;
        format!(
            "{} fees ({} settled, {} payments, {} refunds), {} callbacks, {} forged, {} replayed, {} wrong, \
             {} kills: paid twice = {}, imbalance = {} đồng, gateway book = our book",
            self.fees.len(),
            sums.settled,
            sums.payments,
            sums.refunds,
            count(callbacks),
            count(forged),
            count(replayed),
            count(wrong),
            count(kills),
            sums.paid_twice,
            sums.imbalance,
        )
    }
}

fn set_grace(portal: &mut Portal, grace: bool) {
    let names = ["MOTCUA_PAYMENT__PREVIOUS_KEY", "MOTCUA_VNPAY__PREVIOUS_KEY"];
    portal.settings.retain(|(name, _)| !names.contains(name));
    if grace {
        portal.settings.extend(names.map(|name| (name, PREVIOUS_KEY.to_owned())));
    }
}
