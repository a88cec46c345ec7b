//! A debt recorded on a certificate, and the procedure that clears it (1.013988).
use motcua::auth::session::Subject;
use motcua::national::tax::{NoticeKind, NoticeRow, Standing};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{CONFIRMATIONS, Land, Person, confirmation, instead, row};
use crate::national::stage::LEADER;

const CLEARING: &str = include_str!("../../../data/procedures/1.013988.json");
const CERTIFICATE: &str = "KQ.G10.001147";

/// A dossier whose land-use fee of the buyer is recorded as debt.
async fn owing(land: &Land) -> Uuid {
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let told = land.notices(dossier, "M1", vec![row(&buyer, "TB1", "1401", 50_000_000)]).await;
    assert_eq!(told.0, 200, "{told:?}");
    let debt = confirmation(&land.code(dossier), "C1", Standing::Recorded, vec![(&buyer, "TB1", 50_000_000)]);
    assert_eq!(land.post_raw(CONFIRMATIONS, debt.write()).await.0, 200);
    land.work().await;
    assert_eq!(land.rows(dossier), ["TB1/1 debt 0"]);
    dossier
}

/// Answers of the clearing procedure, filed by somebody.
fn asks(who: &Person) -> Value {
    let mut procedure: Value = serde_json::from_str(CLEARING).unwrap();
    let mut answers = procedure["scenarios"][0]["answers"].take();
    answers["requester"]["id_number"] = json!(who.number);
    answers["requester"]["full_name"] = json!(who.name);
    answers
}

/// A dossier that asks for the clearing and is being decided; its code.
fn clearing(land: &Land, answers: &Value) -> String {
    let id = land.stage.dossier("1.013988", answers);
    let number = 200_000 + id.as_u128() % 700_000;
    land.stage.sql(&format!(
        "UPDATE dossier SET code = 'H49.61.01-261005-{number}', status = 4, marking = '{{processing}}', clock_started_at = '2026-10-05T01:00:00Z'
          WHERE id = '{id}'"
    ));
    land.code(id)
}

/// What becomes of a certificate that is prepared for the dossier: status, and code where refused.
pub async fn prepared(land: &Land, code: &str) -> (u16, Value) {
    let fields = json!({
        "holders": [{ "name": "Đỗ Tuấn Châu" }],
        "parcel": {
            "number": "87", "sheet": "15", "area": "120,0", "purpose": "Đất ở", "term": "Lâu dài",
            "form": "Sử dụng riêng", "origin": "Nhận chuyển nhượng", "address": "Phường Hạ Long",
        },
        "signer_title": "Giám đốc",
        "signer_name": "Lê Văn Mẫu",
    });
    let body = json!({ "code": CERTIFICATE, "template": "land_page", "fields": fields });
    let leader = land.token(Subject::Staff(LEADER), 0);
    let (status, told) = land.post(&leader, &format!("/api/v1/dossiers/{code}/results"), body).await;
    (status, if status == 201 { Value::Null } else { told["code"].clone() })
}

/// Mutant: a debt is cleared that is not paid.
#[actix_web::test]
async fn a_debt_is_cleared_from_the_certificate_when_it_is_paid_and_not_before() {
    let land = Land::new().await;
    let debtor = owing(&land).await;
    let (seller, buyer) = land.sides();
    let refused = (409, json!("land_debt_open"));
    let code = clearing(&land, &asks(&buyer));
    assert_eq!(prepared(&land, &code).await, refused);

    // The official looks the debt up: nobody brings the proof.
    let leader = land.token(Subject::Staff(LEADER), 0);
    let path = format!("/api/v1/dossiers/{code}/land-tax");
    let (_, shown) = land.get(&leader, &path).await;
    let of_debt = |shown: &Value| {
        let items = shown["debts"].as_array().unwrap();
        let line =
            |item: &Value| (item["notice_no"].clone(), item["state"].clone(), item["remaining"].clone());
        items.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(of_debt(&shown), [(json!("TB1"), json!("debt"), json!(50_000_000))], "{shown}");

    // Whoever files: the certificate names the debt, too.
    assert_eq!(prepared(&land, &clearing(&land, &asks(&seller))).await, refused);
    let mut renewed = asks(&buyer);
    renewed["certificate_number"] = json!("AA 00000002");
    assert_eq!(prepared(&land, &clearing(&land, &renewed)).await, refused);

    // Another kind of debt, another parcel, somebody else's certificate: not this debt.
    let told = [("debt_kind", "registration"), ("parcel_number", "88"), ("map_sheet", "16")];
    for (member, word) in told {
        let mut others = asks(&buyer);
        others[member] = json!(word);
        assert_eq!(prepared(&land, &clearing(&land, &others)).await, (201, Value::Null), "{member}");
    }
    let mut others = asks(&seller);
    others["certificate_number"] = json!("AA 00000002");
    let others = clearing(&land, &others);
    assert_eq!(prepared(&land, &others).await, (201, Value::Null));
    let (_, shown) = land.get(&leader, &format!("/api/v1/dossiers/{others}/land-tax")).await;
    assert_eq!(of_debt(&shown), [], "nor is it shown");

    // A part is not all of it.
    let notice = land.notice(debtor, "TB1", 1);
    let token = land.citizen(&buyer);
    for (amount, then) in [(20_000_000, refused), (30_000_000, (201, Value::Null))] {
        let order = land.order(&token, &notice, Some(amount)).await;
        assert_eq!(land.gateway_paid(&order, amount).await, "00");
        land.work().await;
        assert_eq!(prepared(&land, &code).await, then, "{amount}");
    }
    let (_, shown) = land.get(&leader, &path).await;
    assert_eq!(of_debt(&shown), [(json!("TB1"), json!("paid"), json!(0))], "{shown}");
}

/// Mutant: a debt that is told before its notice is forgotten.
#[actix_web::test]
async fn a_debt_is_known_whichever_word_of_it_comes_first() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let told = confirmation(&land.code(dossier), "C1", Standing::Recorded, vec![(&buyer, "TB1", 9_000_000)]);
    assert_eq!(land.post_raw(CONFIRMATIONS, told.write()).await.0, 200);
    let notice = || vec![row(&buyer, "TB1", "1401", 9_000_000)];
    assert_eq!(land.notices(dossier, "M1", notice()).await.0, 200);
    assert_eq!(land.rows(dossier), ["TB1/1 debt 0"]);
    // One that came as open is told again.
    assert_eq!(land.notices(dossier, "M2", vec![row(&buyer, "TB2", "2801", 1_000_000)]).await.0, 200);
    let again = NoticeRow { recorded_as_debt: Some(true), ..row(&buyer, "TB2", "2801", 1_000_000) };
    assert_eq!(land.notices(dossier, "M3", vec![again]).await.0, 200);
    assert_eq!(land.rows(dossier), ["TB1/1 debt 0", "TB2/1 debt 0"]);
    // And one that came as owed is not exempt by the way.
    let exempt = NoticeRow { kind: Some(NoticeKind::Exempt), ..row(&buyer, "TB2", "2801", 1_000_000) };
    assert_eq!(land.notices(dossier, "M4", vec![exempt]).await, (409, "05".to_owned()));
}

/// Mutant: what stands in the stead of a debt is none.
#[actix_web::test]
async fn a_debt_stays_one_when_its_notice_is_replaced_and_its_parcel_corrected() {
    let land = Land::new().await;
    let debtor = owing(&land).await;
    let (_, buyer) = land.sides();
    let more = vec![instead(&buyer, "TB2", "1401", 60_000_000, "TB1")];
    assert_eq!(land.notices(debtor, "M2", more).await.0, 200);
    assert_eq!(land.rows(debtor), ["TB1/1 replaced 0", "TB2/1 open 0"]);
    assert_eq!(prepared(&land, &clearing(&land, &asks(&buyer))).await, (409, json!("land_debt_open")));
    // As people write numbers.
    let mut written = asks(&buyer);
    (written["parcel_number"], written["map_sheet"]) = (json!("087 "), json!("015"));
    assert_eq!(prepared(&land, &clearing(&land, &written)).await, (409, json!("land_debt_open")));
    // The slip has named another parcel since.
    let leader = land.token(Subject::Staff(LEADER), 0);
    let path = format!("/api/v1/dossiers/{}/land-tax/corrections", land.code(debtor));
    let correction = json!({ "reason": "Sai số thửa", "parcel_number": "78" });
    assert_eq!(land.post(&leader, &path, correction).await.0, 201);
    written["parcel_number"] = json!("78");
    assert_eq!(prepared(&land, &clearing(&land, &written)).await, (409, json!("land_debt_open")));
    assert_eq!(prepared(&land, &clearing(&land, &asks(&buyer))).await, (201, Value::Null), "87 owes nothing");
}
