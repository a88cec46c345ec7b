//! Which documents of an agency may be destroyed, by the rules and with what spares them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Integer, Nullable, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use super::retention::{Disposition, Rule, rules};
use crate::db::{date_to_sql, prepared};
use crate::error::Result;

/// A document whose time is over.
#[derive(Debug, QueryableByName)]
pub struct Due {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub issuer: String,
    #[diesel(sql_type = Text)]
    pub number: String,
    /// Code of the rule.
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = Text)]
    pub legal_basis: String,
    #[diesel(sql_type = SqlDate)]
    pub due_on: jiff_diesel::Date,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub file_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sha256: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub size: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub storage_key: Option<String>,
    /// A legal hold stands.
    #[diesel(sql_type = Bool)]
    hold: bool,
    /// A dossier that is not closed needs it.
    #[diesel(sql_type = Bool)]
    open_dossier: bool,
}

impl Due {
    /// Why it has to be left alone.
    pub fn spared(&self) -> Option<&'static str> {
        match (self.hold, self.open_dossier) {
            (true, _) => Some("hold"),
            (false, true) => Some("open_dossier"),
            (false, false) => None,
        }
    }
}

/// What is asked for: of an agency, on a day.
pub struct Asked<'a> {
    pub keeper: Uuid,
    pub today: Date,
    /// Just these, also those that are spared; none: all that may be destroyed.
    pub only: Option<&'a [Uuid]>,
    pub limit: i64,
}

/// The documents whose time is over.
pub fn due(conn: &mut PgConnection, asked: &Asked) -> Result<Vec<Due>> {
    let all = rules()?;
    let ends: Vec<(&Rule, i32)> = all
        .iter()
        .filter(|rule| rule.disposition == Disposition::Destroy)
        .filter_map(|rule| Some((rule, rule.years?)))
        .collect();
    Ok(prepared(include_str!("sql/due.sql"))
        .bind::<Array<Text>, _>(ends.iter().map(|(rule, _)| &rule.code).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(ends.iter().map(|(rule, _)| &rule.kinds).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(ends.iter().map(|(_, years)| *years).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(ends.iter().map(|(rule, _)| rule.from.word()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(ends.iter().map(|(rule, _)| &rule.legal_basis).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|rule| &rule.kinds).collect::<Vec<_>>())
        .bind::<SqlUuid, _>(asked.keeper)
        .bind::<Nullable<Array<SqlUuid>>, _>(asked.only)
        .bind::<Nullable<Array<SqlUuid>>, _>(asked.only)
        .bind::<SqlDate, _>(date_to_sql(asked.today))
        .bind::<Bool, _>(asked.only.is_some())
        .bind::<BigInt, _>(asked.limit)
        .load(conn)?)
}
