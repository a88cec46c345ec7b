//! What a callback may change, and the many that change nothing.
use motcua::config::Secret;
use motcua::national::payment_platform::Partner;
use motcua::payments::OrderState;
use motcua::payments::gateway::Source;
use motcua::payments::gateway::national::NationalWords;
use motcua::payments::inbox::take_in;
use serde_json::{Value, json};

use super::stage::Stage;

// Mutant: settle without enqueueing; answer 99 to a repeat.
#[actix_web::test]
async fn a_genuine_notice_settles_once_and_its_repeat_is_accepted() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let body = stage.signed(&order, |_| {});
    assert_eq!(stage.reply(&order, body.clone()).await, "00");
    assert_eq!(stage.state(&order).await, OrderState::Paid);
    let after = stage.everything();
    assert_eq!(stage.reply(&order, body.clone()).await, "00");
    assert_eq!(stage.reply(&order, format!(" {body}")).await, "00");
    assert_eq!(stage.everything(), after);
    assert_eq!(stage.outcomes(), ["settled", "repeated"]);
    let expected = json!({ "order_id": order.id, "dossier_id": order.dossier_id, "amount": 7000 });
    assert_eq!(serde_json::from_str::<Value>(&stage.paid_jobs()[0]).unwrap(), expected);
}

// Mutants: skip the signature; skip partner, MaLoi, currency or amount; compare the amount as
// a number; sign over parsed values. Each lets one of these lines settle the order.
#[actix_web::test]
async fn what_is_wrong_in_any_way_changes_nothing() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let before = stage.everything();
    let stranger = Partner { code: "MOTCUA".to_owned(), key: Secret::new("guessed".to_owned()) };
    let genuine = stage.signed(&order, |_| {});
    let altered = |from: &str, to: &str| {
        assert!(genuine.contains(from), "{from} is not in {genuine}");
        genuine.replace(from, to)
    };
    let digest = stage.notice(&order).sign(&stage.partner).digest;
    let unsigned = {
        let mut message: Value = serde_json::from_str(&genuine).unwrap();
        message.as_object_mut().unwrap().remove("MaXacThuc");
        message.to_string()
    };
    let mut cases = vec![
        ("wrong key", stage.notice(&order).sign(&stranger).to_json().to_string(), "forged"),
        ("amount altered", altered("\"7000\"", "\"7001\""), "forged"),
        ("transaction altered", altered("GD-", "GE-"), "forged"),
        (
            "failure made a success",
            stage.signed(&order, |n| n.error_code = "07".to_owned()).replace("\"07\"", "\"00\""),
            "forged",
        ),
        ("digest in capitals", altered(&digest, &digest.to_uppercase()), "forged"),
        ("digest cut", altered(&digest, &digest[..32]), "forged"),
        ("digest empty", altered(&digest, ""), "forged"),
        ("number written anew", altered("\"7000\"", "7e3"), "forged"),
        ("number with a fraction", altered("\"7000\"", "7000.0"), "forged"),
        ("other partner", stage.signed(&order, |n| n.partner = "KHAC".to_owned()), "other_partner"),
        ("failed payment", stage.signed(&order, |n| n.error_code = "07".to_owned()), "not_paid"),
        ("no error code", stage.signed(&order, |n| n.error_code.clear()), "not_paid"),
        ("other currency", stage.signed(&order, |n| n.currency = "USD".to_owned()), "other_currency"),
        (
            "currency in small letters",
            stage.signed(&order, |n| n.currency = "vnd".to_owned()),
            "other_currency",
        ),
        ("no transaction", stage.signed(&order, |n| n.transaction.clear()), "malformed"),
        ("long transaction", stage.signed(&order, |n| n.transaction = "9".repeat(101)), "malformed"),
        ("no digest at all", unsigned, "malformed"),
        ("separator in a field", stage.signed(&order, |n| n.bank = "A|B".to_owned()), "malformed"),
    ];
    for amount in ["6999", "7001", "0", "-7000", "9223372036854775808", "7e3", "7000.0", "07000", ""] {
        let signed = stage.signed(&order, |n| n.amount = amount.to_owned());
        cases.push(("wrong amount", signed, "wrong_amount"));
    }
    for (amount, name) in [("7e3", "signed as a number"), ("7000.0", "signed with a fraction")] {
        let signed = stage.signed(&order, |n| n.amount = amount.to_owned());
        cases.push((name, signed.replace(&format!("\"{amount}\""), amount), "wrong_amount"));
    }
    for (name, body, outcome) in &cases {
        assert_eq!(stage.reply(&order, body.clone()).await, "99", "{name}: {body}");
        assert_eq!(stage.outcomes().last().map(String::as_str), Some(*outcome), "{name}: {body}");
        assert_eq!(stage.everything(), before, "{name}: {body}");
    }
    assert_eq!(stage.outcomes().len(), cases.len());
    assert_eq!(stage.payments(), ["6999 wrong_amount"], "a payment is kept once, as it was told first");
    assert_eq!(stage.reply(&order, genuine).await, "00", "and the genuine one still settles");
    assert_eq!(stage.payments(), ["7000 settled"]);
    let wrong = stage.signed(&order, |n| n.amount = "1".to_owned());
    assert_eq!(stage.reply(&order, wrong).await, "99");
    assert_eq!(stage.payments(), ["7000 settled"], "what settled is not told otherwise");
}

// Mutant: digest over the parsed number instead of the text: `7000` as a number is the same text.
#[actix_web::test]
async fn an_amount_may_be_written_as_a_number() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let body = stage.signed(&order, |_| {}).replace("\"7000\"", "7000");
    assert_eq!(stage.reply(&order, body).await, "00");
}

// Mutant: read the body into a map: the second key wins, unseen by who checked the first.
#[actix_web::test]
async fn a_body_without_a_readable_reference_is_refused() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let before = stage.everything();
    let genuine = stage.signed(&order, |_| {});
    let twice = genuine.replacen('{', "{\"SoTien\":\"1\",", 1);
    let escaped = genuine.replacen('{', "{\"\\u0053oTien\":\"1\",", 1);
    let nested = genuine.replacen('{', "{\"x\":{},", 1);
    let missing = genuine.replace("MaThamChieu", "MaThamChieux");
    let bodies = ["", "{", "null", "[]", "7", "\"x\"", "{}", "{\"MaThamChieu\":\"\\u0000\"}", "\u{feff}{}"];
    let all = [twice, escaped, nested, missing, genuine[..genuine.len() - 1].to_owned()];
    for body in all.into_iter().chain(bodies.map(str::to_owned)) {
        let (status, answer) = stage.send(body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!("malformed")), "{body}");
    }
    let (status, _) = stage.send(vec![b'{', 0xff, b'}']).await;
    assert_eq!(status, 400);
    assert_eq!(stage.everything(), before);
    assert!(stage.outcomes().iter().all(|outcome| outcome == "malformed"));
}

#[actix_web::test]
async fn only_short_json_is_read() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let genuine = stage.signed(&order, |_| {});
    let (status, _) = stage.send(format!("{}{genuine}", " ".repeat(16 * 1024))).await;
    assert_eq!(status, 413);
    let url = format!("{}/api/v1/payments/callbacks/national", stage.portal);
    let form = stage.http.post(url).header("Content-Type", "text/plain").body(genuine);
    assert_eq!(form.send().await.unwrap().status(), 415);
    assert_eq!(stage.outcomes(), [""; 0]);
    assert_eq!(stage.state(&order).await, OrderState::Open);
}

// Mutant: settle from any state that is not paid.
#[actix_web::test]
async fn money_for_a_cancelled_order_is_late_and_changes_nothing() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    stage.cancel(&order).await;
    let before = stage.everything();
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "99");
    assert_eq!(stage.everything(), before);
    assert_eq!(stage.outcomes(), ["late"]);
    assert_eq!(stage.payments(), ["7000 late"]);
}

#[actix_web::test]
async fn an_unknown_reference_is_answered_without_telling_more() {
    let stage = Stage::new().await;
    let mut order = stage.order().await;
    let before = stage.everything();
    order.reference = "261122AAAAAAAAAAAAAA".to_owned();
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "99");
    assert_eq!(stage.outcomes(), ["unknown_order"]);
    assert_eq!(stage.payments(), ["7000 unknown_order"]);
    let long = stage.signed(&order, |n| n.reference = "a b ".repeat(1000));
    let (status, answer) = stage.send(long).await;
    assert_eq!((status, &answer["MaLoi"], &answer["MaThamChieu"]), (200, &json!("99"), &json!("")));
    assert_eq!(stage.everything(), before);
}

// Mutant: treat every notice about a paid order as a repeat.
#[actix_web::test]
async fn a_second_payment_of_one_order_is_kept_apart() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    assert_eq!(stage.reply(&order, stage.signed(&order, |_| {})).await, "00");
    let after = stage.everything();
    let second = stage.signed(&order, |n| n.transaction = "GD-OTHER".to_owned());
    assert_eq!(stage.reply(&order, second).await, "99");
    let besides = |line: &String| !line.contains("refund");
    let everything: Vec<String> = stage.everything().into_iter().filter(besides).collect();
    assert_eq!(everything, after, "nothing but the refund of the second");
    assert_eq!(stage.outcomes(), ["settled", "paid_twice"]);
    assert_eq!(stage.payments(), ["7000 settled", "7000 paid_twice"]);
}

// Mutant: drop the unique key on gateway_payment (gateway, transaction).
#[actix_web::test]
async fn one_payment_settles_one_order() {
    let stage = Stage::new().await;
    let (first, second) = (stage.order().await, stage.order().await);
    assert_eq!(stage.reply(&first, stage.signed(&first, |n| n.transaction = "GD-1".to_owned())).await, "00");
    let after = stage.everything();
    assert_eq!(
        stage.reply(&second, stage.signed(&second, |n| n.transaction = "GD-1".to_owned())).await,
        "99"
    );
    assert_eq!(stage.everything(), after);
    assert_eq!(stage.outcomes(), ["settled", "transaction_reused"]);
}

// Mutant: answer a known body from its stored outcome instead of deciding again.
#[actix_web::test]
async fn a_notice_refused_for_a_wrong_key_of_ours_is_good_once_the_key_is_mended() {
    let stage = Stage::with("[payment]\nsecret_key = \"old key\"\n").await;
    let order = stage.order().await;
    let mended = Partner { code: "MOTCUA".to_owned(), key: Secret::new("new key".to_owned()) };
    let body = stage.notice(&order).sign(&mended).to_json().to_string();
    assert_eq!(stage.reply(&order, body.clone()).await, "99");
    let words = NationalWords { partner: mended, previous: None };
    let taken = stage.write(move |tx| take_in(tx, &words, Source::Callback, body.as_bytes())).await.unwrap();
    assert!(taken.outcome.is_accepted());
    assert_eq!(stage.outcomes(), ["settled"], "one row, now the one that settled");
}
