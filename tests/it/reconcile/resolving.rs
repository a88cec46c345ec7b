//! Who sees what does not agree, and who says what is done about it.
use motcua::workflow::Role;
use serde_json::{Value, json};

use crate::support::stage::{Caller, ONE_STOP, Portal};

const PATH: &str = "/api/v1/reconciliation/unmatched";

/// Lists something of a day; with a unit where it is about one's dossier.
fn listed(portal: &Portal, number: &str, kind: &str, unit: Option<&str>) {
    let unit = unit.map_or("NULL".to_owned(), |unit| format!("'{}'", portal.agency(unit)));
    portal.sql(
        &format!(
            "INSERT INTO unmatched (id, kind, gateway, day, number, theirs, ours, unit_id, proposal, found_at)
             VALUES (gen_random_uuid(), '{kind}', 'national', '2026-09-13', $1, 7001, 7000, {unit}, 'ask_gateway', now())"
        ),
        number,
    );
}

async fn numbers(who: &Caller<'_>, query: &str) -> Vec<String> {
    let page = who.get(&format!("{PATH}?{query}")).await.expect(200);
    let mut numbers: Vec<String> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["number"].as_str().unwrap().to_owned())
        .collect();
    numbers.sort();
    numbers
}

/// Code of the province, at the top of the tree.
pub fn province(portal: &Portal) -> String {
    let sql = "SELECT code AS line FROM agency WHERE parent_id IS NULL AND level = 'province'";
    crate::support::lines(&mut portal.database.connect(), sql).remove(0)
}

#[actix_web::test]
async fn each_till_sees_its_own_and_the_province_decides() {
    let portal = Portal::new().await;
    listed(&portal, "G1", "other_amount", Some(ONE_STOP));
    listed(&portal, "G2", "not_ours", None);
    listed(&portal, "G3", "duplicate_line", None);
    let (cashier, top) = (portal.official(Role::Cashier, ONE_STOP), province(&portal));
    let (accountant, elsewhere) =
        (portal.official(Role::Cashier, &top), portal.official(Role::Cashier, "H49.46.01"));
    assert_eq!(numbers(&cashier, "").await, ["G1"]);
    assert_eq!(numbers(&elsewhere, "").await, [""; 0]);
    assert_eq!(numbers(&accountant, "").await, ["G1", "G2", "G3"]);
    assert_eq!(numbers(&accountant, "kind=not_ours").await, ["G2"]);
    assert_eq!(numbers(&accountant, "day=2026-09-13&gateway=national&limit=200").await.len(), 3);
    for nothing in ["day=2026-09-12", "gateway=vnpay", "gateway=%00", "kind=treasury_short"] {
        assert_eq!(numbers(&accountant, nothing).await, [""; 0], "{nothing}");
    }
    accountant.get(&format!("{PATH}?kind=other")).await.refused(400, "malformed");
    let page = accountant.get(&format!("{PATH}?limit=2")).await.expect(200);
    let next = page["next"].as_str().unwrap();
    let rest = accountant.get(&format!("{PATH}?limit=2&cursor={next}")).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    portal.clerk().get(PATH).await.refused(403, "forbidden");

    let id = portal.id_of("SELECT id FROM unmatched WHERE number = $1", "G1");
    let path = format!("{PATH}/{id}/resolutions");
    let noted = json!({ "action": "noted", "reason": "Đã gửi công văn cho cổng" });
    let accepted = json!({ "action": "accepted", "reason": "Cổng xác nhận sai tệp" });
    cashier.post(&path, &noted).await.refused(403, "forbidden");
    accountant.post(&path, &json!({ "action": "accepted" })).await.expect(422);
    accountant.post(&path, &json!({ "action": "agreed", "reason": "x" })).await.expect(422);
    let open = accountant.post(&path, &noted).await.expect(200);
    assert_eq!((&open["ended_at"], &open["resolutions"][0]["action"]), (&Value::Null, &json!("noted")));
    let ended = accountant.post(&path, &accepted).await.expect(200);
    assert_eq!(ended["resolutions"][1]["reason"], "Cổng xác nhận sai tệp");
    assert_eq!(ended["resolutions"][1]["by"], format!("staff:{}", accountant.id()));
    accountant.post(&path, &noted).await.refused(409, "unmatched_ended");
    assert_eq!(
        (numbers(&cashier, "").await, numbers(&cashier, "ended=true").await),
        (vec![], vec!["G1".into()])
    );
    let nothing = format!("{PATH}/00000000-0000-0000-0000-000000000000/resolutions");
    accountant.post(&nothing, &noted).await.refused(404, "not_found");
}

#[actix_web::test]
async fn the_province_asks_for_a_file_again() {
    let portal = Portal::new().await;
    let path = "/api/v1/reconciliation/settlement-fetches";
    let accountant = portal.official(Role::Cashier, &province(&portal));
    let wanted = |gateway: &str, day: &str| json!({ "gateway": gateway, "day": day });
    portal
        .official(Role::Cashier, ONE_STOP)
        .post(path, &wanted("national", "2026-09-13"))
        .await
        .refused(403, "forbidden");
    for (body, field) in [
        (wanted("vnpay", "2026-09-13"), "/gateway"),
        (wanted("khong-co", "2026-09-13"), "/gateway"),
        (wanted("national", "2026-09-14"), "/day"),
    ] {
        assert_eq!(accountant.post(path, &body).await.refused(422, "invalid").fields(), [field]);
    }
    for _ in 0..2 {
        accountant.post(path, &wanted("national", "2026-09-13")).await.expect(202);
    }
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM job WHERE kind = 'fetch_settlement'"), 2);
}
