//! Whatever happens in whatever order, the book sums to zero and every dossier's account is
//! what was charged, less what was waived and paid, plus what went back.
use motcua::national::payment_platform::Callback;
use motcua::payments::{Order, open_order, refund};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::payments::bank::Bank;
use crate::payments::stage::Stage;
use crate::support::lines;

/// Dossiers whose happenings are mixed, and how often.
const DOSSIERS: usize = 6;
const ROUNDS: usize = 5;

/// What happens to one of the dossiers.
#[derive(Debug, Clone)]
enum Happening {
    /// A payment with this number over the amount of the order and so much more, told so often.
    Paid {
        number: u8,
        more: i64,
        times: usize,
    },
    GivenUp,
    Demanded,
    /// A part in hundredths of what was paid is requested back; `None`: all that may.
    Refund(Option<i64>),
    /// The refunds are sent, and the bank answers so.
    Sent(&'static str),
    /// What failed is tried again.
    Again,
}

fn happenings() -> impl Strategy<Value = Vec<(usize, Happening)>> {
    let more = prop_oneof![6 => Just(0_i64), 1 => Just(1), 1 => Just(-1), 1 => 1_000_i64..9_000];
    let word = prop_oneof![3 => Just("SUCCESS"), 1 => Just("FAILED"), 1 => Just("PENDING")];
    let one = prop_oneof![
        6 => (0_u8..3, more, 1_usize..4).prop_map(|(number, more, times)| Happening::Paid { number, more, times }),
        1 => Just(Happening::GivenUp),
        2 => Just(Happening::Demanded),
        3 => prop::option::of(1_i64..120).prop_map(Happening::Refund),
        3 => word.prop_map(Happening::Sent),
        1 => Just(Happening::Again),
    ];
    prop::collection::vec((0..DOSSIERS, one), 20..40)
}

/// A dossier, its latest order and what it was charged.
struct Case {
    order: Order,
    charged: i64,
}

#[actix_web::test]
async fn random_happenings_leave_every_sum_right() {
    let (bank, stage) = Bank::with_stage().await;
    let mut runner = TestRunner::deterministic();
    for round in 0..ROUNDS {
        let mut cases = Vec::new();
        for number in 0..DOSSIERS {
            let fees = [(1_000 * (number as i64 + 1), true), (500, number % 2 == 0), (0, true)];
            let charged = fees.iter().map(|(amount, _)| amount).sum();
            cases.push(Case { order: stage.order_of(&fees).await, charged });
        }
        let story = happenings().new_tree(&mut runner).unwrap().current();
        for (which, happening) in &story {
            happen(&stage, &bank, &mut cases[*which], happening).await;
        }
        for case in &cases {
            assert_eq!(book(&stage, &case.order), facts(&stage, case), "round {round}: {story:#?}");
        }
        let total = "SELECT coalesce(sum(CASE side WHEN 'debit' THEN amount ELSE -amount END), 0)::text AS line FROM posting";
        assert_eq!(lines(&mut stage.test_db.connect(), total), ["0"]);
        stage.verify().await;
    }
    let kinds = "SELECT DISTINCT cause_kind AS line FROM transfer ORDER BY 1";
    let seen = lines(&mut stage.test_db.connect(), kinds);
    for kind in
        ["payment", "refund_failed", "refund_requested", "refund_sent", "refund_succeeded", "suspense"]
    {
        assert!(seen.iter().any(|seen| seen == kind), "{kind} never happened: {seen:?}");
    }
    let back = "SELECT coalesce(sum(amount), 0)::text AS line FROM refund WHERE state = 'succeeded'";
    assert_eq!(
        lines(&mut stage.test_db.connect(), back),
        [bank.gave().to_string()],
        "the bank's book is ours"
    );
}

async fn happen(stage: &Stage, bank: &Bank, case: &mut Case, happening: &Happening) {
    let (order, dossier) = (case.order.clone(), case.order.dossier_id);
    match happening {
        Happening::Paid { number, more, times } => {
            let change = |notice: &mut Callback| {
                notice.transaction = format!("GD-{}-{number}", order.reference);
                notice.amount = (order.amount + more).to_string();
            };
            let body = stage.signed(&order, change);
            for _ in 0..*times {
                stage.reply(&order, body.clone()).await;
            }
        }
        Happening::GivenUp => {
            stage.write(move |tx| motcua::payments::cancel_order(tx, dossier)).await.unwrap();
        }
        Happening::Demanded => {
            let due = stage.payment(&order).await.due;
            if due > 0 {
                case.order = stage.write(move |tx| open_order(tx, dossier, due)).await.unwrap();
            }
        }
        Happening::Refund(share) => {
            let wanted = share.map(|share| (case.charged * share / 100).max(1));
            // More than may be given back is refused, and changes nothing.
            let _ = stage.refund(&order, wanted).await;
        }
        Happening::Sent(word) => {
            bank.ends("SUCCESS");
            bank.answers(&[word]);
            stage.send_refunds().await;
        }
        Happening::Again => {
            let failed = "SELECT id::text AS line FROM refund WHERE state = 'failed'";
            for id in lines(&mut stage.test_db.connect(), failed) {
                let id = id.parse().unwrap();
                stage.write(move |tx| refund::again(tx, id)).await.unwrap();
            }
        }
    }
}

/// What the book says of a dossier: owed by the payer, owed to and by the payer together, and
/// the unit's revenue, in đồng.
fn book(stage: &Stage, order: &Order) -> [i64; 3] {
    let balance = |kinds: &str| {
        format!(
            "coalesce(sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) FILTER (WHERE account.kind IN ({kinds})), 0)"
        )
    };
    let sql = format!(
        "SELECT concat_ws(' ', {}, {}, {}) AS line
           FROM transfer JOIN posting ON transfer_id = transfer.id JOIN account ON account.id = account_id
          WHERE dossier_id = '{}'",
        balance("'receivable'"),
        balance("'receivable', 'refund_payable', 'refund_in_transit'"),
        balance("'revenue_fee'"),
        order.dossier_id
    );
    numbers(&lines(&mut stage.test_db.connect(), &sql)[0])
}

/// The same from the facts.
fn facts(stage: &Stage, case: &Case) -> [i64; 3] {
    let sql = format!(
        "SELECT concat_ws(' ',
            (SELECT coalesce(sum(amount), 0) FROM payment_order WHERE dossier_id = '{0}' AND state = 'paid'),
            (SELECT coalesce(sum(amount), 0) FROM refund WHERE dossier_id = '{0}'),
            (SELECT coalesce(sum(amount), 0) FROM refund WHERE dossier_id = '{0}' AND state = 'succeeded')) AS line",
        case.order.dossier_id
    );
    let [paid, waived, back] = numbers(&lines(&mut stage.test_db.connect(), &sql)[0]);
    assert!(back <= waived && waived <= paid && paid <= case.charged, "{paid} paid, {waived} back");
    [case.charged - paid, case.charged - waived - paid + back, waived - case.charged]
}

fn numbers(line: &str) -> [i64; 3] {
    let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}
