//! Booking: a fact once, whole or not at all.
use motcua::auth::Actor;
use motcua::clock::Clock;
use motcua::db::{Db, DbLimits};
use motcua::ledger::{Account, Cause, Entry, Kind, Levy, Payer, book, book_all};
use uuid::Uuid;

use crate::support::{TestDb, lines};

fn door(db: &TestDb) -> Db {
    let limits = DbLimits { pool_size: 16, checkout_ms: 10_000, ..DbLimits::default() };
    Db::connect(db.url(), &limits, Clock::default()).unwrap()
}

fn charge(cause: Uuid, payer: u128, amount: i64) -> Entry {
    let debit = Account::Receivable(Payer::Person(Uuid::from_u128(payer)));
    let credit = Account::Revenue { unit_id: Uuid::from_u128(7), levy: Levy::Fee };
    Entry::of(Kind::Charge, Cause { kind: "charge", id: cause }, "Lệ phí", debit, credit, amount)
}

// Mutant: give every booking a cause of its own.
#[test]
fn a_fact_that_is_told_by_many_at_once_is_booked_once() {
    let db = TestDb::new();
    let door = door(&db);
    for _ in 0..5 {
        let entry = charge(Uuid::now_v7(), 1, 7000);
        let booked: usize = std::thread::scope(|scope| {
            let tell = || door.write_blocking(&Actor::system("test"), |tx| book(tx, &entry)).unwrap();
            let told: Vec<_> = (0..16).map(|_| scope.spawn(tell)).collect();
            told.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
        });
        assert_eq!(booked, 1);
    }
    let sums = "SELECT concat_ws(' ', kind, side, count(*), sum(amount)) AS line
                  FROM posting JOIN account ON account.id = account_id GROUP BY kind, side ORDER BY 1";
    assert_eq!(lines(&mut db.connect(), sums), ["receivable debit 5 35000", "revenue_fee credit 5 35000"]);
}

#[test]
fn many_are_booked_in_one_statement_and_the_known_are_left_out() {
    let db = TestDb::new();
    let door = door(&db);
    let entries: Vec<Entry> = (1..=4).map(|n| charge(Uuid::from_u128(n), n, 1000)).collect();
    let write = |entries: &[Entry]| door.write_blocking(&Actor::system("test"), |tx| book_all(tx, entries));
    assert_eq!(write(&entries[..2]).unwrap(), 4);
    assert_eq!(write(&entries).unwrap(), 4, "two are new, of two postings each");
    let unequal = Entry { lines: entries[0].lines[..1].to_vec(), ..entries[0].clone() };
    assert!(write(&[charge(Uuid::from_u128(9), 9, 1000), unequal]).is_err());
    assert_eq!(lines(&mut db.connect(), "SELECT count(*)::text AS line FROM transfer"), ["4"]);
}
