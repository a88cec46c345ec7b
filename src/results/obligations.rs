//! No result while the land's financial obligations are open (procedure 1.013831: the certificate
//! is printed or changed only when they are done, exempt, or recorded as debt).
//!
//! What is owed belongs to `land_tax`, which stands above; here it is only read.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::prepared;
use crate::db::schema::dossier;
use crate::error::{Code, Error, Result};

pub static TAX_NOT_MET: Code = Code::new(
    409,
    "land_tax_not_met",
    "Chưa hoàn thành nghĩa vụ tài chính về đất đai",
    "The financial obligations about the land are not met",
);
pub static DEBT_OPEN: Code = Code::new(
    409,
    "land_debt_open",
    "Khoản ghi nợ trên giấy chứng nhận chưa được trả xong",
    "The debt recorded on the certificate is not paid",
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

/// Notices recorded as debt, or in the stead of one that was, that a dossier clears from a
/// certificate, as SQL: a query of their identifiers with the dossier bound. The forms of the
/// land procedures name the parcel alike, and a slip may have corrected it; of its debts those
/// of the same person or the same certificate, of the kind that is asked for.
macro_rules! debts_cleared {
    () => {
        "SELECT m.id FROM dossier c
           JOIN procedure_version v ON v.id = c.version_id
            AND v.definition -> 'cases' @> jsonb_build_array(jsonb_build_object('code', c.case_code, 'clears_debt', true))
           JOIN land_tax_notice m ON m.debt_at IS NOT NULL
           JOIN dossier o ON o.id = m.dossier_id
          CROSS JOIN LATERAL (
             SELECT coalesce((SELECT changes ->> 'parcel_number' FROM tax_slip WHERE dossier_id = o.id
                                 AND changes ->> 'parcel_number' IS NOT NULL ORDER BY seq DESC LIMIT 1),
                             o.answers ->> 'parcel_number') AS number,
                    coalesce((SELECT changes ->> 'map_sheet' FROM tax_slip WHERE dossier_id = o.id
                                 AND changes ->> 'map_sheet' IS NOT NULL ORDER BY seq DESC LIMIT 1),
                             o.answers ->> 'map_sheet') AS sheet) AS parcel
          WHERE c.id = ?
            AND land_number(parcel.number) = land_number(c.answers ->> 'parcel_number')
            AND land_number(parcel.sheet) = land_number(c.answers ->> 'map_sheet')
            AND (m.taxpayer_no IN (c.answers #>> '{requester,id_number}', c.answers ->> 'organisation_tax_code')
                 OR land_number(c.answers ->> 'certificate_number') IN (
                        SELECT land_number(o.answers ->> 'certificate_number')
                        UNION ALL SELECT land_number(r.number_text) FROM result r WHERE r.dossier_id = o.id
                        UNION ALL SELECT land_number(r.data #>> '{body,serial}') FROM result r WHERE r.dossier_id = o.id))
            AND CASE c.answers ->> 'debt_kind' WHEN 'registration' THEN m.code = '2801'
                     WHEN 'land_use' THEN m.code <> '2801' ELSE true END"
    };
}
pub(crate) use debts_cleared;

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

/// Has a dossier come to its end? Whoever closes it at this moment is waited for, or waits.
pub(super) fn is_closed(conn: &mut PgConnection, id: Uuid) -> Result<bool> {
    prepared("SELECT FROM dossier WHERE id = ? FOR SHARE").bind::<SqlUuid, _>(id).execute(conn)?;
    let closed = dossier::table.find(id).select(dossier::closed_at.is_not_null());
    Ok(closed.first(conn)?)
}

/// Is it a refusal of [`check`], which ends when something is paid?
pub(super) fn holds_back(error: &Error) -> bool {
    [&TAX_NOT_MET, &DEBT_OPEN].contains(&error.code())
}

/// Refuses a result of a dossier whose obligations are open, or whose slip must go first, and one
/// that would clear a debt that is not paid.
pub(super) fn check(conn: &mut PgConnection, dossier: Uuid) -> Result<()> {
    // A notice that comes at this moment is waited for, or waits.
    prepared("SELECT FROM dossier WHERE id = ? FOR SHARE").bind::<SqlUuid, _>(dossier).execute(conn)?;
    let answer: Answer = prepared(concat!(
        "SELECT EXISTS (SELECT FROM dossier d JOIN procedure_version v ON v.id = d.version_id
                         WHERE d.id = ?
                           AND (d.progress ->> 'tax_sent_at' IS NOT NULL
                                OR v.definition -> 'cases' @> jsonb_build_array(jsonb_build_object('code', d.case_code, 'tax', true))
                                OR EXISTS (SELECT FROM land_tax_notice WHERE dossier_id = d.id AND state = 'open'))
                           AND NOT ",
        tax_met!("d.id"),
        ") AS holds"
    ))
    .bind::<SqlUuid, _>(dossier)
    .get_result(conn)?;
    if answer.holds {
        return Err(TAX_NOT_MET.err());
    }
    let debt: Answer = prepared(concat!(
        "SELECT EXISTS (SELECT FROM land_tax_notice WHERE state IN ('debt', 'open') AND id IN (",
        debts_cleared!(),
        ")) AS holds"
    ))
    .bind::<SqlUuid, _>(dossier)
    .get_result(conn)?;
    if debt.holds { Err(DEBT_OPEN.err()) } else { Ok(()) }
}
