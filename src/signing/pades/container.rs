//! The signature itself: CMS SignedData of PAdES baseline (ETSI EN 319 142-1 §5.3, RFC 5652,
//! RFC 5035). What a key signs is the hash of the signed attributes; the container is put
//! together when that signature is there.

use anyhow::{Context, Result};
use cms::cert::IssuerAndSerialNumber;
use cms::content_info::CmsVersion;
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::oid::db::rfc5911::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA};
use der::{Any, Decode, Encode, Sequence};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::key::{KeyKind, parse, sha256, sha256_algorithm};

/// id-aa-signingCertificateV2 (RFC 5035).
pub const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// id-aa-timeStampToken (RFC 3161, appendix A).
pub const TIME_STAMP_TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// SignedData whose certificates keep every byte that their issuer signed.
#[derive(Sequence)]
pub(super) struct SignedData {
    version: CmsVersion,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    pub content: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub certificates: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    crls: Option<SetOfVec<Any>>,
    pub signer_infos: SetOfVec<SignerInfo>,
}

#[derive(Sequence)]
pub(super) struct ContentInfo {
    pub content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub content: SignedData,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertIdV2>,
}

/// Of a certificate that is named by its SHA-256, which is the default and not written.
#[derive(Sequence)]
struct EssCertIdV2 {
    hash: OctetString,
}

/// The attributes that are signed, as the set in DER whose hash the key signs. `digest`:
/// SHA-256 of the content, of type `content_type`.
pub fn signed_attributes(
    content_type: ObjectIdentifier,
    digest: &[u8; 32],
    certificate: &[u8],
) -> Result<Vec<u8>> {
    let named = EssCertIdV2 { hash: OctetString::new(sha256(certificate))? };
    let named = SigningCertificateV2 { certificates: vec![named] };
    let attributes = [
        attribute(ID_CONTENT_TYPE, Any::from(content_type))?,
        attribute(ID_MESSAGE_DIGEST, Any::encode_from(&OctetString::new(*digest)?)?)?,
        attribute(SIGNING_CERTIFICATE_V2, Any::encode_from(&named)?)?,
    ];
    Ok(SetOfVec::try_from(attributes.to_vec())?.to_der()?)
}

/// The same of a document: its content is not in the container.
pub fn document_attributes(digest: &[u8; 32], certificate: &[u8]) -> Result<Vec<u8>> {
    signed_attributes(ID_DATA, digest, certificate)
}

/// What goes into a container.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    pub content_type: ObjectIdentifier,
    /// The content itself (a time-stamp has it inside), else it lies outside.
    pub content: Option<&'a [u8]>,
    /// As [`signed_attributes`] gave them.
    pub attributes: &'a [u8],
    /// Of the attributes, by the key of the first certificate.
    pub signature: &'a [u8],
    /// The signer's certificate, then those above it.
    pub chain: &'a [Vec<u8>],
    /// The time-stamp over the signature.
    pub stamp: Option<&'a [u8]>,
}

/// The container of a document's signature.
pub fn document_container(
    attributes: &[u8],
    signature: &[u8],
    chain: &[Vec<u8>],
    stamp: Option<&[u8]>,
) -> Result<Vec<u8>> {
    container(&Parts { content_type: ID_DATA, content: None, attributes, signature, chain, stamp })
}

/// The container as DER.
pub fn container(parts: &Parts) -> Result<Vec<u8>> {
    let own = parts.chain.first().context("a signature needs its certificate")?;
    let certificate = parse(own)?.tbs_certificate;
    let unsigned = match parts.stamp {
        Some(stamp) => {
            let stamp = attribute(TIME_STAMP_TOKEN, Any::from_der(stamp)?)?;
            Some(SetOfVec::try_from(vec![stamp])?)
        }
        None => None,
    };
    let signer = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.issuer,
            serial_number: certificate.serial_number,
        }),
        digest_alg: sha256_algorithm(),
        signed_attrs: Some(Attributes::from_der(parts.attributes)?),
        signature_algorithm: KeyKind::of(own)?.algorithm(),
        signature: OctetString::new(parts.signature)?,
        unsigned_attrs: unsigned,
    };
    let certificates: Result<Vec<Any>, _> = parts.chain.iter().map(|der| Any::from_der(der)).collect();
    let content = match parts.content {
        Some(content) => Some(Any::encode_from(&OctetString::new(content)?)?),
        None => None,
    };
    let version = if parts.content_type == ID_DATA { CmsVersion::V1 } else { CmsVersion::V3 };
    let content = SignedData {
        version,
        digest_algorithms: SetOfVec::try_from(vec![sha256_algorithm()])?,
        content: EncapsulatedContentInfo { econtent_type: parts.content_type, econtent: content },
        certificates: Some(SetOfVec::try_from(certificates?)?),
        crls: None,
        signer_infos: SetOfVec::try_from(vec![signer])?,
    };
    Ok(ContentInfo { content_type: ID_SIGNED_DATA, content }.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
