//! The three books, laid side by side.
use std::collections::BTreeMap;

use super::world::{Line, World};

/// Dossier, notice, instalment.
type Key = (String, String, i16);

/// A row of ours.
#[derive(Debug)]
struct Row {
    taxpayer: String,
    state: String,
    amount: i64,
    counted: i64,
}

/// What we know of the money, in đồng.
#[derive(Default)]
struct Ours {
    rows: BTreeMap<Key, Row>,
    /// Paid elsewhere beyond what is owed, by the notice in force.
    over: BTreeMap<Key, i64>,
}

pub async fn compare(world: &mut World) {
    let ours = ours(world);
    let book = world.book().await;
    for line in &book.lines {
        let replaced = book.lines.iter().any(|other| other.replaces.as_ref() == Some(&line.notice));
        same(&ours, line, replaced);
    }
    let known = |key: &Key| book.lines.iter().any(|line| of(line) == *key);
    let strange: Vec<&Key> = ours.rows.keys().chain(ours.over.keys()).filter(|key| !known(key)).collect();
    assert!(strange.is_empty(), "the office does not know {strange:?}");
    let counted: i64 = ours.rows.values().map(|row| row.counted).sum();
    let over: i64 = ours.over.values().sum();
    treasury(world, counted + over, book.lines.iter().map(|line| line.paid).sum()).await;
    world.tally.add("đồng equal in all three books", counted + over);
    world.tally.add("đồng over", over);
    world.tally.add("notices", book.lines.len() as i64);
    let released = world.released();
    world.tally.add("released", released.len() as i64);
    let kept = world.lives.iter().find(|life| !life.recalled && !released.contains(&life.code));
    if let Some(life) = kept {
        panic!("{} is met and was not released: {:?}", life.code, world.land.rows(life.id));
    }
    messages(world).await;
    world.land.verify().await;
}

fn of(line: &Line) -> Key {
    (line.dossier.clone(), line.notice.clone(), line.instalment)
}

fn ours(world: &World) -> Ours {
    let number = |text: &str| text.parse::<i64>().unwrap();
    let stage = &world.land.stage;
    let split = |line: String| line.split('|').map(str::to_owned).collect::<Vec<String>>();
    let ends: BTreeMap<(String, String), String> = stage
        .lines(
            "SELECT d.code || '|' || e.notice_no || '|' || e.by_no AS line FROM land_tax_end e
               JOIN dossier d ON d.id = e.dossier_id WHERE e.by_no <> ''",
        )
        .into_iter()
        .map(split)
        .map(|part| ((part[0].clone(), part[1].clone()), part[2].clone()))
        .collect();
    let mut ours = Ours::default();
    for part in stage
        .lines(
            "SELECT d.code || '|' || n.notice_no || '|' || n.instalment || '|' || n.taxpayer_no || '|' || n.state || '|'
                    || n.amount || '|' || (
                        coalesce((SELECT sum(amount) FROM claim_entry WHERE claim_id = n.claim_id), 0)
                      - coalesce((SELECT sum(amount) FROM claim_entry WHERE from_claim_id = n.claim_id), 0)) AS line
               FROM land_tax_notice n JOIN dossier d ON d.id = n.dossier_id",
        )
        .into_iter()
        .map(split)
    {
        let key = (part[0].clone(), part[1].clone(), part[2].parse().unwrap());
        let (taxpayer, state) = (part[3].clone(), part[4].clone());
        ours.rows.insert(key, Row { taxpayer, state, amount: number(&part[5]), counted: number(&part[6]) });
    }
    for part in stage
        .lines(
            "SELECT d.code || '|' || o.notice_no || '|' || o.instalment || '|' || o.over AS line
               FROM (SELECT dossier_id, notice_no, coalesce(instalment, 1) AS instalment,
                            CASE WHEN applied_at IS NULL THEN amount ELSE over END AS over FROM land_tax_document
                      UNION ALL SELECT dossier_id, notice_no, instalment, over FROM land_tax_notice) AS o
               JOIN dossier d ON d.id = o.dossier_id WHERE o.over > 0",
        )
        .into_iter()
        .map(split)
    {
        let mut notice = part[1].clone();
        while let Some(by) = ends.get(&(part[0].clone(), notice.clone())) {
            notice.clone_from(by);
        }
        let key = (part[0].clone(), notice, part[2].parse().unwrap());
        *ours.over.entry(key).or_default() += number(&part[3]);
    }
    ours
}

/// A line of the office and ours: the same state, the same đồng.
fn same(ours: &Ours, line: &Line, replaced: bool) {
    let over = ours.over.get(&of(line)).copied().unwrap_or_default();
    let Some(row) = ours.rows.get(&of(line)) else {
        // It was determined by a slip that was recalled before the notice came.
        assert!(!line.stands && over == line.paid, "we do not know {line:?}");
        return;
    };
    let state = match line {
        _ if replaced => "replaced",
        Line { stands: false, .. } => "cancelled",
        Line { owed: 0, .. } => "zero",
        _ if line.open() == 0 => "paid",
        Line { recorded: true, .. } => "debt",
        _ => "open",
    };
    let owed = if line.stands { row.amount } else { 0 };
    assert_eq!(
        (row.taxpayer.as_str(), row.state.as_str(), owed, row.counted + over),
        (line.taxpayer.as_str(), state, line.owed, line.paid),
        "{row:?} and {over} over, at the office {line:?}"
    );
    assert!(row.counted <= row.amount, "{row:?}");
}

/// What arrived at the treasury, by the platform and by other ways, less what went back.
async fn treasury(world: &mut World, ours: i64, office: i64) {
    let number = |sql: &str| world.land.stage.lines(sql).remove(0).parse::<i64>().unwrap();
    let here = number(
        "SELECT coalesce(sum(CASE kind WHEN 'order' THEN amount ELSE -amount END), 0)::text AS line FROM claim_entry
          WHERE kind = 'order' OR kind = 'returned' AND payment_id IS NOT NULL",
    );
    let elsewhere =
        number("SELECT coalesce(sum(amount), 0)::text AS line FROM land_tax_document WHERE NOT own");
    let treasury = world.shown("/tax/treasury").await["total"].as_i64().unwrap();
    assert_eq!(
        (ours, office, here + elsewhere),
        (treasury, treasury, treasury),
        "ours, the office's, by entries"
    );
    // The platform took what paid an order, and what came too late for one; all that was to go back went.
    let platform = world.shown("/payment/book").await;
    let sum = |list: &str| -> i64 {
        platform[list].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).sum()
    };
    let unused = number(
        "SELECT coalesce(sum(amount), 0)::text AS line FROM gateway_payment WHERE outcome <> 'settled'",
    );
    let entries =
        number("SELECT coalesce(sum(amount), 0)::text AS line FROM claim_entry WHERE kind = 'order'");
    let back = number(
        "SELECT coalesce(sum(amount), 0)::text AS line FROM claim_entry WHERE kind = 'returned' AND payment_id IS NOT NULL",
    );
    let refunds =
        number("SELECT coalesce(sum(amount), 0)::text AS line FROM refund WHERE state = 'succeeded'");
    let twice = number(
        "SELECT coalesce(sum(amount), 0)::text AS line FROM gateway_payment WHERE outcome = 'paid_twice'",
    );
    assert_eq!(sum("payments"), entries + unused, "the platform's payments");
    assert_eq!((sum("refunds"), back + twice), (refunds, refunds), "what went back");
    world.tally.add("đồng given back", refunds);
    world.tally.add("đồng that came too late here", unused);
}

/// What was sent, and what of it was wrong: none of that was taken.
async fn messages(world: &mut World) {
    let shown = world.shown("/tax/deliveries").await;
    let recalled: Vec<&String> =
        world.lives.iter().filter(|life| life.recalled).map(|life| &life.code).collect();
    let mut tally = BTreeMap::new();
    let mut add = |what: &str, count: i64| *tally.entry(what.to_owned()).or_insert(0) += count;
    for message in shown.as_array().unwrap() {
        let of_recalled = recalled.iter().any(|code| message["dossier"] == ***code);
        assert!(message["accepted"] == true || of_recalled, "never taken: {message}");
        add("messages", 1);
        add("messages refused for good", i64::from(message["given_up"] == true));
        add("attempts beyond one", message["attempts"].as_i64().unwrap() - 1);
        for stray in message["strays"].as_array().unwrap() {
            let (what, answer) = (stray["what"].as_str().unwrap(), stray["answer"].as_str().unwrap());
            add(what, 1);
            let about_nobody = message["operation"] == "ImportXacNhanNghiaVu" && what == "wrong_taxpayer";
            assert!(!answer.starts_with("00") || about_nobody, "{what} was taken: {message}");
        }
    }
    let logged = world.land.stage.lines(
        "SELECT coalesce(sum(repeats), 0) || ' ' || count(*) FILTER (WHERE NOT taken) AS line FROM land_tax_message",
    );
    let (repeats, refused) = logged[0].split_once(' ').unwrap();
    add("repeated messages", repeats.parse().unwrap());
    add("refusals in the log", refused.parse().unwrap());
    tally.iter().for_each(|(what, count)| world.tally.add(what, *count));
}
