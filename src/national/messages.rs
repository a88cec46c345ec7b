//! The message gateway: news for a person by VNeID, SMS and e-mail.
//!
//! No source describes a common gateway, so this shape is motcua's own: one message with all
//! known addresses, of which the gateway serves those it can. `Idempotency-Key` is the
//! message's id: sent twice, it reaches the person once.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::exchange::Exchange;
use crate::config::Config;

/// Header with the key by which the gateway knows its senders.
pub const KEY_HEADER: &str = "x-api-key";

/// A message on its way to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Chosen by the sender; a second message with this id is the first.
    pub id: Uuid,
    pub to: Address,
    /// One line.
    pub title: String,
    pub body: String,
}

/// How a person can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// VNeID: the personal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_no: Option<String>,
    /// SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Address {
    /// Nobody can be reached there.
    pub fn is_empty(&self) -> bool {
        self.identity_no.is_none() && self.phone.is_none() && self.email.is_none()
    }
}

/// The gateway's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub id: Uuid,
    /// It had taken this message before.
    pub repeated: bool,
}

/// The gateway, as a sender meets it.
#[derive(Debug)]
pub struct MessageGateway {
    exchange: Exchange,
}

impl MessageGateway {
    pub fn new(config: &Config) -> Result<Self> {
        let headers = [(KEY_HEADER, config.messages.key.expose().as_str())];
        let exchange = Exchange::new(config.messages_url(), config.messages.timeout_seconds, &headers)?;
        Ok(Self { exchange })
    }

    /// Hands a message over; harmless to repeat.
    pub async fn send(&self, message: &Message) -> Result<()> {
        let taken: Taken = self.exchange.post("send", message).await?;
        ensure!(taken.id == message.id, "the gateway answers about another message");
        Ok(())
    }
}
