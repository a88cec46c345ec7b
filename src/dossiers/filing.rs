//! What a filing is made of, before and after it is submitted: who, what, where.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::{Actor, CitizenActor, Mandate};
use crate::catalogue::condition::Subject;
use crate::catalogue::definition::{Applicant as ApplicantKind, Handling, ProcedureDef};
use crate::db::date_to_sql;
use crate::db::schema::{agency, organisation, person};
use crate::error::{Code, FORBIDDEN, INVALID, Result};

pub static UNIT_UNKNOWN: Code =
    Code::new(422, "unit_unknown", "Không có đơn vị tiếp nhận này", "There is no such receiving unit");
pub static NO_COMPETENT_AGENCY: Code = Code::new(
    422,
    "no_competent_agency",
    "Không có cơ quan giải quyết thủ tục này tại đơn vị đã chọn",
    "No agency decides this procedure for the chosen unit",
);
pub static MANDATE_MISSING: Code = Code::new(
    403,
    "mandate_missing",
    "Không có giấy ủy quyền hoặc tư cách đại diện còn hiệu lực cho thủ tục này",
    "No live mandate covers this procedure",
);

/// Kinds of agency at which people file.
const RECEIVING_KINDS: [&str; 2] = ["one_stop_unit", "service_centre"];

/// Whose matter it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    pub kind: ApplicantKind,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Personal identification number (CCCD), 12 digits.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{12}$")]
    pub identity_no: Option<String>,
    /// Tax number (MST).
    #[serde(default)]
    #[schema(max_length = 14)]
    pub tax_no: Option<String>,
    #[serde(default)]
    #[schema(max_length = 20)]
    pub phone: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub email: Option<String>,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub address: Option<String>,
    /// Groups that fee rules spare, as declared; the clerk verifies the evidence.
    #[serde(default)]
    #[schema(max_items = 7)]
    pub subjects: Vec<Subject>,
}

/// How the one who files stands to the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActingFor {
    /// For oneself.
    Own {},
    /// By a mandate: legal representative, or authorised with scope and end.
    Mandate { mandate: Uuid },
    /// An official files for a person present, or what came by post.
    Counter {},
}

/// The people of a filing, resolved.
#[derive(Debug, Clone)]
pub struct Parties {
    pub applicant: Applicant,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
}

/// What a citizen may say about the applicant: contact and groups; names and numbers are known.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    #[serde(default)]
    #[schema(max_length = 20)]
    pub phone: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub email: Option<String>,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub address: Option<String>,
    #[serde(default)]
    #[schema(max_items = 7)]
    pub subjects: Vec<Subject>,
}

impl Applicant {
    /// Limits of texts, as the schema states them.
    pub fn check(&self) -> Result<()> {
        let texts = [
            ("/applicant/name", Some(self.name.as_str()), 200),
            ("/applicant/tax_no", self.tax_no.as_deref(), 14),
            ("/applicant/phone", self.phone.as_deref(), 20),
            ("/applicant/email", self.email.as_deref(), 200),
            ("/applicant/address", self.address.as_deref(), 500),
        ];
        for (field, text, limit) in texts {
            if text.is_some_and(|t| t.chars().count() > limit || t.contains('\0')) {
                return Err(INVALID.at(
                    field,
                    format!("tối đa {limit} ký tự"),
                    format!("at most {limit} characters"),
                ));
            }
        }
        if self.name.trim().is_empty() {
            return Err(INVALID.at("/applicant/name", "bắt buộc", "is required"));
        }
        if self.subjects.len() > Subject::ALL.len() {
            return Err(INVALID.at("/applicant/subjects", "quá nhiều", "too many"));
        }
        Ok(())
    }

    fn with_contact(mut self, contact: &Contact) -> Self {
        let or = |new: &Option<String>, old: Option<String>| new.clone().or(old);
        self.phone = or(&contact.phone, self.phone);
        self.email = or(&contact.email, self.email);
        self.address = or(&contact.address, self.address);
        self.subjects.clone_from(&contact.subjects);
        self
    }
}

/// The parties of a filing that a citizen makes, from what is known of them.
pub fn parties_of_citizen(
    conn: &mut PgConnection,
    citizen: &CitizenActor,
    acting_for: &ActingFor,
    contact: &Contact,
    procedure: &str,
) -> Result<Parties> {
    match acting_for {
        ActingFor::Counter {} => Err(FORBIDDEN.err()),
        ActingFor::Own {} => of_person(conn, citizen.person_id, contact),
        ActingFor::Mandate { mandate } => {
            let live = citizen.mandates.iter().find(|m| m.id == *mandate && covers(m, procedure));
            let live = live.ok_or_else(|| MANDATE_MISSING.err())?;
            match (live.principal_person, live.principal_org) {
                (Some(person), _) => of_person(conn, person, contact),
                (None, Some(org)) => of_organisation(conn, org, contact),
                (None, None) => Err(MANDATE_MISSING.err()),
            }
        }
    }
}

/// Does a mandate cover a procedure?
pub fn covers(mandate: &Mandate, procedure: &str) -> bool {
    mandate.scope.is_empty() || mandate.scope.iter().any(|code| code == procedure)
}

/// Does the mandate of a draft still live? Asked again when it is submitted.
pub fn still_covered(actor: &Actor, acting_for: &ActingFor, procedure: &str) -> Result<()> {
    let (Some(citizen), ActingFor::Mandate { mandate }) = (actor.citizen(), acting_for) else {
        return Ok(());
    };
    let live = citizen.mandates.iter().any(|m| m.id == *mandate && covers(m, procedure));
    if live { Ok(()) } else { Err(MANDATE_MISSING.err()) }
}

type Known = (String, Option<String>, Option<String>, Option<String>, Option<String>);

fn of_person(conn: &mut PgConnection, id: Uuid, contact: &Contact) -> Result<Parties> {
    let (name, identity_no, phone, email, address): Known = person::table
        .find(id)
        .select((person::full_name, person::identity_no, person::phone, person::email, person::address))
        .first(conn)?;
    let kind = ApplicantKind::Citizen;
    let applicant =
        Applicant { kind, name, identity_no, tax_no: None, phone, email, address, subjects: Vec::new() };
    let applicant = applicant.with_contact(contact);
    applicant.check()?;
    Ok(Parties { applicant, person_id: Some(id), org_id: None })
}

fn of_organisation(conn: &mut PgConnection, id: Uuid, contact: &Contact) -> Result<Parties> {
    let (name, tax_no, phone, email, address): Known = organisation::table
        .find(id)
        .select((
            organisation::name,
            organisation::tax_no.nullable(),
            organisation::phone,
            organisation::email,
            organisation::address,
        ))
        .first(conn)?;
    let kind: String = organisation::table.find(id).select(organisation::kind).first(conn)?;
    let kind = match kind.as_str() {
        "household_business" => ApplicantKind::HouseholdBusiness,
        _ => ApplicantKind::Organisation,
    };
    let applicant =
        Applicant { kind, name, identity_no: None, tax_no, phone, email, address, subjects: Vec::new() };
    let applicant = applicant.with_contact(contact);
    applicant.check()?;
    Ok(Parties { applicant, person_id: None, org_id: Some(id) })
}

/// A unit at which people file.
#[derive(Debug, Clone, Queryable)]
pub struct ReceivingUnit {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub level: String,
    pub parent_id: Option<Uuid>,
}

type ReceivingColumns = (agency::id, agency::code, agency::name, agency::level, agency::parent_id);
const RECEIVING_COLUMNS: ReceivingColumns =
    (agency::id, agency::code, agency::name, agency::level, agency::parent_id);

/// The receiving unit of that code, as long as it exists on the day.
pub fn receiving_unit(conn: &mut PgConnection, code: &str, day: Date) -> Result<ReceivingUnit> {
    let day = date_to_sql(day);
    agency::table
        .filter(agency::code.eq(code))
        .filter(agency::kind.eq_any(RECEIVING_KINDS))
        .filter(agency::valid_from.le(day))
        .filter(agency::valid_to.is_null().or(agency::valid_to.assume_not_null().ge(day)))
        .select(RECEIVING_COLUMNS)
        .first(conn)
        .optional()?
        .ok_or_else(|| UNIT_UNKNOWN.at("/unit", "không có đơn vị tiếp nhận này", "no such receiving unit"))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The nearest agency of a kind: the one that serves the unit's place, else the one with the
/// closest common agency above.
const NEAREST: &str = "
    SELECT a.id
    FROM agency a
    JOIN agency u ON u.id = $1
    LEFT JOIN LATERAL (
        SELECT min(ca.depth + cu.depth) AS steps
        FROM agency_closure ca JOIN agency_closure cu ON cu.ancestor_id = ca.ancestor_id
        WHERE ca.descendant_id = a.id AND cu.descendant_id = u.id
    ) distance ON true
    WHERE a.kind = $2 AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to >= $3)
    ORDER BY coalesce(u.admin_unit_code = ANY (a.serves) OR a.admin_unit_code = u.admin_unit_code, false) DESC,
             distance.steps NULLS LAST, a.code
    LIMIT 1";

/// The agency that decides a filing received at a unit.
pub fn handling_unit(
    conn: &mut PgConnection,
    procedure: &ProcedureDef,
    unit: &ReceivingUnit,
    day: Date,
) -> Result<Uuid> {
    let found = match &procedure.handling {
        Handling::SameAgency {} => {
            let competent = procedure.levels.iter().any(|level| level.word() == unit.level);
            unit.parent_id.filter(|_| competent)
        }
        Handling::AgencyKind { agency_kind } => diesel::sql_query(NEAREST)
            .bind::<SqlUuid, _>(unit.id)
            .bind::<Text, _>(agency_kind)
            .bind::<SqlDate, _>(date_to_sql(day))
            .get_result::<Found>(conn)
            .optional()?
            .map(|found| found.id),
        Handling::Agency { code } => {
            agency::table.filter(agency::code.eq(code)).select(agency::id).first(conn).optional()?
        }
    };
    found.ok_or_else(|| {
        NO_COMPETENT_AGENCY.at(
            "/unit",
            "đơn vị này không tiếp nhận thủ tục đã chọn",
            "this unit does not take this procedure",
        )
    })
}
