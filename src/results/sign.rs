//! A signature makes a result valid, and nothing else does: its predecessor is replaced, and
//! the dossier gets it, in one transaction and by a job.

use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::RESULT_STATE;
use super::change::{lock, set};
use super::history::append;
use super::obligations;
use super::register::{self, ResultState};
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::jobs::enqueue;

/// Job: the dossier of a valid result gets it. Payload `{result_id}`, subject the dossier.
pub const RESULT_ISSUED: &str = "result_issued";

/// Job: a result stands otherwise than before. Payload [`ResultStands`].
pub const RESULT_STANDS: &str = "result_stands";

/// Payload of [`RESULT_STANDS`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ResultStands {
    pub result_id: Uuid,
}

/// Tells whoever keeps copies of the register.
pub(super) fn stands(tx: &mut Tx, id: Uuid) -> Result<()> {
    enqueue(tx, RESULT_STANDS, Some(id), json!(ResultStands { result_id: id }), None)
}

/// The result is signed: `file` is the document with its signatures. Told again, it is done.
pub fn issue(tx: &mut Tx, id: Uuid, file: Uuid) -> Result<()> {
    lock(tx, id)?;
    let row = register::find(tx.conn, id)?;
    if row.file_id == Some(file) {
        return Ok(());
    }
    if row.state()? != ResultState::Prepared {
        return Err(RESULT_STATE.err());
    }
    // Given up while its result waited for signatures: nothing is issued any more.
    if row.replaces_id.is_none() && obligations::is_closed(tx.conn, row.dossier_id)? {
        return set(tx, id, ResultState::Cancelled, "Hồ sơ đã kết thúc trước khi kết quả được phát hành");
    }
    obligations::check(tx.conn, row.dossier_id)?;
    if let Some(old) = row.replaces_id {
        replace(tx, old, id, &row.number_text)?;
    }
    prepared("UPDATE result SET state = 'valid', file_id = ?, issued_at = ? WHERE id = ?")
        .bind::<SqlUuid, _>(file)
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    append(tx, id, ResultState::Valid, "")?;
    enqueue(tx, RESULT_ISSUED, Some(row.dossier_id), json!({ "result_id": id }), None)?;
    stands(tx, id)?;
    tx.audit("issue_result", Some(id))
}

/// The predecessor names its successor. One that was revoked meanwhile stays revoked.
fn replace(tx: &mut Tx, old: Uuid, by: Uuid, number: &str) -> Result<()> {
    lock(tx, old)?;
    let state = register::find(tx.conn, old)?.state()?;
    if !matches!(state, ResultState::Valid | ResultState::Suspended) {
        return Ok(());
    }
    let reason = format!("Được thay thế bằng kết quả số {number}");
    prepared("UPDATE result SET state = 'replaced', replaced_by_id = ?, reason = ? WHERE id = ?")
        .bind::<SqlUuid, _>(by)
        .bind::<diesel::sql_types::Text, _>(&reason)
        .bind::<SqlUuid, _>(old)
        .execute(tx.conn)?;
    append(tx, old, ResultState::Replaced, &reason)?;
    stands(tx, old)
}
