//! What the test authority's certificates say.

use std::time::Duration;

use anyhow::Result;
use der::asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, SetOfVec, Utf8StringRef};
use der::oid::AssociatedOid;
use der::oid::db::{rfc4519, rfc5280, rfc5912};
use der::{Any, Encode};
use jiff::civil::date;
use jiff::tz::TimeZone;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{CertificateInner, TbsCertificateInner};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
    crl::dp::DistributionPoint,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, Version};

use super::keys::Key;

/// id-pkix-ocsp-nocheck: nobody asks about the one who answers.
const OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");

/// For what a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Root,
    /// Issues the certificates of signers.
    Issuer,
    /// Signs documents.
    Signer,
    /// Answers about revocation.
    Ocsp,
    TimeStamps,
}

/// Years in which a certificate is valid: from the first day of one to that of another.
pub type Years = (i16, i16);

/// What a certificate says.
pub struct Content<'a> {
    pub subject: Name,
    pub key: &'a Key,
    pub serial: u64,
    pub years: Years,
    pub usage: Use,
    /// Where to ask about it: the OCSP responder and the list of revoked certificates.
    pub ocsp: Option<String>,
    pub crl: Option<String>,
}

/// Signs a certificate by the issuer's key.
pub fn issue(content: &Content, issuer: &Name, by: &Key) -> Result<Certificate> {
    let algorithm = by.kind().algorithm();
    let body = TbsCertificateInner {
        version: Version::V3,
        serial_number: SerialNumber::new(&content.serial.to_be_bytes())?,
        signature: algorithm.clone(),
        issuer: issuer.clone(),
        validity: Validity { not_before: new_year(content.years.0)?, not_after: new_year(content.years.1)? },
        subject: content.subject.clone(),
        subject_public_key_info: content.key.public.clone(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions(content, by)?),
    };
    let signature = BitString::from_bytes(&by.sign(&body.to_der()?)?)?;
    Ok(CertificateInner { tbs_certificate: body, signature_algorithm: algorithm, signature })
}

fn extensions(content: &Content, by: &Key) -> Result<Extensions> {
    let is_issuer = matches!(content.usage, Use::Root | Use::Issuer);
    let path_len_constraint = (content.usage == Use::Issuer).then_some(0);
    let usages = match content.usage {
        Use::Root | Use::Issuer => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        Use::Signer => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        Use::Ocsp | Use::TimeStamps => KeyUsages::DigitalSignature.into(),
    };
    let mut found = vec![
        extension(true, &BasicConstraints { ca: is_issuer, path_len_constraint })?,
        extension(true, &KeyUsage(usages))?,
        extension(false, &SubjectKeyIdentifier(OctetString::new(content.key.identifier())?))?,
        extension(false, &authority(by)?)?,
    ];
    match content.usage {
        Use::TimeStamps => {
            found.push(extension(true, &ExtendedKeyUsage(vec![rfc5912::ID_KP_TIME_STAMPING]))?)
        }
        Use::Ocsp => {
            found.push(extension(false, &ExtendedKeyUsage(vec![rfc5280::ID_KP_OCSP_SIGNING]))?);
            let null = OctetString::new(der::asn1::Null.to_der()?)?;
            found.push(Extension { extn_id: OCSP_NOCHECK, critical: false, extn_value: null });
        }
        _ => {}
    }
    if let Some(address) = &content.ocsp {
        let access_method = rfc5280::ID_AD_OCSP;
        let description = AccessDescription { access_method, access_location: uri(address)? };
        found.push(extension(false, &AuthorityInfoAccessSyntax(vec![description]))?);
    }
    if let Some(address) = &content.crl {
        let name = Some(DistributionPointName::FullName(vec![uri(address)?]));
        let point = DistributionPoint { distribution_point: name, reasons: None, crl_issuer: None };
        found.push(extension(false, &CrlDistributionPoints(vec![point]))?);
    }
    Ok(found)
}

/// Which key signed.
pub fn authority(by: &Key) -> Result<AuthorityKeyIdentifier> {
    Ok(AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(by.identifier())?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    })
}

pub fn extension<T: Encode + AssociatedOid>(critical: bool, value: &T) -> Result<Extension> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn uri(address: &str) -> Result<GeneralName> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(address)?))
}

/// A name of Việt Nam: the organisation, where there is one, and the name proper.
pub fn name(organisation: Option<&str>, common: &str) -> Result<Name> {
    let country = der::asn1::PrintableStringRef::new("VN")?;
    let mut parts = vec![part(rfc4519::C, Any::encode_from(&country)?)?];
    if let Some(organisation) = organisation {
        parts.push(part(rfc4519::O, Any::encode_from(&Utf8StringRef::new(organisation)?)?)?);
    }
    parts.push(part(rfc4519::CN, Any::encode_from(&Utf8StringRef::new(common)?)?)?);
    Ok(RdnSequence(parts))
}

fn part(oid: ObjectIdentifier, value: Any) -> Result<RelativeDistinguishedName> {
    Ok(RelativeDistinguishedName(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?))
}

/// The first moment of a year, as certificates write it.
fn new_year(year: i16) -> Result<Time> {
    let moment = date(year, 1, 1).to_zoned(TimeZone::UTC)?.timestamp();
    let since = Duration::from_secs(u64::try_from(moment.as_second())?);
    if year < 2050 {
        return Ok(Time::UtcTime(der::asn1::UtcTime::from_unix_duration(since)?));
    }
    Ok(Time::GeneralTime(der::asn1::GeneralizedTime::from_unix_duration(since)?))
}
