//! What no gateway can give back, a person transfers: recorded once, booked once, and never
//! beside another try.
use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::SignedDuration;
use motcua::error::Error;
use motcua::payments::counter::slip;
use motcua::payments::refund::by_hand::{RefundTransferIn, record};
use motcua::payments::{Order, refund};
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bank::Bank;
use super::stage::{Stage, read};
use crate::dossiers::play::{Play, procedure};
use crate::support::lines;
use crate::support::stage::{COMMUNE, ONE_STOP, Portal};

const OUR_BANK: &str = "970415";

fn transfer(number: &str) -> RefundTransferIn {
    let told = json!({ "number": number, "day": "2026-01-05", "account": "0011000123456", "reason": "Cổng không hoàn được" });
    serde_json::from_value(told).unwrap()
}

impl Stage {
    /// An order that is paid by card at the counter.
    async fn paid_by_card(&self, number: &str) -> Order {
        let order = self.order().await;
        self.card(&order, number).await;
        order
    }

    async fn card(&self, order: &Order, number: &str) {
        let told = json!({ "kind": "card", "terminal": "T1", "slip": number, "amount": order.amount });
        let (dossier, told) = (order.dossier_id, serde_json::from_value(told).unwrap());
        self.write(move |tx| slip::record(tx, dossier, &told)).await.unwrap();
    }

    /// The refunds, the oldest first.
    fn refund_ids(&self) -> Vec<Uuid> {
        let ids = lines(&mut self.test_db.connect(), "SELECT id::text AS line FROM refund ORDER BY id");
        ids.iter().map(|id| id.parse().unwrap()).collect()
    }

    /// Records a transfer: whether it was taken, or the word of the refusal.
    async fn transferred(&self, id: Uuid, told: RefundTransferIn) -> Result<(), &'static str> {
        said(self.write(move |tx| record(tx, id, &told, OUR_BANK)).await)
    }

    async fn again(&self, id: Uuid) -> Result<(), &'static str> {
        said(self.write(move |tx| refund::again(tx, id)).await)
    }
}

fn said(done: Result<(), Error>) -> Result<(), &'static str> {
    match done {
        Ok(()) => Ok(()),
        Err(Error::Refused(refused)) => Err(refused.code.code),
        Err(error) => panic!("{error}"),
    }
}

// Mutant: book it to the gateway that has kept the money.
#[actix_web::test]
async fn money_of_the_counter_and_of_a_gateway_that_cannot_refund_is_given_back_by_hand() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid_by_card("1").await;
    stage.refund(&order, None).await.unwrap();
    let counter = stage.refund_ids()[0];
    assert_eq!(stage.transferred(counter, transfer("FT1")).await, Err("refund_not_failed"), "not tried yet");
    stage.send_refunds().await;
    assert_eq!(stage.balances(), ["gateway_clearing 7000", "refund_payable -7000"]);
    assert_eq!(stage.transferred(counter, transfer("FT1")).await, Ok(()));
    assert_eq!((stage.refunds(), stage.balances()), (vec!["succeeded 7000".to_owned()], vec![]));
    stage.verify().await;
    let order = stage.paid().await;
    stage.refund(&order, Some(3000)).await.unwrap();
    bank.answers(&["FAILED"]);
    stage.send_refunds().await;
    let kept = stage.refund_ids()[1];
    // One transfer is one refund, however its number is written.
    assert_eq!(stage.transferred(kept, transfer("ft1")).await, Err("transfer_used"));
    let mut to_come = transfer("FT2");
    let tomorrow = motcua::clock::day_of(stage.db.clock.now()).tomorrow().unwrap();
    to_come.day = tomorrow.try_into().unwrap();
    assert_eq!(stage.transferred(kept, to_come).await, Err("invalid"));
    assert_eq!(stage.transferred(kept, transfer("FT2")).await, Ok(()));
    assert_eq!(stage.transferred(kept, transfer("FT3")).await, Err("refund_not_failed"));
    assert_eq!(stage.again(kept).await, Err("refund_not_failed"));
    stage.send_refunds().await;
    // The gateway has kept what the bank paid out for it.
    assert_eq!(stage.balances(), ["bank_clearing -3000", "gateway_clearing 7000", "revenue_fee -4000"]);
    assert_eq!((bank.gave(), stage.payment(&order).await.due), (0, 0));
    let dossier = order.dossier_id;
    let receipts = read(&stage.db, move |conn| motcua::receipts::of_dossier(conn, dossier)).await;
    let seen: Vec<_> = receipts.iter().map(|r| (r.amount, r.state.word())).collect();
    assert_eq!(seen, [(7000, "replaced"), (4000, "valid")]);
    stage.verify().await;
}

#[actix_web::test]
async fn money_in_suspense_is_given_back_by_hand_too() {
    let (bank, stage) = Bank::with_stage().await;
    let order = stage.paid().await;
    bank.answers(&["FAILED"]);
    let twice = stage.signed(&order, |notice| notice.transaction = "GD-TWICE".to_owned());
    stage.reply(&order, twice).await;
    stage.send_refunds().await;
    assert_eq!(stage.transferred(stage.refund_ids()[0], transfer("FT1")).await, Ok(()));
    assert_eq!(stage.balances(), ["bank_clearing -7000", "gateway_clearing 14000", "revenue_fee -7000"]);
    stage.verify().await;
}

// Mutant: record it whatever the refund is at.
#[actix_web::test]
async fn of_sixteen_who_try_again_and_who_transfer_one_comes_through() {
    let (bank, stage) = Bank::with_stage().await;
    for (round, at_once) in [2, 7, 16].into_iter().enumerate() {
        let order = stage.paid().await;
        stage.refund(&order, None).await.unwrap();
        bank.answers(&["FAILED"]);
        stage.send_refunds().await;
        let id = stage.refund_ids()[round];
        let each = (0..at_once).map(|n| {
            let stage = &stage;
            async move {
                match (n + round) % 2 {
                    0 => stage.again(id).await,
                    _ => stage.transferred(id, transfer(&format!("FT{round}X{n}"))).await,
                }
            }
        });
        let all = join_all(each).await;
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "{all:?}");
        assert!(all.iter().all(|done| matches!(done, Ok(()) | Err("refund_not_failed"))), "{all:?}");
        stage.send_refunds().await;
        assert_eq!(stage.refunds()[round], "succeeded 7000");
        stage.verify().await;
    }
    let books = lines(
        &mut stage.test_db.connect(),
        "SELECT count(*)::text AS line FROM transfer WHERE cause_kind IN ('refund_succeeded', 'refund_by_hand')",
    );
    assert_eq!(books, ["3"], "each went back once");
}

#[actix_web::test]
async fn one_transfer_recorded_for_two_refunds_at_once_counts_for_one() {
    let stage = Stage::new().await;
    for number in ["1", "2"] {
        let order = stage.paid_by_card(number).await;
        stage.refund(&order, None).await.unwrap();
    }
    stage.send_refunds().await;
    let ids = stage.refund_ids();
    let both = join_all(ids.iter().map(|id| stage.transferred(*id, transfer("FT1")))).await;
    assert!(both.contains(&Ok(())) && both.contains(&Err("transfer_used")), "{both:?}");
    stage.verify().await;
}

// Mutant: tell it of the next one at once.
#[actix_web::test]
async fn vnpay_is_told_of_one_refund_of_a_payment_at_a_time() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let page = stage.choose(&order, "vnpay").await.1;
    stage.pay_at_vnpay(&page).await;
    stage.vnpay_faults(json!({ "refund_pending": 1 })).await;
    // Of the same amount: VNPAY's answer about the one would pass for the other's.
    stage.refund(&order, Some(3000)).await.unwrap();
    stage.refund(&order, Some(3000)).await.unwrap();
    let attempts = lines(
        &mut stage.test_db.connect(),
        "SELECT payload->>'attempt_id' AS line FROM job WHERE kind = 'send_refund' ORDER BY id",
    );
    let send = |attempt: &String| {
        let payload = json!({ "attempt_id": attempt });
        motcua::payments::run_send_refund(&stage.db, &stage.gateways, payload)
    };
    // Sixteen workers: one of the two sets out.
    let all = (0..8).flat_map(|_| attempts.iter()).map(|attempt| send(attempt).boxed_local());
    join_all(all).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let mut states = stage.refunds();
    states.sort();
    assert_eq!(states, ["pending 3000", "requested 3000"]);
    stage.verify().await;
    let later = |seconds| stage.db.clock.set(Some(stage.db.clock.now() + SignedDuration::from_secs(seconds)));
    let poll = || motcua::payments::poll_refunds(&stage.db, &stage.gateways);
    stage.vnpay_faults(json!({})).await;
    later(3600 * 7);
    assert_eq!(poll().await.unwrap(), 0, "VNPAY says once more that it is under way");
    stage.send_refunds().await;
    let mut states = stage.refunds();
    states.sort();
    assert_eq!(states, ["pending 3000", "requested 3000"], "it waits on");
    later(3600 * 7);
    poll().await.unwrap();
    later(3600 * 7);
    poll().await.unwrap();
    stage.send_refunds().await;
    assert_eq!(stage.refunds(), ["succeeded 3000", "succeeded 3000"]);
    assert_eq!(stage.balances(), ["gateway_clearing 1000", "revenue_fee -1000"]);
    stage.verify().await;
}

/// A dossier of 7,000 đồng, paid by card, whose refund has failed: its code and the refund.
async fn failed<'p>(portal: &'p Portal, residence: &'p Value) -> (Play<'p>, Value) {
    let mut play = Play::new(portal, residence, Play::scenario(residence, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let of = |part: &str| format!("/api/v1/dossiers/{}{part}", play.code);
    let slip = json!({ "kind": "card", "terminal": "T1", "slip": "77", "amount": 7000 });
    cashier.post(&of("/payment/slips"), &slip).await.expect(201);
    let wanted = json!({ "reason": "Thu nhầm" });
    let refund = cashier.post(&of("/refunds"), &wanted).await.expect(201)["items"][0].clone();
    play.work().await;
    (play, refund)
}

// Mutants: whoever has a till; the account is shown.
#[actix_web::test]
async fn the_cashier_of_the_unit_records_it_and_the_account_is_hidden() {
    let portal = Portal::new().await;
    let residence = procedure("1.004194");
    let (play, refund) = failed(&portal, &residence).await;
    let path = format!("/api/v1/payments/refunds/{}/transfers", refund["id"].as_str().unwrap());
    let right = json!({ "number": "ft260141", "day": "2026-09-14", "account": "0011000123456", "reason": "Thẻ không hoàn được" });
    for (who, status) in [
        (portal.nobody(), 401),
        (play.applicant.clone(), 403),
        (portal.clerk(), 403),
        (portal.machine("payments.lookup"), 403),
        (portal.official(Role::Cashier, "H49.46.01"), 404),
        (portal.official(Role::Leader, "H49.46"), 404),
    ] {
        assert_eq!(who.post(&path, &right).await.status, status);
    }
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    for (field, wrong) in [
        ("number", json!("ft26014-1")),
        ("number", json!("")),
        ("account", json!("0011/123")),
        ("day", json!("2026-02-30")),
        ("day", json!("2026-09-15")),
        ("reason", json!(" ")),
    ] {
        let mut body = right.clone();
        body[field] = wrong;
        let refused = cashier.post(&path, &body).await.refused(422, "invalid");
        assert_eq!(refused.fields(), [format!("/{field}")], "{body}");
    }
    let done = portal.official(Role::Leader, COMMUNE).post(&path, &right).await.expect(201);
    let shown = json!({ "number": "FT260141", "day": "2026-09-14", "account": "*********3456", "reason": "Thẻ không hoàn được" });
    assert_eq!((&done["state"], &done["transfer"]), (&json!("succeeded"), &shown));
    cashier.post(&path, &right).await.refused(409, "refund_not_failed");
    let listed = cashier.get(&format!("/api/v1/dossiers/{}/refunds", play.code)).await.expect(200);
    assert_eq!(listed["items"][0], done);
    assert!(!listed.to_string().contains("0011000"), "{listed}");
    let receipts = cashier.get(&format!("/api/v1/dossiers/{}/receipts", play.code)).await.expect(200);
    assert_eq!(receipts["items"][0]["state"], "cancelled");
    portal.verify().await;
}
