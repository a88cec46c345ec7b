//! A platform that gives money back as a test says: its answers in their order, and what it was
//! told, over real HTTP. Told the same refund again, it gives the same answer.
use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use motcua::national::payment_platform::{Partner, RefundMessage, RefundReply};
use motcua::payments::{SEND_REFUND, run_send_refund};
use serde_json::json;

use super::stage::Stage;
use crate::support::lines;

#[derive(Default)]
pub struct Bank {
    /// Answers to refunds that it has not heard of yet; SUCCESS when there are none.
    answers: Mutex<VecDeque<&'static str>>,
    /// The state of each refund, by its id.
    known: Mutex<HashMap<String, (&'static str, i64)>>,
    /// Answers to questions, before those that follow from the state; each comes late.
    told_later: Mutex<VecDeque<&'static str>>,
    /// So many answers are lost after the work was done.
    lost: Mutex<u32>,
}

impl Bank {
    /// A stage whose gateway it is.
    pub async fn with_stage() -> (Arc<Self>, Stage) {
        let bank = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stage = Stage::with(&format!("[payment]\ngateway_url = \"{url}\"\n")).await;
        let data = web::Data::from(bank.clone());
        let partner = web::Data::new(stage.partner.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(partner.clone())
                .route("/refund", web::post().to(give_back))
                .route("/refund/query", web::post().to(tell))
        });
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        (bank, stage)
    }

    pub fn answers(&self, words: &[&'static str]) {
        self.answers.lock().unwrap().extend(words);
    }

    pub fn tells_later(&self, words: &[&'static str]) {
        self.told_later.lock().unwrap().extend(words);
    }

    pub fn loses(&self, answers: u32) {
        *self.lost.lock().unwrap() = answers;
    }

    /// A refund that was under way ends.
    pub fn ends(&self, word: &'static str) {
        self.known.lock().unwrap().values_mut().for_each(|(state, _)| {
            if *state == "PENDING" {
                *state = word;
            }
        });
    }

    /// The amounts of all refunds that it was told, in đồng.
    pub fn told(&self) -> Vec<i64> {
        let mut told: Vec<i64> = self.known.lock().unwrap().values().map(|(_, amount)| *amount).collect();
        told.sort_unstable();
        told
    }

    /// What it gave back in all, in đồng.
    pub fn gave(&self) -> i64 {
        let known = self.known.lock().unwrap();
        known.values().filter(|(state, _)| *state == "SUCCESS").map(|(_, amount)| amount).sum()
    }
}

async fn give_back(
    bank: web::Data<Bank>,
    partner: web::Data<Partner>,
    message: web::Json<RefundMessage>,
) -> HttpResponse {
    assert!(message.is_authentic(&partner), "the order must be signed");
    let amount = message.amount.parse().unwrap();
    let next = || bank.answers.lock().unwrap().pop_front().unwrap_or("SUCCESS");
    let state = bank.known.lock().unwrap().entry(message.id.clone()).or_insert_with(|| (next(), amount)).0;
    let mut lost = bank.lost.lock().unwrap();
    if *lost > 0 {
        *lost -= 1;
        return HttpResponse::BadGateway().finish();
    }
    reply(&partner, &message.id, state)
}

async fn tell(
    bank: web::Data<Bank>,
    partner: web::Data<Partner>,
    message: web::Json<RefundMessage>,
) -> HttpResponse {
    let later = bank.told_later.lock().unwrap().pop_front();
    if later.is_some() {
        actix_web::rt::time::sleep(Duration::from_millis(200)).await;
    }
    let state = later.unwrap_or_else(|| bank.known.lock().unwrap()[&message.id].0);
    reply(&partner, &message.id, state)
}

fn reply(partner: &Partner, id: &str, state: &str) -> HttpResponse {
    let reply = RefundReply {
        error_code: "00".to_owned(),
        description: String::new(),
        partner: partner.code.clone(),
        id: id.to_owned(),
        state: state.to_owned(),
        digest: String::new(),
    };
    HttpResponse::Ok().json(reply.sign(partner))
}

impl Stage {
    /// Runs every refund job that was ever written, as a worker and its successors do.
    pub async fn send_refunds(&self) {
        let sql = format!(
            "SELECT payload->>'attempt_id' AS line FROM job WHERE kind = '{SEND_REFUND}' ORDER BY id"
        );
        for attempt in lines(&mut self.test_db.connect(), &sql) {
            // A lost answer: the job is run again.
            while run_send_refund(&self.db, &self.gateways, json!({ "attempt_id": attempt })).await.is_err() {
            }
        }
    }
}
