//! Whether the certificates of a way were good at a moment.

use der::asn1::{GeneralizedTime, ObjectIdentifier};
use der::{Decode, Encode};
use x509_cert::crl::RevokedCert;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{CrlReason, IssuingDistributionPoint};
use x509_ocsp::{CertStatus, SingleResponse};

use super::algorithm::{self, Hash};
use super::certificate::{Certificate, seconds};
use super::chain::{Checks, OCSP_SIGNING, is_issued};
use super::revocation::{Answer, List, window};
use super::tlv;
use super::{Judged, Reason};

const INVALIDITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const DISTRIBUTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// How far clocks may differ, seconds.
pub const SKEW: i64 = 300;

/// What is known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    Unknown,
    /// Not to be believed from this moment on (seconds).
    Revoked {
        from: i64,
        /// The key may be in other hands.
        compromised: bool,
    },
}

/// All that may tell about revocation.
pub struct Records<'a> {
    pub answers: &'a [Answer],
    pub lists: &'a [List],
    /// The present (seconds): nothing from the future is believed.
    pub now: i64,
    pub checks: &'a Checks,
}

impl Records<'_> {
    /// What is known about a certificate for this moment; a revocation weighs more than
    /// whatever calls it good.
    pub fn standing(&self, certificate: &Certificate, issuer: &Certificate, moment: i64) -> Judged<Standing> {
        let mut worst = self.by_lists(certificate, issuer, moment)?;
        for answer in self.answers {
            let mut known = false;
            for single in &answer.fields.tbs_response_data.responses {
                if !is_about(single, certificate, issuer)? {
                    continue;
                }
                known = known || self.is_authorised(answer, issuer)?;
                if known {
                    worst = heavier(worst, self.said(single, certificate, moment));
                }
            }
        }
        Ok(worst)
    }

    fn by_lists(&self, certificate: &Certificate, issuer: &Certificate, moment: i64) -> Judged<Standing> {
        let mut worst = Standing::Unknown;
        for list in self.lists {
            if list.issuer()? != issuer.written()?.subject || !self.is_list_of(list, certificate, issuer)? {
                continue;
            }
            let fields = &list.fields.tbs_cert_list;
            let next = fields.next_update.as_ref().map(seconds);
            let revoked = fields.revoked_certificates.as_deref().unwrap_or_default();
            let found = match revoked.iter().find(|entry| entry.serial_number == *certificate.serial()) {
                Some(entry) => revocation(entry)?,
                None if self.counts((seconds(&fields.this_update), next), certificate, moment) => {
                    Standing::Good
                }
                None => Standing::Unknown,
            };
            worst = heavier(worst, found);
        }
        Ok(worst)
    }

    /// Whether what was said from … until … counts for this moment: not before it and never
    /// renewed, not from the future, not after the certificate ended and was forgotten.
    fn counts(&self, (from, until): (i64, Option<i64>), certificate: &Certificate, moment: i64) -> bool {
        let fresh = from >= moment || until.is_some_and(|until| moment <= until);
        fresh && from <= self.now + SKEW && from <= certificate.validity().1
    }

    fn said(&self, single: &SingleResponse, certificate: &Certificate, moment: i64) -> Standing {
        match &single.cert_status {
            CertStatus::Good(_) if self.counts(window(single), certificate, moment) => Standing::Good,
            CertStatus::Revoked(info) => {
                let from = super::revocation::seconds(&info.revocation_time);
                withdrawn(from, info.revocation_reason, single.single_extensions.as_ref())
            }
            _ => Standing::Unknown,
        }
    }

    /// Whether the answer is signed by the issuer itself, or by a responder that the issuer
    /// made one (RFC 6960, 4.2.2.2).
    fn is_authorised(&self, answer: &Answer, issuer: &Certificate) -> Judged<bool> {
        if names(answer, issuer)? {
            return self.signed(answer, issuer);
        }
        for responder in &answer.certificates {
            let meant = responder.purposes()?.is_some_and(|(_, found)| found.contains(&OCSP_SIGNING));
            let signs = responder.usage()?.is_none_or(|usage| usage.digital_signature());
            let valid = responder.is_valid_at(answer.produced_at()) && !responder.has_strange_rule();
            if !(meant && signs && valid && names(answer, responder)?) {
                continue;
            }
            if !is_issued(responder, issuer, self.checks)? || !self.signed(answer, responder)? {
                continue;
            }
            let listed = || self.by_lists(responder, issuer, answer.produced_at());
            if responder.has_no_check() || listed()? == Standing::Good {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn signed(&self, answer: &Answer, by: &Certificate) -> Judged<bool> {
        self.checks.take()?;
        let parts = answer.written()?;
        let key = by.written()?.key;
        Ok(algorithm::verify(parts.algorithm, None, key, parts.body.raw, parts.signature).is_ok())
    }

    /// Whether the list is the issuer's own, whole, and one for this kind of certificate.
    fn is_list_of(&self, list: &List, certificate: &Certificate, issuer: &Certificate) -> Judged<bool> {
        let extensions = list.fields.tbs_cert_list.crl_extensions.as_deref().unwrap_or_default();
        for extension in extensions {
            let understood = match extension.extn_id {
                DISTRIBUTION => {
                    let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes());
                    covers(&point.map_err(|_| Reason::Message)?, certificate)?
                }
                _ => !extension.critical,
            };
            if !understood {
                return Ok(false);
            }
        }
        if issuer.usage()?.is_some_and(|usage| !usage.crl_sign()) {
            return Ok(false);
        }
        self.checks.take()?;
        let parts = list.written()?;
        let key = issuer.written()?.key;
        Ok(algorithm::verify(parts.algorithm, None, key, parts.body.raw, parts.signature).is_ok())
    }
}

fn covers(point: &IssuingDistributionPoint, certificate: &Certificate) -> Judged<bool> {
    let partial =
        point.only_some_reasons.is_some() || point.indirect_crl || point.only_contains_attribute_certs;
    let is_issuer = certificate.may_issue().is_ok();
    let other = (point.only_contains_user_certs && is_issuer) || (point.only_contains_ca_certs && !is_issuer);
    let here = match &point.distribution_point {
        Some(place) => certificate.list_places()?.contains(place),
        None => true,
    };
    Ok(!partial && !other && here)
}

/// What weighs more: revoked early, revoked late, good, unknown.
fn heavier(one: Standing, other: Standing) -> Standing {
    match (one, other) {
        (Standing::Revoked { from, compromised }, Standing::Revoked { from: earlier, compromised: also }) => {
            Standing::Revoked { from: from.min(earlier), compromised: compromised || also }
        }
        (revoked @ Standing::Revoked { .. }, _) | (_, revoked @ Standing::Revoked { .. }) => revoked,
        (Standing::Good, _) | (_, Standing::Good) => Standing::Good,
        _ => Standing::Unknown,
    }
}

/// Whether an answer speaks of this certificate of this issuer.
fn is_about(single: &SingleResponse, certificate: &Certificate, issuer: &Certificate) -> Judged<bool> {
    let id = &single.cert_id;
    let named: fn(&[u8]) -> Vec<u8> = if id.hash_algorithm.oid == SHA1 {
        algorithm::sha1_name
    } else {
        let identifier = id.hash_algorithm.to_der().map_err(|_| Reason::Message)?;
        match Hash::of(tlv::only(&identifier, tlv::SEQUENCE)?) {
            Ok(Hash::Sha256) => |bytes| Hash::Sha256.digest(&[bytes]),
            Ok(Hash::Sha384) => |bytes| Hash::Sha384.digest(&[bytes]),
            Ok(Hash::Sha512) => |bytes| Hash::Sha512.digest(&[bytes]),
            Err(_) => return Ok(false),
        }
    };
    Ok(id.serial_number == *certificate.serial()
        && id.issuer_name_hash.as_bytes() == named(issuer.written()?.subject)
        && id.issuer_key_hash.as_bytes() == named(issuer.key_bits()))
}

/// Whether the answer names this certificate as its responder.
fn names(answer: &Answer, responder: &Certificate) -> Judged<bool> {
    let name = answer.responder()?;
    Ok(match name.tag {
        0xA1 => name.value == responder.written()?.subject,
        0xA2 => tlv::only(name.value, tlv::OCTETS)?.value == algorithm::sha1_name(responder.key_bits()),
        _ => false,
    })
}

fn revocation(entry: &RevokedCert) -> Judged<Standing> {
    let extensions = entry.crl_entry_extensions.as_ref();
    let found = extensions.into_iter().flatten().find(|extension| extension.extn_id == REASON);
    let reason = found.map(|found| CrlReason::from_der(found.extn_value.as_bytes()));
    let reason = reason.transpose().map_err(|_| Reason::Message)?;
    Ok(withdrawn(seconds(&entry.revocation_date), reason, extensions))
}

/// A revocation counts from when the key became bad, if that is known and earlier.
fn withdrawn(from: i64, reason: Option<CrlReason>, extensions: Option<&Extensions>) -> Standing {
    let invalid = extensions.into_iter().flatten().find(|extension| extension.extn_id == INVALIDITY);
    let invalid = invalid.and_then(|found| GeneralizedTime::from_der(found.extn_value.as_bytes()).ok());
    let invalid = invalid.and_then(|time| i64::try_from(time.to_unix_duration().as_secs()).ok());
    let compromised = !matches!(
        reason,
        Some(
            CrlReason::AffiliationChanged
                | CrlReason::Superseded
                | CrlReason::CessationOfOperation
                | CrlReason::PrivilegeWithdrawn
        )
    );
    Standing::Revoked { from: invalid.map_or(from, |invalid| from.min(invalid)), compromised }
}
