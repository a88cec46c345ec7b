//! Job: a taxpayer is told of a notice of the tax office: the taxpayer alone, not whoever filed
//! the dossier. Without an account, VNeID reaches the personal number.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::compose::dong;
use super::deliver::DELIVER;
use super::recipients::TAXPAYER;
use super::templates::{TaxNotice, Templates, Values};
use crate::db::schema::message;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome, enqueue};

#[derive(Deserialize)]
struct Told {
    notice_id: Uuid,
}

#[derive(QueryableByName)]
struct Notice {
    #[diesel(sql_type = SqlUuid)]
    dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    procedure: String,
    #[diesel(sql_type = Text)]
    taxpayer_name: String,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    due: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<Uuid>,
}

/// Writes the message; its delivery is a job of its own.
pub async fn tell_taxpayer(context: JobContext, templates: Arc<Templates>) -> Result<Outcome> {
    let Told { notice_id } = context.job.payload()?;
    let portal = context.app.config.public_url();
    let notice: Notice = context
        .db
        .read(move |conn| {
            Ok(prepared(
                "SELECT n.dossier_id, d.code, p.name AS procedure, n.taxpayer_name, n.notice_no, n.name, n.state, n.amount,
                        coalesce(to_char(n.due_day, 'DD/MM/YYYY'), '') AS due, person.id AS person_id
                   FROM land_tax_notice n JOIN dossier d ON d.id = n.dossier_id JOIN procedure p ON p.code = d.procedure_code
                   LEFT JOIN person ON person.identity_no = n.taxpayer_no WHERE n.id = ?",
            )
            .bind::<SqlUuid, _>(notice_id)
            .get_result(conn)?)
        })
        .await?;
    let asks = if notice.state == "open" { TaxNotice::Due } else { TaxNotice::Nothing };
    let Some(template) = templates.of_notice(asks) else {
        return Ok(Outcome::Dead("no text is for this notice".to_owned()));
    };
    let values = Values {
        code: notice.code,
        procedure: notice.procedure,
        applicant: notice.taxpayer_name,
        note: format!("{} ({})", notice.notice_no, notice.name),
        amount: dong(notice.amount),
        due: notice.due,
        pay_url: portal,
        ..Values::default()
    };
    let (kind, (title, body)) = (template.id.clone(), template.fill(&values));
    let recipient = match notice.person_id {
        Some(person) => format!("citizen:{person}"),
        None => format!("{TAXPAYER}{notice_id}"),
    };
    let dossier = notice.dossier_id;
    context.finish_with(move |tx| write(tx, dossier, &recipient, &kind, (&title, &body))).await
}

fn write(tx: &mut Tx, dossier: Uuid, recipient: &str, kind: &str, (title, body): (&str, &str)) -> Result<()> {
    let id = Uuid::now_v7();
    diesel::insert_into(message::table)
        .values((
            message::id.eq(id),
            message::dossier_id.eq(dossier),
            message::recipient.eq(recipient),
            message::kind.eq(kind),
            message::title.eq(title),
            message::body.eq(body),
            message::created_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    enqueue(tx, DELIVER, Some(dossier), json!({ "message_id": id }), None)
}
