//! Which algorithms are good enough, and the check of a signature value.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier;

use super::tlv::{self, Tlv, Values};
use super::{Judged, Reason};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A digest that is still good. SHA-1 and MD5 are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Of an AlgorithmIdentifier.
    pub fn of(identifier: Tlv) -> Judged<Self> {
        let (algorithm, parameters) = parts(identifier)?;
        if !is_none_or_null(parameters) {
            return Err(Reason::Algorithm);
        }
        [(SHA256, Self::Sha256), (SHA384, Self::Sha384), (SHA512, Self::Sha512)]
            .into_iter()
            .find(|(known, _)| known.as_bytes() == algorithm)
            .map(|(_, hash)| hash)
            .ok_or(Reason::Algorithm)
    }

    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        let mut context = digest::Context::new(algorithm);
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }
}

/// SHA-1, where a standard names a key or certificate by it; never for a signature.
pub fn sha1_name(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Rsa(Hash),
    Pss(Hash),
    Ecdsa(Hash),
    Ed25519,
}

/// The algorithm and the parameters of an AlgorithmIdentifier.
fn parts(identifier: Tlv<'_>) -> Judged<(&[u8], Option<Tlv<'_>>)> {
    let mut inside = identifier.inside();
    let algorithm = inside.take(tlv::OID)?.value;
    let parameters = if inside.is_empty() { None } else { Some(inside.one()?) };
    inside.end()?;
    Ok((algorithm, parameters))
}

fn is_none_or_null(parameters: Option<Tlv>) -> bool {
    parameters.is_none_or(|parameters| parameters.raw == [5, 0])
}

/// The scheme of a signature algorithm; `digest` is the digest that a message names apart.
fn scheme(identifier: Tlv, digest: Option<Hash>) -> Judged<Scheme> {
    let (algorithm, parameters) = parts(identifier)?;
    let is = |known: ObjectIdentifier| known.as_bytes() == algorithm;
    if is(RSA_PSS) {
        return pss(parameters.ok_or(Reason::Algorithm)?).map(Scheme::Pss);
    }
    if is(RSA) && is_none_or_null(parameters) {
        return digest.map(Scheme::Rsa).ok_or(Reason::Algorithm);
    }
    let known = [
        (RSA_SHA256, Scheme::Rsa(Hash::Sha256)),
        (RSA_SHA384, Scheme::Rsa(Hash::Sha384)),
        (RSA_SHA512, Scheme::Rsa(Hash::Sha512)),
        (ECDSA_SHA256, Scheme::Ecdsa(Hash::Sha256)),
        (ECDSA_SHA384, Scheme::Ecdsa(Hash::Sha384)),
        (ECDSA_SHA512, Scheme::Ecdsa(Hash::Sha512)),
        (ED25519, Scheme::Ed25519),
    ];
    let found = known.into_iter().find(|(known, _)| is(*known)).map(|(_, scheme)| scheme);
    let bare = matches!(found, Some(Scheme::Ecdsa(_) | Scheme::Ed25519));
    match found {
        Some(scheme) if parameters.is_none() || (!bare && is_none_or_null(parameters)) => Ok(scheme),
        _ => Err(Reason::Algorithm),
    }
}

/// The digest of RSASSA-PSS: named three times, always the same; as much salt as digest.
fn pss(parameters: Tlv) -> Judged<Hash> {
    let mut inside = parameters.inside();
    let hash = Hash::of(tlv::only(inside.take(0xA0)?.value, tlv::SEQUENCE)?)?;
    let mask = tlv::only(inside.take(0xA1)?.value, tlv::SEQUENCE)?;
    let (generator, mask_hash) = parts(mask)?;
    let mask_hash = Hash::of(mask_hash.filter(|hash| hash.tag == tlv::SEQUENCE).ok_or(Reason::Algorithm)?)?;
    let salt = tlv::only(inside.take(0xA2)?.value, tlv::INTEGER)?.value;
    let trailer = inside.take_if(0xA3)?;
    inside.end()?;
    let wanted: u8 = match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    };
    let plain = trailer.is_none_or(|trailer| trailer.value == [tlv::INTEGER, 1, 1]);
    let fits = generator == MGF1.as_bytes() && mask_hash == hash && salt == [wanted] && plain;
    if fits { Ok(hash) } else { Err(Reason::Algorithm) }
}

/// Checks a signature value by the key of a certificate (SubjectPublicKeyInfo). `digest`, where
/// a message names one, must be that of the signature.
pub fn verify(identifier: Tlv, digest: Option<Hash>, key: Tlv, message: &[u8], value: &[u8]) -> Judged<()> {
    let scheme = scheme(identifier, digest)?;
    let of_scheme = match scheme {
        Scheme::Rsa(hash) | Scheme::Pss(hash) | Scheme::Ecdsa(hash) => hash,
        Scheme::Ed25519 => Hash::Sha512,
    };
    if digest.is_some_and(|digest| digest != of_scheme) {
        return Err(Reason::Algorithm);
    }
    let mut inside = Values(key.value);
    let (kind, parameters) = parts(inside.take(tlv::SEQUENCE)?)?;
    let bits = inside.take(tlv::BITS)?.value;
    inside.end()?;
    let point = bits.strip_prefix(&[0]).ok_or(Reason::Algorithm)?;
    let algorithm = algorithm(scheme, kind, parameters).ok_or(Reason::Algorithm)?;
    UnparsedPublicKey::new(algorithm, point).verify(message, value).map_err(|_| Reason::SignatureValue)
}

/// What checks this scheme by a key of this kind; RSA keys have 2,048 bits at least.
fn algorithm(
    scheme: Scheme,
    kind: &[u8],
    parameters: Option<Tlv>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let rsa = (kind == RSA.as_bytes() && is_none_or_null(parameters))
        || (kind == RSA_PSS.as_bytes() && matches!(scheme, Scheme::Pss(_)));
    let curve = parameters.filter(|found| kind == EC_KEY.as_bytes() && found.tag == tlv::OID);
    let on = |known: ObjectIdentifier| curve.is_some_and(|curve| curve.value == known.as_bytes());
    Some(match scheme {
        Scheme::Rsa(Hash::Sha256) if rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
        Scheme::Rsa(Hash::Sha384) if rsa => &signature::RSA_PKCS1_2048_8192_SHA384,
        Scheme::Rsa(Hash::Sha512) if rsa => &signature::RSA_PKCS1_2048_8192_SHA512,
        Scheme::Pss(Hash::Sha256) if rsa => &signature::RSA_PSS_2048_8192_SHA256,
        Scheme::Pss(Hash::Sha384) if rsa => &signature::RSA_PSS_2048_8192_SHA384,
        Scheme::Pss(Hash::Sha512) if rsa => &signature::RSA_PSS_2048_8192_SHA512,
        Scheme::Ecdsa(Hash::Sha256) if on(P256) => &signature::ECDSA_P256_SHA256_ASN1,
        Scheme::Ecdsa(Hash::Sha384) if on(P256) => &signature::ECDSA_P256_SHA384_ASN1,
        Scheme::Ecdsa(Hash::Sha512) if on(P256) => &signature::ECDSA_P256_SHA512_ASN1,
        Scheme::Ecdsa(Hash::Sha256) if on(P384) => &signature::ECDSA_P384_SHA256_ASN1,
        Scheme::Ecdsa(Hash::Sha384) if on(P384) => &signature::ECDSA_P384_SHA384_ASN1,
        Scheme::Ecdsa(Hash::Sha512) if on(P384) => &signature::ECDSA_P384_SHA512_ASN1,
        Scheme::Ecdsa(Hash::Sha256) if on(P521) => &signature::ECDSA_P521_SHA256_ASN1,
        Scheme::Ecdsa(Hash::Sha384) if on(P521) => &signature::ECDSA_P521_SHA384_ASN1,
        Scheme::Ecdsa(Hash::Sha512) if on(P521) => &signature::ECDSA_P521_SHA512_ASN1,
        Scheme::Ed25519 if kind == ED25519.as_bytes() && parameters.is_none() => &signature::ED25519,
        _ => return None,
    })
}
