//! A key in a file (PKCS #12), for development: one key signs for everybody, and its password
//! is the PIN. What is encrypted by a password is opened by aws-lc, as all that touches a
//! private key; only files as OpenSSL 3 writes them (PBES2, AES) are taken. The file's MAC is
//! not looked at: whether key and certificate belong together shows by a signature.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use cms::encrypted_data::EncryptedData;
use der::asn1::{ContextSpecific, ObjectIdentifier, OctetString};
use der::oid::db::rfc5911::{ID_DATA, ID_ENCRYPTED_DATA};
use der::{Any, Decode, Encode};
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::{self, Pbkdf2Prf};
use pkcs12::cert_type::CertBag;
use pkcs12::pfx::Pfx;
use pkcs12::safe_bag::SafeContents;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::pades::{KeyKind, check_signature, sha256};

const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
/// An iteration count above this is an attack or a mistake.
const MOST_ITERATIONS: u32 = 10_000_000;

/// EncryptedPrivateKeyInfo (RFC 5958 §3).
#[derive(der::Sequence)]
struct Shrouded {
    algorithm: AlgorithmIdentifierOwned,
    data: OctetString,
}

/// A key with its certificates.
pub struct LocalKey {
    pair: Pair,
    /// The key's certificate, then the others of the file; DER.
    pub chain: Vec<Vec<u8>>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey(***)")
    }
}

impl LocalKey {
    /// Opens a file.
    pub fn open(file: &[u8], password: &str) -> Result<Self> {
        let file = Pfx::from_der(file).context("not a PKCS #12 file")?;
        ensure!(file.auth_safe.content_type == ID_DATA, "a PKCS #12 file without a password");
        let safes: OctetString = file.auth_safe.content.decode_as()?;
        let safes = Vec::<cms::content_info::ContentInfo>::from_der(safes.as_bytes())?;
        let (mut key, mut certificates) = (None, Vec::new());
        for safe in safes {
            let contents = match safe.content_type {
                ID_DATA => safe.content.decode_as::<OctetString>()?.into_bytes(),
                ID_ENCRYPTED_DATA => {
                    let sealed = safe.content.decode_as::<EncryptedData>()?.enc_content_info;
                    let content = sealed.encrypted_content.context("an empty safe")?;
                    decrypt(&sealed.content_enc_alg, content.as_bytes(), password)?
                }
                other => bail!("a safe of an unknown kind: {other}"),
            };
            for bag in SafeContents::from_der(&contents)? {
                let value = ContextSpecific::<Any>::from_der(&bag.bag_value)?.value;
                match bag.bag_id {
                    SHROUDED_KEY_BAG => {
                        let shrouded: Shrouded = value.decode_as()?;
                        key = Some(decrypt(&shrouded.algorithm, shrouded.data.as_bytes(), password)?);
                    }
                    CERT_BAG => certificates.push(value.decode_as::<CertBag>()?.cert_value.into_bytes()),
                    _ => {}
                }
            }
        }
        Self::of(&key.context("the file has no key")?, certificates)
    }

    /// A key (PKCS #8) with certificates of which one is its own.
    fn of(key: &[u8], mut chain: Vec<Vec<u8>>) -> Result<Self> {
        let pair = match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key) {
            Ok(pair) => Pair::Ecdsa(pair),
            Err(_) => {
                let pair = RsaKeyPair::from_pkcs8(key);
                Pair::Rsa(pair.map_err(|error| anyhow::anyhow!("neither RSA nor P-256: {error}"))?)
            }
        };
        let mut found = Self { pair, chain: Vec::new() };
        let (probe, hash) = (found.sign(&sha256(b"motcua"))?, sha256(b"motcua"));
        let own = chain.iter().position(|one| check_signature(one, &hash, &probe).is_ok());
        chain.swap(0, own.context("the file has no certificate of its key")?);
        found.chain = chain;
        Ok(found)
    }

    /// The kind of the key.
    pub fn kind(&self) -> KeyKind {
        match self.pair {
            Pair::Rsa(_) => KeyKind::Rsa,
            Pair::Ecdsa(_) => KeyKind::Ecdsa,
        }
    }

    /// Signs what has this SHA-256.
    pub fn sign(&self, hash: &[u8; 32]) -> Result<Vec<u8>> {
        let hash = Digest::import_less_safe(hash, &digest::SHA256)?;
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &hash, &mut signature)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair.sign_digest(&hash)?.as_ref().to_vec()),
        }
    }
}

/// Opens what a password closes.
fn decrypt(algorithm: &AlgorithmIdentifierOwned, sealed: &[u8], password: &str) -> Result<Vec<u8>> {
    let der = algorithm.to_der()?;
    let scheme = EncryptionScheme::from_der(&der).context("only PBES2 with AES is supported")?;
    let scheme = scheme.pbes2().context("only PBES2 with AES is supported")?;
    let kdf = scheme.kdf.pbkdf2().context("only PBKDF2 is supported")?;
    ensure!(kdf.iteration_count <= MOST_ITERATIONS, "too many iterations");
    let by = match kdf.prf {
        Pbkdf2Prf::HmacWithSha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Pbkdf2Prf::HmacWithSha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Pbkdf2Prf::HmacWithSha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Pbkdf2Prf::HmacWithSha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => bail!("this HMAC is not supported"),
    };
    let (cipher, iv): (&Algorithm, [u8; 16]) = match scheme.encryption {
        pbes2::EncryptionScheme::Aes128Cbc { iv } => (&AES_128, *iv),
        pbes2::EncryptionScheme::Aes256Cbc { iv } => (&AES_256, *iv),
        _ => bail!("only PBES2 with AES is supported"),
    };
    let iterations = kdf.iteration_count.try_into().context("no iterations")?;
    let mut key = vec![0; if cipher == &AES_256 { 32 } else { 16 }];
    pbkdf2::derive(by, iterations, kdf.salt, password.as_bytes(), &mut key);
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, &key)?)?;
    let mut opened = sealed.to_vec();
    let iv = DecryptionContext::Iv128(FixedLength::from(iv));
    let opened = key.decrypt(&mut opened, iv).ok().context("wrong password")?;
    Ok(opened.to_vec())
}
