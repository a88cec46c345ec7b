//! The register of people and organisations, as logins by VNeID write it.

use anyhow::{Context, bail};
use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::contact::{Email, Phone};
use super::vneid::Userinfo;
use super::{Gender, IdentityNo, TaxNo};
use crate::clock::day_of;
use crate::db::schema::{mandate, organisation, person};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{BUSY, Result};
use crate::http::Text;

/// Who a login proves somebody to be.
#[derive(Debug)]
pub struct Verified {
    pub identity_no: Option<IdentityNo>,
    pub tech_id: Option<Uuid>,
    pub full_name: Text<200>,
    pub birth_date: Option<Date>,
    pub gender: Option<Gender>,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    pub address: Option<Text<500>>,
    /// VNeID level, 1 or 2.
    pub level: i16,
    /// The organisation, for an organisation's account.
    pub organisation: Option<(TaxNo, Text<300>)>,
}

impl TryFrom<&Userinfo> for Verified {
    type Error = anyhow::Error;

    /// What identifies must be right; a contact that cannot be read is left out.
    fn try_from(wire: &Userinfo) -> anyhow::Result<Self> {
        let identity_no = filled(&wire.identity_no)
            .map(|no| IdentityNo::parse(no).map_err(|flaw| anyhow::anyhow!("SoDinhDanh: {flaw}")))
            .transpose()?;
        let tech_id = filled(&wire.tech_id).map(str::parse).transpose().context("TechID")?;
        if identity_no.is_none() && tech_id.is_none() {
            bail!("neither SoDinhDanh nor TechID");
        }
        let birth_date = filled(&wire.birth_date)
            .map(|day| Date::strptime("%Y%m%d", day))
            .transpose()
            .context("NgayThangNamSinh")?;
        Ok(Self {
            gender: gender(wire).or(identity_no.as_ref().map(IdentityNo::gender)),
            identity_no,
            tech_id,
            full_name: text(&wire.full_name).context("HoVaTen")?,
            birth_date,
            phone: filled(&wire.phone).and_then(Phone::parse),
            email: filled(&wire.email).and_then(|email| Email::try_from(email.to_owned()).ok()),
            address: text(&wire.address),
            level: match filled(&wire.level) {
                Some("2") => 2,
                Some("1") => 1,
                other => bail!("loAs is {other:?}, neither 1 nor 2"),
            },
            organisation: organisation_of(wire)?,
        })
    }
}

fn filled(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn text<const MAX: usize>(field: &Option<String>) -> Option<Text<MAX>> {
    Text::try_from(filled(field)?.to_owned()).ok()
}

/// The portal's login has been seen with words; numbers are a stated default.
fn gender(wire: &Userinfo) -> Option<Gender> {
    match filled(&wire.gender)? {
        "Nam" | "1" => Some(Gender::Male),
        "Nữ" | "2" => Some(Gender::Female),
        _ => None,
    }
}

fn organisation_of(wire: &Userinfo) -> anyhow::Result<Option<(TaxNo, Text<300>)>> {
    match filled(&wire.account_kind) {
        Some("1") => Ok(None),
        Some("2") => {
            let tax_no = filled(&wire.tax_no).context("an organisation without MaSoThue")?;
            let tax_no = TaxNo::parse(tax_no).map_err(|flaw| anyhow::anyhow!("MaSoThue: {flaw}"))?;
            Ok(Some((tax_no, text(&wire.organisation_name).context("TenDoanhNghiep")?)))
        }
        other => bail!("LoaiTaiKhoan is {other:?}, neither 1 nor 2"),
    }
}

/// Writes what a login proved: the person, and for an organisation's account the
/// organisation with its representative. Gives the person.
pub fn after_login(tx: &mut Tx, verified: &Verified) -> Result<Uuid> {
    let person = upsert_person(tx, verified)?;
    if let Some((tax_no, name)) = &verified.organisation {
        let organisation = upsert_organisation(tx, tax_no, name)?;
        record_representative(tx, person, organisation)?;
    }
    Ok(person)
}

/// Writes the person. A TechID belongs to one person: the one who logged in with it last.
fn upsert_person(tx: &mut Tx, verified: &Verified) -> Result<Uuid> {
    let id = match known(tx, verified)? {
        Some(id) => id,
        None => insert_person(tx, verified)?,
    };
    diesel::update(person::table.filter(person::tech_id.eq(verified.tech_id).and(person::id.ne(id))))
        .set(person::tech_id.eq(None::<Uuid>))
        .execute(tx.conn)?;
    diesel::update(person::table.find(id)).set(PersonFacts::of(verified, tx.now)).execute(tx.conn)?;
    // The highest level ever seen; that of this login is the session's.
    diesel::update(person::table.find(id).filter(person::identity_level.lt(verified.level)))
        .set(person::identity_level.eq(verified.level))
        .execute(tx.conn)?;
    Ok(id)
}

/// Known by the identity number first, by TechID second.
fn known(tx: &mut Tx, verified: &Verified) -> Result<Option<Uuid>> {
    let identity_no = verified.identity_no.as_ref().map(IdentityNo::as_str);
    let by_number = person::table.filter(person::identity_no.eq(identity_no)).select(person::id);
    let by_tech_id = person::table.filter(person::tech_id.eq(verified.tech_id)).select(person::id);
    Ok(match by_number.for_update().first(tx.conn).optional()? {
        None => by_tech_id.for_update().first(tx.conn).optional()?,
        found => found,
    })
}

/// Writes a new person, unless a login of this very moment was faster.
fn insert_person(tx: &mut Tx, verified: &Verified) -> Result<Uuid> {
    let (id, now) = (Uuid::now_v7(), to_sql(tx.now));
    let facts = PersonFacts::of(verified, tx.now);
    let written = diesel::insert_into(person::table)
        .values((person::id.eq(id), person::created_at.eq(now), facts))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    if written > 0 { Ok(id) } else { known(tx, verified)?.ok_or_else(|| BUSY.err()) }
}

/// What a login says of a person; what it does not say stays as it was.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = person)]
struct PersonFacts<'a> {
    identity_no: Option<&'a str>,
    tech_id: Option<Uuid>,
    full_name: &'a str,
    birth_date: Option<jiff_diesel::Date>,
    gender: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    address: Option<&'a str>,
    updated_at: jiff_diesel::Timestamp,
}

impl<'a> PersonFacts<'a> {
    fn of(verified: &'a Verified, now: Timestamp) -> Self {
        Self {
            identity_no: verified.identity_no.as_ref().map(IdentityNo::as_str),
            tech_id: verified.tech_id,
            full_name: verified.full_name.as_str(),
            birth_date: verified.birth_date.map(date_to_sql),
            gender: verified.gender.map(Gender::as_str),
            phone: verified.phone.as_ref().map(Phone::as_str),
            email: verified.email.as_ref().map(Email::as_str),
            address: verified.address.as_ref().map(Text::as_str),
            updated_at: to_sql(now),
        }
    }
}

/// An organisation under its tax number; its name follows the register.
pub fn upsert_organisation(tx: &mut Tx, tax_no: &TaxNo, name: &Text<300>) -> Result<Uuid> {
    let kind = if tax_no.is_personal() { "household_business" } else { "enterprise" };
    let id = diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(Uuid::now_v7()),
            organisation::tax_no.eq(tax_no.as_str()),
            organisation::name.eq(name.as_str()),
            organisation::kind.eq(kind),
            organisation::created_at.eq(to_sql(tx.now)),
        ))
        .on_conflict(organisation::tax_no)
        .do_update()
        .set(organisation::name.eq(name.as_str()))
        .returning(organisation::id)
        .get_result(tx.conn)?;
    Ok(id)
}

/// The holder of an organisation's account represents it by law, until that is revoked.
fn record_representative(tx: &mut Tx, agent: Uuid, organisation: Uuid) -> Result<()> {
    let today = date_to_sql(day_of(tx.now));
    let live = mandate::table
        .filter(mandate::agent_id.eq(agent).and(mandate::principal_org_id.eq(organisation)))
        .filter(mandate::kind.eq("legal_representative").and(mandate::revoked_at.is_null()))
        .filter(mandate::valid_to.is_null().or(mandate::valid_to.ge(today)));
    if diesel::select(diesel::dsl::exists(live)).get_result(tx.conn)? {
        return Ok(());
    }
    diesel::insert_into(mandate::table)
        .values((
            mandate::id.eq(Uuid::now_v7()),
            mandate::agent_id.eq(agent),
            mandate::principal_org_id.eq(organisation),
            mandate::kind.eq("legal_representative"),
            mandate::scope.eq(Vec::<String>::new()),
            mandate::valid_from.eq(today),
            mandate::evidence.eq("tài khoản tổ chức trên VNeID"),
            mandate::created_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}
