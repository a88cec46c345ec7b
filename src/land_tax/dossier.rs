//! The dossier of a message, as far as the tax path needs to know it.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Jsonb, SmallInt, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::ADVANCE;
use crate::db::{Tx, prepared};
use crate::error::Result;
use crate::jobs::enqueue;

/// A land user as the slip names one: only they can be taxpayers of the dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Personal number, else the tax number.
    pub number: String,
    /// Tax number where it differs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tax_number: String,
    pub name: String,
}

/// A dossier, locked until the end of the transaction.
#[derive(Debug, Clone)]
pub struct Matter {
    pub id: Uuid,
    /// A slip has gone, acknowledged or not.
    pub at_tax: bool,
    /// It was recalled: what was told by it can only be taken back.
    pub recalled: bool,
    /// Number of the newest row: the slip, or what corrects it.
    pub slip: i16,
    pub users: Vec<Named>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    at_tax: bool,
    #[diesel(sql_type = Bool)]
    recalled: bool,
    #[diesel(sql_type = SmallInt)]
    slip: i16,
    #[diesel(sql_type = Jsonb)]
    users: serde_json::Value,
}

impl Matter {
    /// The dossier of a code.
    pub fn lock(tx: &mut Tx, code: &str) -> Result<Option<Self>> {
        if code.len() > 100 || code.contains('\0') {
            return Ok(None);
        }
        prepared("SELECT FROM dossier WHERE code = ? FOR NO KEY UPDATE")
            .bind::<Text, _>(code)
            .execute(tx.conn)?;
        let row: Option<Row> = prepared(
            "SELECT d.id, s.kind IS NOT NULL AS at_tax, coalesce(s.kind = 'recall', false) AS recalled,
                    coalesce(s.seq, 0::smallint) AS slip, coalesce(s.land_users, '[]') AS users
               FROM dossier d
               LEFT JOIN LATERAL (SELECT seq, kind, land_users FROM tax_slip WHERE dossier_id = d.id
                                   ORDER BY seq DESC LIMIT 1) AS s ON true
              WHERE d.code = ?",
        )
        .bind::<Text, _>(code)
        .get_result(tx.conn)
        .optional()?;
        row.map(|row| {
            let users = serde_json::from_value(row.users)?;
            Ok(Self { id: row.id, at_tax: row.at_tax, recalled: row.recalled, slip: row.slip, users })
        })
        .transpose()
    }

    /// The land user who has one of these numbers.
    pub fn user(&self, numbers: &[&str]) -> Option<&Named> {
        let is = |user: &&Named| {
            let own = [user.number.as_str(), user.tax_number.as_str()];
            numbers.iter().any(|number| !number.is_empty() && own.contains(number))
        };
        self.users.iter().find(is)
    }

    /// Lets the dossier go on where it can, by a job.
    pub fn advance(&self, tx: &mut Tx) -> Result<()> {
        enqueue(tx, ADVANCE, Some(self.id), json!({ "dossier_id": self.id }), None)
    }
}
