//! Every kind of signed document, judged by three programs of others.
use serde_json::{Value, json};

use super::stage::{PIN, Stage, judged};

/// What all three must say of a signature.
#[track_caller]
fn good(found: &Value) {
    for (judge, said) in [
        ("pyhanko", ""),
        ("stamp", ""),
        ("openssl", "openssl_said"),
        ("openssl_stamp", "openssl_said"),
        ("pdfsig", "pdfsig_said"),
    ] {
        assert_eq!(found[judge], true, "{judge} of {}: {}\n{found}", found["field"], found[said]);
    }
    assert_eq!(found["sub_filter"], "/ETSI.CAdES.detached");
}

#[actix_web::test]
async fn three_judges_agree_on_every_kind_of_signed_document() {
    let stage = Stage::with(&format!("seal_pin = \"{PIN}\"")).await;
    let (plain, sealed, curve) =
        (stage.order(false).await, stage.order(true).await, stage.order(false).await);
    assert_eq!(stage.sign(&[plain, sealed]).await, ["accepted", "accepted"]);
    let by_curve = json!({ "requests": [curve], "pin": PIN, "credential": "honggai.lanhdao.ec" });
    stage.confirm(&stage.leader, by_curve).await.expect(201);
    stage.work().await;
    stage.faults(json!({ "no_revocation": true })).await;
    let bare = stage.order(false).await;
    stage.sign(&[bare]).await;
    stage.work().await;
    // pdfsig asks the responder.
    stage.faults(json!({})).await;
    let mut documents = Vec::new();
    for request in [plain, sealed, curve, bare] {
        documents.push(stage.signed(request).await);
    }
    let found = judged(&documents).await;
    found.iter().for_each(good);
    let told = |found: &Value| {
        let kept = if found["kept"].is_null() { "B-T" } else { "B-LT" };
        let file = found["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        format!("{file} {} {} {kept}", found["field"].as_str().unwrap(), found["key"].as_str().unwrap())
    };
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "0.pdf Signature rsa B-LT",
            "1.pdf Signature rsa B-LT",
            "1.pdf Seal rsa B-LT",
            "2.pdf Signature ec B-LT",
            "3.pdf Signature rsa B-T",
        ]
    );
    assert_eq!(found[1]["signer"], "Đỗ Trưởng Sơn", "{}", found[1]);
    let levels = |shown: Value| {
        shown["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["level"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(levels(stage.request(sealed).await), ["B-T", "B-LT"]);
    assert_eq!(levels(stage.request(bare).await), ["B-T"]);
}
