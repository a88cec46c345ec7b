//! People at the counter, and who may act for whom.
use serde_json::{Value, json};

use crate::support::Portal;

fn person() -> Value {
    json!({
        "identity_no": "022094000099", "full_name": "Đinh Văn Thử", "birth_date": "1994-07-01",
        "gender": "male", "phone": "+84 912 345 678",
    })
}

#[actix_web::test]
async fn a_clerk_registers_a_person_once() {
    let portal = Portal::start().await;
    let clerk = portal.staff("honggai.motcua").await;
    let first = portal.post(&clerk, "/api/v1/people", person()).await.expect(201);
    assert_eq!((&first["phone"], &first["identity_level"]), (&json!("0912345678"), &json!(0)));
    let mut moved = person();
    moved["address"] = json!("Số 9 phố Mẫu");
    moved["full_name"] = json!("Đinh Văn Thử Nghiệm");
    let second = portal.post(&clerk, "/api/v1/people", moved).await.expect(200);
    assert_eq!((&second["id"], &second["address"]), (&first["id"], &json!("Số 9 phố Mẫu")));
    assert_eq!(second["full_name"], "Đinh Văn Thử Nghiệm");
}

#[actix_web::test]
async fn the_same_person_at_two_counters_at_once_is_one_person() {
    let portal = Portal::start().await;
    let clerk = portal.staff("honggai.motcua").await;
    let register = async |_| portal.post(&clerk, "/api/v1/people", person()).await;
    let answers = futures_util::future::join_all((0..8).map(register)).await;
    let ids: std::collections::BTreeSet<_> = answers.iter().map(|a| a.body["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);

    let logins = (0..4).map(|_| portal.citizen("022196000002"));
    futures_util::future::join_all(logins).await;
    let people = "SELECT count(*)::text AS line FROM person WHERE identity_no = '022196000002'";
    assert_eq!(crate::support::lines(&mut portal.db.connect(), people), ["1"]);
}

#[actix_web::test]
async fn numbers_that_contradict_the_person_are_refused() {
    let portal = Portal::start().await;
    let clerk = portal.staff("honggai.motcua").await;
    let cases = [
        ("identity_no", json!("022194000099"), "/identity_no"),
        ("identity_no", json!("003094000099"), "/identity_no"),
        ("identity_no", json!("12"), "/identity_no"),
        ("birth_date", json!("1993-07-01"), "/identity_no"),
        ("birth_date", json!("-009999-01-01"), "/birth_date"),
        ("full_name", json!("a\u{0}b"), "/full_name"),
        ("full_name", json!(" "), "/full_name"),
        ("phone", json!("113"), "/phone"),
        ("email", json!("a@b@c"), "/email"),
    ];
    for (name, value, field) in cases {
        let mut wrong = person();
        wrong[name] = value.clone();
        let answer = portal.post(&clerk, "/api/v1/people", wrong).await;
        let body = answer.expect(422);
        assert_eq!(body["fields"][0]["field"], field, "{name} = {value}: {body}");
    }
    let tomorrow = json!({ "full_name": "Người Nước Ngoài", "birth_date": "2026-03-03" });
    portal.post(&clerk, "/api/v1/people", tomorrow).await.refused(422, "invalid");
    let foreigner = json!({ "full_name": "Người Nước Ngoài" });
    portal.post(&clerk, "/api/v1/people", foreigner).await.expect(201);
    let citizen = portal.citizen("022094000001").await;
    portal.post(&citizen, "/api/v1/people", person()).await.refused(403, "forbidden");
    portal.post("", "/api/v1/people", person()).await.refused(401, "unauthenticated");
    let specialist = portal.staff("honggai.chuyenvien").await;
    portal.post(&specialist, "/api/v1/people", person()).await.refused(403, "forbidden");
}

#[actix_web::test]
async fn what_vneid_proved_is_not_overwritten_at_the_counter() {
    let portal = Portal::start().await;
    let me = portal.get(&portal.citizen("022094000001").await, "/api/v1/me").await.expect(200);
    let clerk = portal.staff("honggai.motcua").await;
    let mut same =
        json!({ "identity_no": "022094000001", "full_name": "Nguyễn Hải Đăng", "phone": "0987654321" });
    let known = portal.post(&clerk, "/api/v1/people", same.clone()).await.expect(200);
    assert_eq!((&known["id"], &known["phone"]), (&me["id"], &json!("0987654321")));
    same["full_name"] = json!("Nguyễn Hải Đằng");
    portal.post(&clerk, "/api/v1/people", same).await.refused(409, "person_differs");
}

#[actix_web::test]
async fn somebody_known_at_the_counter_is_found_again_at_the_first_login() {
    let portal = Portal::start().await;
    let clerk = portal.staff("honggai.motcua").await;
    let mut known = person();
    known["identity_no"] = json!("022196000002");
    known["gender"] = json!("female");
    known["birth_date"] = json!("1996-08-25");
    let registered = portal.post(&clerk, "/api/v1/people", known).await.expect(201);
    let me = portal.get(&portal.citizen("022196000002").await, "/api/v1/me").await.expect(200);
    assert_eq!((&me["id"], &me["name"]), (&registered["id"], &json!("Trần Thu Hạ")));
}

fn mandate(agent: &str) -> Value {
    json!({
        "agent_identity_no": agent, "kind": "authorised", "scope": ["1.001193"],
        "valid_from": "2026-03-03", "valid_to": "2026-03-05", "evidence": "giấy ủy quyền số 1",
    })
}

async fn mandates_of(portal: &Portal, login: &str) -> Vec<Value> {
    let me = portal.get(&portal.citizen(login).await, "/api/v1/me").await.expect(200);
    me["mandates"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_mandate_holds_for_its_days_and_its_scope_until_it_is_taken_back() {
    let portal = Portal::start().await;
    let principal = portal.citizen("022094000001").await;
    portal.citizen("022196000002").await;
    let given = portal.post(&principal, "/api/v1/mandates", mandate("022196000002")).await.expect(201);
    assert_eq!(mandates_of(&portal, "022196000002").await, [] as [Value; 0], "the day before");
    portal.at("2026-03-03T00:00:00+07:00");
    let held = mandates_of(&portal, "022196000002").await;
    assert_eq!((held.len(), &held[0]["scope"]), (1, &json!(["1.001193"])));
    portal.at("2026-03-05T23:59:59+07:00");
    assert_eq!(mandates_of(&portal, "022196000002").await.len(), 1, "the last day");
    portal.at("2026-03-06T00:00:00+07:00");
    assert_eq!(mandates_of(&portal, "022196000002").await.len(), 0, "the day after");

    portal.at("2026-03-04T08:00:00+07:00");
    let (agent, stranger) = (portal.citizen("022196000002").await, portal.citizen("022201000003").await);
    let principal = portal.citizen("022094000001").await;
    let revoke = format!("/api/v1/mandates/{}/revoke", given["id"].as_str().unwrap());
    portal.post(&stranger, &revoke, json!({})).await.refused(404, "not_found");
    assert_eq!(portal.post(&principal, &revoke, json!({})).await.expect(200)["revoked"], true);
    let me = portal.get(&agent, "/api/v1/me").await.expect(200);
    assert_eq!(me["mandates"], json!([]), "the same token, the next request");
    let mine = portal.get(&agent, "/api/v1/mandates").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1, "the record stays");
    assert_eq!(portal.get(&stranger, "/api/v1/mandates").await.expect(200)["items"], json!([]));
}

#[actix_web::test]
async fn nobody_gives_a_mandate_for_somebody_else() {
    let portal = Portal::start().await;
    let (one, _) = (portal.citizen("022094000001").await, portal.citizen("022196000002").await);
    let representative = portal.citizen("9900000016").await;
    let for_org = |agent: &str| {
        let mut new = mandate(agent);
        new["principal_tax_no"] = json!("9900000016");
        new
    };
    portal.post(&one, "/api/v1/mandates", for_org("022196000002")).await.refused(403, "forbidden");
    portal.post(&representative, "/api/v1/mandates", for_org("022196000002")).await.expect(201);
    let mut other = mandate("022196000002");
    other["principal_identity_no"] = json!("022185000006");
    portal.post(&one, "/api/v1/mandates", other.clone()).await.refused(403, "forbidden");
    let clerk = portal.staff("honggai.motcua").await;
    portal.post(&clerk, "/api/v1/mandates", other).await.expect(201);

    let mut by_law = mandate("022196000002");
    by_law["kind"] = json!("legal_representative");
    portal.post(&one, "/api/v1/mandates", by_law).await.refused(403, "forbidden");
    portal.post(&one, "/api/v1/mandates", mandate("022094000001")).await.refused(422, "invalid");
    portal.post(&one, "/api/v1/mandates", mandate("022099000011")).await.refused(422, "invalid");
    portal.post(&clerk, "/api/v1/mandates", mandate("022196000002")).await.refused(422, "invalid");
    let specialist = portal.staff("honggai.chuyenvien").await;
    portal.post(&specialist, "/api/v1/mandates", mandate("022196000002")).await.refused(403, "forbidden");
    let mut endless = mandate("022196000002");
    endless["valid_to"] = Value::Null;
    portal.post(&one, "/api/v1/mandates", endless).await.refused(422, "invalid");
    let mut backwards = mandate("022196000002");
    backwards["valid_to"] = json!("2026-03-02");
    portal.post(&one, "/api/v1/mandates", backwards).await.refused(422, "invalid");
}
