//! VNPAY as a service to play and test against: its page, its notice (IPN), its questions and
//! refunds. `PUT /vnpay/faults` sets what goes wrong.

mod api;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::{Book, Given, State, Taken};
use super::gateway_faults::{self, Dial, Faults, Teller, deliver};
use crate::config::{Config, Secret};
use crate::national::wire_time;
use crate::payments::gateway::vnpay::wire::{Merchant, Query, dong, hundredfold};

/// Where the portal takes notices.
const NOTICE_PATH: &str = "/api/v1/payments/callbacks/vnpay";

/// VNPAY's state, shared by its threads.
pub struct VnpaySimulator {
    merchant: Merchant,
    /// Address of VNPAY, as payers see it.
    base: String,
    portal: String,
    http: reqwest::Client,
    orders: Mutex<HashMap<String, Held>>,
    /// The last `vnp_TransactionNo`: no two payments have one.
    last_number: AtomicU32,
    dial: Dial,
}

/// A payment as VNPAY holds it.
#[derive(Debug, Clone)]
struct Held {
    /// Đồng.
    amount: i64,
    info: String,
    return_url: String,
    /// `vnp_CreateDate`, as later questions name it.
    created: String,
    outcome: Outcome,
    /// Ids, amounts and states (`vnp_TransactionStatus`) of refunds.
    refunds: Vec<(String, i64, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Open,
    /// The payer's bank refused, and the payment is over.
    Refused,
    /// `vnp_TransactionNo` and when.
    Paid(String, Timestamp),
}

impl VnpaySimulator {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            merchant: Merchant::of(config),
            base: config.vnpay_url(),
            portal: config.public_url(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?,
            orders: Mutex::default(),
            last_number: AtomicU32::new(rand::rng().random_range(10_000_000..50_000_000)),
            dial: Dial::default(),
        })
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the payment, or lets it fail, once.
    fn decide(&self, reference: &str, fails: bool) -> Option<Held> {
        let mut orders = self.orders();
        let held = orders.get_mut(reference)?;
        if held.outcome == Outcome::Open {
            let number = (self.last_number.fetch_add(1, Ordering::Relaxed) + 1).to_string();
            held.outcome = if fails { Outcome::Refused } else { Outcome::Paid(number, Timestamp::now()) };
        }
        Some(held.clone())
    }

    /// What was paid and given back.
    fn book(&self) -> Book {
        let mut book = Book::default();
        for (reference, held) in self.orders().iter() {
            let Outcome::Paid(number, _) = &held.outcome else { continue };
            book.refunds.extend(held.refunds.iter().map(|(id, amount, state)| Given {
                reference: reference.clone(),
                id: id.clone(),
                amount: *amount,
                state: match state.as_str() {
                    "00" => State::Done,
                    "09" => State::Failed,
                    _ => State::UnderWay,
                },
            }));
            let (reference, transaction) = (reference.clone(), number.clone());
            book.payments.push(Taken { reference, transaction, amount: held.amount });
        }
        book
    }

    /// What is told of a payment, by notice and by the payer's browser.
    fn news(&self, reference: &str, held: &Held, faults: &Faults) -> BTreeMap<&'static str, String> {
        let (code, transaction, at) = match &held.outcome {
            Outcome::Paid(number, at) => ("00", number.clone(), *at),
            _ => ("24", "0".to_owned(), Timestamp::now()),
        };
        let at = at.checked_add(SignedDuration::from_secs(faults.clock_skew)).unwrap_or(at);
        let merchant = if faults.other_partner { "KHAC0001" } else { &self.merchant.code };
        let mut news = BTreeMap::from([
            ("vnp_TmnCode", merchant.to_owned()),
            ("vnp_Amount", hundredfold(held.amount.saturating_add(faults.wrong_amount))),
            ("vnp_BankCode", "NCB".to_owned()),
            ("vnp_BankTranNo", format!("VNP{transaction}")),
            ("vnp_CardType", "ATM".to_owned()),
            ("vnp_PayDate", wire_time(at)),
            ("vnp_OrderInfo", held.info.clone()),
            ("vnp_TransactionNo", transaction),
            ("vnp_ResponseCode", code.to_owned()),
            ("vnp_TransactionStatus", if code == "00" { "00" } else { "02" }.to_owned()),
            ("vnp_TxnRef", reference.to_owned()),
        ]);
        if faults.other_currency {
            news.insert("vnp_CurrCode", "USD".to_owned());
        }
        news
    }

    /// The query string that leaves VNPAY.
    fn disturbed(&self, news: &BTreeMap<&'static str, String>, faults: &Faults) -> String {
        let stranger =
            Merchant { code: self.merchant.code.clone(), key: Secret::new("another key".to_owned()) };
        let query = if faults.forged { stranger.query(news) } else { self.merchant.query(news) };
        if faults.altered { query.replace("vnp_BankCode=NCB", "vnp_BankCode=NCX") } else { query }
    }
}

impl Teller for VnpaySimulator {
    fn dial(&self) -> &Dial {
        &self.dial
    }

    fn send<'a>(&'a self, notice: &'a str) -> BoxFuture<'a, (bool, Value)> {
        let request = self.http.get(format!("{}{NOTICE_PATH}?{notice}", self.portal));
        async move {
            let answered = async { request.send().await?.json::<Value>().await };
            match answered.await {
                Err(error) => (false, json!({ "error": error.to_string() })),
                Ok(reply) => (["00", "02"].map(Value::from).contains(&reply["RspCode"]), reply),
            }
        }
        .boxed()
    }
}

/// VNPAY's routes; the service needs a `web::Data<VnpaySimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/vnpay")
            .route("/paymentv2/vpcpay.html", web::get().to(show))
            .route("/paymentv2/pay/{reference}", web::post().to(pay))
            .route("/merchant_webapi/api/transaction", web::post().to(api::answer))
            .route("/book", web::get().to(book))
            .route("/faults", web::get().to(gateway_faults::show::<VnpaySimulator>))
            .route("/faults", web::put().to(gateway_faults::set::<VnpaySimulator>)),
    );
}

/// Shows the book; no real gateway does.
async fn book(vnpay: web::Data<VnpaySimulator>) -> web::Json<Book> {
    web::Json(vnpay.book())
}

/// The page to which a portal sends the payer: what it says must be signed.
async fn show(vnpay: web::Data<VnpaySimulator>, request: HttpRequest) -> HttpResponse {
    if let Some(broken) = vnpay.dial.disturb().await {
        return broken;
    }
    let query = Query::read(request.query_string().as_bytes()).filter(|q| vnpay.merchant.signed_query(q));
    let Some(query) = query else {
        return page(HttpResponse::Forbidden(), "Sai chữ ký");
    };
    let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let Some(amount) = dong(&field("vnp_Amount")).filter(|amount| *amount > 0) else {
        return page(HttpResponse::BadRequest(), "Số tiền không hợp lệ");
    };
    let reference = field("vnp_TxnRef");
    let held = Held {
        amount,
        info: field("vnp_OrderInfo"),
        return_url: field("vnp_ReturnUrl"),
        created: field("vnp_CreateDate"),
        outcome: Outcome::Open,
        refunds: Vec::new(),
    };
    let held = vnpay.orders().entry(reference.clone()).or_insert(held).clone();
    if held.amount != amount {
        return page(HttpResponse::BadRequest(), "Mã tham chiếu đã dùng cho số tiền khác");
    }
    let action = match held.outcome {
        Outcome::Paid(number, _) => format!("Đã thanh toán. Mã giao dịch: {number}"),
        Outcome::Refused => "Giao dịch thất bại.".to_owned(),
        Outcome::Open => format!(
            "<form method=\"post\" action=\"{}/paymentv2/pay/{reference}\">\
             <button name=\"result\" value=\"pay\">Thanh toán {amount} đồng</button>\
             <button name=\"result\" value=\"fail\">Hủy</button></form>",
            vnpay.base
        ),
    };
    page(HttpResponse::Ok(), &format!("Mô phỏng VNPAY: không có tiền thật được chuyển.</p><p>{action}"))
}

fn page(mut answer: actix_web::HttpResponseBuilder, text: &str) -> HttpResponse {
    answer.content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>VNPAY</title><p>{text}</p></html>"
    ))
}

/// Form of the page; a script may leave it out.
#[derive(Debug, Deserialize)]
struct PayForm {
    /// "fail": the payer gives up.
    #[serde(default)]
    result: String,
}

/// Pays, tells the portal, and sends the payer back to it (a script gets JSON).
async fn pay(
    vnpay: web::Data<VnpaySimulator>,
    reference: web::Path<String>,
    request: HttpRequest,
    form: Option<web::Form<PayForm>>,
) -> HttpResponse {
    let fails = form.is_some_and(|form| form.result == "fail");
    let Some(held) = vnpay.decide(&reference, fails) else {
        return page(HttpResponse::NotFound(), "Không tìm thấy giao dịch này.");
    };
    let faults = vnpay.dial.of_next_notice();
    let news = vnpay.news(&reference, &held, &faults);
    let replies = deliver(&vnpay, vnpay.disturbed(&news, &faults), &faults).await;
    let back = format!("{}?{}", held.return_url, vnpay.merchant.query(&news));
    let accepts = request.headers().get(ACCEPT).and_then(|h| h.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/json") {
        let number = &news["vnp_TransactionNo"];
        return HttpResponse::Ok()
            .json(json!({ "vnp_TransactionNo": number, "return_url": back, "replies": replies }));
    }
    HttpResponse::SeeOther().insert_header((LOCATION, back)).finish()
}
