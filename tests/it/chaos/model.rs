//! The reference state: which fees there are, and what payers, cashiers, gateways and the
//! machine's fate do to them. What must come of it is judged by the books (`world`).
use std::collections::BTreeSet;

use motcua::bench::money::notices::Gateway;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Fees at the beginning of a case.
const FEES: usize = 600;
/// Fees that may come later at once.
const MORE: usize = 60;
/// Most hours that one step puts the clock forward: orders at VNPAY end, those at the platform
/// (a month) after many steps.
const HOURS: i64 = 24 * 20;

/// What a dossier owes: phí and lệ phí, each in đồng (0: none) and refundable or not.
pub type Owed = [(i64, bool); 2];

/// So many fees, drawn by the seed.
#[derive(Debug, Clone, Copy)]
pub struct Fees {
    pub count: usize,
    pub seed: u64,
}

impl Fees {
    /// From one đồng to a few million, odd ones too.
    pub fn owed(self) -> Vec<Owed> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut owed = |_| {
            let levy = if random.random_ratio(2, 5) { random.random_range(1..100_000) } else { 0 };
            let fee = random.random_range(1..3_000_000);
            [(fee, random.random_ratio(7, 10)), (levy, random.random_ratio(7, 10))]
        };
        (0..self.count).map(&mut owed).collect()
    }
}

/// Which part of the fees a step is about: about `share` of 256, drawn by the seed.
#[derive(Debug, Clone, Copy)]
pub struct Picks {
    pub share: u8,
    pub seed: u64,
}

impl Picks {
    pub fn random(self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// The chosen ones of so many.
    pub fn of(self, count: usize) -> BTreeSet<usize> {
        let mut random = self.random();
        (0..count).filter(|_| random.random::<u8>() < self.share).collect()
    }
}

/// When the server is killed while a step is under way, in milliseconds after its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    pub after: u64,
    /// PostgreSQL too, as if the power failed.
    pub hard: bool,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// New dossiers that owe fees, with an order opened.
    File(Fees),
    /// A payer chooses VNPAY, beside the platform or after the order expired.
    Choose(Picks, Option<Kill>),
    /// Payers pay at a gateway.
    Pay(Gateway, Picks, Option<Kill>),
    /// A multiset of notices, true and untrue, in any order.
    Tell(Picks, Option<Kill>),
    /// The gateways tell of payments that are not in their own book.
    Stray(Picks),
    /// Applicants withdraw.
    Withdraw(Picks, Option<Kill>),
    /// The cashier gives money back: in part, or all that may be.
    GiveBack { picks: Picks, part: bool, kill: Option<Kill> },
    /// The till says what money in suspense is.
    Dispose(Picks),
    /// Hours go by.
    Forward(i64),
    /// The gateway's dial is turned.
    Fault(Gateway, Value),
    /// The server is started anew; does it still take the key of last year?
    Restart { grace: bool, hard: bool },
}

/// The reference state.
#[derive(Debug, Clone)]
pub struct Model {
    /// How many fees there are.
    pub fees: usize,
    /// Those of the beginning.
    pub first: Fees,
    /// Fees that somebody paid, at least by the plan: what nobody paid must stay unpaid.
    pub payers: BTreeSet<(Gateway, usize)>,
    /// Attempts at VNPAY were begun for these.
    pub chosen: BTreeSet<usize>,
    pub withdrawn: BTreeSet<usize>,
    /// Notices signed with the key of last year count.
    pub grace: bool,
    pub hours: i64,
}

pub struct Chaos;

impl ReferenceStateMachine for Chaos {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let model = |seed| Model {
            fees: FEES,
            first: Fees { count: FEES, seed },
            payers: BTreeSet::new(),
            chosen: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            grace: true,
            hours: 0,
        };
        any::<u64>().prop_map(model).no_shrink().boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        let gateway = || prop_oneof![Just(Gateway::National), Just(Gateway::Vnpay)];
        Union::new_weighted(vec![
            (6, (gateway(), picks(90), kill()).prop_map(|(g, p, k)| Step::Pay(g, p, k)).boxed()),
            (5, (picks(60), kill()).prop_map(|(p, k)| Step::Tell(p, k)).boxed()),
            (3, (picks(60), kill()).prop_map(|(p, k)| Step::Choose(p, k)).boxed()),
            (2, (0..=HOURS).prop_map(Step::Forward).boxed()),
            (2, (picks(20), any::<bool>(), kill()).prop_map(give_back).boxed()),
            (1, (picks(12), kill()).prop_map(|(p, k)| Step::Withdraw(p, k)).boxed()),
            (1, picks(120).prop_map(Step::Dispose).boxed()),
            (1, picks(8).prop_map(Step::Stray).boxed()),
            (3, (gateway(), dial()).prop_map(|(g, d)| Step::Fault(g, d)).boxed()),
            (
                1,
                (any::<bool>(), any::<bool>())
                    .prop_map(|(grace, hard)| Step::Restart { grace, hard })
                    .boxed(),
            ),
            (1, (1..=MORE, any::<u64>()).prop_map(|(count, seed)| Step::File(Fees { count, seed })).boxed()),
        ])
        .boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        match step {
            Step::File(fees) => model.fees += fees.count,
            Step::Choose(picks, _) => model.chosen.extend(picks.of(model.fees)),
            Step::Pay(gateway, picks, _) => {
                let all = picks.of(model.fees).into_iter().map(|fee| (*gateway, fee));
                model.payers.extend(all);
            }
            Step::Withdraw(picks, _) => model.withdrawn.extend(picks.of(model.fees)),
            Step::Forward(hours) => model.hours += hours,
            Step::Restart { grace, .. } => model.grace = *grace,
            Step::Tell(..) | Step::Stray(_) | Step::GiveBack { .. } | Step::Dispose(_) | Step::Fault(..) => {}
        }
        model
    }

    /// Nobody can tell of, or give back, what was not paid.
    fn preconditions(model: &Model, step: &Step) -> bool {
        match step {
            Step::Pay(Gateway::Vnpay, ..) => !model.chosen.is_empty(),
            Step::GiveBack { .. } | Step::Dispose(_) | Step::Stray(_) => !model.payers.is_empty(),
            _ => true,
        }
    }
}

fn give_back((picks, part, kill): (Picks, bool, Option<Kill>)) -> Step {
    Step::GiveBack { picks, part, kill }
}

fn picks(share: u8) -> impl Strategy<Value = Picks> {
    any::<u64>().prop_map(move |seed| Picks { share, seed }).no_shrink()
}

fn kill() -> impl Strategy<Value = Option<Kill>> {
    let kill = (0..900_u64, prop::bool::weighted(0.25)).prop_map(|(after, hard)| Kill { after, hard });
    prop::option::weighted(0.15, kill)
}

/// The faults of a gateway: how its notices travel, how it answers, what becomes of refunds.
fn dial() -> impl Strategy<Value = Value> {
    let travel = prop_oneof![
        Just(json!({})),
        Just(json!({ "drop_callbacks": true })),
        Just(json!({ "duplicate": 4 })),
        Just(json!({ "reorder": 7, "duplicate": 1 })),
        Just(json!({ "wrong_amount": 1 })),
        Just(json!({ "wrong_amount": -1 })),
        Just(json!({ "forged": true })),
        Just(json!({ "altered": true })),
        Just(json!({ "other_currency": true })),
        Just(json!({ "other_partner": true })),
        Just(json!({ "clock_skew": -7200 })),
        Just(json!({ "outage": true })),
    ];
    let answers = prop_oneof![
        3 => Just(json!({})),
        1 => Just(json!({ "errors": 10 })),
        1 => Just(json!({ "lose_answers": 10 })),
        1 => Just(json!({ "delay_ms": 20 })),
    ];
    let refunds = prop_oneof![
        2 => Just(json!({})),
        1 => Just(json!({ "refund_pending": 2 })),
        1 => Just(json!({ "refund_fails": true })),
    ];
    (travel, answers, refunds, 0..=2_u8, any::<u64>()).prop_map(|(travel, answers, refunds, spared, seed)| {
        let mut all = json!({ "spared": f64::from(spared) / 4.0, "seed": seed });
        for part in [travel, answers, refunds] {
            all.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        all
    })
}
