//! Random dossiers × faults of messages: told twice, late, in any order, truncated, with a wrong
//! key, about a stranger. At the end our book is the one that the tax side and the treasury have,
//! to the đồng, and nothing was released early.
use motcua::national::tax::{NoticeRow, Standing};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::stage::{
    CONFIRMATIONS, KEY, Land, NOTICES, PAYMENTS, Person, cancel, confirmation, instead, notices, payment, row,
};

/// Dossiers that are played; `MOTCUA_LAND_TAX_CASES` plays more.
const CASES: usize = 100;

/// A message with where it goes.
#[derive(Clone)]
struct Sent {
    path: &'static str,
    body: String,
    /// It must be taken in the end.
    good: bool,
}

/// What the tax side's book says at the end: đồng of payments, and of obligations that hold.
#[derive(Default)]
struct Book {
    paid: i64,
    owed: i64,
}

#[actix_web::test]
async fn the_books_agree_whatever_happens_to_the_messages() {
    let cases = std::env::var("MOTCUA_LAND_TAX_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let land = Land::new().await;
    let mut played = Vec::new();
    for seed in 0..cases {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let dossier = land.unsent().await;
        land.stage
            .event(dossier, "send_to_tax", 4, serde_json::json!({}), &[motcua::dossiers::jobs::TAX_SLIP])
            .await;
        if seed % 25 == 24 || seed + 1 == cases {
            land.stage.work().await;
        }
        played.push((seed, dossier, random.random::<u64>()));
    }
    let mut books = Vec::new();
    for (seed, dossier, more) in &played {
        let mut random = StdRng::seed_from_u64(*more);
        let (book, messages) = story(&land, &mut random, *dossier);
        deliver(&land, &mut random, &messages, *seed).await;
        books.push((*seed, *dossier, book));
    }
    for _ in 0..6 {
        land.stage.work().await;
        land.stage.wake();
    }
    for (seed, dossier, book) in books {
        compare(&land, seed, dossier, &book);
    }
    land.verify().await;
}

/// What the tax side tells of a dossier, in the order in which it happened.
fn story(land: &Land, random: &mut StdRng, dossier: Uuid) -> (Book, Vec<Sent>) {
    let (code, (seller, buyer)) = (land.code(dossier), land.sides());
    let (mut book, mut told) = (Book::default(), Vec::new());
    let mut say = |rows: Vec<NoticeRow>, id: &str| {
        let body = notices(KEY, &code, Some(&format!("{code}{id}")), rows).write();
        told.push(Sent { path: NOTICES, body, good: true });
    };
    for (who, item) in [(&seller, "1006"), (&buyer, "2801"), (&buyer, "1401")] {
        let amount = random.random_range(1..5_000) * 1_000;
        let number = format!("TB-{item}");
        say(vec![row(who, &number, item, amount)], &number);
        match random.random_range(0..5) {
            0 => {
                let (other, lower) = (format!("TB-{item}-2"), random.random_range(1..5_000) * 1_000);
                say(vec![instead(who, &other, item, lower, &number)], &other);
                book.owed += lower;
            }
            1 => say(vec![cancel(who, &number, item)], &format!("{number}-huy")),
            _ => book.owed += amount,
        }
    }
    for (who, item) in [(&seller, "1006"), (&buyer, "2801"), (&buyer, "1401")] {
        for part in 0..random.random_range(0..3) {
            let amount = random.random_range(1..4_000) * 1_000;
            let reference = format!("{code}-{item}-{part}");
            let body = payment(&code, who, &format!("TB-{item}"), amount, &reference).write();
            told.push(Sent { path: PAYMENTS, body, good: true });
            book.paid += amount;
        }
    }
    (book, told)
}

/// In any order, some twice, with wrong ones between them.
async fn deliver(land: &Land, random: &mut StdRng, messages: &[Sent], seed: usize) {
    let stranger = Person { number: "022099000099".to_owned(), name: "Người Lạ".to_owned() };
    let mut all = messages.to_vec();
    for message in messages {
        match random.random_range(0..6) {
            0 => all.push(message.clone()),
            1 => all.push(Sent {
                body: message.body[..message.body.len() / 2].to_owned(),
                good: false,
                ..message.clone()
            }),
            2 => all.push(Sent { body: message.body.replace(KEY, "sai"), good: false, ..message.clone() }),
            3 => {
                let body = payment("H49.61.01-261005-0000", &stranger, "TB-1006", 1_000, "X").write();
                all.push(Sent { path: PAYMENTS, body, good: false });
            }
            _ => {}
        }
    }
    all.shuffle(random);
    for message in all {
        let (status, code) = land.post_raw(message.path, message.body.clone()).await;
        assert_eq!(code == "00", message.good, "case {seed}: {status} {code} {}", message.body);
    }
}

fn compare(land: &Land, seed: usize, dossier: Uuid, book: &Book) {
    let number = |sql: &str| -> i64 {
        land.stage.lines(&format!("SELECT ({sql})::text AS line")).remove(0).parse().unwrap()
    };
    let owed = number(&format!(
        "SELECT coalesce(sum(amount), 0) FROM claim WHERE dossier_id = '{dossier}' AND closed_at IS NULL"
    ));
    assert_eq!(owed, book.owed, "case {seed}: what is owed");
    // Every đồng counts for a claim that stands, or is known as paid too much.
    let counted = number(&format!(
        "SELECT coalesce(sum(CASE WHEN to_claim.id IS NOT NULL AND to_claim.closed_at IS NULL THEN e.amount ELSE 0 END), 0)
           FROM claim_entry e LEFT JOIN claim to_claim ON to_claim.id = e.claim_id
          WHERE to_claim.dossier_id = '{dossier}'"
    ));
    let over = number(&format!(
        "SELECT coalesce((SELECT sum(over) FROM land_tax_document WHERE dossier_id = '{dossier}'), 0)
              + coalesce((SELECT sum(over) FROM land_tax_notice WHERE dossier_id = '{dossier}'), 0)"
    ));
    assert_eq!(counted + over, book.paid, "case {seed}: what was paid");
    let waiting = number(&format!(
        "SELECT count(*) FROM land_tax_document WHERE dossier_id = '{dossier}' AND applied_at IS NULL"
    ));
    assert_eq!(waiting, 0, "case {seed}: a payment waits for a notice that has come");
    let open = number(&format!(
        "SELECT count(*) FROM land_tax_notice n JOIN claim c ON c.id = n.claim_id
          WHERE n.dossier_id = '{dossier}' AND n.state IN ('open', 'debt')
            AND c.amount <= (SELECT coalesce(sum(amount), 0) FROM claim_entry WHERE claim_id = c.id)"
    ));
    assert_eq!(open, 0, "case {seed}: a paid notice is open");
    assert_eq!(land.step(dossier), "await_tax_payment", "case {seed}: nobody confirmed");
}

/// Confirmed before, between and after: a dossier is released when nothing is open, and not else.
#[actix_web::test]
async fn nothing_is_released_with_an_open_obligation() {
    let land = Land::new().await;
    for seed in 0..8_u64 {
        let mut random = StdRng::seed_from_u64(1_000 + seed);
        let dossier = land.dossier().await;
        let (_, mut messages) = story(&land, &mut random, dossier);
        let code = land.code(dossier);
        let confirm = confirmation(&code, &format!("{code}-C"), Standing::Met, Vec::new()).write();
        messages.insert(
            random.random_range(0..=messages.len()),
            Sent { path: CONFIRMATIONS, body: confirm, good: true },
        );
        for message in messages {
            land.post_raw(message.path, message.body).await;
            land.stage.work().await;
            let open = land.stage.lines(&format!(
                "SELECT count(*)::text AS line FROM land_tax_notice WHERE dossier_id = '{dossier}' AND state = 'open'"
            ));
            let released = land.step(dossier) == "certifying";
            let before = land.stage.lines(&format!(
                "SELECT count(*)::text AS line FROM dossier_event e JOIN land_tax_notice n ON n.dossier_id = e.dossier_id
                  WHERE e.dossier_id = '{dossier}' AND e.action = 'confirm_payment' AND n.state = 'open'
                    AND n.received_at < e.at"
            ));
            assert!(!released || open == ["0"] || before == ["0"], "seed {seed}");
        }
    }
}
