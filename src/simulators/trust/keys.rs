//! The keys of the test authority.
//!
//! Those of P-256 come from their names, so that what a simulator signed yesterday is
//! believed today. They are no secrets, and nobody may trust them outside of tests. Keys of
//! RSA cannot be had from aws-lc that way: a signer has a new one after a restart.

use anyhow::Result;
use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use der::Decode;
use der::asn1::{BitString, ObjectIdentifier};
use der::oid::db::rfc5912::{ID_EC_PUBLIC_KEY, SECP_256_R_1};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::signing::pades::{KeyKind, sha256};

/// A key pair with the form of its public half that certificates have.
pub struct Key {
    pair: Pair,
    pub public: SubjectPublicKeyInfoOwned,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl Key {
    /// The key of P-256 that belongs to a name.
    pub fn named(name: &str) -> Result<Self> {
        let secret = sha256(format!("motcua simulator, for tests only: {name}").as_bytes());
        let public = agreement::PrivateKey::from_private_key(&ECDH_P256, &secret)?.compute_public_key()?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &secret,
            public.as_ref(),
        );
        let pair = pair.map_err(|error| anyhow::anyhow!("a key of the simulator: {error}"))?;
        let algorithm =
            AlgorithmIdentifierOwned { oid: ID_EC_PUBLIC_KEY, parameters: Some(named_curve(SECP_256_R_1)) };
        let public = SubjectPublicKeyInfoOwned {
            algorithm,
            subject_public_key: BitString::from_bytes(public.as_ref())?,
        };
        Ok(Self { pair: Pair::Ecdsa(pair), public })
    }

    /// A new key of RSA, 2048 bits.
    pub fn rsa() -> Result<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let public: PublicKeyX509Der = pair.public_key().as_der()?;
        let public = SubjectPublicKeyInfoOwned::from_der(public.as_ref())?;
        Ok(Self { pair: Pair::Rsa(pair), public })
    }

    pub fn kind(&self) -> KeyKind {
        match self.pair {
            Pair::Rsa(_) => KeyKind::Rsa,
            Pair::Ecdsa(_) => KeyKind::Ecdsa,
        }
    }

    /// Signs what has this SHA-256.
    pub fn sign_hash(&self, hash: &[u8; 32]) -> Result<Vec<u8>> {
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

    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(_) => self.sign_hash(&sha256(bytes)),
            Pair::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), bytes)?.as_ref().to_vec()),
        }
    }

    /// SHA-1 of the public key, by which its certificates and answers name it.
    pub fn identifier(&self) -> Vec<u8> {
        let bits = self.public.subject_public_key.raw_bytes();
        digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec()
    }
}

fn named_curve(curve: ObjectIdentifier) -> der::Any {
    der::Any::from(curve)
}
