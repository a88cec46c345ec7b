//! VNPAY: what its notices may change, and what a judge of its merchants says of our writing.
use std::collections::BTreeMap;

use motcua::payments::gateway::vnpay::wire::Merchant;
use motcua::payments::{Order, OrderState, poll_payments};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::judge;

type Fields = BTreeMap<&'static str, String>;

/// An order that is to be paid at VNPAY: its attempt's reference, and the page.
async fn at_vnpay(stage: &Stage) -> (Order, String, String) {
    let order = stage.order().await;
    let (reference, page) = stage.choose(&order, "vnpay").await;
    (order, reference, page)
}

/// The genuine notice that an attempt was paid.
fn notice(stage: &Stage, reference: &str) -> Fields {
    BTreeMap::from([
        ("vnp_TmnCode", stage.merchant.code.clone()),
        ("vnp_Amount", "700000".to_owned()),
        ("vnp_BankCode", "NCB".to_owned()),
        ("vnp_PayDate", "20261122091500".to_owned()),
        ("vnp_OrderInfo", "Nop phi (ho so)".to_owned()),
        ("vnp_TransactionNo", "14226112".to_owned()),
        ("vnp_ResponseCode", "00".to_owned()),
        ("vnp_TransactionStatus", "00".to_owned()),
        ("vnp_TxnRef", reference.to_owned()),
    ])
}

/// Calls us as VNPAY does; the code of our answer.
async fn call(stage: &Stage, query: &str) -> String {
    let url = format!("{}/api/v1/payments/callbacks/vnpay?{query}", stage.portal);
    let answer = stage.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["RspCode"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_person_pays_at_vnpay_by_clicking() {
    let stage = Stage::new().await;
    let (order, _, url) = at_vnpay(&stage).await;
    let page = stage.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Thanh toán 7000 đồng"), "{page}");
    let shown = stage.pay_at_vnpay(&url).await;
    assert_eq!(shown["replies"], json!([{ "RspCode": "00", "Message": "Confirm Success" }]));
    assert_eq!(stage.state(&order).await, OrderState::Paid);
    assert_eq!(stage.attempts(&order), ["national open", "vnpay paid"]);
    let back: Value =
        stage.http.get(shown["return_url"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    assert_eq!((&back["paid_as_told"], &back["state"]), (&json!(true), &json!("paid")));
}

// Mutants: skip the signature, the merchant, one of the two codes or the amount; take the
// amount as đồng; verify what would be written again. Each lets one of these lines settle.
#[actix_web::test]
async fn what_is_wrong_in_any_way_changes_nothing() {
    let stage = Stage::new().await;
    let (_, reference, _) = at_vnpay(&stage).await;
    let before = stage.everything();
    let merchant = &stage.merchant;
    let changed = |name: &'static str, value: &str| {
        let mut fields = notice(&stage, &reference);
        fields.insert(name, value.to_owned());
        merchant.query(&fields)
    };
    let genuine = merchant.query(&notice(&stage, &reference));
    let stranger = Merchant { code: merchant.code.clone(), key: motcua::config::Secret::new("x".to_owned()) };
    let mut unknown = notice(&stage, "261122AAAAAAAAAAAAAA");
    unknown.insert("vnp_TransactionNo", "1".to_owned());
    let hash = genuine.rsplit_once('=').unwrap().1.to_owned();
    let cases = [
        ("wrong key", stranger.query(&notice(&stage, &reference)), "97"),
        ("amount altered", genuine.replace("700000", "700100"), "97"),
        (
            "failure made a success",
            changed("vnp_TransactionStatus", "02").replace("Status=02", "Status=00"),
            "97",
        ),
        ("written anew", genuine.replace("+", "%20"), "97"),
        ("hash cut", genuine.replace(&hash, &hash[..64]), "97"),
        ("no hash", genuine.replace(&format!("&vnp_SecureHash={hash}"), ""), "97"),
        ("nothing", String::new(), "97"),
        ("a field twice", format!("{genuine}&vnp_TxnRef=X"), "99"),
        ("a field twice, escaped", format!("{genuine}&vnp_Txn%52ef=X"), "99"),
        ("other merchant", changed("vnp_TmnCode", "KHAC0001"), "01"),
        ("unknown reference", merchant.query(&unknown), "01"),
        ("failed", changed("vnp_ResponseCode", "24"), "00"),
        ("taken, but not successful", changed("vnp_TransactionStatus", "04"), "00"),
        ("no status", changed("vnp_TransactionStatus", ""), "00"),
        ("other currency", changed("vnp_CurrCode", "USD"), "04"),
        ("in đồng", changed("vnp_Amount", "7000"), "04"),
        ("one đồng less", changed("vnp_Amount", "699900"), "04"),
        ("a part of a đồng", changed("vnp_Amount", "700001"), "04"),
        ("nothing to pay", changed("vnp_Amount", "0"), "04"),
        ("negative", changed("vnp_Amount", "-700000"), "04"),
        ("too large to count", changed("vnp_Amount", "922337203685477580800"), "04"),
        ("no transaction", changed("vnp_TransactionNo", ""), "99"),
    ];
    for (name, query, code) in cases {
        assert_eq!(call(&stage, &query).await, code, "{name}: {query}");
        assert_eq!(stage.everything(), before, "{name}: {query}");
    }
    assert_eq!(call(&stage, &genuine).await, "00");
    assert_eq!(call(&stage, &genuine).await, "02", "told again");
    assert_eq!(stage.paid_jobs().len(), 1);
}

// Mutant: take in what the browser brings.
#[actix_web::test]
async fn what_the_browser_brings_is_shown_and_changes_nothing() {
    let stage = Stage::new().await;
    let (_, reference, _) = at_vnpay(&stage).await;
    let before = stage.everything();
    let genuine = stage.merchant.query(&notice(&stage, &reference));
    for (query, told) in [
        (genuine.clone(), json!({ "reference": reference, "paid_as_told": true, "state": "open" })),
        (genuine.replace("700000", "1"), json!({ "reference": null, "paid_as_told": false, "state": null })),
    ] {
        let url = format!("{}/api/v1/payments/returns/vnpay?{query}", stage.portal);
        let shown: Value = stage.http.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(shown, told);
    }
    assert_eq!((stage.everything(), stage.outcomes().len()), (before, 0));
}

// Mutant: settle whichever attempt is paid; drop the compare-and-set.
#[actix_web::test]
async fn of_two_attempts_that_both_succeed_one_settles_and_the_other_is_paid_twice() {
    let stage = Stage::new().await;
    let (order, national) = stage.payable().await;
    let (_, page) = stage.choose(&order, "vnpay").await;
    assert_eq!(stage.choose(&order, "vnpay").await.1, page, "one that can be paid stays");
    assert_eq!(stage.pay(&national).await, ["00"]);
    let replies = stage.pay_at_vnpay(&page).await["replies"].clone();
    assert_eq!(replies[0]["RspCode"], "02", "kept, so that VNPAY need not call again");
    assert_eq!(stage.payments(), ["7000 settled", "7000 paid_twice"]);
    assert_eq!(stage.attempts(&order), ["national paid", "vnpay paid"]);
    assert_eq!((stage.paid_jobs().len(), stage.payment(&order).await.paid), (1, 7000));
}

#[actix_web::test]
async fn a_lost_notice_is_found_by_asking_and_a_refusal_closes_the_attempt() {
    let stage = Stage::new().await;
    let (paid, _, page) = at_vnpay(&stage).await;
    let (refused, _, given_up) = at_vnpay(&stage).await;
    stage.vnpay_faults(json!({ "drop_callbacks": true })).await;
    stage.pay_at_vnpay(&page).await;
    stage.open_at_vnpay(&given_up).await;
    let fail = stage.vnpay_pay_address(&given_up);
    stage
        .http
        .post(fail)
        .header("Accept", "application/json")
        .form(&[("result", "fail")])
        .send()
        .await
        .unwrap();
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 1);
    assert_eq!(stage.state(&paid).await, OrderState::Paid);
    assert_eq!(stage.attempts(&refused), ["national open", "vnpay closed"]);
    assert_eq!(stage.state(&refused).await, OrderState::Open, "the other attempt can still be paid");
    assert_ne!(stage.choose(&refused, "vnpay").await.1, given_up, "and a new one can be begun");
}

#[actix_web::test]
async fn the_judge_of_vnpays_merchants_verifies_ours_and_we_take_its_notices() {
    let stage = Stage::new().await;
    let (order, reference, page) = at_vnpay(&stage).await;
    let mut fields: BTreeMap<&str, Value> =
        notice(&stage, &reference).into_iter().map(|(name, value)| (name, value.into())).collect();
    // The judge multiplies by itself, and its addresses are those of a payment.
    fields.insert("vnp_Amount", json!(7000));
    fields.insert("vnp_IpAddr", json!("127.0.0.1"));
    fields.insert("vnp_ReturnUrl", json!("https://portal.example/a?b=c"));
    fields.insert("vnp_OrderInfo", json!("Nộp phí: (hồ sơ) H49.61*~'! 100%"));
    let asked = json!({
        "code": stage.merchant.code, "key": stage.merchant.key.expose(),
        "urls": [page, page.replace("vnp_Amount=700000", "vnp_Amount=700100")], "notices": [fields],
    });
    let said = judge("vnpay.js", &asked).await;
    assert_eq!(said["verified"], json!([true, false]));
    assert_eq!(said["amounts"][0], json!(7000));
    assert_eq!(call(&stage, said["queries"][0].as_str().unwrap()).await, "00");
    assert_eq!(stage.state(&order).await, OrderState::Paid);
}
