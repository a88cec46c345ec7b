//! What the office and the treasury answer, and the payments that they take.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::cases::{News, Paid, tax_number};
use super::said::{self, ACCOUNT, CHAPTER, TREASURY, item};
use super::{TaxSimulator, outbox};
use crate::national::tax::{
    BookQuery, Obligation, Obligations, ObligationsQuery, PaymentReport, Reply, SUCCESS, Standing,
    UNKNOWN_DOSSIER, UNKNOWN_NOTICE, UNREADABLE,
};

/// `channel` of what the portal tells of.
const BY_PORTAL: &str = "portal";

/// Answers a question for the book.
pub(super) async fn query(
    office: web::Data<TaxSimulator>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    if let Some(refusal) = office.door(&request).await {
        return refusal;
    }
    match BookQuery::read(&body) {
        Ok(query) => {
            let id = format!("GIP{:016x}", rand::rng().random::<u64>());
            let answer = said::answer(&office.book(), &query, id, office.pace().now());
            HttpResponse::Ok().content_type("application/xml").body(answer.write())
        }
        Err(unreadable) => HttpResponse::UnprocessableEntity().body(unreadable.description()),
    }
}

/// Answers how the obligations of a dossier stand.
pub(super) async fn obligations(
    office: web::Data<TaxSimulator>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    if let Some(refusal) = office.door(&request).await {
        return refusal;
    }
    let query = match ObligationsQuery::read(&body) {
        Ok(query) => query,
        Err(unreadable) => return HttpResponse::UnprocessableEntity().body(unreadable.description()),
    };
    let unknown = || Obligations {
        error_code: UNKNOWN_DOSSIER.to_owned(),
        error_text: Some("Không có phiếu chuyển của hồ sơ này".to_owned()),
        dossier_code: query.dossier_code.clone(),
        slip: None,
        standing: Standing::UnderWay,
        confirmations: Vec::new(),
    };
    let told = said::obligations(&office.book(), &query.dossier_code).unwrap_or_else(unknown);
    HttpResponse::Ok().json(told)
}

/// Takes what the portal tells of a payment, or of what went back of one, once.
pub(super) async fn reported(
    office: web::Data<TaxSimulator>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    if let Some(refusal) = office.door(&request).await {
        return refusal;
    }
    let report = match PaymentReport::read(&body) {
        Ok(report) => report,
        Err(unreadable) => return HttpResponse::Ok().json(Reply::new(UNREADABLE, &unreadable.description())),
    };
    let paid = Paid {
        dossier: report.dossier_code.clone(),
        notice: report.notice_number.clone(),
        named: report.notice_number,
        of: Obligation::Registration,
        instalment: report.instalment,
        amount: report.amount,
        at: report.paid_at,
        payer: report.payer,
        channel: BY_PORTAL.to_owned(),
        given_back: BTreeMap::new(),
    };
    let taken = {
        let mut book = office.book();
        let taken = match &report.given_back {
            Some(id) => book.give_back(&report.reference, id, report.amount),
            None => book.pay(&report.reference, paid, false),
        };
        if taken == Ok(true) {
            office.tell(&mut book, &report.dossier_code, Vec::new());
        }
        taken
    };
    outbox::start(&office);
    HttpResponse::Ok().json(match taken {
        Ok(_) => Reply::new(SUCCESS, ""),
        Err(why) => Reply::new(UNKNOWN_NOTICE, why),
    })
}

/// A payment at eTax Mobile or a bank.
#[derive(Debug, Deserialize)]
pub(super) struct Elsewhere {
    dossier: String,
    notice: String,
    /// From 1.
    #[serde(default = "first")]
    instalment: u16,
    /// Đồng; nought: all that is open of it.
    #[serde(default)]
    amount: i64,
    #[serde(default)]
    payer: String,
    #[serde(default = "etax")]
    channel: String,
    /// The bank's number of the payment; one is made where there is none.
    #[serde(default)]
    reference: String,
    /// Where a browser goes back to.
    #[serde(default)]
    back: bool,
}

fn first() -> u16 {
    1
}

fn etax() -> String {
    "eTax Mobile".to_owned()
}

/// Takes such a payment, and tells the portal of it by a payment document.
pub(super) async fn paid_elsewhere(
    office: web::Data<TaxSimulator>,
    asked: web::Either<web::Json<Elsewhere>, web::Form<Elsewhere>>,
) -> HttpResponse {
    if let Some(broken) = office.dial.disturb().await {
        return broken;
    }
    let asked = asked.into_inner();
    let reference = match asked.reference.trim() {
        "" => format!("ETAX{:016x}", rand::rng().random::<u64>()),
        named => named.to_owned(),
    };
    let taken = {
        let mut book = office.book();
        let amount = if asked.amount == 0 { open(&book, &asked) } else { asked.amount };
        let paid = Paid {
            dossier: asked.dossier.clone(),
            notice: asked.notice.clone(),
            named: asked.notice,
            of: Obligation::Registration,
            instalment: asked.instalment,
            amount,
            at: whole_second(office.pace().now()),
            payer: Some(asked.payer).filter(|payer| !payer.is_empty()),
            channel: asked.channel,
            given_back: BTreeMap::new(),
        };
        let taken = book.pay(&reference, paid, true);
        if taken == Ok(true) {
            office.tell(&mut book, &asked.dossier, vec![News::Payment(reference.clone())]);
        }
        taken.map(|_| amount)
    };
    outbox::start(&office);
    match taken {
        Ok(_) if asked.back => super::console::back(),
        Ok(amount) => HttpResponse::Ok()
            .json(json!({ "ERROR_CODE": SUCCESS, "MA_THAM_CHIEU": reference, "SO_TIEN": amount })),
        Err(why) => HttpResponse::Conflict().json(Reply::new(UNKNOWN_NOTICE, why)),
    }
}

/// What the payment document can say of a time.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn open(book: &super::Book, asked: &Elsewhere) -> i64 {
    let notices = book.cases.get(&asked.dossier).map(|case| &case.notices);
    let notice = notices.into_iter().flatten().find(|notice| notice.number == asked.notice);
    notice.filter(|_| asked.instalment > 0).map_or(0, |notice| book.open(notice, asked.instalment))
}

/// The whole book: a line for each instalment of each notice.
pub(super) async fn book(office: web::Data<TaxSimulator>) -> web::Json<Value> {
    let book = office.book();
    let mut lines = Vec::new();
    for (code, case) in &book.cases {
        for notice in &case.notices {
            for (instalment, part) in (1..).zip(&notice.parts) {
                let paid = book.paid(notice, instalment);
                let counts = |paid: &&Paid| paid.notice == notice.number && paid.instalment == instalment;
                let references: Vec<&String> = book
                    .payments
                    .iter()
                    .filter(|(_, paid)| counts(paid))
                    .map(|(reference, _)| reference)
                    .collect();
                lines.push(json!({
                    "dossier": code, "notice": notice.number, "instalment": instalment,
                    "taxpayer": tax_number(&notice.taxpayer), "name": notice.taxpayer.name,
                    "item": item(notice.of).0, "day": notice.day, "due": part.due, "kind": notice.kind,
                    "stands": notice.stands, "replaces": notice.replaces, "recorded": notice.recorded,
                    "owed": if notice.stands { part.amount } else { 0 }, "paid": paid, "references": references,
                }));
            }
        }
    }
    let standing: BTreeMap<&String, Option<Standing>> =
        book.cases.keys().map(|code| (code, book.standing(code))).collect();
    web::Json(json!({ "lines": lines, "payments": book.payments, "standing": standing }))
}

/// What the treasury has: sums by account and tiểu mục, whatever they were paid for, less what went back.
pub(super) async fn treasury(office: web::Data<TaxSimulator>) -> web::Json<Value> {
    let book = office.book();
    let mut sums: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    for paid in book.payments.values() {
        let sum = sums.entry(item(paid.of).0).or_default();
        *sum = (sum.0 + paid.left(), sum.1 + 1);
    }
    let line = |(item, (amount, count)): (&&str, &(i64, usize))| {
        json!({ "treasury": TREASURY, "account": ACCOUNT, "chapter": CHAPTER, "item": item, "amount": amount,
                "count": count })
    };
    let lines: Vec<Value> = sums.iter().map(line).collect();
    let total: i64 = sums.values().map(|(amount, _)| amount).sum();
    web::Json(json!({ "lines": lines, "total": total }))
}

pub(super) async fn deliveries(office: web::Data<TaxSimulator>) -> web::Json<Value> {
    web::Json(office.outbox.shown())
}
