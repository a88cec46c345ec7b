//! The migrations can be undone, and what they make can be understood.
use diesel::PgConnection;
use motcua::db::migrate;

use crate::support::{TestDb, lines};

/// Everything that the migrations made, one line a thing.
const SHAPE: &str = "
    SELECT format('column %s.%s %s null=%s default=%s', attrelid::regclass, attname,
                  format_type(atttypid, atttypmod), NOT attnotnull,
                  pg_get_expr(adbin, adrelid)) AS line
      FROM pg_attribute
      JOIN pg_class c ON c.oid = attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p
     WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
       AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT 'extension ' || extname FROM pg_extension
    UNION ALL
    SELECT format('sequence %s', oid::regclass) FROM pg_class
     WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('comment %s.%s %s', objoid::regclass, objsubid, description)
      FROM pg_description WHERE classoid = 'pg_class'::regclass
       AND objoid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    ORDER BY line";

fn shape(connection: &mut PgConnection) -> Vec<String> {
    lines(connection, SHAPE).into_iter().filter(|line| !line.contains("__diesel")).collect()
}

#[test]
fn up_down_up_gives_the_same_database() {
    let db = TestDb::empty();
    let nothing = shape(&mut db.connect());
    let ran = migrate::run(db.url()).unwrap();
    let first = shape(&mut db.connect());
    assert!(first.len() > nothing.len() + ran.len());
    assert!(migrate::pending(db.url()).unwrap().is_empty());

    let reverted = migrate::revert_all(db.url()).unwrap();
    assert_eq!(reverted.len(), ran.len());
    assert_eq!(shape(&mut db.connect()), nothing, "a down.sql leaves something behind");

    migrate::run(db.url()).unwrap();
    assert_eq!(shape(&mut db.connect()), first);
}

#[test]
fn running_again_does_nothing() {
    let db = TestDb::new();
    assert!(migrate::run(db.url()).unwrap().is_empty());
}

#[test]
fn portals_that_start_together_migrate_once() {
    let db = TestDb::empty();
    let ran: usize = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate::run(db.url()))).collect();
        starts.into_iter().map(|start| start.join().unwrap().unwrap().len()).sum()
    });
    assert!(ran > 0);
    assert!(migrate::pending(db.url()).unwrap().is_empty());
}

#[test]
fn a_database_of_a_newer_motcua_is_refused() {
    use diesel::RunQueryDsl;
    let db = TestDb::new();
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')")
        .execute(&mut db.connect())
        .unwrap();
    let refusal = migrate::run(db.url()).unwrap_err().to_string();
    assert!(refusal.contains("newer than this motcua") && refusal.contains("9999"), "{refusal}");
    assert!(migrate::revert_all(db.url()).is_err());
}

#[test]
fn every_foreign_key_has_an_index() {
    let missing = lines(
        &mut TestDb::new().connect(),
        "SELECT format('%s: %s', conrelid::regclass, conname) AS line
           FROM pg_constraint con
          WHERE contype = 'f' AND connamespace = 'public'::regnamespace
            AND NOT EXISTS (
                SELECT 1 FROM pg_index i
                 WHERE i.indrelid = con.conrelid
                   AND (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(con.conkey)] @> con.conkey
                   AND (i.indpred IS NULL
                        OR pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$'))
          ORDER BY 1",
    );
    assert!(missing.is_empty(), "without one, deleting or joining reads the whole table: {missing:#?}");
}

#[test]
fn every_table_and_column_has_a_comment() {
    let missing = lines(
        &mut TestDb::new().connect(),
        "SELECT oid::regclass::text AS line FROM pg_class c
          WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace
            AND NOT relispartition AND relname NOT LIKE '\\_\\_diesel%'
            AND obj_description(oid, 'pg_class') IS NULL
         UNION ALL
         SELECT format('%s.%s', attrelid::regclass, attname) FROM pg_attribute
           JOIN pg_class c ON c.oid = attrelid
          WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            AND NOT relispartition AND relname NOT LIKE '\\_\\_diesel%'
            AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
          ORDER BY 1",
    );
    assert!(missing.is_empty(), "a reader of the database has only the comments: {missing:#?}");
}
