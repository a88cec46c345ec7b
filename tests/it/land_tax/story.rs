//! Seller and buyer, two taxes, a land-use fee in two instalments: paid here and elsewhere in the
//! same second, replaced after a part was paid, late, recorded as debt and cleared. The dossier
//! goes on when all of it is met, and not before.
use actix_web::test::TestRequest;
use motcua::auth::session::Subject;
use motcua::dossiers::jobs::TAX_RECALL;
use motcua::national::tax::{NoticeRow, Standing};
use serde_json::{Value, json};

use super::stage::{CONFIRMATIONS, Land, Person, confirmation, instead, row};
use crate::national::stage::LEADER;

fn answered(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn in_two(who: &Person, number: &str) -> Vec<NoticeRow> {
    let half =
        |instalment| NoticeRow { instalment: Some(instalment), ..row(who, number, "1401", 50_000_000) };
    vec![half(1), half(2)]
}

/// Mutants: release on the first paid notice; release without the tax side's word; a result
/// before the release.
#[actix_web::test]
async fn a_dossier_goes_on_when_everything_is_met_and_not_before() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (seller, buyer) = land.sides();
    let (sells, buys) = (land.citizen(&seller), land.citizen(&buyer));
    land.work().await;
    assert_eq!(land.step(dossier), "at_tax");

    // The first notice comes, is paid, and the second has not come yet.
    let first = vec![row(&seller, "TB1", "1006", 24_000_000)];
    assert_eq!(land.notices(dossier, "M1", first).await, answered(200, "00"));
    land.work().await;
    assert_eq!(land.step(dossier), "await_tax_payment");
    let reference = land.order(&sells, &land.notice(dossier, "TB1", 1), None).await;
    let goes_to =
        land.stage.lines("SELECT code || ' ' || treasury || ' ' || budget_account AS line FROM claim");
    assert_eq!(goes_to, ["1006 2211 7111"], "tiểu mục, treasury and account of the row");

    // Here and on eTax Mobile in the same second.
    let (here, elsewhere) = futures_util::future::join(
        land.gateway_paid(&reference, 24_000_000),
        land.paid(dossier, &seller, "TB1", 24_000_000, "ETAX-1"),
    )
    .await;
    assert_eq!(elsewhere, answered(200, "00"));
    land.work().await;
    assert_eq!(land.rows(dossier), ["TB1/1 paid 24000000"], "met once");
    let twice = land.stage.lines(
        "SELECT (coalesce((SELECT sum(over) FROM land_tax_document), 0)
              + coalesce((SELECT sum(amount) FROM gateway_payment WHERE outcome <> 'settled'), 0))::text AS line",
    );
    assert_eq!(twice, ["24000000"], "and the other is seen: {here}");
    assert_eq!(land.step(dossier), "await_tax_payment", "one paid notice is no release");

    // The buyer: registration fee, and a land-use fee in two instalments.
    let mut rows = vec![row(&buyer, "TB2", "2801", 6_000_000)];
    rows.extend(in_two(&buyer, "TB3"));
    assert_eq!(land.notices(dossier, "M2", rows).await, answered(200, "00"));
    // A confirmation does not release what our book says is open.
    assert_eq!(land.confirm(dossier, "C1", Standing::Met).await, answered(200, "00"));
    land.work().await;
    assert_eq!(land.step(dossier), "await_tax_payment");
    let id = dossier;
    let early = land.stage.app.db.read(move |conn| motcua::results::tax_is_met(conn, id)).await;
    assert!(!early.unwrap());
    assert_eq!(land.confirm(dossier, "C2", Standing::Open).await, answered(200, "00"));

    // A part of the registration fee is paid, then its notice is replaced by a lower one.
    let part = land.order(&buys, &land.notice(dossier, "TB2", 1), Some(5_000_000)).await;
    assert_eq!(land.gateway_paid(&part, 5_000_000).await, "00");
    land.work().await;
    let lower = vec![instead(&buyer, "TB4", "2801", 4_500_000, "TB2")];
    assert_eq!(land.notices(dossier, "M3", lower).await, answered(200, "00"));
    land.work().await;
    let rows = land.rows(dossier);
    assert_eq!(rows[1..], ["TB2/1 replaced 0", "TB3/1 open 0", "TB3/2 open 0", "TB4/1 paid 4500000"]);
    let back = land.stage.lines("SELECT amount || ' ' || reason AS line FROM refund WHERE amount = 500000");
    assert_eq!(back.len(), 1, "what was paid too much goes back: {back:?}");

    // The first instalment is late: interest is shown, and not claimed.
    land.stage.app.db.clock.set(Some("2026-11-10T09:00:00+07:00".parse().unwrap()));
    let (_, page) = land.get(&land.citizen(&buyer), "/api/v1/land-tax/notices").await;
    let items = page["items"].as_array().unwrap();
    let late: Vec<&Value> = items.iter().filter(|n| n["late_days"] != 0).collect();
    assert_eq!(late.len(), 2);
    assert_eq!((&late[0]["late_days"], &late[0]["late_interest"]), (&json!(6), &json!(90_000)));
    assert_eq!(land.paid(dossier, &buyer, "TB3", 50_000_000, "BANK-1").await, answered(200, "00"));
    land.work().await;
    assert_eq!(land.rows(dossier)[2..4], ["TB3/1 paid 50000000", "TB3/2 open 0"]);
    assert_eq!(land.step(dossier), "await_tax_payment");

    // The second one is recorded as debt: that is enough, with the tax side's word.
    let code = land.code(dossier);
    let debt = confirmation(&code, "C3", Standing::Recorded, vec![(&buyer, "TB3", 50_000_000)]);
    assert_eq!(land.post_raw(CONFIRMATIONS, debt.write()).await, answered(200, "00"));
    land.work().await;
    assert_eq!(land.rows(dossier)[3], "TB3/2 debt 0");
    assert_eq!(land.step(dossier), "certifying");
    let resumed = land
        .stage
        .lines(&format!("SELECT (paused_since IS NULL)::text AS line FROM dossier WHERE id = '{dossier}'"));
    assert_eq!(resumed, ["true"], "the clock goes on");

    // And cleared later (1.013988).
    let notice = land.notice(dossier, "TB3", 2);
    let cleared = land.order(&land.citizen(&buyer), &notice, None).await;
    assert_eq!(land.gateway_paid(&cleared, 50_000_000).await, "00");
    land.work().await;
    assert_eq!(land.rows(dossier)[3], "TB3/2 paid 50000000");
    let kept = land.stage.lines(&format!(
        "SELECT (debt_at IS NOT NULL)::text AS line FROM land_tax_notice WHERE id = '{notice}'"
    ));
    assert_eq!(kept, ["true"], "that it was a debt is still known");
    land.verify().await;
    figures(&land).await;
}

/// What leaders and the desk see of it.
async fn figures(land: &Land) {
    let leader = land.token(Subject::Staff(LEADER), 0);
    let (status, told) = land.get(&leader, "/api/v1/reports/land-tax").await;
    assert_eq!(status, 200, "{told}");
    let total = &told["total"];
    assert_eq!(
        (&total["notices"], &total["met"], &total["overdue"]),
        (&json!(4), &json!(4), &json!(0)),
        "{told}"
    );
    assert_eq!((&total["amount"], &total["paid"]), (&json!(128_500_000), &json!(128_500_000)));
    let items: Vec<&str> =
        told["by_item"].as_array().unwrap().iter().map(|g| g["key"].as_str().unwrap()).collect();
    assert_eq!((items, &told["by_month"][0]["key"]), (vec!["1006", "1401", "2801"], &json!("2026-10")));
    let (status, rows) = land.get(&leader, "/api/v1/reports/land-tax/rows?item=1401").await;
    let rows = rows["items"].as_array().unwrap().clone();
    assert_eq!((status, rows.len()), (200, 2));
    assert!(rows.iter().all(|row| row.get("taxpayer_name").is_none()));
    let (status, desk) = land.get(&leader, "/api/v1/land-tax/desk?queue=ready").await;
    assert_eq!((status, desk["items"].as_array().map(Vec::len)), (200, Some(1)), "{desk}");
    for queue in ["tax", "payment", "confirmation"] {
        let (_, desk) = land.get(&leader, &format!("/api/v1/land-tax/desk?queue={queue}")).await;
        assert_eq!(desk["items"], json!([]), "{queue}");
    }
    // A leader elsewhere sees nothing of it.
    let elsewhere = land.official_of("H49.99", "commune", "leader");
    let (_, told) = land.get(&elsewhere, "/api/v1/reports/land-tax").await;
    assert_eq!(told["total"]["notices"], 0);
}

/// A slip is corrected, then recalled: what the tax office tells by a recalled slip is refused.
#[actix_web::test]
async fn a_slip_is_corrected() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let leader = land.token(Subject::Staff(LEADER), 0);
    let path = format!("/api/v1/dossiers/{}/land-tax", land.code(dossier));
    let corrections = format!("{path}/corrections");
    let correct = |body: Value| land.post(&leader, &corrections, body);
    assert_eq!(correct(json!({ "reason": "Sai diện tích" })).await.0, 422, "nothing is corrected");
    let (status, told) = correct(json!({ "reason": "Sai diện tích", "area": 130.5 })).await;
    assert_eq!((status, told["slips"].as_array().map(Vec::len)), (201, Some(2)), "{told}");
    land.work().await;
    let (_, told) = land.get(&leader, &path).await;
    let second = &told["slips"][1];
    assert_eq!(
        (&second["kind"], second["acknowledged_at"].is_string()),
        (&json!("correction"), true),
        "{told}"
    );
    let (_, shown) = land.send(TestRequest::get().uri(&path)).await;
    assert_eq!(shown["code"], "unauthenticated");
}

/// The land officer states the prices that no form asks for; the slip carries them.
#[actix_web::test]
async fn the_slip_says_what_the_obligations_are_computed_from() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let leader = land.token(Subject::Staff(LEADER), 0);
    let corrections = format!("/api/v1/dossiers/{}/land-tax/corrections", land.code(dossier));
    let correct = |body: Value| land.post(&leader, &corrections, body);
    let fee = |percent: i64| json!({ "area": 50.0, "price": 12_000_000, "percent": percent });
    let (status, told) = correct(json!({ "reason": "Giá đất", "land_use_fee": fee(101) })).await;
    assert_eq!((status, &told["fields"][0]["field"]), (422, &json!("/land_use_fee/percent")), "{told}");
    let stated = json!({ "reason": "Giá đất", "table_price": 9_000_000, "asset_value": 100_000_000, "land_use_fee": fee(50) });
    assert_eq!(correct(stated).await.0, 201);
    land.work().await;
    let shown = land.stage.shown("/tax/slips").await;
    let slips = shown["slips"].as_array().unwrap();
    assert_eq!(slips.len(), 2, "{shown}");
    let (first, second) = (&slips[0], &slips[1]);
    assert_eq!(
        (&first["LOAI_GIAO_DICH"], &first["QUAN_HE"]),
        (&json!("CHUYEN_NHUONG"), &json!("KHONG")),
        "{first}"
    );
    assert!(
        first["CAN_CU"].as_str().unwrap().starts_with("Văn bản số 0001/2026/HĐ ngày 2026-08-20"),
        "{first}"
    );
    assert_eq!(first["GIA_HOP_DONG"], 1_200_000_000);
    assert_eq!(
        (&second["LOAI_DENGHI"], &second["THUA_DAT"]["GIA_BANG_GIA"]),
        (&json!("DIEU_CHINH"), &json!(9_000_000))
    );
    assert_eq!(second["TAI_SAN"]["GIA_TRI"], 100_000_000);
    assert_eq!(
        second["TINH_TIEN_SDD"],
        json!({ "DIEN_TICH": 50.0, "GIA_DAT": 12_000_000, "GIA_DAT_CU": 0, "TY_LE_THU": 50 })
    );
}

/// Mutant: every official reads them.
#[actix_web::test]
async fn a_tax_clerk_sees_the_slips_without_answer_and_nothing_else() {
    let land = Land::new().await;
    let (answered_one, waits, recalled) = (land.dossier().await, land.dossier().await, land.dossier().await);
    let (seller, _) = land.sides();
    let told = land.notices(answered_one, "M1", vec![row(&seller, "TB1", "1006", 24_000_000)]).await;
    assert_eq!(told, answered(200, "00"));
    land.stage.event(recalled, "stop", 8, json!({}), &[TAX_RECALL]).await;
    land.work().await;
    let clerk = land.official_of("G12.49", "tax_office", "specialist");
    let (status, desk) = land.get(&clerk, "/api/v1/land-tax/slips").await;
    let items = desk["items"].as_array().unwrap();
    assert_eq!((status, items.len()), (200, 1), "{desk}");
    let slip = &items[0];
    assert_eq!((&slip["dossier"], &slip["late"]), (&json!(land.code(waits)), &json!(false)));
    // Three and five working days from Monday morning, 17:00 in Việt Nam.
    assert_eq!(
        (&slip["income_tax_due_at"], &slip["registration_due_at"]),
        (&json!("2026-10-08T10:00:00Z"), &json!("2026-10-12T10:00:00Z")),
        "{slip}"
    );
    assert_eq!(slip["land_users"].as_array().map(Vec::len), Some(2));
    let (status, _) = land.get(&clerk, &format!("/api/v1/dossiers/{}", land.code(waits))).await;
    assert_eq!(status, 404, "the dossier is not the tax office's");
    assert_eq!(land.get(&land.token(Subject::Staff(LEADER), 0), "/api/v1/land-tax/slips").await.0, 403);
    land.stage.app.db.clock.set(Some("2026-10-13T09:00:00+07:00".parse().unwrap()));
    let another = land.official_of("G12.50", "tax_office", "leader");
    let (_, desk) = land.get(&another, "/api/v1/land-tax/slips").await;
    assert_eq!(desk["items"][0]["late"], true);
}
