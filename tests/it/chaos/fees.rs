//! Dossiers that owe fees, many at once: copies of one that was filed through the portal, with
//! charges and orders written as the portal writes them.
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use motcua::auth::Actor;
use motcua::clock::Clock;
use motcua::db::{Db, DbLimits, Tx};
use motcua::error::Result;
use motcua::ledger::Payer;
use motcua::payments::{ChargeIn, ChargeKind, Debtor, open_order, write_charges};
use serde_json::json;
use uuid::Uuid;

use super::model::Owed;
use crate::crash::client::{Client, Filing};
use crate::crash::journal::Journal;
use crate::crash::portal::Portal;
use crate::support::lines;

/// Orders that are opened in one transaction.
const TOGETHER: usize = 100;
/// One of so many copies waits for its payment at the step that the payment ends; the others
/// were just received.
const AWAITING: usize = 10;

/// A dossier of this test.
#[derive(Debug, Clone)]
pub struct Fee {
    pub dossier_id: Uuid,
    pub code: String,
}

/// Files one dossier and keeps it, as it was received and as it waits for payment, for copies;
/// gives the token of who filed it.
pub async fn file_template(portal: &Portal) -> String {
    let journal = Arc::new(Journal::default());
    let client = Client::log_in(portal, &journal, 7, Filing::Residence, 1).await;
    let filed = client.file().await.expect("a dossier is filed");
    let filed = client.act(&filed, "receive").await.expect("it is received");
    keep(portal, "received");
    client.act(&filed, "request_payment").await.expect("its payment is requested");
    keep(portal, "awaiting");
    client.citizen.clone()
}

fn keep(portal: &Portal, name: &str) {
    let sql = format!(
        "CREATE TABLE chaos_{name} AS SELECT * FROM dossier;
         CREATE TABLE chaos_{name}_event AS SELECT * FROM dossier_event;"
    );
    portal.database().batch_execute(&sql).unwrap();
}

/// New dossiers that owe these, each with an open order.
pub fn file(portal: &Portal, clock: &Clock, owed: &[Owed]) -> Vec<Fee> {
    let fees = copy(portal, owed.len());
    let limits = DbLimits { pool_size: 1, checkout_ms: 10_000, ..DbLimits::default() };
    let db = Db::connect(&portal.database_url(), &limits, clock.clone()).unwrap();
    let payer = payer_of_all(portal);
    let both: Vec<(Uuid, Owed)> = fees.iter().map(|fee| fee.dossier_id).zip(owed.iter().copied()).collect();
    for part in both.chunks(TOGETHER) {
        let charge =
            |tx: &mut Tx| part.iter().try_for_each(|(dossier, owed)| charge(tx, *dossier, owed, payer));
        db.write_blocking(&Actor::system("chaos"), charge).unwrap();
    }
    fees
}

/// Copies of the kept dossier, under codes of their own.
fn copy(portal: &Portal, count: usize) -> Vec<Fee> {
    #[derive(QueryableByName)]
    struct Numbered {
        #[diesel(sql_type = BigInt)]
        last: i64,
        #[diesel(sql_type = Text)]
        head: String,
    }
    let mut connection = portal.database();
    connection
        .transaction(|conn| {
            let numbered: Numbered = diesel::sql_query(
                "UPDATE dossier_number n SET last = last + $1 FROM chaos_received r
                  WHERE n.unit_id = r.receiving_unit_id AND to_char(n.day, 'YYMMDD') = split_part(r.code, '-', 2)
                 RETURNING n.last::bigint, left(r.code, length(r.code) - length(split_part(r.code, '-', 3))) AS head",
            )
            .bind::<BigInt, _>(count as i64)
            .get_result(conn)?;
            let first = numbered.last - count as i64 + 1;
            let fee = |number: i64| Fee {
                dossier_id: Uuid::now_v7(),
                code: format!("{}{number:04}", numbered.head),
            };
            let fees: Vec<Fee> = (first..=numbered.last).map(fee).collect();
            let (awaiting, received): (Vec<_>, Vec<_>) = fees.iter().enumerate().partition(|(at, _)| at % AWAITING == 0);
            for (name, some) in [("awaiting", awaiting), ("received", received)] {
                let ids: Vec<Uuid> = some.iter().map(|(_, fee)| fee.dossier_id).collect();
                let codes: Vec<&str> = some.iter().map(|(_, fee)| fee.code.as_str()).collect();
                insert(conn, name, &ids, &codes)?;
            }
            QueryResult::Ok(fees)
        })
        .unwrap()
}

fn insert(conn: &mut PgConnection, name: &str, ids: &[Uuid], codes: &[&str]) -> QueryResult<()> {
    diesel::sql_query(format!(
        "INSERT INTO dossier SELECT (jsonb_populate_record(t, jsonb_build_object(
                'id', new.id, 'code', new.code, 'tracking_secret', md5(new.id::text)))).*
           FROM chaos_{name} t, unnest($1, $2) AS new (id, code)"
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(codes)
    .execute(conn)?;
    diesel::sql_query(format!(
        "INSERT INTO dossier_event SELECT (jsonb_populate_record(t, jsonb_build_object('dossier_id', new.id))).*
           FROM chaos_{name}_event t, unnest($1) AS new (id)"
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .execute(conn)
    .map(drop)
}

/// The applicant of all copies, and the unit that received them.
#[derive(QueryableByName, Clone, Copy)]
struct Applicant {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    unit: Uuid,
}

fn payer_of_all(portal: &Portal) -> Applicant {
    diesel::sql_query("SELECT applicant_person_id AS person, receiving_unit_id AS unit FROM chaos_received")
        .get_result(&mut portal.database())
        .unwrap()
}

fn charge(tx: &mut Tx, dossier_id: Uuid, owed: &Owed, of: Applicant) -> Result<()> {
    let debtor = Debtor { dossier_id, payer: Payer::of(dossier_id, of.person, None), unit_id: of.unit };
    let kinds = [("P1", ChargeKind::Charge), ("L1", ChargeKind::Fee)];
    let charges: Vec<ChargeIn> = kinds
        .into_iter()
        .zip(owed)
        .filter(|(_, (amount, _))| *amount > 0)
        .map(|((code, kind), (amount, refundable))| ChargeIn {
            fee_code: code.to_owned(),
            name: format!("Khoản thu {code}"),
            kind,
            amount: *amount,
            refundable: *refundable,
            explanation: json!({ "rule": "chaos" }),
        })
        .collect();
    write_charges(tx, &debtor, &charges)?;
    open_order(tx, dossier_id, charges.iter().map(|charge| charge.amount).sum()).map(drop)
}

/// An attempt as the database knows it.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub gateway: String,
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub page: Option<String>,
}

/// The newest attempts of dossiers at each gateway, by dossier.
pub fn attempts(portal: &Portal) -> Vec<(Uuid, Attempt)> {
    let sql = "SELECT DISTINCT ON (o.dossier_id, a.gateway)
                      concat_ws(' ', o.dossier_id, a.gateway, a.reference, o.amount, a.page) AS line
                 FROM payment_attempt a JOIN payment_order o ON o.id = a.order_id
                ORDER BY o.dossier_id, a.gateway, a.id DESC";
    let read = |line: String| {
        let mut parts = line.split(' ').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        let dossier = next().parse().unwrap();
        let (gateway, reference, amount) = (next(), next(), next().parse().unwrap());
        (dossier, Attempt { gateway, reference, amount, page: parts.next() })
    };
    lines(&mut portal.database(), sql).into_iter().map(read).collect()
}
