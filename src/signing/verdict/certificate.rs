//! A certificate (X.509, RFC 5280): its fields, and the bytes that they were read from.

use std::collections::BTreeSet;

use der::asn1::ObjectIdentifier;
use der::{Decode, DecodePem};
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};
use x509_cert::serial_number::SerialNumber;

use super::algorithm::Hash;
use super::fields::visible;
use super::tlv::{self, Tlv, Values};
use super::{Judged, Reason, Signer};

const NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// Extensions that are understood, so that they may be critical: uses, constraints, policies
/// and names. Constraints on names or policies are not, and refuse the way.
const UNDERSTOOD: [ObjectIdentifier; 7] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
    ObjectIdentifier::new_unwrap("2.5.29.32"),
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.31"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.3"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    raw: Vec<u8>,
    fields: x509_cert::Certificate,
}

/// The parts as they are written.
pub struct Written<'a> {
    pub body: &'a [u8],
    pub algorithm: Tlv<'a>,
    pub signature: &'a [u8],
    /// Contents of the serial number.
    pub serial: &'a [u8],
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub key: Tlv<'a>,
}

impl Certificate {
    pub(super) fn of_der(raw: &[u8]) -> Judged<Self> {
        let fields = x509_cert::Certificate::from_der(raw).map_err(|_| Reason::Message)?;
        let found = Self { raw: raw.to_vec(), fields };
        let inner = &found.fields.tbs_certificate;
        let extensions = inner.extensions.as_deref().unwrap_or_default();
        let distinct: BTreeSet<_> = extensions.iter().map(|extension| extension.extn_id).collect();
        if distinct.len() < extensions.len() || inner.signature != found.fields.signature_algorithm {
            return Err(Reason::Message);
        }
        found.written()?;
        Ok(found)
    }

    /// The certificates of a PEM text.
    pub fn of_pem(text: &str) -> Option<Vec<Self>> {
        const END: &str = "-----END CERTIFICATE-----";
        let mut found = Vec::new();
        for part in text.split_inclusive(END).filter(|part| part.contains("-----BEGIN CERTIFICATE-----")) {
            let start = part.find("-----BEGIN CERTIFICATE-----")?;
            let parsed = x509_cert::Certificate::from_pem(&part.as_bytes()[start..]).ok()?;
            found.push(Self::of_der(&der::Encode::to_der(&parsed).ok()?).ok()?);
        }
        Some(found)
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(super) fn written(&self) -> Judged<Written<'_>> {
        let mut outer = tlv::only(&self.raw, tlv::SEQUENCE)?.inside();
        let body = outer.take(tlv::SEQUENCE)?;
        let algorithm = outer.take(tlv::SEQUENCE)?;
        let signature = outer.take(tlv::BITS)?.value.strip_prefix(&[0]).ok_or(Reason::Message)?;
        outer.end()?;
        let mut inside = body.inside();
        inside.take_if(0xA0)?;
        let serial = inside.take(tlv::INTEGER)?.value;
        inside.take(tlv::SEQUENCE)?;
        let issuer = inside.take(tlv::SEQUENCE)?.raw;
        inside.take(tlv::SEQUENCE)?;
        let subject = inside.take(tlv::SEQUENCE)?.raw;
        let key = inside.take(tlv::SEQUENCE)?;
        Ok(Written { body: body.raw, algorithm, signature, serial, issuer, subject, key })
    }

    pub(super) fn serial(&self) -> &SerialNumber {
        &self.fields.tbs_certificate.serial_number
    }

    /// The bits of the public key, without their frame.
    pub(super) fn key_bits(&self) -> &[u8] {
        self.fields.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes()
    }

    /// Seconds of the first and the last moment.
    pub(super) fn validity(&self) -> (i64, i64) {
        let validity = &self.fields.tbs_certificate.validity;
        (seconds(&validity.not_before), seconds(&validity.not_after))
    }

    pub(super) fn is_valid_at(&self, moment: i64) -> bool {
        let (first, last) = self.validity();
        (first..=last).contains(&moment)
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.fields.tbs_certificate.issuer == self.fields.tbs_certificate.subject
    }

    /// Whether it may issue certificates, and how many may stand between it and the last one.
    pub(super) fn may_issue(&self) -> Judged<Option<u8>> {
        let (_, constraints) =
            self.extension::<BasicConstraints>()?.filter(|(_, found)| found.ca).ok_or(Reason::Issuer)?;
        if self.usage()?.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(Reason::Issuer);
        }
        Ok(constraints.path_len_constraint)
    }

    pub(super) fn usage(&self) -> Judged<Option<KeyUsage>> {
        Ok(self.extension::<KeyUsage>()?.map(|(_, usage)| usage))
    }

    /// What it is meant for, and whether that is critical.
    pub(super) fn purposes(&self) -> Judged<Option<(bool, Vec<ObjectIdentifier>)>> {
        Ok(self.extension::<ExtendedKeyUsage>()?.map(|(critical, found)| (critical, found.0)))
    }

    pub(super) fn has_no_check(&self) -> bool {
        let extensions = self.fields.tbs_certificate.extensions.as_deref().unwrap_or_default();
        extensions.iter().any(|extension| extension.extn_id == NO_CHECK)
    }

    pub(super) fn has_strange_rule(&self) -> bool {
        let extensions = self.fields.tbs_certificate.extensions.as_deref().unwrap_or_default();
        extensions.iter().any(|extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id))
    }

    /// The name of its key, if it tells.
    pub(super) fn key_name(&self) -> Judged<Option<Vec<u8>>> {
        Ok(self.extension::<SubjectKeyIdentifier>()?.map(|(_, found)| found.0.as_bytes().to_vec()))
    }

    /// The name of its issuer's key, if it tells.
    pub(super) fn issuer_key_name(&self) -> Judged<Option<Vec<u8>>> {
        let found = self.extension::<AuthorityKeyIdentifier>()?;
        Ok(found.and_then(|(_, found)| found.key_identifier).map(|name| name.as_bytes().to_vec()))
    }

    /// Where it says that lists of revocation are.
    pub(super) fn list_places(&self) -> Judged<Vec<DistributionPointName>> {
        let found = self.extension::<CrlDistributionPoints>()?;
        let points = found.map(|(_, points)| points.0).unwrap_or_default();
        Ok(points.into_iter().filter_map(|point| point.distribution_point).collect())
    }

    fn extension<'a, T>(&'a self) -> Judged<Option<(bool, T)>>
    where
        T: Decode<'a> + der::oid::AssociatedOid,
    {
        self.fields.tbs_certificate.get::<T>().map_err(|_| Reason::Message)
    }

    pub(super) fn signer(&self) -> Signer {
        let inner = &self.fields.tbs_certificate;
        let name =
            name_part(&inner.subject, COMMON_NAME).unwrap_or_else(|| visible(&inner.subject.to_string()));
        let issuer = name_part(&inner.issuer, COMMON_NAME);
        Signer {
            name,
            organisation: name_part(&inner.subject, ORGANISATION),
            issuer: issuer.unwrap_or_else(|| visible(&inner.issuer.to_string())),
            certificate_sha256: hex::encode(Hash::Sha256.digest(&[&self.raw])),
        }
    }
}

fn name_part(name: &x509_cert::name::Name, kind: ObjectIdentifier) -> Option<String> {
    let parts = name.0.iter().flat_map(|relative| relative.0.iter());
    let found = parts.rev().find(|part| part.oid == kind)?;
    let bytes = found.value.value();
    let text = match u8::from(der::Tagged::tag(&found.value)) {
        0x1E => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or('?')).collect()
        }
        0x14 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    Some(visible(&text))
}

/// A moment, in seconds.
pub fn seconds(time: &x509_cert::time::Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// The certificates of a list of values.
pub fn certificates(mut values: Values) -> Judged<Vec<Certificate>> {
    let mut found = Vec::new();
    while !values.is_empty() {
        found.push(Certificate::of_der(values.take(tlv::SEQUENCE)?.raw)?);
    }
    Ok(found)
}
