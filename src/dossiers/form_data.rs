//! What the forms of Thông tư 03/2025 say about a dossier. PURE.

use serde_json::{Map, Value, json};

use super::deadline::promised;
use super::filing::Applicant;
use super::reasons::{Reason, subject_of};
use super::snapshot::{Line, Snapshot};
use crate::calendar::{Term, TermUnit};
use crate::clock::{day_of, vietnam};
use crate::error::Result;
use crate::forms::{FormCode, Head, Issuer, moment};
use crate::workflow::{Action, Channel, StepId};

/// Characters of a remark that a form shows.
const NOTE: usize = 2_000;

/// In whose name a form is given, its head, and what it says.
pub fn of(form: FormCode, dossier: &Snapshot) -> Result<(Issuer, Head, Value)> {
    let issuer = match form {
        FormCode::Apology | FormCode::Stop => &dossier.handling,
        _ => &dossier.receiving,
    };
    let event = dossier.event()?;
    let number = format!("{}/{}", running(&dossier.code), form.symbol());
    let head = issuer.head(number, day_of(event.at), Some(dossier.code.clone()));
    let body = match form {
        FormCode::Receipt => receipt(dossier, event)?,
        FormCode::Supplement => supplement(dossier, event)?,
        FormCode::Refusal => refusal(dossier, event)?,
        FormCode::Apology => apology(dossier, event)?,
        FormCode::Stop => stop(dossier, event)?,
        FormCode::Control => control(dossier),
        FormCode::Register => return Err(anyhow::anyhow!("a register is of a unit").into()),
    };
    Ok((issuer.clone(), head, body))
}

/// The running number of a dossier in its unit: `260914-0001` of `H49.45.01-260914-0001`.
fn running(code: &str) -> &str {
    code.split_once('-').map_or(code, |(_, number)| number)
}

fn receipt(dossier: &Snapshot, event: &Line) -> Result<Value> {
    let case = dossier.version.case(&dossier.row.case_code);
    let channel: Channel = dossier.row.channel.parse().map_err(anyhow::Error::from)?;
    let fees: Vec<_> = dossier.receipt.fees.iter().filter(|fee| fee.amount > 0).collect();
    Ok(json!({
        "receiving_unit": dossier.receiving.name,
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "papers": papers(dossier),
        "sets": 1,
        "term": case.and_then(promised).map_or_else(|| "theo quy định".to_owned(), |term| term_text(&term)),
        "received_at": moment(event.at),
        "due_at": moment(dossier.state.due_at),
        "return_by": return_by(&dossier.row.return_by, &dossier.receiving.name),
        "channel": channel.vi(),
        "fees": fees.iter().map(|fee| json!({ "name": fee.name, "amount": fee.amount })).collect::<Vec<_>>(),
        "total": fees.iter().map(|fee| fee.amount).sum::<i64>(),
        "book": running(&dossier.code),
        "clerk": event.by,
    }))
}

fn supplement(dossier: &Snapshot, event: &Line) -> Result<Value> {
    let body = json!({
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "reasons": reasons(dossier, event)?,
        "asked_at": moment(event.at),
        "contact": contact(&dossier.receiving),
        "official": event.by,
    });
    Ok(with_note(body, event))
}

fn refusal(dossier: &Snapshot, event: &Line) -> Result<Value> {
    let body = json!({
        "receiving_unit": dossier.receiving.name,
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "received_at": moment(dossier.row.submitted_at.to_jiff()),
        "reasons": reasons(dossier, event)?,
        "official": event.by,
    });
    Ok(with_note(body, event))
}

fn apology(dossier: &Snapshot, event: &Line) -> Result<Value> {
    let extension = dossier.state.progress.extensions.last();
    let extension = extension.ok_or_else(|| anyhow::anyhow!("{} was not extended", dossier.code))?;
    let reason: String = extension.reason.chars().take(NOTE).collect();
    Ok(json!({
        "receiving_unit": dossier.receiving.name,
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "received_at": short_day(dossier.row.submitted_at.to_jiff()),
        "old_due": moment(extension.from),
        "new_due": moment(extension.to),
        "reason": reason,
        "official": event.by,
    }))
}

fn stop(dossier: &Snapshot, event: &Line) -> Result<Value> {
    let body = json!({
        "receiving_unit": dossier.receiving.name,
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "received_at": moment(dossier.row.submitted_at.to_jiff()),
        "stopped_at": moment(event.at),
        "reasons": reasons(dossier, event)?,
        "contact": contact(&dossier.handling),
        "official": event.by,
    });
    Ok(with_note(body, event))
}

fn control(dossier: &Snapshot) -> Value {
    let told = dossier.lines.iter().filter(|line| line.action != Some(Action::Comment));
    json!({
        "receiving_unit": dossier.receiving.name,
        "handling_unit": dossier.handling.name,
        "applicant": applicant(&dossier.applicant),
        "procedure": procedure(dossier),
        "received_at": moment(dossier.row.submitted_at.to_jiff()),
        "due_at": moment(dossier.state.due_at),
        "steps": told.map(|line| step(dossier, line)).collect::<Vec<_>>(),
    })
}

/// Who gave it to whom, when, and how that stood to the appointment.
fn step(dossier: &Snapshot, line: &Line) -> Value {
    let workflow = &dossier.version.procedure.workflow;
    let name = |id: &String| workflow.step(&StepId::from(id.as_str())).map(|step| step.name.clone());
    let to: Vec<String> = line.to.iter().filter_map(name).collect();
    let outcome = match (line.at > line.due_at, day_of(line.at) == day_of(line.due_at)) {
        (true, _) => "Quá hạn",
        (false, true) => "Đúng hạn",
        (false, false) => "Trước hạn",
    };
    let body = json!({
        "from": line.by,
        "to": if to.is_empty() { "Kết thúc".to_owned() } else { to.join("; ") },
        "what": line.action.map_or("Nộp hồ sơ", Action::vi),
        "at": moment(line.at),
        "outcome": outcome,
    });
    with_note(body, line)
}

/// Adds the remark of an event, where it has one.
fn with_note(mut body: Value, event: &Line) -> Value {
    let note: String = event.note.trim().chars().take(NOTE).collect();
    if !note.is_empty() {
        body["note"] = note.into();
    }
    body
}

fn applicant(applicant: &Applicant) -> Value {
    let mut told = Map::from_iter([("name".to_owned(), Value::from(applicant.name.as_str()))]);
    for (name, value) in
        [("address", &applicant.address), ("phone", &applicant.phone), ("email", &applicant.email)]
    {
        if let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) {
            told.insert(name.to_owned(), value.into());
        }
    }
    Value::Object(told)
}

fn procedure(dossier: &Snapshot) -> Value {
    let definition = &dossier.version.procedure.def;
    json!({ "code": definition.code, "name": definition.name })
}

/// What was given: the components in the order of the procedure, then other files.
fn papers(dossier: &Snapshot) -> Vec<Value> {
    let on_paper = &dossier.state.progress.papers;
    let of = |code: &str| dossier.files.iter().filter(|(component, _)| component == code).count();
    let documents = &dossier.version.procedure.def.documents;
    let mut given: Vec<Value> = documents
        .iter()
        .filter(|document| on_paper.contains(&document.code) || of(&document.code) > 0)
        .map(|document| {
            let seen = on_paper.contains(&document.code);
            json!({
                "name": document.name,
                "originals": if seen { document.originals } else { 0 },
                "copies": if seen { document.copies } else { 0 },
                "electronic": of(&document.code),
            })
        })
        .collect();
    let other = dossier.files.iter().filter(|(component, _)| component.is_empty());
    given
        .extend(other.map(|(_, name)| json!({ "name": name, "originals": 0, "copies": 0, "electronic": 1 })));
    given
}

/// The reasons of the event.
fn reasons(dossier: &Snapshot, event: &Line) -> Result<Vec<Value>> {
    let given: Vec<Reason> = match event.detail.get("reasons") {
        Some(given) => serde_json::from_value(given.clone())?,
        None => Vec::new(),
    };
    let told = given.iter().map(|reason| {
        json!({
            "subject": subject_of(&dossier.version, &reason.about),
            "wrong": reason.wrong, "mend": reason.mend, "clause": reason.clause,
        })
    });
    Ok(told.collect())
}

fn contact(unit: &Issuer) -> String {
    if unit.address.is_empty() { unit.name.clone() } else { format!("{}, {}", unit.name, unit.address) }
}

/// "02/03/2026", in Việt Nam.
pub fn short_day(time: jiff::Timestamp) -> String {
    time.to_zoned(vietnam()).strftime("%d/%m/%Y").to_string()
}

/// How the result comes back.
fn return_by(word: &str, receiving_unit: &str) -> String {
    match word {
        "counter" => receiving_unit.to_owned(),
        "post" => "Địa chỉ của người nộp, qua dịch vụ bưu chính công ích".to_owned(),
        _ => "Cổng dịch vụ công, tài khoản của người nộp".to_owned(),
    }
}

/// A term as people say it.
fn term_text(term: &Term) -> String {
    let text = match term.unit {
        TermUnit::SameDay => "trong ngày làm việc".to_owned(),
        TermUnit::WorkingDays => format!("{} ngày làm việc", term.value),
        TermUnit::CalendarDays => format!("{} ngày", term.value),
        TermUnit::WorkingHours => format!("{} giờ làm việc", term.value),
    };
    match term.same_day_before {
        Some(time) => format!(
            "{text}; nhận sau {} giờ {:02} phút thì tính từ ngày làm việc tiếp theo",
            time.hour(),
            time.minute()
        ),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_said_as_people_say_them() {
        let noon = jiff::civil::time(15, 0, 0, 0);
        let terms = [Term::working_days(3), Term::working_hours(8), Term::same_day(Some(noon))];
        assert_eq!(
            terms.map(|term| term_text(&term)),
            [
                "3 ngày làm việc",
                "8 giờ làm việc",
                "trong ngày làm việc; nhận sau 15 giờ 00 phút thì tính từ ngày làm việc tiếp theo"
            ]
        );
        assert_eq!(running("H49.45.01-260914-0001"), "260914-0001");
    }
}
