//! What is owed, asked before anything is filed; and rules that contradict one another.
use motcua::catalogue::condition::Filing;
use motcua::catalogue::fee_def::FeeDef;
use motcua::catalogue::tariff::quote as quote_of;
use motcua::workflow::Channel;
use serde_json::{Value, json};

use super::Portal;
use super::portal::ADMIN;

fn embedded(code: &str) -> Value {
    let all = motcua::catalogue::embedded::procedures();
    let text = all.into_iter().find(|(file, _)| *file == format!("{code}.json")).expect("it is embedded").1;
    serde_json::from_str(text).expect("it is JSON")
}

async fn quote(portal: &Portal, code: &str, query: &str) -> Value {
    let answer = portal.get(&format!("/api/v1/procedures/{code}/quote?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.json());
    answer.json()
}

/// Amount, rule and explanation of the only line.
fn line(quote: &Value) -> (i64, &str, &str) {
    assert_eq!(quote["fees"].as_array().map(Vec::len), Some(1), "{quote}");
    let line = &quote["fees"][0];
    assert_eq!(quote["total"], line["amount"]);
    let rules = line["rules"].as_array().unwrap();
    let rule = rules.last().unwrap()["pointer"].as_str().unwrap();
    (line["amount"].as_i64().unwrap(), rule, line["explanation_vi"].as_str().unwrap())
}

#[actix_web::test]
async fn a_quote_says_how_much_by_which_rule_and_why_nothing() {
    let portal = Portal::new();
    let copies = |pages, copies| format!("channel=counter&pages={pages}&copies={copies}");
    for (pages, number, total) in
        [(1, 1, 2000), (2, 1, 4000), (3, 2, 10_000), (198, 1, 200_000), (900, 3, 600_000)]
    {
        let found = quote(&portal, "2.000815", &copies(pages, number)).await;
        assert_eq!(line(&found).0, total, "{pages} pages, {number} copies");
    }
    // Rounded down to whole đồng, and at most five million.
    for (value, amount) in [
        (1_i64, 0_i64),
        (666, 0),
        (667, 1),
        (3_333_333, 4_999),
        (3_333_334, 5_000),
        (3_333_333_333, 4_999_999),
        (3_333_333_334, 5_000_000),
        (99_000_000_000, 5_000_000),
    ] {
        let asked = format!("channel=counter&commune_kind=ward&contract_value={value}");
        let found = quote(&portal, "1.013831", &asked).await;
        let fees = found["fees"].as_array().unwrap();
        let appraisal = fees.iter().find(|fee| fee["code"] == "DD-TD").unwrap();
        assert_eq!(appraisal["amount"], amount, "0,15 % of {value}: {found}");
    }
    let free = "channel=online&copies=2&identity_level=2&date=";
    for (day, amount) in
        [("2026-08-14", 16_000), ("2026-08-15", 0), ("2027-02-28", 0), ("2027-03-01", 16_000)]
    {
        let found = quote(&portal, "2.000635", &format!("{free}{day}")).await;
        assert_eq!(line(&found).0, amount, "{day}");
    }
    let found = quote(&portal, "2.000635", &format!("{free}2027-02-28")).await;
    assert_eq!(line(&found).1, "/fees/0/exemptions/0");
    for word in ["Miễn", "VNeID mức độ 2", "TT 117/2026/TT-BTC", "2026-08-15", "2027-02-28"] {
        assert!(line(&found).2.contains(word), "{word} is missing: {found}");
    }
    let level_1 =
        quote(&portal, "2.000635", "channel=online&copies=2&identity_level=1&date=2026-09-14").await;
    assert_eq!(line(&level_1).0, 16_000, "level 1 is not level 2");
}

#[actix_web::test]
async fn a_birth_registered_in_time_is_free_and_the_clause_is_named() {
    let portal = Portal::new();
    let asked =
        |born: &str, more: &str| format!("channel=counter&date=2026-09-14&child.birth_date={born}{more}");
    let timely = quote(&portal, "1.001193", &asked("2026-07-16", "")).await;
    assert_eq!((line(&timely).0, line(&timely).1), (0, "/fees/0/exemptions/0"));
    assert!(line(&timely).2.contains("đúng hạn") && line(&timely).2.contains("điểm b khoản 1 Điều 11"));
    assert_eq!(timely["fees"][0]["rules"][0]["clause"], "điểm b khoản 1 Điều 11");
    let late = quote(&portal, "1.001193", &asked("2026-07-15", "")).await;
    assert_eq!((line(&late).0, late["fees"][0]["refundable"].as_bool()), (5000, Some(true)));
    let poor = quote(&portal, "1.001193", &asked("2026-07-15", "&subject=elderly,poor_household")).await;
    assert_eq!(line(&poor).0, 0);
    let online =
        quote(&portal, "1.001193", "channel=online&date=2026-09-14&child.birth_date=2026-01-01").await;
    assert!(line(&online).2.starts_with("Không thu") && line(&online).2.contains("trực tuyến"), "{online}");
    let household = quote(&portal, "1.001612", "channel=counter&date=2026-09-14").await;
    assert_eq!(household["fees"][0]["refundable"], false);
}

#[actix_web::test]
async fn what_a_quote_needs_is_named() {
    let portal = Portal::new();
    let refused = async |code: &str, query: &str| {
        let answer = portal.get(&format!("/api/v1/procedures/{code}/quote?{query}")).await;
        let fields: Vec<String> = answer.fields().into_iter().map(|(field, _)| field).collect();
        (answer.status, fields.join(" "))
    };
    for (code, query, status, fields) in [
        ("2.000815", "channel=counter", 422, "copies pages"),
        ("2.000815", "channel=counter&copies=1", 422, "pages"),
        ("2.000815", "pages=1&copies=1", 422, "channel"),
        ("2.000815", "channel=counter&pages=-1&copies=1", 422, "pages"),
        ("2.000815", "channel=counter&pages=1.5&copies=1", 422, "pages"),
        ("2.000815", "channel=counter&pages=99999999999999999999&copies=1", 422, "pages"),
        ("2.000815", "channel=counter&pages=1&pages=2&copies=1", 400, "pages"),
        ("2.000815", "channel=counter&pages=1&copies=1&sheets=4", 400, "sheets"),
        ("2.000815", "channel=fax&pages=1&copies=1", 400, "channel"),
        ("2.000815", "channel=counter&pages=1&copies=1&subject=rich", 400, "subject"),
        ("2.000815", "channel=counter&pages=1&copies=1&identity_level=3", 400, "identity_level"),
        ("2.000815", "channel=counter&pages=1&copies=1&case=none", 422, "case"),
        ("2.000815", "channel=counter&pages=1&copies=1&date=2026-02-30", 400, "date"),
        ("2.000815", "channel=counter&pages=1&copies=1&date=2020-01-01", 409, ""),
        ("1.001193", "channel=counter&child.birth_date=hom-qua", 422, "child.birth_date"),
        ("1.000005", "channel=counter", 409, ""),
        ("9.999999", "channel=counter", 404, ""),
    ] {
        assert_eq!(refused(code, query).await, (status, fields.to_owned()), "{code} {query}");
    }
}

// Mutant: overlapping rates are not looked for.
#[actix_web::test]
async fn two_rules_for_one_day_are_refused_and_the_pair_is_named() {
    let portal = Portal::new();
    let versions = "/api/v1/procedures/2.000635/versions";
    let next = |change: &dyn Fn(&mut Value)| {
        let mut next = embedded("2.000635");
        next["version"] = json!(2);
        next["effective_from"] = json!("2026-10-01");
        change(&mut next["fees"][0]);
        next
    };
    let refused = async |definition: &Value| {
        let answer = portal.post(ADMIN, versions, definition).await;
        assert_eq!(answer.status, 422, "{}", answer.json());
        let fields = answer.json()["fields"].clone();
        assert_eq!(fields.as_array().map(Vec::len), Some(1), "{fields}");
        let text = |name: &str| fields[0][name].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    };
    let rate = json!({"from": "2027-05-01", "channel": "counter", "rule": {"kind": "fixed", "amount": 1}});
    let (code, message) =
        refused(&next(&|fee| fee["rates"].as_array_mut().unwrap().push(rate.clone()))).await;
    assert_eq!(code, "overlapping_rates");
    assert!(message.contains("/rates/1") && message.contains("/rates/3"), "{message}");
    let spared = json!({"name": "Hộ nghèo", "when": {"all": [{"subject": "poor_household"}, {"channel": "counter"}]},
                        "from": "2027-01-01", "legal_basis": "NQ 1/2027/NQ-HĐND"});
    let spare = |fee: &mut Value| fee["exemptions"].as_array_mut().unwrap().push(spared.clone());
    let (code, message) = refused(&next(&spare)).await;
    assert_eq!(code, "overlapping_reliefs");
    assert!(message.contains("/exemptions/2") && message.contains("/exemptions/4"), "{message}");
    let less = |channel: &str, from: &str| {
        json!({"name": "Giảm", "when": {"channel": channel}, "from": from, "legal_basis": "NQ 1/2027/NQ-HĐND",
               "rule": {"kind": "percent", "basis_points": 1000}})
    };
    let twice = json!([less("online", "2026-10-01"), less("online", "2027-10-01")]);
    assert_eq!(refused(&next(&|fee| fee["reductions"] = twice.clone())).await.0, "overlapping_reliefs");
    let apart = json!([less("online", "2026-10-01"), less("post", "2027-10-01")]);
    let answer = portal.post(ADMIN, versions, &next(&|fee| fee["reductions"] = apart.clone())).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
}

/// A resolution of a province's council and a time-limited reduction, as data.
#[test]
fn the_example_of_a_resolution_comes_out_to_the_dong() {
    let rules = crate::data::json(crate::data::data("fees/ha_noi.json"));
    let fees: Vec<FeeDef> = serde_json::from_value(rules["fees"].clone()).unwrap();
    let line = |code: &str, day: &str, channel, identity_level, answers: Value| {
        let fee: Vec<FeeDef> = fees.iter().filter(|fee| fee.code == code).cloned().collect();
        let date = day.parse().unwrap();
        let filing = Filing { channel, date, case: None, answers: &answers, subjects: &[], identity_level };
        quote_of(&fee, &filing).unwrap().remove(0)
    };
    let (online, counter) = (Channel::Online, Channel::Counter);
    assert_eq!(line("HT-XNHN", "2023-07-03", online, 2, json!({})).amount, 3_000);
    let free = line("HT-XNHN", "2023-07-04", online, 2, json!({}));
    assert_eq!((free.amount, free.legal_basis.as_str()), (0, "NQ 07/2023/NQ-HĐND"));
    assert!(free.explanation_vi.contains("Miễn") && free.explanation_en.contains("Exempt"), "{free:?}");
    assert_eq!(line("HT-XNHN", "2023-07-04", counter, 2, json!({})).amount, 3_000);
    assert!(!line("HKD", "2026-09-14", counter, 0, json!({})).refundable);
    let tax = |day, channel, level| line("LPTB", day, channel, level, json!({"value": 1_999_999_999}));
    // 0,5 % of the value is 9,999,999.995; nine tenths of the whole đồng are 8,999,999.1.
    assert_eq!(tax("2026-08-14", online, 2).amount, 9_999_999);
    assert_eq!(tax("2026-08-15", online, 2).amount, 8_999_999);
    assert_eq!(tax("2027-02-28", online, 2).amount, 8_999_999);
    for (day, channel, level) in
        [("2027-03-01", online, 2), ("2026-09-14", online, 1), ("2026-09-14", counter, 2)]
    {
        assert_eq!(tax(day, channel, level).amount, 9_999_999, "{day} {level}");
    }
    let less = tax("2026-09-14", online, 2);
    let rules: Vec<_> = less.rules.iter().map(|rule| (rule.pointer.as_str(), rule.amount)).collect();
    assert_eq!(rules, [("/fees/0/rates/0", 9_999_999), ("/fees/0/reductions/0", 8_999_999)]);
    assert!(
        less.explanation_vi.contains("giảm 10.00%") && less.explanation_vi.contains("còn 8999999 đồng"),
        "{less:?}"
    );
}
