//! What a portal begins with: the agencies, the catalogue and the templates of the binary, and for the demo
//! its officials. Loaded at every start; what is there already stays as it is.

use diesel::prelude::*;

use crate::agencies::import;
use crate::auth::{Actor, passwords};
use crate::catalogue::{embedded, seed};
use crate::db::Db;
use crate::db::schema::agency;
use crate::error::Result;
use crate::forms;

/// Agencies, if there are none, then the catalogue and the templates.
pub fn load(db: &Db) -> Result<()> {
    db.write_blocking(&Actor::system("bootstrap"), |tx| {
        if agency::table.count().get_result::<i64>(tx.conn)? == 0 {
            import::agencies(tx, embedded::AGENCIES)?;
            tx.audit("import_agencies", None)?;
        }
        Ok(())
    })?;
    seed::seed(db)?;
    forms::seed(db).map(drop)
}

/// The officials of the demo, all with one password; accounts that are there keep theirs.
pub fn load_demo(db: &Db, password: &str) -> Result<()> {
    if !db.read_blocking(|conn| import::officials_missing(conn, embedded::STAFFING))? {
        return Ok(());
    }
    let hash = passwords::hash(password)?;
    db.write_blocking(&Actor::system("bootstrap"), |tx| {
        import::officials(tx, embedded::STAFFING, &hash)?;
        tx.audit("import_officials", None)
    })
}
