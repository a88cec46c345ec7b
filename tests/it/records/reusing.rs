//! Ask once: what the applicant's store holds and what counts is offered and used, on every
//! channel, and asked of nobody.
use motcua::auth::Actor;
use motcua::records::{HELD_CHANGED, NewReuse, reuse};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{acts, document, five, taken, uses};
use crate::dossiers::play::{CITIZEN, Play, procedure};
use crate::support::stage::Portal;

/// Its first scenario on this channel, with just these documents brought.
fn filing(procedure: &Value, channel: &str, brought: &[&str]) -> Value {
    let mut scenario = procedure["scenarios"][0].clone();
    scenario["channel"] = json!(channel);
    scenario["documents"] = json!(brought);
    scenario
}

/// The needs of a draft: component, need, title of what is held.
async fn needs(play: &Play<'_>, id: &str) -> Value {
    play.filer.get(&format!("/api/v1/drafts/{id}/requirements")).await.expect(200)
}

fn held<'v>(told: &'v Value, component: &str) -> &'v Value {
    told["documents"].as_array().unwrap().iter().find(|d| d["code"] == component).unwrap()
}

// Mutants: what is held is not looked at; the store of anybody is looked at.
#[actix_web::test]
async fn a_person_with_five_results_files_three_procedures_and_is_asked_for_none_of_them() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let filings = [
        ("1.013227", "online", vec!["1.013227-TP01"], "1.013227-TP02", &ids[4]),
        ("1.004884", "counter", vec!["1.004884-TP02"], "1.004884-TP07", &ids[0]),
        (
            "2.001263",
            "post",
            vec!["2.001263-TP01", "2.001263-TP03", "2.001263-TP04", "2.001263-TP05", "2.001263-TP08"],
            "2.001263-TP06",
            &ids[2],
        ),
    ];
    for (code, channel, brought, component, document) in filings {
        let procedure = procedure(code);
        let scenario = filing(&procedure, channel, &brought);
        let mut play = Play::new(&portal, &procedure, &scenario);
        portal.at("2026-09-14T09:00:00+07:00");
        let (id, _) = play.draft().await;
        let told = needs(&play, &id).await;
        assert_eq!(told["complete"], true, "{code}: {told}");
        let offered = held(&told, component);
        assert_eq!((&offered["need"], &offered["missing"]), (&json!("held"), &json!(false)), "{code}");
        assert_eq!(offered["held"]["id"], json!(document), "{code}");
        let done = play.submit().await.expect(201);
        assert_eq!(done["receipt"]["reused"][0]["component"], component, "{code}");
        let shown = portal.clerk().get(&format!("/api/v1/dossiers/{}/records", play.code)).await.expect(200);
        assert_eq!(shown["items"][0]["component"], component);
        assert_eq!(shown["items"][0]["document"]["id"], json!(document));
        let noted = uses(&holder, document).await;
        assert_eq!(acts(&noted)[..2], ["read", "reused"], "{code}: {noted:?}");
        // The clerk who prepared the filing was shown what is held; the holder knows it anyway.
        assert_eq!(acts(&noted).contains(&"offered"), channel != "online", "{code}");
        assert_eq!(noted[1]["dossier"], json!(play.code));
    }
    let leader = portal.leader();
    let figure = leader.get("/api/v1/reports/papers-avoided").await.expect(200);
    assert_eq!((&figure["papers"], figure["lines"].as_array().unwrap().len()), (&json!(3), 3), "{figure}");
    let rows = leader.get("/api/v1/reports/papers-avoided/rows?limit=2").await.expect(200);
    assert_eq!(rows["items"].as_array().unwrap().len(), 2);
    let rest =
        format!("/api/v1/reports/papers-avoided/rows?limit=2&cursor={}", rows["next"].as_str().unwrap());
    assert_eq!(leader.get(&rest).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let elsewhere = portal.official(motcua::workflow::Role::Leader, "H49.46");
    assert_eq!(elsewhere.get("/api/v1/reports/papers-avoided").await.expect(200)["papers"], 0);
    let found = portal.clerk().get("/api/v1/dossier-records?q=khai%20sinh").await.expect(200);
    assert_eq!(found["items"][0]["id"], json!(ids[0]));
    portal.verify().await;
}

// Mutant: a document counts however it stands.
#[actix_web::test]
async fn what_is_revoked_after_the_draft_is_asked_for_again_and_it_says_why() {
    let portal = Portal::new().await;
    let importer = portal.machine("records.import");
    portal.citizen(CITIZEN, 2);
    let ids = taken(&importer, &five()).await;
    let permit = procedure("1.013227");
    let scenario = filing(&permit, "online", &["1.013227-TP01"]);
    let play = Play::new(&portal, &permit, &scenario);
    let (id, version) = play.draft().await;
    assert_eq!(held(&needs(&play, &id).await, "1.013227-TP02")["need"], "held");
    let revoked = json!({ "standing": "revoked", "reason": "Cấp sai thẩm quyền" });
    importer.post(&format!("/api/v1/records/{}/standing", ids[4]), &revoked).await.expect(200);
    let told = needs(&play, &id).await;
    let asked = held(&told, "1.013227-TP02");
    assert_eq!(
        (&asked["need"], &asked["missing"], &asked["held"]),
        (&json!("required"), &json!(true), &Value::Null)
    );
    assert!(asked["why"].as_str().unwrap().contains("Đã bị thu hồi"), "{asked}");
    let path = format!("/api/v1/drafts/{id}/submit");
    let refused = play.filer.post_for(version, &path, &json!({})).await.refused(422, "documents_missing");
    assert_eq!(refused.body["fields"][0]["code"], "held_document_unfit");
    // Why, and not which: nobody could be told that the refusal had shown it.
    let message = refused.body["fields"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("Đã bị thu hồi") && !message.contains("55/GPXD"), "{message}");
    // The paper itself does, and then nothing is taken from the store.
    play.filer
        .upload(&format!("/api/v1/drafts/{id}/files?component=1.013227-TP02&name=gpxd.pdf"))
        .await
        .expect(201);
    let done = play.filer.post_for(version + 1, &path, &json!({})).await.expect(201);
    assert_eq!(done["receipt"]["reused"], json!([]));
}

// Mutant: `record-unfit-told-unnoted`.
#[actix_web::test]
async fn a_clerk_who_is_told_that_a_document_does_not_do_leaves_a_line() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let revoked = json!({ "standing": "revoked", "reason": "Cấp sai thẩm quyền" });
    importer.post(&format!("/api/v1/records/{}/standing", ids[0]), &revoked).await.expect(200);
    let copy = procedure("1.004884");
    let scenario = filing(&copy, "counter", &["1.004884-TP02"]);
    let play = Play::new(&portal, &copy, &scenario);
    portal.at("2026-09-14T09:00:00+07:00");
    let (id, version) = play.draft().await;
    let told = needs(&play, &id).await;
    let why = held(&told, "1.004884-TP07")["why"].as_str().unwrap();
    assert!(why.contains("11/2020"), "{told}");
    assert!(!told["refusal"].to_string().contains("11/2020"), "{told}");
    let noted = uses(&holder, &ids[0]).await;
    assert_eq!(acts(&noted), ["offered"]);
    // What is refused tells nothing that would have to be noted.
    let path = format!("/api/v1/drafts/{id}/submit");
    let refused = play.filer.post_for(version, &path, &json!({})).await.refused(422, "documents_missing");
    assert!(!refused.body.to_string().contains("11/2020"), "{}", refused.body);
    assert_eq!(acts(&uses(&holder, &ids[0]).await), ["offered"]);
}

#[actix_web::test]
async fn a_document_of_somebody_else_or_out_of_time_takes_no_place() {
    let portal = Portal::new().await;
    let importer = portal.machine("records.import");
    portal.citizen(CITIZEN, 2);
    portal.citizen("022094000002", 2);
    let mut of_another = document("KQ.G17.000311", "Giấy phép xây dựng", "66/GPXD");
    of_another["holder_identity_no"] = json!("022094000002");
    let mut over = document("KQ.G17.000311", "Giấy phép xây dựng", "77/GPXD");
    over["valid_to"] = json!("2026-09-13");
    let ids = taken(&importer, &[of_another, over]).await;
    let permit = procedure("1.013227");
    let scenario = filing(&permit, "online", &["1.013227-TP01"]);
    let mut play = Play::new(&portal, &permit, &scenario);
    play.submit().await.refused(422, "documents_missing");
    // Brought as a file, it is what was brought, also where the store has one that counts.
    taken(&importer, &[document("KQ.G17.000311", "Giấy phép xây dựng", "88/GPXD")]).await;
    let scenario = filing(&permit, "online", &["1.013227-TP01", "1.013227-TP02"]);
    let mut play = Play::new(&portal, &permit, &scenario);
    assert_eq!(play.submit().await.expect(201)["receipt"]["reused"], json!([]));
    // What ceased to count between the judgment and the writing fails the writing.
    let document: Uuid = ids[1].parse().unwrap();
    portal.sql("UPDATE record_document SET standing = 'revoked' WHERE id = $1::uuid", &ids[1]);
    let unit = portal.agency(crate::support::stage::ONE_STOP);
    let actor = Actor::system("test");
    let done = portal.app.db.write_blocking(&actor, |tx| {
        let purpose = String::new();
        let actor = tx.actor;
        reuse(tx, &[NewReuse { dossier: Uuid::now_v7(), unit, component: "X", document, actor, purpose }])
    });
    assert!(matches!(done, Err(error) if error.code() == &HELD_CHANGED));
}
