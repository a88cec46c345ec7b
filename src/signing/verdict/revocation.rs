//! What tells whether a certificate was revoked: answers (OCSP) and lists (CRL).

use der::Decode;
use der::asn1::ObjectIdentifier;
use x509_cert::crl::CertificateList;
use x509_ocsp::{BasicOcspResponse, SingleResponse};

use super::certificate::{Certificate, certificates};
use super::tlv::{self, Tlv, Values};
use super::{Judged, Reason};

const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");

/// An answer of a responder, signed by it (RFC 6960).
pub struct Answer {
    raw: Vec<u8>,
    pub fields: BasicOcspResponse,
    pub certificates: Vec<Certificate>,
}

/// A list of an issuer, signed by it (RFC 5280).
pub struct List {
    raw: Vec<u8>,
    pub fields: CertificateList,
}

/// The signed parts of an answer or a list.
pub struct Written<'a> {
    pub body: Tlv<'a>,
    pub algorithm: Tlv<'a>,
    pub signature: &'a [u8],
}

fn written(raw: &[u8]) -> Judged<(Written<'_>, Values<'_>)> {
    let mut parts = tlv::only(raw, tlv::SEQUENCE)?.inside();
    let (body, algorithm) = (parts.take(tlv::SEQUENCE)?, parts.take(tlv::SEQUENCE)?);
    let signature = parts.take(tlv::BITS)?.value.strip_prefix(&[0]).ok_or(Reason::Message)?;
    Ok((Written { body, algorithm, signature }, parts))
}

impl Answer {
    /// Of an OCSPResponse that was successful.
    pub fn read(bytes: &[u8]) -> Judged<Self> {
        let mut parts = tlv::only(bytes, tlv::SEQUENCE)?.inside();
        let successful = parts.one()?.raw == [0x0A, 1, 0];
        let mut inner = tlv::only(parts.take(0xA0)?.value, tlv::SEQUENCE)?.inside();
        parts.end()?;
        let basic = inner.take(tlv::OID)?.value == BASIC.as_bytes();
        let raw = inner.take(tlv::OCTETS)?.value;
        inner.end()?;
        let (_, mut rest) = written(raw)?;
        let sent = rest.take_if(0xA0)?;
        rest.end()?;
        if !successful || !basic {
            return Err(Reason::Message);
        }
        let sent = sent.map(|sent| tlv::only(sent.value, tlv::SEQUENCE)).transpose()?;
        let certificates = sent.map(|sent| certificates(sent.inside())).transpose()?.unwrap_or_default();
        let fields = BasicOcspResponse::from_der(raw).map_err(|_| Reason::Message)?;
        Ok(Self { raw: raw.to_vec(), fields, certificates })
    }

    pub fn written(&self) -> Judged<Written<'_>> {
        written(&self.raw).map(|(written, _)| written)
    }

    /// The name or the key by which the responder names itself: `[1]` or `[2]`.
    pub fn responder(&self) -> Judged<Tlv<'_>> {
        let mut parts = self.written()?.body.inside();
        parts.take_if(0xA0)?;
        parts.one()
    }

    /// What it says of each certificate, when.
    pub fn produced_at(&self) -> i64 {
        seconds(&self.fields.tbs_response_data.produced_at)
    }
}

impl List {
    pub fn read(bytes: &[u8]) -> Judged<Self> {
        let (_, rest) = written(bytes)?;
        rest.end()?;
        let fields = CertificateList::from_der(bytes).map_err(|_| Reason::Message)?;
        if fields.tbs_cert_list.signature != fields.signature_algorithm {
            return Err(Reason::Message);
        }
        Ok(Self { raw: bytes.to_vec(), fields })
    }

    pub fn written(&self) -> Judged<Written<'_>> {
        written(&self.raw).map(|(written, _)| written)
    }

    /// The name of its issuer, as it is written.
    pub fn issuer(&self) -> Judged<&[u8]> {
        let mut parts = self.written()?.body.inside();
        parts.take_if(tlv::INTEGER)?;
        parts.take(tlv::SEQUENCE)?;
        Ok(parts.take(tlv::SEQUENCE)?.raw)
    }
}

pub fn seconds(time: &x509_ocsp::OcspGeneralizedTime) -> i64 {
    i64::try_from(time.0.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// From when, and until when, what is said of a certificate is said.
pub fn window(single: &SingleResponse) -> (i64, Option<i64>) {
    (seconds(&single.this_update), single.next_update.as_ref().map(seconds))
}
