//! What the office has said and the portal has not acknowledged yet.
//!
//! A message keeps its id however often it is sent; a dossier's messages go in their order, each
//! after the one before was acknowledged, unless the dial says otherwise. The waits between are
//! skipped by `POST /tax/work`. What the portal refuses five times is left to a person.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::iter;
use serde_json::{Value, json};

use super::TaxSimulator;
use super::faults::Faults;
use super::said::{Said, envelope};
use crate::config::Secret;
use crate::national::tax::{
    IMPORT_NOTICES, IMPORT_OBLIGATIONS, IMPORT_PAYMENT, INBOUND, LATER, Notices, Reply,
};

/// Waits before a message that was not acknowledged is sent again, in seconds; then the last.
const RETRIES: [u64; 4] = [1, 5, 30, 120];
/// How often the office looks up from its desk.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Refusals after which a person must look: a message that the portal cannot use stays unusable.
const REFUSALS: u32 = 5;
/// Messages on their way at the same time, each of another dossier.
const AT_ONCE: usize = 8;

/// A message and how it fares.
struct Outgoing {
    id: String,
    dossier: String,
    said: Said,
    faults: Faults,
    attempts: u32,
    /// Answers that were lost on the way back.
    answers_lost: u32,
    not_before: Instant,
    under_way: bool,
    accepted: bool,
    /// Attempts that the portal refused for good.
    refusals: u32,
    /// The portal does not know this kind of message, or refused it too often.
    given_up: bool,
    /// What the portal said last.
    last: String,
    /// What went before it that should not have: what, and the portal's answer.
    strays: Vec<(&'static str, String)>,
}

/// All messages, in the order in which they were said.
#[derive(Default)]
pub(super) struct Outbox {
    messages: Mutex<Vec<Outgoing>>,
    awake: AtomicBool,
}

impl Outbox {
    fn messages(&self) -> MutexGuard<'_, Vec<Outgoing>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the next message.
    pub(super) fn next_id(&self, prefix: &str) -> String {
        format!("GIP{prefix}{:08}", self.messages().len() + 1)
    }

    pub(super) fn say(&self, id: String, dossier: &str, said: Said, faults: Faults) {
        self.messages().push(Outgoing {
            id,
            dossier: dossier.to_owned(),
            said,
            faults,
            attempts: 0,
            answers_lost: 0,
            not_before: Instant::now(),
            under_way: false,
            accepted: false,
            refusals: 0,
            given_up: false,
            last: String::new(),
            strays: Vec::new(),
        });
    }

    /// Says the notices of a dossier once more, after all that was said since.
    pub(super) fn say_again(&self, dossier: &str) {
        let is_notice = |message: &&Outgoing| {
            message.dossier == dossier && matches!(&message.said, Said::Notices(n) if is_new(n))
        };
        let again: Vec<(String, Said)> =
            self.messages().iter().filter(is_notice).map(|m| (m.id.clone(), m.said.clone())).collect();
        for (id, said) in again {
            self.say(id, dossier, said, Faults::default());
        }
    }

    /// How many wait for their acknowledgement.
    pub(super) fn waiting(&self) -> usize {
        self.messages().iter().filter(|message| message.is_open()).count()
    }

    pub(super) fn shown(&self) -> Value {
        let shown = |message: &Outgoing| {
            let stray = |(what, answer): &(&str, String)| json!({ "what": what, "answer": answer });
            json!({ "id": message.id, "dossier": message.dossier, "operation": message.operation(),
                    "attempts": message.attempts, "accepted": message.accepted, "given_up": message.given_up,
                    "last": message.last, "strays": message.strays.iter().map(stray).collect::<Vec<_>>() })
        };
        Value::Array(self.messages().iter().map(shown).collect())
    }

    /// The places of what is to be sent now; they are under way from here on.
    fn due(&self, at_once: bool, reorder: u32) -> Vec<usize> {
        let mut messages = self.messages();
        let open = messages.iter().filter(|message| message.is_open()).count();
        if open < reorder as usize {
            return Vec::new();
        }
        let (mut due, mut seen) = (Vec::new(), Vec::new());
        for (place, message) in messages.iter().enumerate().filter(|(_, message)| message.is_open()) {
            let first = reorder > 1 || !seen.contains(&message.dossier);
            seen.push(message.dossier.clone());
            if first && !message.under_way && (at_once || message.not_before <= Instant::now()) {
                due.push(place);
            }
        }
        for place in &due {
            messages[*place].under_way = true;
        }
        if reorder > 1 {
            due.reverse();
        }
        due
    }
}

fn is_new(notices: &Notices) -> bool {
    notices.rows.iter().any(|row| row.kind() != crate::national::tax::NoticeKind::Cancelled)
}

impl Outgoing {
    fn is_open(&self) -> bool {
        !self.accepted && !self.given_up
    }

    fn operation(&self) -> &'static str {
        match self.said {
            Said::Notices(_) => IMPORT_NOTICES,
            Said::Payment(_) => IMPORT_PAYMENT,
            Said::Obligations(_) => IMPORT_OBLIGATIONS,
        }
    }
}

/// Sends what is due, each dossier's first; gives how many were sent.
pub(super) async fn deliver(office: &web::Data<TaxSimulator>, at_once: bool) -> usize {
    let Faults { down, reorder, .. } = office.dial.faults();
    if down {
        return 0;
    }
    let due = office.outbox.due(at_once, reorder);
    let (count, width) = (due.len(), if reorder > 1 { 1 } else { AT_ONCE });
    iter(due).map(|place| send(office, place)).buffer_unordered(width).collect::<Vec<()>>().await;
    count
}

/// One attempt at one message.
async fn send(office: &web::Data<TaxSimulator>, place: usize) {
    let (id, said, faults, attempts, answers_lost, operation) = {
        let messages = office.outbox.messages();
        let message = &messages[place];
        let (said, faults) = (message.said.clone(), message.faults.clone());
        (message.id.clone(), said, faults, message.attempts, message.answers_lost, message.operation())
    };
    if faults.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    }
    let body = said.body(&office.inbound_key, &id);
    let mut strays = Vec::new();
    if attempts == 0 {
        for (what, stray) in false_copies(&said, &body, &id, &faults, &office.inbound_key) {
            strays.push((what, post(office, operation, stray).await.1));
        }
    }
    let lost = attempts < faults.lost;
    let answers = if lost {
        Vec::new()
    } else {
        join_all((0..=faults.twice).map(|_| post(office, operation, body.clone()))).await
    };
    let answer_lost = !lost && answers_lost < faults.lose_answers;
    let mut messages = office.outbox.messages();
    let message = &mut messages[place];
    message.attempts += 1;
    message.answers_lost += u32::from(answer_lost);
    let accepted = answers.iter().any(|(verdict, _)| *verdict == Verdict::Accepted);
    message.accepted = !answer_lost && accepted;
    let is = |verdict| answers.iter().any(|(found, _)| *found == verdict);
    message.refusals += u32::from(is(Verdict::Refused));
    message.given_up = is(Verdict::NoSuchOperation) || message.refusals >= REFUSALS;
    message.last = answers.last().map(|(_, text)| text.clone()).unwrap_or_default();
    message.strays.extend(strays);
    message.under_way = false;
    let wait = RETRIES[(attempts as usize).min(RETRIES.len() - 1)];
    message.not_before = Instant::now() + Duration::from_secs(wait);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    NoSuchOperation,
    /// The portal read it and says no.
    Refused,
    /// Nobody was there, or it is to come again.
    Later,
}

/// Sends a body to the portal: what became of it, and the words.
async fn post(office: &TaxSimulator, operation: &str, body: String) -> (Verdict, String) {
    let url = format!("{}{INBOUND}/{operation}", office.portal);
    let sent = office.http.post(url).header("Content-Type", "application/json").body(body).send().await;
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => return (Verdict::Later, error.without_url().to_string()),
    };
    let status = answer.status();
    match answer.json::<Reply>().await {
        Ok(reply) if status.is_success() && reply.is_accepted() => (Verdict::Accepted, reply.error_code),
        Ok(reply) => {
            let later = reply.error_code == LATER || status.is_server_error();
            let verdict = if later { Verdict::Later } else { Verdict::Refused };
            (verdict, format!("{} {}", reply.error_code, reply.error_text))
        }
        // The confirmation is a message of ours: a portal that does not take it may ask instead.
        Err(_) if operation == IMPORT_OBLIGATIONS && status == 404 => {
            (Verdict::NoSuchOperation, status.to_string())
        }
        Err(_) => (Verdict::Later, status.to_string()),
    }
}

/// What goes before a message that should never be taken.
fn false_copies(
    said: &Said,
    body: &str,
    id: &str,
    faults: &Faults,
    key: &Secret<String>,
) -> Vec<(&'static str, String)> {
    let mut copies = Vec::new();
    let mut copy = |wanted: bool, what: &'static str, make: &dyn Fn() -> String| {
        if wanted {
            copies.push((what, make()));
        }
    };
    let stray = format!("{id}X");
    copy(faults.wrong_key, "wrong_key", &|| said.body(&Secret::new("another key".to_owned()), id));
    copy(faults.unknown_dossier, "unknown_dossier", &|| {
        altered(said, |code, _| code.push_str("-KHAC")).body(key, &stray)
    });
    copy(faults.wrong_taxpayer, "wrong_taxpayer", &|| {
        altered(said, |_, number| "001099999999".clone_into(number)).body(key, &stray)
    });
    copy(faults.truncated, "truncated", &|| body[..body.floor_char_boundary(body.len() / 2)].to_owned());
    copy(faults.huge, "huge", &|| body.replacen('{', &format!("{{\"Rac\":\"{}\",", "x".repeat(10 << 20)), 1));
    if let (true, Said::Notices(notices)) = (faults.entity_bomb, said) {
        let laughs: String = (1..10)
            .map(|at| format!("<!ENTITY l{at} \"{}\">", format!("&l{};", at - 1).repeat(10)))
            .collect();
        let bomb = format!("<!DOCTYPE DATA [<!ENTITY l0 \"ha\">{laughs}]><DATA>&l9;</DATA>");
        copies.push(("entity_bomb", envelope(notices.clone(), key).around(bomb.as_bytes())));
    }
    copies
}

/// The same message with other keys: dossier code and tax number.
fn altered(said: &Said, change: impl Fn(&mut String, &mut String)) -> Said {
    let mut said = said.clone();
    let other_id = |id: &mut Option<String>| *id = id.as_ref().map(|id| format!("{id}X"));
    match &mut said {
        Said::Notices(notices) => {
            other_id(&mut notices.message_id);
            for row in &mut notices.rows {
                change(&mut notices.dossier_code, &mut row.tax_number);
                row.number = Some(row.tax_number.clone());
            }
        }
        Said::Payment(document) => {
            other_id(&mut document.message_id);
            change(&mut document.dossier_code, &mut document.tax_number);
        }
        Said::Obligations(told) => {
            let code = told.dossier_code.clone();
            change(&mut told.dossier_code, &mut String::new());
            for one in &mut told.confirmations {
                change(&mut code.clone(), &mut one.tax_number);
            }
        }
    }
    said
}

/// Wakes the office: it works in the background until nothing is left to do.
pub(super) fn start(office: &web::Data<TaxSimulator>) {
    if office.pace().by_hand || office.outbox.awake.swap(true, Ordering::SeqCst) {
        return;
    }
    let office = office.clone();
    actix_web::rt::spawn(async move {
        while !office.pace().by_hand && office.has_work() {
            office.issue(None);
            deliver(&office, false).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
        office.outbox.awake.store(false, Ordering::SeqCst);
        if office.has_work() {
            start(&office);
        }
    });
}
