//! What the database itself refuses to the role under which the application works.
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use motcua::clock::Clock;
use motcua::db::embedded::Embedded;
use motcua::db::{Db, DbLimits, migrate};

use crate::support::{TestDb, lines};

/// A payment and its charge, booked rightly, as the application does it.
const BOOKED: &str = "
    INSERT INTO account (id, kind, owner, created_at) VALUES
        ('00000000-0000-0000-0000-0000000000a1', 'receivable', 'person:1', now()),
        ('00000000-0000-0000-0000-0000000000a2', 'revenue_fee', 'unit:1', now());
    INSERT INTO transfer (id, kind, cause_kind, cause_id, day, reason, booked_at, actor) VALUES
        ('00000000-0000-0000-0000-0000000000f1', 'charge', 'charge', '00000000-0000-0000-0000-0000000000c1',
         '2026-11-22', '', now(), 'system:test');
    INSERT INTO posting (transfer_id, line, account_id, side, amount) VALUES
        ('00000000-0000-0000-0000-0000000000f1', 1, '00000000-0000-0000-0000-0000000000a1', 'debit', 7000),
        ('00000000-0000-0000-0000-0000000000f1', 2, '00000000-0000-0000-0000-0000000000a2', 'credit', 7000)";

/// A second transfer with these postings, each `(line, account a1 or a2, side, amount)`.
fn transfer(cause: u8, postings: &str) -> String {
    let rows = postings
        .replace("(", "('00000000-0000-0000-0000-0000000000f2', ")
        .replace(" a", " '00000000-0000-0000-0000-0000000000a")
        .replace(", debit", "', 'debit'")
        .replace(", credit", "', 'credit'");
    let head = format!(
        "INSERT INTO transfer (id, kind, cause_kind, cause_id, day, reason, booked_at, actor) VALUES
         ('00000000-0000-0000-0000-0000000000f2', 'charge', 'charge', '00000000-0000-0000-0000-0000000000c{cause}',
          '2026-11-22', '', now(), 'system:test');"
    );
    match rows.is_empty() {
        true => head,
        false => {
            format!("{head} INSERT INTO posting (transfer_id, line, account_id, side, amount) VALUES {rows}")
        }
    }
}

/// Runs statements as one transaction of the application; the database's complaint, if any.
fn as_the_application(db: &TestDb, sql: &str) -> Result<(), String> {
    let mut connection = db.connect();
    connection.batch_execute("SET ROLE motcua_app").unwrap();
    connection
        .transaction(|connection| connection.batch_execute(sql))
        .map_err(|error: diesel::result::Error| error.to_string())
}

#[test]
fn what_is_booked_cannot_be_changed_nor_unbalanced() {
    let db = TestDb::new();
    as_the_application(&db, BOOKED).unwrap();
    let book = || {
        lines(
            &mut db.connect(),
            "SELECT concat_ws(' ', transfer_id, line, account_id, side, amount) AS line FROM posting ORDER BY 1",
        )
    };
    let before = book();
    let mut refused = Vec::new();
    for table in ["posting", "transfer", "account", "audit_log", "dossier_event"] {
        refused.push((format!("DELETE FROM {table}"), "permission denied"));
        refused.push((format!("TRUNCATE {table} CASCADE"), "permission denied"));
    }
    for (sql, why) in [
        ("UPDATE posting SET amount = 7001", "permission denied"),
        ("UPDATE posting SET side = 'credit'", "permission denied"),
        ("UPDATE transfer SET reason = 'other'", "permission denied"),
        ("UPDATE account SET owner = 'person:2'", "permission denied"),
        ("UPDATE audit_log SET actor = ''", "permission denied"),
        ("UPDATE dossier_event SET note = ''", "permission denied"),
        ("SELECT 1 FROM posting FOR UPDATE", "permission denied"),
        ("DROP TABLE posting", "must be owner"),
        ("ALTER TABLE posting DISABLE TRIGGER ALL", "must be owner"),
        ("SET session_replication_role = replica", "permission denied"),
        ("CREATE TABLE book (id int)", "permission denied"),
        ("DELETE FROM __diesel_schema_migrations", "permission denied"),
        ("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')", "permission denied"),
    ] {
        refused.push((sql.to_owned(), why));
    }
    for (sql, why) in [
        (transfer(2, ""), "does not balance: 0 postings"),
        (transfer(2, "(1, a1, debit, 7000)"), "does not balance: 1 postings"),
        (transfer(2, "(1, a1, debit, 7000), (2, a2, credit, 6999)"), "debits 7000, credits 6999"),
        (transfer(2, "(1, a1, debit, 7000), (2, a2, debit, 7000)"), "debits 14000, credits 0"),
        (transfer(2, "(1, a1, debit, 0), (2, a2, credit, 0)"), "posting_amount_check"),
        (transfer(2, "(1, a1, debit, -7000), (2, a2, credit, -7000)"), "posting_amount_check"),
        (transfer(2, "(1, a1, debit, 7000), (2, a3, credit, 7000)"), "posting_account_id_fkey"),
        (transfer(1, "(1, a1, debit, 7000), (2, a2, credit, 7000)"), "transfer_cause_kind_cause_id_key"),
    ] {
        refused.push((sql, why));
    }
    // A posting more for a transfer that was committed before.
    let late = "INSERT INTO posting VALUES ('00000000-0000-0000-0000-0000000000f1', 3,
                    '00000000-0000-0000-0000-0000000000a1', 'debit', 1)";
    refused.push((late.to_owned(), "debits 7001, credits 7000"));
    for (sql, why) in refused {
        let complaint = as_the_application(&db, &sql).expect_err(&sql);
        assert!(complaint.contains(why), "{sql}: {complaint}");
        assert_eq!(book(), before, "{sql}");
    }
    as_the_application(&db, &transfer(2, "(1, a1, debit, 7000), (2, a2, credit, 7000)")).unwrap();
}

#[test]
fn every_session_of_the_door_works_under_the_role() {
    let db = TestDb::new();
    let door =
        Db::connect(db.url(), &DbLimits { pool_size: 2, ..DbLimits::default() }, Clock::default()).unwrap();
    for _ in 0..4 {
        let role = door.read_blocking(|conn| Ok(lines(conn, "SELECT current_user::text AS line"))).unwrap();
        assert_eq!(role, ["motcua_app"]);
    }
    // A table of a later migration is covered by the default privileges.
    db.connect().batch_execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY)").unwrap();
    as_the_application(&db, "INSERT INTO later DEFAULT VALUES; DELETE FROM later").unwrap();
    let only_added_to = "SELECT relname::text AS line FROM pg_class
          WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND NOT (has_table_privilege('motcua_app', oid, 'UPDATE')
                     AND has_table_privilege('motcua_app', oid, 'DELETE')
                     AND has_table_privilege('motcua_app', oid, 'INSERT')) ORDER BY 1";
    let expected = [
        "__diesel_schema_migrations",
        "account",
        "audit_log",
        "claim",
        "claim_entry",
        "closed_day",
        "component",
        "day_close",
        "digitisation",
        "digitisation_seal",
        "dossier_event",
        "land_tax_debt_told",
        "land_tax_document",
        "land_tax_end",
        "land_tax_notice",
        "land_tax_report",
        "posting",
        "produced_form",
        "receipt_key",
        "record_destruction",
        "record_destruction_line",
        "record_hold",
        "record_reuse",
        "record_use",
        "refund_by_hand",
        "result",
        "result_event",
        "result_series",
        "settlement_line",
        "signature",
        "signing_authorisation",
        "signing_request",
        "tax_slip",
        "template",
        "transfer",
        "treasury_line",
        "unmatched_resolution",
    ];
    assert_eq!(lines(&mut db.connect(), only_added_to), expected);
}

#[test]
fn an_ordinary_owner_of_the_database_is_told_what_it_lacks() {
    // A cluster of its own: roles are of the cluster, and here the role is missing.
    let cluster = Embedded::throw_away().unwrap();
    let mut admin = PgConnection::establish(&cluster.url("postgres")).unwrap();
    admin.batch_execute("CREATE ROLE plain LOGIN; CREATE ROLE other LOGIN").unwrap();
    admin.batch_execute("CREATE DATABASE plain OWNER plain").unwrap();
    let url = cluster.url("plain").replace("user=motcua", "user=plain");
    let complaint = format!("{:#}", migrate::run(&url).unwrap_err());
    assert!(complaint.contains("CREATE ROLE motcua_app NOLOGIN; GRANT motcua_app TO plain"), "{complaint}");

    admin.batch_execute("CREATE ROLE motcua_app NOLOGIN").unwrap();
    let complaint = format!("{:#}", migrate::run(&url).unwrap_err());
    assert!(complaint.contains("run: GRANT motcua_app TO plain"), "{complaint}");

    admin.batch_execute("GRANT motcua_app TO plain").unwrap();
    migrate::run(&url).unwrap();
    let door =
        Db::connect(&url, &DbLimits { pool_size: 1, ..DbLimits::default() }, Clock::default()).unwrap();
    let books =
        door.read_blocking(|conn| Ok(lines(conn, "SELECT count(*)::text AS line FROM posting"))).unwrap();
    assert_eq!(books, ["0"]);
    drop(door);
    migrate::revert_all(&url).unwrap();
}
