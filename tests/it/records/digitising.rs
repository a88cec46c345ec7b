//! How each component came, and the three acts by which its paper becomes data.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::papers::{
    CARD, DECLARATION, PROOF, act, birth, components, differs, digitised, received, scanned, stranger,
};
use crate::dossiers::play::{Play, procedure};
use crate::support::stage::{Caller, ONE_STOP, Portal, because};

async fn say(clerk: &Caller<'_>, code: &str, component: &str, said: Value) -> crate::support::stage::Answer {
    let path = format!("/api/v1/dossiers/{code}/components/{component}");
    clerk.put_for(1, &path, &said).await
}

fn told(component: &Value) -> [&Value; 3] {
    [&component["origin"], &component["must"], &component["state"]]
}

// Mutants: a paper comes as electronic; what is only shown must be scanned; the form that is
// filled in online is no component.
#[actix_web::test]
async fn every_component_knows_how_it_came() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut online = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    online.submit().await.expect(201);
    let clerk = portal.clerk();
    for step in ["before", "after"] {
        let seen = components(&online.applicant, &online.code).await;
        assert_eq!(seen.as_object().unwrap().len(), 2, "{seen}");
        assert_eq!(told(&seen["1.001193-TP02"]), [&json!("electronic"), &Value::Null, &json!("digital")]);
        assert_eq!(told(&seen[PROOF]), [&json!("electronic"), &Value::Null, &json!("digital")]);
        assert_eq!(seen[PROOF]["files"].as_array().unwrap().len(), 1);
        assert_eq!(seen[PROOF]["received_at"].is_null(), step == "before");
        assert_eq!(
            portal.number("SELECT count(*)::int AS n FROM component"),
            if step == "before" { 0 } else { 2 }
        );
        if step == "before" {
            say(&clerk, &online.code, PROOF, json!({"origin": "presented"}))
                .await
                .refused(409, "not_received");
            online.up_to("receive").await;
        }
    }

    let code = received(&clerk).await;
    let seen = components(&clerk, &code).await;
    for paper in [DECLARATION, PROOF] {
        assert_eq!(told(&seen[paper]), [&json!("paper_original"), &json!("decision"), &json!("waiting")]);
    }
    assert_eq!(told(&seen[CARD]), [&json!("presented"), &Value::Null, &json!("not_required")]);
    let said = json!({ "origin": "certified_copy", "note": "Bản sao có chứng thực, mờ góc" });
    say(&clerk, &code, PROOF, said).await.expect(200);
    say(&clerk, &code, CARD, json!({ "origin": "database" })).await.expect(200);
    // Shown when the result was fetched.
    say(&clerk, &code, "1.001193-TP07", json!({ "origin": "presented" })).await.expect(200);
    say(&clerk, &code, PROOF, json!({ "origin": "electronic" })).await.refused(422, "invalid");
    say(&clerk, &code, PROOF, json!({ "origin": "reused" })).await.refused(422, "invalid");
    say(&clerk, &code, "1.001193-TP99", json!({ "origin": "presented" })).await.refused(404, "not_found");
    let seen = components(&clerk, &code).await;
    assert_eq!(told(&seen[PROOF]), [&json!("certified_copy"), &json!("decision"), &json!("waiting")]);
    assert_eq!(told(&seen[CARD]), [&json!("database"), &Value::Null, &json!("not_required")]);
    assert_eq!((&seen[PROOF]["stated"], &seen[DECLARATION]["stated"]), (&json!(true), &json!(false)));
    assert_eq!(seen["1.001193-TP07"]["origin"], "presented");
    let own = portal.citizen("022196000002", 2);
    let seen = components(&own, &code).await;
    assert_eq!((&seen[PROOF]["origin"], &seen[PROOF]["note"]), (&json!("certified_copy"), &Value::Null));
    portal.verify().await;
}

// Mutants: an earlier result handed in on paper has no reason; a file that the clerk uploaded at
// the counter counts as electronic.
#[actix_web::test]
async fn what_the_clerk_uploads_with_the_filing_is_the_scan_of_a_paper() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let mut body = birth();
    body["papers"] = json!([DECLARATION, CARD]);
    let draft = clerk.post("/api/v1/drafts", &body).await.expect(201);
    let id = draft["id"].as_str().unwrap();
    clerk.upload(&format!("/api/v1/drafts/{id}/files?component={PROOF}&name=quet.pdf")).await.expect(201);
    let path = format!("/api/v1/drafts/{id}/submit");
    let filed = clerk.post_for(2, &path, &json!({ "receive": true })).await.expect(201);
    let code = filed["code"].as_str().unwrap();
    let seen = components(&clerk, code).await;
    assert_eq!(told(&seen[PROOF]), [&json!("paper_original"), &json!("decision"), &json!("scanned")]);
    let scan = json!({ "digitisation": seen[PROOF]["scan"]["id"], "sha256": seen[PROOF]["scan"]["sha256"] });
    assert_eq!(act(&clerk, "comparisons", std::slice::from_ref(&scan)).await, ["compared"]);
    assert_eq!(act(&clerk, "signatures", &[scan]).await, ["signed"]);
    assert_eq!(components(&clerk, code).await[PROOF]["state"], "done");

    let marriage = procedure("1.000894");
    let mut play = Play::new(&portal, &marriage, Play::scenario(&marriage, "granted_with_proof_of_status"));
    play.submit().await.expect(201);
    play.up_to("receive").await;
    let seen = components(&clerk, &play.code).await;
    // The earlier result counts also where it came as a file.
    let wanted = [&json!("electronic"), &json!("earlier_result"), &json!("digital")];
    assert_eq!(told(&seen["1.000894-TP05"]), wanted);
    portal.verify().await;
}

// Mutants: `digitise-uncompared`, `digitise-another-file`; signed twice; the scan in force is
// overwritten.
#[actix_web::test]
async fn a_paper_is_scanned_compared_and_signed_and_then_never_changes() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let code = received(&clerk).await;
    let scan = scanned(&clerk, &code, PROOF, 900).await;
    let sign = async |scan: &Value| act(&clerk, "signatures", std::slice::from_ref(scan)).await;
    let compare = async |said: Value| act(&clerk, "comparisons", &[said]).await;
    assert_eq!(sign(&scan).await, ["not_compared"]);
    let mut other = scan.clone();
    other["sha256"] = json!("0".repeat(64));
    assert_eq!(compare(other.clone()).await, ["scan_changed"]);
    assert_eq!(compare(scan.clone()).await, ["compared"]);
    assert_eq!(components(&clerk, &code).await[PROOF]["state"], "compared");
    assert_eq!(sign(&other).await, ["scan_changed"]);
    // A second look finds a difference: it is refused, and scanned again.
    assert_eq!(compare(differs(&scan)).await, ["refused"]);
    assert_eq!(components(&clerk, &code).await[PROOF]["state"], "waiting");
    for word in [sign(&scan).await, compare(scan.clone()).await] {
        assert_eq!(word, ["scan_closed"]);
    }
    let first = digitised(&clerk, &code, PROOF, 901).await;
    assert_eq!(sign(&first).await, ["signed"], "a double click");
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM digitisation_seal"), 1);
    assert_eq!(compare(differs(&first)).await, ["scan_closed"]);
    let seen = components(&clerk, &code).await;
    assert_eq!(seen[PROOF]["digitisation"]["id"], first["digitisation"]);
    say(&clerk, &code, PROOF, json!({ "origin": "presented" })).await.refused(409, "digitisation_begun");

    // Another scan takes its place once it is signed, and names it.
    let second = scanned(&clerk, &code, PROOF, 902).await;
    let seen = components(&clerk, &code).await;
    assert_eq!(seen[PROOF]["digitisation"]["id"], first["digitisation"], "until then the first is in force");
    assert_eq!(seen[PROOF]["scan"]["replaces"], first["digitisation"]);
    assert_eq!(compare(second.clone()).await, ["compared"]);
    assert_eq!(sign(&second).await, ["signed"]);
    let seen = components(&clerk, &code).await;
    assert_eq!(seen[PROOF]["digitisation"]["id"], second["digitisation"]);
    assert_eq!(seen[PROOF]["state"], "done");
    assert_eq!(sign(&first).await, ["signed"], "what was signed stays signed");
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM digitisation_seal"), 2);
    portal.verify().await;
    for forged in [
        "UPDATE digitisation SET sha256 = repeat('0', 64) WHERE id = $1::uuid",
        "UPDATE digitisation SET state = 'scanned' WHERE id = $1::uuid",
        "DELETE FROM digitisation WHERE id = $1::uuid",
    ] {
        let conn = &mut portal.database.connect();
        let id = first["digitisation"].as_str().unwrap();
        let done = diesel::RunQueryDsl::execute(
            diesel::sql_query(forged).bind::<diesel::sql_types::Text, _>(id),
            conn,
        );
        assert!(done.is_err(), "{forged}");
    }
}

// Mutants: `digitise-supplement-forgotten`; the supplement's document takes the place of the first.
#[actix_web::test]
async fn what_comes_again_is_a_component_of_its_own() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("hand_over").await;
    let specialist = portal.specialist();
    let why = json!({ "reasons": because(json!({ "document": PROOF })) });
    specialist.act(&play.code, "request_supplement", why).await.expect(200);
    let path =
        format!("/api/v1/dossiers/{}/files?component={PROOF}&name=moi.pdf&purpose=supplement", play.code);
    play.applicant.upload(&path).await.expect(201);
    play.applicant.act(&play.code, "supplement", json!({})).await.expect(200);
    let listed = portal.clerk().get(&format!("/api/v1/dossiers/{}/components", play.code)).await.expect(200);
    let all = listed["items"].as_array().unwrap();
    let came: Vec<&Value> = all.iter().filter(|item| item["code"] == PROOF).collect();
    assert_eq!(came.len(), 2);
    assert_eq!((&came[0]["ordinal"], &came[1]["ordinal"]), (&json!(1), &json!(2)));
    assert_ne!(came[0]["files"], came[1]["files"]);
    assert_eq!((all.len(), &came[1]["origin"]), (3, &json!("electronic")));
    portal.verify().await;
}

// Mutants: `digitise-any-clerk`, `digitise-any-unit`, `see-any-scan`.
#[actix_web::test]
async fn only_clerks_of_the_receiving_unit_digitise_and_strangers_see_nothing() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let code = received(&clerk).await;
    let scan = scanned(&clerk, &code, PROOF, 900).await;
    let path = format!("/api/v1/dossiers/{code}/components");
    let put = format!("{path}/{PROOF}/scans?name=quet.pdf");
    let said = json!({ "origin": "presented" });
    let far = stranger(&portal);
    far.get(&path).await.refused(404, "not_found");
    far.upload(&put).await.refused(404, "not_found");
    say(&far, &code, PROOF, said.clone()).await.refused(404, "not_found");
    for what in ["comparisons", "signatures"] {
        assert_eq!(act(&far, what, std::slice::from_ref(&scan)).await, ["not_found"]);
    }
    assert_eq!(far.get("/api/v1/digitisations/waiting").await.expect(200)["items"], json!([]));
    // They see the dossier, and are no clerks of the unit that holds the paper.
    let handling = portal.official(Role::OneStopClerk, crate::support::stage::COMMUNE);
    for near in [&portal.specialist(), &handling, &portal.official(Role::Specialist, ONE_STOP)] {
        near.get(&path).await.expect(200);
        near.upload(&put).await.refused(403, "not_your_role");
        say(near, &code, PROOF, said.clone()).await.refused(403, "not_your_role");
    }
    for what in ["comparisons", "signatures"] {
        assert_eq!(act(&handling, what, std::slice::from_ref(&scan)).await, ["not_your_role"]);
        portal
            .specialist()
            .post(&format!("/api/v1/digitisations/{what}"), &json!({"items": [scan]}))
            .await
            .refused(403, "forbidden");
    }
    let citizen = portal.citizen("022196000002", 2);
    citizen.upload(&put).await.refused(403, "not_your_role");
    let file = &components(&clerk, &code).await[PROOF]["scan"]["file_id"];
    let bytes = format!("/api/v1/dossiers/{code}/files/{}", file.as_str().unwrap());
    assert!(clerk.get(&bytes).await.bytes.starts_with(b"%PDF"));
    citizen.get(&bytes).await.refused(404, "not_found");
    assert_eq!(components(&citizen, &code).await[PROOF]["scan"], Value::Null);
    assert_eq!(components(&clerk, &code).await[PROOF]["state"], "scanned", "nothing of it was done");
}
