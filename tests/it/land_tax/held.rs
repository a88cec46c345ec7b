//! A certificate that was signed while everything was met, and what comes before it is issued.
use motcua::auth::Actor;
use motcua::jobs::enqueue;
use motcua::national::tax::Standing;
use motcua::results::{self, Wanted};
use serde_json::{Value, json};
use uuid::Uuid;

use super::debt::prepared;
use super::stage::{Land, row};
use crate::national::stage::LEADER;

/// Orders the signature; the code of a refusal.
fn order(land: &Land, result: Uuid) -> Option<&'static str> {
    let wanted = Wanted { signer: Some(LEADER), seal: false };
    let ordered =
        land.stage.app.db.write_blocking(&Actor::system("test"), |tx| results::order(tx, result, wanted));
    ordered.err().map(|error| error.code().code)
}

/// What the trust service and its jobs do.
fn sign(land: &Land, request: Uuid) {
    land.stage.sql("UPDATE signing_request SET state = 'signed', signed_file_id = file_id, ended_at = now()");
    let told = json!({ "request_id": request });
    let write =
        |tx: &mut motcua::db::Tx| enqueue(tx, results::RESULT_SIGNED, Some(request), told.clone(), None);
    land.stage.app.db.write_blocking(&Actor::system("test"), write).unwrap();
}

fn id(land: &Land, sql: &str) -> Uuid {
    land.stage.lines(sql).remove(0).parse().unwrap()
}

fn state(land: &Land) -> Vec<String> {
    land.stage.lines("SELECT state AS line FROM result")
}

/// A dossier whose certificate is prepared and ordered to be signed.
async fn ordered(land: &Land) -> Uuid {
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await.0, 200);
    assert_eq!(prepared(land, &land.code(dossier)).await, (409, json!("land_tax_not_met")), "not before");
    assert_eq!(land.paid(dossier, &buyer, "TB1", 6_000_000, "P1").await.0, 200);
    assert_eq!(land.confirm(dossier, "C1", Standing::Met).await.0, 200);
    land.work().await;
    assert_eq!(land.step(dossier), "certifying");
    assert_eq!(prepared(land, &land.code(dossier)).await, (201, Value::Null));
    land.work().await;
    assert_eq!(order(land, id(land, "SELECT id::text AS line FROM result")), None);
    dossier
}

/// Mutants: what was signed is issued whatever came meanwhile; or never.
#[actix_web::test]
async fn what_was_signed_is_issued_when_what_came_meanwhile_is_paid() {
    let land = Land::new().await;
    let dossier = ordered(&land).await;
    let (_, buyer) = land.sides();
    assert_eq!(land.notices(dossier, "M2", vec![row(&buyer, "TB2", "1401", 9_000_000)]).await.0, 200);
    let result = id(&land, "SELECT id::text AS line FROM result");
    assert_eq!(order(&land, result), Some("land_tax_not_met"), "nor is anything ordered");
    sign(&land, id(&land, "SELECT id::text AS line FROM signing_request"));
    land.work().await;
    assert_eq!(state(&land), ["prepared"]);
    assert_eq!(land.paid(dossier, &buyer, "TB2", 9_000_000, "P2").await.0, 200);
    land.work().await;
    assert_eq!(state(&land), ["valid"]);
}

/// Mutant: a dossier that was given up issues its result all the same.
#[actix_web::test]
async fn a_dossier_that_was_given_up_issues_nothing() {
    let land = Land::new().await;
    let dossier = ordered(&land).await;
    land.stage.sql(&format!("UPDATE dossier SET closed_at = now(), status = 8 WHERE id = '{dossier}'"));
    sign(&land, id(&land, "SELECT id::text AS line FROM signing_request"));
    land.work().await;
    assert_eq!(state(&land), ["cancelled"]);
    let result = id(&land, "SELECT id::text AS line FROM result");
    assert_eq!(order(&land, result), Some("result_state"), "and nothing is ordered");
}
