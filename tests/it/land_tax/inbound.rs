//! Messages of the tax side: each counts once, and what is wrong is refused, logged, and changes
//! nothing; nobody sees another's notice.
use actix_web::test::TestRequest;
use motcua::national::tax::Standing;
use serde_json::json;

use super::stage::{KEY, Land, NOTICES, PAYMENTS, Person, cancel, notices, payment, row};

fn answered(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Mutants: match by the dossier's code alone; a message told again is taken again.
#[actix_web::test]
async fn a_message_counts_once_and_what_is_wrong_changes_nothing() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (seller, buyer) = land.sides();
    let stranger = Person { number: "022099000099".to_owned(), name: "Người Lạ".to_owned() };
    let code = land.code(dossier);
    let message = |rows| notices(KEY, &code, Some("M1"), rows);
    let good = || vec![row(&seller, "TB1", "1006", 24_000_000), row(&buyer, "TB2", "2801", 6_000_000)];

    // Refused: nothing is written but the log.
    let mut wrong_key = notices("khong-dung", &code, Some("M1"), good()).write();
    assert_eq!(land.post_raw(NOTICES, wrong_key.clone()).await, answered(401, "02"));
    wrong_key.truncate(200);
    assert_eq!(land.post_raw(NOTICES, wrong_key).await, answered(400, "01"));
    let unknown = notices(KEY, "H49.61.01-261005-9999", Some("M1"), good()).write();
    assert_eq!(land.post_raw(NOTICES, unknown).await, answered(404, "03"));
    let strange = message(vec![row(&seller, "TB1", "1006", 1), row(&stranger, "TB9", "2801", 1)]).write();
    assert_eq!(land.post_raw(NOTICES, strange).await, answered(422, "04"));
    assert_eq!(land.post_raw(NOTICES, vec![b'x'; 10 * 1024 * 1024]).await, answered(413, "01"));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><DATA>&b;</DATA>";
    let bomb = message(good()).around(bomb.as_bytes());
    assert_eq!(land.post_raw(NOTICES, bomb).await, answered(400, "01"));
    assert!(land.rows(dossier).is_empty());
    let refused =
        land.stage.lines("SELECT error_code AS line FROM land_tax_message WHERE NOT taken ORDER BY id");
    assert_eq!(refused, ["02", "01", "03", "04", "01", "01"], "every message is logged");

    // Taken once, however often it comes, also at once.
    let raw = message(good()).write();
    let (one, other) =
        futures_util::future::join(land.post_raw(NOTICES, raw.clone()), land.post_raw(NOTICES, raw.clone()))
            .await;
    assert_eq!((one, other), (answered(200, "00"), answered(200, "00")));
    assert_eq!(land.post_raw(NOTICES, raw.clone()).await, answered(200, "00"));
    assert_eq!(land.rows(dossier), ["TB1/1 open 0", "TB2/1 open 0"]);
    let log = land.stage.lines(
        "SELECT repeats || ' ' || (position('simulator-only' in convert_from(raw, 'UTF8')) = 0) || ' ' || length(raw)
                AS line FROM land_tax_message WHERE taken",
    );
    assert_eq!(log, [format!("2 true {}", raw.len())], "the bytes as they came, without the key");
    let other = message(vec![row(&seller, "TB1", "1006", 25_000_000)]).write();
    assert_eq!(land.post_raw(NOTICES, other).await, answered(409, "05"), "the id was used");
    // Another message may tell a row again, and not otherwise.
    assert_eq!(land.notices(dossier, "M2", good()).await, answered(200, "00"));
    let differs = vec![row(&seller, "TB1", "1006", 25_000_000)];
    assert_eq!(land.notices(dossier, "M3", differs).await, answered(409, "05"));
    assert_eq!(land.rows(dossier), ["TB1/1 open 0", "TB2/1 open 0"]);

    // A payment for a notice of somebody else is refused; so is one of a stranger.
    assert_eq!(land.paid(dossier, &buyer, "TB1", 24_000_000, "P1").await, answered(422, "04"));
    assert_eq!(land.paid(dossier, &stranger, "TB1", 24_000_000, "P1").await, answered(422, "04"));
    // One that comes before its notice waits for it.
    assert_eq!(land.paid(dossier, &buyer, "TB3", 1_000_000, "P3").await, answered(200, "00"));
    assert_eq!(
        land.notices(dossier, "M4", vec![row(&buyer, "TB3", "1401", 1_000_000)]).await,
        answered(200, "00")
    );
    // It counts once by its own number, whoever tells of it.
    let mut again = payment(&code, &buyer, "TB3", 1_000_000, "P3");
    again.data.payer_name = Some("Ngân hàng Ví Dụ".to_owned());
    assert_eq!(land.post_raw(PAYMENTS, again.write()).await, answered(200, "00"));
    assert_eq!(land.paid(dossier, &buyer, "TB3", 999, "P3").await, answered(409, "05"));
    let documents = land.stage.lines("SELECT counted || ' ' || over AS line FROM land_tax_document");
    assert_eq!(documents, ["1000000 0"]);
    assert_eq!(land.rows(dossier), ["TB1/1 open 0", "TB2/1 open 0", "TB3/1 paid 1000000"]);
    land.verify().await;
}

/// A cancellation that overtakes its notice; a replacement that overtakes the notice it replaces.
#[actix_web::test]
async fn messages_may_overtake_each_other() {
    let land = Land::new().await;
    let dossier = land.unsent().await;
    let (seller, buyer) = land.sides();
    // Before the slip is sent there is nothing to answer; before it is acknowledged there is.
    assert_eq!(land.confirm(dossier, "C0", Standing::Met).await, answered(404, "03"));
    land.stage.faults(json!({ "lost_rate": 1.0 })).await;
    land.stage.event(dossier, "send_to_tax", 4, json!({}), &[motcua::dossiers::jobs::TAX_SLIP]).await;
    land.stage.work().await;
    let waiting = land.stage.lines("SELECT number AS line FROM tax_slip WHERE acknowledged_at IS NULL");
    assert_eq!(waiting.len(), 1, "an outage shows");
    land.stage.faults(json!({})).await;

    assert_eq!(land.notices(dossier, "M1", vec![cancel(&seller, "TB1", "1006")]).await, answered(200, "00"));
    let replaced = vec![super::stage::instead(&buyer, "TB3", "2801", 5_000_000, "TB2")];
    assert_eq!(land.notices(dossier, "M2", replaced).await, answered(200, "00"));
    assert_eq!(
        land.notices(dossier, "M3", vec![row(&seller, "TB1", "1006", 24_000_000)]).await,
        answered(200, "00")
    );
    assert_eq!(
        land.notices(dossier, "M4", vec![row(&buyer, "TB2", "2801", 6_000_000)]).await,
        answered(200, "00")
    );
    // Money for the old notice counts for the one in its stead.
    assert_eq!(land.paid(dossier, &buyer, "TB2", 6_000_000, "P1").await, answered(200, "00"));
    assert_eq!(land.rows(dossier), ["TB1/1 cancelled 0", "TB2/1 replaced 0", "TB3/1 paid 5000000"]);
    let over = land.stage.lines("SELECT counted || ' ' || over AS line FROM land_tax_document");
    assert_eq!(over, ["5000000 1000000"]);
    land.stage.wake();
    land.work().await;
    let sent = land.stage.lines(
        "SELECT (income_tax_due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date || ' '
             || (registration_due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS line FROM tax_slip",
    );
    assert_eq!(sent, ["2026-10-08 2026-10-12"], "three and five working days after Monday, 5 October");
    land.verify().await;
}

/// Mutants: a citizen lists every notice; a look-up by the dossier's code alone.
#[actix_web::test]
async fn each_taxpayer_sees_the_own_notice_only() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (seller, buyer) = land.sides();
    let told = vec![row(&seller, "TB1", "1006", 24_000_000), row(&buyer, "TB2", "2801", 6_000_000)];
    assert_eq!(land.notices(dossier, "M1", told).await, answered(200, "00"));
    let (sells, buys) = (land.citizen(&seller), land.citizen(&buyer));
    // Mai filed the dossier, and is neither of them.
    let mai =
        land.citizen(&Person { number: "022190000061".to_owned(), name: "Nguyễn Thị Mai".to_owned() });
    land.work().await;
    for (token, numbers) in [(&sells, vec!["TB1"]), (&buys, vec!["TB2"]), (&mai, vec![])] {
        let (status, page) = land.get(token, "/api/v1/land-tax/notices").await;
        let seen: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|n| n["notice_no"].as_str().unwrap()).collect();
        assert_eq!((status, seen), (200, numbers));
    }
    let of_seller = land.notice(dossier, "TB1", 1);
    for (token, status) in [(&sells, 200), (&buys, 404), (&mai, 404)] {
        let request = TestRequest::get()
            .uri(&format!("/api/v1/land-tax/notices/{of_seller}/document"))
            .insert_header(("Authorization", format!("Bearer {token}")));
        let (found, bytes) = land.bytes(request).await;
        assert_eq!((found, bytes.starts_with(b"%PDF-")), (status, status == 200));
        let path = format!("/api/v1/land-tax/notices/{of_seller}/payments");
        let (paid, _) = land.post(token, &path, json!({ "gateway": "national" })).await;
        assert_eq!(paid, if status == 200 { 201 } else { 404 });
    }
    // Who knows dossier and number may look it up; all else looks alike.
    let code = land.code(dossier);
    let look = async |dossier: &str, number: &str| {
        land.post("", "/api/v1/land-tax/lookups", json!({ "dossier": dossier, "taxpayer_no": number })).await
    };
    let (status, found) = look(&code, &seller.number).await;
    assert_eq!((status, found["items"].as_array().unwrap().len()), (200, 1), "{found}");
    assert_eq!(found["items"][0]["notice_no"], "TB1");
    let (not_yours, unknown) = (look(&code, "022190000061").await, look("H49.61.01-1", &seller.number).await);
    assert_eq!((not_yours.0, &not_yours.1["code"]), (404, &json!("not_found")));
    assert_eq!((not_yours.0, &not_yours.1["code"]), (unknown.0, &unknown.1["code"]));
    // The messages: one to each, none to Mai.
    let told = land.stage.lines(
        "SELECT coalesce(p.identity_no, m.recipient) || ' ' || (m.body LIKE '%TB1%') || ' ' || (m.body LIKE '%TB2%') AS line
           FROM message m LEFT JOIN person p ON m.recipient = 'citizen:' || p.id WHERE m.kind = 'tax_notice' ORDER BY 1",
    );
    let mut expected = [format!("{} true false", seller.number), format!("{} false true", buyer.number)];
    expected.sort();
    assert_eq!(told, expected);
}

/// What cannot be kept is refused for good and logged, not asked for again and again.
#[actix_web::test]
async fn what_no_notice_can_say_is_refused_and_logged() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (seller, _) = land.sides();
    let long = "T".repeat(61);
    let bad = [
        vec![row(&seller, "TB1", "1006", 1_000_000_000_001)],
        vec![row(&seller, &long, "1006", 1)],
        vec![super::stage::instead(&seller, "TB1", "1006", 1, &long)],
    ];
    for (at, rows) in bad.into_iter().enumerate() {
        assert_eq!(land.notices(dossier, &format!("B{at}"), rows).await, answered(400, "01"), "{at}");
    }
    let twice = vec![row(&seller, "TB1", "1006", 1), row(&seller, "TB1", "1006", 2)];
    assert_eq!(land.notices(dossier, "B9", twice).await, answered(409, "05"));
    let told = super::stage::payment(&land.code(dossier), &seller, "TB1", 5, "P1").write();
    let mut yes: serde_json::Value = serde_json::from_str(&told).unwrap();
    *yes.pointer_mut("/Data/ThongTinThanhToan/SoTien").unwrap() = json!(true);
    let yes = yes.to_string();
    assert_eq!(land.post_raw(PAYMENTS, yes).await, answered(400, "01"), "true is no amount");
    let logged = land.stage.lines(
        "SELECT error_code AS line FROM land_tax_message WHERE NOT taken AND position('inbound-key' in encode(raw, 'escape')) = 0",
    );
    assert_eq!(logged.len(), 5, "each with its reason, none with the key: {logged:?}");
    assert_eq!(land.rows(dossier), [""; 0]);
}
