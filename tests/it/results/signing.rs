//! A result on its way to the signature, and into the store of its holder.
use motcua::auth::Actor;
use motcua::records::{HELD_CHANGED, NewReuse, reuse};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{BIRTH, change, decided, extract, id, issue, path, prepare};
use crate::dossiers::play::{Play, procedure};
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};

async fn order(who: &Caller<'_>, code: &str, result: Uuid, wanted: Value) -> Answer {
    who.post(&format!("{}/{result}/signature", path(code)), &wanted).await
}

/// What waits in somebody's tray.
async fn tray(who: &Caller<'_>) -> Vec<Value> {
    who.get("/api/v1/signing/requests").await.expect(200)["items"].as_array().unwrap().clone()
}

/// The result as the specialist sees it.
async fn seen(portal: &Portal, result: Uuid) -> Value {
    portal.specialist().get(&format!("/api/v1/results/{result}")).await.expect(200)
}

/// What the applicant's store holds of births.
async fn held(play: &Play<'_>) -> Vec<Value> {
    let page = play.applicant.get(&format!("/api/v1/records?kind={BIRTH}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn what_is_printed_is_signed_by_a_leader_of_the_agency_or_comes_back_with_the_reason() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let (specialist, leader, code) = (portal.specialist(), portal.leader(), play.code.clone());
    let result = id(&prepare(&specialist, &code).await);
    order(&specialist, &code, result, json!({})).await.refused(409, "result_not_ready");
    play.work().await;
    assert_eq!(seen(&portal, result).await["signing"], Value::Null);
    let wrong = json!({ "signer": portal.clerk().id() });
    assert_eq!(order(&specialist, &code, result, wrong).await.refused(422, "invalid").fields(), ["/signer"]);
    order(&portal.clerk(), &code, result, json!({})).await.refused(403, "not_your_role");
    let ordered = order(&specialist, &code, result, json!({})).await.expect(200);
    assert_eq!(ordered["signing"], json!({ "state": "waiting" }));
    order(&specialist, &code, result, json!({ "signer": leader.id() })).await.expect(200);
    let waiting = tray(&leader).await;
    assert_eq!(waiting.len(), 1, "ordered twice, it waits once");
    assert_eq!((&waiting[0]["purpose"], &waiting[0]["seal"]), (&json!("result"), &json!(true)));
    let request = format!("/api/v1/signing/requests/{}", waiting[0]["id"].as_str().unwrap());
    let refuse = json!({ "reason": "Sai ngày sinh của mẹ" });
    assert!(leader.post(&format!("{request}/refusal"), &refuse).await.status < 300);
    play.work().await;
    let back = seen(&portal, result).await;
    let told = json!({ "state": "refused", "note": "Sai ngày sinh của mẹ" });
    assert_eq!((&back["state"], &back["signing"]), (&json!("prepared"), &told));
    // Ordered anew, then called off with the result: nobody signs it any more.
    order(&specialist, &code, result, json!({})).await.expect(200);
    assert_eq!(tray(&leader).await.len(), 1);
    change(&leader, result, "cancelled").await.expect(200);
    assert_eq!(tray(&leader).await, Vec::<Value>::new());
    order(&specialist, &code, result, json!({})).await.refused(409, "result_state");
}

#[actix_web::test]
async fn of_several_leaders_one_has_to_be_named() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let other = portal.another(motcua::workflow::Role::Leader, crate::support::stage::COMMUNE);
    let result = id(&prepare(&portal.specialist(), &play.code).await);
    play.work().await;
    let refused = order(&portal.specialist(), &play.code, result, json!({})).await.refused(422, "invalid");
    assert_eq!(refused.fields(), ["/signer"]);
    order(&portal.specialist(), &play.code, result, json!({ "signer": other.id() })).await.expect(200);
    assert_eq!((tray(&other).await.len(), tray(&portal.leader()).await.len()), (1, 0));
}

/// The work is finished: what was issued can be handed out.
async fn finish(portal: &Portal, play: &Play<'_>) {
    portal.specialist().act(&play.code, "finish", json!({})).await.expect(200);
}

/// The document of the store that a result became.
fn document_of(portal: &Portal, result: Uuid) -> Uuid {
    portal.id_of("SELECT id FROM record_document WHERE source_id = $1::uuid", &result.to_string())
}

fn share_by_token() -> Value {
    json!({ "with": { "kind": "token" }, "purpose": "Xem", "until": "2026-12-01T00:00:00Z" })
}

// Mutants: `store-keeps-what-was-revoked`, `record-before-handed-out`.
#[actix_web::test]
async fn what_was_issued_lies_in_the_store_and_stands_there_as_in_the_register() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let result = id(&prepare(&portal.specialist(), &play.code).await);
    play.work().await;
    assert_eq!(held(&play).await, Vec::<Value>::new(), "it is not signed yet");
    issue(&portal, result).await.unwrap();
    play.work().await;
    // It lies there, and is seen when it can be handed out.
    let there = format!("/api/v1/records/{}", document_of(&portal, result));
    assert_eq!(held(&play).await, Vec::<Value>::new(), "it is not handed out yet");
    for part in ["", "/file", "/uses", "/shares"] {
        play.applicant.get(&format!("{there}{part}")).await.refused(404, "not_found");
    }
    play.applicant.post(&format!("{there}/shares"), &share_by_token()).await.refused(404, "not_found");
    finish(&portal, &play).await;
    let one = held(&play).await.remove(0);
    assert_eq!(play.applicant.get(&format!("{there}/file")).await.status, 200);
    portal.clerk().act(&play.code, "return_result", json!({})).await.expect(200);
    assert_eq!((&one["trust"], &one["source"]), (&json!("signed_result"), &json!("result")));
    assert_eq!((&one["standing"], &one["number"]), (&json!("valid"), &json!("01/2026/TLKS")));
    assert_eq!((&one["has_file"], &one["issuer"]), (&json!(true), &json!("Ủy ban nhân dân phường Hồng Gai")));
    let standing = |word: &'static str| {
        let (portal, play) = (&portal, &play);
        async move {
            change(&portal.leader(), result, word).await.expect(200);
            held(play).await[0]["standing"].clone()
        }
    };
    assert_eq!(standing("suspended").await, "suspended");
    assert_eq!(standing("valid").await, "valid");
    // Nobody says otherwise than the register.
    let admin = portal.official(motcua::workflow::Role::AgencyAdmin, crate::support::stage::COMMUNE);
    let say = json!({ "standing": "revoked", "reason": "Sai" });
    let path_of = format!("/api/v1/records/{}/standing", one["id"].as_str().unwrap());
    admin.post(&path_of, &say).await.refused(409, "record_stands_in_register");
    // A second one stands in its stead.
    let mut again = extract(json!({ "replaces": result }));
    again["fields"]["registration_number"] = json!("119/2026");
    let next = id(&portal.specialist().post(&path(&play.code), &again).await.expect(201));
    play.work().await;
    issue(&portal, next).await.unwrap();
    play.work().await;
    let both = held(&play).await;
    let find = |number: &str| both.iter().find(|one| one["number"] == number).unwrap().clone();
    let (old, new) = (find("01/2026/TLKS"), find("02/2026/TLKS"));
    assert_eq!((&old["standing"], &old["replaced_by"]), (&json!("replaced"), &new["id"]));
    assert_eq!(new["standing"], "valid");
    change(&portal.leader(), next, "revoked").await.expect(200);
    play.work().await;
    assert_eq!(held(&play).await.iter().filter(|one| one["standing"] == "valid").count(), 0);
    portal.verify().await;
}

/// What a draft is told of the proof of kinship, in whose place a birth certificate may stand.
async fn kinship(filing: &Play<'_>, draft: &str) -> Value {
    let told = filing.filer.get(&format!("/api/v1/drafts/{draft}/requirements")).await.expect(200);
    let documents = told["documents"].as_array().unwrap();
    documents.iter().find(|one| one["code"] == "1.004222-TP07").unwrap().clone()
}

// Mutants: `store-stands-late`, `record-offered-before-handed-out`. No job runs after the change.
#[actix_web::test]
async fn what_is_revoked_takes_no_place_and_is_shown_so_from_that_moment() {
    let portal = Portal::new().await;
    let (births, residence) = (procedure("1.001193"), procedure("1.004222"));
    let play = decided(&portal, &births).await;
    let result = id(&prepare(&portal.specialist(), &play.code).await);
    play.work().await;
    issue(&portal, result).await.unwrap();
    play.work().await;
    let mut scenario = Play::scenario(&residence, "granted").clone();
    scenario["answers"]["residence_case"] = json!("join_family");
    scenario["documents"] = json!([]);
    let filing = Play::new(&portal, &residence, &scenario);
    let (draft, _) = filing.draft().await;
    assert_eq!(kinship(&filing, &draft).await["held"], Value::Null, "it is not handed out yet");
    finish(&portal, &play).await;
    let document = document_of(&portal, result);
    assert_eq!(kinship(&filing, &draft).await["held"]["id"], json!(document));
    let shares = format!("/api/v1/records/{document}/shares");
    let given = play.applicant.post(&shares, &share_by_token()).await.expect(201);
    let open = format!("/api/v1/shared-records/{}", given["token"].as_str().unwrap());
    assert_eq!(portal.nobody().get(&open).await.expect(200)["standing"], "valid");

    change(&portal.leader(), result, "revoked").await.expect(200);
    let shown = portal.nobody().get(&open).await.expect(200);
    let why = (&shown["standing"], &shown["standing_reason"]);
    assert_eq!(why, (&json!("revoked"), &json!("Thông tin không đúng")));
    let told = kinship(&filing, &draft).await;
    assert_eq!(told["held"], Value::Null);
    assert!(told["why"].as_str().unwrap().contains("Đã bị thu hồi"), "{told}");
    let unit = portal.agency(ONE_STOP);
    let done = portal.app.db.write_blocking(&Actor::system("test"), |tx| {
        let purpose = String::new();
        let actor = tx.actor;
        reuse(tx, &[NewReuse { dossier: Uuid::now_v7(), unit, component: "X", document, actor, purpose }])
    });
    assert!(matches!(done, Err(error) if error.code() == &HELD_CHANGED));
    play.work().await;
    assert_eq!(held(&play).await[0]["standing"], "revoked");
    portal.verify().await;
}

// Mutant: `record-of-another-result`.
#[actix_web::test]
async fn two_results_of_one_number_are_two_documents() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let result = id(&prepare(&portal.specialist(), &play.code).await);
    play.work().await;
    issue(&portal, result).await.unwrap();
    play.work().await;
    finish(&portal, &play).await;
    // What lies there came from another agency of this name, which gave the same number.
    let other = "UPDATE record_document SET source_id = gen_random_uuid() WHERE source_id = $1::uuid";
    portal.sql(other, &result.to_string());
    change(&portal.leader(), result, "suspended").await.expect(200);
    play.work().await;
    assert_eq!(held(&play).await[0]["standing"], "valid", "it is not this one that was suspended");
}
