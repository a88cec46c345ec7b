//! Accounts of officials and of machine clients: the rows, without the question who may
//! make them, which the capabilities answer.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use uuid::Uuid;

use crate::db::schema::{machine_client, staff};
use crate::db::{Tx, to_sql};
use crate::error::{Code, Error, Result};

pub static NAME_TAKEN: Code =
    Code::new(409, "name_taken", "Tên này đã được dùng", "This name is taken already");

/// Writes an official's account; 409 when the user name is taken.
pub fn create_staff(tx: &mut Tx, username: &str, full_name: &str, password_hash: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    diesel::insert_into(staff::table)
        .values((
            staff::id.eq(id),
            staff::username.eq(username),
            staff::full_name.eq(full_name),
            staff::password_hash.eq(password_hash),
            staff::created_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)
        .map_err(taken)?;
    Ok(id)
}

/// Who has the user name.
pub fn staff_id(conn: &mut PgConnection, username: &str) -> Result<Option<Uuid>> {
    Ok(staff::table.filter(staff::username.eq(username)).select(staff::id).first(conn).optional()?)
}

/// Writes a machine client; 409 when the client id is taken.
pub fn create_machine(
    tx: &mut Tx,
    client_id: &str,
    name: &str,
    secret_hash: &str,
    scopes: &[String],
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    diesel::insert_into(machine_client::table)
        .values((
            machine_client::id.eq(id),
            machine_client::client_id.eq(client_id),
            machine_client::name.eq(name),
            machine_client::secret_hash.eq(secret_hash),
            machine_client::scopes.eq(scopes),
            machine_client::created_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)
        .map_err(taken)?;
    Ok(id)
}

fn taken(error: DbError) -> Error {
    match error {
        DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => NAME_TAKEN.err(),
        error => error.into(),
    }
}
