//! Templates as data: who publishes, whose look is in force, what is refused.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::produced::forms;
use crate::dossiers::play::{birth, procedure};
use crate::support::stage::{COMMUNE, Caller, ONE_STOP, Portal};

pub fn template(code: &str, source: &str) -> Value {
    json!({ "code": code, "name": "Mẫu thử", "from": "2026-09-14", "source": source })
}

/// A look that can be told from others by its title.
pub fn look(word: &str) -> String {
    format!(
        "#let data = json(\"data.json\")\n#set document(title: \"{word}\")\n#data.body.applicant.name {word}"
    )
}

async fn publish(who: &Caller<'_>, unit: Option<&str>, from: &str, word: &str) -> Value {
    let mut body = template("01", &look(word));
    body["from"] = json!(from);
    if let Some(unit) = unit {
        body["unit"] = json!(unit);
    }
    who.post("/api/v1/templates", &body).await.expect(201)
}

/// The title of the receipt slip of a birth that is received now.
async fn title(portal: &Portal) -> String {
    let procedure = procedure("1.001193");
    let now = portal.app.db.clock.now().to_string();
    let play = birth(portal, &procedure).await;
    portal.at(&now);
    play.up_to("receive").await;
    play.work().await;
    let form = forms(&play.applicant, &play.code).await.remove(0);
    assert_eq!(form["state"], "made", "{form}");
    let path = format!("/api/v1/dossiers/{}/forms/{}", play.code, form["id"].as_str().unwrap());
    let text = String::from_utf8_lossy(&play.applicant.get(&path).await.bytes).into_owned();
    let from = text.find("<dc:title>").unwrap();
    text[from..].split("</rdf:li>").next().unwrap().rsplit('>').next().unwrap().to_owned()
}

#[actix_web::test]
async fn the_look_of_the_nearest_unit_upward_is_in_force_from_its_day() {
    let portal = Portal::new().await;
    assert!(title(&portal).await.starts_with("Giấy tiếp nhận hồ sơ"));
    let admin = portal.official(Role::SystemAdmin, "H49");
    publish(&admin, None, "2026-09-14", "Tỉnh").await;
    assert_eq!(title(&portal).await, "Tỉnh");
    publish(&admin, Some(COMMUNE), "2026-09-14", "Phường").await;
    publish(&admin, Some("H49.46"), "2026-09-14", "Phường khác").await;
    assert_eq!(title(&portal).await, "Phường");
    let own = portal.official(Role::AgencyAdmin, ONE_STOP);
    let second = publish(&own, Some(ONE_STOP), "2026-09-15", "Quầy").await;
    assert_eq!(second["version"], 1);
    assert_eq!(title(&portal).await, "Phường", "not before its first day");
    portal.at("2026-09-15T09:00:00+07:00");
    assert_eq!(title(&portal).await, "Quầy");
    assert_eq!(publish(&own, Some(ONE_STOP), "2026-09-15", "Quầy 2").await["version"], 2);
    assert_eq!(title(&portal).await, "Quầy 2");
    // A start does not take the look of an administrator away.
    assert_eq!(motcua::forms::seed(&portal.app.db).unwrap(), 0);
}

#[actix_web::test]
async fn only_administrators_publish_and_each_for_its_own() {
    let portal = Portal::new().await;
    let body = |unit: Option<&str>| {
        let mut body = template("01", &look("Mẫu"));
        if let Some(unit) = unit {
            body["unit"] = json!(unit);
        }
        body
    };
    let own = portal.official(Role::AgencyAdmin, ONE_STOP);
    for (who, unit, status) in [
        (portal.nobody(), None, 401),
        (portal.citizen("022094000091", 2), None, 403),
        (portal.clerk(), Some(ONE_STOP), 403),
        (portal.leader(), Some(COMMUNE), 403),
        (own.clone(), None, 403),
        (own.clone(), Some(COMMUNE), 403),
        (own.clone(), Some("H49.46.01"), 403),
        (own, Some(ONE_STOP), 201),
    ] {
        assert_eq!(who.post("/api/v1/templates", &body(unit)).await.status, status, "{unit:?}");
    }
    let list = portal.clerk().get("/api/v1/templates?limit=200").await.expect(200);
    let items = list["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["unit"]), (15, &json!(ONE_STOP)));
    let one = portal
        .clerk()
        .get(&format!("/api/v1/templates/{}", items[1]["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert!(one["source"].as_str().unwrap().contains("json(\"data.json\")"));
    portal.citizen("022094000091", 2).get("/api/v1/templates").await.refused(403, "forbidden");
    let page = portal.clerk().get("/api/v1/templates?limit=5").await.expect(200);
    let next = format!("/api/v1/templates?limit=200&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(portal.clerk().get(&next).await.expect(200)["items"].as_array().unwrap().len(), 10);
}

#[actix_web::test]
async fn what_cannot_be_printed_is_not_published() {
    let portal = Portal::new().await;
    let admin = portal.official(Role::SystemAdmin, "H49");
    let refused = async |body: Value, field: &str| {
        let answer = admin.post("/api/v1/templates", &body).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()]),
            "{body}\n{}",
            answer.body
        );
        answer.body["fields"][0]["message"].as_str().unwrap().to_owned()
    };
    let own = |source: &str, fields: Value, sample: Value| {
        let mut body = template("giay_phep", source);
        (body["fields"], body["sample"]) = (fields, sample);
        body
    };
    let fields = json!({ "type": "object", "additionalProperties": false, "required": ["a"],
                         "properties": { "a": { "title": "A", "type": "string" }, "b": { "title": "B", "type": "string" } } });
    let sample = json!({ "a": "1", "b": "2" });
    let said = refused(template("01", "#khong_co"), "/source").await;
    assert!(said.contains("line 1"), "{said}");
    // What may be absent is not relied upon.
    let leans = "#let d = json(\"data.json\")\n#d.body.a #d.body.b";
    assert!(refused(own(leans, fields.clone(), sample.clone()), "/source").await.contains("line 2"));
    refused(own("x", fields.clone(), json!({ "a": "1", "c": "3" })), "/sample").await;
    refused(
        own("x", json!({ "type": "object", "properties": {} }), json!({})),
        "/fields/additionalProperties",
    )
    .await;
    refused(own("x", json!({ "type": 7 }), json!({})), "/fields/type").await;
    let mut fixed = template("01", &look("x"));
    fixed["fields"] = fields.clone();
    refused(fixed, "/fields").await;
    let mut past = template("01", &look("x"));
    past["from"] = json!("2026-09-13");
    refused(past, "/from").await;
    refused(template("Mẫu", "x"), "/code").await;
    admin.post("/api/v1/templates", &template("giay_la", "x")).await.refused(422, "template_unknown");
    let sound =
        own("#let d = json(\"data.json\")\n#d.body.a #d.body.at(\"b\", default: none)", fields, sample);
    admin.post("/api/v1/templates", &sound).await.expect(201);
}
