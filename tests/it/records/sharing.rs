//! A share lets look for its purpose and its time, not a moment longer, and never unseen.
use jiff::SignedDuration;
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::stage::{KEEPER, acts, five, taken, uses};
use crate::dossiers::play::{CITIZEN, Play, procedure};
use crate::support::stage::{PDF, Portal};

fn share(with: Value, until: &str) -> Value {
    json!({ "with": with, "purpose": "Bổ sung hồ sơ vay vốn", "until": until })
}

// Mutants: a share that has ended still opens; one that was taken back still opens.
#[actix_web::test]
async fn a_share_with_an_agency_opens_to_its_officials_until_it_ends() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let path = format!("/api/v1/records/{}", ids[3]);
    let with = json!({ "kind": "agency", "agency": KEEPER });
    let until = "2026-09-14T12:00:00+07:00";
    let given = holder.post(&format!("{path}/shares"), &share(with.clone(), until)).await.expect(201);
    assert_eq!((&given["agency"], &given["token"]), (&json!(KEEPER), &Value::Null));
    let (inside, outside) = (portal.specialist(), portal.official(Role::Specialist, "H49.46"));
    assert_eq!(inside.get("/api/v1/records").await.expect(200)["items"][0]["id"], json!(ids[3]));
    inside.get(&path).await.expect(200);
    outside.get(&path).await.refused(404, "not_found");
    let noted = uses(&holder, &ids[3]).await;
    assert_eq!(acts(&noted), ["read", "listed"]);
    for used in &noted {
        assert_eq!((&used["share"], &used["purpose"]), (&given["id"], &json!("Bổ sung hồ sơ vay vốn")));
        assert!(used["unit"].as_str().is_some_and(|unit| unit.contains("Hồng Gai")), "{used}");
    }
    portal.later(SignedDuration::from_hours(3));
    inside.get(&path).await.refused(404, "not_found");
    assert_eq!(inside.get("/api/v1/records").await.expect(200)["items"], json!([]));
    // Given anew and taken back: over at once.
    let until = "2026-09-15T12:00:00+07:00";
    let anew = holder.post(&format!("{path}/shares"), &share(with, until)).await.expect(201);
    inside.get(&path).await.expect(200);
    let revoke = format!("{path}/shares/{}/revoke", anew["id"].as_str().unwrap());
    portal.citizen("022094000002", 2).post(&revoke, &json!({})).await.refused(404, "not_found");
    assert!(holder.post(&revoke, &json!({})).await.expect(200)["revoked_at"].is_string());
    inside.get(&path).await.refused(404, "not_found");
    let listed = holder.get(&format!("{path}/shares")).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_token_opens_one_document_to_whoever_has_it_and_is_told_once() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let path = format!("/api/v1/records/{}", ids[0]);
    importer.upload(&format!("{path}/file?name=khai-sinh.pdf")).await.expect(201);
    let body = share(json!({ "kind": "token" }), "2026-09-20T00:00:00Z");
    for until in ["2026-09-14T00:00:00Z", "2028-01-01T00:00:00Z"] {
        let wrong = share(json!({ "kind": "token" }), until);
        holder.post(&format!("{path}/shares"), &wrong).await.refused(422, "invalid");
    }
    let given = holder.post(&format!("{path}/shares"), &body).await.expect(201);
    let token = given["token"].as_str().unwrap();
    assert_eq!(token.len(), 32);
    let open = format!("/api/v1/shared-records/{token}");
    assert_eq!(portal.nobody().get(&open).await.expect(200)["number"], "11/2020");
    assert_eq!(portal.nobody().get(&format!("{open}/file")).await.bytes, PDF);
    portal.clerk().get(&open).await.expect(200);
    let wrong = format!("/api/v1/shared-records/{}", "a".repeat(32));
    portal.nobody().get(&wrong).await.refused(404, "not_found");
    let noted = uses(&holder, &ids[0]).await;
    assert_eq!(acts(&noted), ["read", "downloaded", "read"]);
    assert!(noted[0]["who"].as_str().unwrap().starts_with("Cán bộ") && noted[1]["who"] == "");
    let stored =
        format!("SELECT count(*)::integer AS n FROM idempotency_key WHERE body::text LIKE '%{token}%'");
    assert_eq!(portal.number(&stored), 0, "the stored answer has no token");
    let revoke = format!("{path}/shares/{}/revoke", given["id"].as_str().unwrap());
    holder.post(&revoke, &json!({})).await.expect(200);
    portal.nobody().get(&open).await.refused(404, "not_found");
    portal.nobody().get(&format!("{open}/file")).await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_share_with_a_dossier_opens_to_who_handles_it() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let birth = procedure("1.001193");
    let mut play = Play::new(&portal, &birth, Play::scenario(&birth, "granted"));
    play.submit().await.expect(201);
    let path = format!("/api/v1/records/{}/shares", ids[1]);
    let body = share(json!({ "kind": "dossier", "dossier": play.code }), "2026-10-01T00:00:00Z");
    holder.post(&path, &body).await.expect(201);
    let shown = portal.clerk().get(&format!("/api/v1/dossiers/{}/records", play.code)).await.expect(200);
    assert_eq!(
        (&shown["items"][0]["document"]["id"], &shown["items"][0]["component"]),
        (&json!(ids[1]), &Value::Null)
    );
    let noted = uses(&holder, &ids[1]).await;
    assert_eq!((&noted[0]["act"], &noted[0]["dossier"]), (&json!("read"), &json!(play.code)));
    let elsewhere = portal.official(Role::OneStopClerk, "H49.46.01");
    elsewhere.get(&format!("/api/v1/dossiers/{}/records", play.code)).await.refused(404, "not_found");
    // Somebody else's dossier is none.
    let stranger =
        share(json!({ "kind": "dossier", "dossier": "H49.45.01-260914-9999" }), "2026-10-01T00:00:00Z");
    assert_eq!(holder.post(&path, &stranger).await.refused(422, "invalid").fields(), ["/with/dossier"]);
}
