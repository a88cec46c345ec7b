//! Conditions, documents and fees, by example and by property.
use super::condition::{Cond, Filing, Subject};
use super::definition::DocumentDef;
use super::documents::{Need, missing, need};
use super::fee_def::FeeDef;
use super::tariff::{QuoteError, quote, total};
use crate::workflow::{Channel, DefectCode, read_json};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

fn filing(answers: &Value) -> Filing<'_> {
    Filing {
        channel: Channel::Online,
        date: date(2026, 8, 3),
        case: Some("standard"),
        answers,
        subjects: &[Subject::PoorHousehold],
        identity_level: 2,
    }
}

fn cond(value: Value) -> Cond {
    read_json(&value.to_string()).expect("a condition")
}

fn fee(rates: Value, more: Value) -> FeeDef {
    let mut fee = json!({"code": "PHI", "name": "Phí thử", "kind": "charge", "collect": "on_receipt",
        "legal_basis": "TT 1/2026", "rates": rates});
    if let (Some(fee), Value::Object(more)) = (fee.as_object_mut(), more) {
        fee.extend(more);
    }
    read_json(&fee.to_string()).expect("a fee")
}

fn copies_fee() -> FeeDef {
    fee(
        json!([{"from": "2026-01-01", "rule": {"kind": "tiers", "quantity": "/pages", "copies": "/copies",
            "cap": 200_000, "tiers": [{"from": 1, "to": 2, "amount": 2000}, {"from": 3, "amount": 1000}]}}]),
        json!({}),
    )
}

#[test]
fn conditions_judge_a_filing() {
    let answers = json!({"kind": "late", "pages": 3, "born": "2026-06-03", "empty": "", "deep": {"x": true}});
    let table = [
        (json!({"field": "/kind", "equals": "late"}), true),
        (json!({"field": "/deep/x", "equals": true}), true),
        (json!({"field": "/kind", "one_of": ["a", "late"]}), true),
        (json!({"field": "/kind", "one_of": ["a"]}), false),
        (json!({"field": "/empty", "present": true}), false),
        (json!({"field": "/absent", "present": false}), true),
        (json!({"field": "/absent", "equals": null}), false),
        (json!({"field": "/pages", "at_least": 3}), true),
        (json!({"field": "/pages", "at_least": 4}), false),
        (json!({"field": "/born", "older_than_days": 60}), true),
        (json!({"field": "/born", "older_than_days": 61}), false),
        (json!({"channel": "online"}), true),
        (json!({"channel": "post"}), false),
        (json!({"case": "standard"}), true),
        (json!({"subject": "poor_household"}), true),
        (json!({"subject": "disabled"}), false),
        (json!({"identity_level": 2}), true),
        (json!({"all": [{"channel": "online"}, {"case": "standard"}]}), true),
        (json!({"any": [{"channel": "post"}, {"case": "standard"}]}), true),
        (json!({"not": {"channel": "online"}}), false),
        (json!({"all": []}), true),
    ];
    for (written, expected) in table {
        if written.get("equals") == Some(&Value::Null) {
            assert!(read_json::<Cond>(&written.to_string()).is_err(), "{written}");
            continue;
        }
        assert_eq!(cond(written.clone()).holds(&filing(&answers)), expected, "{written}");
    }
}

#[test]
fn a_condition_is_exactly_one() {
    let strange = [
        json!({}),
        json!({"field": "/a"}),
        json!({"equals": 1}),
        json!({"channel": "online", "case": "x"}),
        json!({"field": "/a", "equals": 1, "at_least": 1}),
        json!({"feild": "/a", "equals": 1}),
    ];
    for written in strange {
        let defect = read_json::<Cond>(&written.to_string()).expect_err("it is not one condition");
        assert_eq!(defect.code, DefectCode::UnknownWord, "{written}");
    }
}

#[test]
fn documents_follow_the_answers() {
    let document = |code: &str, required: Value, how: &str| -> DocumentDef {
        let written =
            json!({"code": code, "name": code, "required": required, "accept": ["pdf"], "how": [how]});
        read_json(&written.to_string()).expect("a document")
    };
    let found = json!({"when": {"field": "/foundling", "equals": true}});
    let documents = [
        document("always", json!("always"), "submit"),
        document("optional", json!("optional"), "submit"),
        document("if_found", found, "submit"),
        document("form", json!("always"), "electronic"),
        document("shown", json!("always"), "present"),
        document("looked_up", json!("always"), "database"),
    ];
    let (plain, foundling) = (json!({}), json!({"foundling": true}));
    let needs: Vec<Need> = documents.iter().map(|d| need(d, &filing(&plain))).collect();
    use Need::{NotAsked, Optional, OtherWay, Required};
    assert_eq!(needs, [Required, Optional, NotAsked, OtherWay, OtherWay, OtherWay]);
    assert_eq!(missing(&documents, &filing(&plain), &[]), ["always"]);
    assert_eq!(missing(&documents, &filing(&foundling), &["always".to_owned()]), ["if_found"]);
}

#[test]
fn copies_are_priced_by_the_page_and_capped_by_the_copy() {
    // 2.000815: 2.000 đồng a page for pages 1–2, 1.000 from page 3, at most 200.000 a copy.
    let table = [
        (0, 1, 0),
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),
        (10, 1, 12_000),
        (10, 3, 36_000),
        (198, 1, 200_000),
        (199, 1, 200_000),
        (5_000, 2, 400_000),
        (5_000, 0, 0),
    ];
    for (pages, copies, amount) in table {
        let answers = json!({"pages": pages, "copies": copies});
        let lines = quote(&[copies_fee()], &filing(&answers)).expect("a quote");
        assert_eq!(total(&lines), Ok(amount), "{pages} pages, {copies} copies");
    }
}

#[test]
fn every_kind_of_rate_computes() {
    let table = [
        (json!({"kind": "fixed", "amount": 7000}), 7_000),
        (json!({"kind": "per_unit", "amount": 8000, "quantity": "/n"}), 24_000),
        (json!({"kind": "percent", "base": "/value", "basis_points": 15}), 1_500_000),
        (json!({"kind": "percent", "base": "/value", "basis_points": 15, "cap": 500_000}), 500_000),
    ];
    let answers = json!({"n": 3, "value": 1_000_000_000});
    for (rule, amount) in table {
        let fee = fee(json!([{"from": "2026-01-01", "rule": rule}]), json!({}));
        let lines = quote(&[fee], &filing(&answers)).expect("a quote");
        assert_eq!(lines[0].amount, amount, "{rule}");
        assert!(!lines[0].explanation_vi.is_empty() && !lines[0].explanation_en.is_empty());
    }
}

#[test]
fn date_and_channel_choose_the_rate() {
    let fixed = |amount: i64| json!({"kind": "fixed", "amount": amount});
    let residence = fee(
        json!([
            {"from": "2024-01-01", "to": "2025-12-31", "rule": fixed(15_000)},
            {"from": "2026-01-01", "rule": fixed(20_000)},
            {"from": "2026-01-01", "channel": "online", "rule": fixed(7_000)},
            {"from": "2026-07-01", "channel": "post", "rule": fixed(0), "legal_basis": "NQ 1/2026"}
        ]),
        json!({}),
    );
    let table: [(Channel, Date, Result<i64, QuoteError>); 6] = [
        (Channel::Online, date(2025, 12, 31), Ok(15_000)),
        (Channel::Online, date(2026, 1, 1), Ok(7_000)),
        (Channel::Counter, date(2026, 1, 1), Ok(20_000)),
        (Channel::Post, date(2026, 6, 30), Ok(20_000)),
        (Channel::Post, date(2026, 7, 1), Ok(0)),
        (Channel::Online, date(2023, 12, 31), Err(QuoteError::NoRate("PHI".to_owned()))),
    ];
    let answers = json!({});
    for (channel, day, expected) in table {
        let mut filing = filing(&answers);
        (filing.channel, filing.date) = (channel, day);
        let found = quote(std::slice::from_ref(&residence), &filing).and_then(|lines| total(&lines));
        assert_eq!(found, expected, "{channel} {day}");
    }
}

#[test]
fn the_spared_pay_nothing_and_are_told_why() {
    let rates = json!([{"from": "2026-01-01", "rule": {"kind": "fixed", "amount": 5000}}]);
    let spared = json!({"exemptions": [{"when": {"subject": "poor_household"}, "legal_basis": "NQ 2", "name": "Hộ nghèo"}]});
    let answers = json!({});
    let lines = quote(&[fee(rates.clone(), spared)], &filing(&answers)).expect("a quote");
    assert_eq!((lines[0].amount, lines[0].legal_basis.as_str()), (0, "NQ 2"));
    assert!(lines[0].explanation_vi.contains("Hộ nghèo"));
    let elsewhere = json!({"when": {"channel": "counter"}});
    let none = quote(&[fee(rates, elsewhere)], &filing(&answers)).expect("a quote");
    assert!(none.is_empty(), "a fee that does not apply has no line");
}

#[test]
fn what_cannot_be_computed_is_an_error_never_a_guess() {
    let no_quantity = QuoteError::NoQuantity { fee: "PHI".to_owned(), field: "/pages".to_owned() };
    for answers in
        [json!({}), json!({"pages": -1, "copies": 1}), json!({"pages": "3"}), json!({"pages": 1.5})]
    {
        assert_eq!(quote(&[copies_fee()], &filing(&answers)), Err(no_quantity.clone()), "{answers}");
    }
    let twice = json!([
        {"from": "2026-01-01", "rule": {"kind": "fixed", "amount": 1}},
        {"from": "2026-02-01", "rule": {"kind": "fixed", "amount": 2}}
    ]);
    let answers = json!({"n": i64::MAX});
    let found = quote(&[fee(twice, json!({}))], &filing(&answers));
    assert_eq!(found, Err(QuoteError::TwoRates("PHI".to_owned())));
    let huge = json!([{"from": "2026-01-01", "rule": {"kind": "per_unit", "amount": 9, "quantity": "/n"}}]);
    let found = quote(&[fee(huge, json!({}))], &filing(&answers));
    assert_eq!(found, Err(QuoteError::TooLarge("PHI".to_owned())));
}

proptest! {
    /// Page by page is the same as by tiers, and never more than the cap.
    #[test]
    fn tiers_agree_with_counting_page_by_page(pages in 0_i64..400, copies in 0_i64..20) {
        let one: i64 = (1..=pages).map(|page| if page <= 2 { 2_000 } else { 1_000 }).sum();
        let answers = json!({"pages": pages, "copies": copies});
        let lines = quote(&[copies_fee()], &filing(&answers)).expect("a quote");
        prop_assert_eq!(lines[0].amount, one.min(200_000) * copies);
    }

    /// No answer makes the arithmetic panic, and no amount is negative.
    #[test]
    fn any_numbers_give_an_amount_or_an_error(pages in any::<i64>(), copies in any::<i64>(), points in 0_i64..10_000) {
        let percent = fee(json!([{"from": "2026-01-01", "rule": {"kind": "percent", "base": "/pages", "basis_points": points}}]), json!({}));
        let answers = json!({"pages": pages, "copies": copies});
        if let Ok(lines) = quote(&[copies_fee(), percent], &filing(&answers)) {
            prop_assert!(lines.iter().all(|line| line.amount >= 0));
        }
    }
}
