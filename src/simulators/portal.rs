//! The national portal as a service to play and test against: the classic sync API.
//!
//! It keeps dossiers in memory, refuses what the real one would refuse (no session, a head
//! without a required field, an update of what it does not know), takes each step of a
//! dossier's progress once, and shows what it holds at `GET /portal/dossiers`.
//! `DELETE /portal/sessions` ends all sessions, as the real one does now and then.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};
use rand::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::config::Config;
use crate::national::portal::{
    DossierMessage, Envelope, LOOK_UP, Login, LookUp, ProgressMessage, WRITE_DOSSIER, WRITE_PROGRESS,
};

/// The portal's state, shared by its threads.
pub struct PortalSimulator {
    config: crate::config::NationalPortal,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    sessions: HashSet<String>,
    logins: u32,
    dossiers: BTreeMap<String, HeldDossier>,
}

/// A dossier as the portal holds it.
#[derive(Clone, Serialize)]
struct HeldDossier {
    head: DossierMessage,
    /// How often the head was written.
    writes: u32,
    /// Steps in the order of arrival.
    progress: Vec<ProgressMessage>,
}

/// Why a call is refused: the code and the text of the answer. No source names the codes.
type Refusal = (&'static str, &'static str);

const NO_SESSION: Refusal = ("-1", "Phiên làm việc không tồn tại hoặc đã hết hạn");
const WRONG_DATA: Refusal = ("1", "Dữ liệu không đúng cấu trúc hoặc thiếu trường bắt buộc");
const UNKNOWN: Refusal = ("2", "Không tìm thấy hồ sơ");
const KNOWN: Refusal = ("3", "Hồ sơ đã tồn tại");
const UNKNOWN_SERVICE: Refusal = ("4", "Dịch vụ không được hỗ trợ");

impl PortalSimulator {
    pub fn new(config: &Config) -> Self {
        Self { config: config.national_portal.clone(), held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The portal's routes; the service needs a `web::Data<PortalSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/portal")
            .route("/login", web::post().to(log_in))
            .route("/share", web::post().to(share))
            .route("/integration", web::post().to(integrate))
            .route("/sessions", web::delete().to(end_sessions))
            .route("/dossiers", web::get().to(list)),
    );
}

async fn log_in(portal: web::Data<PortalSimulator>, login: web::Json<Login>) -> HttpResponse {
    let known = &portal.config;
    if login.username != known.username || login.password != *known.password.expose() {
        return HttpResponse::Ok().json(json!({ "session": "", "error_code": "1" }));
    }
    let session = hex::encode(rand::rng().random::<[u8; 16]>());
    let mut held = portal.held();
    held.logins += 1;
    held.sessions.insert(session.clone());
    HttpResponse::Ok().json(json!({ "session": session, "error_code": "0" }))
}

async fn end_sessions(portal: web::Data<PortalSimulator>) -> HttpResponse {
    portal.held().sessions.clear();
    HttpResponse::NoContent().finish()
}

async fn list(portal: web::Data<PortalSimulator>) -> HttpResponse {
    let held = portal.held();
    let dossiers: Vec<&HeldDossier> = held.dossiers.values().collect();
    HttpResponse::Ok().json(json!({ "logins": held.logins, "dossiers": dossiers }))
}

/// The door of reads.
async fn share(
    portal: web::Data<PortalSimulator>,
    request: HttpRequest,
    call: web::Json<Envelope<Vec<Value>>>,
) -> HttpResponse {
    answer(admit(&portal, &request, &call).and_then(|()| match call.service.as_str() {
        LOOK_UP => look_up(&portal.held(), &call.data),
        _ => Err(UNKNOWN_SERVICE),
    }))
}

/// The door of writes.
async fn integrate(
    portal: web::Data<PortalSimulator>,
    request: HttpRequest,
    call: web::Json<Envelope<Vec<Value>>>,
) -> HttpResponse {
    answer(admit(&portal, &request, &call).and_then(|()| match call.service.as_str() {
        WRITE_DOSSIER => write_dossiers(&mut portal.held(), &call),
        WRITE_PROGRESS => write_progress(&mut portal.held(), &call.data),
        _ => Err(UNKNOWN_SERVICE),
    }))
}

fn answer(outcome: Result<Vec<Value>, Refusal>) -> HttpResponse {
    HttpResponse::Ok().json(match outcome {
        Ok(result) => json!({ "error_code": "0", "message": "", "result": result }),
        Err((code, text)) => json!({ "error_code": code, "message": text, "result": [] }),
    })
}

/// Address, unit and session are checked before anything is read.
fn admit(
    portal: &PortalSimulator,
    request: &HttpRequest,
    call: &Envelope<Vec<Value>>,
) -> Result<(), Refusal> {
    let known = &portal.config;
    if super::header(request, "dstcode") != known.destination || call.unit != known.unit_code {
        return Err(WRONG_DATA);
    }
    if portal.held().sessions.contains(&call.session) { Ok(()) } else { Err(NO_SESSION) }
}

fn read<T: DeserializeOwned>(data: &[Value]) -> Result<Vec<T>, Refusal> {
    data.iter().map(|item| T::deserialize(item).map_err(|_| WRONG_DATA)).collect()
}

fn look_up(held: &Held, data: &[Value]) -> Result<Vec<Value>, Refusal> {
    let asked: Vec<LookUp> = read(data)?;
    let found = asked.iter().filter_map(|asked| held.dossiers.get(&asked.code));
    Ok(found.map(|known| json!({ "MaHoSo": known.head.code, "TrangThaiHoSo": known.head.status })).collect())
}

/// New with `isUpdating` "False", known with "True"; otherwise refused.
fn write_dossiers(held: &mut Held, call: &Envelope<Vec<Value>>) -> Result<Vec<Value>, Refusal> {
    let heads: Vec<DossierMessage> = read(&call.data)?;
    let updating = match call.updating.as_str() {
        "True" => true,
        "False" => false,
        _ => return Err(WRONG_DATA),
    };
    for head in &heads {
        check(head)?;
        match (held.dossiers.contains_key(&head.code), updating) {
            (true, false) => return Err(KNOWN),
            (false, true) => return Err(UNKNOWN),
            _ => {}
        }
    }
    for head in heads {
        let known = held.dossiers.entry(head.code.clone());
        let known =
            known.or_insert_with(|| HeldDossier { head: head.clone(), writes: 0, progress: Vec::new() });
        known.head = head;
        known.writes += 1;
    }
    Ok(Vec::new())
}

/// Adds steps; one with the same status and time is there already.
fn write_progress(held: &mut Held, data: &[Value]) -> Result<Vec<Value>, Refusal> {
    for step in read::<ProgressMessage>(data)? {
        if step.by.is_empty() || step.what.is_empty() || !is_time(&step.at) || !is_status(&step.status) {
            return Err(WRONG_DATA);
        }
        let known = held.dossiers.get_mut(&step.code).ok_or(UNKNOWN)?;
        if !known.progress.iter().any(|old| (&old.status, &old.at) == (&step.status, &step.at)) {
            known.progress.push(step);
        }
    }
    Ok(Vec::new())
}

/// The required fields of a head, but for the telephone number.
fn check(head: &DossierMessage) -> Result<(), Refusal> {
    let texts = [
        &head.code,
        &head.procedure_code,
        &head.procedure_name,
        &head.field_code,
        &head.field_name,
        &head.owner,
        &head.owner_kind,
        &head.summary,
        &head.channel,
        &head.handled_by,
    ];
    let times = [Some(&head.received), Some(&head.due), head.returned.as_ref(), head.finished.as_ref()];
    let whole = texts.iter().all(|text| !text.is_empty())
        && times.into_iter().flatten().all(|time| is_time(time))
        && is_status(&head.status);
    if whole { Ok(()) } else { Err(WRONG_DATA) }
}

/// `yyyyMMddHHmmss`.
fn is_time(text: &str) -> bool {
    text.len() == 14 && jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).is_ok()
}

fn is_status(text: &str) -> bool {
    text.parse::<u8>().is_ok_and(|status| (1..=10).contains(&status))
}
