//! What a gateway gives back, and every way in which a gateway goes wrong, at both of them.
use motcua::national::payment_platform::settlement::{Agreement, SettlementKind};
use motcua::payments::gateway::{Refund, RefundState};
use motcua::payments::{Order, OrderState, poll_payments};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::lines;

const GATEWAYS: [&str; 2] = ["national", "vnpay"];

impl Stage {
    /// An order with an attempt at a gateway, and the page.
    async fn at(&self, gateway: &str) -> (Order, String) {
        if gateway == "national" {
            return self.payable().await;
        }
        let order = self.order().await;
        let page = self.choose(&order, gateway).await.1;
        (order, page)
    }

    async fn turn(&self, gateway: &str, faults: Value) {
        match gateway {
            "national" => self.faults(faults).await,
            _ => self.vnpay_faults(faults).await,
        }
    }

    /// Pays as a script: the codes of the portal's replies.
    async fn pay_at(&self, gateway: &str, page: &str) -> Vec<String> {
        if gateway == "national" {
            return self.pay(page).await;
        }
        let shown = self.pay_at_vnpay(page).await;
        let replies = shown["replies"].as_array().unwrap().iter();
        replies.map(|reply| reply["RspCode"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The refund of an amount of what an order was paid.
    async fn money_back(&self, order: &Order, id: &str, amount: i64) -> Refund {
        let told = format!(
            "SELECT concat_ws(' ', p.transaction, a.reference, to_char(a.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SSZ')) AS line
               FROM gateway_payment p JOIN payment_attempt a ON a.id = p.attempt_id WHERE a.order_id = '{}'",
            order.id
        );
        let line = lines(&mut self.test_db.connect(), &told).remove(0);
        let [transaction, reference, opened_at] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Refund {
            id: id.to_owned(),
            reference: reference.to_owned(),
            opened_at: opened_at.parse().unwrap(),
            transaction: transaction.to_owned(),
            paid: order.amount,
            amount,
            reason: "Hồ sơ bị từ chối | hoàn phí".to_owned(),
            by: "test".to_owned(),
            asked: 0,
        }
    }

    async fn give(&self, gateway: &str, refund: &Refund) -> anyhow::Result<RefundState> {
        self.gateways.named(gateway).unwrap().refund(refund, self.db.clock.now()).await
    }

    async fn given(&self, gateway: &str, refund: &Refund) -> RefundState {
        self.gateways.named(gateway).unwrap().refund_state(refund, self.db.clock.now()).await.unwrap()
    }
}

// Mutant: read SUCCESS, PENDING and FAILED as one.
#[actix_web::test]
async fn money_is_given_back_whole_and_in_part_and_never_more_than_was_paid() {
    for gateway in GATEWAYS {
        let stage = Stage::new().await;
        let (order, page) = stage.at(gateway).await;
        stage.pay_at(gateway, &page).await;
        let part = stage.money_back(&order, "RF1", 3000).await;
        assert_eq!(stage.give(gateway, &part).await.unwrap(), RefundState::Success, "{gateway}");
        assert_eq!(stage.given(gateway, &part).await, RefundState::Success);
        let too_much = stage.money_back(&order, "RF2", 5000).await;
        assert_eq!(stage.give(gateway, &too_much).await.unwrap(), RefundState::Failed, "{gateway}");
        let (order, page) = stage.at(gateway).await;
        stage.pay_at(gateway, &page).await;
        stage.turn(gateway, json!({ "refund_pending": 1 })).await;
        let whole = stage.money_back(&order, "RF3", 7000).await;
        assert_eq!(stage.give(gateway, &whole).await.unwrap(), RefundState::Pending, "{gateway}");
        assert_eq!(stage.given(gateway, &whole).await, RefundState::Pending);
        assert_eq!(stage.given(gateway, &whole).await, RefundState::Success);
        let (order, page) = stage.at(gateway).await;
        stage.turn(gateway, json!({ "refund_fails": true })).await;
        stage.pay_at(gateway, &page).await;
        let failed = stage.money_back(&order, "RF4", 7000).await;
        assert_eq!(stage.give(gateway, &failed).await.unwrap(), RefundState::Failed, "{gateway}");
    }
}

#[actix_web::test]
async fn a_refund_whose_answer_is_lost_is_the_same_refund_when_it_is_ordered_again() {
    for gateway in GATEWAYS {
        let stage = Stage::new().await;
        let (order, page) = stage.at(gateway).await;
        stage.pay_at(gateway, &page).await;
        let refund = stage.money_back(&order, "RF1", 7000).await;
        stage.turn(gateway, json!({ "lose_answers": 1 })).await;
        assert!(stage.give(gateway, &refund).await.is_err(), "{gateway}");
        assert_ne!(stage.give(gateway, &refund).await.unwrap(), RefundState::Failed, "{gateway}");
        assert_eq!(stage.given(gateway, &refund).await, RefundState::Success, "{gateway}");
    }
}

/// What becomes of a payment under a fault.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The notice is refused with this outcome; told rightly later, it settles.
    Refused(&'static str),
    /// It settles at once, and once.
    Settles,
    /// Nothing is heard, and asking finds it.
    FoundByAsking,
}

/// The ten faults of issue and dial, and what follows from each.
fn faults() -> [(&'static str, Value, Then); 13] {
    use Then::{FoundByAsking, Refused, Settles};
    [
        ("delay", json!({ "delay_ms": 50 }), Settles),
        ("5xx to questions", json!({ "drop_callbacks": true, "errors": 1 }), FoundByAsking),
        ("answer lost after success", json!({ "drop_callbacks": true, "lose_answers": 1 }), FoundByAsking),
        ("duplicate", json!({ "duplicate": 5 }), Settles),
        ("wrong amount, less", json!({ "wrong_amount": -1 }), Refused("wrong_amount")),
        ("wrong amount, more", json!({ "wrong_amount": 1 }), Refused("wrong_amount")),
        ("forged", json!({ "forged": true }), Refused("forged")),
        ("altered", json!({ "altered": true }), Refused("forged")),
        ("other merchant", json!({ "other_partner": true }), Refused("other_partner")),
        ("other currency", json!({ "other_currency": true }), Refused("other_currency")),
        ("clock skew", json!({ "clock_skew": -86_400 }), Settles),
        ("notice lost", json!({ "drop_callbacks": true }), FoundByAsking),
        ("outage", json!({ "drop_callbacks": true, "outage": true }), FoundByAsking),
    ]
}

/// Pays an order under a fault; says what is otherwise than it should be.
async fn suffered(stage: &Stage, gateway: &str, faults: &Value, then: Then) -> Result<(), String> {
    let (order, page) = stage.at(gateway).await;
    let before = stage.paid_jobs().len();
    // An outage comes after the payment: during it nobody pays.
    let mut paying = faults.clone();
    for asked in ["outage", "errors", "lose_answers"] {
        paying.as_object_mut().unwrap().remove(asked);
    }
    stage.turn(gateway, paying).await;
    stage.pay_at(gateway, &page).await;
    let state = stage.state(&order).await;
    match then {
        Then::Settles => {}
        Then::Refused(outcome) => {
            let last = stage.outcomes().last().cloned();
            if state != OrderState::Open || last.as_deref() != Some(outcome) {
                return Err(format!("{state:?}, {last:?}"));
            }
            stage.turn(gateway, json!({})).await;
            stage.pay_at(gateway, &page).await;
        }
        Then::FoundByAsking => {
            if state != OrderState::Open {
                return Err(format!("{state:?} before anybody asked"));
            }
            stage.turn(gateway, faults.clone()).await;
            stage.found_by_asking(gateway, faults).await;
        }
    }
    stage.turn(gateway, json!({})).await;
    match (stage.state(&order).await, stage.paid_jobs().len() - before) {
        (OrderState::Paid, 1) => Ok(()),
        other => Err(format!("{other:?} at the end")),
    }
}

impl Stage {
    /// Asks until the faults of questions are over: the first time nobody answers.
    async fn found_by_asking(&self, gateway: &str, faults: &Value) {
        let later = |seconds| {
            let now = self.db.clock.now() + jiff::SignedDuration::from_secs(seconds);
            self.db.clock.set(Some(now));
        };
        later(31);
        poll_payments(&self.db, &self.gateways).await.unwrap();
        if faults["outage"] == true {
            self.turn(gateway, json!({})).await;
        }
        later(61);
        poll_payments(&self.db, &self.gateways).await.unwrap();
    }
}

#[actix_web::test]
async fn every_fault_of_each_gateway_settles_what_was_paid_once_and_nothing_else() {
    let mut wrong = Vec::new();
    for gateway in GATEWAYS {
        let stage = Stage::new().await;
        for (fault, dial, then) in faults() {
            if let Err(said) = suffered(&stage, gateway, &dial, then).await {
                wrong.push(format!("{fault} at {gateway}: {said}"));
            }
        }
        stage.verify().await;
    }
    assert_eq!(wrong, [""; 0]);
}

#[actix_web::test]
async fn notices_in_another_order_lose_nothing() {
    for gateway in GATEWAYS {
        let stage = Stage::new().await;
        let (first, first_page) = stage.at(gateway).await;
        let (second, second_page) = stage.at(gateway).await;
        stage.turn(gateway, json!({ "reorder": 2 })).await;
        assert_eq!(stage.pay_at(gateway, &first_page).await, [""; 0], "reorder at {gateway}: held back");
        assert_eq!(stage.state(&first).await, OrderState::Open, "reorder at {gateway}");
        assert_eq!(stage.pay_at(gateway, &second_page).await, ["00", "00"], "reorder at {gateway}");
        for order in [&first, &second] {
            assert_eq!(stage.state(order).await, OrderState::Paid, "reorder at {gateway}");
        }
    }
}

#[actix_web::test]
async fn an_answer_that_is_lost_after_success_is_asked_for_again() {
    let stage = Stage::new().await;
    let order = stage.order().await;
    let open = || {
        let payload = json!({ "attempt_id": stage.attempt(&order) });
        motcua::payments::run_open_payment(&stage.db, &stage.gateways, payload)
    };
    stage.faults(json!({ "lose_answers": 1 })).await;
    assert!(open().await.is_err());
    open().await.unwrap();
    let page = stage.payment(&order).await.order.unwrap().pay_url.unwrap();
    stage.faults(json!({ "forged": true, "spared": 0.5, "seed": 7 })).await;
    assert_eq!(stage.pay(&page).await.len(), 1);
}

#[actix_web::test]
async fn the_days_settlement_file_tells_what_was_taken_and_given_back() {
    let stage = Stage::new().await;
    let (order, page) = stage.payable().await;
    stage.pay(&page).await;
    stage.payable().await;
    let refund = stage.money_back(&order, "RF1", 3000).await;
    stage.give("national", &refund).await.unwrap();
    let (platform, now) = (stage.platform(), stage.db.clock.now());
    let today = motcua::clock::day_of(jiff::Timestamp::now());
    let lines = platform.settlement_lines(&platform.settlement(today, now).await.unwrap()).unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.transaction.as_str(), line.kind, line.amount)).collect();
    assert_eq!(
        told,
        [(refund.transaction.as_str(), SettlementKind::Payment, 7000), ("RF1", SettlementKind::Refund, 3000)]
    );
    assert_eq!(lines[0].reference, refund.reference);
    assert_eq!(platform.settlement(today.yesterday().unwrap(), now).await.unwrap(), "TONG|0|0\n");
    let response = [("GD1".to_owned(), Agreement::OnlyTheirs), ("RF1".to_owned(), Agreement::Same)];
    platform.settlement_response(today, &response, now).await.unwrap();
    let shown = format!("{}/settlement/{}/response", stage.simulator, today.strftime("%Y%m%d"));
    let shown = stage.http.get(shown).send().await.unwrap().text().await.unwrap();
    assert_eq!(shown, "R0QxfDAxClJGMXwwMAo=", "GD1|01, RF1|00");
    stage.faults(json!({ "outage": true })).await;
    assert!(platform.settlement(today, now).await.is_err());
}
