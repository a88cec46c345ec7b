//! The slip about a land dossier reaches the tax office once.
use motcua::dossiers::jobs::TAX_SLIP;
use serde_json::{Value, json};

use super::stage::Stage;

const LAND: &str = include_str!("../../../data/procedures/1.013831.json");

/// Mutants: the office without its key (dossier code); the acknowledgement not recorded.
#[actix_web::test]
async fn a_land_dossier_has_one_slip_whatever_goes_wrong() {
    let stage = Stage::new().await;
    let procedure: Value = serde_json::from_str(LAND).unwrap();
    let answers = &procedure["scenarios"][0]["answers"];
    let dossier = stage.dossier("1.013831", answers);
    stage.event(dossier, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
    stage.faults(json!({ "lost_rate": 1.0 })).await;
    stage.work().await;
    let acknowledged = "SELECT number AS line FROM tax_slip WHERE acknowledged_at IS NOT NULL";
    assert!(stage.lines(acknowledged).is_empty(), "not acknowledged");
    assert_eq!(stage.shown("/tax/slips").await["slips"].as_array().unwrap().len(), 1, "and yet there");
    stage.work_off(async || ()).await;
    let shown = stage.shown("/tax/slips").await;
    let slips = shown["slips"].as_array().unwrap();
    assert_eq!(slips.len(), 1);
    let code = stage.code(dossier);
    assert_eq!((&slips[0]["MA_HS"], &slips[0]["MSG_TYPE"]), (&json!(code), &json!("10")));
    assert_eq!(slips[0]["THUA_DAT"]["SO_THUADAT"], answers["parcel_number"]);
    let users = slips[0]["NGUOI_SU_DUNG_DAT"].as_array().unwrap();
    let numbers: Vec<&Value> = users.iter().map(|user| &user["SO"]).collect();
    assert_eq!(numbers, [&answers["transferor"]["id_number"], &answers["transferee"]["id_number"]]);
    let recorded = stage.lines("SELECT number || ' ' || reference AS line FROM tax_slip");
    assert_eq!(recorded, [format!("{code}/PCTT PCTT0000001")]);
}

/// A form without a parcel can make no slip: a person must look.
#[actix_web::test]
async fn a_dossier_without_a_parcel_is_put_aside() {
    let stage = Stage::new().await;
    let dossier = stage.dossier("1.013831", &json!({ "parcel_number": "87" }));
    stage.event(dossier, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
    stage.work().await;
    let dead = stage.lines("SELECT state || ' ' || last_error AS line FROM job");
    assert_eq!(dead, ["dead no slip can be made: map_sheet"]);
    assert_eq!(stage.shown("/tax/slips").await["slips"], json!([]));
}
