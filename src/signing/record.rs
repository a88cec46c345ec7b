//! What a signature is made from, as it stands in the database.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, Binary, Bool, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::pades::Place;
use crate::db::prepared;
use crate::error::Result;
use crate::workflow::words;

words! {
    /// Whose signature it is.
    #[schema(as = SignaturePart)]
    Part {
        /// Of the official.
        Official = "official", "Chữ ký số của người có thẩm quyền", "signature of the official";
        /// The agency's seal.
        Seal = "seal", "Chữ ký số của cơ quan", "seal of the agency";
    }
}

/// A document that waits for a part of its signatures.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct Pending {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// `waiting` or `sealing`.
    #[diesel(sql_type = SqlText)]
    pub state: String,
    #[diesel(sql_type = SqlUuid)]
    pub unit_id: Uuid,
    #[diesel(sql_type = SqlText)]
    pub unit_code: String,
    #[diesel(sql_type = SqlText)]
    pub unit_name: String,
    #[diesel(sql_type = SqlUuid)]
    pub signer_id: Uuid,
    #[diesel(sql_type = Bool)]
    pub seal: bool,
    #[diesel(sql_type = Nullable<Jsonb>)]
    place: Option<Value>,
    /// The document with the signatures that it has.
    #[diesel(sql_type = SqlUuid)]
    pub file_id: Uuid,
    /// SHA-256 of the document without signatures when the signature was ordered.
    #[diesel(sql_type = SqlText)]
    pub sha256: String,
}

impl Pending {
    /// What it waits for.
    pub fn part(&self) -> Part {
        if self.state == "sealing" { Part::Seal } else { Part::Official }
    }

    /// Where the block of the official's signature stands.
    pub fn place(&self) -> Place {
        #[derive(Deserialize)]
        struct Told {
            page: u32,
            left: f32,
            bottom: f32,
        }
        let told = self.place.as_ref().and_then(|place| Told::deserialize(place).ok());
        match told {
            Some(Told { page, left, bottom }) => Place { page, left, bottom },
            None => FOOT,
        }
    }
}

/// At the foot of the last page of A4, on the right.
const FOOT: Place = Place { page: 0, left: 340.0, bottom: 60.0 };

/// Those of the requests that wait for a signature.
pub(super) fn pending(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Pending>> {
    Ok(prepared(
        "SELECT r.id, r.state, r.unit_id, a.code AS unit_code, a.name AS unit_name, r.signer_id,
                r.seal, r.place, coalesce(r.signed_file_id, r.file_id) AS file_id, r.sha256
           FROM signing_request r
           JOIN agency a ON a.id = r.unit_id
          WHERE r.id = ANY(?) AND r.state IN ('waiting', 'sealing')
          ORDER BY r.id",
    )
    .bind::<Array<SqlUuid>, _>(ids.to_vec())
    .load(conn)?)
}

/// A signature with the act that allowed it.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct Signature {
    #[diesel(sql_type = SqlUuid)]
    pub request_id: Uuid,
    #[diesel(sql_type = SqlText)]
    pub part: String,
    #[diesel(sql_type = SqlText)]
    pub state: String,
    #[diesel(sql_type = Binary)]
    pub attributes: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub value: Option<Vec<u8>>,
    #[diesel(sql_type = Array<Binary>)]
    pub chain: Vec<Vec<u8>>,
    /// Name of who allowed it; empty for a seal that no person put.
    #[diesel(sql_type = SqlText)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    given_at: jiff_diesel::Timestamp,
}

impl Part {
    /// The part that a row names.
    pub(super) fn of(word: &str) -> Self {
        if word == Self::Seal.word() { Self::Seal } else { Self::Official }
    }
}

impl Signature {
    pub fn given_at(&self) -> Timestamp {
        self.given_at.to_jiff()
    }

    pub fn part(&self) -> Part {
        Part::of(&self.part)
    }
}

/// One signature.
pub(super) fn signature(conn: &mut PgConnection, id: Uuid) -> Result<Signature> {
    Ok(prepared(
        "SELECT s.request_id, s.part, s.state, s.attributes, s.value, g.chain, g.given_at,
                coalesce(m.full_name, '') AS by_name
           FROM signature s
           JOIN signing_authorisation g ON g.id = s.authorisation_id
           LEFT JOIN staff m ON 'staff:' || m.id = g.given_by
          WHERE s.id = ?",
    )
    .bind::<SqlUuid, _>(id)
    .get_result(conn)?)
}
