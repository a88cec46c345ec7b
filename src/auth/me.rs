//! `GET /api/v1/me`: who the token stands for, and what that one may act as today.

use std::collections::HashMap;

use actix_web::{get, web};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::{Actor, Mandate, Position, Who};
use crate::app::App;
use crate::db::schema::agency;
use crate::error::{Problem, Result, UNAUTHENTICATED};
use crate::workflow::Role;

/// The actor of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    kind: Kind,
    id: Uuid,
    name: String,
    /// VNeID level of this login, for citizens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2)]
    identity_level: Option<i16>,
    /// Positions of today, for officials: their own and those of absent colleagues.
    positions: Vec<MyPosition>,
    /// For whom a citizen may act today.
    mandates: Vec<MyMandate>,
    /// Scopes of a machine client's token.
    scopes: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Citizen,
    Staff,
    Machine,
}

#[derive(Debug, Serialize, ToSchema)]
struct MyPosition {
    agency_id: Uuid,
    agency_code: String,
    agency_name: String,
    role: Role,
    /// The absent official whose position it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    substitutes: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
struct MyMandate {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_person: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_org: Option<Uuid>,
    legal_representative: bool,
    /// Procedure codes; empty = all.
    scope: Vec<String>,
}

/// Say who I am
#[utoipa::path(
    operation_id = "show_me", tag = "auth", security(("bearer" = [])),
    responses(
        (status = 200, description = "The actor of the token", body = Me),
        (status = 401, description = "No living session", body = Problem),
    )
)]
#[get("/api/v1/me")]
pub async fn show_me(app: web::Data<App>, actor: Actor) -> Result<web::Json<Me>> {
    let me = match actor.who {
        Who::Anonymous | Who::System(_) => return Err(UNAUTHENTICATED.err()),
        Who::Citizen(c) => Me {
            identity_level: Some(c.identity_level),
            mandates: c.mandates.into_iter().map(MyMandate::from).collect(),
            ..Me::new(Kind::Citizen, c.person_id, c.name)
        },
        Who::Machine(m) => Me { scopes: m.scopes, ..Me::new(Kind::Machine, m.id, m.client_id) },
        Who::Staff(s) => {
            let positions = app.db.read(move |conn| named(conn, s.positions)).await?;
            Me { positions, ..Me::new(Kind::Staff, s.staff_id, s.name) }
        }
    };
    Ok(web::Json(me))
}

impl Me {
    fn new(kind: Kind, id: Uuid, name: String) -> Self {
        Self { kind, id, name, identity_level: None, positions: vec![], mandates: vec![], scopes: vec![] }
    }
}

impl From<Mandate> for MyMandate {
    fn from(mandate: Mandate) -> Self {
        Self {
            id: mandate.id,
            principal_person: mandate.principal_person,
            principal_org: mandate.principal_org,
            legal_representative: mandate.legal_representative,
            scope: mandate.scope,
        }
    }
}

/// The positions with code and name of their agencies.
fn named(conn: &mut PgConnection, positions: Vec<Position>) -> Result<Vec<MyPosition>> {
    let ids: Vec<Uuid> = positions.iter().map(|p| p.agency_id).collect();
    let agencies: Vec<(Uuid, String, String)> = agency::table
        .filter(agency::id.eq_any(ids))
        .select((agency::id, agency::code, agency::name))
        .load(conn)?;
    let mut agencies: HashMap<Uuid, (String, String)> =
        agencies.into_iter().map(|(id, code, name)| (id, (code, name))).collect();
    let named = positions.into_iter().map(|p| {
        let (agency_code, agency_name) = agencies.entry(p.agency_id).or_default().clone();
        MyPosition {
            agency_id: p.agency_id,
            agency_code,
            agency_name,
            role: p.role,
            substitutes: p.substitutes,
        }
    });
    Ok(named.collect())
}
