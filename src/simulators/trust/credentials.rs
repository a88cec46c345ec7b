//! Who has which credential: the demo's officials and the agencies of Quảng Ninh.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;

use super::TrustFaults;
use super::authority::{Authority, Holder, Signer, YEARS};
use super::keys::Key;
use crate::agencies::import::{QUANG_NINH, STAFFING};
use crate::signing::pades::sha256;

/// Somebody who can sign.
#[derive(Debug, Clone)]
struct Owner {
    name: String,
    agency: String,
}

/// All credentials; their certificates are issued when they are first asked for.
pub struct Credentials {
    owners: BTreeMap<String, Owner>,
    issued: Mutex<BTreeMap<String, Arc<Signer>>>,
    /// A credential keeps its key, whatever becomes of its certificate.
    keys: Mutex<BTreeMap<String, Arc<Key>>>,
}

impl Credentials {
    pub fn embedded() -> Result<Self> {
        let mut owners = BTreeMap::new();
        let agencies: Value = serde_json::from_str(QUANG_NINH)?;
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        for agency in agencies["agencies"].as_array().into_iter().flatten() {
            let name = text(agency, "name");
            owners.insert(text(agency, "code"), Owner { name: name.clone(), agency: name });
        }
        let staffing: Value = serde_json::from_str(STAFFING)?;
        for official in staffing["staff"].as_array().into_iter().flatten() {
            let agency = official["positions"][0]["agency"].as_str().unwrap_or_default();
            let agency = owners.get(agency).map(|owner| owner.name.clone()).unwrap_or_default();
            owners.insert(text(official, "username"), Owner { name: text(official, "full_name"), agency });
        }
        Ok(Self { owners, issued: Mutex::default(), keys: Mutex::default() })
    }

    /// The credentials of somebody.
    pub fn of(&self, owner: &str) -> Vec<String> {
        let there = self.owners.contains_key(owner);
        ["rsa", "ec"].into_iter().filter(|_| there).map(|kind| format!("{owner}.{kind}")).collect()
    }

    /// The owner of a credential.
    pub fn owner(credential: &str) -> &str {
        credential.rsplit_once('.').map_or(credential, |(owner, _)| owner)
    }

    /// A credential with its certificate; `None`: there is none of this name.
    pub fn signer(
        &self,
        credential: &str,
        authority: &Authority,
        faults: &TrustFaults,
    ) -> Result<Option<Arc<Signer>>> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = issued.get(credential) {
            return Ok(Some(there.clone()));
        }
        let Some((name, kind)) = credential.rsplit_once('.') else { return Ok(None) };
        let Some(owner) = self.owners.get(name) else { return Ok(None) };
        let has = |owners: &[String]| owners.iter().any(|one| one == name);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match (keys.get(credential), kind) {
            (Some(key), _) => key.clone(),
            (None, "rsa") => Arc::new(Key::rsa()?),
            (None, "ec") => Arc::new(Key::named(credential)?),
            (None, _) => return Ok(None),
        };
        keys.insert(credential.to_owned(), key.clone());
        let years = match (has(&faults.expired), has(&faults.future)) {
            (true, _) => (2015, 2020),
            (_, true) => (2060, 2070),
            _ => YEARS,
        };
        let place = <[u8; 4]>::try_from(&sha256(credential.as_bytes())[..4]).context("four bytes")?;
        let serial = 1000 + u64::from(u32::from_be_bytes(place));
        if has(&faults.revoked) {
            authority.revoke(serial, SystemTime::now())?;
        }
        let holder = Holder { name: &owner.name, agency: &owner.agency, years, serial };
        let signer = Arc::new(authority.enrol(key, &holder)?);
        issued.insert(credential.to_owned(), signer.clone());
        Ok(Some(signer))
    }

    pub fn forget(&self) {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
