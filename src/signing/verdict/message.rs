//! The signed message (CMS, RFC 5652) in the gap of a PDF or in a time-stamp.

use der::asn1::ObjectIdentifier;

use super::algorithm::{self, Hash};
use super::certificate::{Certificate, certificates};
use super::tlv::{self, Tlv, Values};
use super::{Judged, Reason};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIMESTAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const REVOCATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.8");

/// Certificates in one message.
const CERTIFICATES: usize = 20;

/// What a message carries about revocation: lists, answers.
type Carried = (Vec<Vec<u8>>, Vec<Vec<u8>>);

/// A message of one signer.
pub struct Message<'a> {
    pub certificates: Vec<Certificate>,
    /// What is signed, if it is inside.
    pub content: Option<&'a [u8]>,
    pub digest: Hash,
    pub value: &'a [u8],
    signer: Tlv<'a>,
    algorithm: Tlv<'a>,
    signed: Tlv<'a>,
    attributes: Vec<(&'a [u8], Tlv<'a>)>,
    timestamp: Option<&'a [u8]>,
    /// Lists of revocation beside the certificates.
    lists: Vec<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// Reads a message of this kind of content.
    pub fn read(bytes: &'a [u8], kind: ObjectIdentifier) -> Judged<Self> {
        let mut outer = tlv::only(bytes, tlv::SEQUENCE)?.inside();
        if outer.take(tlv::OID)?.value != SIGNED_DATA.as_bytes() {
            return Err(Reason::Message);
        }
        let mut data = tlv::only(outer.take(0xA0)?.value, tlv::SEQUENCE)?.inside();
        outer.end()?;
        let version = data.take(tlv::INTEGER)?.value;
        let digests = data.take(tlv::SET)?.inside().all()?;
        let mut inner = data.take(tlv::SEQUENCE)?.inside();
        let found = inner.take(tlv::OID)?.value;
        let content = inner.take_if(0xA0)?;
        inner.end()?;
        let content = content.map(|content| tlv::only(content.value, tlv::OCTETS)).transpose()?;
        let certificates = data.take_if(0xA0)?.map(|set| certificates(set.inside())).transpose()?;
        let certificates = certificates.unwrap_or_default();
        let lists = data.take_if(0xA1)?.map(|set| set.inside().all()).transpose()?.unwrap_or_default();
        let signers = data.take(tlv::SET)?;
        data.end()?;
        let signer = tlv::only(signers.value, tlv::SEQUENCE).map_err(|_| Reason::Message)?;
        if found != kind.as_bytes() || certificates.len() > CERTIFICATES {
            return Err(Reason::Message);
        }
        let content = content.map(|content| content.value);
        let mut message = Self::of_signer(signer, kind, content, certificates)?;
        message.lists = lists.into_iter().map(|list| list.raw).collect();
        // Versions say what is inside; one that says something else was not written by the signer.
        let wanted: u8 = if kind == DATA && message.signer.tag == tlv::SEQUENCE { 1 } else { 3 };
        let [digest] = digests[..] else { return Err(Reason::Message) };
        if version != [wanted] || Hash::of(digest)? != message.digest {
            return Err(Reason::Message);
        }
        Ok(message)
    }

    fn of_signer(
        signer: Tlv<'a>,
        kind: ObjectIdentifier,
        content: Option<&'a [u8]>,
        certificates: Vec<Certificate>,
    ) -> Judged<Self> {
        let mut parts = signer.inside();
        let version = parts.take(tlv::INTEGER)?.value;
        let name = parts.one()?;
        let fits = matches!((name.tag, version), (tlv::SEQUENCE, [1]) | (0x80, [3]));
        let digest = Hash::of(parts.take(tlv::SEQUENCE)?)?;
        let signed = parts.take(0xA0).map_err(|_| Reason::Attributes)?;
        let algorithm = parts.take(tlv::SEQUENCE)?;
        let value = parts.take(tlv::OCTETS)?.value;
        let unsigned = parts.take_if(0xA1)?;
        parts.end()?;
        if !fits {
            return Err(Reason::Message);
        }
        let attributes = attributes(signed.inside())?;
        let timestamp = unsigned.map(|unsigned| timestamp(unsigned.inside())).transpose()?;
        let is_kind = |(found, value): &(&[u8], Tlv)| {
            *found == CONTENT_TYPE.as_bytes() && value.tag == tlv::OID && value.value == kind.as_bytes()
        };
        if !attributes.iter().any(is_kind) {
            return Err(Reason::Attributes);
        }
        let lists = Vec::new();
        let signer = name;
        Ok(Self {
            certificates,
            content,
            digest,
            value,
            signer,
            algorithm,
            signed,
            attributes,
            timestamp,
            lists,
        })
    }

    fn attribute(&self, kind: ObjectIdentifier) -> Option<Tlv<'a>> {
        self.attributes.iter().find(|(found, _)| *found == kind.as_bytes()).map(|(_, value)| *value)
    }

    /// The token that proves the time, if there is one.
    pub fn timestamp(&self) -> Option<&'a [u8]> {
        self.timestamp
    }

    /// When the signer says that it was signed, in seconds.
    pub fn claimed_time(&self) -> Judged<Option<i64>> {
        self.attribute(SIGNING_TIME).map(time).transpose()
    }

    /// Lists and answers about revocation that it carries, also as Adobe does it: lists, answers.
    pub fn revocation(&self) -> Judged<Carried> {
        let beside = self.lists.iter().map(|list| list.to_vec());
        let Some(archive) = self.attribute(REVOCATION) else { return Ok((beside.collect(), Vec::new())) };
        let mut parts = archive.inside();
        let mut list = |tag| -> Judged<Vec<Vec<u8>>> {
            let Some(found) = parts.take_if(tag)? else { return Ok(Vec::new()) };
            let items = tlv::only(found.value, tlv::SEQUENCE)?.inside().all()?;
            Ok(items.into_iter().map(|item| item.raw.to_vec()).collect())
        };
        let (lists, answers) = (list(0xA0)?, list(0xA1)?);
        Ok((beside.chain(lists).collect(), answers))
    }

    /// The certificate of the signer.
    pub fn signer_certificate(&self) -> Judged<&Certificate> {
        for certificate in &self.certificates {
            let written = certificate.written()?;
            let is_signer = if self.signer.tag == tlv::SEQUENCE {
                let mut parts = self.signer.inside();
                let (issuer, serial) = (parts.take(tlv::SEQUENCE)?.raw, parts.take(tlv::INTEGER)?.value);
                parts.end()?;
                issuer == written.issuer && serial == written.serial
            } else {
                certificate.key_name()?.as_deref() == Some(self.signer.value)
            };
            if is_signer {
                return Ok(certificate);
            }
        }
        Err(Reason::NoCertificate)
    }

    /// Checks the signature, that it is about this content, and that the signer signed for
    /// this certificate. `must_name` = the certificate must be named in what is signed.
    pub fn verify(&self, content: &[&[u8]], must_name: bool) -> Judged<()> {
        let certificate = self.signer_certificate()?;
        let key = certificate.written()?.key;
        // Signed is the SET itself, not the place that it has in the message.
        let mut signed = self.signed.raw.to_vec();
        signed[0] = tlv::SET;
        algorithm::verify(self.algorithm, Some(self.digest), key, &signed, self.value)?;
        let digest = self.attribute(MESSAGE_DIGEST).ok_or(Reason::Attributes)?;
        if digest.tag != tlv::OCTETS {
            return Err(Reason::Attributes);
        }
        self.names(certificate, must_name)?;
        if digest.value == self.digest.digest(content) { Ok(()) } else { Err(Reason::ContentDiffers) }
    }

    /// Whether the certificate is the one that is named in what is signed (RFC 5035, RFC 2634).
    fn names(&self, certificate: &Certificate, must_name: bool) -> Judged<()> {
        let (v1, v2) = (self.attribute(CERTIFICATE), self.attribute(CERTIFICATE_V2));
        for (attribute, is_v2) in [(v1, false), (v2, true)] {
            let Some(attribute) = attribute else { continue };
            let names = attribute.inside().take(tlv::SEQUENCE)?;
            let mut name = names.inside().take(tlv::SEQUENCE)?.inside();
            let hash = match name.take_if(tlv::SEQUENCE)? {
                Some(identifier) if is_v2 => Hash::of(identifier)?.digest(&[certificate.raw()]),
                Some(_) => return Err(Reason::OtherCertificate),
                None if is_v2 => Hash::Sha256.digest(&[certificate.raw()]),
                None => algorithm::sha1_name(certificate.raw()),
            };
            let named = name.take(tlv::OCTETS)?.value == hash;
            let written = certificate.written()?;
            let serial = match name.take_if(tlv::SEQUENCE)? {
                Some(both) => {
                    let mut both = both.inside();
                    let issuer = tlv::only(both.take(tlv::SEQUENCE)?.value, 0xA4)?.value;
                    issuer == written.issuer && both.take(tlv::INTEGER)?.value == written.serial
                }
                None => true,
            };
            if !named || !serial {
                return Err(Reason::OtherCertificate);
            }
        }
        if must_name && v1.is_none() && v2.is_none() { Err(Reason::OtherCertificate) } else { Ok(()) }
    }
}

/// The attributes with their one value; none is there twice.
fn attributes<'a>(mut values: Values<'a>) -> Judged<Vec<(&'a [u8], Tlv<'a>)>> {
    let mut found: Vec<(&[u8], Tlv)> = Vec::new();
    while !values.is_empty() {
        let mut attribute = values.take(tlv::SEQUENCE)?.inside();
        let kind = attribute.take(tlv::OID)?.value;
        let mut set = attribute.take(tlv::SET)?.inside();
        attribute.end()?;
        let value = set.one()?;
        set.end()?;
        if found.iter().any(|(known, _)| *known == kind) {
            return Err(Reason::Attributes);
        }
        found.push((kind, value));
    }
    Ok(found)
}

/// Beside the signature stands a time-stamp or nothing: whatever else could be put there, by
/// anybody and at any time, is refused.
fn timestamp(values: Values<'_>) -> Judged<&[u8]> {
    match attributes(values)?[..] {
        [(kind, token)] if kind == TIMESTAMP.as_bytes() => Ok(token.raw),
        _ => Err(Reason::Attributes),
    }
}

/// A moment in DER, in seconds.
pub fn time(value: Tlv) -> Judged<i64> {
    let text = std::str::from_utf8(value.value).map_err(|_| Reason::Message)?;
    let text = text.strip_suffix('Z').ok_or(Reason::Message)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let full = match value.tag {
        tlv::UTC_TIME if whole.len() == 12 => format!("{}{whole}", if whole < "50" { "20" } else { "19" }),
        tlv::TIME if whole.len() == 14 => whole.to_owned(),
        _ => return Err(Reason::Message),
    };
    if !full.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::Message);
    }
    let part = |from: usize, to: usize| full[from..to].parse::<i8>().map_err(|_| Reason::Message);
    let year = full[..4].parse::<i16>().map_err(|_| Reason::Message)?;
    let (month, day, hour, minute, second) =
        (part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let moment = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0);
    let moment = moment.and_then(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC));
    moment.map(|moment| moment.timestamp().as_second()).map_err(|_| Reason::Message)
}

/// What a time-stamp says (TSTInfo, RFC 3161).
pub struct Stamp<'a> {
    digest: Hash,
    imprint: &'a [u8],
    /// Seconds.
    pub time: i64,
}

impl<'a> Stamp<'a> {
    pub fn read(bytes: &'a [u8]) -> Judged<Self> {
        let mut parts = tlv::only(bytes, tlv::SEQUENCE)?.inside();
        let version = parts.take(tlv::INTEGER)?.value;
        parts.take(tlv::OID)?;
        let mut imprint = parts.take(tlv::SEQUENCE)?.inside();
        let digest = Hash::of(imprint.take(tlv::SEQUENCE)?)?;
        let value = imprint.take(tlv::OCTETS)?.value;
        imprint.end()?;
        parts.take(tlv::INTEGER)?;
        let time = time(parts.take(tlv::TIME)?)?;
        for tag in [tlv::SEQUENCE, 0x01, tlv::INTEGER, 0xA0] {
            parts.take_if(tag)?;
        }
        // An extension could change what the rest means.
        parts.end()?;
        if version == [1] { Ok(Self { digest, imprint: value, time }) } else { Err(Reason::Message) }
    }

    pub fn is_about(&self, content: &[&[u8]]) -> bool {
        self.imprint == self.digest.digest(content)
    }
}
