//! The stage of all of it: portal, simulators, people and their dossiers, round after round.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::TcpListener;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use motcua::app;
use motcua::auth::session::Subject;
use motcua::dossiers::jobs::TAX_SLIP;
use motcua::national::tax::Standing;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::stage::{Land, Person, answers};
use crate::national::stage::LEADER;

/// Days that are lived before all is brought to an end.
const ROUNDS: usize = 24;

/// What goes wrong, in turn.
fn settings() -> [Value; 16] {
    [
        json!({ "lost": 2, "spared": 0.3 }),
        json!({ "lose_answers": 2, "spared": 0.3 }),
        json!({ "twice": 3 }),
        json!({ "reorder": 3 }),
        json!({ "early": true }),
        json!({ "early": true, "lose_answers": 1, "twice": 1 }),
        json!({ "after_cancellation": true }),
        json!({ "wrong_taxpayer": true, "unknown_dossier": true, "wrong_key": true }),
        json!({ "truncated": true, "entity_bomb": true }),
        json!({ "huge": true, "spared": 0.6 }),
        json!({}),
        json!({ "down": true }),
        json!({ "reorder": 8, "twice": 1, "lose_answers": 1 }),
        json!({ "slow_ms": 5, "lost": 1 }),
        json!({ "late_days": 2, "after_cancellation": true, "lost": 1 }),
        json!({ "lost": 3, "reorder": 4, "wrong_taxpayer": true, "spared": 0.2 }),
    ]
}

/// What was counted, by its name.
#[derive(Default)]
pub struct Tally(BTreeMap<String, i64>);

impl Tally {
    pub fn add(&mut self, what: &str, count: i64) {
        *self.0.entry(what.to_owned()).or_default() += count;
    }

    pub fn plus(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.add(what, *count));
    }

    pub fn of(&self, what: &str) -> i64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(|(what, count)| format!("{what} {count}")).collect();
        f.write_str(&told.join(", "))
    }
}

/// A dossier.
pub struct Life {
    pub id: Uuid,
    pub code: String,
    pub parties: Vec<Person>,
    pub recalled: bool,
    /// Pages of the payment platform on which nobody has paid yet.
    pub pages: BTreeSet<String>,
}

/// A line of the office's book.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    pub dossier: String,
    pub notice: String,
    pub instalment: i16,
    pub taxpayer: String,
    pub item: String,
    pub stands: bool,
    pub replaces: Option<String>,
    pub recorded: bool,
    pub owed: i64,
    pub paid: i64,
}

impl Line {
    pub fn open(&self) -> i64 {
        (self.owed - self.paid).max(0)
    }
}

/// The office's book.
#[derive(Debug, Deserialize)]
pub struct Book {
    pub lines: Vec<Line>,
    pub standing: BTreeMap<String, Option<Standing>>,
}

impl Book {
    pub fn standing_lines(&self, code: &str) -> Vec<Line> {
        self.lines.iter().filter(|line| line.dossier == code && line.stands).cloned().collect()
    }

    pub fn is_settled(&self, code: &str) -> bool {
        matches!(self.standing.get(code), Some(Some(Standing::Met | Standing::Recorded)))
    }
}

pub struct World {
    pub land: Land,
    pub lives: Vec<Life>,
    pub people: Vec<Person>,
    pub dice: StdRng,
    pub tally: Tally,
    pub leader: String,
    /// Each request on a connection of its own: one that rests while the day goes on is closed.
    pub http: reqwest::Client,
    tokens: BTreeMap<String, String>,
    portal: ServerHandle,
}

impl World {
    pub async fn new(seed: u64, count: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let land = Land::with(&format!("public_url = \"http://127.0.0.1:{port}\"\n")).await;
        let served = land.stage.app.clone();
        let server = HttpServer::new(move || app::service(served.clone())).workers(2).disable_signals();
        let server = server.listen(listener).unwrap().run();
        let portal = server.handle();
        actix_web::rt::spawn(server);
        let person = |at: usize| Person {
            number: format!("02207{at:02}{:05}", seed % 100_000),
            name: format!("Người Mẫu Số {at}"),
        };
        let people: Vec<Person> = (0..12).map(person).collect();
        let leader = land.token(Subject::Staff(LEADER), 0);
        let (dice, tally) = (StdRng::seed_from_u64(seed), Tally::default());
        let (lives, tokens) = (Vec::new(), BTreeMap::new());
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let mut world = Self { land, lives, people, dice, tally, leader, http, tokens, portal };
        world.lives = (0..count).map(|_| world.born()).collect();
        world
    }

    /// A dossier of one to three land users, all taken from a few people.
    fn born(&mut self) -> Life {
        let mut answers = answers();
        let count = self.dice.random_range(1..=3);
        let parties: Vec<Person> = self.people.choose_multiple(&mut self.dice, count).cloned().collect();
        let parts: &[&str] = match count {
            1 => &["requester"],
            2 => &["transferor", "transferee"],
            _ => &["transferor", "transferee", "requester"],
        };
        for part in ["requester", "transferor", "transferee"] {
            answers.as_object_mut().unwrap().remove(part);
        }
        for (part, person) in parts.iter().zip(&parties) {
            answers[*part] = json!({ "full_name": person.name, "id_number": person.number });
        }
        answers["contract_value"] = self.dice.random_range(0..4_000_000_000_i64).into();
        answers["debt_request"] = self.dice.random_bool(0.2).into();
        let id = self.land.unsent_with(&answers);
        Life { id, code: self.land.code(id), parties, recalled: false, pages: BTreeSet::new() }
    }

    pub fn token(&mut self, person: &Person) -> String {
        if let Some(token) = self.tokens.get(&person.number) {
            return token.clone();
        }
        let token = self.land.citizen(person);
        self.tokens.insert(person.number.clone(), token.clone());
        token
    }

    /// The days: on each another fault, some slips, and for many a dossier a deed.
    pub async fn live(&mut self) {
        let settings = settings();
        for round in 0..ROUNDS {
            self.dawn(round, settings[round % settings.len()].clone()).await;
            for at in (0..self.lives.len()).filter(|at| at % settings.len() == round) {
                self.land.stage.event(self.lives[at].id, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
            }
            let book = self.book().await;
            for at in 0..self.lives.len() {
                if self.dice.random_bool(0.7) {
                    self.act(at, &book).await;
                }
            }
            self.work().await;
            self.observe().await;
        }
    }

    /// The next morning at the office, with what will go wrong.
    async fn dawn(&mut self, round: usize, mut faults: Value) {
        let now = jiff::civil::date(2026, 10, 5).saturating_add(jiff::Span::new().days(round as i64));
        let now = format!("{now}T09:00:00+07:00");
        faults["seed"] = json!(round);
        self.put("/tax/clock", json!({ "now": now, "by_hand": true })).await;
        self.put("/tax/faults", faults).await;
    }

    /// What waits at both sides is worked off as far as the day lets it.
    pub async fn work(&mut self) {
        self.land.stage.work().await;
        for _ in 0..2 {
            self.office("/work", json!({})).await;
            self.land.stage.wake();
            self.land.stage.work().await;
        }
        for line in self.land.stage.lines(
            "SELECT d.code || ' ' || a.page AS line FROM payment_attempt a JOIN payment_order o ON o.id = a.order_id
               JOIN claim c ON c.id = o.claim_id JOIN dossier d ON d.id = c.dossier_id
              WHERE a.page IS NOT NULL AND o.state = 'open'",
        ) {
            let (code, page) = line.split_once(' ').unwrap();
            let life = self.lives.iter_mut().find(|life| life.code == code).unwrap();
            life.pages.insert(page.to_owned());
        }
    }

    /// Nothing goes wrong any more, and everybody pays what is open.
    pub async fn come_to_an_end(&mut self) {
        for round in ROUNDS + 60..ROUNDS + 160 {
            self.dawn(round, json!({})).await;
            let book = self.book().await;
            for at in 0..self.lives.len() {
                self.pay_what_is_open(at, &book).await;
            }
            self.work().await;
            self.observe().await;
            let waits = self.land.stage.lines("SELECT kind AS line FROM job WHERE state <> 'done'");
            let told = self.office("/work", json!({})).await;
            let open = self.book().await.lines.iter().any(|line| line.open() > 0 && !line.recorded);
            if waits.is_empty() && told["waiting"] == 0 && told["determining"] == false && !open {
                return;
            }
        }
        let jobs = self.land.stage.lines(
            "SELECT kind || ' ' || state || ' ' || coalesce(last_error, '') AS line FROM job WHERE state <> 'done'",
        );
        panic!("not done: {jobs:?} {}", self.shown("/tax/deliveries").await);
    }

    pub async fn book(&self) -> Book {
        serde_json::from_value(self.shown("/tax/book").await).unwrap()
    }

    /// What a simulator shows.
    pub async fn shown(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.land.stage.simulators);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Asks the office for something; `Null` where it refuses.
    pub async fn office(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/tax{path}", self.land.stage.simulators);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        if answer.status() == 200 { answer.json().await.unwrap() } else { Value::Null }
    }

    async fn put(&self, path: &str, body: Value) {
        let url = format!("{}{path}", self.land.stage.simulators);
        let answer = self.http.put(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path} {body}");
    }

    /// Nothing has gone on to the certificate while the office's book has something open: of what
    /// was paid here the office may not have heard yet.
    async fn observe(&mut self) {
        let book = self.book().await;
        let released = self.released();
        let untold: Vec<(String, i64)> = self
            .land
            .stage
            .lines(
                "SELECT d.code || ' ' || sum(e.amount) AS line FROM land_tax_report r
                   JOIN claim_entry e ON e.id = r.entry_id AND e.kind = 'order'
                   JOIN land_tax_notice n ON n.id = r.notice_id JOIN dossier d ON d.id = n.dossier_id
                  WHERE r.reported_at IS NULL GROUP BY d.code",
            )
            .iter()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(code, amount)| (code.to_owned(), amount.parse().unwrap()))
            .collect();
        for code in &released {
            let lines = book.standing_lines(code);
            let open: i64 = lines.iter().filter(|line| !line.recorded).map(Line::open).sum();
            let untold: i64 = untold.iter().filter(|(of, _)| of == code).map(|(_, amount)| amount).sum();
            assert!(open <= untold, "{code} was released, and {open} đồng are open: {lines:?}");
        }
        self.tally.add("observations", 1);
    }

    /// The dossiers beyond the payment of the taxes.
    pub fn released(&self) -> Vec<String> {
        self.land.stage.lines(
            "SELECT code AS line FROM dossier
              WHERE NOT marking && ARRAY['at_tax', 'await_tax_payment'] ORDER BY 1",
        )
    }

    pub async fn close(self) {
        self.portal.stop(false).await;
    }
}
