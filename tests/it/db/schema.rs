//! `src/db/schema.rs` is what the migrations make, written for Diesel.
use std::fmt::Write;

use diesel::PgConnection;

use crate::support::{TestDb, lines};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db/schema.rs");
const HEAD: &str =
    "// Generated from the migrations: `UPDATE_SCHEMA=1 cargo test --test it schema` rewrites it.\n";

#[test]
fn the_schema_file_is_what_the_migrations_make() {
    let made = generate(&mut TestDb::new().connect());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    let differs = made.lines().zip(committed.lines()).find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "src/db/schema.rs is not what the migrations make (first difference: {differs:?}); \
         UPDATE_SCHEMA=1 cargo test --test it schema rewrites it"
    );
}

fn generate(connection: &mut PgConnection) -> String {
    let tables = lines(
        connection,
        "SELECT relname::text AS line FROM pg_class
          WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace
            AND NOT relispartition AND relname NOT LIKE '\\_\\_%' ORDER BY relname",
    );
    let mut text = HEAD.to_owned();
    for table in &tables {
        write_table(&mut text, connection, table);
    }
    text += "\ndiesel::allow_tables_to_appear_in_same_query!(\n";
    for table in &tables {
        writeln!(text, "    {table},").unwrap();
    }
    text + ");\n"
}

/// A view has no primary key; Diesel needs one, so its first column is named.
fn write_table(text: &mut String, connection: &mut PgConnection, table: &str) {
    let mut key = lines(
        connection,
        &format!(
            "SELECT attname::text AS line FROM pg_index i
               CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
              WHERE i.indrelid = '{table}'::regclass AND i.indisprimary ORDER BY k.place"
        ),
    );
    let columns = lines(
        connection,
        &format!(
            "SELECT format('%s/%s/%s', attname, attnotnull, format_type(atttypid, NULL)) AS line
               FROM pg_attribute WHERE attrelid = '{table}'::regclass
                AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
    );
    if key.is_empty() {
        key.extend(columns[0].split('/').next().map(str::to_owned));
    }
    writeln!(text, "\ndiesel::table! {{\n    {table} ({}) {{", key.join(", ")).unwrap();
    for column in &columns {
        let parts: Vec<&str> = column.splitn(3, '/').collect();
        let kind = diesel_type(parts[2]);
        match parts[1] {
            "t" => writeln!(text, "        {} -> {kind},", parts[0]).unwrap(),
            _ => writeln!(text, "        {} -> Nullable<{kind}>,", parts[0]).unwrap(),
        }
    }
    *text += "    }\n}\n";
}

fn diesel_type(postgres: &str) -> String {
    if let Some(element) = postgres.strip_suffix("[]") {
        return format!("Array<{}>", diesel_type(element));
    }
    let name = match postgres {
        "text" | "character varying" => "Text",
        "uuid" => "Uuid",
        "bytea" => "Bytea",
        "smallint" => "SmallInt",
        "integer" => "Integer",
        "bigint" => "BigInt",
        "double precision" => "Double",
        "json" => "Json",
        "jsonb" => "Jsonb",
        "timestamp with time zone" => "Timestamptz",
        "date" => "Date",
        "time without time zone" => "Time",
        "boolean" => "Bool",
        other => panic!("add the Diesel type of `{other}` here"),
    };
    name.to_owned()
}
