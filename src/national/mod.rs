//! Clients of the national side: one file (or folder) a system, its wire types only there.

mod exchange;
pub mod messages;
pub mod payment_platform;
pub mod portal;
pub mod tax;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::clock::vietnam;

/// A moment as the national systems write it: `yyyyMMddHHmmss` in Việt Nam.
pub fn wire_time(time: Timestamp) -> String {
    time.to_zoned(vietnam()).strftime("%Y%m%d%H%M%S").to_string()
}

/// A moment that a national system wrote so; `None` when it is none.
pub fn wire_moment(text: &str) -> Option<Timestamp> {
    let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let local = DateTime::strptime("%Y%m%d%H%M%S", text).ok().filter(|_| digits)?;
    local.to_zoned(vietnam()).ok().map(|time| time.timestamp())
}
