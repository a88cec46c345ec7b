//! The tax office and the treasury as a service to play and test against.
//!
//! It takes slips, determines what is owed (`determine`) within the time that the law gives it
//! (`pace`), tells the portal by notices, takes payments made elsewhere (eTax Mobile, bank) and
//! told by the portal, confirms when all is met or recorded as debt, and answers questions. What
//! it tells, it tells until it is acknowledged (`outbox`); `PUT /tax/faults` sets what goes wrong.
//!
//! `GET /tax/book` shows what is owed and paid, `GET /tax/treasury` what the treasury has,
//! `GET /tax/deliveries` how the messages fare, `/tax/console` lets a person do what an official does.
//! A notice that is replaced has its payments counted for the one in its place.

mod answers;
mod cases;
mod console;
mod determine;
mod faults;
mod outbox;
mod pace;
mod paper;
mod said;

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::civil::Date;
use serde_json::json;

use crate::clock::day_of;
use crate::config::{Config, Secret};
use crate::national::tax::{
    Acknowledgement, KEY_HEADER, Recall, SLIP, SUCCESS, Slip, UNREADABLE, json::LENGTH_LIMIT,
};

use cases::{Book, News};
use said::Said;

pub use determine::{Determined, determine};
pub use faults::Faults;
pub use pace::Pace;

/// The office's state, shared by its threads.
pub struct TaxSimulator {
    key: Secret<String>,
    /// By which the portal knows the office.
    inbound_key: Secret<String>,
    portal: String,
    http: reqwest::Client,
    book: Mutex<Book>,
    pace: Mutex<Pace>,
    dial: faults::Dial,
    outbox: outbox::Outbox,
}

impl TaxSimulator {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            key: config.tax_office.key.clone(),
            inbound_key: config.tax_office.inbound_key.clone(),
            portal: config.public_url(),
            http: reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).build()?,
            book: Mutex::default(),
            pace: Mutex::default(),
            dial: faults::Dial::default(),
            outbox: outbox::Outbox::default(),
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn today(&self) -> Date {
        day_of(self.pace().now())
    }

    /// What a request of the portal is answered with before it is read: a fault of the dial, or
    /// that its key is none.
    async fn door(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let broken = self.dial.disturb().await;
        let known = super::header(request, KEY_HEADER) == self.key.expose();
        broken.or_else(|| (!known).then(|| HttpResponse::Unauthorized().finish()))
    }

    /// Puts news into messages; the book is not let go between the fact and its message.
    fn tell(&self, book: &mut Book, code: &str, news: Vec<News>) {
        let confirmation = book.confirmation(code);
        for news in news.into_iter().chain(confirmation) {
            let id = self.outbox.next_id(&self.today().strftime("%Y%m").to_string());
            if let Some(said) = Said::of(book, code, &news, &id) {
                self.outbox.say(id, code, said, self.dial.of_next_message());
            }
        }
    }

    /// Issues what is due; of one dossier, everything.
    fn issue(&self, only: Option<&str>) -> usize {
        let mut book = self.book();
        let told = book.work(&self.pace(), only);
        let count = told.len();
        for (code, news) in told {
            self.tell(&mut book, &code, vec![news]);
        }
        // A slip by which nothing is owed has no notice, only this.
        for code in book.settled() {
            self.tell(&mut book, &code, Vec::new());
        }
        count
    }

    fn has_work(&self) -> bool {
        self.outbox.waiting() > 0 || self.book().is_busy()
    }
}

/// The office's routes; the service needs a `web::Data<TaxSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/tax")
            .app_data(web::PayloadConfig::new(LENGTH_LIMIT))
            .route("/slips", web::get().to(list))
            .route("/slips", web::post().to(take))
            .route("/slips/recall", web::post().to(recall))
            .route("/obligations", web::post().to(answers::obligations))
            .route("/payments", web::post().to(answers::reported))
            .route("/etax", web::post().to(answers::paid_elsewhere))
            .route("/book", web::post().to(answers::query))
            .route("/book", web::get().to(answers::book))
            .route("/treasury", web::get().to(answers::treasury))
            .route("/deliveries", web::get().to(answers::deliveries))
            .route("/work", web::post().to(work))
            .route("/clock", web::get().to(clock))
            .route("/clock", web::put().to(set_clock))
            .route("/notices", web::post().to(console::issue))
            .route("/notices/replace", web::post().to(console::replace))
            .route("/notices/cancel", web::post().to(console::cancel))
            .route("/notices/record", web::post().to(console::record))
            .route("/console", web::get().to(console::show))
            .route("/faults", web::get().to(faults::show))
            .route("/faults", web::put().to(faults::set)),
    );
}

/// Takes a slip and acknowledges it.
async fn take(office: web::Data<TaxSimulator>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if let Some(refusal) = office.door(&request).await {
        return refusal;
    }
    let slip = match Slip::read(&body) {
        Ok(slip) => slip,
        Err(unreadable) => return refused("", &unreadable.description()),
    };
    let code = slip.dossier_code.clone();
    if !is_usable(&slip) {
        return refused(&code, "Phiếu chuyển thông tin thiếu nội dung bắt buộc");
    }
    let faults = office.dial.faults();
    let taken = {
        let mut book = office.book();
        let taken = book.take(slip, &office.pace(), faults.late_days);
        taken.map(|(place, news)| {
            if !news.is_empty() {
                office.tell(&mut book, &code, news);
            }
            place
        })
    };
    let place = match taken {
        Ok(place) => place,
        Err(why) => return refused(&code, why),
    };
    if faults.early {
        office.issue(Some(&code));
        outbox::deliver(&office, true).await;
    }
    outbox::start(&office);
    acknowledged(code, format!("PCTT{place:07}"))
}

/// Takes a slip back.
async fn recall(office: web::Data<TaxSimulator>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if let Some(refusal) = office.door(&request).await {
        return refusal;
    }
    let recall = match Recall::read(&body) {
        Ok(recall) => recall,
        Err(unreadable) => return refused("", &unreadable.description()),
    };
    let code = recall.dossier_code;
    let goes_on = office.dial.faults().after_cancellation;
    let recalled = {
        let mut book = office.book();
        let recalled = book.recall(&code, &recall.slip, goes_on);
        recalled.map(|news| news.map(|news| office.tell(&mut book, &code, news)))
    };
    match recalled {
        Err(why) => return refused(&code, why),
        Ok(Some(())) if goes_on => office.outbox.say_again(&code),
        Ok(_) => {}
    }
    outbox::start(&office);
    acknowledged(code, format!("TH-{}", recall.slip))
}

fn acknowledged(dossier_code: String, reference: String) -> HttpResponse {
    let error_code = SUCCESS.to_owned();
    HttpResponse::Ok().json(Acknowledgement {
        error_code,
        error_text: String::new(),
        reference,
        dossier_code,
    })
}

fn refused(dossier_code: &str, why: &str) -> HttpResponse {
    HttpResponse::Ok().json(Acknowledgement {
        error_code: UNREADABLE.to_owned(),
        error_text: why.to_owned(),
        reference: String::new(),
        dossier_code: dossier_code.to_owned(),
    })
}

/// Whether the office could begin to work with it.
fn is_usable(slip: &Slip) -> bool {
    let texts = [&slip.id, &slip.dossier_code, &slip.number, &slip.parcel.number, &slip.parcel.map_sheet];
    slip.kind == SLIP
        && texts.iter().all(|text| !text.is_empty())
        && slip.land_users.iter().any(|user| !user.name.is_empty())
        && slip.parcel.area > 0.0
}

async fn list(office: web::Data<TaxSimulator>) -> web::Json<serde_json::Value> {
    web::Json(json!({ "slips": office.book().slips }))
}

/// Issues what is due and sends what waits, once, without the waits between.
async fn work(office: web::Data<TaxSimulator>) -> web::Json<serde_json::Value> {
    let issued = office.issue(None);
    let sent = outbox::deliver(&office, true).await;
    let (waiting, busy) = (office.outbox.waiting(), office.book().is_busy());
    web::Json(json!({ "issued": issued, "sent": sent, "waiting": waiting, "determining": busy }))
}

async fn clock(office: web::Data<TaxSimulator>) -> web::Json<Pace> {
    web::Json(office.pace())
}

/// Sets clock and pace; slips that are there already keep the time that they were given.
async fn set_clock(office: web::Data<TaxSimulator>, pace: web::Json<Pace>) -> web::Json<Pace> {
    *office.pace.lock().unwrap_or_else(PoisonError::into_inner) = *pace;
    outbox::start(&office);
    web::Json(office.pace())
}
