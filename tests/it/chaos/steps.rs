//! What each step does in the world.
use std::sync::Arc;

use jiff::SignedDuration;
use motcua::bench::money::notices::{About, Gateway, Keys, Kind, WRONG};
use motcua::simulators::book::Taken;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::{Value, json};

use super::hands::Hands;
use super::model::{Kill, Picks, Step};
use super::world::{Tally, World, add};
use crate::support::lines;

/// Most copies of one notice.
const COPIES: usize = 5;

pub fn apply(world: &mut World, step: &Step, grace: bool) {
    match step.clone() {
        Step::File(fees) => world.file(&fees.owed()),
        Step::Choose(picks, kill) => choose(world, picks, kill),
        Step::Pay(gateway, picks, kill) => {
            let chosen = picks.of(world.fees.len() - world.base);
            // With faults and kills about, who cannot pay goes away.
            try_to_pay(world, |at, fee| at == gateway && chosen.contains(&fee), kill);
        }
        Step::Tell(picks, kill) => tell(world, grace, picks, kill),
        Step::Stray(picks) => stray(world, picks),
        Step::Withdraw(picks, kill) => withdraw(world, picks, kill),
        Step::GiveBack { picks, part, kill } => give_back(world, picks, part, kill),
        Step::Dispose(picks) => dispose(world, picks),
        Step::Forward(hours) => world.forward(SignedDuration::from_hours(hours)),
        Step::Fault(gateway, dial) => world.run(world.hands.turn(gateway, &dial)),
        Step::Restart { grace, hard } => world.restart_with(grace, hard),
    }
}

/// The codes of the chosen dossiers.
fn codes(world: &World, picks: Picks) -> Vec<String> {
    let fees = &world.fees[world.base..];
    picks.of(fees.len()).into_iter().map(|number| fees[number].code.clone()).collect()
}

/// Answers that tell of a defect: none may be a failure of the server.
fn sound(answer: &(u16, Value)) {
    assert!(answer.0 < 500, "{answer:?}");
}

fn choose(world: &mut World, picks: Picks, kill: Option<Kill>) {
    let one = |code: String| {
        let hands = world.hands.clone();
        async move {
            let path = format!("/api/v1/dossiers/{code}/payment/attempts");
            sound(&hands.post(&hands.citizen, &path, None, &json!({ "gateway": "vnpay" })).await);
        }
    };
    let work = codes(world, picks).into_iter().map(one).collect();
    world.all(work, kill);
}

/// Whom the question chooses pays at that gateway, where there is a page; for each, whether the
/// payment was made.
fn try_to_pay(world: &mut World, chosen: impl Fn(Gateway, usize) -> bool, kill: Option<Kill>) -> Vec<bool> {
    let payable = world.attempts().into_iter().filter(|(fee, at, _)| chosen(*at, *fee));
    let one = |(_, gateway, attempt): (usize, Gateway, super::fees::Attempt)| {
        let (hands, page) = (world.hands.clone(), attempt.page?);
        Some(async move { hands.pay(gateway, &page, &attempt.reference).await })
    };
    let work = payable.filter_map(one).collect();
    world.all(work, kill)
}

/// The same where nothing is in the way: every payment is made.
pub fn pay(world: &mut World, chosen: impl Fn(Gateway, usize) -> bool, kill: Option<Kill>) {
    let made = try_to_pay(world, chosen, kill);
    let failed = made.iter().filter(|made| !**made).count();
    assert!(failed == 0, "{failed} of {} payments were not made", made.len());
}

/// A notice on its way.
struct Notice {
    kind: Kind,
    gateway: Gateway,
    text: String,
    /// The second copy or a later one.
    again: bool,
}

fn tell(world: &mut World, grace: bool, picks: Picks, kill: Option<Kill>) {
    let (mut random, taken) = (picks.random(), world.taken());
    let chosen = picks.of(world.fees.len() - world.base);
    let mut notices = Vec::new();
    for (fee, gateway, attempt) in world.attempts() {
        if !chosen.contains(&fee) {
            continue;
        }
        let paid = taken.get(&attempt.reference);
        let transaction =
            paid.map_or_else(|| format!("X{}", attempt.reference), |paid| paid.transaction.clone());
        let about = About { gateway, reference: attempt.reference, transaction, amount: attempt.amount };
        multiset(&world.keys, &about, paid.is_some(), &mut random, &mut notices);
    }
    notices.shuffle(&mut random);
    let one = |notice: Notice| {
        let (hands, tally, killed) = (world.hands.clone(), world.tally.clone(), kill.is_some());
        async move { deliver(&hands, &tally, notice, grace, killed).await }
    };
    let work = notices.into_iter().map(one).collect();
    world.all(work, kill);
}

/// What arrives about one payment: 0 to 5 copies of the truth where there is one, and some of
/// what is not true. Of an unpaid order nobody with the gateway's key says that money came.
fn multiset(keys: &Keys, about: &About, paid: bool, random: &mut StdRng, notices: &mut Vec<Notice>) {
    let mut put = |kind: Kind, again: bool, random: &mut StdRng| {
        let text = keys.write(kind, about, random);
        notices.push(Notice { kind, gateway: about.gateway, text, again });
    };
    if paid {
        for copy in 0..random.random_range(0..=COPIES) {
            put(Kind::Genuine, copy > 0, random);
        }
        if random.random_ratio(1, 4) {
            put(Kind::PreviousKey, false, random);
        }
        if random.random_ratio(1, 4) {
            let kind = if random.random() { Kind::OneMore } else { Kind::OneLess };
            if about.amount > 1 {
                put(kind, false, random);
            }
        }
    }
    for kind in WRONG.choose_multiple(random, 3) {
        (0..random.random_range(0..=2)).for_each(|copy| put(*kind, copy > 0, random));
    }
}

async fn deliver(hands: &Arc<Hands>, tally: &Tally, notice: Notice, grace: bool, killed: bool) {
    let Notice { kind, gateway, text, again } = notice;
    let answer = hands.tell(gateway, text.clone()).await;
    let forged = kind.is_forged() || (kind == Kind::PreviousKey && !grace);
    let genuine = matches!(kind, Kind::Genuine | Kind::PreviousKey) && !forged;
    add(&tally.callbacks, 1);
    let counter = if forged {
        &tally.forged
    } else if genuine {
        &tally.replayed
    } else {
        &tally.wrong
    };
    add(counter, usize::from(again || !genuine));
    let Some((status, answer)) = answer else {
        assert!(killed, "{kind:?} got no answer: {text}");
        return;
    };
    let allowed: &[u16] = if killed { &[200, 400, 413, 503] } else { &[200, 400, 413] };
    assert!(allowed.contains(&status), "{kind:?} got {status} {answer}: {text}");
    let taken = answer["MaLoi"] == "00" || answer["RspCode"] == "00" || answer["RspCode"] == "02";
    let told = gateway == Gateway::Vnpay && kind == Kind::NotPaid;
    assert!(genuine || told || !taken, "{kind:?} was taken: {answer}: {text}");
}

/// Payments under a reference that we never gave, and second ones of an attempt that was paid:
/// sent until they are answered.
fn stray(world: &mut World, picks: Picks) {
    let (mut random, taken) = (picks.random(), world.taken());
    let chosen = picks.of(world.fees.len() - world.base);
    let mut work = Vec::new();
    for (fee, gateway, attempt) in world.attempts() {
        let second = taken.contains_key(&attempt.reference) && random.random();
        if !chosen.contains(&fee) {
            continue;
        }
        let transaction = random.random_range(100_000_000..1_000_000_000_u64).to_string();
        let reference = if second {
            attempt.reference
        } else {
            format!("{}Z{}", &attempt.reference[..6], &transaction[..8])
        };
        let about = About { gateway, reference, transaction, amount: attempt.amount };
        let notice = world.keys.write(Kind::Genuine, &about, &mut random);
        let About { reference, transaction, amount, .. } = about;
        world.strays.push((gateway, Taken { reference, transaction, amount }));
        let hands = world.hands.clone();
        work.push(async move {
            while hands.tell(gateway, notice.clone()).await.is_none_or(|(status, _)| status != 200) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        });
    }
    add(&world.tally.callbacks, work.len());
    world.all(work, None);
}

fn withdraw(world: &mut World, picks: Picks, kill: Option<Kill>) {
    let one = |code: String| {
        let hands = world.hands.clone();
        async move {
            let (_, dossier) = hands.get(&hands.citizen, &format!("/api/v1/dossiers/{code}")).await;
            let path = format!("/api/v1/dossiers/{code}/actions");
            let version = dossier["version"].as_i64();
            sound(&hands.post(&hands.citizen, &path, version, &json!({ "action": "withdraw" })).await);
        }
    };
    let work = codes(world, picks).into_iter().map(one).collect();
    world.all(work, kill);
}

/// New refunds, and those that failed once more.
fn give_back(world: &mut World, picks: Picks, part: bool, kill: Option<Kill>) {
    let mut random = picks.random();
    let mut asked: Vec<(String, Value)> = Vec::new();
    for code in codes(world, picks) {
        let mut body = json!({ "reason": "Nộp thừa" });
        if part {
            body["amount"] = random.random_range(1..50_000).into();
        }
        asked.push((format!("/api/v1/dossiers/{code}/refunds"), body));
    }
    let failed = "SELECT id::text AS line FROM refund WHERE state = 'failed'";
    for id in lines(&mut world.portal.database(), failed) {
        asked.push((format!("/api/v1/payments/refunds/{id}/retry"), json!({})));
    }
    let one = |(path, body): (String, Value)| {
        let hands = world.hands.clone();
        async move { sound(&hands.post(&hands.cashier, &path, None, &body).await) }
    };
    let work = asked.into_iter().map(one).collect();
    world.all(work, kill);
}

/// The till gives late money back, or applies it to what some dossier owes. An amount that was
/// told wrongly is left alone: the right one is still to come.
fn dispose(world: &mut World, picks: Picks) {
    let mut random = picks.random();
    let list = world.run(world.hands.get(&world.hands.cashier, "/api/v1/payments/suspense?limit=100"));
    assert_eq!(list.0, 200, "{list:?}");
    let fees = &world.fees[world.base..];
    let items = list.1["items"].as_array().cloned().unwrap_or_default();
    let mut work = Vec::new();
    for item in items.into_iter().filter(|item| item["reason"] != "wrong_amount") {
        if random.random::<u8>() > picks.share {
            continue;
        }
        let mut body = json!({ "to": "payer", "reason": "Trả lại" });
        if random.random() {
            let code = &fees.choose(&mut random).expect("there are fees").code;
            body = json!({ "to": "dossier", "dossier": code, "reason": "Nộp cho hồ sơ" });
        }
        let (hands, id) = (world.hands.clone(), item["id"].as_str().unwrap().to_owned());
        work.push(async move {
            let path = format!("/api/v1/payments/suspense/{id}/moves");
            sound(&hands.post(&hands.cashier, &path, None, &body).await);
        });
    }
    world.all(work, None);
}
