//! The promise about money: whatever payers, gateways, strangers and the machine do, every đồng
//! that a gateway took is booked once, and settles, waits or goes back.
//!
//! A state machine of proptest acts on the real binary, which is killed meanwhile, and on the
//! simulators of two gateways. What a case does follows a seed that is printed (`CHAOS_SEED`
//! sets it); a failure prints the steps that are left after a little shrinking.
mod fees;
mod hands;
mod model;
mod steps;
mod world;

use std::sync::{Mutex, PoisonError};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use model::{Chaos, Fees, Model, Picks, Step};
use motcua::bench::money::notices::Gateway;
use serde_json::json;
use world::World;

/// Sequences of steps, and how long they are. With 600 fees each: more than 2,000 in all.
const CASES: u32 = 4;
const STEPS: std::ops::Range<usize> = 14..18;
/// A case takes half a minute: few tries to make a failure smaller.
const SHRINKS: u32 = 3;

/// A world that came through a case is that of the next one, too.
static WORLD: Mutex<Option<World>> = Mutex::new(None);

struct Trial;

impl StateMachineTest for Trial {
    type SystemUnderTest = World;
    type Reference = Chaos;

    fn init_test(model: &Model) -> World {
        let kept = WORLD.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut world = kept.unwrap_or_else(World::new);
        world.restart_with(model.grace, false);
        world.base = world.fees.len();
        world.file(&model.first.owed());
        world.until_pages();
        world
    }

    fn apply(mut world: World, model: &Model, step: Step) -> World {
        steps::apply(&mut world, &step, model.grace);
        world
    }

    /// All is brought to an end, and compared.
    fn teardown(mut world: World, model: Model) {
        world.quiesce();
        let differences = world.differences(&model.payers);
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
        println!("{}", world.summary());
        *WORLD.lock().unwrap_or_else(PoisonError::into_inner) = Some(world);
    }
}

/// No notice ever comes: whoever asks finds every payment.
#[test]
fn payments_of_which_nobody_told_are_all_found() {
    let mut world = World::new();
    for gateway in Gateway::ALL {
        world.run(world.hands.turn(gateway, &json!({ "drop_callbacks": true })));
    }
    world.file(&Fees { count: 120, seed: 1 }.owed());
    let some = Picks { share: 128, seed: 2 };
    steps::apply(&mut world, &Step::Choose(some, None), true);
    world.until_pages();
    let at_vnpay = some.of(120);
    let paid = |gateway, fee: &usize| (gateway == Gateway::Vnpay) == at_vnpay.contains(fee);
    steps::pay(&mut world, |gateway, fee| paid(gateway, &fee), None);
    assert_eq!(world.settled(), 0, "nobody told of them");
    world.quiesce();
    let payers = (0..120).flat_map(|fee| Gateway::ALL.map(|gateway| (gateway, fee))).collect();
    assert_eq!(world.differences(&payers), [""; 0]);
    assert_eq!(world.settled(), 120);
    println!("100 % of the callbacks lost: {}", world.summary());
}

#[test]
fn every_dong_is_explained_whatever_happens() {
    let seed: u64 = std::env::var("CHAOS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_122);
    println!("CHAOS_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config =
        Config { cases: CASES, max_shrink_iters: SHRINKS, failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config.clone(), random);
    let ended = runner.run(&Chaos::sequential_strategy(STEPS), |(model, steps, seen)| {
        Trial::test_sequential(config.clone(), model, steps, seen);
        Ok(())
    });
    let world = WORLD.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Err(failure) = ended {
        panic!("CHAOS_SEED={seed}: {failure}");
    }
    let fees = world.expect("the last case left its world").fees.len();
    assert!(fees >= 2_000, "{fees} fees");
}
