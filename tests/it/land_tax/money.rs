//! Money of notices that are replaced: carried to the one in force, whatever came first, counted
//! again when more is owed, told to the tax side when it goes back.
use motcua::auth::session::Subject;
use motcua::dossiers::jobs::TAX_RECALL;
use motcua::national::tax::{NoticeRow, Standing};
use serde_json::json;

use super::stage::{CONFIRMATIONS, Land, PAYMENTS, cancel, confirmation, instead, payment, row};
use crate::national::stage::LEADER;

fn taken() -> (u16, String) {
    (200, "00".to_owned())
}

/// Mutant: the notice between comes last, and the money goes back instead of on.
#[actix_web::test]
async fn money_reaches_the_notice_in_force_whatever_came_first() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (seller, buyer) = land.sides();
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await, taken());
    // Paid here and elsewhere: both go on, and nothing goes back.
    let order = land.order(&land.citizen(&buyer), &land.notice(dossier, "TB1", 1), Some(3_000_000)).await;
    assert_eq!(land.gateway_paid(&order, 3_000_000).await, "00");
    assert_eq!(land.paid(dossier, &buyer, "TB1", 1_000_000, "P1").await, taken());
    let last = vec![instead(&buyer, "TB3", "2801", 5_000_000, "TB2")];
    assert_eq!(land.notices(dossier, "M3", last).await, taken());
    let between = vec![instead(&buyer, "TB2", "2801", 7_000_000, "TB1")];
    assert_eq!(land.notices(dossier, "M2", between).await, taken());
    assert_eq!(land.rows(dossier), ["TB1/1 replaced 0", "TB2/1 replaced 0", "TB3/1 open 4000000"]);
    assert_eq!(land.stage.lines("SELECT amount::text AS line FROM refund"), [""; 0]);

    // Nobody's notice ends by one of somebody else.
    let strange = vec![instead(&seller, "TB4", "2801", 1_000_000, "TB3")];
    assert_eq!(land.notices(dossier, "M4", strange).await, (422, "04".to_owned()));

    // A notice that was cancelled before it came, and paid: the money is known as too much.
    assert_eq!(land.notices(dossier, "M5", vec![cancel(&seller, "TB5", "1006")]).await, taken());
    assert_eq!(land.paid(dossier, &seller, "TB5", 3_000_000, "P2").await, taken());
    let known =
        "SELECT document_no || ' ' || counted || ' ' || over AS line FROM land_tax_document ORDER BY 1";
    assert_eq!(land.stage.lines(known), ["P1 1000000 0", "P2 0 3000000"]);
    land.verify().await;
}

/// Mutant: a higher notice forgets what was too much for the lower one.
#[actix_web::test]
async fn what_was_too_much_counts_for_a_higher_notice() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let over = || {
        land.stage
            .lines(
                "SELECT coalesce((SELECT sum(over) FROM land_tax_notice), 0) || ' '
                     || coalesce((SELECT sum(over) FROM land_tax_document), 0) AS line",
            )
            .remove(0)
    };
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await, taken());
    assert_eq!(land.paid(dossier, &buyer, "TB1", 6_000_000, "P1").await, taken());
    let lower = vec![instead(&buyer, "TB2", "2801", 4_000_000, "TB1")];
    assert_eq!(land.notices(dossier, "M2", lower).await, taken());
    assert_eq!((land.rows(dossier)[1].as_str(), over().as_str()), ("TB2/1 paid 4000000", "2000000 0"));
    let higher = vec![instead(&buyer, "TB3", "2801", 5_000_000, "TB2")];
    assert_eq!(land.notices(dossier, "M3", higher).await, taken());
    assert_eq!((land.rows(dossier)[2].as_str(), over().as_str()), ("TB3/1 paid 5000000", "1000000 0"));
    // What a document brings beyond it waits as well.
    assert_eq!(land.paid(dossier, &buyer, "TB3", 3_000_000, "P2").await, taken());
    assert_eq!(over(), "1000000 3000000");
    let highest = vec![instead(&buyer, "TB4", "2801", 7_000_000, "TB3")];
    assert_eq!(land.notices(dossier, "M4", highest).await, taken());
    assert_eq!((land.rows(dossier)[3].as_str(), over().as_str()), ("TB4/1 paid 7000000", "0 2000000"));
    land.verify().await;
}

/// Mutant: the tax office goes on counting what the portal gave back.
#[actix_web::test]
async fn the_tax_side_is_told_of_what_goes_back() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await, taken());
    let reference = land.order(&land.citizen(&buyer), &land.notice(dossier, "TB1", 1), None).await;
    assert_eq!(land.gateway_paid(&reference, 6_000_000).await, "00");
    // Before the portal has come to tell of the payment: it is told first.
    let lower = vec![instead(&buyer, "TB2", "2801", 4_000_000, "TB1")];
    assert_eq!(land.notices(dossier, "M2", lower).await, taken());
    let told = land.stage.lines(
        "SELECT e.kind || ' ' || e.amount AS line FROM land_tax_report r JOIN claim_entry e ON e.id = r.entry_id
          ORDER BY e.id",
    );
    assert_eq!(told, ["order 6000000", "returned 2000000"]);
    let jobs = land.stage.lines("SELECT kind AS line FROM job WHERE kind = 'report_tax_payment'");
    assert_eq!(jobs.len(), 2);
    land.verify().await;
}

/// Mutant: what was confirmed by a slip that was corrected since still lets the dossier go on.
#[actix_web::test]
async fn a_confirmation_is_about_the_slip_in_force() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await, taken());
    assert_eq!(land.confirm(dossier, "C0", Standing::Met).await, taken());
    let (leader, code) = (land.token(Subject::Staff(LEADER), 0), land.code(dossier));
    let corrections = format!("/api/v1/dossiers/{code}/land-tax/corrections");
    let corrected = json!({ "reason": "Sai diện tích", "area": 130.5 });
    assert_eq!(land.post(&leader, &corrections, corrected).await.0, 201);
    assert_eq!(land.paid(dossier, &buyer, "TB1", 6_000_000, "P1").await, taken());
    let confirmed = |id: &str, slip: String| {
        let mut message = confirmation(&code, id, Standing::Met, Vec::new());
        message.data.slip = Some(slip);
        message.write()
    };
    land.work().await;
    assert_eq!(land.step(dossier), "await_tax_payment", "what was confirmed before holds no more");
    assert_eq!(land.post_raw(CONFIRMATIONS, confirmed("C1", dossier.to_string())).await, taken());
    land.work().await;
    assert_eq!(land.step(dossier), "await_tax_payment", "nor does what comes late");
    assert_eq!(land.post_raw(CONFIRMATIONS, confirmed("C2", format!("{dossier}-2"))).await, taken());
    land.work().await;
    assert_eq!(land.step(dossier), "certifying");
}

/// The slip was recalled while a replacement was on its way: that is refused, and its cancellation
/// still tells that the notice before it is over.
#[actix_web::test]
async fn what_was_replaced_before_a_recall_does_not_stay_open() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let told = land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await;
    assert_eq!(told.0, 200);
    land.stage.event(dossier, "stop", 8, json!({}), &[TAX_RECALL]).await;
    land.work().await;
    let late = vec![instead(&buyer, "TB2", "2801", 4_000_000, "TB1")];
    assert_eq!(land.notices(dossier, "M2", late).await.0, 404);
    let gone = NoticeRow { replaced: Some("TB1".to_owned()), ..cancel(&buyer, "TB2", "2801") };
    assert_eq!(land.notices(dossier, "M3", vec![gone]).await.0, 200);
    assert_eq!(land.rows(dossier), ["TB1/1 replaced 0"]);
    land.verify().await;
}

/// Mutant: only an order that is paid by our book is ours.
#[actix_web::test]
async fn our_own_payment_is_known_before_the_gateway_tells_of_it_and_by_each_of_its_numbers() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let token = land.citizen(&buyer);
    assert_eq!(land.notices(dossier, "M1", vec![row(&buyer, "TB1", "2801", 6_000_000)]).await, taken());
    let notice = land.notice(dossier, "TB1", 1);
    let order = land.order(&token, &notice, Some(2_000_000)).await;
    // The tax side has it from the treasury before the gateway's message is here.
    assert_eq!(land.paid(dossier, &buyer, "TB1", 2_000_000, &order).await, taken());
    assert_eq!(land.rows(dossier), ["TB1/1 open 0"], "our own gateway tells of it");
    assert_eq!(land.gateway_paid(&order, 2_000_000).await, "00");
    assert_eq!(land.rows(dossier), ["TB1/1 open 2000000"], "once");
    assert_eq!(land.paid(dossier, &buyer, "TB1", 2_000_000, &format!("GD-{order}")).await, taken());
    assert_eq!(land.rows(dossier), ["TB1/1 open 2000000"], "by its other number, too");
    let strange =
        land.stage.lines("SELECT transaction AS line FROM gateway_payment WHERE outcome <> 'settled'");
    assert_eq!(strange, [""; 0]);
    land.verify().await;
}

/// Mutant: a part that was told under the same number is taken to be the first one.
#[actix_web::test]
async fn one_payment_may_be_told_in_parts() {
    let land = Land::new().await;
    let dossier = land.dossier().await;
    let (_, buyer) = land.sides();
    let half =
        |instalment| NoticeRow { instalment: Some(instalment), ..row(&buyer, "TB1", "1401", 25_000_000) };
    assert_eq!(land.notices(dossier, "M1", vec![half(1), half(2)]).await, taken());
    let part = |instalment: Option<u16>| {
        let mut told = payment(&land.code(dossier), &buyer, "TB1", 25_000_000, "REF-1");
        told.data.payment.instalment = instalment;
        told.write()
    };
    for instalment in [1, 2, 1, 2] {
        assert_eq!(land.post_raw(PAYMENTS, part(Some(instalment))).await, taken());
    }
    assert_eq!(land.rows(dossier), ["TB1/1 paid 25000000", "TB1/2 paid 25000000"]);
    // Whoever does not say which part it is tells of one that is known.
    assert_eq!(land.post_raw(PAYMENTS, part(None)).await, taken());
    let documents = land.stage.lines("SELECT counted || ' ' || over AS line FROM land_tax_document");
    assert_eq!(documents, ["25000000 0"; 2]);
    land.verify().await;
}
