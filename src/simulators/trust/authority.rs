//! The test authority: a root, the issuer below it, signers, and its answers about
//! revocation and time. No network: bytes in, bytes out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use der::asn1::{BitString, GeneralizedTime, Int, ObjectIdentifier, OctetString, UtcTime};
use der::oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::{Any, Decode, DecodePem, Encode, Sequence};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::pkix::CrlNumber;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;
use x509_cert::{Certificate, Version};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, OcspResponseStatus,
    ResponderId, ResponseBytes, ResponseData, RevokedInfo, SingleResponse,
};
use x509_tsp::{Accuracy, TimeStampReq, TspVersion, TstInfo};

use super::certificates::{Content, Use, Years, authority, extension, issue, name};
use super::keys::Key;
use crate::signing::pades::{Parts, TST_INFO, container, signed_attributes};

/// The root's certificate; its key is that of its name.
pub const ROOT: &str = include_str!("../../../data/simulators/trust-root.pem");
/// Policy of the time-stamps: below the number that IANA keeps for examples.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
/// How long an answer about revocation may be used.
const ANSWER_HOLDS: Duration = Duration::from_secs(24 * 3600);
/// The years of whatever is not to be wrong.
pub const YEARS: Years = (2025, 2045);

/// A key with its certificate.
pub struct Signer {
    pub key: Arc<Key>,
    pub certificate: Certificate,
}

impl Signer {
    pub fn der(&self) -> Result<Vec<u8>> {
        Ok(self.certificate.to_der()?)
    }
}

/// Who gets a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    pub name: &'a str,
    pub agency: &'a str,
    pub years: Years,
    pub serial: u64,
}

/// The authority; one for all threads.
pub struct Authority {
    root: Signer,
    issuer: Signer,
    ocsp: Signer,
    stamps: Signer,
    /// Address of its answers, without a slash at its end.
    url: String,
    /// When which of the issuer's certificates was revoked.
    revoked: Mutex<BTreeMap<Vec<u8>, SystemTime>>,
    stamped: AtomicU64,
}

impl Authority {
    pub fn new(url: &str) -> Result<Self> {
        let root = Signer { key: Arc::new(Key::named("root")?), certificate: Certificate::from_pem(ROOT)? };
        let made = |key: Key, called: &str, serial, usage, by: &Signer, asked: bool| -> Result<Signer> {
            let content = Content {
                subject: name(Some("motcua (thử nghiệm)"), called)?,
                key: &key,
                serial,
                years: YEARS,
                usage,
                ocsp: asked.then(|| format!("{url}/ocsp")),
                crl: Some(format!("{url}/crl/{}.crl", if usage == Use::Issuer { "root" } else { "issuer" })),
            };
            let certificate = issue(&content, &by.certificate.tbs_certificate.subject, &by.key)?;
            Ok(Signer { key: Arc::new(key), certificate })
        };
        let issuer = made(Key::named("issuer")?, "CA cấp dưới (thử nghiệm)", 2, Use::Issuer, &root, false)?;
        let ocsp = made(Key::named("ocsp")?, "OCSP (thử nghiệm)", 3, Use::Ocsp, &issuer, false)?;
        let stamps =
            made(Key::named("tsa")?, "Dấu thời gian (thử nghiệm)", 4, Use::TimeStamps, &issuer, true)?;
        let (revoked, stamped) = (Mutex::default(), AtomicU64::new(1));
        Ok(Self { root, issuer, ocsp, stamps, url: url.to_owned(), revoked, stamped })
    }

    /// Makes the certificate of a root by the key of its name; how [`ROOT`] came to be.
    pub fn make_root() -> Result<Certificate> {
        let (key, called) = (Key::named("root")?, name(Some("motcua (thử nghiệm)"), "CA gốc (thử nghiệm)")?);
        let content = Content {
            subject: called.clone(),
            key: &key,
            serial: 1,
            years: YEARS,
            usage: Use::Root,
            ocsp: None,
            crl: None,
        };
        issue(&content, &called, &key)
    }

    /// Gives a certificate to somebody who signs.
    pub fn enrol(&self, key: impl Into<Arc<Key>>, holder: &Holder) -> Result<Signer> {
        let key = key.into();
        let content = Content {
            subject: name(Some(holder.agency), holder.name)?,
            key: &key,
            serial: holder.serial,
            years: holder.years,
            usage: Use::Signer,
            ocsp: Some(format!("{}/ocsp", self.url)),
            crl: Some(format!("{}/crl/issuer.crl", self.url)),
        };
        let certificate =
            issue(&content, &self.issuer.certificate.tbs_certificate.subject, &self.issuer.key)?;
        Ok(Signer { key, certificate })
    }

    /// A signer's certificate and the issuer's, DER.
    pub fn chain(&self, signer: &Signer) -> Result<Vec<Vec<u8>>> {
        Ok(vec![signer.der()?, self.issuer.der()?])
    }

    /// Revokes a certificate as of a moment.
    pub fn revoke(&self, serial: u64, at: SystemTime) -> Result<()> {
        let serial = SerialNumber::<x509_cert::certificate::Rfc5280>::new(&serial.to_be_bytes())?;
        self.revoked().insert(serial.as_bytes().to_vec(), at);
        Ok(())
    }

    pub fn forget_revocations(&self) {
        self.revoked().clear();
    }

    fn revoked(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, SystemTime>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a question about revocation (RFC 6960).
    pub fn ocsp(&self, request: &[u8]) -> Result<Vec<u8>> {
        let request = OcspRequest::from_der(request).context("not a question")?;
        let now = SystemTime::now();
        let mut responses = Vec::new();
        for asked in request.tbs_request.request_list {
            let revoked = self.revoked().get(asked.req_cert.serial_number.as_bytes()).copied();
            let cert_status = match revoked {
                Some(at) => CertStatus::revoked(RevokedInfo {
                    revocation_time: ocsp_time(at)?,
                    revocation_reason: None,
                }),
                None => CertStatus::good(),
            };
            responses.push(SingleResponse {
                cert_id: asked.req_cert,
                cert_status,
                this_update: ocsp_time(now)?,
                next_update: Some(ocsp_time(now + ANSWER_HOLDS)?),
                single_extensions: None,
            });
        }
        let data = ResponseData {
            version: x509_ocsp::Version::V1,
            responder_id: ResponderId::ByKey(OctetString::new(self.ocsp.key.identifier())?),
            produced_at: ocsp_time(now)?,
            responses,
            response_extensions: None,
        };
        let signature = BitString::from_bytes(&self.ocsp.key.sign(&data.to_der()?)?)?;
        let basic = BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: self.ocsp.key.kind().algorithm(),
            signature,
            certs: Some(vec![self.ocsp.certificate.clone()]),
        };
        let bytes =
            ResponseBytes { response_type: ID_PKIX_OCSP_BASIC, response: OctetString::new(basic.to_der()?)? };
        let status = OcspResponseStatus::Successful;
        Ok(OcspResponse { response_status: status, response_bytes: Some(bytes) }.to_der()?)
    }

    /// The list of the revoked certificates of the root or of the issuer.
    pub fn crl(&self, of_root: bool) -> Result<Vec<u8>> {
        let by = if of_root { &self.root } else { &self.issuer };
        let now = SystemTime::now();
        let mut revoked = Vec::new();
        for (serial, at) in self.revoked().iter().filter(|_| !of_root) {
            revoked.push(RevokedCert {
                serial_number: SerialNumber::new(serial)?,
                revocation_date: time(*at)?,
                crl_entry_extensions: None,
            });
        }
        let algorithm = by.key.kind().algorithm();
        let number = CrlNumber(der::asn1::Uint::new(&unix(now)?.as_secs().to_be_bytes())?);
        let list = TbsCertList {
            version: Version::V2,
            signature: algorithm.clone(),
            issuer: by.certificate.tbs_certificate.subject.clone(),
            this_update: time(now)?,
            next_update: Some(time(now + ANSWER_HOLDS)?),
            revoked_certificates: Some(revoked).filter(|revoked| !revoked.is_empty()),
            crl_extensions: Some(vec![extension(false, &authority(&by.key)?)?, extension(false, &number)?]),
        };
        let signature = BitString::from_bytes(&by.key.sign(&list.to_der()?)?)?;
        let list = CertificateList { tbs_cert_list: list, signature_algorithm: algorithm, signature };
        Ok(list.to_der()?)
    }

    /// Answers a question for a time-stamp (RFC 3161).
    pub fn stamp(&self, request: &[u8]) -> Result<Vec<u8>> {
        self.stamp_at(request, SystemTime::now())
    }

    /// The same with a time that need not be true.
    pub fn stamp_at(&self, request: &[u8], at: SystemTime) -> Result<Vec<u8>> {
        let request = TimeStampReq::from_der(request).context("not a question")?;
        let info = TstInfo {
            version: TspVersion::V1,
            policy: POLICY,
            message_imprint: request.message_imprint,
            serial_number: positive(self.stamped.fetch_add(1, Ordering::Relaxed))?,
            gen_time: GeneralizedTime::from_unix_duration(Duration::from_secs(unix(at)?.as_secs()))?,
            accuracy: Some(Accuracy { seconds: Some(1), millis: None, micros: None }),
            ordering: false,
            nonce: request.nonce,
            tsa: None,
            extensions: None,
        };
        let info = info.to_der()?;
        let chain = self.chain(&self.stamps)?;
        let attributes = signed_attributes(TST_INFO, &crate::signing::pades::sha256(&info), &chain[0])?;
        let signature = self.stamps.key.sign(&attributes)?;
        let token = container(&Parts {
            content_type: TST_INFO,
            content: Some(&info),
            attributes: &attributes,
            signature: &signature,
            chain: &chain,
            stamp: None,
        })?;
        let response = StampResponse { status: Status { status: 0 }, token: Some(Any::from_der(&token)?) };
        Ok(response.to_der()?)
    }

    /// Whom the time-stamps' certificate names.
    pub fn stamps_by(&self) -> &Name {
        &self.stamps.certificate.tbs_certificate.subject
    }
}

/// TimeStampResp (RFC 3161 §2.4.2).
#[derive(Sequence)]
struct StampResponse {
    status: Status,
    #[asn1(optional = "true")]
    token: Option<Any>,
}

#[derive(Sequence)]
struct Status {
    status: u8,
}

/// An integer without needless zeros before it.
fn positive(number: u64) -> Result<Int> {
    let bytes = number.to_be_bytes();
    let start = (number.leading_zeros() / 8).min(7) as usize;
    let sign = (bytes[start] >= 0x80).then_some(0);
    Ok(Int::new(&sign.into_iter().chain(bytes[start..].iter().copied()).collect::<Vec<u8>>())?)
}

fn unix(at: SystemTime) -> Result<Duration> {
    Ok(at.duration_since(SystemTime::UNIX_EPOCH)?)
}

fn ocsp_time(at: SystemTime) -> Result<OcspGeneralizedTime> {
    Ok(GeneralizedTime::from_unix_duration(Duration::from_secs(unix(at)?.as_secs()))?.into())
}

fn time(at: SystemTime) -> Result<Time> {
    Ok(Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(unix(at)?.as_secs()))?))
}
