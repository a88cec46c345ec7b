//! The national payment platform as a service to play and test against.
//!
//! It keeps its orders in memory, shows a page where a person can pay, tells the portal by a
//! signed callback, and answers when it is asked. `PUT /payment/faults` sets what goes wrong.
//! A payment is made once; how the news of it travels is what the faults disturb.

mod deliver;
mod page;
mod refund;
mod settle;
mod treasury;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::Deserialize;
use serde_json::json;

use super::book::{Book, Given, State, Taken};
use super::gateway_faults::{self, Dial, Faults, deliver};
use crate::config::Config;
use crate::national::payment_platform::settlement::SettlementField;
use crate::national::payment_platform::{
    CURRENCY, Callback, Init, InitReply, OTHER_ERROR, Partner, REFERENCE_LIMIT, ReceiptQuery, RefundWord,
    SUCCESS, wire_time,
};

/// Where the portal takes callbacks.
const CALLBACK_PATH: &str = "/api/v1/payments/callbacks/national";

/// The platform's state, shared by its threads.
pub struct PaymentSimulator {
    partner: Partner,
    /// Address of this platform, as payers see it.
    base: String,
    /// The portal, where callbacks go and payers come back to.
    portal: String,
    http: reqwest::Client,
    /// By reference.
    orders: Mutex<HashMap<String, Held>>,
    /// References by the unguessable part of their pages' addresses.
    pages: Mutex<HashMap<String, String>>,
    dial: Dial,
    settlement_fields: Vec<SettlementField>,
    /// Response files in Base64, by day.
    responses: Mutex<HashMap<String, String>>,
}

/// An order as the platform holds it.
#[derive(Debug, Clone)]
struct Held {
    /// Unguessable part of the pay page's address.
    id: String,
    init: Init,
    /// `MaGiaoDich` and time of the payment, once made.
    paid: Option<(String, Timestamp)>,
    refunds: Vec<refund::HeldRefund>,
}

impl PaymentSimulator {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            partner: Partner::of(&config.payment),
            base: config.payment_gateway(),
            portal: config.public_url(),
            http: reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).build()?,
            orders: Mutex::default(),
            pages: Mutex::default(),
            dial: Dial::default(),
            settlement_fields: SettlementField::named(&config.payment.settlement_fields)?,
            responses: Mutex::default(),
        })
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn responses(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reference of a page.
    fn reference(&self, id: &str) -> Option<String> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn by_id(&self, id: &str) -> Option<Held> {
        let reference = self.reference(id)?;
        self.orders().get(&reference).cloned()
    }

    /// Makes the payment, once; paying again finds it made.
    fn pay(&self, id: &str) -> Option<Held> {
        let reference = self.reference(id)?;
        let mut orders = self.orders();
        let held = orders.get_mut(&reference)?;
        if held.paid.is_none() {
            held.paid = Some((format!("GD{}", random_word()), Timestamp::now()));
        }
        Some(held.clone())
    }

    /// Takes an order, or gives the one with this reference; `None` when it differs.
    fn take(&self, init: Init) -> Option<Held> {
        let mut orders = self.orders();
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let held = orders.entry(init.reference.clone()).or_insert_with(|| Held {
            id: random_word(),
            init: init.clone(),
            paid: None,
            refunds: Vec::new(),
        });
        pages.entry(held.id.clone()).or_insert_with(|| init.reference.clone());
        (held.init.amount == init.amount).then(|| held.clone())
    }

    /// What was paid and given back.
    fn book(&self) -> Book {
        let mut book = Book::default();
        for (reference, held) in self.orders().iter() {
            let Some((transaction, _)) = &held.paid else { continue };
            let amount = held.init.amount.parse().unwrap_or_default();
            let (reference, transaction) = (reference.clone(), transaction.clone());
            book.refunds.extend(held.refunds.iter().map(|refund| Given {
                reference: reference.clone(),
                id: refund.id.clone(),
                amount: refund.amount,
                state: match refund.state {
                    RefundWord::Success => State::Done,
                    RefundWord::Pending => State::UnderWay,
                    RefundWord::Failed => State::Failed,
                },
            }));
            book.payments.push(Taken { reference, transaction, amount });
        }
        book
    }

    /// The news of an order as the platform tells it: paid, or not.
    fn news(&self, reference: &str, held: Option<&Held>) -> Callback {
        let paid = held.and_then(|held| held.paid.as_ref());
        let (transaction, at) = paid.cloned().unwrap_or_else(|| (String::new(), Timestamp::now()));
        let at = at.checked_add(SignedDuration::from_secs(self.dial.faults().clock_skew)).unwrap_or(at);
        Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: if paid.is_some() { SUCCESS } else { OTHER_ERROR }.to_owned(),
            partner: self.partner.code.clone(),
            reference: reference.to_owned(),
            amount: held.map_or_else(|| "0".to_owned(), |held| held.init.amount.clone()),
            currency: CURRENCY.to_owned(),
            transaction,
            bank: "VIETINBANK".to_owned(),
            time: wire_time(at),
            information: held.map_or_else(String::new, |held| held.init.information.clone()),
            digest: String::new(),
        }
        .sign(&self.partner)
    }
}

/// The platform's routes; the service needs a `web::Data<PaymentSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/payment")
            .route("/init", web::post().to(open))
            .route("/receipt", web::post().to(receipt))
            .route("/pay/{id}", web::get().to(show))
            .route("/pay/{id}", web::post().to(pay))
            .route("/refund", web::post().to(refund::order))
            .route("/refund/query", web::post().to(refund::query))
            .route("/settlement", web::post().to(settle::file))
            .route("/settlement/response", web::post().to(settle::respond))
            .route("/settlement/{day}/response", web::get().to(settle::shown))
            .route("/treasury/{day}", web::get().to(treasury::statement))
            .route("/book", web::get().to(book))
            .route("/faults", web::get().to(gateway_faults::show::<PaymentSimulator>))
            .route("/faults", web::put().to(gateway_faults::set::<PaymentSimulator>)),
    );
}

/// Shows the book; no real gateway does.
async fn book(platform: web::Data<PaymentSimulator>) -> web::Json<Book> {
    web::Json(platform.book())
}

/// Opens a payment.
async fn open(platform: web::Data<PaymentSimulator>, init: web::Json<Init>) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    let (init, partner) = (init.into_inner(), &platform.partner);
    let reference = init.reference.clone();
    let refusal = refusal(&init, partner);
    let held = if refusal.is_none() { platform.take(init) } else { None };
    let (error_code, description, pay_url) = match (&held, refusal) {
        (Some(held), _) => (SUCCESS, "Thành công", format!("{}/pay/{}", platform.base, held.id)),
        (None, Some(why)) => (OTHER_ERROR, why, String::new()),
        (None, None) => (OTHER_ERROR, "Mã tham chiếu đã dùng cho số tiền khác", String::new()),
    };
    let reply = InitReply {
        error_code: error_code.to_owned(),
        description: description.to_owned(),
        partner: partner.code.clone(),
        reference,
        pay_url,
        digest: String::new(),
    };
    platform.dial.answered(HttpResponse::Ok().json(reply.sign(partner)))
}

/// Why an init message is refused.
fn refusal(init: &Init, partner: &Partner) -> Option<&'static str> {
    if !init.is_authentic(partner) || init.partner != partner.code {
        return Some("Sai mã xác thực");
    }
    if init.reference.is_empty() || init.reference.chars().count() > REFERENCE_LIMIT {
        return Some("Mã tham chiếu phải có từ 1 đến 20 ký tự");
    }
    let amount = init.amount.parse::<i64>().unwrap_or_default();
    let lines: i128 =
        init.receipt.lines.iter().filter_map(|line| line.amount.parse::<i64>().ok()).map(i128::from).sum();
    if amount <= 0 || (!init.receipt.lines.is_empty() && lines < i128::from(amount)) {
        return Some("Số tiền không hợp lệ");
    }
    None
}

/// Answers what became of an order: the fields and digest of a callback.
async fn receipt(platform: web::Data<PaymentSimulator>, query: web::Json<ReceiptQuery>) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    if !query.is_authentic(&platform.partner) {
        return HttpResponse::Forbidden().finish();
    }
    let held = platform.orders().get(&query.reference).cloned();
    let news = platform.news(&query.reference, held.as_ref()).to_json();
    platform.dial.answered(HttpResponse::Ok().json(news))
}

/// The pay page.
async fn show(platform: web::Data<PaymentSimulator>, id: web::Path<String>) -> HttpResponse {
    match platform.by_id(&id) {
        Some(held) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(page::render(&held, &platform.portal)),
        None => HttpResponse::NotFound().content_type("text/html; charset=utf-8").body(page::UNKNOWN),
    }
}

/// Form of the pay page; a script may leave it out.
#[derive(Debug, Deserialize)]
struct PayForm {
    /// "fail": the payer's bank refuses.
    #[serde(default)]
    result: String,
}

/// Pays, tells the portal, and sends the payer back to the page (a script gets JSON).
async fn pay(
    platform: web::Data<PaymentSimulator>,
    id: web::Path<String>,
    request: HttpRequest,
    form: Option<web::Form<PayForm>>,
) -> HttpResponse {
    let fails = form.is_some_and(|form| form.result == "fail");
    let held = if fails { platform.by_id(&id) } else { platform.pay(&id) };
    let Some(held) = held else {
        return HttpResponse::NotFound().content_type("text/html; charset=utf-8").body(page::UNKNOWN);
    };
    let news = platform.news(&held.init.reference, Some(&held));
    let faults = platform.dial.of_next_notice();
    let body = deliver::disturbed(&news, &faults, &platform.partner);
    let replies = deliver(&platform, body, &faults).await;
    let accepts = request.headers().get(ACCEPT).and_then(|h| h.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/json") {
        return HttpResponse::Ok().json(json!({
            "MaThamChieu": held.init.reference,
            "SoTien": held.init.amount,
            "MaGiaoDich": news.transaction,
            "replies": replies,
        }));
    }
    HttpResponse::SeeOther().insert_header((LOCATION, format!("{}/pay/{}", platform.base, held.id))).finish()
}

/// 80 random bits as 20 hex signs.
fn random_word() -> String {
    hex::encode(rand::rng().random::<[u8; 10]>())
}
