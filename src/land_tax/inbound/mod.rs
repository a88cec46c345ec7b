//! The door for the tax side's messages: `/api/v1/integration/tax/…`.
//!
//! The body is read up to a limit, then its key is compared in constant time, then all else
//! is one transaction: the raw message is logged once (also one that is refused), the dossier
//! is locked, what follows is decided and applied. A message that was taken is answered alike
//! when it comes again; its own id makes it the same, or the digest of its content where it
//! has none. The answer is the tax side's: `ERROR_CODE` and `ERROR_DESC`, with an HTTP status.

mod book;
mod confirmation;
mod documents;
mod log;
mod notices;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

pub use book::answer_tax_book;
pub use confirmation::import_tax_confirmation;
pub use documents::import_tax_payment;
pub use notices::import_tax_notices;

use super::dossier::Matter;
use crate::app::{App, RequestId};
use crate::auth::{Actor, Who};
use crate::config::{Config, Secret};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::http::AsItIs;
use crate::national::tax::json::LENGTH_LIMIT;
use crate::national::tax::{LATER, Reply, SUCCESS, UNKNOWN_DOSSIER, UNREADABLE, Unreadable, WRONG_KEY};

/// `ERROR_CODE` of what was told otherwise before (motcua's own).
const CONFLICT: &str = "05";
/// Said where no slip asks for what is told.
const NO_SLIP: &str = "Hồ sơ không có phiếu chuyển thông tin đang có hiệu lực";

/// Longest number of a notice.
const NUMBER_LIMIT: usize = 60;
/// Largest amount of a notice or a payment, in đồng.
const AMOUNT_LIMIT: i64 = 1_000_000_000_000;

/// Is it a number that a notice can have?
fn is_number(number: &str) -> bool {
    (1..=NUMBER_LIMIT).contains(&number.chars().count())
}

/// A message of the tax side.
trait Message: Send + Sync + Sized + 'static {
    /// Name of the operation.
    const KIND: &'static str;
    fn read(raw: &[u8]) -> std::result::Result<Self, Unreadable>;
    fn key(&self) -> &Secret<String>;
    fn id(&self) -> Option<&str>;
    /// What it says, without its key and its envelope: told again, it is the same.
    fn content(&self) -> Vec<u8>;
    fn dossier_code(&self) -> &str;
    /// Decides, then writes; what is refused has written nothing.
    fn take(&self, tx: &mut Tx, matter: &Matter, log_id: Uuid) -> Result<Answer>;
}

/// What the tax side is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    code: &'static str,
    text: String,
}

impl Answer {
    fn taken() -> Self {
        Self { status: 200, code: SUCCESS, text: String::new() }
    }

    fn refused(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    fn is_taken(&self) -> bool {
        self.code == SUCCESS
    }

    fn respond(&self) -> HttpResponse {
        let status = actix_web::http::StatusCode::from_u16(self.status).unwrap_or_default();
        let mut response = HttpResponse::build(status).json(Reply::new(self.code, &self.text));
        response.extensions_mut().insert(AsItIs);
        response
    }
}

/// The body, as far as it is read; `true`: there was more.
async fn body(mut payload: web::Payload) -> std::result::Result<(Vec<u8>, bool), Answer> {
    let mut raw = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Answer::refused(400, UNREADABLE, "Bản tin bị ngắt giữa chừng"))?;
        if raw.len() + chunk.len() > LENGTH_LIMIT {
            return Ok((raw, true));
        }
        raw.extend_from_slice(&chunk);
    }
    Ok((raw, false))
}

/// The key of the tax side, and the one before.
fn keys(config: &Config) -> impl Iterator<Item = &str> {
    let office = &config.tax_office;
    [&office.inbound_key, &office.previous_inbound_key].into_iter().map(|key| key.expose().as_str())
}

/// Is it one of them?
fn is_key(config: &Config, given: &str) -> bool {
    keys(config).fold(false, |known, key| {
        known | (!key.is_empty() && bool::from(key.as_bytes().ct_eq(given.as_bytes())))
    })
}

/// Takes a message in and answers it.
async fn receive<M: Message>(app: &App, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let actor = Actor { who: Who::System("tax_office"), request_id: RequestId::of(request) };
    let (raw, cut) = match body(payload).await {
        Ok(read) => read,
        Err(answer) => return answer.respond(),
    };
    let read = if cut {
        Err(Answer::refused(413, UNREADABLE, "Bản tin quá dài"))
    } else {
        M::read(&raw).map_err(|why| Answer::refused(400, UNREADABLE, why.description()))
    };
    let read = read.and_then(|message| match is_key(&app.config, message.key().expose()) {
        true => Ok(message),
        false => Err(Answer::refused(401, WRONG_KEY, "Sai SecurityKey")),
    });
    // What cannot be read may hold the key all the same.
    let masked =
        if read.is_err() { keys(&app.config).fold(raw.clone(), log::without_key) } else { Vec::new() };
    let answered = app.db.write(&actor, move |tx| match &read {
        Ok(message) => enter(tx, message, &raw),
        Err(answer) => {
            log::refuse(tx, M::KIND, &masked, answer)?;
            Ok(answer.clone())
        }
    });
    match answered.await {
        Ok(answer) => answer.respond(),
        Err(error) => later(&error).respond(),
    }
}

/// The tax side sends again what failed here.
fn later(error: &Error) -> Answer {
    tracing::warn!(%error, "a message of the tax side could not be taken in");
    Answer::refused(503, LATER, "Hệ thống đang bận, xin gửi lại sau")
}

/// Logs a message, and takes it in where it is new.
fn enter<M: Message>(tx: &mut Tx, message: &M, raw: &[u8]) -> Result<Answer> {
    let digest: [u8; 32] = Sha256::digest(message.content()).into();
    let id = message.id().map_or_else(|| format!("sha256:{}", hex::encode(digest)), str::to_owned);
    let masked = log::without_key(raw.to_vec(), message.key().expose());
    let entry = log::Entry { kind: M::KIND, message_id: &id, digest, raw: &masked };
    let logged = log::take(tx, &entry)?;
    if logged.again {
        let same = logged.digest == digest;
        let other = || Answer::refused(409, CONFLICT, "MSG_ID đã dùng cho bản tin khác");
        return Ok(if same { Answer::taken() } else { other() });
    }
    let matter = Matter::lock(tx, message.dossier_code())?;
    let answer = match &matter {
        None => Answer::refused(404, UNKNOWN_DOSSIER, "Không có hồ sơ này"),
        Some(matter) if !matter.at_tax => Answer::refused(404, UNKNOWN_DOSSIER, NO_SLIP),
        Some(matter) => message.take(tx, matter, logged.id)?,
    };
    log::end(tx, logged.id, matter.map(|matter| matter.id), &answer)?;
    Ok(answer)
}
