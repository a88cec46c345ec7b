//! A refresh token is good for one refresh: the next comes with the answer. One that comes
//! again was copied, by whoever of the two is not the holder, so the session ends for both
//! (RFC 9700 4.14.2). A client that never got the answer logs in again.

use diesel::prelude::*;
use uuid::Uuid;

use super::session::{self, SESSION_ENDED};
use crate::db::schema::session as sessions;
use crate::db::{Tx, to_sql};
use crate::error::{Code, Result};

pub static REFRESH_TOKEN_REUSED: Code = Code::new(
    401,
    "refresh_token_reused",
    "Mã làm mới này đã được dùng; phiên đã kết thúc, hãy đăng nhập lại",
    "This refresh token was used before; the session has ended, log in again",
);

/// Takes the turn of a refresh token of a living session, and gives whether it was still to be
/// had. If not, the session is ended: say so only after the commit.
pub fn take_turn(tx: &mut Tx, id: Uuid, turn: i32) -> Result<bool> {
    let living = sessions::table
        .find(id)
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(to_sql(tx.now)));
    let present: Option<i32> =
        living.select(sessions::refresh_turn).for_update().first(tx.conn).optional()?;
    let present = present.ok_or_else(|| SESSION_ENDED.err())?;
    if present != turn {
        tracing::warn!(session = %id, "a refresh token came again; its session is ended");
        tx.audit("refresh_token_reused", Some(id))?;
        session::revoke(tx, id)?;
        return Ok(false);
    }
    diesel::update(sessions::table.find(id))
        .set(sessions::refresh_turn.eq(turn.wrapping_add(1)))
        .execute(tx.conn)?;
    Ok(true)
}
