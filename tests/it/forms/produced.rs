//! A form is made for the event that needs it, once, and says what was so then.
use serde_json::{Value, json};

use crate::dossiers::play::{Play, birth, procedure};
use crate::support::stage::{Caller, Portal, because};
use motcua::workflow::Role;

pub async fn forms(who: &Caller<'_>, code: &str) -> Vec<Value> {
    let found = who.get(&format!("/api/v1/dossiers/{code}/forms")).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

pub fn path(code: &str, form: &Value) -> String {
    format!("/api/v1/dossiers/{code}/forms/{}", form["id"].as_str().unwrap())
}

/// What a form says.
fn data(portal: &Portal, form: &Value) -> Value {
    let sql =
        format!("SELECT data::text AS line FROM produced_form WHERE id = '{}'", form["id"].as_str().unwrap());
    serde_json::from_str(&crate::support::lines(&mut portal.database.connect(), &sql)[0]).unwrap()
}

fn numbers(forms: &[Value]) -> Vec<&str> {
    forms.iter().map(|form| form["form"].as_str().unwrap()).collect()
}

// Mutants: any form by the code of one's own dossier; citizens get what officials keep.
#[actix_web::test]
async fn the_slip_follows_the_receipt_and_only_who_sees_the_dossier_gets_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.work().await;
    assert_eq!(forms(&play.applicant, &play.code).await, Vec::<Value>::new(), "nothing was received yet");
    play.up_to("receive").await;
    let waiting =
        portal.number("SELECT count(*)::int AS n FROM job WHERE kind = 'produce_form' AND state = 'waiting'");
    assert_eq!(waiting, 1, "the job is written with the event");
    play.work().await;
    let all = forms(&play.applicant, &play.code).await;
    assert_eq!((numbers(&all), &all[0]["state"], &all[0]["event"]), (vec!["01"], &json!("made"), &json!(2)));
    let path = path(&play.code, &all[0]);
    let file = play.applicant.get(&path).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert!(file.bytes.starts_with(b"%PDF-1.7"));
    assert_eq!(file.bytes.len() as i64, all[0]["size"].as_i64().unwrap());
    assert_eq!(portal.clerk().get(&path).await.bytes, file.bytes);
    for (stranger, status) in [
        (portal.nobody(), 401),
        (portal.citizen("022094000091", 2), 404),
        (portal.official(Role::OneStopClerk, "H49.46.01"), 404),
        (portal.official(Role::SystemAdmin, "H49"), 404),
    ] {
        assert_eq!(stranger.get(&path).await.status, status);
        assert_eq!(stranger.get(&format!("/api/v1/dossiers/{}/forms", play.code)).await.status, status);
    }
    // The other's form is not found under one's own dossier.
    let stranger = portal.citizen("022094000091", 2);
    portal.sql(
        "INSERT INTO dossier SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(),
             'code', 'H49.45.01-260914-0099', 'applicant_person_id', $1, 'filed_by', 'citizen:' || $1))).*
           FROM dossier d LIMIT 1",
        &stranger.id().to_string(),
    );
    let by_own = path.replace(&play.code, "H49.45.01-260914-0099");
    stranger.get("/api/v1/dossiers/H49.45.01-260914-0099/forms").await.expect(200);
    stranger.get(&by_own).await.refused(404, "not_found");
    // What officials keep is not the applicant's.
    let asked = format!("/api/v1/dossiers/{}/forms", play.code);
    let control = portal.clerk().post(&asked, &json!({ "form": "06" })).await.expect(200);
    play.work().await;
    assert_eq!(numbers(&forms(&play.applicant, &play.code).await), ["01"]);
    assert_eq!(numbers(&forms(&portal.clerk(), &play.code).await), ["01", "06"]);
    play.applicant.get(&self::path(&play.code, &control)).await.refused(404, "not_found");
    assert_eq!(portal.clerk().get(&self::path(&play.code, &control)).await.status, 200);
    play.applicant.post(&asked, &json!({ "form": "06" })).await.refused(403, "forbidden");
}

// Mutant: every asking is a form of its own.
#[actix_web::test]
async fn the_same_content_is_one_form_one_job_and_one_file() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("receive").await;
    play.work().await;
    let asked = format!("/api/v1/dossiers/{}/forms", play.code);
    let clerk = portal.clerk();
    let first = clerk.post(&asked, &json!({ "form": "06" })).await.expect(200);
    portal.later(jiff::SignedDuration::from_mins(3));
    clerk.get(&path(&play.code, &first)).await.refused(409, "form_not_ready");
    let again = portal.leader().post(&asked, &json!({ "form": "06" })).await.expect(200);
    assert_eq!(first["id"], again["id"]);
    play.work().await;
    let third = clerk.post(&asked, &json!({ "form": "06" })).await.expect(200);
    assert_eq!((&first["id"], &third["state"]), (&third["id"], &json!("made")));
    let count = |sql: &str| portal.number(&format!("SELECT count(*)::int AS n FROM {sql}"));
    assert_eq!(count("job WHERE kind = 'render_form'"), 2, "the slip 01 and one control slip");
    assert_eq!(count("file WHERE purpose = 'form'"), 2);
    // Something happened: the content is another.
    play.portal.clerk().act(&play.code, "hand_over", json!({})).await.expect(200);
    let later = clerk.post(&asked, &json!({ "form": "06" })).await.expect(200);
    assert_ne!(later["id"], first["id"]);
    play.work().await;
    let steps = |form| data(&portal, form)["body"]["steps"].as_array().unwrap().len();
    assert_eq!((steps(&first), steps(&later)), (2, 3));
    portal.verify().await;
}

#[actix_web::test]
async fn supplement_refusal_apology_and_stop_have_their_forms() {
    let portal = Portal::new().await;
    let widened = procedure("1.001612");
    let mut play = Play::new(&portal, &widened, Play::scenario(&widened, "supplement"));
    play.submit().await.expect(201);
    play.up_to("request_supplement").await;
    play.work().await;
    let all = forms(&play.applicant, &play.code).await;
    assert_eq!(numbers(&all), ["01", "02"]);
    let asked = data(&portal, &all[1]);
    assert_eq!(asked["body"]["reasons"][0]["wrong"], "Thông tin chưa khớp với giấy tờ gốc");
    assert!(asked["body"]["reasons"][0]["subject"].as_str().unwrap().len() > 5);

    let births = procedure("1.001193");
    let mut refused = Play::new(&portal, &births, Play::scenario(&births, "refused"));
    refused.submit().await.expect(201);
    refused.up_to("refuse").await;
    refused.work().await;
    let all = forms(&refused.applicant, &refused.code).await;
    assert_eq!(numbers(&all), ["03"]);

    let stopped = birth(&portal, &births).await;
    stopped.up_to("hand_over").await;
    let reasons = because(json!({ "condition": "Điều kiện của thủ tục" }));
    let specialist = portal.specialist();
    let act = specialist.act(&stopped.code, "stop", json!({ "reasons": reasons, "note": "Trả giấy tờ gốc" }));
    act.await.expect(200);
    stopped.work().await;
    let all = forms(&stopped.applicant, &stopped.code).await;
    assert_eq!(numbers(&all), ["01", "05"]);
    assert_eq!(data(&portal, &all[1])["head"]["agency"], "Ủy ban nhân dân phường Hồng Gai");
    assert_eq!(data(&portal, &all[1])["body"]["note"], "Trả giấy tờ gốc");
    for form in &all {
        assert_eq!(form["state"], "made", "{form}");
    }
    portal.verify().await;
}

#[actix_web::test]
async fn a_form_made_late_says_what_was_so_when_it_was_needed() {
    let portal = Portal::new().await;
    let procedure = procedure("1.013225");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "late"));
    play.submit().await.expect(201);
    // No job runs until the due time was moved.
    play.up_to("extend").await;
    let due = play.dossier().await["due_at"].clone();
    play.work().await;
    let all = forms(&play.applicant, &play.code).await;
    assert_eq!(numbers(&all), ["01", "04"]);
    let (slip, apology) = (data(&portal, &all[0]), data(&portal, &all[1]));
    assert_eq!(slip["body"]["due_at"], apology["body"]["old_due"], "the slip bears the first appointment");
    let moved = motcua::forms::moment(due.as_str().unwrap().parse().unwrap());
    assert_eq!(apology["body"]["new_due"], json!(moved));
    assert_ne!(apology["body"]["new_due"], apology["body"]["old_due"]);
    assert_eq!(apology["body"]["reason"], "Xin lỗi vì chậm trễ, hẹn lại ngày trả kết quả");
    assert_eq!(slip["head"]["number"].as_str().unwrap().split('/').next_back(), Some("TNHS"));
}
