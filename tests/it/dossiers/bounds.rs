//! Times far outside the calendar are refused where they come in, by name.
use actix_web::test::TestRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;

use super::play::{birth, procedure};
use crate::support::stage::{Answer, Portal};

/// The ends of what the library can tell, and the first moments outside the bounds.
const OUTSIDE: [&str; 5] = [
    "-009999-01-02T01:59:59Z",
    "0000-01-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "9999-12-30T22:00:00Z",
];

// Mutant: a filter or the cursor takes any time that can be told.
#[actix_web::test]
async fn a_worklist_refuses_times_outside_the_calendar() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    birth(&portal, &procedure).await;
    let clerk = portal.clerk();
    let paths = ["/api/v1/dossiers", "/api/v1/dossiers/count", "/api/v1/dossiers/export"];
    for time in OUTSIDE {
        for name in ["due_before", "submitted_from", "submitted_before"] {
            for path in paths {
                let refused = clerk.get(&format!("{path}?late=false&{name}={time}")).await;
                assert_eq!(refused.refused(400, "malformed").fields(), [name], "{path} {time}");
            }
        }
        let cursor = URL_SAFE_NO_PAD.encode(json!([time, Uuid::nil()]).to_string());
        let refused = clerk.get(&format!("/api/v1/dossiers?cursor={cursor}")).await;
        assert_eq!(refused.refused(422, "invalid").fields(), ["cursor"], "{time}");
    }
    for (time, due) in [("1900-01-01T00:00:00Z", 0), ("2199-12-31T23:59:59.999999999Z", 1)] {
        let found = clerk.get(&format!("/api/v1/dossiers/count?due_before={time}")).await.expect(200);
        assert_eq!(found["count"], due, "{time}");
        let cursor = URL_SAFE_NO_PAD.encode(json!([time, Uuid::nil()]).to_string());
        let page = clerk.get(&format!("/api/v1/dossiers?cursor={cursor}")).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 1 - due, "{time}");
    }
    for wrong in ["late=2", "status=x", "channel=fax", "due_before=heute", "unknown=1"] {
        let name = wrong.split('=').next().unwrap();
        let refused = clerk.get(&format!("/api/v1/dossiers?open=true&{wrong}")).await;
        assert_eq!(refused.refused(400, "malformed").fields(), [name]);
    }
}

// Mutant: the clock takes any time that can be told (what is asked then is 500).
#[actix_web::test]
async fn the_clock_of_a_demonstration_keeps_to_the_calendar() {
    let portal = Portal::with("[demo]\nset_clock = true\n").await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let set = async |now: &str| -> Answer {
        let body = json!({ "now": now });
        portal.nobody().send(TestRequest::put().uri("/demo/clock").set_json(body)).await
    };
    for time in OUTSIDE {
        assert_eq!(set(time).await.refused(422, "invalid").fields(), ["/now"], "{time}");
    }
    for time in ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z"] {
        set(time).await.expect(200);
        let (clerk, code) = (portal.clerk(), &play.code);
        let draft = json!({ "procedure": "1.001193", "channel": "online", "unit": "H49.45.01" });
        let answers = [
            clerk.get("/api/v1/dossiers").await,
            clerk.get(&format!("/api/v1/dossiers/{code}/deadline")).await,
            clerk.act(code, "receive", json!({})).await,
            play.applicant.post("/api/v1/drafts", &draft).await,
            portal.nobody().get("/api/v1/agencies").await,
            portal.nobody().get("/api/v1/procedures").await,
        ];
        for answer in answers {
            assert!(answer.status < 500, "{time}: {}", answer.body);
        }
    }
    portal.nobody().send(TestRequest::put().uri("/demo/clock").set_json(json!({}))).await.expect(200);
}
