//! The answer to every login: an access token, and a refresh token for people.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::SessionRef;
use super::session::Subject;
use super::tokens::Kind;
use crate::app::App;
use crate::error::Result;

/// Tokens of a session. They are never stored, so a login has no `Idempotency-Key`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensOut {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(minimum = 0)]
    pub expires_in: i64,
    /// For `POST /api/v1/token/refresh`, once.
    pub refresh_token: String,
    /// When the session ends unless a refresh prolongs it.
    #[schema(value_type = String, format = DateTime)]
    pub session_expires_at: Timestamp,
}

impl TokensOut {
    /// Of a login.
    pub fn of(app: &App, session: &SessionRef, subject: Subject) -> Result<Self> {
        Self::of_turn(app, session, 0, subject)
    }

    /// Of a session that was refreshed so many times.
    pub fn of_turn(app: &App, session: &SessionRef, turn: i32, subject: Subject) -> Result<Self> {
        let now = app.db.clock.now();
        let access = app.tokens.issue(Kind::Access, session, &subject.key(), now)?;
        let refresh = app.tokens.issue_next(session, turn, &subject.key(), now)?;
        Ok(Self {
            access_token: access.text,
            token_type: "Bearer",
            expires_in: access.expires_at.duration_since(now).as_secs(),
            refresh_token: refresh.text,
            session_expires_at: session.expires_at,
        })
    }
}

/// How long a person's session lives without activity.
pub fn session_lifetime(app: &App) -> SignedDuration {
    SignedDuration::from_mins(app.config.auth.session_minutes.into())
}
