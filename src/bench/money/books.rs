//! The gateways' books against ours: every payment, every refund, every đồng.

use std::collections::BTreeMap;

use anyhow::Result;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::notices::Gateway;
use crate::simulators::book::{Book, State, Taken};

/// A fact of either book: kind, gateway, reference, number of the payment (none for refunds), đồng.
type Fact = (&'static str, String, String, String, i64);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Text)]
    transaction: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What our book says in sum; amounts in đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Sums {
    /// Orders that two payments settled, and dossiers that paid more than was charged.
    #[diesel(sql_type = BigInt)]
    pub paid_twice: i64,
    /// What came, less what settled, was applied, lies in suspense or is given back from there;
    /// and what the postings do not balance by.
    #[diesel(sql_type = BigInt)]
    pub imbalance: i64,
    #[diesel(sql_type = BigInt)]
    pub settled: i64,
    #[diesel(sql_type = BigInt)]
    pub payments: i64,
    #[diesel(sql_type = BigInt)]
    pub refunds: i64,
}

/// What our book says in sum.
pub fn sums(conn: &mut PgConnection) -> Result<Sums> {
    Ok(diesel::sql_query(include_str!("../sql/money_sums.sql")).get_result(conn)?)
}

/// Every difference between the gateways' books and ours, in words. `strays`: payments that a
/// gateway told of and that its book does not have, such as one under a mistyped reference.
pub fn differences(
    conn: &mut PgConnection,
    books: &[(Gateway, Book)],
    strays: &[(Gateway, Taken)],
) -> Result<Vec<String>> {
    let mut counts: BTreeMap<Fact, i64> = BTreeMap::new();
    let mut theirs = |fact: Fact| *counts.entry(fact).or_default() += 1;
    for (gateway, book) in books {
        let name = gateway.name();
        book.payments.iter().for_each(|taken| theirs(payment(name, taken)));
        for given in &book.refunds {
            let kind = match given.state {
                State::Done => "refund",
                State::UnderWay => "refund under way",
                State::Failed => continue,
            };
            theirs((kind, name.to_owned(), given.reference.clone(), String::new(), given.amount));
        }
    }
    strays.iter().for_each(|(gateway, taken)| theirs(payment(gateway.name(), taken)));
    let ours: Vec<Row> = diesel::sql_query(include_str!("../sql/money_book.sql")).load(conn)?;
    for row in ours {
        let kind = ["payment", "refund", "refund under way"].into_iter().find(|kind| *kind == row.kind);
        let fact = (kind.unwrap_or("unknown"), row.gateway, row.reference, row.transaction, row.amount);
        *counts.entry(fact).or_default() -= 1;
    }
    let mut found: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|((kind, gateway, reference, transaction, amount), count)| {
            let where_to = if count > 0 { "only the gateway has" } else { "only we have" };
            format!("{gateway}: {where_to} {kind} {transaction} of {reference} over {amount} đồng")
        })
        .collect();
    let lines: Vec<Line> = diesel::sql_query(include_str!("../sql/money_orders.sql")).load(conn)?;
    found.extend(lines.into_iter().map(|found| found.line));
    found.extend(clearing(conn, books, strays)?);
    Ok(found)
}

fn payment(gateway: &str, taken: &Taken) -> Fact {
    ("payment", gateway.to_owned(), taken.reference.clone(), taken.transaction.clone(), taken.amount)
}

/// What each gateway still holds by its book, against the balance of its clearing account.
fn clearing(
    conn: &mut PgConnection,
    books: &[(Gateway, Book)],
    strays: &[(Gateway, Taken)],
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (gateway, book) in books {
        let stray = strays.iter().filter(|(of, _)| of == gateway).map(|(_, taken)| taken);
        let taken: i64 = book.payments.iter().chain(stray).map(|taken| taken.amount).sum();
        let done = book.refunds.iter().filter(|given| given.state == State::Done);
        let holds = taken - done.map(|given| given.amount).sum::<i64>();
        let line: Line = diesel::sql_query(
            "SELECT coalesce(sum(CASE p.side WHEN 'debit' THEN p.amount ELSE -p.amount END), 0)::text AS line
               FROM posting p JOIN account a ON a.id = p.account_id
              WHERE a.kind = 'gateway_clearing' AND a.owner = 'gateway:' || $1",
        )
        .bind::<Text, _>(gateway.name())
        .get_result(conn)?;
        if line.line != holds.to_string() {
            found.push(format!("{}: it holds {holds} đồng, our book says {}", gateway.name(), line.line));
        }
    }
    Ok(found)
}
