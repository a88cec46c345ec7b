//! The record by which a clerk vouches for a digitisation: a canonical text that names the hash
//! of the record before, so that none can be changed, left out or put in between unseen.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::acts::Scan;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;

/// What the clerk declares with the signature.
const STATEMENT: &str =
    "Tôi đã đối chiếu bản số hóa này với bản giấy của thành phần hồ sơ và xác nhận nội dung trùng khớp.";
const FORM: &str = "motcua digitisation 1";

/// What is vouched for.
#[derive(Debug, Clone)]
pub(super) struct Chained {
    digitisation_id: Uuid,
    unit_id: Uuid,
    unit_code: String,
    dossier_code: String,
    code: String,
    ordinal: i16,
    sha256: String,
}

impl Chained {
    pub fn of(scan: &Scan) -> Self {
        Self {
            digitisation_id: scan.id,
            unit_id: scan.unit_id,
            unit_code: scan.unit_code.clone(),
            dossier_code: scan.dossier_code.clone(),
            code: scan.code.clone(),
            ordinal: scan.ordinal,
            sha256: scan.sha256.clone(),
        }
    }

    /// The text of the record. None of its parts holds a line break.
    fn text(&self, number: i64, previous: &[u8], by: (&str, &str), at: Timestamp) -> String {
        format!(
            "{FORM}\nunit|{}\nnumber|{number}\nprevious|{}\ndigitisation|{}\ndossier|{}\ncomponent|{}|{}\n\
             file|{}\nclerk|{}|{}\ntime|{at}\nstatement|{STATEMENT}\n",
            self.unit_code,
            hex::encode(previous),
            self.digitisation_id,
            self.dossier_code,
            self.code,
            self.ordinal,
            self.sha256,
            by.0,
            by.1,
        )
    }
}

/// SHA-256 of a record's text.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
}

/// Appends a record for each, in this order, to the chain of its unit. The row of the unit is
/// locked until the commit, units in one order: who comes later finds these records.
pub(super) fn seal(tx: &mut Tx, all: &[Chained]) -> Result<()> {
    let units: Vec<Uuid> = all.iter().map(|one| one.unit_id).collect::<BTreeSet<_>>().into_iter().collect();
    prepared("SELECT 1 FROM agency WHERE id = ANY (?) ORDER BY id FOR NO KEY UPDATE")
        .bind::<Array<SqlUuid>, _>(&units)
        .execute(tx.conn)?;
    let last: Vec<Last> = prepared(
        "SELECT unit.id AS unit_id, s.number, s.sha256
           FROM unnest(?) AS unit (id)
           JOIN LATERAL (SELECT number, sha256 FROM digitisation_seal WHERE unit_id = unit.id
                          ORDER BY number DESC LIMIT 1) s ON true",
    )
    .bind::<Array<SqlUuid>, _>(&units)
    .load(tx.conn)?;
    let mut heads: BTreeMap<Uuid, (i64, Vec<u8>)> =
        last.into_iter().map(|last| (last.unit_id, (last.number, last.sha256))).collect();
    let (by, name) = (tx.actor.key(), tx.actor.name().replace(['\n', '\r', '|'], " "));
    let (mut numbers, mut texts, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for one in all {
        let (number, previous) = heads.remove(&one.unit_id).unwrap_or_default();
        let text = one.text(number + 1, &previous, (by.as_str(), name.as_str()), tx.now);
        let hash = digest(&text).to_vec();
        heads.insert(one.unit_id, (number + 1, hash.clone()));
        numbers.push(number + 1);
        texts.push(text);
        hashes.push(hash);
    }
    prepared(
        "INSERT INTO digitisation_seal (unit_id, number, digitisation_id, text, sha256, sealed_at, sealed_by)
         SELECT seal.unit_id, seal.number, seal.digitisation_id, seal.text, seal.sha256, ?, ?
           FROM unnest(?, ?, ?, ?, ?) AS seal (unit_id, number, digitisation_id, text, sha256)",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(&by)
    .bind::<Array<SqlUuid>, _>(all.iter().map(|one| one.unit_id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(numbers)
    .bind::<Array<SqlUuid>, _>(all.iter().map(|one| one.digitisation_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(texts)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.conn)?;
    Ok(())
}
