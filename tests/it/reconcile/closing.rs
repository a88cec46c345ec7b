//! A day is closed between two bookings, once, and what comes later is booked later.
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use futures_util::future::join_all;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use motcua::auth::Actor;
use motcua::clock::{Clock, vietnam};
use motcua::db::{Db, DbLimits, to_sql};
use motcua::error::Result;
use motcua::payments::OrderState;
use motcua::reconcile::close::{Figures, Place, close, place, shut};
use uuid::Uuid;

use super::files::today;
use crate::payments::stage::Stage;
use crate::support::{lines, somebody_waits};

const UNIT: &str = "H49.61";
const PROVINCE: &str = "H49";

/// A portal whose clock stands shortly before midnight, and somebody who closes right after it.
struct Night {
    stage: Stage,
    closer: Db,
    day: Date,
}

impl Night {
    async fn new() -> Self {
        let stage = Stage::new().await;
        stage
            .test_db
            .connect()
            .batch_execute(
                "INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, valid_from, search)
                 SELECT gen_random_uuid(), 'H49', '000.00.00.H49', 'UBND tỉnh Quảng Ninh', 'Quảng Ninh', kind,
                        'province', true, valid_from, '' FROM agency WHERE code = 'H49.61';
                 UPDATE agency SET parent_id = (SELECT id FROM agency WHERE code = 'H49') WHERE code = 'H49.61'",
            )
            .unwrap();
        let (day, clock) = (today(), Clock::default());
        stage.db.clock.set(Some(midnight_after(day) - SignedDuration::from_secs(1)));
        clock.set(Some(midnight_after(day) + SignedDuration::from_secs(1)));
        let limits = DbLimits { lock_timeout_ms: 20_000, checkout_ms: 10_000, ..DbLimits::default() };
        let closer = Db::connect(stage.test_db.url(), &limits, clock).unwrap();
        Self { stage, closer, day }
    }

    fn place(&self, code: &str) -> Place {
        let code = code.to_owned();
        self.closer.read_blocking(|conn| place(conn, &code)).unwrap().unwrap()
    }

    async fn close(&self, code: &str, day: Date) -> Result<Uuid> {
        let (place, actor) = (self.place(code), Actor::system("test"));
        let first = place.clone();
        self.closer.write(&actor, move |tx| shut(tx, &first, day)).await?;
        self.closer.write(&actor, move |tx| close(tx, &place, day)).await
    }

    fn figures(&self, id: Uuid) -> Figures {
        let sql = format!("SELECT text AS line FROM day_close WHERE id = '{id}'");
        Figures::read(&lines(&mut self.stage.test_db.connect(), &sql)[0]).unwrap().1
    }

    /// Number and sum of the payments in a close.
    fn payments(&self, id: Uuid) -> (i64, i64) {
        let figures = self.figures(id);
        let payments = figures.lines.iter().filter(|line| line.kind == "payment");
        payments.fold((0, 0), |(count, sum), line| (count + line.count, sum + line.amount))
    }

    /// Number of payments in the book of a day.
    fn booked(&self, day: Date) -> i64 {
        let sql =
            format!("SELECT cause_id::text AS line FROM transfer WHERE kind = 'payment' AND day = '{day}'");
        lines(&mut self.stage.test_db.connect(), &sql).len() as i64
    }

    async fn paid(&self) {
        let order = self.stage.order().await;
        let time = motcua::national::wire_time(Timestamp::now());
        let notice = self.stage.signed(&order, |notice| notice.time = time);
        assert_eq!(self.stage.reply(&order, notice).await, "00");
        assert_eq!(self.stage.state(&order).await, OrderState::Paid);
    }
}

fn midnight_after(day: Date) -> Timestamp {
    day.tomorrow().unwrap().to_zoned(vietnam()).unwrap().timestamp()
}

/// A transfer of one đồng on a day, as the application could write it past our code.
fn transfer(day: Date) -> String {
    let id = Uuid::now_v7();
    format!(
        "INSERT INTO transfer (id, kind, cause_kind, cause_id, day, reason, booked_at, actor)
         VALUES ('{id}', 'correction', 'by_hand', '{id}', '{day}', '', now(), 'system:test');
         INSERT INTO posting SELECT '{id}', row_number() OVER (ORDER BY kind), id,
                                    CASE kind WHEN 'receivable' THEN 'debit' ELSE 'credit' END, 1
                               FROM account WHERE kind IN ('receivable', 'revenue_fee') LIMIT 2;"
    )
}

fn as_the_application(night: &Night) -> PgConnection {
    let mut conn = night.stage.test_db.connect();
    conn.batch_execute("SET ROLE motcua_app").unwrap();
    conn
}

fn code(refused: Result<Uuid>) -> &'static str {
    refused.expect_err("it is refused").code().code
}

// Mutant: a close is a report; the database lets the day be.
#[actix_web::test]
async fn on_a_closed_day_nothing_is_booked_any_more() {
    let night = Night::new().await;
    night.paid().await;
    let (day, next) = (night.day, night.day.tomorrow().unwrap());
    assert_eq!(code(night.close(UNIT, next).await), "day_not_over");
    let id = night.close(UNIT, day).await.unwrap();
    assert_eq!(night.payments(id), (1, 7000));
    let mut application = as_the_application(&night);
    for (sql, why) in [
        (transfer(day), "is closed"),
        (transfer(day.yesterday().unwrap()), "is closed"),
        (format!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {}", transfer(next)), "read committed"),
        ("DELETE FROM closed_day".to_owned(), "permission denied"),
        ("UPDATE closed_day SET day = day - 1".to_owned(), "permission denied"),
        ("UPDATE day_close SET text = ''".to_owned(), "permission denied"),
        ("DELETE FROM day_close".to_owned(), "permission denied"),
        ("ALTER TABLE transfer DISABLE TRIGGER transfer_day_is_open".to_owned(), "must be owner"),
    ] {
        let complaint = application
            .transaction(|conn| conn.batch_execute(&sql))
            .map_err(|error: diesel::result::Error| error.to_string())
            .expect_err(&sql);
        assert!(complaint.contains(why), "{sql}: {complaint}");
    }
    night.stage.verify().await;
    application.transaction(|conn| conn.batch_execute(&transfer(next))).unwrap();
    assert_eq!(night.booked(day), 1);
}

// Mutant: close without waiting for the bookings under way.
#[actix_web::test]
async fn a_booking_under_way_is_waited_for_and_stands_in_the_close() {
    let night = Night::new().await;
    night.paid().await;
    let mut application = as_the_application(&night);
    application.batch_execute(&format!("BEGIN; {}", transfer(night.day))).unwrap();
    let closing = night.close(UNIT, night.day);
    let whole = night.close(PROVINCE, night.day);
    let commit = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        application.batch_execute("COMMIT").unwrap();
    };
    let (unit, whole, ()) = futures_util::join!(closing, whole, commit);
    unit.unwrap();
    let corrections = |figures: Figures| {
        let corrections = figures.lines.into_iter().filter(|line| line.kind == "correction");
        corrections.map(|line| (line.count, line.amount)).collect::<Vec<_>>()
    };
    assert_eq!(corrections(night.figures(whole.unwrap())), [(1, 1)]);
    let found = night.stage.differences().await;
    assert!(found.iter().all(|line| line.contains("by_hand")), "the closes agree: {found:#?}");
}

// Mutant: hold up every booking until the day is summed.
#[actix_web::test]
async fn while_a_day_is_summed_others_book_on_the_next() {
    let night = Night::new().await;
    night.paid().await;
    let mut owner = night.stage.test_db.connect();
    // The close can read, and not write what it has summed.
    owner.batch_execute("BEGIN; LOCK TABLE day_close IN EXCLUSIVE MODE").unwrap();
    let closing = night.close(UNIT, night.day);
    let book = async {
        somebody_waits(&night.stage.test_db).await;
        night.paid().await;
        owner.batch_execute("COMMIT").unwrap();
    };
    let (closed, ()) = futures_util::join!(closing, book);
    assert_eq!(night.payments(closed.unwrap()), (1, 7000));
    assert_eq!((night.booked(night.day), night.booked(night.day.tomorrow().unwrap())), (1, 1));
    night.stage.verify().await;
}

#[actix_web::test]
async fn nobody_begins_before_the_first_booking() {
    let night = Night::new().await;
    let before = |days| night.day.checked_sub(jiff::Span::new().days(days)).unwrap();
    assert_eq!(code(night.close(UNIT, before(1)).await), "not_the_next_day", "there is none: only yesterday");
    night.paid().await;
    night.closer.clock.set(Some(night.closer.clock.now() + SignedDuration::from_hours(48)));
    let refused = night.close(UNIT, before(1)).await.expect_err("it is refused");
    assert!(format!("{refused:?}").contains(&format!("the first one is {}", night.day)), "{refused:?}");
    night.close(UNIT, night.day).await.unwrap();
    night.stage.verify().await;
}

#[actix_web::test]
async fn of_two_who_close_at_once_one_does() {
    let night = Night::new().await;
    night.paid().await;
    let tried = join_all((0..8).map(|_| night.close(UNIT, night.day))).await;
    let (done, refused): (Vec<_>, Vec<_>) = tried.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(refused.into_iter().all(|refused| code(refused) == "day_closed"));
    // Others close the same day for themselves; the days of one follow each other.
    night.close(PROVINCE, night.day).await.unwrap();
    night.closer.clock.set(Some(night.closer.clock.now() + SignedDuration::from_hours(72)));
    let after = |days| night.day.checked_add(jiff::Span::new().days(days)).unwrap();
    assert_eq!(code(night.close(UNIT, after(2)).await), "not_the_next_day");
    assert_eq!(code(night.close(UNIT, night.day.yesterday().unwrap()).await), "day_closed");
    let (first, second) =
        (night.close(UNIT, after(1)).await.unwrap(), night.close(UNIT, after(2)).await.unwrap());
    let closings: Vec<i64> = night.figures(first).balances.iter().map(|b| b.closing).collect();
    let openings: Vec<i64> = night.figures(second).balances.iter().map(|b| b.opening).collect();
    assert_eq!((closings.clone(), closings.iter().sum::<i64>()), (openings, 0));
    night.stage.verify().await;
}

// Mutant: refuse a payment whose day was closed while it was on its way.
#[actix_web::test]
async fn payments_race_with_the_close_and_each_is_in_it_or_in_the_next_day() {
    for round in 0..4 {
        let night = Night::new().await;
        let mut orders = Vec::new();
        for _ in 0..16 {
            orders.push(night.stage.order().await);
        }
        let pay = join_all(
            orders
                .iter()
                .map(|order| async { night.stage.reply(order, night.stage.signed(order, |_| {})).await }),
        );
        let close = async {
            tokio::time::sleep(Duration::from_millis(round * 15)).await;
            night.close(PROVINCE, night.day).await.unwrap()
        };
        let (told, id) = futures_util::join!(pay, close);
        assert_eq!(told, vec!["00"; 16]);
        let (count, sum) = night.payments(id);
        let next = night.day.tomorrow().unwrap();
        assert_eq!((count, night.booked(night.day) + night.booked(next)), (night.booked(night.day), 16));
        assert_eq!(sum, count * 7000);
        night.stage.verify().await;
        night.closer.clock.set(Some(midnight_after(next)));
        let id = night.close(PROVINCE, next).await.unwrap();
        assert_eq!(night.payments(id), (16 - count, (16 - count) * 7000));
        night.stage.verify().await;
    }
}

#[actix_web::test]
async fn a_clock_that_goes_back_books_on_the_first_open_day() {
    let night = Night::new().await;
    night.close(PROVINCE, night.day).await.unwrap();
    let back = night.stage.db.clock.now() - SignedDuration::from_hours(72);
    night.stage.db.clock.set(Some(back));
    night.paid().await;
    assert_eq!(night.booked(night.day.tomorrow().unwrap()), 1);
    night.stage.verify().await;
    // A later day by itself is no excuse.
    let mut owner = night.stage.test_db.connect();
    owner.batch_execute("SET session_replication_role = replica").unwrap();
    owner.batch_execute("UPDATE transfer SET day = day + 1").unwrap();
    let found = night.stage.differences().await;
    assert!(found.iter().any(|line| line.contains("it arrived on")), "{found:#?}");
}

#[actix_web::test]
async fn a_close_without_the_settlement_file_says_so() {
    let night = Night::new().await;
    night.paid().await;
    let unit = night.close(UNIT, night.day).await.unwrap();
    assert_eq!(night.figures(unit).missing_files, ["national"]);
    night.stage.import(night.day).await;
    let whole = night.figures(night.close(PROVINCE, night.day).await.unwrap());
    assert_eq!(whole.missing_files, [""; 0]);
    // The platform never heard of the payment that the test told of.
    let unmatched: Vec<_> = whole.unmatched.iter().map(|u| (u.kind.as_str(), u.theirs, u.ours)).collect();
    assert_eq!(unmatched, [("missing_in_file", 0, 7000)]);
    let told: Vec<_> = whole
        .balances
        .iter()
        .map(|b| (b.kind.as_str(), b.owner.split(':').next().unwrap_or_default(), b.opening, b.closing))
        .collect();
    assert_eq!(told, [("gateway_clearing", "gateway", 0, 7000), ("revenue_fee", "unit", 0, -7000)]);
    night.stage.verify().await;
}

/// A change behind the portal's back, and what must be named. Each is taken back.
const CHANGES: [(&str, &str); 11] = [
    ("UPDATE day_close SET text = replace(text, '|1|7000', '|1|7001')", "its hash is not that of its text"),
    (
        "UPDATE day_close SET text = replace(text, '|1|7000', '|1|7001');
         UPDATE day_close SET sha256 = sha256(convert_to(text, 'UTF8'))",
        "it says line|payment|payment|national|online|1|7001, the ledger does not",
    ),
    (
        r"UPDATE day_close SET text = regexp_replace(text, '(line\|payment[^\n]*\n)', '\1\1');
          UPDATE day_close SET sha256 = sha256(convert_to(text, 'UTF8'))",
        "it says line|payment|payment|national|online|1|7000, the ledger does not",
    ),
    ("DELETE FROM day_close WHERE previous_id IS NOT NULL", "it was made, and is not there"),
    ("UPDATE day_close SET text = 'x', sha256 = sha256('x')", "its text cannot be read"),
    ("UPDATE day_close SET closed_by = 'staff:other'", "its head is about something else"),
    ("UPDATE day_close SET previous_id = NULL", "does not follow the close of the day before"),
    (
        "UPDATE day_close SET text = replace(text, 'unmatched_total|0|0',
             E'unmatched|00000000-0000-0000-0000-000000000001|not_ours|national|2026-11-22|5|0\\nunmatched_total|1|5')",
        "there never was unmatched|00000000-0000-0000-0000-000000000001",
    ),
    (
        "UPDATE posting SET amount = amount + 1 WHERE transfer_id IN (SELECT id FROM transfer WHERE kind = 'payment')",
        "the ledger says line|payment|payment|national|online|1|7001, it does not",
    ),
    ("ALTER TABLE transfer DISABLE TRIGGER transfer_day_is_open", "transfer_day_is_open: it does not watch transfer"),
    ("GRANT UPDATE ON day_close TO motcua_app", "motcua_app: it may change day_close"),
];

#[actix_web::test]
async fn verify_names_what_was_changed_in_a_close() {
    let night = Night::new().await;
    night.paid().await;
    night.close(UNIT, night.day).await.unwrap();
    night.closer.clock.set(Some(night.closer.clock.now() + SignedDuration::from_hours(24)));
    night.close(UNIT, night.day.tomorrow().unwrap()).await.unwrap();
    night.stage.verify().await;
    let mut owner = night.stage.test_db.connect();
    owner.batch_execute("SET session_replication_role = replica; CREATE TABLE kept_close AS TABLE day_close; CREATE TABLE kept_posting AS TABLE posting").unwrap();
    for (change, named) in CHANGES {
        owner.batch_execute(change).unwrap();
        let found = night.stage.differences().await;
        assert!(found.iter().any(|line| line.contains(named)), "{change}: {found:#?}");
        owner
            .batch_execute(
                "DELETE FROM day_close; INSERT INTO day_close TABLE kept_close;
                 DELETE FROM posting; INSERT INTO posting TABLE kept_posting;
                 ALTER TABLE transfer ENABLE TRIGGER transfer_day_is_open;
                 REVOKE UPDATE ON day_close FROM motcua_app",
            )
            .unwrap();
        assert_eq!(night.stage.differences().await, [""; 0], "{change}");
    }
}

#[test]
fn times_are_kept_as_they_are_signed() {
    let now = Clock::default().now();
    assert_eq!(to_sql(now).to_jiff().to_string(), now.to_string());
}
