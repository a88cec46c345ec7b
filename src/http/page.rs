//! Keyset pages: the cursor names the last row seen, so page 10,000 costs what page 1 costs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{INVALID, Result};

/// Rows a page holds when the caller does not say.
const DEFAULT_LIMIT: i64 = 50;
/// Rows a page holds at most.
const MAX_LIMIT: i64 = 200;

/// `?limit=&cursor=` of a list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    pub fn limit(&self) -> Result<i64> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            return Ok(limit);
        }
        Err(INVALID.at("limit", "phải từ 1 đến 200", "must be from 1 to 200"))
    }

    /// The position after which the page begins.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

/// The opaque form of a position.
pub struct Cursor;

impl Cursor {
    pub fn encode(key: &impl Serialize) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key)?))
    }

    fn decode<K: DeserializeOwned>(text: &str) -> Result<K> {
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(
            || INVALID.at("cursor", "không phải con trỏ trang hợp lệ", "not a cursor of this list"),
        )
    }
}
