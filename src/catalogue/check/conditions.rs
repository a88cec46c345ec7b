//! Conditions: about fields that exist, with values that can occur.
use crate::catalogue::condition::{Cond, Test};
use crate::catalogue::definition::{CaseDef, ProcedureDef, Required};
use crate::catalogue::form::Form;
use crate::workflow::{Defect, DefectCode};
use serde_json::Value;

/// What the slip to the tax office is made from (Mẫu số 19 NĐ 151/2025/NĐ-CP).
const OF_THE_SLIP: [&str; 5] = ["/parcel_number", "/map_sheet", "/parcel_address", "/area", "/land_use"];
/// By which a debt on a certificate is found.
const OF_A_DEBT: [&str; 4] = ["/parcel_number", "/map_sheet", "/requester/id_number", "/certificate_number"];

pub(super) fn defects(def: &ProcedureDef, form: &Form) -> Vec<Defect> {
    let mut found = of_land(def, form);
    let mut judge = |path: String, cond: &Cond| {
        found.extend(judge(def, form, cond).into_iter().map(|d| d.within(&path)));
    };
    for (number, case) in def.cases.iter().enumerate() {
        if let Some(cond) = &case.when {
            judge(format!("/cases/{number}/when"), cond);
        }
    }
    for (number, document) in def.documents.iter().enumerate() {
        if let Required::When(cond) = &document.required {
            judge(format!("/documents/{number}/required/when"), cond);
        }
    }
    for (number, fee) in def.fees.iter().enumerate() {
        if let Some(cond) = &fee.when {
            judge(format!("/fees/{number}/when"), cond);
        }
        for (place, exemption) in fee.exemptions.iter().enumerate() {
            judge(format!("/fees/{number}/exemptions/{place}/when"), &exemption.when);
        }
        for (place, reduction) in fee.reductions.iter().enumerate() {
            if let Some(cond) = &reduction.when {
                judge(format!("/fees/{number}/reductions/{place}/when"), cond);
            }
        }
    }
    found
}

/// Cases that go to the tax office, or clear a debt, of a form that does not ask what these read.
fn of_land(def: &ProcedureDef, form: &Form) -> Vec<Defect> {
    let reads = |case: &CaseDef| {
        let tax = case.tax.then_some(("tax", &OF_THE_SLIP[..]));
        let debt = case.clears_debt.then_some(("clears_debt", &OF_A_DEBT[..]));
        [tax, debt].into_iter().flatten()
    };
    let unknown = |(number, case): (usize, &CaseDef)| {
        let missing = reads(case).flat_map(move |(member, fields)| {
            let unknown = fields.iter().filter(|field| form.field(field).is_none());
            unknown.map(move |field| {
                Defect::new(DefectCode::UnknownField, format!("/cases/{number}/{member}"), field)
            })
        });
        missing.collect::<Vec<_>>()
    };
    def.cases.iter().enumerate().flat_map(unknown).collect()
}

fn judge(def: &ProcedureDef, form: &Form, cond: &Cond) -> Vec<Defect> {
    let impossible = |holds: bool, what: String| {
        let defect = || Defect::new(DefectCode::ImpossibleCondition, "", what);
        (!holds).then(defect).into_iter().collect()
    };
    match cond {
        Cond::Field(field, test) => field_defect(form, field, test).into_iter().collect(),
        Cond::Channel(channel) => impossible(def.channels.contains(channel), channel.to_string()),
        Cond::Case(case) if !def.cases.iter().any(|known| known.code == *case) => {
            vec![Defect::new(DefectCode::UnknownCase, "/case", case)]
        }
        Cond::Case(_) | Cond::Subject(_) => Vec::new(),
        Cond::IdentityLevel(level) => impossible(*level <= 2, level.to_string()),
        Cond::All(conds) => {
            let mut found = each(def, form, "all", conds);
            let at_odds = |a: &Cond| conds.iter().any(|b| exclude(a, b));
            if let Some(one) = conds.iter().find(|cond| at_odds(cond)) {
                found.extend::<Vec<Defect>>(impossible(false, format!("{one:?}")));
            }
            found
        }
        Cond::Any(conds) if conds.is_empty() => impossible(false, "any: []".to_owned()),
        Cond::Any(conds) => each(def, form, "any", conds),
        Cond::Not(inner) => judge(def, form, inner).into_iter().map(|d| d.within("/not")).collect(),
    }
}

fn each(def: &ProcedureDef, form: &Form, key: &str, conds: &[Cond]) -> Vec<Defect> {
    let own = conds.iter().enumerate().flat_map(|(number, cond)| {
        let path = format!("/{key}/{number}");
        let found = judge(def, form, cond);
        found.into_iter().map(move |d| d.within(&path))
    });
    own.collect()
}

fn field_defect(form: &Form, field: &str, test: &Test) -> Option<Defect> {
    let Some(schema) = form.field(field) else {
        return Some(Defect::new(DefectCode::UnknownField, "/field", field));
    };
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("");
    let impossible = |what: String| Some(Defect::new(DefectCode::ImpossibleCondition, "", what));
    let mistyped = || Some(Defect::new(DefectCode::WrongFieldType, "/field", field));
    match test {
        Test::Equals(value) if !form.allows(schema, value) => impossible(format!("{field} = {value}")),
        Test::OneOf(values) => {
            let strange = values.iter().find(|value| !form.allows(schema, value));
            match strange {
                Some(value) => impossible(format!("{field} = {value}")),
                None if values.is_empty() => impossible(format!("{field}: []")),
                None => None,
            }
        }
        Test::AtLeast(_) if kind != "integer" && kind != "number" => mistyped(),
        Test::AtLeast(least) => {
            let most = schema.get("maximum").and_then(Value::as_i64);
            most.filter(|most| most < least)
                .and_then(|most| impossible(format!("{field} ≥ {least} > {most}")))
        }
        Test::OlderThanDays(_) => {
            let is_date = schema.get("format").and_then(Value::as_str) == Some("date");
            if is_date { None } else { mistyped() }
        }
        Test::Equals(_) | Test::Present(_) => None,
    }
}

/// Two conditions that can never hold together.
pub(super) fn exclude(a: &Cond, b: &Cond) -> bool {
    match (a, b) {
        (Cond::Field(f, Test::Equals(x)), Cond::Field(g, Test::Equals(y))) => f == g && x != y,
        (Cond::Field(f, Test::Equals(x)), Cond::Field(g, Test::OneOf(ys))) => f == g && !ys.contains(x),
        (Cond::Field(f, Test::Equals(_)), Cond::Field(g, Test::Present(there))) => f == g && !there,
        (Cond::Channel(x), Cond::Channel(y)) => x != y,
        (Cond::Case(x), Cond::Case(y)) => x != y,
        (x, Cond::Not(y)) => *x == **y,
        _ => false,
    }
}
