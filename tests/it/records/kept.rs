//! Digitised papers go into the store of whose dossier they came with.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::papers::{act, components, digitised, scanned};
use crate::dossiers::play::{Play, procedure};
use crate::support::stage::Portal;

const FORM: &str = "1.013227-TP01";
const PERMIT: &str = "1.013227-TP02";
const KIND: &str = "KQ.G17.000311";

async fn held(play: &Play<'_>, kind: &str) -> Vec<Value> {
    let page = play.applicant.get(&format!("/api/v1/records?kind={kind}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_permit_that_was_digitised_is_not_asked_for_again() {
    let portal = Portal::new().await;
    let procedure = procedure("1.013227");
    let mut scenario = procedure["scenarios"][0].clone();
    scenario["channel"] = json!("counter");
    let mut play = Play::new(&portal, &procedure, &scenario);
    play.submit().await.expect(201);
    let clerk = portal.official(Role::OneStopClerk, play.unit);
    clerk.act(&play.code, "receive", json!({})).await.expect(200);
    let path = format!("/api/v1/dossiers/{}/components/{PERMIT}", play.code);
    let paper = json!({ "number": "55/GPXD", "issuer": "Sở Xây dựng", "issued_on": "2024-03-01" });
    let mut said = json!({ "origin": "paper_original", "paper": paper });
    said["paper"]["valid_to"] = json!("2024-02-29");
    let refused = clerk.put_for(0, &path, &said).await.refused(422, "invalid");
    assert_eq!(refused.fields(), ["/paper/valid_to"]);
    said["paper"]["valid_to"] = Value::Null;
    clerk.put_for(0, &path, &said).await.expect(200);
    // Until a clerk vouches for it, it is a scan among others.
    let scan = scanned(&clerk, &play.code, PERMIT, 3_000).await;
    assert_eq!(act(&clerk, "comparisons", std::slice::from_ref(&scan)).await, ["compared"]);
    play.work().await;
    assert_eq!(held(&play, KIND).await, Vec::<Value>::new());
    assert_eq!(act(&clerk, "signatures", std::slice::from_ref(&scan)).await, ["signed"]);
    digitised(&clerk, &play.code, FORM, 2_000).await;
    play.work().await;
    let one = held(&play, KIND).await.remove(0);
    assert_eq!((&one["number"], &one["issuer"]), (&json!("55/GPXD"), &json!("Sở Xây dựng")));
    assert_eq!((&one["trust"], &one["has_file"]), (&json!("digitised_signed"), &json!(true)));
    // Of a paper that nobody read, the holder has the picture, and it stands for nothing else.
    let form = held(&play, FORM).await.remove(0);
    assert_eq!(form["number"], json!(format!("{}/{FORM}", play.code)));

    let mut scenario = procedure["scenarios"][0].clone();
    scenario["documents"] = json!([FORM]);
    let mut again = Play::new(&portal, &procedure, &scenario);
    again.submit().await.expect(201);
    let clerk = portal.official(Role::OneStopClerk, again.unit);
    assert_eq!(components(&clerk, &again.code).await[PERMIT]["origin"], "reused");
    clerk.act(&again.code, "receive", json!({})).await.expect(200);
    let kept = components(&clerk, &again.code).await[PERMIT].clone();
    assert_eq!((&kept["origin"], &kept["state"]), (&json!("reused"), &json!("digital")));
    portal.verify().await;
}
