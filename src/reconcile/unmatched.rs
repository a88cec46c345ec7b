//! The list of what does not agree. A comparison says what it finds now; what is new is listed,
//! what has gone is ended with a line of history, and what a person has ended stays ended as
//! long as the two sides say the same.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::Result;

/// A file that cannot be read.
pub(super) const UNREADABLE: &str = "file_unreadable";
/// Why a comparison ends an item.
const AGREED: &str = "Đối chiếu lại: hai bên đã khớp hoặc số liệu đã thay đổi";

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Found {
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Number of the payment or refund; empty: the day as a whole.
    #[diesel(sql_type = Text)]
    pub number: String,
    /// Đồng, as they say.
    #[diesel(sql_type = BigInt)]
    pub theirs: i64,
    /// Đồng, as we say.
    #[diesel(sql_type = BigInt)]
    pub ours: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub unit_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub proposal: String,
}

impl Found {
    pub fn unreadable() -> Self {
        Self {
            kind: UNREADABLE.to_owned(),
            number: String::new(),
            theirs: 0,
            ours: 0,
            unit_id: None,
            proposal: "fetch_again".to_owned(),
        }
    }
}

/// Brings the list of a gateway and day up to date: of these kinds, just this is found now.
pub(super) fn look_again(
    tx: &mut Tx,
    gateway: &str,
    day: Date,
    kinds: &[&str],
    found: &[Found],
) -> Result<()> {
    // The same line may be there three times: it is one finding.
    let found: BTreeMap<_, &Found> =
        found.iter().map(|f| ((&f.kind, &f.number, f.theirs, f.ours), f)).collect();
    let found: Vec<&Found> = found.into_values().collect();
    end_what_has_gone(tx, gateway, day, kinds, &found)?;
    prepared(
        "INSERT INTO unmatched (id, kind, gateway, day, number, theirs, ours, unit_id, proposal, found_at)
         SELECT found.id, found.kind, place.gateway, place.day, found.number, found.theirs, found.ours,
                found.unit_id, found.proposal, place.at
           FROM unnest(?, ?, ?, ?, ?, ?, ?) AS found (id, kind, number, theirs, ours, unit_id, proposal)
          CROSS JOIN (SELECT ?::text AS gateway, ?::date AS day, ?::timestamptz AS at) AS place
          WHERE NOT EXISTS (
                SELECT FROM unmatched u
                 WHERE (u.gateway, u.day, u.kind, u.number, u.theirs, u.ours)
                       = (place.gateway, place.day, found.kind, found.number, found.theirs, found.ours)
                   AND EXISTS (SELECT FROM unmatched_resolution r
                                WHERE r.unmatched_id = u.id AND r.action = 'accepted'))
         ON CONFLICT (gateway, day, kind, number, theirs, ours) WHERE ended_at IS NULL
         DO UPDATE SET proposal = excluded.proposal",
    )
    .bind::<Array<SqlUuid>, _>(found.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(found.iter().map(|f| &f.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(found.iter().map(|f| &f.number).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(found.iter().map(|f| f.theirs).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(found.iter().map(|f| f.ours).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(found.iter().map(|f| f.unit_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(found.iter().map(|f| &f.proposal).collect::<Vec<_>>())
    .bind::<Text, _>(gateway)
    .bind::<SqlDate, _>(date_to_sql(day))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    Ok(())
}

fn end_what_has_gone(tx: &mut Tx, gateway: &str, day: Date, kinds: &[&str], found: &[&Found]) -> Result<()> {
    prepared(
        "WITH place AS (SELECT ?::timestamptz AS at, ?::text AS actor
         ), ended AS (
             UPDATE unmatched u SET ended_at = place.at, ended_by = place.actor FROM place
              WHERE u.gateway = ? AND u.day = ? AND u.kind = ANY (?) AND u.ended_at IS NULL
                AND NOT EXISTS (SELECT FROM unnest(?, ?, ?, ?) AS found (kind, number, theirs, ours)
                                 WHERE (found.kind, found.number, found.theirs, found.ours)
                                       = (u.kind, u.number, u.theirs, u.ours))
             RETURNING u.id
         )
         INSERT INTO unmatched_resolution (id, unmatched_id, action, reason, decided_at, decided_by)
         SELECT gen_random_uuid(), ended.id, 'agreed', ?, place.at, place.actor FROM ended, place",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<Text, _>(gateway)
    .bind::<SqlDate, _>(date_to_sql(day))
    .bind::<Array<Text>, _>(kinds)
    .bind::<Array<Text>, _>(found.iter().map(|f| &f.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(found.iter().map(|f| &f.number).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(found.iter().map(|f| f.theirs).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(found.iter().map(|f| f.ours).collect::<Vec<_>>())
    .bind::<Text, _>(AGREED)
    .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
}

/// The days of a gateway on which its file has less than our book or a line twice, and the days
/// after this one whose files have one of its lines too.
pub(super) fn days_to_compare_again(conn: &mut PgConnection, gateway: &str, day: Date) -> Result<Vec<Date>> {
    let days: Vec<DayRow> = prepared(
        "SELECT u.day FROM unmatched u
          WHERE u.gateway = ? AND u.ended_at IS NULL
            AND u.kind IN ('missing_in_file', 'refund_missing_in_file', 'duplicate_line')
         UNION
         SELECT later.day
           FROM settlement_file f JOIN settlement_file later ON later.gateway = f.gateway AND later.day > f.day
          WHERE f.gateway = ? AND f.day = ?
            AND EXISTS (SELECT FROM settlement_line l
                          JOIN settlement_line o ON o.transaction = l.transaction AND o.kind = l.kind
                         WHERE l.file_id = f.id AND o.file_id = later.id)
          ORDER BY day",
    )
    .bind::<Text, _>(gateway)
    .bind::<Text, _>(gateway)
    .bind::<SqlDate, _>(date_to_sql(day))
    .load(conn)?;
    Ok(days.into_iter().map(|row| row.day.to_jiff()).collect())
}
