//! The register of results: numbers without gap, one chain of successors, and what does not
//! hold any more is not shown as if it did.
use futures_util::future::join_all;
use motcua::auth::Actor;
use motcua::error::INVALID;
use motcua::results;
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{data, json as read};
use crate::dossiers::play::{Play, birth, procedure};
use crate::support::lines;
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};

mod signing;

const BIRTH: &str = "KQ.G15.000031";

/// What an official adds to what the dossier tells already.
fn extract(more: Value) -> Value {
    let fields = json!({ "registration_number": "118/2026", "signer_title": "Chủ tịch", "signer_name": "Trần Quốc Khánh" });
    let mut body = json!({ "code": BIRTH, "template": "birth_extract", "fields": fields });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn path(code: &str) -> String {
    format!("/api/v1/dossiers/{code}/results")
}

pub async fn prepare(who: &Caller<'_>, code: &str) -> Value {
    who.post(&path(code), &extract(json!({}))).await.expect(201)
}

pub fn id(result: &Value) -> Uuid {
    result["id"].as_str().unwrap().parse().unwrap()
}

/// What the end of the signing does: here the document stands for the signed one.
pub async fn issue(portal: &Portal, result: Uuid) -> motcua::error::Result<()> {
    let sql = format!("SELECT draft_file_id::text AS line FROM result WHERE id = '{result}'");
    let file: Uuid = lines(&mut portal.database.connect(), &sql)[0].parse().unwrap();
    portal.app.db.write(&Actor::system("test"), move |tx| results::issue(tx, result, file)).await
}

pub async fn change(who: &Caller<'_>, result: Uuid, state: &str) -> Answer {
    let body = json!({ "state": state, "reason": "Thông tin không đúng" });
    who.post(&format!("/api/v1/results/{result}/changes"), &body).await
}

/// A birth that the leader has approved.
pub async fn decided<'p>(portal: &'p Portal, procedure: &'p Value) -> Play<'p> {
    let play = birth(portal, procedure).await;
    play.up_to("approve").await;
    play.work().await;
    play
}

// Mutant: citizens see a result that is being prepared.
#[actix_web::test]
async fn a_result_is_prepared_printed_issued_and_then_the_dossier_has_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let specialist = portal.specialist();
    let result = prepare(&specialist, &play.code).await;
    assert_eq!((&result["state"], &result["number"]), (&json!("prepared"), &json!("01/2026/TLKS")));
    assert_eq!(result["issuer"], "Ủy ban nhân dân phường Hồng Gai");
    let data = format!("SELECT data::text AS line FROM result WHERE id = '{}'", id(&result));
    let data: Value = serde_json::from_str(&lines(&mut portal.database.connect(), &data)[0]).unwrap();
    assert_eq!(data["body"]["child"]["full_name"], "Nguyễn Hạ Vi", "the dossier told it");
    assert_eq!(data["body"]["child"]["sex"], "Nữ");
    let file = format!("{}/{}/file", path(&play.code), id(&result));
    specialist.get(&file).await.refused(409, "result_not_ready");
    play.work().await;
    assert!(specialist.get(&file).await.bytes.starts_with(b"%PDF"));
    assert_eq!(play.applicant.get(&path(&play.code)).await.expect(200)["items"], json!([]));
    play.applicant.get(&file).await.refused(404, "not_found");
    // Signed, it is valid; told twice, it is valid once.
    issue(&portal, id(&result)).await.unwrap();
    issue(&portal, id(&result)).await.unwrap();
    play.work().await;
    let dossier = play.dossier().await;
    assert_eq!(dossier["result"]["number"], "01/2026/TLKS");
    // The result is there: the work can be finished without another.
    specialist.act(&play.code, "finish", json!({})).await.expect(200);
    let seen = play.applicant.get(&path(&play.code)).await.expect(200)["items"][0].clone();
    assert_eq!((&seen["state"], &seen["code"]), (&json!("valid"), &json!(BIRTH)));
    assert_eq!(seen["history"].as_array().unwrap().len(), 2);
    let bytes = play.applicant.get(&file).await;
    assert_eq!(bytes.status, 200);
    let by_file =
        format!("/api/v1/dossiers/{}/files/{}", play.code, dossier["result"]["file_id"].as_str().unwrap());
    assert_eq!(play.applicant.get(&by_file).await.bytes, bytes.bytes);
    let stranger = portal.citizen("022094000091", 2);
    stranger.get(&path(&play.code)).await.refused(404, "not_found");
    stranger.get(&file).await.refused(404, "not_found");
    portal.verify().await;
}

#[actix_web::test]
async fn who_does_not_decide_prepares_nothing_and_fields_are_declared() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let path = path(&play.code);
    for (who, status) in [
        (portal.nobody(), 401),
        (play.applicant.clone(), 403),
        (portal.clerk(), 403),
        (portal.official(Role::Specialist, "H49.46"), 404),
        (portal.official(Role::Specialist, ONE_STOP), 403),
    ] {
        assert_eq!(who.post(&path, &extract(json!({}))).await.status, status);
    }
    let specialist = portal.specialist();
    for (more, field) in [
        (json!({ "code": "KQ.G15.000038" }), "/code"),
        (json!({ "template": "marital_status" }), "/template"),
        (
            json!({ "fields": { "signer_title": "x", "signer_name": "y", "registration_number": "1", "extra": 1 } }),
            "/fields",
        ),
        (json!({ "fields": { "child": { "id_number": "12" } } }), "/fields/child/id_number"),
    ] {
        let refused = specialist.post(&path, &extract(more.clone())).await;
        assert!(
            refused.status == 422 && refused.fields().contains(&field.to_owned()),
            "{more}: {}",
            refused.body
        );
    }
    specialist
        .post(&path, &extract(json!({ "template": "khong_co" })))
        .await
        .refused(422, "template_unknown");
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM result_series"), 0, "no number was taken");
}

// Mutant: the number is max() + 1.
#[actix_web::test]
async fn numbers_have_neither_gap_nor_double() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let mut plays = Vec::new();
    for _ in 0..8 {
        plays.push(decided(&portal, &procedure).await);
    }
    let (specialist, leader) = (portal.specialist(), portal.leader());
    let first = prepare(&specialist, &plays[0].code).await;
    // One that fails after it has taken its number gives it back.
    let failed: motcua::error::Result<()> = portal
        .app
        .db
        .write(&Actor::system("test"), |tx| {
            diesel::RunQueryDsl::execute(
                diesel::sql_query("UPDATE result_series SET last = last + 1"),
                tx.conn,
            )?;
            Err(INVALID.err())
        })
        .await;
    assert!(failed.is_err());
    // A cancelled one keeps its number.
    change(&leader, id(&first), "cancelled").await.expect(200);
    join_all(plays[1..].iter().map(|play| prepare(&specialist, &play.code))).await;
    let numbers =
        lines(&mut portal.database.connect(), "SELECT number::text AS line FROM result ORDER BY number");
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[actix_web::test]
async fn two_templates_of_one_symbol_do_not_print_one_number() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let specialist = portal.specialist();
    prepare(&specialist, &play.code).await;
    portal.sql(
        "INSERT INTO template
         SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'code', $1))).*
           FROM template t WHERE t.code = 'birth_extract'",
        "trich_luc_khai_sinh",
    );
    let sample = read(data("templates/birth_extract.json"))["sample"].clone();
    let twin = json!({ "code": BIRTH, "template": "trich_luc_khai_sinh", "fields": sample });
    specialist.post(&path(&play.code), &twin).await.refused(409, "result_number_taken");
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM result_series"), 1, "no number was taken");
}

// Mutants: a revoked result is shown as valid; a result may have two successors.
#[actix_web::test]
async fn a_result_is_suspended_revoked_or_replaced_by_one_and_its_history_stays() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = decided(&portal, &procedure).await;
    let (specialist, leader) = (portal.specialist(), portal.leader());
    let first = id(&prepare(&specialist, &play.code).await);
    play.work().await;
    change(&leader, first, "valid").await.refused(409, "result_state");
    issue(&portal, first).await.unwrap();
    play.work().await;
    specialist.act(&play.code, "finish", json!({})).await.expect(200);
    portal.clerk().act(&play.code, "return_result", json!({})).await.expect(200);
    for (who, status) in [
        (specialist.clone(), 403),
        (portal.official(Role::Leader, "H49"), 403),
        (portal.official(Role::Leader, "H49.46"), 404),
        (play.applicant.clone(), 403),
        (portal.nobody(), 401),
    ] {
        assert_eq!(change(&who, first, "revoked").await.status, status);
    }
    change(&leader, first, "suspended").await.expect(200);
    change(&leader, first, "valid").await.expect(200);
    change(&leader, first, "replaced").await.refused(409, "result_state");
    // One successor: the second is refused while the first is under way.
    let stead = extract(json!({ "replaces": first }));
    let second = id(&specialist.post(&path(&play.code), &stead).await.expect(201));
    specialist.post(&path(&play.code), &stead).await.refused(409, "result_replaced");
    play.work().await;
    issue(&portal, second).await.unwrap();
    play.work().await;
    let show = async |id: Uuid| leader.get(&format!("/api/v1/results/{id}")).await.expect(200);
    let (old, new) = (show(first).await, show(second).await);
    assert_eq!((&old["state"], &old["replaced_by"]), (&json!("replaced"), &json!(second)));
    assert_eq!((&new["state"], &new["replaces"]), (&json!("valid"), &json!(first)));
    let told: Vec<&str> =
        old["history"].as_array().unwrap().iter().map(|h| h["state"].as_str().unwrap()).collect();
    assert_eq!(told, ["prepared", "valid", "suspended", "valid", "replaced"]);
    change(&leader, second, "revoked").await.expect(200);
    change(&leader, second, "valid").await.refused(409, "result_state");
    for answer in [
        show(second).await,
        play.applicant.get(&path(&play.code)).await.expect(200)["items"][1].clone(),
        leader.get("/api/v1/results?state=revoked").await.expect(200)["items"][0].clone(),
    ] {
        assert_eq!(
            (&answer["state"], &answer["reason"]),
            (&json!("revoked"), &json!("Thông tin không đúng"))
        );
    }
    assert_eq!(leader.get("/api/v1/results?state=valid").await.expect(200)["items"], json!([]));
    assert_eq!(
        portal.official(Role::Leader, "H49.46").get("/api/v1/results").await.expect(200)["items"],
        json!([])
    );
    // Not by any statement of the application.
    for sql in
        ["UPDATE result_event SET reason = ''", "DELETE FROM result_event", "UPDATE result SET number = 99"]
    {
        let run =
            move |tx: &mut motcua::db::Tx| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(sql), tx.conn)?);
        assert!(portal.app.db.write(&Actor::system("test"), run).await.is_err(), "{sql}");
    }
    portal.verify().await;
}
