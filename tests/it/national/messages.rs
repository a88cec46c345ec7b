//! Messages to applicants and leaders: written once, delivered once, read by their reader only.
use motcua::auth::session::Subject;
use motcua::dossiers::jobs::{ESCALATE, NOTIFY};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{LEADER, MAI, Stage};

async fn read(stage: &Stage, who: Subject) -> Vec<Value> {
    stage.get(Some(who), "/api/v1/messages").await["items"].as_array().unwrap().clone()
}

fn kinds(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["kind"].as_str().unwrap()).collect()
}

fn reasons(about: Value) -> Value {
    json!({ "reasons": [{ "about": about, "wrong": "ảnh chụp bị mờ", "mend": "chụp lại cho rõ",
                          "clause": "Điều 9 NĐ 123/2015/NĐ-CP" }] })
}

/// Mutants: a message for each attempt; the gateway without its key; delivery before the record.
#[actix_web::test]
async fn an_applicant_is_told_of_each_status_once() {
    let stage = Stage::new().await;
    let dossier = stage.dossier("1.001193", &json!({}));
    stage.event(dossier, "submit", 1, json!({}), &[NOTIFY]).await;
    stage.event(dossier, "receive", 2, json!({}), &[NOTIFY]).await;
    let about = json!({ "document": "1.001193-TP02" });
    stage.event(dossier, "request_supplement", 5, reasons(about), &[NOTIFY]).await;
    stage.event(dossier, "supplement", 4, json!({}), &[NOTIFY]).await;
    stage.event(dossier, "extend", 4, json!({}), &[NOTIFY]).await;
    stage.faults(json!({ "error_rate": 0.2, "lost_rate": 0.4, "seed": 3 })).await;
    stage.work_off(async || ()).await;
    let mine = read(&stage, Subject::Citizen(MAI)).await;
    let newest_first = ["extended", "supplemented", "supplement_requested", "received", "submitted"];
    assert_eq!(kinds(&mine), newest_first);
    assert!(mine.iter().all(|message| message["sent_at"].is_string()), "{mine:?}");
    let body = mine[2]["body"].as_str().unwrap();
    assert!(body.contains("ảnh chụp bị mờ") && body.contains("Điều 9 NĐ 123/2015/NĐ-CP"), "{body}");
    assert!(!body.contains("TP02"), "a document has a name: {body}");
    assert!(mine[0]["body"].as_str().unwrap().contains("Lý do: Lý do mẫu\n"));
    let arrived = stage.shown("/messages").await;
    let arrived = arrived.as_array().unwrap();
    let ids: Vec<&Value> = arrived.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, mine.iter().rev().map(|message| &message["id"]).collect::<Vec<_>>(), "in order, once");
    let address = json!({ "identity_no": "022190000061", "phone": "0911111111" });
    assert_eq!(arrived[0]["to"], address, "the phone number is that of the filing");
}

/// Mutant: the list without its reader.
#[actix_web::test]
async fn nobody_reads_what_is_not_for_him() {
    let stage = Stage::new().await;
    let dossier = stage.dossier("1.001193", &json!({}));
    stage.event(dossier, "receive", 2, json!({}), &[NOTIFY]).await;
    stage.event(dossier, "mark_late", 4, json!({}), &[ESCALATE]).await;
    stage.work_off(async || ()).await;
    let stranger = Uuid::now_v7();
    stage.sql(&format!(
        "INSERT INTO person (id, full_name, created_at, updated_at) VALUES ('{stranger}', 'Người khác', now(), now())"
    ));
    assert!(read(&stage, Subject::Citizen(stranger)).await.is_empty());
    assert_eq!(kinds(&read(&stage, Subject::Citizen(MAI)).await), ["received"]);
    let leader = read(&stage, Subject::Staff(LEADER)).await;
    assert_eq!(kinds(&leader), ["late"]);
    assert_eq!(leader[0]["sent_at"], Value::Null, "officials read here");
    assert_eq!(stage.get(None, "/api/v1/messages").await["code"], "unauthenticated");
    let page = stage.get(Some(Subject::Citizen(MAI)), "/api/v1/messages?limit=1&cursor=x").await;
    assert_eq!(page["code"], "invalid");
}

/// Mutant: a message that is wanted nowhere is retried for ever.
#[actix_web::test]
async fn somebody_without_any_address_is_not_waited_for() {
    let stage = Stage::new().await;
    let dossier = stage.dossier("1.001193", &json!({}));
    stage.sql(
        "UPDATE dossier SET filed_by = 'staff:x', applicant_person_id = NULL,
                applicant = '{\"kind\": \"citizen\", \"name\": \"John Smith\"}'",
    );
    stage.event(dossier, "receive", 2, json!({}), &[NOTIFY]).await;
    stage.work_off(async || ()).await;
    assert_eq!(
        stage.lines("SELECT recipient || coalesce(sent_at::text, '') AS line FROM message"),
        ["applicant:"]
    );
    assert_eq!(stage.shown("/messages").await, json!([]));
}
