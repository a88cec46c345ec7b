//! Public keys of certificates: which algorithm, and does a signature hold? Whatever needs a
//! private key is done elsewhere, and only by aws-lc.

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use der::asn1::{Null, ObjectIdentifier};
use der::oid::db::{rfc5912, rfc5912::ID_EC_PUBLIC_KEY};
use der::{Any, Decode, Encode};
use x509_cert::Certificate;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The kinds of key that sign here, each with SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA of 2048 to 8192 bits, PKCS #1 v1.5.
    Rsa,
    /// ECDSA over P-256.
    Ecdsa,
}

impl KeyKind {
    /// The kind of a certificate's key.
    pub fn of(certificate: &[u8]) -> Result<Self> {
        Self::of_key(&parse(certificate)?.tbs_certificate.subject_public_key_info)
    }

    fn of_key(key: &SubjectPublicKeyInfoOwned) -> Result<Self> {
        if key.algorithm.oid == rfc5912::RSA_ENCRYPTION {
            return Ok(Self::Rsa);
        }
        let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as().ok());
        if key.algorithm.oid == ID_EC_PUBLIC_KEY && curve == Some(rfc5912::SECP_256_R_1) {
            return Ok(Self::Ecdsa);
        }
        bail!("signatures by keys of {} are not supported", key.algorithm.oid)
    }

    /// The algorithm of its signatures over SHA-256.
    pub fn algorithm(self) -> AlgorithmIdentifierOwned {
        let null = Some(Any::from(Null));
        match self {
            Self::Rsa => {
                AlgorithmIdentifierOwned { oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION, parameters: null }
            }
            Self::Ecdsa => AlgorithmIdentifierOwned { oid: rfc5912::ECDSA_WITH_SHA_256, parameters: None },
        }
    }

    /// The same for the trust service.
    pub fn oid(self) -> ObjectIdentifier {
        self.algorithm().oid
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rsa => &RSA_PKCS1_2048_8192_SHA256,
            Self::Ecdsa => &ECDSA_P256_SHA256_ASN1,
        }
    }
}

/// SHA-256, as an algorithm of CMS.
pub fn sha256_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: rfc5912::ID_SHA_256, parameters: None }
}

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut found = [0; 32];
    found.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    found
}

/// Hash of some bytes by the algorithm that a container names.
pub fn hash_by(algorithm: ObjectIdentifier, bytes: &[u8]) -> Result<Digest> {
    let by = match algorithm {
        rfc5912::ID_SHA_256 => &digest::SHA256,
        rfc5912::ID_SHA_384 => &digest::SHA384,
        rfc5912::ID_SHA_512 => &digest::SHA512,
        other => bail!("hashes by {other} are not supported"),
    };
    Ok(digest::digest(by, bytes))
}

/// Refuses a time-stamp's or an answer's signature that its certificate's key has not made;
/// they choose their algorithms themselves.
pub fn check_foreign(certificate: &[u8], hash: &Digest, signature: &[u8]) -> Result<()> {
    let key = parse(certificate)?.tbs_certificate.subject_public_key_info;
    let is_rsa = key.algorithm.oid == rfc5912::RSA_ENCRYPTION;
    let curve: Option<ObjectIdentifier> =
        key.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as().ok());
    let by = hash.algorithm();
    let algorithm: &'static dyn VerificationAlgorithm = match (is_rsa, curve) {
        (true, _) if by == &digest::SHA256 => &RSA_PKCS1_2048_8192_SHA256,
        (true, _) if by == &digest::SHA384 => &RSA_PKCS1_2048_8192_SHA384,
        (true, _) => &RSA_PKCS1_2048_8192_SHA512,
        (_, Some(rfc5912::SECP_256_R_1)) if by == &digest::SHA256 => &ECDSA_P256_SHA256_ASN1,
        (_, Some(rfc5912::SECP_384_R_1)) if by == &digest::SHA384 => &ECDSA_P384_SHA384_ASN1,
        _ => bail!("signatures by keys of {} are not supported", key.algorithm.oid),
    };
    let held = UnparsedPublicKey::new(algorithm, key.to_der()?).verify_digest(hash, signature);
    ensure!(held.is_ok(), "the signature is not by the key of its certificate");
    Ok(())
}

/// Refuses what the key of the certificate has not signed; `hash`: SHA-256 of what was signed.
pub fn check_signature(certificate: &[u8], hash: &[u8; 32], signature: &[u8]) -> Result<()> {
    let key = parse(certificate)?.tbs_certificate.subject_public_key_info;
    let kind = KeyKind::of_key(&key)?;
    let hash = Digest::import_less_safe(hash, &digest::SHA256)?;
    // aws-lc takes a whole SubjectPublicKeyInfo of either kind.
    let key = UnparsedPublicKey::new(kind.verification(), key.to_der()?);
    let held = key.verify_digest(&hash, signature);
    ensure!(held.is_ok(), "the signature is not by the key of its certificate");
    Ok(())
}

/// A certificate in DER.
pub fn parse(certificate: &[u8]) -> Result<Certificate> {
    Certificate::from_der(certificate).context("a certificate cannot be read")
}
