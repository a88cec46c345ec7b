//! Whether a signed PDF may be believed: who signed it, when, and is it still what was signed.
//!
//! Pure: bytes, anchors, evidence and a moment in; a verdict in a closed vocabulary out. What
//! cannot be shown to be good is never called good; what is refused has one reason, in words.
//! PAdES (ETSI EN 319 142), CMS (RFC 5652), CAdES attributes (RFC 5035), certificates and
//! revocation (RFC 5280, RFC 6960), time-stamps (RFC 3161).
//!
//! Stricter than the standards where they leave a choice that an attacker could use: DER only,
//! one way to write the gap, nothing in the file that its references do not name, and behind
//! a signature only evidence and further signatures.

mod algorithm;
mod certificate;
mod chain;
mod changes;
mod examine;
mod fields;
mod message;
mod pdf;
mod revocation;
mod revoked;
mod tlv;
mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use certificate::Certificate;
pub use examine::examine;
pub use words::Words;

/// What is made of the parts: the value, or why not.
type Judged<T> = Result<T, Reason>;

/// The verdict on a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of its signatures; none = the file is not signed.
    pub outcome: Option<Outcome>,
    /// Why the file as a whole cannot be judged.
    pub reason: Option<Reason>,
    /// In the order in which they were put.
    pub signatures: Vec<Signature>,
}

/// The verdict on one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SignatureFound)]
pub struct Signature {
    /// The name of the signature field.
    pub field: String,
    /// Stamps the time of the whole document and is no person's signature.
    pub is_timestamp: bool,
    pub outcome: Outcome,
    /// Why it is not trusted.
    pub reason: Option<Reason>,
    /// Whose certificate it is; believe the names only when the signer is trusted.
    pub signer: Option<Signer>,
    /// When it was signed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub signed_at: Option<Timestamp>,
    /// The time is proven by a time-stamp, not only claimed by the signer.
    pub time_is_proven: bool,
    /// Nothing was added to the file after this signature.
    pub covers_whole_file: bool,
}

/// What a certificate says of its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SignatureHolder)]
pub struct Signer {
    pub name: String,
    pub organisation: Option<String>,
    /// Who issued the certificate.
    pub issuer: String,
    /// SHA-256 of the certificate, hex.
    pub certificate_sha256: String,
}

/// From best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignatureOutcome)]
pub enum Outcome {
    /// Intact, by a trusted signer, at a proven time.
    Trusted,
    /// Intact, by a trusted signer; the time is what the signer claims.
    TrustedTimeClaimed,
    /// Intact, but the signer's certificate leads to no anchor of this portal.
    UnknownSigner,
    /// Intact, but something that is needed for trust is not known.
    Undecided,
    /// Something was changed or added after it was signed.
    Changed,
    /// Is no valid signature of this document.
    Invalid,
}

/// Why a signature is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignatureReason)]
pub enum Reason {
    /// The certificate leads to no anchor.
    UnknownSigner,
    /// Nothing tells whether a certificate had been revoked.
    RevocationUnknown,
    /// The certificate has expired, and no time-stamp proves that it was used before.
    ExpiredSince,
    /// The time-stamp is of a service that leads to no anchor, or whose standing is not known.
    TimestampUndecided,
    /// Carries a certificate that nothing vouches for.
    StrangeCertificate,
    /// What was added behind the signature is more than evidence and signatures.
    AddedLater,
    /// The signature certifies that nothing may be added, and something was.
    AddedToFinal,
    /// The content is not what was signed.
    ContentDiffers,
    /// The signed part does not cover the file as it must.
    ByteRange,
    /// The place of the signature holds something else beside it.
    Contents,
    /// The file is no well-formed PDF where signatures are concerned.
    Structure,
    /// Encrypted.
    Encrypted,
    /// A form of signature that is not known or not allowed any more.
    Format,
    /// A message that is not well-formed (CMS in DER).
    Message,
    /// An algorithm that is too weak or not known (SHA-1, RSA below 2,048 bits …).
    Algorithm,
    /// What must be signed beside the content is missing or double.
    Attributes,
    /// The signer's certificate is not the one that was signed for.
    OtherCertificate,
    /// The certificate of the signer is not there.
    NoCertificate,
    /// The value of the signature is wrong.
    SignatureValue,
    /// The certificate was not valid at the time of signing.
    NotValidThen,
    /// A certificate on the way to the anchor may not issue certificates.
    Issuer,
    /// The certificate is not meant for this use.
    Usage,
    /// A certificate has a rule that is not known and must not be passed over.
    CriticalExtension,
    /// A certificate had been revoked.
    Revoked,
    /// The time-stamp is wrong.
    Timestamp,
    /// The time of signing lies in the future.
    InTheFuture,
    /// More than a file may hold.
    TooMuch,
}

impl Reason {
    /// What it makes of the signature.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::UnknownSigner => Outcome::UnknownSigner,
            Self::RevocationUnknown
            | Self::ExpiredSince
            | Self::TimestampUndecided
            | Self::StrangeCertificate
            | Self::TooMuch => Outcome::Undecided,
            Self::AddedLater | Self::AddedToFinal | Self::ContentDiffers => Outcome::Changed,
            _ => Outcome::Invalid,
        }
    }
}

/// The certificates that are believed by themselves; none = every signer is unknown.
#[derive(Debug, Clone, Default)]
pub struct Anchors(pub Vec<Certificate>);

/// What helps to decide and is not in the file, DER: it is believed only when it is signed by
/// whom it must be.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub certificates: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
}
