//! A change of the fee rules changes nothing that was charged.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, procedure};
use crate::support::stage::Portal;

async fn payment(play: &Play<'_>) -> Value {
    let path = format!("/api/v1/dossiers/{}/payment", play.code);
    play.portal.official(Role::OneStopClerk, play.unit).get(&path).await.expect(200)
}

#[actix_web::test]
async fn a_new_version_charges_new_filings_only() {
    let portal = Portal::new().await;
    let copies = procedure("2.000635");
    let mut before = Play::new(&portal, &copies, Play::scenario(&copies, "paid_at_counter"));
    before.submit().await.expect(201);
    before.up_to("request_payment").await;
    let charged = payment(&before).await;
    assert_eq!(charged["total"], 24_000, "{charged}");
    let mut dearer = copies.clone();
    dearer["version"] = json!(2);
    dearer["effective_from"] = json!("2026-09-14");
    for rate in dearer["fees"][0]["rates"].as_array_mut().unwrap() {
        rate["rule"]["amount"] = json!(9000);
        rate["legal_basis"] = json!("TT 99/2026/TT-BTC");
    }
    dearer["fees"][0]["refundable"] = json!(false);
    dearer["scenarios"].as_array_mut().unwrap().retain(|scenario| scenario["name"] == "paid_at_counter");
    dearer["scenarios"][0]["expect"]["fee"] = json!(27_000);
    let admin = portal.official(Role::SystemAdmin, "H49");
    admin.post("/api/v1/procedures/2.000635/versions", &dearer).await.expect(201);
    let mut after = Play::new(&portal, &dearer, &dearer["scenarios"][0]);
    after.submit().await.expect(201);
    after.up_to("receive").await;
    let new = payment(&after).await;
    assert_eq!(new["total"], 27_000, "{new}");
    assert_eq!(payment(&before).await, charged, "what was charged stays as it was");
    assert_eq!(charged["charges"][0]["explanation"]["rules"][0]["legal_basis"], "TT 281/2016/TT-BTC");
    before.pay().await;
    before.work().await;
    let paid = payment(&before).await;
    assert_eq!((&paid["paid"], &paid["due"]), (&json!(24_000), &json!(0)));
    assert_eq!(paid["charges"], charged["charges"]);
    portal.verify().await;
}
