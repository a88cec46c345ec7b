//! Passwords and client secrets: argon2id, computed off the async threads and a few at a
//! time, since each takes 19 MB and tens of milliseconds.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{BUSY, Error, INVALID, Result};

/// Longest password that somebody may choose, in characters.
const LONGEST: usize = 200;
/// Longest text that is compared with a hash, in bytes.
const LIMIT: usize = 1024;

/// Hashes that are computed at the same time.
const AT_ONCE: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What the password of an unknown user is compared with, so that the answer for unknown
/// and known users takes the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody").unwrap_or_default());

/// Refuses a new password that is too short or too long; `field` is where it came in.
pub fn check_length(field: &str, password: &str, shortest: usize) -> Result<()> {
    if (shortest..=LONGEST).contains(&password.chars().count()) {
        return Ok(());
    }
    Err(INVALID.at(
        field,
        format!("từ {shortest} đến {LONGEST} ký tự"),
        format!("{shortest} to {LONGEST} characters"),
    ))
}

/// The hash of a password as PHC string, with a new salt.
pub fn hash(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("argon2: {error}"))?.to_string())
}

/// `hash` for handlers.
pub async fn hash_in_turn(password: String) -> Result<String> {
    in_turn(move || hash(&password)).await
}

/// Whether the password fits; `None` (no such user) does the same work and never fits.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    if password.len() > LIMIT {
        return Ok(false);
    }
    in_turn(move || Ok(fits(&password, stored.as_deref().unwrap_or(&NOBODY)) && stored.is_some())).await
}

fn fits(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _turn = TURNS.acquire().await.map_err(|_| BUSY.err())?;
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(Error::Internal(anyhow::anyhow!("hashing panicked: {panic}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() -> Result<()> {
        let stored = hash("mật khẩu đúng")?;
        assert!(stored.starts_with("$argon2id$"));
        assert!(fits("mật khẩu đúng", &stored));
        assert!(!fits("mật khẩu sai", &stored));
        assert!(!fits("", "not a hash"));
        assert_ne!(stored, hash("mật khẩu đúng")?);
        Ok(())
    }

    #[tokio::test]
    async fn nobody_has_no_password() -> Result<()> {
        assert!(!verify("nobody".to_owned(), None).await?);
        Ok(())
    }
}
