//! The national portal (Cổng Dịch vụ công quốc gia): its classic sync API.
//!
//! A dossier's status is told in three calls: `TraCuuHoSo` says whether the portal knows the
//! dossier, which decides `isUpdating`; `DongBoHoSoMC` writes the dossier's head; then
//! `CapNhatTienDoHoSoMC` adds the step to its progress. Each can be made again: a head is
//! written over, and a step with the same status and time is one step. So an attempt whose
//! answer was lost is simply repeated.
//!
//! Source of the names, the order of the calls and the form of the dates: the connector of an
//! open-source provincial portal (OpenCPS). Not stated there and decided here: the paths of
//! the three doors, and the codes of `HinhThuc`, for which the channel catalogue is taken.

mod wire;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::exchange::Exchange;
use crate::config::{Config, Secret};
use crate::workflow::{Channel, DossierStatus};

pub use wire::{DossierMessage, Envelope, Login, LookUp, Opened, ProgressMessage, Reply};

/// A read: is the dossier known?
pub const LOOK_UP: &str = "TraCuuHoSo";
/// A write: the head of a dossier.
pub const WRITE_DOSSIER: &str = "DongBoHoSoMC";
/// A write: a step of its progress.
pub const WRITE_PROGRESS: &str = "CapNhatTienDoHoSoMC";

/// Path of the login.
const LOGIN: &str = "login";
/// Path of reads.
const SHARE: &str = "share";
/// Path of writes.
const INTEGRATION: &str = "integration";

/// A dossier as the portal is told of it.
#[derive(Debug, Clone)]
pub struct Dossier {
    pub code: String,
    pub procedure_code: String,
    pub procedure_name: String,
    pub field_code: String,
    pub field_name: String,
    /// Whose matter it is.
    pub owner: String,
    pub owner_kind: OwnerKind,
    /// Personal or tax number.
    pub owner_number: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub channel: Channel,
    pub received_at: Timestamp,
    pub due_at: Timestamp,
    pub status: DossierStatus,
    /// When the work was done.
    pub finished_at: Option<Timestamp>,
    /// When the result was handed over.
    pub returned_at: Option<Timestamp>,
    /// Name of the agency that decides.
    pub handled_by: String,
}

/// Kinds of applicant, whose codes are the connector's business: two public sources disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    Citizen,
    Organisation,
    HouseholdBusiness,
}

/// A step of the progress.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Name of whoever did it.
    pub by: String,
    /// Name of the unit.
    pub unit: String,
    pub at: Timestamp,
    /// What was done, in Vietnamese.
    pub what: String,
    pub status: DossierStatus,
}

/// The portal, as a province meets it.
#[derive(Debug)]
pub struct NationalPortal {
    exchange: Exchange,
    config: crate::config::NationalPortal,
    /// The session in use; whoever opens one keeps the others waiting, so there is one login.
    session: Mutex<Option<Secret<String>>>,
}

impl NationalPortal {
    pub fn new(config: &Config) -> Result<Self> {
        let portal = config.national_portal.clone();
        let headers = [("dstcode", portal.destination.as_str())];
        let exchange = Exchange::new(config.national_portal_url(), portal.timeout_seconds, &headers)?;
        Ok(Self { exchange, config: portal, session: Mutex::default() })
    }

    /// Tells a status of a dossier; done when this returns, and harmless to repeat.
    pub async fn tell(&self, dossier: &Dossier, progress: &Progress) -> Result<()> {
        let known = self.knows(&dossier.code).await?;
        let head = DossierMessage::of(dossier, self.owner_code(dossier.owner_kind));
        self.call(INTEGRATION, WRITE_DOSSIER, known, &[head]).await?;
        let step = ProgressMessage::of(&dossier.code, progress);
        self.call(INTEGRATION, WRITE_PROGRESS, false, &[step]).await?;
        Ok(())
    }

    async fn knows(&self, code: &str) -> Result<bool> {
        let asked = LookUp { code: code.to_owned() };
        let found = self.call(SHARE, LOOK_UP, false, &[asked]).await?;
        Ok(found.iter().any(|dossier| dossier["MaHoSo"] == code))
    }

    fn owner_code(&self, kind: OwnerKind) -> &str {
        match kind {
            OwnerKind::Citizen => &self.config.citizen_code,
            OwnerKind::Organisation => &self.config.organisation_code,
            OwnerKind::HouseholdBusiness => &self.config.household_business_code,
        }
    }

    /// One call. No source names the code by which the portal says that a session has ended,
    /// so a refusal in a session that was opened before this call is answered by a new login
    /// and one more try.
    async fn call<T: Serialize>(
        &self,
        door: &str,
        service: &str,
        updating: bool,
        data: &[T],
    ) -> Result<Vec<Value>> {
        let (session, new) = self.session(None).await?;
        let reply = match self.send(door, &session, service, updating, data).await {
            Ok(reply) => reply,
            Err(error) => {
                // Perhaps it is the session that the portal chokes on: the next attempt has another.
                *self.session.lock().await = None;
                return Err(error);
            }
        };
        if reply.is_success() || new {
            return reply.result(service);
        }
        tracing::info!(service, code = reply.error_code(), "the national portal refused; logging in again");
        let (session, _) = self.session(Some(&session)).await?;
        self.send(door, &session, service, updating, data).await?.result(service)
    }

    async fn send<T: Serialize>(
        &self,
        door: &str,
        session: &Secret<String>,
        service: &str,
        updating: bool,
        data: &[T],
    ) -> Result<Reply> {
        let envelope = Envelope {
            session: session.expose().clone(),
            unit: self.config.unit_code.clone(),
            service: service.to_owned(),
            updating: if updating { "True" } else { "False" }.to_owned(),
            data,
        };
        self.exchange.post(door, &envelope).await
    }

    /// The session in use, unless it is the one that `ended`; and whether it was opened now.
    async fn session(&self, ended: Option<&Secret<String>>) -> Result<(Secret<String>, bool)> {
        let mut held = self.session.lock().await;
        if let Some(session) = &*held
            && ended != Some(session)
        {
            return Ok((session.clone(), false));
        }
        let session = self.log_in().await?;
        *held = Some(session.clone());
        Ok((session, true))
    }

    async fn log_in(&self) -> Result<Secret<String>> {
        let login =
            Login { username: self.config.username.clone(), password: self.config.password.expose().clone() };
        let opened: Opened = self.exchange.post(LOGIN, &login).await?;
        opened.session().ok_or_else(|| anyhow!("the national portal refused the login"))
    }
}
