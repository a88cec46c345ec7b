//! Certificates: do they lead to a root that is believed, are they in force, are they revoked?
//! Pure.

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest;
use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::db::rfc5912;
use der::oid::db::{rfc5280, rfc6960};
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, OcspResponseStatus, Request,
    ResponderId, TbsRequest, Version,
};

use super::pades::{check_foreign, hash_by, parse};

/// What was found out about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Since when it is revoked, as far as it is.
    pub revoked: Option<Timestamp>,
}

/// A certificate, with who issued it and where to ask about it.
pub struct Subject<'a> {
    der: &'a [u8],
    own: Certificate,
    issuer: Certificate,
    issuer_der: &'a [u8],
    pub ocsp: Option<String>,
    pub crl: Option<String>,
}

/// Refuses a chain whose signatures do not lead to an anchor, or of which a part is not in force.
pub fn check_chain(chain: &[Vec<u8>], anchors: &[Vec<u8>], at: Timestamp) -> Result<()> {
    let mut below = chain.first().context("no certificate")?;
    for above in chain.iter().skip(1).chain(anchors) {
        check_in_force(below, at)?;
        if anchors.contains(below) {
            return Ok(());
        }
        if is_issued_by(below, above)? {
            below = above;
        }
    }
    ensure!(anchors.contains(below), "the certificate does not come from a root that is believed");
    check_in_force(below, at)
}

fn check_in_force(certificate: &[u8], at: Timestamp) -> Result<()> {
    let validity = parse(certificate)?.tbs_certificate.validity;
    let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    let now = u64::try_from(at.as_second())?;
    ensure!(from.as_secs() <= now, "a certificate is not in force yet");
    ensure!(now <= to.as_secs(), "a certificate is over");
    Ok(())
}

/// Whether one certificate signed another, and may.
fn is_issued_by(certificate: &[u8], issuer: &[u8]) -> Result<bool> {
    let (below, above) = (parse(certificate)?, parse(issuer)?);
    if below.tbs_certificate.issuer != above.tbs_certificate.subject {
        return Ok(false);
    }
    let issues = above.tbs_certificate.get::<BasicConstraints>()?.is_some_and(|(_, limits)| limits.ca);
    ensure!(issues, "a certificate was issued by somebody who may not");
    let signed = below.tbs_certificate.to_der()?;
    check(issuer, &below.signature_algorithm, &signed, below.signature.raw_bytes())?;
    Ok(true)
}

/// Refuses a signature of a certificate, list or answer that does not hold.
fn check(by: &[u8], algorithm: &AlgorithmIdentifierOwned, signed: &[u8], signature: &[u8]) -> Result<()> {
    let hash = match algorithm.oid {
        rfc5912::SHA_256_WITH_RSA_ENCRYPTION | rfc5912::ECDSA_WITH_SHA_256 => rfc5912::ID_SHA_256,
        rfc5912::SHA_384_WITH_RSA_ENCRYPTION | rfc5912::ECDSA_WITH_SHA_384 => rfc5912::ID_SHA_384,
        rfc5912::SHA_512_WITH_RSA_ENCRYPTION => rfc5912::ID_SHA_512,
        other => bail!("signatures by {other} are not supported"),
    };
    check_foreign(by, &hash_by(hash, signed)?, signature)
}

impl<'a> Subject<'a> {
    /// A certificate whose issuer is among those given.
    pub fn of(certificate: &'a [u8], above: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let own = parse(certificate)?;
        for candidate in above {
            if is_issued_by(certificate, candidate)? {
                let issuer = parse(candidate)?;
                let (ocsp, crl) = (ocsp_address(&own)?, crl_address(&own)?);
                return Ok(Self { der: certificate, own, issuer, issuer_der: candidate, ocsp, crl });
            }
        }
        bail!("the issuer of a certificate is missing")
    }

    fn id(&self) -> Result<CertId> {
        // The name of an algorithm in a question: responders know certificates by SHA-1.
        let hash = |bytes: &[u8]| digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
        let issuer = &self.issuer.tbs_certificate;
        Ok(CertId {
            hash_algorithm: AlgorithmIdentifierOwned { oid: SHA_1, parameters: Some(der::asn1::Null.into()) },
            issuer_name_hash: OctetString::new(hash(&issuer.subject.to_der()?).as_ref())?,
            issuer_key_hash: OctetString::new(
                hash(issuer.subject_public_key_info.subject_public_key.raw_bytes()).as_ref(),
            )?,
            serial_number: self.own.tbs_certificate.serial_number.clone(),
        })
    }

    /// The question to the OCSP responder, DER.
    pub fn question(&self) -> Result<Vec<u8>> {
        let request = Request { req_cert: self.id()?, single_request_extensions: None };
        let asked = TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![request],
            request_extensions: None,
        };
        Ok(OcspRequest { tbs_request: asked, optional_signature: None }.to_der()?)
    }

    /// What an OCSP answer says, when it is signed by who may say it.
    pub fn ocsp_says(&self, answer: &[u8]) -> Result<Checked> {
        let answer = OcspResponse::from_der(answer).context("an answer about revocation cannot be read")?;
        ensure!(answer.response_status == OcspResponseStatus::Successful, "nothing is said about revocation");
        let bytes = answer.response_bytes.context("nothing is said about revocation")?;
        ensure!(bytes.response_type == rfc6960::ID_PKIX_OCSP_BASIC, "an answer of an unknown kind");
        let basic = BasicOcspResponse::from_der(bytes.response.as_bytes())?;
        let data = &basic.tbs_response_data;
        let signed = data.to_der()?;
        let responder = self.responder(&basic)?;
        check(&responder, &basic.signature_algorithm, &signed, basic.signature.raw_bytes())?;
        let id = self.id()?;
        let about = data.responses.iter().find(|one| {
            one.cert_id.serial_number == id.serial_number
                && one.cert_id.issuer_key_hash == id.issuer_key_hash
                && one.cert_id.issuer_name_hash == id.issuer_name_hash
        });
        let revoked = match &about.context("the answer is about something else")?.cert_status {
            CertStatus::Good(_) => None,
            CertStatus::Revoked(since) => Some(moment(since.revocation_time.0.to_unix_duration())?),
            CertStatus::Unknown(_) => bail!("the responder does not know the certificate"),
        };
        Ok(Checked { certificate: self.der.to_vec(), revoked })
    }

    /// The issuer itself, or somebody whom it lets answer.
    fn responder(&self, basic: &BasicOcspResponse) -> Result<Vec<u8>> {
        for candidate in basic.certs.iter().flatten() {
            let candidate_der = candidate.to_der()?;
            let usage = candidate.tbs_certificate.get::<ExtendedKeyUsage>()?;
            let answers = usage.is_some_and(|(_, usage)| usage.0.contains(&rfc5280::ID_KP_OCSP_SIGNING));
            let named = match &basic.tbs_response_data.responder_id {
                ResponderId::ByName(name) => *name == candidate.tbs_certificate.subject,
                ResponderId::ByKey(_) => true,
            };
            if answers && named && is_issued_by(&candidate_der, self.issuer_der)? {
                return Ok(candidate_der);
            }
        }
        Ok(self.issuer_der.to_vec())
    }

    /// What a list of revoked certificates says, when it is the issuer's.
    pub fn crl_says(&self, list: &[u8]) -> Result<Checked> {
        let list =
            CertificateList::from_der(list).context("a list of revoked certificates cannot be read")?;
        let body = &list.tbs_cert_list;
        ensure!(body.issuer == self.own.tbs_certificate.issuer, "the list is of another issuer");
        check(self.issuer_der, &list.signature_algorithm, &body.to_der()?, list.signature.raw_bytes())?;
        let serial = &self.own.tbs_certificate.serial_number;
        let found = body.revoked_certificates.iter().flatten().find(|one| one.serial_number == *serial);
        let revoked = found.map(|one| moment(one.revocation_date.to_unix_duration())).transpose()?;
        Ok(Checked { certificate: self.der.to_vec(), revoked })
    }
}

/// SHA-1.
const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

fn moment(since: std::time::Duration) -> Result<Timestamp> {
    Ok(Timestamp::from_second(i64::try_from(since.as_secs())?)?)
}

fn ocsp_address(certificate: &Certificate) -> Result<Option<String>> {
    let found = certificate.tbs_certificate.get::<AuthorityInfoAccessSyntax>()?;
    Ok(found.iter().flat_map(|(_, access)| &access.0).find_map(|one| match &one.access_location {
        GeneralName::UniformResourceIdentifier(address) if one.access_method == rfc5280::ID_AD_OCSP => {
            Some(address.to_string())
        }
        _ => None,
    }))
}

fn crl_address(certificate: &Certificate) -> Result<Option<String>> {
    let found = certificate.tbs_certificate.get::<CrlDistributionPoints>()?;
    let names =
        found.iter().flat_map(|(_, points)| &points.0).filter_map(|point| match &point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        });
    Ok(names.flatten().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(address) => Some(address.to_string()),
        _ => None,
    }))
}
