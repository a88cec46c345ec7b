//! No result while the land's financial obligations are open (procedure 1.013831: the certificate
//! is printed or changed only when they are done, exempt, or recorded as debt).
//!
//! What is owed belongs to `land_tax`, which stands above; here it is only read.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::prepared;
use crate::error::{Code, Result};

pub static TAX_NOT_MET: Code = Code::new(
    409,
    "land_tax_not_met",
    "Chưa hoàn thành nghĩa vụ tài chính về đất đai",
    "The financial obligations about the land are not met",
);

/// Whether the tax side confirms a dossier and no notice of it is open, as SQL about the dossier
/// of an expression. What the book says goes before what the tax side confirms.
macro_rules! tax_met {
    ($dossier:literal) => {
        concat!(
            "(EXISTS (SELECT FROM land_tax_confirmation WHERE dossier_id = ",
            $dossier,
            ") AND NOT EXISTS (SELECT FROM land_tax_notice WHERE dossier_id = ",
            $dossier,
            " AND state = 'open'))"
        )
    };
}
pub(crate) use tax_met;

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    holds: bool,
}

/// Are the obligations of a dossier met, whose slip has gone?
pub fn tax_is_met(conn: &mut PgConnection, dossier: Uuid) -> Result<bool> {
    let answer: Answer = prepared(concat!("SELECT ", tax_met!("?"), " AS holds"))
        .bind::<SqlUuid, _>(dossier)
        .bind::<SqlUuid, _>(dossier)
        .get_result(conn)?;
    Ok(answer.holds)
}

/// Refuses a result of a dossier whose slip has gone and whose obligations are open.
pub(super) fn check(conn: &mut PgConnection, dossier: Uuid) -> Result<()> {
    // A notice that comes at this moment is waited for, or waits.
    prepared("SELECT FROM dossier WHERE id = ? FOR SHARE").bind::<SqlUuid, _>(dossier).execute(conn)?;
    let answer: Answer = prepared(concat!(
        "SELECT EXISTS (SELECT FROM dossier d WHERE d.id = ? AND d.progress ->> 'tax_sent_at' IS NOT NULL AND NOT ",
        tax_met!("d.id"),
        ") AS holds"
    ))
    .bind::<SqlUuid, _>(dossier)
    .get_result(conn)?;
    if answer.holds { Err(TAX_NOT_MET.err()) } else { Ok(()) }
}
