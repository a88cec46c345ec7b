//! Everybody asks what a filing would cost before there is one: by channel, day, case, group
//! of people, identity level, and the answers that the fee rules of the procedure look at.
//!
//! The same pure function computes the fees of a draft and of a dossier. Refusals: no such
//! procedure, none in force on that day, an unknown parameter, something missing or wrong.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, get, web};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Version;
use super::condition::{Cond, Filing, Subject};
use super::procedure::{Procedure, case_of};
use super::show::ProcedureCode;
use super::tariff::{self, FeeLine, QuoteError};
use crate::app::App;
use crate::clock::day_of;
use crate::error::{Code, Error, FieldProblem, MALFORMED, Problem, Refused, Result};
use crate::http::{Day, Reply};
use crate::workflow::Channel;

pub static NOT_CLEAR: Code = Code::new(
    422,
    "quote_incomplete",
    "Chưa đủ thông tin để tính phí, lệ phí",
    "Something that the fees depend on is missing or wrong",
);

/// What a filing would cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteOut {
    #[schema(pattern = r"^\d\.\d{6}$", example = "1.001193")]
    pub code: String,
    /// The version whose rules these are.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The decision that published it.
    pub decision: String,
    pub channel: Channel,
    /// The day of filing.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The case; absent where the fees do not depend on it and it was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Every fee that applies, those of nothing included, each with the rule that says so.
    pub fees: Vec<FeeLine>,
    /// Sum of the fees, đồng.
    #[schema(minimum = 0)]
    pub total: i64,
}

/// What was asked, as read from the query.
struct Asked {
    channel: Channel,
    date: Option<Date>,
    case: Option<String>,
    subjects: Vec<Subject>,
    identity_level: Option<u8>,
    /// All other parameters.
    answers: BTreeMap<String, String>,
}

/// Asks what a filing would cost
#[utoipa::path(
    operation_id = "quote_fees", security(()), tag = "catalogue",
    params(
        ProcedureCode,
        ("channel" = inline(Channel), Query, description = "How it would be filed"),
        ("date" = Option<Day>, Query, description = "The day of filing; today when absent"),
        ("case" = Option<String>, Query, description = "The case (trường hợp); needed where the fees depend on it"),
        ("subject" = Option<String>, Query, description = "Groups of people that the applicant belongs to, with commas between them", example = "poor_household,disabled"),
        ("identity_level" = Option<u8>, Query, description = "Level of VNeID of the filing; what the procedure demands online when absent", minimum = 0, maximum = 2),
        ("answers" = Option<BTreeMap<String, String>>, Query, style = Form, explode = true, description = "Every answer that the fee rules look at, by its place in the form with dots: `copies=3`, `child.birth_date=2026-01-31`; a refusal names those that are missing"),
    ),
    responses(
        (status = 200, description = "Every fee with its rule", body = QuoteOut),
        (status = 400, description = "A parameter is unknown or malformed", body = Problem),
        (status = 404, description = "No such procedure", body = Problem),
        (status = 409, description = "It takes no filings on that day", body = Problem),
        (status = 422, description = "Something that the fees depend on is missing or wrong; `fields` names it", body = Problem),
    )
)]
#[get("/api/v1/procedures/{code}/quote")]
pub async fn quote_fees(
    app: web::Data<App>,
    code: web::Path<ProcedureCode>,
    request: HttpRequest,
) -> Result<Reply> {
    let code = code.into_inner().check()?;
    let asked = read(request.query_string())?;
    let date = asked.date.unwrap_or_else(|| day_of(app.db.clock.now()));
    let state = app.clone();
    let version = app.db.read(move |conn| state.catalogue.current(conn, &code, date)).await?;
    Reply::ok(answer(&version, &asked, date)?)
}

/// The parameters, each at most once.
fn read(query: &str) -> Result<Asked> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|error| MALFORMED.because(error.to_string(), error.to_string()))?;
    let mut all = BTreeMap::new();
    for (name, value) in pairs.into_inner() {
        if all.insert(name.clone(), value).is_some() {
            return Err(MALFORMED.at(&name, "tham số lặp lại", "given twice"));
        }
    }
    let missing = || NOT_CLEAR.at("channel", "thiếu kênh nộp", "the channel is missing");
    Ok(Asked {
        channel: parameter(&mut all, "channel")?.ok_or_else(missing)?,
        date: parameter::<Day>(&mut all, "date")?.map(Day::date),
        case: all.remove("case"),
        subjects: subjects(&all.remove("subject").unwrap_or_default())?,
        identity_level: all.remove("identity_level").map(|text| level(&text)).transpose()?,
        answers: all,
    })
}

/// Takes a parameter out whose values are words.
fn parameter<T: serde::de::DeserializeOwned>(
    all: &mut BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>> {
    let Some(text) = all.remove(name) else { return Ok(None) };
    let read = serde_json::from_value(Value::String(text));
    read.map(Some)
        .map_err(|error| MALFORMED.at(name, format!("tham số không đúng: {error}"), error.to_string()))
}

fn subjects(text: &str) -> Result<Vec<Subject>> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.parse().map_err(|_| {
                MALFORMED.at(
                    "subject",
                    format!("không có đối tượng {word}"),
                    format!("no such group: {word}"),
                )
            })
        })
        .collect()
}

fn level(text: &str) -> Result<u8> {
    let read = text.parse().ok().filter(|level| *level <= 2);
    read.ok_or_else(|| MALFORMED.at("identity_level", "chỉ có mức 0, 1, 2", "levels are 0, 1 and 2"))
}

/// The fees by the rules of a version; pure.
fn answer(version: &Version, asked: &Asked, date: Date) -> Result<QuoteOut> {
    let (procedure, def) = (&version.procedure, &version.procedure.def);
    if !def.channels.contains(&asked.channel) {
        return Err(NOT_CLEAR.at("channel", "thủ tục không nhận qua kênh này", "not filed on this channel"));
    }
    if asked.case.as_deref().is_some_and(|code| version.case(code).is_none()) {
        return Err(NOT_CLEAR.at("case", "không có trường hợp này", "no such case"));
    }
    let answers = answers(version, &asked.answers)?;
    let demanded = if asked.channel == Channel::Online { def.identity_level } else { 0 };
    let mut filing = Filing {
        channel: asked.channel,
        date,
        case: asked.case.as_deref(),
        answers: &answers,
        subjects: &asked.subjects,
        identity_level: asked.identity_level.unwrap_or(demanded),
    };
    if def.cases.len() == 1 {
        filing.case = filing.case.or_else(|| case_of(def, &filing).map(|case| case.code.as_str()));
    }
    let missing = missing(procedure, &filing);
    if !missing.is_empty() {
        let mut refused = Refused::new(&NOT_CLEAR);
        refused.fields = missing.iter().map(|name| absent(procedure, name)).collect();
        return Err(refused.into());
    }
    let fees = tariff::quote(&def.fees, &filing).map_err(|error| unclear(&error))?;
    Ok(QuoteOut {
        code: def.code.clone(),
        version: def.version,
        decision: def.decision.clone(),
        channel: asked.channel,
        date,
        case: filing.case.map(str::to_owned),
        total: tariff::total(&fees).map_err(|error| unclear(&error))?,
        fees,
    })
}

/// The parameter of an answer: `/child/birth_date` is `child.birth_date`.
fn name_of(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// Pointers to all answers that the fee rules of the version look at.
fn looked_at(procedure: &Procedure) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for fee in &procedure.def.fees {
        let conds = (fee.when.iter())
            .chain(fee.exemptions.iter().map(|exemption| &exemption.when))
            .chain(fee.reductions.iter().filter_map(|reduction| reduction.when.as_ref()));
        found.extend(conds.flat_map(Cond::fields));
        found.extend(fee.rates.iter().flat_map(|rate| rate.rule.counted()).map(|(_, field)| field));
    }
    found
}

/// The answers as the form would have them: of the right type, and right as far as given.
fn answers(version: &Version, given: &BTreeMap<String, String>) -> Result<Value> {
    let known: BTreeMap<String, &str> =
        looked_at(&version.procedure).into_iter().map(|pointer| (name_of(pointer), pointer)).collect();
    let mut answers = json!({});
    for (name, text) in given {
        let Some(pointer) = known.get(name) else {
            let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(MALFORMED.at(
                name,
                format!("phí của thủ tục không phụ thuộc tham số này, chỉ: {names}"),
                format!("the fees do not depend on it, only on: {names}"),
            ));
        };
        let value = typed(&version.procedure, pointer, text)
            .ok_or_else(|| NOT_CLEAR.at(name, "sai kiểu dữ liệu", "is not of the right type"))?;
        put(&mut answers, pointer, value);
    }
    let mut refused = Refused::new(&NOT_CLEAR);
    for (name, pointer) in known.iter().filter(|(name, _)| given.contains_key(*name)) {
        let place = format!("/answers{pointer}");
        let own = version.check_answers(&answers).into_iter().filter(|problem| problem.field == place);
        refused.fields.extend(own.map(|problem| FieldProblem { field: name.clone(), ..problem }));
    }
    if refused.fields.is_empty() { Ok(answers) } else { Err(refused.into()) }
}

/// A text of the query as the type that the form gives the field.
fn typed(procedure: &Procedure, pointer: &str, text: &str) -> Option<Value> {
    let kind = procedure.form.field(pointer)?.get("type").and_then(Value::as_str);
    match kind {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => Some(Value::from(text)),
    }
}

/// Puts a value at a pointer, with the objects on the way.
fn put(answers: &mut Value, pointer: &str, value: Value) {
    let mut at = answers;
    for key in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[key];
    }
    *at = value;
}

/// Names of what the rules need of this filing and do not have. An answer that the form does
/// not demand may be absent; the numbers that a rate counts by may not.
fn missing(procedure: &Procedure, filing: &Filing) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for fee in &procedure.def.fees {
        if let Some(when) = &fee.when {
            found.extend(wanted(procedure, filing, when));
            if !when.holds(filing) {
                continue;
            }
        }
        let exemptions = fee.exemptions.iter().filter(|exemption| exemption.covers(filing.date));
        let exemptions: Vec<&Cond> = exemptions.map(|exemption| &exemption.when).collect();
        found.extend(exemptions.iter().flat_map(|when| wanted(procedure, filing, when)));
        if exemptions.iter().any(|when| when.holds(filing)) {
            continue;
        }
        for reduction in fee.reductions.iter().filter(|reduction| reduction.covers(filing.date)) {
            found.extend(reduction.when.iter().flat_map(|when| wanted(procedure, filing, when)));
        }
        if let Ok((_, rate)) = tariff::rate(fee, filing) {
            let counted = rate.rule.counted().into_iter().map(|(_, field)| field);
            let given = |field: &&str| filing.answers.pointer(field).is_none();
            found.extend(counted.filter(given).map(name_of));
        }
    }
    found
}

/// What a condition looks at that is not known.
fn wanted(procedure: &Procedure, filing: &Filing, cond: &Cond) -> Vec<String> {
    let unknown = |field: &&str| filing.answers.pointer(field).is_none() && procedure.form.demands(field);
    let mut found: Vec<String> = cond.fields().into_iter().filter(unknown).map(name_of).collect();
    let by_case = cond.parts().iter().any(|part| matches!(part, Cond::Case(_)));
    found.extend((by_case && filing.case.is_none()).then(|| "case".to_owned()));
    found
}

fn absent(procedure: &Procedure, name: &str) -> FieldProblem {
    let field = procedure.form.field(&format!("/{}", name.replace('.', "/")));
    let title = field.and_then(|field| field["title"].as_str()).unwrap_or(name);
    FieldProblem::new(name, "required", format!("cần biết: {title}"), format!("is needed: {title}"))
}

/// What the form lets through and a rate cannot count.
fn unclear(error: &QuoteError) -> Error {
    match error {
        QuoteError::NoQuantity { field, .. } => {
            NOT_CLEAR.at(&name_of(field), "không phải số lượng tính phí", "is not a number of units")
        }
        other => NOT_CLEAR.because(format!("không tính được phí: {other}"), other.to_string()),
    }
}
