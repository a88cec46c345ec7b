//! The submission receipt as a signed manifest (biên nhận hồ sơ điện tử): what was received with
//! each file's SHA-256, when, by which version of the rules, due when. Whoever filed keeps it
//! and can prove all that, without motcua and without its database.

mod key;
mod published;
mod save;
mod word;

pub use key::{Fault, KeySet, PublicKey, ReceiptKey, check};
pub use published::{list_keys, publish};
pub use save::save_receipt;
pub use word::{code_of, draw_code, opens};
