//! From an event to the messages about it.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::deliver::DELIVER;
use super::recipients::{applicants, leaders};
use super::templates::{Audience, Template, Templates, Values};
use crate::app::App;
use crate::clock::vietnam;
use crate::db::schema::message;
use crate::db::{Tx, to_sql};
use crate::dossiers::{DossierJob, News, Reason, news, subject_of};
use crate::error::Result;
use crate::jobs::{JobContext, NewJob, Outcome, enqueue_many};
use crate::payments::payment_of;

/// The pay page is asked for by a job of its own, which usually is as quick as this one: a
/// message looks so often for it, and then goes out with the portal's address.
const LOOKS_FOR_PAGE: u32 = 25;
/// Time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Job `notify_applicant`: tells whoever filed the dossier, and the applicant.
pub async fn notify(context: JobContext, templates: Arc<Templates>) -> Result<Outcome> {
    compose(context, templates, Audience::Applicant).await
}

/// Job `escalate_to_leader`: tells the leaders of the handling unit.
pub async fn escalate(context: JobContext, templates: Arc<Templates>) -> Result<Outcome> {
    compose(context, templates, Audience::Leader).await
}

async fn compose(context: JobContext, templates: Arc<Templates>, to: Audience) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let mut looks = 0;
    let told = loop {
        let (app, texts) = (context.app.clone(), templates.clone());
        let told = context.db.read(move |conn| tell(&app, conn, job, &texts, to)).await?;
        looks += 1;
        match told {
            Some(told) if told.lacks_page && looks < LOOKS_FOR_PAGE => tokio::time::sleep(LOOK_AGAIN).await,
            Some(told) => break told,
            None => return Ok(Outcome::Dead("no text is for this event".to_owned())),
        }
    };
    context.finish_with(move |tx| write(tx, job.dossier_id, &told)).await
}

/// What is said, and to whom.
struct Told {
    recipients: Vec<String>,
    kind: String,
    title: String,
    body: String,
    /// The text names a pay page that the gateway has not given yet.
    lacks_page: bool,
}

fn tell(
    app: &App,
    conn: &mut PgConnection,
    job: DossierJob,
    templates: &Templates,
    to: Audience,
) -> Result<Option<Told>> {
    let told = news(app, conn, job)?;
    let Some(template) = templates.find(to, told.event.action, told.event.status) else { return Ok(None) };
    let (values, lacks_page) = values(app, conn, &told, template)?;
    let recipients = match to {
        Audience::Applicant => applicants(&told),
        // A dossier's event is never told to a taxpayer: a notice is.
        Audience::Taxpayer => Vec::new(),
        Audience::Leader => leaders(conn, told.handling_unit_id, app.db.clock.now())?,
    };
    let (title, body) = template.fill(&values);
    Ok(Some(Told { recipients, kind: template.id.clone(), title, body, lacks_page }))
}

/// The values of the placeholders, and whether a pay page is wanted and not there.
fn values(app: &App, conn: &mut PgConnection, told: &News, template: &Template) -> Result<(Values, bool)> {
    let mut values = Values {
        code: told.code.clone(),
        procedure: told.version.procedure.def.name.clone(),
        applicant: told.applicant.name.clone(),
        unit: told.handling_unit.clone(),
        counter: told.receiving_unit.clone(),
        due: moment(told.due_at),
        reasons: reasons(told)?,
        note: told.event.note.clone(),
        ..Values::default()
    };
    if !template.asks_for_payment() {
        return Ok((values, false));
    }
    let payment = payment_of(conn, told.dossier_id)?;
    // Paid already when a late message is written: it still says what was asked for.
    values.amount = dong(payment.order.as_ref().map_or(payment.due, |order| order.amount));
    let page = payment.order.and_then(|order| order.pay_url);
    let lacks_page = page.is_none() && payment.due > 0;
    values.pay_url = page.unwrap_or_else(|| app.config.public_url());
    Ok((values, lacks_page))
}

fn write(tx: &mut Tx, dossier_id: Uuid, told: &Told) -> Result<()> {
    let mut deliveries = Vec::new();
    for recipient in &told.recipients {
        let id = Uuid::now_v7();
        diesel::insert_into(message::table)
            .values((
                message::id.eq(id),
                message::dossier_id.eq(dossier_id),
                message::recipient.eq(recipient),
                message::kind.eq(&told.kind),
                message::title.eq(&told.title),
                message::body.eq(&told.body),
                message::created_at.eq(to_sql(tx.now)),
            ))
            .execute(tx.conn)?;
        // Officials read theirs here.
        if !recipient.starts_with("staff:") {
            let (subject, payload) = (Some(dossier_id), json!({ "message_id": id }));
            deliveries.push(NewJob { kind: DELIVER, subject, payload, dedup: None });
        }
    }
    enqueue_many(tx, &deliveries)
}

/// The reasons of the event, numbered, a line each.
fn reasons(told: &News) -> Result<String> {
    let given: Vec<Reason> = match told.event.detail.get("reasons") {
        Some(given) => serde_json::from_value(given.clone())?,
        None => Vec::new(),
    };
    let line = |(n, reason): (usize, &Reason)| {
        let Reason { about, wrong, mend, clause } = reason;
        format!(
            "{}. {}: {wrong}. Cách khắc phục: {mend}. Căn cứ: {clause}.",
            n + 1,
            subject_of(&told.version, about)
        )
    };
    Ok(given.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"))
}

/// "16:30 ngày 02/03/2026", in Việt Nam.
fn moment(time: Timestamp) -> String {
    time.to_zoned(vietnam()).strftime("%H:%M ngày %d/%m/%Y").to_string()
}

/// "1.250.000 đồng".
pub(super) fn dong(amount: i64) -> String {
    let digits = amount.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 8);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text + " đồng"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_moments_are_as_people_write_them() {
        assert_eq!([0, 7_000, 1_250_000].map(dong), ["0 đồng", "7.000 đồng", "1.250.000 đồng"]);
        let time = "2026-03-02T17:05:00Z".parse().unwrap();
        assert_eq!(moment(time), "00:05 ngày 03/03/2026");
    }
}
