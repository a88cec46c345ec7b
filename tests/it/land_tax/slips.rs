//! Slips that meet an outage: what goes, and in which order, when the dossier moves on meanwhile.
use motcua::auth::session::Subject;
use motcua::dossiers::jobs::{TAX_RECALL, TAX_SLIP};
use motcua::national::tax::Standing;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::Land;
use crate::national::stage::LEADER;

/// A dossier whose slip is written and not acknowledged.
async fn in_an_outage(land: &Land) -> Uuid {
    let dossier = land.unsent().await;
    land.stage.faults(json!({ "error_rate": 1.0 })).await;
    land.stage.event(dossier, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
    land.stage.work().await;
    assert_eq!(kinds(land), ["slip open"]);
    dossier
}

fn kinds(land: &Land) -> Vec<String> {
    land.stage.lines(
        "SELECT kind || CASE WHEN acknowledged_at IS NULL THEN ' open' ELSE ' acknowledged' END AS line
           FROM tax_slip ORDER BY seq",
    )
}

/// Until nothing is left to be done.
async fn settle(land: &Land) {
    land.stage.faults(json!({})).await;
    for _ in 0..6 {
        land.stage.wake();
        land.stage.work().await;
    }
}

async fn at_the_office(land: &Land) -> Vec<Value> {
    land.stage.shown("/tax/slips").await["slips"].as_array().cloned().unwrap_or_default()
}

/// What the workflow does when a dossier comes back from the tax office.
async fn comes_back(land: &Land, dossier: Uuid) {
    land.stage.event(dossier, "return_for_rework", 4, json!({}), &[TAX_RECALL]).await;
    land.stage.sql(&format!("UPDATE dossier SET progress = progress - 'tax_sent_at' WHERE id = '{dossier}'"));
}

/// Mutant: a slip that is tried again goes out anew after its recall.
#[actix_web::test]
async fn a_slip_that_was_recalled_in_an_outage_stays_recalled() {
    let land = Land::new().await;
    let dossier = in_an_outage(&land).await;
    comes_back(&land, dossier).await;
    settle(&land).await;
    assert_eq!(kinds(&land), ["slip acknowledged", "recall acknowledged"]);

    // Reworked, it is sent anew, and what was confirmed before counts for nothing.
    land.stage.event(dossier, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
    settle(&land).await;
    assert_eq!(kinds(&land), ["slip acknowledged", "recall acknowledged", "slip acknowledged"]);
    assert_eq!(at_the_office(&land).await.len(), 2);
}

/// One that comes back before anything was sent is not sent at all.
#[actix_web::test]
async fn what_comes_back_before_its_slip_was_written_is_not_sent() {
    let land = Land::new().await;
    let dossier = land.unsent().await;
    land.stage.event(dossier, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
    comes_back(&land, dossier).await;
    settle(&land).await;
    assert_eq!((kinds(&land), at_the_office(&land).await.len()), (vec![], 0));
}

/// Mutant: a correction goes out as the slip that it corrects.
#[actix_web::test]
async fn a_correction_waits_for_the_slip_that_it_corrects() {
    let land = Land::new().await;
    let dossier = in_an_outage(&land).await;
    let leader = land.token(Subject::Staff(LEADER), 0);
    let path = format!("/api/v1/dossiers/{}/land-tax/corrections", land.code(dossier));
    let correction = json!({ "reason": "Sai diện tích", "area": 99.5 });
    assert_eq!(land.post(&leader, &path, correction).await.0, 201);
    settle(&land).await;
    assert_eq!(kinds(&land), ["slip acknowledged", "correction acknowledged"]);
    let slips = at_the_office(&land).await;
    let told = |slip: &Value| (slip["LOAI_DENGHI"].clone(), slip["THUA_DAT"]["DIEN_TICH"].clone());
    assert_eq!(slips.len(), 2, "{slips:?}");
    assert_ne!(told(&slips[0]).1, json!(99.5), "{slips:?}");
    assert_eq!(told(&slips[1]), (json!("DIEU_CHINH"), json!(99.5)), "{slips:?}");
}

/// Mutant: what was confirmed about a slip that was recalled counts for the next one.
#[actix_web::test]
async fn a_confirmation_ends_with_the_slip_that_it_is_about() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    assert_eq!(land.confirm(dossier, "C1", Standing::Met).await.0, 200);
    comes_back(&land, dossier).await;
    settle(&land).await;
    assert_eq!(land.stage.lines("SELECT dossier_id::text AS line FROM land_tax_confirmation"), [""; 0]);
}
