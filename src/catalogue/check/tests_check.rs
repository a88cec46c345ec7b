//! One good procedure, and every way in which it can be broken.
use super::{Staffing, check, check_json};
use crate::catalogue::definition::ProcedureDef;
use crate::catalogue::procedure::NamedWorkflows;
use crate::workflow::{Defect, DefectCode as D, Role, read_json, tests_data::SHARED};
use serde_json::{Value, json};
use std::sync::LazyLock;

static NAMED: LazyLock<NamedWorkflows> = LazyLock::new(|| {
    NamedWorkflows::read(SHARED.map(|(_, text)| text)).expect("the shared workflows compile")
});

fn good() -> Value {
    serde_json::from_str(include_str!("good.json")).expect("the good one is JSON")
}

fn defects(broken: &Value) -> Vec<Defect> {
    let text = broken.to_string();
    let staffing = match read_json::<ProcedureDef>(&text) {
        Ok(def) => Staffing::complete(&def),
        Err(_) => Staffing::default(),
    };
    check_json(&text, &staffing, &NAMED)
}

/// Replaces (or adds) the value at a pointer; a last segment `-` appends.
fn set(target: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match target.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
        Value::Object(map) => {
            map.insert(key.to_owned(), value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
        other => panic!("{pointer} is in {other}"),
    }
}

/// A break: the code it must be found for, and what is changed.
type Break = (D, Vec<(&'static str, Value)>);

fn breaks() -> Vec<Break> {
    [identity(), cases(), form(), papers(), money(), service(), stories()].concat()
}

fn identity() -> Vec<Break> {
    vec![
        (D::UnknownWord, vec![("/channels/0", json!("fax"))]),
        (D::UnknownWord, vec![("/priority", json!("high"))]),
        (D::UnknownWord, vec![("/handling", json!({"kind": "oracle"}))]),
        (D::Malformed, vec![("/version", json!("first"))]),
        (D::BadCode, vec![("/code", json!("1.00119"))]),
        (D::BadCode, vec![("/results/0/code", json!("KQ.X15.000021"))]),
        (D::BadCode, vec![("/documents/0/code", json!("TP01"))]),
        (D::BadCode, vec![("/documents/1/satisfied_by/0", json!("G15.31"))]),
        (D::BadCode, vec![("/version", json!(0))]),
        (D::BadCode, vec![("/cases/0/code", json!("Large Case"))]),
        (D::DuplicateCode, vec![("/documents/1/code", json!("9.000001-TP01"))]),
        (D::DuplicateCode, vec![("/channels/1", json!("online"))]),
        (D::DuplicateCode, vec![("/cases/0/code", json!("standard"))]),
        (D::EmptyText, vec![("/decision", json!(" "))]),
        (D::EmptyList, vec![("/legal_basis", json!([]))]),
        (D::EmptyList, vec![("/results", json!([]))]),
        (D::DatesReversed, vec![("/effective_to", json!("2026-07-19"))]),
        (D::DatesReversed, vec![("/fees/0/rates/0/to", json!("2025-12-31"))]),
        (D::BadIdentityLevel, vec![("/identity_level", json!(3))]),
        (D::IdentityWithoutOnline, vec![("/channels", json!(["counter"]))]),
        (D::UnknownWorkflow, vec![("/workflow", json!("no_such_workflow"))]),
        (
            D::UnknownStep,
            vec![(
                "/workflow",
                json!({"id": "x", "name": "x", "start": "a", "steps": [], "transitions": []}),
            )],
        ),
    ]
}

fn cases() -> Vec<Break> {
    vec![
        (D::MissingDeadline, vec![("/cases", json!([]))]),
        (D::MissingDeadline, vec![("/cases/1/statutory", Value::Null)]),
        (D::Malformed, vec![("/cases/1/promised/value", json!(0))]),
        (D::PromisedTooLong, vec![("/cases/1/promised/value", json!(9))]),
        (
            D::PromisedTooLong,
            vec![
                ("/cases/0/statutory", json!({"value": 20, "unit": "calendar_days"})),
                ("/cases/0/promised", json!({"value": 15, "unit": "working_days"})),
            ],
        ),
        (D::AmbiguousCase, vec![("/cases/0/when", Value::Null)]),
        (D::NoDefaultCase, vec![("/cases/1/when", json!({"channel": "online"}))]),
        (D::UnknownField, vec![("/cases/0/when/field", json!("/sheets"))]),
        (D::WrongFieldType, vec![("/cases/0/when/field", json!("/name"))]),
        (D::WrongFieldType, vec![("/cases/0/when", json!({"field": "/name", "older_than_days": 60}))]),
        (D::ImpossibleCondition, vec![("/cases/0/when/at_least", json!(1001))]),
        (D::UnknownField, vec![("/cases/0/tax", json!(true))]),
        (D::UnknownField, vec![("/cases/1/clears_debt", json!(true))]),
    ]
}

fn form() -> Vec<Break> {
    vec![
        (D::BadForm, vec![("/form/properties/name/type", json!("text"))]),
        (D::BadForm, vec![("/form/type", json!("array"))]),
        (D::OpenForm, vec![("/form/additionalProperties", json!(true))]),
        (D::OpenForm, vec![("/form/properties/child", json!({"type": "object", "title": "Trẻ"}))]),
        (D::UntitledField, vec![("/form/properties/name/title", json!(""))]),
    ]
}

fn papers() -> Vec<Break> {
    let twice = json!({"all": [{"field": "/role", "equals": "agent"}, {"field": "/role", "equals": "self"}]});
    vec![
        (D::DocumentUnsatisfiable, vec![("/documents/1/accept", json!([]))]),
        (D::DocumentUnsatisfiable, vec![("/documents/1/how", json!([]))]),
        (
            D::DocumentNeedsCounter,
            vec![("/documents/1/how", json!(["present"])), ("/channels", json!(["online"]))],
        ),
        (D::UnknownWord, vec![("/documents/1/digitise", json!("because"))]),
        (D::DigitiseUnfounded, vec![("/documents/1/digitise", json!("not_required"))]),
        (D::DigitiseUnfounded, vec![("/documents/2/digitise", json!("earlier_result"))]),
        (
            D::DigitiseUnfounded,
            vec![("/documents/2/digitise", json!("law")), ("/documents/2/how", json!(["database"]))],
        ),
        (D::AsksAgain, vec![("/documents/1/name", json!("Bản sao giấy chứng nhận kết hôn"))]),
        (
            D::AsksAgain,
            vec![
                ("/documents/1/name", json!("Giấy khai sinh của con")),
                ("/documents/1/satisfied_by", json!([])),
            ],
        ),
        (
            D::EmptyText,
            vec![("/documents/1/exception", json!({"reason": "Nộp lại bản gốc", "legal_basis": " "}))],
        ),
        (D::ImpossibleCondition, vec![("/documents/1/required/when/equals", json!("owner"))]),
        (
            D::ImpossibleCondition,
            vec![("/documents/1/required/when", json!({"field": "/role", "one_of": ["agent", "owner"]}))],
        ),
        (D::ImpossibleCondition, vec![("/documents/1/required/when", twice)]),
        (
            D::ImpossibleCondition,
            vec![
                ("/documents/1/required/when", json!({"channel": "post"})),
                ("/channels", json!(["online", "counter"])),
            ],
        ),
        (D::ImpossibleCondition, vec![("/documents/1/required/when", json!({"any": []}))]),
        (D::UnknownField, vec![("/documents/1/required/when/field", json!("/rolle"))]),
        (D::UnknownCase, vec![("/documents/1/required/when", json!({"case": "other"}))]),
        (D::UnknownWord, vec![("/documents/1/required", json!("sometimes"))]),
        (D::UnknownWord, vec![("/documents/1/required/when", json!({"feild": "/role", "equals": "agent"}))]),
    ]
}

/// A reduction for the poor, from the first of October to the end of 2026.
fn less(basis_points: i64) -> Value {
    json!({"name": "Giảm", "legal_basis": "TT 117/2026/TT-BTC", "from": "2026-10-01", "to": "2026-12-31",
        "when": {"subject": "poor_household"}, "rule": {"kind": "percent", "basis_points": basis_points}})
}

fn money() -> Vec<Break> {
    let spared = |from: &str| json!({"name": "Miễn", "legal_basis": "NQ 7", "from": from, "when": {"subject": "poor_household"}});
    let twice_spared = json!([spared("2026-01-01"), spared("2027-01-01")]);
    let mut reversed = less(1000);
    reversed["to"] = json!("2026-09-30");
    let gap = json!([{"from": 1, "to": 2, "amount": 2000}, {"from": 4, "amount": 1000}]);
    vec![
        (D::OverlappingRates, vec![("/fees/0/rates/1/from", json!("2026-12-31"))]),
        (D::OverlappingReliefs, vec![("/fees/0/exemptions", twice_spared)]),
        (D::OverlappingReliefs, vec![("/fees/0/reductions", json!([less(1000), less(2000)]))]),
        (D::BadReduction, vec![("/fees/0/reductions", json!([less(10_001)]))]),
        (D::BadReduction, vec![("/fees/0/reductions", json!([less(0)]))]),
        (D::DatesReversed, vec![("/fees/0/reductions", json!([reversed]))]),
        (D::RateMissing, vec![("/fees/0/rates/1/from", json!("2027-01-02"))]),
        (D::RateMissing, vec![("/fees/0/rates/1/channel", json!("online"))]),
        (D::RateMissing, vec![("/fees/0/rates", json!([]))]),
        (D::BadRate, vec![("/fees/0/rates/1/rule/amount", json!(-1))]),
        (D::BadRate, vec![("/fees/0/rates/0/rule/tiers", gap)]),
        (
            D::BadRate,
            vec![(
                "/fees/0/rates/1/rule",
                json!({"kind": "percent", "base": "/pages", "basis_points": 10_001}),
            )],
        ),
        (D::UnknownField, vec![("/fees/0/rates/0/rule/quantity", json!("/sheets"))]),
        (D::WrongFieldType, vec![("/fees/0/rates/0/rule/copies", json!("/name"))]),
        (D::UnknownWord, vec![("/fees/0/rates/1/rule/kind", json!("auction"))]),
        (D::QuantityUnsure, vec![("/form/required", json!(["name", "role", "pages"]))]),
        (D::QuantityUnsure, vec![("/form/properties/pages/minimum", json!(-5))]),
        (D::UnknownWord, vec![("/fees/0/exemptions/0/when/subject", json!("friend"))]),
        (D::FeeNeverCollected, vec![("/workflow", json!("same_day"))]),
    ]
}

fn service() -> Vec<Break> {
    let couple = json!([{"step": "couple_signs", "why": "ký", "legal_basis": "Đ.18"}]);
    let claim = |level: &str| json!([{"level": "commune", "service_level": level, "from": "2025-07-01"}]);
    vec![
        (D::ServiceLevelForeign, vec![("/service_levels/0/level", json!("province"))]),
        (D::ServiceLevelMissing, vec![("/levels/-", json!("province"))]),
        (D::ServiceLevelOverlap, vec![("/service_levels/-", claim("full")[0].clone())]),
        (D::DatesReversed, vec![("/service_levels/0/to", json!("2025-06-30"))]),
        (
            D::FullNeedsPresence,
            vec![
                ("/workflow", json!("with_presence")),
                ("/presence_steps", couple.clone()),
                ("/fees", json!([])),
            ],
        ),
        (D::FullNotOnline, vec![("/channels", json!(["counter", "post"])), ("/identity_level", json!(0))]),
        (D::FullNotReturned, vec![("/return", json!(["counter"]))]),
        (D::FullNotPaidOnline, vec![("/workflow", cashier_only())]),
        (D::FullPaperDocument, vec![("/documents/1/how", json!(["present"]))]),
        (
            D::PresenceUnnamed,
            vec![
                ("/workflow", json!("with_presence")),
                ("/service_levels", claim("partial")),
                ("/fees", json!([])),
            ],
        ),
        (D::PresenceUnnamed, vec![("/service_levels", claim("partial"))]),
        (D::PresenceUnknown, vec![("/presence_steps", couple)]),
        (
            D::PartialNotOnline,
            vec![
                ("/channels", json!(["counter"])),
                ("/identity_level", json!(0)),
                ("/service_levels", claim("partial")),
            ],
        ),
        (D::InformationButOnline, vec![("/service_levels", claim("information"))]),
    ]
}

/// The shared workflow with payment, but only a cashier takes the money.
fn cashier_only() -> Value {
    let (_, text) = SHARED[1];
    let mut workflow: Value = serde_json::from_str(text).expect("JSON");
    for way in workflow["transitions"].as_array_mut().expect("transitions") {
        if way["action"] == "confirm_payment" {
            way["by"] = json!([{"role": "cashier", "unit": "receiving"}]);
        }
        if way["action"] == "request_payment" {
            way["do"] = json!([]);
        }
    }
    workflow
}

fn stories() -> Vec<Break> {
    vec![
        (D::NoScenario, vec![("/scenarios", json!([]))]),
        (D::ScenarioFails, vec![("/scenarios/0/expect/status", json!(9))]),
        (D::ScenarioFails, vec![("/scenarios/0/expect/fee", json!(5000))]),
        (D::ScenarioFails, vec![("/scenarios/0/case", json!("large"))]),
        (D::ScenarioFails, vec![("/scenarios/0/answers/role", json!("owner"))]),
        (D::ScenarioFails, vec![("/scenarios/0/documents/0", json!("9.000001-TP09"))]),
        (D::ScenarioFails, vec![("/scenarios/0/identity_level", json!(1))]),
        (D::ScenarioFails, vec![("/scenarios/0/steps/0/refused", json!("nothing_due"))]),
        (D::ScenarioFails, vec![("/scenarios/0/steps/1/refused", Value::Null)]),
        (D::ScenarioFails, vec![("/scenarios/0/steps/1/refused", json!("wrong_step"))]),
        (D::ScenarioFails, vec![("/scenarios/0/answers/role", json!("agent"))]),
        (D::UnknownWord, vec![("/scenarios/0/steps/0/do", json!("receve"))]),
    ]
}

#[test]
fn the_good_one_passes() {
    assert_eq!(defects(&good()), []);
}

#[test]
fn each_break_is_refused_for_its_own_reason() {
    let breaks = breaks();
    assert!(breaks.len() >= 40, "{} breaks", breaks.len());
    for (code, changes) in breaks {
        let mut broken = good();
        for (pointer, value) in &changes {
            set(&mut broken, pointer, value.clone());
        }
        let found = defects(&broken);
        let codes: Vec<_> = found.iter().map(|defect| defect.code).collect();
        assert!(codes.contains(&code), "{changes:?}: {code} not in {found:#?}");
    }
}

/// Most breaks are told by exactly one code, so that people mend the right thing.
#[test]
fn single_breaks_are_told_by_single_codes() {
    let alone = [
        ("/code", json!("1.00119"), vec![D::BadCode]),
        ("/cases/1/promised/value", json!(9), vec![D::PromisedTooLong]),
        ("/documents/1/required/when/equals", json!("owner"), vec![D::ImpossibleCondition]),
        ("/fees/0/rates/1/from", json!("2026-12-31"), vec![D::OverlappingRates]),
        ("/return", json!(["counter"]), vec![D::FullNotReturned]),
        ("/scenarios/0/expect/status", json!(9), vec![D::ScenarioFails]),
        ("/workflow", json!("same_day"), vec![D::FeeNeverCollected, D::FullNotPaidOnline]),
    ];
    for (pointer, value, expected) in alone {
        let mut broken = good();
        set(&mut broken, pointer, value);
        let mut codes: Vec<_> = defects(&broken).iter().map(|d| d.code).collect();
        codes.dedup();
        assert_eq!(codes, expected, "{pointer}");
    }
}

#[test]
fn a_defect_tells_place_route_and_both_languages() {
    let mut broken = good();
    set(&mut broken, "/workflow", json!("with_presence"));
    set(&mut broken, "/fees", json!([]));
    let found = defects(&broken);
    let presence =
        found.iter().find(|defect| defect.code == D::FullNeedsPresence).expect("false full-process");
    assert_eq!(presence.path, "/service_levels/0/service_level");
    let route: Vec<_> = presence.route.iter().map(|step| step.as_str()).collect();
    assert_eq!(route, ["submitted", "received", "processing", "signing", "issuing", "couple_signs"]);
    assert!(presence.vi.starts_with("Toàn trình nhưng phải có mặt"));
    assert!(presence.en.starts_with("full-process, but somebody must come"));
}

#[test]
fn a_role_that_nobody_holds_is_refused_where_it_is_needed() {
    let def: ProcedureDef = read_json(&good().to_string()).expect("the good one reads");
    let mut staffing = Staffing::complete(&def);
    assert_eq!(check(&def, &staffing, &NAMED), []);
    for roles in staffing.own.values_mut() {
        roles.remove(&Role::Leader);
    }
    let found = check(&def, &staffing, &NAMED);
    assert!(found.iter().all(|defect| defect.code == D::RoleNotStaffed), "{found:#?}");
    let signing = found.iter().any(|defect| defect.route.iter().any(|step| *step == "signing"));
    assert!(signing, "{found:#?}");
}

#[test]
fn an_agency_that_does_not_exist_is_refused() {
    for handling in [
        json!({"kind": "agency_kind", "agency_kind": "space_agency"}),
        json!({"kind": "agency", "code": "H49.99"}),
    ] {
        let mut broken = good();
        set(&mut broken, "/handling", handling);
        let def: ProcedureDef = read_json(&broken.to_string()).expect("it reads");
        let known: ProcedureDef = read_json(&good().to_string()).expect("it reads");
        let found = check(&def, &Staffing::complete(&known), &NAMED);
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [D::UnknownAgency]);
    }
}

#[test]
fn an_unknown_word_is_told_with_its_path() {
    let mut broken = good();
    set(&mut broken, "/documents/1/how/0", json!("carrier_pigeon"));
    let found = defects(&broken);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, D::UnknownWord);
    assert_eq!(found[0].path, "/documents/1/how/0");
    assert!(found[0].en.contains("carrier_pigeon"));
}

#[test]
fn a_definition_survives_writing_and_reading() {
    let def: ProcedureDef = read_json(&good().to_string()).expect("it reads");
    let text = serde_json::to_string(&def).expect("it writes");
    assert_eq!(read_json::<ProcedureDef>(&text).expect("it reads back"), def);
}
