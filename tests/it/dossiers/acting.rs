//! Actions: who may, with which reasons, on which version, and what may be taken back.
use futures_util::future::join;
use motcua::workflow::Role;
use serde_json::json;
use uuid::Uuid;

use super::play::{Play, birth, procedure};
use crate::support::stage::{COMMUNE, ONE_STOP, Portal, because};

// Mutant: the version is not compared, or the row is not locked.
#[actix_web::test]
async fn of_two_people_on_one_version_one_wins() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (clerk, other) = (portal.clerk(), portal.another(Role::OneStopClerk, ONE_STOP));
    let path = format!("/api/v1/dossiers/{}/actions", play.code);
    let refuse =
        json!({ "action": "refuse", "reasons": because(json!({ "condition": "Không đúng thẩm quyền" })) });
    let (a, b) =
        join(clerk.post_for(1, &path, &json!({ "action": "receive" })), other.post_for(1, &path, &refuse))
            .await;
    let lost = if a.status == 200 { b } else { a };
    assert_eq!(lost.refused(409, "stale_version").body["current_version"], 2);
    clerk.post(&path, &json!({ "action": "comment", "note": "x" })).await.refused(428, "version_required");
    portal.verify().await;
}

// Mutants: reasons not demanded; a reason may cite anything; texts not looked at.
#[actix_web::test]
async fn who_refuses_says_why() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let clerk = portal.clerk();
    for action in ["refuse", "request_supplement"] {
        let bare = clerk.act(&play.code, action, json!({})).await.refused(409, "condition_failed");
        assert_eq!(bare.body["failed"], json!(["reasons_given"]), "{action}");
        for about in [
            json!({ "document": "1.001193-TP99" }),
            json!({ "field": "/nothing" }),
            json!({ "field": "/child/\u{0}" }),
            json!({ "condition": "  " }),
        ] {
            let uncited = clerk.act(&play.code, action, json!({ "reasons": because(about) })).await;
            assert_eq!(uncited.refused(422, "reason_invalid").fields(), ["/reasons/0/about"]);
        }
        let mut empty = because(json!({ "field": "/child" }));
        empty[0]["mend"] = json!("   ");
        let empty = clerk.act(&play.code, action, json!({ "reasons": empty })).await;
        assert_eq!(empty.refused(422, "reason_invalid").fields(), ["/reasons/0/mend"]);
    }
    let done =
        clerk.act(&play.code, "refuse", json!({ "reasons": because(json!({ "field": "/child" })) })).await;
    assert_eq!(done.expect(200)["status"], 3);
    let events = play.applicant.get(&format!("/api/v1/dossiers/{}/events", play.code)).await.expect(200);
    assert_eq!(events["items"][1]["detail"]["reasons"][0]["about"]["field"], "/child");
    clerk.act(&play.code, "receive", json!({})).await.refused(409, "dossier_closed");
    portal.verify().await;
}

// Mutants: any field may change; any document may come; nothing need come; a document that
// came before it was asked for counts.
#[actix_web::test]
async fn a_supplement_brings_what_was_asked_for_and_only_that() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (clerk, citizen, code) = (portal.clerk(), &play.applicant, play.code.as_str());
    let upload = |component: &str| {
        format!("/api/v1/dossiers/{code}/files?component={component}&name=a.pdf&purpose=supplement")
    };
    citizen.upload(&upload("1.001193-TP06")).await.refused(409, "upload_not_expected");
    let mut reasons = because(json!({ "field": "/child/full_name" }));
    reasons
        .as_array_mut()
        .unwrap()
        .extend(because(json!({ "document": "1.001193-TP06" })).as_array().unwrap().clone());
    clerk.act(code, "request_supplement", json!({ "reasons": reasons })).await.expect(200);

    let offer = citizen.get(&format!("/api/v1/dossiers/{code}/actions")).await.expect(200);
    let offer =
        offer["actions"].as_array().unwrap().iter().find(|a| a["action"] == "supplement").unwrap().clone();
    assert_eq!((&offer["allowed"], &offer["failed"]), (&json!(false), &json!(["supplement_answered"])));
    let mut child = play.scenario["answers"]["child"].clone();
    child["full_name"] = json!("Nguyễn Hạ Vy");
    let right = json!({ "answers": { "child": child } });
    let early = citizen.act(code, "supplement", right.clone()).await.refused(409, "condition_failed");
    assert_eq!(early.fields(), ["/documents/1.001193-TP06"]);
    citizen.upload(&upload("1.001193-TP02")).await.refused(422, "not_asked_for");
    citizen.upload(&upload("1.001193-TP06")).await.expect(201);

    let none = citizen.act(code, "supplement", json!({})).await.refused(422, "supplement_incomplete");
    assert_eq!(none.fields(), ["/answers/child/full_name"]);
    let mut more = right.clone();
    more["answers"]["relation"] = json!("mother");
    assert_eq!(
        citizen.act(code, "supplement", more).await.refused(422, "not_asked_for").fields(),
        ["/answers/relation"]
    );
    let mut beside = right.clone();
    beside["answers"]["child"]["sex"] = json!("male");
    let beside = citizen.act(code, "supplement", beside).await.refused(422, "not_asked_for");
    assert_eq!(beside.fields(), ["/answers/child/sex"]);
    let mut wrong = right.clone();
    wrong["answers"]["child"]["full_name"] = json!(7);
    citizen.act(code, "supplement", wrong).await.refused(422, "form_invalid");

    assert_eq!(citizen.act(code, "supplement", right).await.expect(200)["status"], 1);
    let seen = clerk.get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
    assert_eq!(seen["answers"]["child"]["full_name"], "Nguyễn Hạ Vy");
    assert!(seen["request"].is_null());
    portal.verify().await;
}

// Mutant: `first_supplement` not asked of officials.
#[actix_web::test]
async fn a_second_supplement_needs_a_leader() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let reasons = json!({ "reasons": because(json!({ "condition": "Thiếu thông tin" })) });
    let (clerk, leader) = (portal.clerk(), portal.leader());
    leader.act(&play.code, "request_supplement", reasons.clone()).await.refused(409, "condition_failed");
    clerk.act(&play.code, "request_supplement", reasons.clone()).await.expect(200);
    play.applicant.act(&play.code, "supplement", json!({})).await.expect(200);
    let second =
        clerk.act(&play.code, "request_supplement", reasons.clone()).await.refused(409, "condition_failed");
    assert_eq!(second.body["failed"], json!(["first_supplement"]));
    leader.act(&play.code, "request_supplement", reasons).await.expect(200);
    portal.verify().await;
}

// Mutants: work begins with an assignment; withdrawing stays possible for ever.
#[actix_web::test]
async fn withdrawing_is_possible_until_the_work_begins() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (early, late) = (birth(&portal, &procedure).await, birth(&portal, &procedure).await);
    for play in [&early, &late] {
        play.up_to("hand_over").await;
        let official = portal.specialist().id();
        portal.leader().act(&play.code, "assign", json!({ "assignee": official })).await.expect(200);
    }
    portal.clerk().act(&early.code, "withdraw", json!({})).await.refused(403, "not_your_role");
    assert_eq!(early.applicant.act(&early.code, "withdraw", json!({})).await.expect(200)["status"], 7);
    let reasons = json!({ "reasons": because(json!({ "condition": "Thiếu thông tin" })) });
    portal.specialist().act(&late.code, "request_supplement", reasons).await.expect(200);
    late.applicant.act(&late.code, "supplement", json!({})).await.expect(200);
    let refused =
        late.applicant.act(&late.code, "withdraw", json!({})).await.refused(409, "condition_failed");
    assert_eq!(refused.body["failed"], json!(["not_started"]));
    let reasons = json!({ "reasons": because(json!({ "condition": "Không đủ điều kiện" })) });
    portal.clerk().act(&late.code, "stop", reasons.clone()).await.refused(403, "not_your_role");
    portal.specialist().act(&late.code, "stop", json!({})).await.refused(409, "condition_failed");
    assert_eq!(portal.specialist().act(&late.code, "stop", reasons).await.expect(200)["status"], 8);
    portal.verify().await;
}

// Mutants: anybody of the unit recalls; a remark of the receiver counts for nothing.
#[actix_web::test]
async fn what_was_just_sent_is_recalled_until_it_is_touched() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (specialist, colleague) = (portal.specialist(), portal.another(Role::Specialist, COMMUNE));
    play.up_to("forward").await;
    colleague.act(&play.code, "recall", json!({})).await.refused(409, "condition_failed");
    // The sender's own remark touches nothing.
    specialist.act(&play.code, "comment", json!({ "note": "Còn thiếu chữ ký nháy" })).await.expect(200);
    assert_eq!(
        specialist.act(&play.code, "recall", json!({})).await.expect(200)["steps"],
        json!(["processing"])
    );
    specialist.act(&play.code, "forward", json!({})).await.expect(200);
    portal.leader().act(&play.code, "comment", json!({ "note": "Đang xem" })).await.expect(200);
    let touched = specialist.act(&play.code, "recall", json!({})).await.refused(409, "condition_failed");
    assert_eq!(touched.body["failed"], json!(["just_sent"]));
    let reasons = json!({ "reasons": because(json!({ "field": "/child" })) });
    portal.leader().act(&play.code, "return_for_rework", json!({})).await.refused(409, "condition_failed");
    let back = portal.leader().act(&play.code, "return_for_rework", reasons).await.expect(200);
    assert_eq!(back["steps"], json!(["processing"]));
    portal.verify().await;
}

// Mutant: any official may be assigned.
#[actix_web::test]
async fn a_dossier_is_assigned_within_the_unit() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("hand_over").await;
    let leader = portal.leader();
    let stranger = portal.another(Role::Specialist, "H49.46");
    for other in [stranger.id(), portal.clerk().id(), Uuid::nil()] {
        let refused = leader.act(&play.code, "assign", json!({ "assignee": other })).await;
        assert_eq!(refused.refused(409, "condition_failed").body["failed"], json!(["same_unit"]));
    }
    assert_eq!(
        leader.act(&play.code, "assign", json!({})).await.refused(422, "invalid").fields(),
        ["/assignee"]
    );
    let official = portal.specialist();
    leader.act(&play.code, "assign", json!({ "assignee": official.id() })).await.expect(200);
    let mine = official.get("/api/v1/dossiers?mine=true").await.expect(200);
    assert_eq!(mine["items"][0]["code"], json!(play.code));
    stranger.act(&play.code, "forward", json!({})).await.refused(404, "not_found");
}

// Mutants: the opinion's holder is the handling unit; whoever sees the dossier may answer;
// recalling the question is refused though it is offered.
#[actix_web::test]
async fn an_opinion_is_asked_of_one_unit_and_given_by_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.013225");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    let code = play.code.clone();
    play.up_to("receive").await;
    while play.dossier().await["steps"] != json!(["processing"]) {
        let clerk = portal.official(Role::OneStopClerk, play.unit);
        match clerk.act(&code, "hand_over", json!({})).await.status {
            200 => {}
            _ => {
                clerk.act(&code, "request_payment", json!({})).await.expect(200);
                play.pay().await;
                play.work().await;
            }
        }
    }
    let handling: Uuid = play.dossier().await["handling_unit_id"].as_str().unwrap().parse().unwrap();
    let specialist = portal.official_at(Role::Specialist, handling);
    let (asked, other) =
        (portal.official(Role::Specialist, "H49.06"), portal.official(Role::Specialist, "H49.07"));
    asked.act(&code, "give_opinion", json!({ "text": "Đồng ý" })).await.refused(404, "not_found");
    let question = json!({ "unit": "H49.06", "text": "Có phù hợp quy hoạch không?" });
    specialist
        .act(&code, "request_opinion", json!({ "unit": "H49.99", "text": "?" }))
        .await
        .refused(422, "invalid");
    specialist.act(&code, "request_opinion", question.clone()).await.expect(200);
    specialist.act(&code, "recall", json!({})).await.expect(200);
    asked.act(&code, "give_opinion", json!({ "text": "Đồng ý" })).await.refused(409, "wrong_step");
    specialist.act(&code, "request_opinion", question).await.expect(200);
    for query in ["opinion=true", "holder=H49.06"] {
        let turn = asked.get(&format!("/api/v1/dossiers?{query}")).await.expect(200);
        assert_eq!(turn["items"][0]["code"], json!(code), "{query}");
    }
    other.act(&code, "give_opinion", json!({ "text": "Đồng ý" })).await.refused(404, "not_found");
    specialist.act(&code, "give_opinion", json!({ "text": "Đồng ý" })).await.refused(403, "not_your_role");
    specialist.act(&code, "forward", json!({})).await.refused(409, "wrong_step");
    asked.act(&code, "give_opinion", json!({ "text": "Phù hợp quy hoạch" })).await.expect(200);
    let opinions = play.dossier().await["opinions"].clone();
    assert_eq!(opinions.as_array().unwrap().len(), 1, "the recalled question was never asked: {opinions}");
    assert_eq!(opinions[0]["answer"], "Phù hợp quy hoạch");
    asked.act(&code, "comment", json!({ "note": "x" })).await.refused(403, "not_your_role");
    portal.verify().await;
}

// Mutants: nobody is named; everybody who also has a post of the own is not.
#[actix_web::test]
async fn a_substitute_acts_for_the_absent_one_and_says_so() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("forward").await;
    let (absent, substitute) = (portal.leader(), portal.another(Role::Specialist, COMMUNE));
    substitute.act(&play.code, "approve", json!({})).await.refused(403, "not_your_role");
    portal.sql(
        &format!(
            "INSERT INTO substitution (id, absent_id, substitute_id, valid_from, valid_to, reason, granted_by)
             VALUES (gen_random_uuid(), '{}', '{}', '2026-09-01', '2026-09-30', $1, '{0}')",
            absent.id(),
            substitute.id(),
        ),
        "Nghỉ phép",
    );
    substitute.act(&play.code, "approve", json!({})).await.expect(200);
    // What the own post allows is done in the own name.
    substitute.act(&play.code, "comment", json!({ "note": "Đã ký" })).await.expect(200);
    let events = portal.clerk().get(&format!("/api/v1/dossiers/{}/events", play.code)).await.expect(200);
    let events = events["items"].as_array().unwrap();
    let by = |action: &str| events.iter().find(|e| e["action"] == action).unwrap();
    assert_eq!(by("approve")["on_behalf_of"], json!(format!("staff:{}", absent.id())));
    assert_eq!(by("approve")["actor"], json!(format!("staff:{}", substitute.id())));
    assert!(by("comment")["on_behalf_of"].is_null());
    portal.at("2026-10-01T09:00:00+07:00");
    substitute.act(&play.code, "return_for_rework", json!({})).await.refused(409, "wrong_step");
    portal.verify().await;
}

// Mutant: the end of a substitution is written, but what the substitute may do is remembered.
#[actix_web::test]
async fn a_substitute_is_refused_from_the_end_of_the_substitution_on() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("forward").await;
    let (leader, substitute) = (portal.leader(), portal.another(Role::Specialist, COMMUNE));
    let order = json!({
        "absent_id": leader.id(), "substitute_id": substitute.id(), "reason": "Đi họp",
        "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2027-01-01T00:00:00Z",
    });
    let made = leader.post("/api/v1/substitutions", &order).await.expect(201);
    let may_approve = async || {
        let offer = substitute.get(&format!("/api/v1/dossiers/{}/actions", play.code)).await.expect(200);
        offer["actions"].as_array().unwrap().iter().any(|a| a["action"] == "approve" && a["allowed"] == true)
    };
    assert!(may_approve().await);
    let end = format!("/api/v1/substitutions/{}/end", made["id"].as_str().unwrap());
    leader.post(&end, &json!({})).await.expect(200);
    assert!(!may_approve().await);
    substitute.act(&play.code, "approve", json!({})).await.refused(403, "not_your_role");
    leader.act(&play.code, "approve", json!({})).await.expect(200);
    portal.verify().await;
}

// Mutants: presence without names; the step can be passed without the record.
#[actix_web::test]
async fn nobody_passes_the_step_in_person_without_the_record_of_who_came() {
    let portal = Portal::new().await;
    let procedure = procedure("1.000894");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("approve").await;
    let code = play.code.as_str();
    let result = json!({ "result": { "code": procedure["results"][0]["code"], "number": "3/2026" } });
    portal.specialist().act(code, "forward", result).await.expect(200);
    let clerk = portal.clerk();
    let early = clerk.act(code, "finish", json!({})).await.refused(409, "condition_failed");
    assert_eq!(early.body["failed"], json!(["presence_recorded"]));
    for persons in [json!([]), json!([{ "name": " ", "identity_no": "1", "documents": "x" }])] {
        let nobody = clerk.act(code, "record_presence", json!({ "persons": persons })).await;
        assert_eq!(nobody.refused(422, "invalid").fields(), ["/persons"]);
    }
    let persons =
        json!([{ "name": "Nguyễn Hải Đăng", "identity_no": "022094000001", "documents": "Thẻ căn cước" }]);
    clerk.act(code, "record_presence", json!({ "persons": persons })).await.expect(200);
    clerk.act(code, "finish", json!({})).await.expect(200);
    assert_eq!(play.dossier().await["presence"][0]["persons"], persons);
    portal.verify().await;
}

// Mutants: a result of another procedure; a result that comes with a withdrawal; a file that
// was not uploaded as a result.
#[actix_web::test]
async fn a_result_is_one_of_the_procedure_with_a_file_of_the_dossier() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    play.up_to("approve").await;
    let (code, specialist) = (play.code.as_str(), portal.specialist());
    let bare = specialist.act(code, "finish", json!({})).await.refused(409, "condition_failed");
    assert_eq!(bare.body["failed"], json!(["result_attached"]));
    let result = |code: &str, number: &str, file: Option<&str>| json!({ "result": { "code": code, "number": number, "file": file } });
    let other = specialist.act(code, "finish", result("KQ.G10.001147", "1", None)).await;
    assert_eq!(other.refused(422, "invalid").fields(), ["/result/code"]);
    let nameless = specialist.act(code, "finish", result("KQ.G15.000031", " ", None)).await;
    assert_eq!(nameless.refused(422, "invalid").fields(), ["/result/number"]);
    let files = specialist.get(&format!("/api/v1/dossiers/{code}/files")).await.expect(200);
    let component = files["items"][0]["id"].as_str().unwrap();
    let wrong = specialist.act(code, "finish", result("KQ.G15.000031", "1", Some(component))).await;
    assert_eq!(wrong.refused(422, "invalid").fields(), ["/result/file"]);
    let path = format!("/api/v1/dossiers/{code}/files?name=ket-qua.pdf&purpose=result");
    play.applicant.upload(&path).await.refused(403, "not_your_role");
    let file = specialist.upload(&path).await.expect(201)["id"].as_str().unwrap().to_owned();
    let files = || async { play.applicant.get(&format!("/api/v1/dossiers/{code}/files")).await.expect(200) };
    let sees = |files: &serde_json::Value| {
        files["items"].as_array().unwrap().iter().any(|f| f["id"] == file.as_str())
    };
    assert!(!sees(&files().await), "not before it is decided");
    play.applicant.get(&format!("/api/v1/dossiers/{code}/files/{file}")).await.refused(404, "not_found");
    specialist.act(code, "finish", result("KQ.G15.000031", "12/2026", Some(&file))).await.expect(200);
    assert!(sees(&files().await));
    let shown = play.applicant.get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
    assert_eq!((&shown["result"]["number"], &shown["result"]["file_id"]), (&json!("12/2026"), &json!(file)));
    portal.verify().await;
}
