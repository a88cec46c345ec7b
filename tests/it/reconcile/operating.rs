//! Who closes which day, and reads it, over HTTP.
use motcua::workflow::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::resolving::province;
use crate::dossiers::play::{Play, procedure};
use crate::support::stage::{ONE_STOP, Portal};

const PATH: &str = "/api/v1/closes";

fn day(agency: &str, day: &str) -> Value {
    json!({ "agency": agency, "day": day })
}

#[actix_web::test]
async fn a_unit_and_the_province_close_their_days_one_after_the_other() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let mut play = Play::new(&portal, &residence, Play::scenario(&residence, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    play.pay().await;
    let (cashier, top) = (portal.official(Role::Cashier, ONE_STOP), province(&portal));
    let accountant = portal.official(Role::Cashier, &top);
    let (monday, tuesday) = ("2026-09-14", "2026-09-15");
    cashier.post(PATH, &day(ONE_STOP, monday)).await.refused(409, "day_not_over");
    portal.at("2026-09-15T00:00:00+07:00");
    for (who, agency, status) in [
        (portal.clerk(), ONE_STOP, 403),
        (portal.official(Role::Cashier, "H49.46.01"), ONE_STOP, 404),
        (cashier.clone(), top.as_str(), 404),
        (cashier.clone(), "H99", 404),
        (portal.nobody(), ONE_STOP, 401),
    ] {
        assert_eq!(who.post(PATH, &day(agency, monday)).await.status, status, "{agency}");
    }
    let closed = cashier.post(PATH, &day(ONE_STOP, monday)).await.expect(201);
    let lines = closed["figures"]["lines"].as_array().unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line["kind"].as_str().unwrap(), line["amount"].as_i64().unwrap())).collect();
    assert_eq!(told, [("charge", 7000), ("payment", 7000)]);
    assert_eq!((&closed["previous"], &closed["unmatched_count"]), (&json!(""), &json!(0)));
    cashier.post(PATH, &day(ONE_STOP, monday)).await.refused(409, "day_closed");
    portal.at("2026-09-17T08:00:00+07:00");
    cashier.post(PATH, &day(ONE_STOP, "2026-09-16")).await.refused(409, "not_the_next_day");
    let next = cashier.post(PATH, &day(ONE_STOP, tuesday)).await.expect(201);
    assert_eq!(next["previous"], closed["sha256"]);
    let whole = accountant.post(PATH, &day(&top, monday)).await.expect(201);

    let path = format!("{PATH}/{}", closed["id"].as_str().unwrap());
    assert_eq!(cashier.get(&path).await.expect(200), closed);
    let text = cashier.get(&format!("{path}/text")).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(hex::encode(Sha256::digest(&text.bytes)), closed["sha256"].as_str().unwrap());
    let stranger = portal.official(Role::Cashier, "H49.46.01");
    let whole_path = format!("{PATH}/{}", whole["id"].as_str().unwrap());
    for path in [path.clone(), format!("{path}/text")] {
        stranger.get(&path).await.refused(404, "not_found");
        assert_eq!(accountant.get(&path).await.status, 200);
    }
    cashier.get(&whole_path).await.refused(404, "not_found");

    let listed = |page: Value| {
        let items = page["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| format!("{} {}", item["agency"].as_str().unwrap(), item["day"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        listed(cashier.get(PATH).await.expect(200)),
        [format!("{ONE_STOP} {tuesday}"), format!("{ONE_STOP} {monday}")]
    );
    assert_eq!(listed(stranger.get(PATH).await.expect(200)), [""; 0]);
    let page = accountant.get(&format!("{PATH}?limit=2")).await.expect(200);
    let next = page["next"].as_str().unwrap();
    let rest = accountant.get(&format!("{PATH}?limit=2&cursor={next}")).await.expect(200);
    assert_eq!((listed(page.clone()).len(), listed(rest).len()), (2, 1));
    let filtered = accountant.get(&format!("{PATH}?agency={top}&day={monday}")).await.expect(200);
    assert_eq!(listed(filtered), [format!("{top} {monday}")]);
    portal.verify().await;
}
