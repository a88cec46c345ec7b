//! The notice as a document, for its taxpayer.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::own::find;
use super::show::NoticeOut;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::dossier;
use crate::error::{Problem, Result};
use crate::forms::printer::Order;
use crate::forms::{Issuer, TEMPLATE_BROKEN, in_force};
use diesel::prelude::*;

/// Code of the template.
const TEMPLATE: &str = "land_tax_notice";

/// Download the own notice as PDF
#[utoipa::path(
    operation_id = "download_tax_notice", tag = "land_tax",
    params(("id" = Uuid, Path, description = "The notice")),
    responses(
        (status = 200, description = "The document", body = Vec<u8>, content_type = "application/pdf"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/land-tax/notices/{id}/document")]
pub async fn download_tax_notice(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
) -> Result<HttpResponse> {
    let citizen = actor.need_citizen()?.clone();
    let (id, now) = (id.into_inner(), app.db.clock.now());
    let order = app
        .db
        .read(move |conn| {
            let row = find(conn, &citizen, id, None)?;
            let (dossier_id, number) = (row.dossier_id, row.taxpayer_no.clone());
            let unit: Uuid = dossier::table.find(dossier_id).select(dossier::handling_unit_id).first(conn)?;
            let (issuer, notice) = (Issuer::find(conn, unit)?, row.bare(now)?);
            let template = in_force(conn, TEMPLATE, unit, day_of(now))?;
            let (at, data) = (notice.received_at, data(&notice, &number, &issuer, now));
            Ok(Order { source: template.source, data, at })
        })
        .await?;
    let printed = app.printer.print(order).await?;
    let bytes = printed.map_err(|flaw| {
        tracing::error!(notice = %id, %flaw, "a notice could not be printed");
        TEMPLATE_BROKEN.err()
    })?;
    let name = format!("attachment; filename=\"thong-bao-thue-{id}.pdf\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/pdf"))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}

/// What the template reads. PURE.
fn data(notice: &NoticeOut, number: &str, issuer: &Issuer, now: Timestamp) -> Value {
    let day = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let head = issuer.head(notice.notice_no.clone(), day_of(now), Some(notice.dossier.clone()));
    let mut body = json!({
        "taxpayer": notice.taxpayer_name,
        "taxpayer_no": number,
        "notice_no": notice.notice_no,
        "notice_day": day(notice.notice_day),
        "dossier": notice.dossier,
        "item": format!("{} {}", notice.code, notice.name).trim(),
        "instalment": notice.instalment.to_string(),
        "amount": dong(notice.amount),
        "paid": dong(notice.paid),
        "remaining": dong(notice.remaining),
        "state": notice.state.vi(),
        "as_of": day(day_of(now)),
    });
    let optional = [
        ("chapter", Some(notice.chapter.clone())),
        ("budget_account", Some(notice.budget_account.clone())),
        ("treasury", Some(notice.treasury.clone())),
        ("collector", Some(notice.collector.clone())),
        ("due", notice.due_day.map(day)),
        (
            "late",
            (notice.late_days > 0)
                .then(|| format!("{} ngày, {}", notice.late_days, dong(notice.late_interest))),
        ),
    ];
    for (name, text) in optional {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            body[name] = text.into();
        }
    }
    json!({ "head": head, "body": body })
}

/// "1.250.000 đồng".
fn dong(amount: i64) -> String {
    let digits = amount.to_string();
    let groups: Vec<&str> = {
        let first = digits.len() % 3;
        let (head, rest) = digits.split_at(first);
        let rest = (0..rest.len() / 3).map(|at| &rest[at * 3..at * 3 + 3]);
        Some(head).filter(|head| !head.is_empty()).into_iter().chain(rest).collect()
    };
    format!("{} đồng", groups.join("."))
}

#[cfg(test)]
mod tests {
    #[test]
    fn amounts_are_grouped() {
        let told = [0, 7_000, 25_000_000, 123_456].map(super::dong);
        assert_eq!(told, ["0 đồng", "7.000 đồng", "25.000.000 đồng", "123.456 đồng"]);
    }
}
