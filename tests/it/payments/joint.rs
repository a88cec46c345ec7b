//! One order over what several dossiers owe: every đồng of it settles one of them, goes back or
//! waits, whatever happens to the dossiers meanwhile.
use futures_util::future::join_all;
use jiff::SignedDuration;
use motcua::db::Tx;
use motcua::error::{Error, Result};
use motcua::payments::gateway::national;
use motcua::payments::joint::{self, JointOrderOut};
use motcua::payments::{self, ChargeKind, Order, OrderState, poll_payments};
use serde_json::json;
use uuid::Uuid;

use super::bank::Bank;
use super::receipts::{differences, of};
use super::stage::{Stage, read};
use crate::support::lines;

/// A joint order, spoken of as an order to the gateway's notices.
async fn open(stage: &Stage, members: &[&Order]) -> Order {
    let id = stage.write(opened(members)).await.unwrap();
    let shown = shown(stage, id).await;
    Order {
        id,
        dossier_id: Uuid::nil(),
        reference: shown.order.reference,
        amount: shown.order.amount,
        state: shown.order.state,
        settled_by: None,
    }
}

fn opened(members: &[&Order]) -> impl Fn(&mut Tx) -> Result<Uuid> + Send + use<> {
    let dossiers: Vec<Uuid> = members.iter().map(|member| member.dossier_id).collect();
    move |tx| joint::open_joint(tx, &dossiers, national::OFFER)
}

async fn shown(stage: &Stage, id: Uuid) -> JointOrderOut {
    read(&stage.db, move |conn| joint::joint_of(conn, id)).await
}

/// The word of a refusal.
fn refusal<T>(answer: Result<T>) -> &'static str {
    match answer {
        Err(Error::Refused(refused)) => refused.code.code,
        Err(error) => panic!("{error}"),
        Ok(_) => "done",
    }
}

/// Three dossiers of one person: 5,000 đồng of lệ phí, 7,000 of phí, 9,000 of lệ phí.
async fn three(stage: &Stage) -> [Order; 3] {
    let person = stage.person();
    [
        stage.order_by(person, ("A", ChargeKind::Fee, 5_000)).await,
        stage.order_by(person, ("B", ChargeKind::Charge, 7_000)).await,
        stage.order_by(person, ("C", ChargeKind::Fee, 9_000)).await,
    ]
}

async fn pays(stage: &Stage, order: &Order) {
    assert_eq!(stage.reply(order, stage.signed(order, |_| {})).await, "00");
}

async fn states(stage: &Stage, members: &[Order; 3]) -> [OrderState; 3] {
    let [a, b, c] = members;
    [stage.state(a).await, stage.state(b).await, stage.state(c).await]
}

async fn sound(stage: &Stage) {
    stage.verify().await;
    assert_eq!(differences(stage).await, [""; 0]);
}

/// What a cashier sees in suspense: `reason remaining`.
fn waiting(stage: &Stage) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', reason, remaining) AS line FROM ({}) AS item WHERE remaining > 0 ORDER BY id",
        include_str!("../../../src/payments/sql/suspense.sql")
    );
    lines(&mut stage.test_db.connect(), &sql)
}

#[actix_web::test]
async fn sixteen_notices_of_a_joint_payment_settle_every_member_once() {
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    assert_eq!(joint.amount, 21_000);
    let body = stage.signed(&joint, |_| {});
    let bodies = (0..16).map(|n| format!("{}{body}", " ".repeat(n)));
    assert_eq!(join_all(bodies.map(|body| stage.reply(&joint, body))).await, vec!["00"; 16]);
    assert_eq!(stage.outcomes().iter().filter(|outcome| *outcome == "settled").count(), 1);
    assert_eq!(states(&stage, &members).await, [OrderState::Paid; 3]);
    assert_eq!(stage.payments(), ["21000 settled"]);
    assert_eq!(stage.paid_jobs().len(), 3);
    for (member, number) in members.iter().zip(["0000001", "0000001", "0000002"]) {
        let receipts = of(&stage, member).await;
        assert_eq!(
            (receipts.len(), receipts[0].amount, receipts[0].number.as_str()),
            (1, member.amount, number)
        );
        assert_eq!(stage.payment(member).await.due, 0);
    }
    assert_eq!(stage.balances(), ["gateway_clearing 21000", "revenue_charge -7000", "revenue_fee -14000"]);
    sound(&stage).await;
    let done = shown(&stage, joint.id).await;
    assert_eq!((done.order.state, done.order.pay_url), (OrderState::Paid, None));
    assert!(done.members.iter().all(|member| member.state == OrderState::Paid));
}

// Mutant: settle a member whatever its state is.
#[actix_web::test]
async fn the_share_of_a_member_that_was_paid_alone_goes_back() {
    let (bank, stage) = Bank::with_stage().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    pays(&stage, &members[1]).await;
    let after = shown(&stage, joint.id).await;
    assert_eq!((after.order.state, after.order.pay_url), (OrderState::Open, None), "its page is not shown");
    let id = joint.id;
    let chosen = stage.write(move |tx| joint::choose_joint(tx, id, national::OFFER)).await;
    assert_eq!(refusal(chosen), "joint_order_stale");
    pays(&stage, &joint).await;
    assert_eq!(states(&stage, &members).await, [OrderState::Paid; 3]);
    assert_eq!((stage.refunds(), waiting(&stage)), (vec!["requested 7000".to_owned()], vec![]));
    assert_eq!(stage.paid_jobs().len(), 3);
    sound(&stage).await;
    stage.send_refunds().await;
    assert_eq!((bank.told(), of(&stage, &members[1]).await.len()), (vec![7_000], 1));
    assert_eq!(stage.balances(), ["gateway_clearing 21000", "revenue_charge -7000", "revenue_fee -14000"]);
    // A second payment of the joint order is paid twice as a whole.
    let again = stage.signed(&joint, |notice| notice.transaction = "GD-AGAIN".to_owned());
    assert_eq!(stage.reply(&joint, again).await, "99");
    stage.send_refunds().await;
    assert_eq!(bank.told(), [7_000, 21_000]);
    sound(&stage).await;
}

#[actix_web::test]
async fn joint_and_single_payments_at_once_pay_every_member_once() {
    let (bank, stage) = Bank::with_stage().await;
    let mut gave = 0;
    for _ in 0..5 {
        let members = three(&stage).await;
        let both = open(&stage, &[&members[0], &members[1], &members[2]]).await;
        let other = open(&stage, &[&members[2], &members[1]]).await;
        let before = stage.paid_jobs().len();
        let all = [&both, &members[0], &other, &members[1], &members[2]];
        let came: i64 = all.iter().map(|order| order.amount).sum();
        let told = join_all(all.iter().map(|order| stage.reply(order, stage.signed(order, |_| {})))).await;
        assert!(told.iter().all(|answer| answer == "00" || answer == "99"), "{told:?}");
        assert_eq!(states(&stage, &members).await, [OrderState::Paid; 3]);
        assert_eq!(stage.paid_jobs().len(), before + 3);
        sound(&stage).await;
        stage.send_refunds().await;
        gave += came - 21_000;
        assert_eq!((bank.gave(), waiting(&stage)), (gave, vec![]));
        sound(&stage).await;
    }
}

#[actix_web::test]
async fn the_share_of_a_member_that_was_given_up_waits_and_can_be_applied() {
    let (bank, stage) = Bank::with_stage().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    stage.cancel(&members[2]).await;
    pays(&stage, &joint).await;
    use OrderState::{Cancelled, Paid};
    assert_eq!(states(&stage, &members).await, [Paid, Paid, Cancelled]);
    assert_eq!((waiting(&stage), stage.refunds()), (vec!["late 9000".to_owned()], vec![]));
    sound(&stage).await;
    let other = stage.order().await;
    let transaction = format!("GD-{}", joint.reference);
    assert_eq!(stage.apply(&transaction, &other).await, 200);
    assert_eq!((stage.payment(&other).await.due, of(&stage, &other).await.len()), (0, 1));
    assert_eq!(waiting(&stage), ["late 2000"]);
    assert_eq!(stage.apply(&transaction, &members[2]).await, 200);
    assert_eq!(stage.apply(&transaction, &members[2]).await, 409, "nothing is left");
    assert_eq!((stage.payment(&members[2]).await.due, waiting(&stage)), (7_000, vec![]));
    sound(&stage).await;
    // Each dossier gets back what was paid for it, and no more.
    for (order, amount) in [(&other, 7_000), (&members[2], 2_000), (&members[0], 5_000), (&members[1], 7_000)]
    {
        assert_eq!(stage.refund(order, Some(amount + 1)).await, Err("refund_exceeds_payment"));
        assert_eq!(stage.refund(order, Some(amount)).await, Ok(1));
    }
    stage.send_refunds().await;
    assert_eq!(bank.gave(), 21_000);
    sound(&stage).await;
}

// Mutant: a dossier's refund is capped by the whole payment.
#[actix_web::test]
async fn a_member_gets_back_its_share_and_never_more() {
    let (bank, stage) = Bank::with_stage().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    pays(&stage, &joint).await;
    // It owes more meanwhile, which nobody has paid.
    let person = lines(&mut stage.test_db.connect(), "SELECT id::text AS line FROM person").remove(0);
    stage.charge_person(&members[0], person.parse().unwrap(), ("A2", 4_000)).await;
    let asked = join_all((0..8).map(|_| stage.refund(&members[0], Some(2_000)))).await;
    assert_eq!(asked.iter().filter(|answer| **answer == Ok(1)).count(), 2, "{asked:?}");
    assert_eq!(stage.refund(&members[0], None).await, Ok(1), "the rest of the share");
    stage.send_refunds().await;
    assert_eq!(bank.told(), [1_000, 2_000, 2_000]);
    assert!(of(&stage, &members[0]).await.iter().all(|receipt| receipt.state.word() != "valid"));
    assert_eq!(of(&stage, &members[1]).await[0].state.word(), "valid", "another member's stands");
    sound(&stage).await;
}

#[actix_web::test]
async fn a_wrong_amount_settles_no_member_until_it_is_told_rightly() {
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    for amount in [20_999, 21_001, 5_000] {
        assert_eq!(stage.tell(&joint, "GD-1", amount).await, "99");
    }
    assert_eq!(states(&stage, &members).await, [OrderState::Open; 3]);
    assert_eq!(waiting(&stage), ["wrong_amount 20999"]);
    sound(&stage).await;
    pays(&stage, &members[0]).await;
    assert_eq!(stage.tell(&joint, "GD-1", 21_000).await, "00");
    assert_eq!((waiting(&stage), stage.refunds()), (vec![], vec!["requested 5000".to_owned()]));
    assert_eq!(states(&stage, &members).await, [OrderState::Paid; 3]);
    sound(&stage).await;
}

#[actix_web::test]
async fn when_every_member_was_paid_meanwhile_all_goes_back() {
    let (bank, stage) = Bank::with_stage().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1]]).await;
    assert_eq!(stage.tell(&joint, "GD-1", 11_999).await, "99");
    pays(&stage, &members[0]).await;
    pays(&stage, &members[1]).await;
    assert_eq!(stage.tell(&joint, "GD-1", 12_000).await, "00");
    stage.send_refunds().await;
    assert_eq!((bank.told(), waiting(&stage)), (vec![12_000], vec![]));
    sound(&stage).await;
}

// Mutant: a member expires though the joint order over it can still be paid.
#[actix_web::test]
async fn a_joint_order_expires_by_denial_and_keeps_its_members_alive_until_then() {
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let start = stage.db.clock.now();
    let at = |days: i64| stage.db.clock.set(Some(start + SignedDuration::from_hours(24 * days)));
    at(29);
    let paid = open(&stage, &[&members[0]]).await;
    let unpaid = open(&stage, &[&members[1], &members[2]]).await;
    for round in [31, 40] {
        at(round);
        assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
        assert_eq!(states(&stage, &members).await, [OrderState::Open; 3], "day {round}");
        assert_eq!(stage.attempts(&members[0]), ["national closed"]);
    }
    pays(&stage, &paid).await;
    at(62);
    assert_eq!(poll_payments(&stage.db, &stage.gateways).await.unwrap(), 0);
    use OrderState::{Expired, Paid};
    assert_eq!(states(&stage, &members).await, [Paid, Expired, Expired]);
    assert_eq!(shown(&stage, unpaid.id).await.order.state, Expired);
    assert_eq!(stage.reply(&unpaid, stage.signed(&unpaid, |_| {})).await, "99");
    assert_eq!(waiting(&stage), ["late 16000"]);
    sound(&stage).await;
    // What is still owed can be demanded anew, also together.
    let anew = open(&stage, &[&members[2], &members[1]]).await;
    pays(&stage, &anew).await;
    assert_eq!(states(&stage, &members).await, [Paid; 3]);
    sound(&stage).await;
}

#[actix_web::test]
async fn a_person_pays_for_three_dossiers_by_clicking_once() {
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    let payload = json!({ "attempt_id": stage.attempt(&joint) });
    payments::run_open_payment(&stage.db, &stage.gateways, payload).await.unwrap();
    let url = shown(&stage, joint.id).await.order.pay_url.unwrap();
    let page = stage.http.get(&url).send().await.unwrap().text().await.unwrap();
    for text in ["21.000 đồng", "Nguyễn Thị Mai", "Thanh toán", &joint.reference] {
        assert!(page.contains(text), "{text} is missing on {page}");
    }
    let answer = stage.http.post(&url).form(&[("result", "pay")]).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("Đã thanh toán"));
    assert_eq!(states(&stage, &members).await, [OrderState::Paid; 3]);
    sound(&stage).await;
}

#[actix_web::test]
async fn a_joint_order_that_was_given_up_leaves_its_members_payable() {
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1]]).await;
    let id = joint.id;
    for _ in 0..2 {
        stage.write(move |tx| joint::cancel_joint(tx, id)).await.unwrap();
    }
    assert_eq!(states(&stage, &members).await, [OrderState::Open; 3]);
    assert_eq!(stage.reply(&joint, stage.signed(&joint, |_| {})).await, "99");
    assert_eq!(waiting(&stage), ["late 12000"]);
    let chosen = stage.write(move |tx| joint::choose_joint(tx, id, national::OFFER)).await;
    assert_eq!(refusal(chosen), "nothing_due");
    pays(&stage, &members[0]).await;
    sound(&stage).await;
    let other = open(&stage, &[&members[1], &members[2]]).await;
    pays(&stage, &other).await;
    let id = other.id;
    assert_eq!(refusal(stage.write(move |tx| joint::cancel_joint(tx, id)).await), "nothing_due");
    sound(&stage).await;
}

#[actix_web::test]
async fn only_what_one_payer_owes_to_one_unit_is_demanded_together() {
    let stage = Stage::new().await;
    let (mine, others) = (three(&stage).await, three(&stage).await);
    let open = |members: &[&Order]| stage.write(opened(members));
    assert_eq!(refusal(open(&[&mine[0], &others[0]]).await), "joint_order_mixed");
    pays(&stage, &mine[0]).await;
    assert_eq!(refusal(open(&[&mine[1], &mine[0]]).await), "nothing_due");
    let sql = format!(
        "INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, valid_from, search)
         VALUES ('00000000-0000-0000-0000-0000000000a2', 'H49.62', '000.00.62.H49', 'UBND phường khác', 'Khác',
                 'commune', 'commune', true, '2025-07-01', '');
         UPDATE dossier SET receiving_unit_id = '00000000-0000-0000-0000-0000000000a2' WHERE id = '{}'",
        mine[1].dossier_id
    );
    diesel::connection::SimpleConnection::batch_execute(&mut stage.test_db.connect(), &sql).unwrap();
    assert_eq!(refusal(open(&[&mine[1], &mine[2]]).await), "joint_order_mixed");
    assert_eq!(refusal(open(&[&mine[2]]).await), "done");
}

/// Every flaw that somebody could make behind the portal's back has its sentence.
#[actix_web::test]
async fn verify_names_what_is_wrong_with_a_joint_order() {
    use diesel::connection::SimpleConnection;
    let stage = Stage::new().await;
    let members = three(&stage).await;
    let joint = open(&stage, &[&members[0], &members[1], &members[2]]).await;
    stage.cancel(&members[2]).await;
    pays(&stage, &joint).await;
    let conn = &mut stage.test_db.connect();
    for (harm, mend, words) in [
        (
            "UPDATE payment_order_member SET amount = amount + 1 WHERE outcome = 'settled'",
            "UPDATE payment_order_member SET amount = amount - 1 WHERE outcome = 'settled'",
            "over 21000 đồng, its members over 21002",
        ),
        (
            "UPDATE payment_order_member SET outcome = 'settled' WHERE outcome = 'late'",
            "UPDATE payment_order_member SET outcome = 'late' WHERE amount = 9000",
            "is settled and that order cancelled",
        ),
        (
            "UPDATE payment_order_member SET outcome = 'late' WHERE amount = 5000",
            "UPDATE payment_order_member SET outcome = 'settled' WHERE amount = 5000",
            "joint_rest of",
        ),
    ] {
        conn.batch_execute(harm).unwrap();
        let said = stage.differences().await;
        assert!(said.iter().any(|line| line.contains(words)), "{harm}: {said:?}");
        conn.batch_execute(mend).unwrap();
        sound(&stage).await;
    }
}
