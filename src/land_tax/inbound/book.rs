//! `TraCuuSoThue`: the national side asks what a person still owes in a dossier (`TYPE` 00110).
//!
//! The question is the tax gateway's XML, with the key in a header. The key of the look-up is
//! dossier and number together; the answer holds the rows of that taxpayer and no other's.

use actix_web::{HttpRequest, HttpResponse, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date as SqlDate, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::{Answer, is_key, later};
use crate::app::App;
use crate::db::prepared;
use crate::error::{Problem, Result};
use crate::national::tax::{
    ANSWER, BookAnswer, BookQuery, BookRow, Day, GATEWAY, Header, KEY_HEADER, OWES, OWES_NOTHING, PORTAL,
    Reply, Total, UNKNOWN, UNREADABLE, WRONG_KEY,
};
use crate::payments::claim;

/// Answer what a person owes in a dossier
#[utoipa::path(
    operation_id = "answer_tax_book", tag = "land_tax", security(()),
    params(("x-api-key" = Option<String>, Header, description = "Key of the asking side")),
    request_body(content = String, description = "The question, TYPE 00110", content_type = "application/xml"),
    responses(
        (status = 200, description = "The rows of that taxpayer", body = String, content_type = "application/xml"),
        (status = "4XX", description = "Refused: ERROR_CODE says why",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
        (status = 503, description = "To be asked again",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
    )
)]
#[post("/api/v1/integration/tax/TraCuuSoThue")]
pub async fn answer_tax_book(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let (raw, cut) = match super::body(payload).await {
        Ok(read) => read,
        Err(answer) => return answer.respond(),
    };
    if cut {
        return Answer::refused(413, UNREADABLE, "Bản tin quá dài").respond();
    }
    let query = match BookQuery::read(&raw) {
        Ok(query) => query,
        Err(why) => return Answer::refused(400, UNREADABLE, why.description()).respond(),
    };
    let given = request.headers().get(KEY_HEADER).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if !is_key(&app.config, given) {
        return Answer::refused(401, WRONG_KEY, "Sai khóa").respond();
    }
    match app.db.read(move |conn| answer(conn, &query)).await {
        Ok(answer) => HttpResponse::Ok().content_type("application/xml").body(answer.write()),
        Err(error) => later(&error).respond(),
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    taxpayer_no: String,
    #[diesel(sql_type = Text)]
    taxpayer_name: String,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = SqlDate)]
    notice_day: jiff_diesel::Date,
    #[diesel(sql_type = Text)]
    chapter: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    budget_account: String,
    #[diesel(sql_type = Text)]
    collector: String,
    #[diesel(sql_type = BigInt)]
    owed: i64,
    #[diesel(sql_type = Nullable<SqlDate>)]
    due_day: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Text)]
    treasury: String,
    #[diesel(sql_type = SmallInt)]
    instalment: i16,
    #[diesel(sql_type = Bool)]
    debt: bool,
}

/// What is owed by that number in that dossier; a person who is no taxpayer of it and a dossier
/// that is not there look the same.
fn answer(conn: &mut PgConnection, query: &BookQuery) -> Result<BookAnswer> {
    let key = query.key();
    let rows: Vec<Row> = if [&key.dossier_code, &key.number].iter().any(|word| word.contains('\0')) {
        Vec::new()
    } else {
        prepared(concat!(
            "SELECT n.taxpayer_no, n.taxpayer_name, n.notice_no, n.notice_day, n.chapter, n.code, n.name, n.budget_account,
                    n.collector, coalesce(c.amount - ",
            claim::claim_paid!("c.id"),
            ", 0)::bigint AS owed, n.due_day, n.treasury, n.instalment, n.state = 'debt' AS debt
               FROM land_tax_notice n JOIN dossier d ON d.id = n.dossier_id LEFT JOIN claim c ON c.id = n.claim_id
              WHERE d.code = ? AND n.taxpayer_no = ? AND n.state NOT IN ('replaced', 'cancelled')
              ORDER BY n.due_day NULLS LAST, n.instalment, n.id"
        ))
        .bind::<Text, _>(&key.dossier_code)
        .bind::<Text, _>(&key.number)
        .load(conn)?
    };
    let known = !rows.is_empty();
    let owed: Vec<Row> = rows.into_iter().filter(|row| row.owed > 0).collect();
    let (state, text) = match (known, owed.is_empty()) {
        (false, _) => (UNKNOWN, "Không tồn tại mã hồ sơ và số định danh"),
        (true, true) => (OWES_NOTHING, "Tồn tại mã hồ sơ và số định danh, không còn nợ thuế đất"),
        (true, false) => (OWES, "Tồn tại mã hồ sơ và số CMND/CCCD và có còn nợ thuế đất"),
    };
    let total = Total {
        tax_number: key.number.clone(),
        total: owed.iter().map(|row| row.owed).sum(),
        rows: owed.into_iter().map(|row| line(row, &key.dossier_code)).collect(),
    };
    let totals = if total.rows.is_empty() { Vec::new() } else { vec![total] };
    let header = Header {
        version: Some("1.0".to_owned()),
        sender_code: Some(PORTAL.to_owned()),
        receiver_code: Some(GATEWAY.to_owned()),
        transaction_code: Some(ANSWER.to_owned()),
        message_id: Uuid::now_v7().to_string(),
        answers_id: Some(query.header.0.message_id.clone()),
        ..Header::default()
    };
    Ok(BookAnswer::new(header, state, text, totals))
}

fn line(row: Row, dossier: &str) -> BookRow {
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    BookRow {
        dossier_code: dossier.to_owned(),
        tax_number: row.taxpayer_no.clone(),
        taxpayer: Some(row.taxpayer_name),
        number: Some(row.taxpayer_no),
        notice_number: row.notice_no,
        notice_day: Some(Day::new(row.notice_day.to_jiff())),
        chapter: said(row.chapter),
        item: row.code,
        item_name: said(row.name),
        treasury_account: said(row.budget_account),
        collector: said(row.collector),
        owed: row.owed,
        due: row.due_day.map(|due| Day::new(due.to_jiff())),
        treasury: said(row.treasury),
        instalment: u16::try_from(row.instalment).ok(),
        recorded_as_debt: Some(row.debt),
        ..BookRow::default()
    }
}
