//! The register of a unit: what it received in a period, for who supervises it.
use motcua::workflow::Role;
use serde_json::{Value, json};

use crate::dossiers::play::{birth, procedure};
use crate::support::stage::{ONE_STOP, Portal};

#[actix_web::test]
async fn a_register_has_what_the_unit_received_in_the_period() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let first = birth(&portal, &procedure).await;
    let day = portal.app.db.clock.now().to_string()[..10].to_owned();
    birth(&portal, &procedure).await;
    let clerk = portal.clerk();
    let path = format!("/api/v1/agencies/{ONE_STOP}/registers");
    let asked = json!({ "from": day, "to": day });
    let register = clerk.post(&path, &asked).await.expect(200);
    let again = clerk.post(&path, &asked).await.expect(200);
    assert_eq!(register["id"], again["id"]);
    first.work().await;
    let one = format!("{path}/{}", register["id"].as_str().unwrap());
    assert_eq!(clerk.get(&one).await.expect(200)["state"], "made");
    assert!(clerk.get(&format!("{one}/file")).await.bytes.starts_with(b"%PDF"));
    let sql = "SELECT jsonb_array_length(data #> '{body,rows}') AS n FROM produced_form WHERE form = '07'";
    assert_eq!(portal.number(sql), 2);
    // A day without dossiers has a register, too.
    let empty = clerk.post(&path, &json!({ "from": "2026-01-01", "to": "2026-03-31" })).await.expect(200);
    assert_ne!(empty["id"], register["id"]);
    for (stranger, status) in [
        (portal.nobody(), 401),
        (portal.citizen("022094000091", 2), 403),
        (portal.official(Role::OneStopClerk, "H49.46.01"), 404),
        (portal.official(Role::AgencyAdmin, ONE_STOP), 404),
    ] {
        assert_eq!(stranger.get(&one).await.status, status);
        assert_eq!(stranger.get(&format!("{one}/file")).await.status, status);
        assert_eq!(stranger.post(&path, &asked).await.status, status);
    }
    // Not by the name of another unit.
    let other = portal.official(Role::OneStopClerk, "H49.46.01");
    let by_own = one.replace(ONE_STOP, "H49.46.01");
    other.get(&by_own).await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_register_is_bounded() {
    let portal = Portal::new().await;
    let path = format!("/api/v1/agencies/{ONE_STOP}/registers");
    for wrong in [
        json!({ "from": "2026-01-01", "to": "2026-04-03" }),
        json!({ "from": "2026-02-01", "to": "2026-01-31" }),
        json!({ "from": "2026-02-30", "to": "2026-03-31" }),
    ] {
        assert!([400, 422].contains(&portal.clerk().post(&path, &wrong).await.status), "{wrong}");
    }
    let _: Value =
        portal.clerk().post(&path, &json!({ "from": "2026-01-01", "to": "2026-04-02" })).await.expect(200);
}
