//! The people of the stories, from the data of the demo.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::catalogue::embedded::STAFFING;
use crate::workflow::Role;

const PEOPLE: &str = include_str!("../../data/demo/people.json");
/// Identifier codes of the police begin with it.
const POLICE: &str = "G01.";

/// Somebody who acts.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub role: Role,
    /// What the role is called in Vietnamese.
    pub role_name: &'static str,
    pub login: Login,
}

/// How somebody logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By VNeID, with this personal identification number.
    Citizen(String),
    /// By user name and password.
    Staff(String),
    /// Nobody: the portal itself.
    System,
}

#[derive(Deserialize)]
struct Citizens {
    citizens: Vec<Citizen>,
}

#[derive(Deserialize)]
struct Citizen {
    id_number: String,
    full_name: String,
}

#[derive(Deserialize)]
struct Staffing {
    staff: Vec<Official>,
}

#[derive(Deserialize)]
struct Official {
    username: String,
    full_name: String,
    positions: Vec<Post>,
}

#[derive(Deserialize)]
struct Post {
    agency: String,
    role: Role,
}

/// The citizen with this personal identification number.
pub fn citizen(id_number: &str) -> Result<Person> {
    let known: Citizens = serde_json::from_str(PEOPLE)?;
    let found = known.citizens.into_iter().find(|citizen| citizen.id_number == id_number);
    let found = found.with_context(|| format!("data/demo/people.json has no {id_number}"))?;
    let login = Login::Citizen(found.id_number);
    Ok(Person { name: found.full_name, role: Role::Applicant, role_name: "công dân", login })
}

/// The official with this user name, in the first of the positions.
pub fn official(username: &str) -> Result<Person> {
    let known: Staffing = serde_json::from_str(STAFFING)?;
    let found = known.staff.into_iter().find(|official| official.username == username);
    let found = found.with_context(|| format!("data/agencies/staffing.json has no {username}"))?;
    let post = found.positions.first().with_context(|| format!("{username} has no position"))?;
    let (role, role_name) = (post.role, role_name(post.role, post.agency.starts_with(POLICE)));
    Ok(Person { name: found.full_name, role, role_name, login: Login::Staff(found.username) })
}

/// The portal itself.
pub fn system() -> Person {
    Person { name: "motcua".to_owned(), role: Role::System, role_name: "hệ thống", login: Login::System }
}

fn role_name(role: Role, police: bool) -> &'static str {
    match role {
        Role::Applicant => "công dân",
        Role::OneStopClerk => "cán bộ một cửa",
        Role::Specialist if police => "cán bộ công an",
        Role::Specialist => "chuyên viên",
        Role::Leader if police => "trưởng công an",
        Role::Leader => "lãnh đạo",
        Role::Cashier => "thủ quỹ",
        Role::AgencyAdmin => "quản trị đơn vị",
        Role::Auditor => "kiểm tra",
        Role::SystemAdmin => "quản trị hệ thống",
        Role::System => "hệ thống",
    }
}

/// A choice of accounts to try, each with what it is: for the lines that a start prints.
pub fn accounts() -> Result<Vec<(String, String)>> {
    let citizens = ["022094000001", "022185000006"];
    let staff = ["honggai.motcua", "honggai.chuyenvien", "honggai.lanhdao", "honggai.thuquy", "quantri"];
    let mut lines = Vec::new();
    for id_number in citizens {
        lines.push((id_number.to_owned(), format!("{}, công dân (VNeID)", citizen(id_number)?.name)));
    }
    for username in staff {
        let person = official(username)?;
        lines.push((username.to_owned(), format!("{}, {}", person.name, person.role_name)));
    }
    Ok(lines)
}
