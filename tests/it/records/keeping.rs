//! What is kept as long as the rules say, longer where it is held, and how it ends.
use motcua::worker;
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::stage::{KEEPER, document, taken};
use crate::dossiers::play::{CITIZEN, Play, procedure};
use crate::support::stage::{Caller, PDF, Portal};

/// Certified signatures: kept for two years.
const SIGNATURE: &str = "KQ.G15.000022";

/// A document of that kind that is due today, and one that is not for a day.
fn two() -> [Value; 2] {
    let mut over = document(SIGNATURE, "Giấy ủy quyền đã chứng thực chữ ký", "1/CT");
    over["issued_on"] = json!("2024-09-13");
    let mut young = document(SIGNATURE, "Giấy ủy quyền đã chứng thực chữ ký", "2/CT");
    young["issued_on"] = json!("2024-09-14");
    [over, young]
}

async fn propose(caller: &Caller<'_>) -> Value {
    caller.post("/api/v1/record-destructions", &json!({ "agency": KEEPER })).await.expect(201)
}

fn decision(batch: &Value) -> String {
    format!("/api/v1/record-destructions/{}/decide", batch["id"].as_str().unwrap())
}

fn approved() -> Value {
    json!({ "approve": true, "decision": "Quyết định 45/QĐ-UBND" })
}

/// The documents of a batch, with why they were spared.
fn lines(batch: &Value) -> Vec<(&str, Option<&str>)> {
    let lines = batch["lines"].as_array().unwrap().iter();
    lines.map(|line| (line["number"].as_str().unwrap(), line["spared"].as_str())).collect()
}

// Mutants: a day too early; the bytes stay.
#[actix_web::test]
async fn what_is_due_is_destroyed_by_the_decision_of_another_and_leaves_its_line() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &two()).await;
    importer.upload(&format!("/api/v1/records/{}/file?name=uy-quyen.pdf", ids[0])).await.expect(201);
    let admin = portal.official(Role::AgencyAdmin, KEEPER);
    portal
        .official(Role::AgencyAdmin, "H49.46")
        .post("/api/v1/record-destructions", &json!({ "agency": KEEPER }))
        .await
        .refused(403, "forbidden");
    let batch = propose(&admin).await;
    assert_eq!(lines(&batch), [("1/CT", None)], "the other is due tomorrow");
    let line = &batch["lines"][0];
    assert_eq!((&line["rule"], &line["due_on"]), (&json!("chung-thuc-chu-ky"), &json!("2026-09-14")));
    admin.post(&decision(&batch), &approved()).await.refused(403, "forbidden");
    let leader = portal.leader();
    portal
        .official(Role::Leader, "H49.46")
        .post(&decision(&batch), &approved())
        .await
        .refused(404, "not_found");
    let key = portal.id_of("SELECT id FROM file WHERE storage_key <> $1 LIMIT 1", "");
    let done = leader.post(&decision(&batch), &approved()).await.expect(200);
    assert_eq!((&done["state"], lines(&done)), (&json!("approved"), vec![("1/CT", None)]));
    leader.post(&decision(&batch), &approved()).await.refused(409, "batch_decided");
    // Nobody sees it from the moment of the decision; the bytes go with the job.
    holder.get(&format!("/api/v1/records/{}/file", ids[0])).await.refused(409, "record_without_file");
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    let path = format!("/api/v1/record-destructions/{}", batch["id"].as_str().unwrap());
    let after = leader.get(&path).await.expect(200);
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(PDF));
    assert_eq!(after["lines"][0]["sha256"], json!(sha256));
    assert!(after["lines"][0]["erased_at"].is_string(), "{after}");
    let row = portal.app.db.read_blocking(|conn| {
        use diesel::prelude::*;
        use motcua::db::schema::file;
        Ok(file::table.find(key).select(file::storage_key).first::<String>(conn)?)
    });
    let stored = portal.app.config.files_root().join(row.unwrap());
    assert!(!stored.exists(), "{} is still there", stored.display());
    let shown = holder.get(&format!("/api/v1/records/{}", ids[0])).await.expect(200);
    assert_eq!((&shown["standing"], &shown["has_file"]), (&json!("destroyed"), &json!(false)));
    let listed = holder.get("/api/v1/records").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(leader.get("/api/v1/record-destructions").await.expect(200)["items"][0]["id"], batch["id"]);
    admin.post("/api/v1/record-destructions", &json!({ "agency": KEEPER })).await.refused(409, "nothing_due");
    portal.verify().await;
}

// Mutant: a hold is not looked at when the batch is decided.
#[actix_web::test]
async fn what_is_held_is_spared_before_the_list_and_after_it() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let [over, mut other] = two();
    other["issued_on"] = json!("2020-01-01");
    let ids = taken(&importer, &[over, other]).await;
    let (admin, leader) = (portal.official(Role::AgencyAdmin, KEEPER), portal.leader());
    let holds = |id: &str| format!("/api/v1/records/{id}/holds");
    let reason = json!({ "reason": "Vụ án số 12/2026/DS-ST" });
    admin.post(&holds(&ids[0]), &reason).await.refused(403, "forbidden");
    portal.official(Role::Leader, "H49.46").post(&holds(&ids[0]), &reason).await.refused(404, "not_found");
    let first = leader.post(&holds(&ids[0]), &reason).await.expect(201);
    let batch = propose(&admin).await;
    assert_eq!(lines(&batch), [("2/CT", None)]);
    portal.official(Role::Auditor, "H49").post(&holds(&ids[1]), &reason).await.expect(201);
    let done = leader.post(&decision(&batch), &approved()).await.expect(200);
    assert_eq!(lines(&done), [("2/CT", Some("hold"))]);
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    assert_eq!(holder.get("/api/v1/records").await.expect(200)["items"].as_array().unwrap().len(), 2);
    // Lifted, it is due again; a rejected list destroys nothing.
    let lift = format!("{}/{}/lift", holds(&ids[0]), first["id"].as_str().unwrap());
    leader.post(&lift, &json!({ "reason": "Bản án đã có hiệu lực" })).await.expect(200);
    leader.post(&lift, &reason).await.refused(409, "hold_lifted");
    let kept = leader.get(&holds(&ids[0])).await.expect(200);
    assert_eq!(kept["items"][0]["lift_reason"], "Bản án đã có hiệu lực");
    let batch = propose(&admin).await;
    assert_eq!(lines(&batch), [("1/CT", None)]);
    let no = json!({ "approve": false, "decision": "Cần rà soát lại" });
    assert_eq!(leader.post(&decision(&batch), &no).await.expect(200)["state"], "rejected");
    assert_eq!(holder.get("/api/v1/records").await.expect(200)["items"].as_array().unwrap().len(), 2);
    // Who proposed does not decide.
    let batch = propose(&leader).await;
    leader.post(&decision(&batch), &approved()).await.refused(403, "own_proposal");
}

#[actix_web::test]
async fn what_an_open_dossier_uses_is_spared() {
    let portal = Portal::new().await;
    let importer = portal.machine("records.import");
    portal.citizen(CITIZEN, 2);
    let mut permit = document("KQ.G17.000311", "Giấy phép xây dựng", "9/GPXD");
    permit["issued_on"] = json!("2006-01-02");
    taken(&importer, &[permit]).await;
    let extension = procedure("1.013227");
    let mut scenario = extension["scenarios"][0].clone();
    scenario["documents"] = json!(["1.013227-TP01"]);
    let mut play = Play::new(&portal, &extension, &scenario);
    let admin = portal.official(Role::AgencyAdmin, KEEPER);
    let batch = propose(&admin).await;
    assert_eq!(play.submit().await.expect(201)["receipt"]["reused"].as_array().unwrap().len(), 1);
    let done = portal.leader().post(&decision(&batch), &approved()).await.expect(200);
    assert_eq!(lines(&done), [("9/GPXD", Some("open_dossier"))]);
    let nothing = json!({ "agency": KEEPER });
    admin.post("/api/v1/record-destructions", &nothing).await.refused(409, "nothing_due");
    // Closed, it needs the document no more.
    portal.sql("UPDATE dossier SET closed_at = now() WHERE code = $1", &play.code);
    assert_eq!(lines(&propose(&admin).await), [("9/GPXD", None)]);
}

#[actix_web::test]
async fn the_rules_can_be_read_and_land_is_kept_for_ever() {
    let portal = Portal::new().await;
    let rules = portal.clerk().get("/api/v1/retention-rules").await.expect(200);
    let land = rules["items"].as_array().unwrap().iter().find(|rule| rule["code"] == "dat-dai").unwrap();
    assert_eq!((&land["years"], &land["disposition"]), (&Value::Null, &json!("keep")));
    let mut old = document("KQ.G10.001147", "Giấy chứng nhận quyền sử dụng đất", "AB 1");
    old["issued_on"] = json!("1996-01-01");
    taken(&portal.machine("records.import"), &[old]).await;
    let admin = portal.official(Role::AgencyAdmin, KEEPER);
    admin.post("/api/v1/record-destructions", &json!({ "agency": KEEPER })).await.refused(409, "nothing_due");
}
