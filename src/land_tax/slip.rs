//! From the answers of a land form to the slip. PURE.
//!
//! The forms of the land procedures name the parcel and the transfer alike; the land users are
//! the two sides of a transfer, or the one who asks. Prices that the land officer knows, and no
//! form asks for, come with a correction.

use jiff::Timestamp;
use serde_json::Value;

use crate::dossiers::News;
use crate::national::tax::{
    ASKS, Asset, Exemption, GIVES, LandUseFee, LandUser, Matter, Obligation, Parcel, Relation, SLIP, Slip,
    TAKES,
};
use crate::national::wire_time;

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
        basis: basis(answers),
        matter: matter(answers),
        relation: relation(answers),
        asks_to_owe: if answers["debt_request"] == true { "1" } else { "0" }.to_owned(),
        certificate_number: text(answers, "certificate_number"),
        certificate_day: text(answers, "certificate_date").map(|day| day.replace('-', "")),
        land_users: land_users(told),
        parcel: parcel(answers)?,
        asset: asset(answers),
        contract_value: answers["contract_value"].as_i64(),
        land_use_fee: land_use_fee(&answers["land_use_fee"]),
        exemptions: exemptions(answers),
        ..Slip::default()
    })
}

/// Contract, its day and its notary, in words.
fn basis(answers: &Value) -> Option<String> {
    let mut words = format!("Văn bản số {}", text(answers, "contract_number")?);
    for (before, member) in [(" ngày ", "contract_date"), (", ", "notary")] {
        if let Some(said) = text(answers, member) {
            words.push_str(before);
            words.push_str(&said);
        }
    }
    Some(words)
}

/// Why the land changes; `None`: the tax office reads it from the procedure.
fn matter(answers: &Value) -> Option<Matter> {
    let word = |member: &str| answers[member].as_str();
    match (word("transfer_kind"), word("what")) {
        (Some("transfer" | "assets_on_leased_land"), _) => Some(Matter::Sale),
        (Some("gift"), _) => Some(Matter::Gift),
        (Some("inheritance"), _) => Some(Matter::Inheritance),
        (Some("exchange"), _) => Some(Matter::Exchange),
        (Some("contribution"), _) => Some(Matter::Contribution),
        (Some(_), _) => Some(Matter::Other),
        (None, Some("split" | "merge")) => Some(Matter::Division),
        (None, Some(_)) => Some(Matter::Allocation),
        (None, None) => word("origin").map(|_| Matter::FirstCertificate),
    }
}

fn relation(answers: &Value) -> Relation {
    match answers["relationship"].as_str() {
        Some("spouse") => Relation::Spouses,
        Some("parent_child") => Relation::ParentAndChild,
        Some("grandparent") => Relation::GrandparentAndGrandchild,
        Some("siblings") => Relation::Siblings,
        _ => Relation::None,
    }
}

/// The people the form names, else the applicant. Who asks, and names who takes, gives.
fn land_users(told: &News) -> Vec<LandUser> {
    let asks = if told.answers.get("transferee").is_some() { GIVES } else { ASKS };
    let named = [("transferor", GIVES), ("transferee", TAKES), ("requester", asks)];
    let named = named.iter().filter_map(|(member, part)| {
        let user = told.answers.get(member)?;
        Some(LandUser {
            name: text(user, "full_name")?,
            number: text(user, "id_number"),
            address: text(user, "residence"),
            part: (*part).to_owned(),
            ..LandUser::default()
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
        part: ASKS.to_owned(),
        ..LandUser::default()
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
        table_price: answers["table_price"].as_i64(),
        ..Parcel::default()
    })
}

fn asset(answers: &Value) -> Option<Asset> {
    let value = answers["asset_value"].as_i64();
    let description = text(answers, "assets").or_else(|| value.map(|_| "Nhà ở".to_owned()))?;
    Some(Asset { description, value })
}

fn land_use_fee(stated: &Value) -> Option<LandUseFee> {
    Some(LandUseFee {
        area: stated["area"].as_f64()?,
        price: stated["price"].as_i64()?,
        former_price: stated["former_price"].as_i64().unwrap_or_default(),
        percent: stated["percent"].as_i64().unwrap_or(100),
    })
}

/// What the applicant asks to be freed of. What follows from kinship the office finds itself.
fn exemptions(answers: &Value) -> Vec<Exemption> {
    let only_home = Exemption {
        of: Obligation::Income,
        reason: "Nhà ở, đất ở duy nhất của bên chuyển quyền".to_owned(),
    };
    if answers["only_home"] == true { vec![only_home] } else { Vec::new() }
}

fn text(object: &Value, member: &str) -> Option<String> {
    object.get(member)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_form_says_of_the_transfer_is_told() {
        let gift = json!({ "transfer_kind": "gift", "relationship": "grandparent", "only_home": true,
            "contract_number": "7/2026", "contract_date": "2026-08-20", "assets": "Nhà cấp 4" });
        assert_eq!(
            (matter(&gift), relation(&gift)),
            (Some(Matter::Gift), Relation::GrandparentAndGrandchild)
        );
        assert_eq!(basis(&gift).as_deref(), Some("Văn bản số 7/2026 ngày 2026-08-20"));
        assert_eq!(exemptions(&gift)[0].of, Obligation::Income);
        assert_eq!(asset(&gift), Some(Asset { description: "Nhà cấp 4".to_owned(), value: None }));
        let division = json!({ "what": "split", "relationship": "none", "only_home": false });
        assert_eq!((matter(&division), relation(&division)), (Some(Matter::Division), Relation::None));
        assert_eq!((basis(&division), exemptions(&division), asset(&division)), (None, Vec::new(), None));
        assert_eq!(matter(&json!({ "what": "change_use" })), Some(Matter::Allocation));
        assert_eq!(matter(&json!({ "origin": "inherited" })), Some(Matter::FirstCertificate));
    }

    #[test]
    fn the_officer_states_what_the_land_use_fee_is_computed_from() {
        let stated = json!({ "area": 50.0, "price": 12_000_000, "percent": 50 });
        let fee = LandUseFee { area: 50.0, price: 12_000_000, former_price: 0, percent: 50 };
        assert_eq!(land_use_fee(&stated), Some(fee));
        assert_eq!(land_use_fee(&Value::Null), None);
    }
}
