//! From the answers of a land form to the slip. PURE.
//!
//! The forms of the land procedures name the parcel alike; the land users are the two sides
//! of a transfer, or the one who asks.

use jiff::Timestamp;
use serde_json::Value;

use crate::dossiers::News;
use crate::national::tax::{LandUser, Parcel, SLIP, Slip};
use crate::national::wire_time;

/// Members of the answers that are land users, with their part in the matter.
const LAND_USERS: [(&str, &str); 3] =
    [("transferor", "chuyển quyền"), ("transferee", "nhận quyền"), ("requester", "đề nghị")];

/// The slip, or the answer that it cannot do without.
pub fn slip(told: &News, sent_at: Timestamp) -> Result<Slip, &'static str> {
    let (answers, procedure) = (&told.answers, &told.version.procedure.def);
    Ok(Slip {
        kind: SLIP.to_owned(),
        id: told.dossier_id.to_string(),
        dossier_code: told.code.clone(),
        number: format!("{}/PCTT", told.code),
        sent: wire_time(sent_at),
        sender: told.event.by.clone(),
        procedure_code: procedure.code.clone(),
        procedure_name: procedure.name.clone(),
        received: wire_time(told.received_at.unwrap_or(told.submitted_at)),
        asks_to_owe: if answers["debt_request"] == true { "1" } else { "0" }.to_owned(),
        certificate_number: text(answers, "certificate_number"),
        certificate_day: text(answers, "certificate_date").map(|day| day.replace('-', "")),
        land_users: land_users(told),
        parcel: parcel(answers)?,
        contract_value: answers["contract_value"].as_i64(),
    })
}

/// The people the form names, else the applicant.
fn land_users(told: &News) -> Vec<LandUser> {
    let named = LAND_USERS.iter().filter_map(|(member, part)| {
        let user = told.answers.get(member)?;
        Some(LandUser {
            name: text(user, "full_name")?,
            number: text(user, "id_number"),
            address: text(user, "residence"),
            part: (*part).to_owned(),
        })
    });
    let named: Vec<LandUser> = named.collect();
    if !named.is_empty() {
        return named;
    }
    let applicant = &told.applicant;
    vec![LandUser {
        name: applicant.name.clone(),
        number: applicant.identity_no.clone().or_else(|| applicant.tax_no.clone()),
        address: applicant.address.clone(),
        part: "đề nghị".to_owned(),
    }]
}

fn parcel(answers: &Value) -> Result<Parcel, &'static str> {
    Ok(Parcel {
        number: text(answers, "parcel_number").ok_or("parcel_number")?,
        map_sheet: text(answers, "map_sheet").ok_or("map_sheet")?,
        address: text(answers, "parcel_address").ok_or("parcel_address")?,
        area: answers["area"].as_f64().ok_or("area")?,
        land_use: text(answers, "land_use").ok_or("land_use")?,
        origin: text(answers, "origin"),
    })
}

fn text(object: &Value, member: &str) -> Option<String> {
    object.get(member)?.as_str().map(str::to_owned)
}
