//! The desk of an official at the office, for a browser or a script: issue, replace or cancel a
//! notice, record it as debt, and pay at eTax Mobile as anybody could.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::cases::{Book, Notice, tax_number};
use super::said::item;
use super::{TaxSimulator, outbox};
use crate::http::escape_html;
use crate::national::tax::{Obligation, Reply, SUCCESS, UNKNOWN_NOTICE};

const STYLE: &str = "body{font:16px/1.4 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}td,th{border:1px solid #ccc;padding:.3rem .5rem;text-align:left}\
form{display:inline-block;margin:.1rem .4rem .1rem 0}input{font:inherit;width:9rem}button{font:inherit}\
.off{color:#888}.note{color:#8a4b00}";

/// A notice by hand.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    dossier: String,
    /// LPTB, TNCN, TSDD …
    of: Obligation,
    /// Tax or personal number of a party of the slip.
    taxpayer: String,
    /// Đồng.
    amount: i64,
    #[serde(default)]
    back: bool,
}

/// What becomes of a notice.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    notice: String,
    /// Đồng; of the notice in its place.
    #[serde(default)]
    amount: i64,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    back: bool,
}

/// JSON from a script, a form from the page.
type Asked<T> = web::Either<web::Json<T>, web::Form<T>>;

pub(super) async fn issue(office: web::Data<TaxSimulator>, asked: Asked<Issue>) -> HttpResponse {
    let asked = asked.into_inner();
    let done = {
        let (mut book, today) = (office.book(), office.today());
        let news = book.issue_by_hand(&asked.dossier, asked.of, &asked.taxpayer, asked.amount, today);
        news.map(|news| office.tell(&mut book, &asked.dossier, vec![news]))
    };
    answer(&office, done, asked.back)
}

pub(super) async fn replace(office: web::Data<TaxSimulator>, asked: Asked<Change>) -> HttpResponse {
    let asked = asked.into_inner();
    let done = {
        let (mut book, today) = (office.book(), office.today());
        let news = book.replace(&asked.notice, asked.amount, &asked.reason, today);
        news.map(|(code, news)| office.tell(&mut book, &code, vec![news]))
    };
    answer(&office, done, asked.back)
}

pub(super) async fn cancel(office: web::Data<TaxSimulator>, asked: Asked<Change>) -> HttpResponse {
    let asked = asked.into_inner();
    let done = {
        let mut book = office.book();
        let news = book.cancel(&asked.notice, &asked.reason);
        news.map(|(code, news)| office.tell(&mut book, &code, vec![news]))
    };
    answer(&office, done, asked.back)
}

/// What is still owed of a notice is recorded as debt on the certificate.
pub(super) async fn record(office: web::Data<TaxSimulator>, asked: Asked<Change>) -> HttpResponse {
    let asked = asked.into_inner();
    let done = {
        let mut book = office.book();
        let code = book.record(&asked.notice);
        code.map(|code| office.tell(&mut book, &code, Vec::new()))
    };
    answer(&office, done, asked.back)
}

fn answer(office: &web::Data<TaxSimulator>, done: Option<()>, to_the_page: bool) -> HttpResponse {
    outbox::start(office);
    match done {
        None => {
            HttpResponse::NotFound().json(Reply::new(UNKNOWN_NOTICE, "Không có hồ sơ hoặc thông báo như vậy"))
        }
        Some(()) if to_the_page => back(),
        Some(()) => HttpResponse::Ok().json(json!({ "ERROR_CODE": SUCCESS })),
    }
}

/// Back to the page.
pub(super) fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/tax/console")).finish()
}

pub(super) async fn show(office: web::Data<TaxSimulator>) -> HttpResponse {
    let book = office.book();
    let cases: String = book.cases.keys().map(|code| case(&book, code)).collect();
    let page = format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Cơ quan thuế</title>\
         <style>{STYLE}</style><h1>Cơ quan thuế</h1>\
         <p class=\"note\">Mô phỏng: không có giá trị pháp lý, không có tiền thật được chuyển.</p>\
         <p>Bản tin chờ xác nhận: {}</p>{cases}</html>",
        office.outbox.waiting()
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

fn case(book: &Book, code: &str) -> String {
    let Some(case) = book.cases.get(code) else { return String::new() };
    let code = escape_html(code);
    let rows: String = case.notices.iter().map(|notice| row(book, &code, notice)).collect();
    let party = |user| {
        let (number, name) = (escape_html(&tax_number(user)), escape_html(&user.name));
        format!("<option value=\"{number}\">{name}</option>")
    };
    let parties: String = case.slip.land_users.iter().map(party).collect();
    let state = if case.recalled { " (đã thu hồi phiếu)" } else { "" };
    format!(
        "<h2>{code}{state}</h2><table><tr><th>Thông báo</th><th>Người nộp</th><th>Khoản</th><th>Phải nộp</th>\
         <th>Đã nộp</th><th></th></tr>{rows}</table>\
         <form method=\"post\" action=\"/tax/notices\"><input type=\"hidden\" name=\"back\" value=\"true\">\
         <input type=\"hidden\" name=\"dossier\" value=\"{code}\"><select name=\"of\">\
         <option value=\"LPTB\">Lệ phí trước bạ</option><option value=\"TNCN\">Thuế TNCN</option>\
         <option value=\"TSDD\">Tiền sử dụng đất</option></select><select name=\"taxpayer\">{parties}</select>\
         <input name=\"amount\" type=\"number\" min=\"0\" required><button>Ra thông báo</button></form>"
    )
}

fn row(book: &Book, code: &str, notice: &Notice) -> String {
    let number = escape_html(&notice.number);
    let hidden = format!(
        "<input type=\"hidden\" name=\"back\" value=\"true\"><input type=\"hidden\" name=\"notice\" value=\"{number}\">"
    );
    let line = |(instalment, part): (u16, &super::cases::Part)| {
        let forms = if notice.stands {
            format!(
                "<form method=\"post\" action=\"/tax/etax\">{hidden}\
                 <input type=\"hidden\" name=\"dossier\" value=\"{code}\">\
                 <input type=\"hidden\" name=\"instalment\" value=\"{instalment}\">\
                 <input name=\"amount\" type=\"number\" min=\"0\" value=\"{}\"><button>Nộp qua eTax Mobile</button></form>\
                 <form method=\"post\" action=\"/tax/notices/replace\">{hidden}\
                 <input name=\"amount\" type=\"number\" min=\"0\" required>\
                 <input name=\"reason\" placeholder=\"Lý do\" required><button>Thay thế</button></form>\
                 <form method=\"post\" action=\"/tax/notices/cancel\">{hidden}\
                 <input name=\"reason\" placeholder=\"Lý do\" required><button>Hủy</button></form>\
                 <form method=\"post\" action=\"/tax/notices/record\">{hidden}<button>Ghi nợ</button></form>",
                book.open(notice, instalment)
            )
        } else {
            String::new()
        };
        format!(
            "<tr{}><td>{number}, kỳ {instalment}, hạn {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{forms}</td></tr>",
            if notice.stands { "" } else { " class=\"off\"" },
            part.due,
            escape_html(&notice.taxpayer.name),
            item(notice.of).1,
            part.amount,
            book.paid(notice, instalment),
        )
    };
    (1..).zip(&notice.parts).map(line).collect()
}
