//! The tax office as a service to play and test against: it acknowledges slips.
//!
//! A dossier has one slip: a second one is answered with the reference of the first.
//! `GET /tax/slips` lists them in the order of arrival.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::config::{Config, Secret};
use crate::national::tax::{Acknowledgement, KEY_HEADER, SLIP, SUCCESS, Slip};

/// `ERROR_CODE` of a slip that cannot be used.
const UNUSABLE: &str = "01";

/// The office's state, shared by its threads.
pub struct TaxSimulator {
    key: Secret<String>,
    slips: Mutex<Vec<Slip>>,
}

impl TaxSimulator {
    pub fn new(config: &Config) -> Self {
        Self { key: config.tax_office.key.clone(), slips: Mutex::default() }
    }

    fn slips(&self) -> MutexGuard<'_, Vec<Slip>> {
        self.slips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the dossier's slip, taken now or before, from 1.
    fn place(&self, slip: Slip) -> usize {
        let mut slips = self.slips();
        if let Some(known) = slips.iter().position(|known| known.dossier_code == slip.dossier_code) {
            return known + 1;
        }
        slips.push(slip);
        slips.len()
    }
}

/// The office's routes; the service needs a `web::Data<TaxSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/tax").route("/slips", web::get().to(list)).route("/slips", web::post().to(take)),
    );
}

/// Takes a slip and acknowledges it.
async fn take(office: web::Data<TaxSimulator>, request: HttpRequest, slip: web::Json<Slip>) -> HttpResponse {
    if super::header(&request, KEY_HEADER) != office.key.expose() {
        return HttpResponse::Unauthorized().finish();
    }
    let slip = slip.into_inner();
    let dossier_code = slip.dossier_code.clone();
    let answer = if is_usable(&slip) {
        Acknowledgement {
            error_code: SUCCESS.to_owned(),
            error_text: String::new(),
            reference: format!("PCTT{:07}", office.place(slip)),
            dossier_code,
        }
    } else {
        Acknowledgement {
            error_code: UNUSABLE.to_owned(),
            error_text: "Phiếu chuyển thông tin thiếu nội dung bắt buộc".to_owned(),
            reference: String::new(),
            dossier_code,
        }
    };
    HttpResponse::Ok().json(answer)
}

/// Whether the office could begin to work with it.
fn is_usable(slip: &Slip) -> bool {
    let texts = [&slip.dossier_code, &slip.number, &slip.parcel.number, &slip.parcel.map_sheet];
    slip.kind == SLIP
        && texts.iter().all(|text| !text.is_empty())
        && slip.land_users.iter().any(|user| !user.name.is_empty())
        && slip.parcel.area > 0.0
}

async fn list(office: web::Data<TaxSimulator>) -> web::Json<serde_json::Value> {
    web::Json(json!({ "slips": *office.slips() }))
}
