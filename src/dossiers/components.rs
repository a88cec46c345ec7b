//! The document components of a dossier: how each came and whether it is digitised. Stock is
//! taken when the dossier is received and when a supplement comes; the clerks of the receiving
//! unit may say of a component that it came another way (a copy, shown only).

use actix_web::{get, put, web};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::row::DossierRow;
use super::show::logged_in;
use super::store::{self, Loaded};
use super::take_action::NOT_YOUR_ROLE;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::db::schema::component;
use crate::error::{INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Day, Params, Reply, Text, parse_json};
use crate::records::digitise::{
    Came, ComponentOut, NOT_RECEIVED, Origin, Paper, Said, Stock, add_stock, of_dossier, planned, say,
    take_stock,
};
use crate::workflow::{Action, Role};

/// The components of a dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComponentsOut {
    pub items: Vec<ComponentOut>,
}

/// `?ordinal=` of a component.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdinalQuery {
    /// 1 (when absent) came with the filing; 2, 3 … again as a supplement.
    #[param(minimum = 1, maximum = 1000)]
    ordinal: Option<i16>,
}

impl OrdinalQuery {
    fn ordinal(&self) -> Result<i16> {
        match self.ordinal.unwrap_or(1) {
            ordinal @ 1..=1000 => Ok(ordinal),
            _ => Err(INVALID.at("ordinal", "phải từ 1 đến 1000", "must be from 1 to 1000")),
        }
    }
}

/// What a clerk says of a component.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentIn {
    /// How it came: paper_original, certified_copy, presented, electronic or database.
    origin: Origin,
    /// A remark for colleagues.
    #[serde(default)]
    note: Option<Text<500>>,
    /// What stands on the paper, where it is the result of an earlier procedure: digitised it
    /// lies in its holder's store and is not asked for again.
    #[serde(default)]
    paper: Option<PaperIn>,
}

/// What stands on a paper that an authority issued.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperIn {
    number: Text<100>,
    /// The authority that issued it.
    issuer: Text<200>,
    #[schema(value_type = String, format = Date)]
    issued_on: Day,
    /// Last day on which it counts; absent = without end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Day>,
}

impl PaperIn {
    fn paper(&self) -> Result<Paper> {
        let (issued_on, valid_to) = (self.issued_on.date(), self.valid_to.map(Day::date));
        if valid_to.is_some_and(|last| last < issued_on) {
            return Err(INVALID.at("/paper/valid_to", "trước ngày cấp", "before the day of issue"));
        }
        let (number, issuer) = (self.number.as_str().to_owned(), self.issuer.as_str().to_owned());
        Ok(Paper { number, issuer, issued_on, valid_to })
    }
}

/// Lists the components of a dossier with how they came; before it is received, as its stock
/// would be taken.
#[utoipa::path(
    operation_id = "list_components", tag = "records",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Components", body = ComponentsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/components")]
pub async fn list(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, state) = (code.into_inner(), app.clone());
    let items = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        let version = state.catalogue.version(conn, row.version_id)?;
        let kept = of_dossier(conn, row.id, &version.procedure.def, actor.citizen().is_none())?;
        if !kept.is_empty() {
            return Ok(kept);
        }
        let loaded = store::load(&state, conn, row)?;
        Ok(planned(loaded.came()?, &version.procedure.def))
    });
    Reply::ok(ComponentsOut { items: items.await? })
}

/// Says how a component came. For the clerks of the receiving unit, as long as no scan of it
/// was compared with the paper.
#[utoipa::path(
    operation_id = "state_component", tag = "records", request_body = ComponentIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("component" = String, Path, description = "Code of the document"),
        OrdinalQuery,
    ),
    responses(
        (status = 200, description = "The components", body = ComponentsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[put("/api/v1/dossiers/{code}/components/{component}")]
pub async fn say_how_it_came(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, String)>,
    query: Params<OrdinalQuery>,
    body: web::Bytes,
) -> Result<Reply> {
    logged_in(&actor)?;
    let ((code, document), ordinal) = (path.into_inner(), query.0.ordinal()?);
    let said: ComponentIn = parse_json(&body)?;
    let state = app.clone();
    app.db
        .write(&actor, move |tx| {
            let loaded = received(&state, tx, &code)?;
            let document = loaded.version.document(&document).ok_or_else(|| NOT_FOUND.err())?;
            say(
                tx,
                &Said {
                    dossier_id: loaded.row.id,
                    unit_id: loaded.row.receiving_unit_id,
                    document,
                    ordinal,
                    origin: said.origin,
                    note: said.note.as_ref().map_or("", Text::as_str),
                    paper: said.paper.as_ref().map(PaperIn::paper).transpose()?.as_ref(),
                },
            )?;
            tx.audit("state_component", Some(loaded.row.id))?;
            let items = of_dossier(tx.conn, loaded.row.id, &loaded.version.procedure.def, true)?;
            Reply::ok(ComponentsOut { items })
        })
        .await
}

/// Is the actor a clerk of the unit that received it, who alone digitises?
pub(super) fn receives(actor: &Actor, row: &DossierRow) -> Result<()> {
    let clerk = actor.staff().is_some_and(|staff| staff.holds(Role::OneStopClerk, row.receiving_unit_id));
    if clerk { Ok(()) } else { Err(NOT_YOUR_ROLE.err()) }
}

/// The received dossier of the clerk's own unit, locked, with its stock taken: one that was
/// received before stocks were kept gets it now.
pub(super) fn received(app: &App, tx: &mut Tx, code: &str) -> Result<Loaded> {
    let row = store::find_locked(tx, code)?;
    receives(tx.actor, &row)?;
    if row.clock_started_at.is_none() {
        return Err(NOT_RECEIVED.err());
    }
    let loaded = store::load(app, tx.conn, row)?;
    let kept = component::table.filter(component::dossier_id.eq(loaded.row.id));
    if !diesel::select(exists(kept)).get_result::<bool>(tx.conn)? {
        take_stock(tx, &[stock(&loaded, &loaded.came()?)])?;
    }
    Ok(loaded)
}

fn stock<'a>(loaded: &Loaded, came: &'a [Came]) -> Stock<'a> {
    Stock { dossier_id: loaded.row.id, unit_id: loaded.row.receiving_unit_id, came }
}

/// Takes stock with the reception, and of what comes with a supplement after it.
pub fn keep_stock(tx: &mut Tx, loaded: &Loaded, action: Action) -> Result<()> {
    match action {
        Action::Receive => take_stock(tx, &[stock(loaded, &loaded.came()?)]),
        // Before the reception it is all one filing.
        Action::Supplement if loaded.state.clock_started_at.is_some() => {
            add_stock(tx, &stock(loaded, &loaded.came_with_supplement()?))
        }
        _ => Ok(()),
    }
}
