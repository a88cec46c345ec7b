//! Time-stamps (RFC 3161): the question to a time-stamp authority, and whether its answer is
//! about what was asked.

use anyhow::{Context, Result, ensure};
use cms::content_info::ContentInfo as Token;
use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::oid::db::rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA};
use der::oid::db::rfc5912::ID_KP_TIME_STAMPING;
use der::{Any, Decode, Encode};
use jiff::Timestamp;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

use super::container::ContentInfo;
use super::key::{check_foreign, hash_by, parse, sha256, sha256_algorithm};

/// id-ct-TSTInfo.
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A time-stamp that was asked for and fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The token, DER.
    pub token: Vec<u8>,
    pub at: Timestamp,
    /// The certificates in it, DER; the authority's own first.
    pub chain: Vec<Vec<u8>>,
}

/// A question to an authority.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is sent (DER).
    pub request: Vec<u8>,
    imprint: MessageImprint,
    nonce: Int,
}

impl Question {
    /// Asks for a time-stamp over `what`; `random` tells this question from all others.
    pub fn about(what: &[u8], random: u64) -> Result<Self> {
        // As a positive integer: the first bit is its sign.
        let nonce = Int::new(&(random >> 1 | 1 << 62).to_be_bytes())?;
        let hash_algorithm = AlgorithmIdentifierOwned { oid: sha256_algorithm().oid, parameters: None };
        let imprint = MessageImprint { hash_algorithm, hashed_message: OctetString::new(sha256(what))? };
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: imprint.clone(),
            req_policy: None,
            nonce: Some(nonce.clone()),
            cert_req: true,
            extensions: None,
        };
        Ok(Self { request: request.to_der()?, imprint, nonce })
    }

    /// The time-stamp of an answer, or why it is none.
    pub fn answer(&self, response: &[u8]) -> Result<Stamp> {
        let response = TimeStampResp::from_der(response).context("the time-stamp cannot be read")?;
        let status = response.status.status as u8;
        ensure!(status <= 1, "the time-stamp authority refused: status {status}");
        let token: Token = response.time_stamp_token.context("the answer has no time-stamp")?;
        let token = token.to_der()?;
        let (info, chain) = read(&token)?;
        ensure!(
            info.message_imprint.hashed_message == self.imprint.hashed_message
                && info.message_imprint.hash_algorithm.oid == self.imprint.hash_algorithm.oid,
            "the time-stamp is about something else"
        );
        ensure!(info.nonce.as_ref() == Some(&self.nonce), "the time-stamp answers another question");
        let at = Timestamp::try_from(std::time::UNIX_EPOCH + info.gen_time.to_unix_duration())?;
        Ok(Stamp { token, at, chain })
    }
}

/// What a token says and its certificates, when its signature holds and its signer is a
/// time-stamp authority. Whether anybody trusts that authority is for the validator.
fn read(token: &[u8]) -> Result<(TstInfo, Vec<Vec<u8>>)> {
    let token = ContentInfo::from_der(token).context("the time-stamp cannot be read")?;
    ensure!(token.content_type == ID_SIGNED_DATA, "the time-stamp is not signed");
    let data = token.content;
    ensure!(data.content.econtent_type == TST_INFO, "what is signed is no time-stamp");
    let content: OctetString = data.content.econtent.context("the time-stamp is empty")?.decode_as()?;
    let [signer] = data.signer_infos.as_slice() else { anyhow::bail!("a time-stamp has one signer") };
    let certificates: Result<Vec<Vec<u8>>, _> =
        data.certificates.iter().flat_map(|set| set.iter()).map(Encode::to_der).collect();
    let mut chain = certificates?;
    let own = chain.iter().position(|certificate| is_of(signer, certificate));
    chain.swap(0, own.context("the time-stamp does not have its certificate")?);
    check(signer, content.as_bytes(), &chain[0])?;
    Ok((TstInfo::from_der(content.as_bytes())?, chain))
}

fn is_of(signer: &SignerInfo, certificate: &[u8]) -> bool {
    let SignerIdentifier::IssuerAndSerialNumber(named) = &signer.sid else { return false };
    parse(certificate).is_ok_and(|certificate| {
        let certificate = certificate.tbs_certificate;
        certificate.issuer == named.issuer && certificate.serial_number == named.serial_number
    })
}

fn check(signer: &SignerInfo, content: &[u8], certificate: &[u8]) -> Result<()> {
    let attributes = signer.signed_attrs.as_ref().context("the time-stamp signs no attributes")?;
    let value = |oid| {
        let found = attributes.iter().find(|attribute| attribute.oid == oid);
        found.and_then(|attribute| attribute.values.get(0)).cloned()
    };
    let digest = hash_by(signer.digest_alg.oid, content)?;
    let signed = value(ID_MESSAGE_DIGEST) == Some(Any::encode_from(&OctetString::new(digest.as_ref())?)?);
    ensure!(signed, "the time-stamp was changed");
    ensure!(value(ID_CONTENT_TYPE) == Some(Any::from(TST_INFO)), "what is signed is no time-stamp");
    let hash = hash_by(signer.digest_alg.oid, &attributes.to_der()?)?;
    check_foreign(certificate, &hash, signer.signature.as_bytes())?;
    let usage = parse(certificate)?.tbs_certificate.get::<ExtendedKeyUsage>()?;
    let stamps = usage.is_some_and(|(_, usage)| usage.0 == [ID_KP_TIME_STAMPING]);
    ensure!(stamps, "the signer of the time-stamp is no time-stamp authority");
    Ok(())
}
