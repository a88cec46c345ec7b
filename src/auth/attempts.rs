//! Attempts at an official's password, wherever it is asked for: counted before the password
//! is looked at, and taken back when it was right.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::Auth;
use crate::db::schema::staff;
use crate::db::{Tx, to_sql};
use crate::error::Result;

/// The account whose password is asked for.
#[derive(Queryable)]
pub struct Account {
    pub id: Uuid,
    pub password_hash: String,
    failed_logins: i32,
    failed_since: Option<jiff_diesel::Timestamp>,
    locked_until: Option<jiff_diesel::Timestamp>,
}

/// Which account.
pub type Whose = Box<dyn BoxableExpression<staff::table, Pg, SqlType = Bool>>;

/// Counts an attempt; gives the account if it may be tried at all.
pub fn count(tx: &mut Tx, whose: Whose, limits: &Auth) -> Result<Option<Account>> {
    let account: Option<Account> = staff::table
        .filter(staff::active)
        .filter(whose)
        .select((
            staff::id,
            staff::password_hash,
            staff::failed_logins,
            staff::failed_since,
            staff::locked_until,
        ))
        .for_update()
        .first(tx.conn)
        .optional()?;
    let Some(account) = account.filter(|account| !after(account.locked_until, tx.now)) else {
        return Ok(None);
    };
    let window = SignedDuration::from_mins(limits.failure_window_minutes.into());
    let counts_on = account.locked_until.is_none() && after(account.failed_since, tx.now - window);
    let count = if counts_on { account.failed_logins + 1 } else { 1 };
    let since = account.failed_since.filter(|_| counts_on).unwrap_or(to_sql(tx.now));
    let locked = i64::from(count) >= i64::from(limits.max_failures);
    let until = locked.then(|| to_sql(tx.now + SignedDuration::from_mins(limits.lockout_minutes.into())));
    diesel::update(staff::table.find(account.id))
        .set((
            staff::failed_logins.eq(count),
            staff::failed_since.eq(Some(since)),
            staff::locked_until.eq(until),
        ))
        .execute(tx.conn)?;
    Ok(Some(account))
}

fn after(time: Option<jiff_diesel::Timestamp>, than: Timestamp) -> bool {
    time.is_some_and(|time| time.to_jiff() > than)
}

/// Takes the count back: the password was right.
pub fn forgive(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(staff::table.find(id))
        .set((
            staff::failed_logins.eq(0),
            staff::failed_since.eq(None::<jiff_diesel::Timestamp>),
            staff::locked_until.eq(None::<jiff_diesel::Timestamp>),
        ))
        .execute(tx.conn)?;
    Ok(())
}
