//! Clients of the national side: one file (or folder) a system, its wire types only there.

mod exchange;
pub mod messages;
pub mod payment_platform;
pub mod portal;
pub mod tax;

use jiff::Timestamp;

use crate::clock::vietnam;

/// A moment as the national systems write it: `yyyyMMddHHmmss` in Việt Nam.
pub fn wire_time(time: Timestamp) -> String {
    time.to_zoned(vietnam()).strftime("%Y%m%d%H%M%S").to_string()
}
