//! The national payment platform (Nền tảng thanh toán Cổng DVCQG): its messages, how they
//! are signed, and the client that opens a payment and asks what became of it.
//!
//! Source of the field names and of the order under the digest: the platform's partner
//! interface as open-source provincial portals use it (release candidate 3.0). What that
//! source leaves open is said where it is decided: the reply to a callback and the answer
//! to an init message are signed over their fields in the order of writing.

/// What a message says under its digest `MaXacThuc`, in this order; how it is signed, and how
/// that is checked.
macro_rules! signed {
    ($message:ident: $($field:ident),+) => {
        impl $message {
            fn signed_values(&self) -> [&str; [$(stringify!($field)),+].len()] {
                [$(&self.$field),+]
            }

            /// Puts the digest in: what the sender does last.
            pub fn sign(mut self, partner: &Partner) -> Self {
                self.digest = partner.digest(&self.signed_values());
                self
            }

            /// Whether it was signed with the shared key.
            pub fn is_authentic(&self, partner: &Partner) -> bool {
                partner.signed(&self.signed_values(), &self.digest)
            }
        }
    };
}

mod callback;
mod client;
pub(crate) mod flat;
mod init;
mod refund;
pub mod settlement;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::Secret;

pub use super::wire_time;
pub use callback::{Callback, CallbackReply, Unreadable};
pub use client::{PaymentPlatform, Receipt};
pub use init::{Beneficiary, Demand, FeeLine, Init, InitReply, ReceiptInfo, ReceiptQuery};
pub use refund::{GiveBack, RefundMessage, RefundReply, RefundWord};

/// `MaLoi` of success.
pub const SUCCESS: &str = "00";
/// `MaLoi` of everything else.
pub const OTHER_ERROR: &str = "99";
/// `MaTienTe`: the only currency of the platform.
pub const CURRENCY: &str = "VND";
/// `MaThamChieu` has at most so many characters.
pub const REFERENCE_LIMIT: usize = 20;

/// Who a partner is to the platform: its code and the key that both sides share.
#[derive(Debug, Clone)]
pub struct Partner {
    /// `MaDoiTac`.
    pub code: String,
    pub key: Secret<String>,
}

impl Partner {
    pub fn of(config: &crate::config::Payment) -> Self {
        Self { code: config.partner_code.clone(), key: config.secret_key.clone() }
    }

    /// `MaXacThuc`: hex SHA-256 over the values and then the key, joined by `|`. It is not
    /// an HMAC, so a value with a `|` in it could pass for two: readers refuse those.
    pub fn digest(&self, values: &[&str]) -> String {
        let mut hash = Sha256::new();
        for value in values {
            hash.update(value);
            hash.update("|");
        }
        hash.update(self.key.expose());
        hex::encode(hash.finalize())
    }

    /// Whether a digest is that of the values; takes as long for a near miss as for a far one.
    pub fn signed(&self, values: &[&str], digest: &str) -> bool {
        self.digest(values).as_bytes().ct_eq(digest.as_bytes()).into()
    }
}
