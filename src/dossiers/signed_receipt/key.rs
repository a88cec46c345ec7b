//! The key that signs submission receipts, and the keys that anybody checks them with.
//!
//! A signature is a JWS with detached content (RFC 7515, appendix F) by Ed25519 (RFC 8037) over
//! the receipt without its `signature`, as canonical JSON (RFC 8785): it holds whatever order
//! the members are stored or printed in.

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::auth::key_file::{der_of, pair_of, read_or_create};
use crate::config::Config;

/// What the header says the signed text is: no other signature of motcua passes for one.
const TYPE: &str = "submission-receipt+jws";
/// The member that holds the signature.
pub const SIGNATURE: &str = "signature";

/// The public half of a key, as JWK (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    #[schema(pattern = "^OKP$")]
    pub kty: String,
    #[schema(pattern = "^Ed25519$")]
    pub crv: String,
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The point, Base64url.
    pub x: String,
}

/// A JWK Set (RFC 7517).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KeySet {
    pub keys: Vec<PublicKey>,
}

impl PublicKey {
    fn of(point: &[u8]) -> Self {
        let x = BASE64.encode(point);
        let thumb = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = BASE64.encode(digest(&SHA256, thumb.as_bytes()));
        Self { kty: "OKP".to_owned(), crv: "Ed25519".to_owned(), kid, x }
    }
}

/// The private key.
pub struct ReceiptKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
    /// The header of every signature, encoded.
    header: String,
}

impl ReceiptKey {
    /// Reads the key file; the first start creates it.
    pub fn load(config: &Config) -> Result<Self> {
        let path = config.receipt_key_file();
        let text = read_or_create(&path).with_context(|| format!("key of receipts {}", path.display()))?;
        Self::from_pem(&text)
    }

    fn from_pem(text: &str) -> Result<Self> {
        let pair = pair_of(&der_of(text)?)?;
        let public = PublicKey::of(pair.public_key().as_ref());
        let header = json!({ "alg": "EdDSA", "kid": public.kid, "typ": TYPE });
        Ok(Self { pair, public, header: BASE64.encode(header.to_string()) })
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Adds the signature to a receipt that has none.
    pub fn sign(&self, receipt: &mut Value) -> Result<()> {
        let input = signing_input(&self.header, receipt)?;
        let value = BASE64.encode(self.pair.sign(input.as_bytes()));
        let members = receipt.as_object_mut().context("a receipt is an object")?;
        members.insert(SIGNATURE.to_owned(), json!(format!("{}..{value}", self.header)));
        Ok(())
    }
}

/// What is signed: the header and the receipt, which has no signature yet.
fn signing_input(header: &str, bare: &Value) -> Result<String> {
    let canonical = serde_json_canonicalizer::to_vec(bare)?;
    Ok(format!("{header}.{}", BASE64.encode(canonical)))
}

/// Why a receipt is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("Không phải biên nhận hồ sơ (not a submission receipt)")]
    NotAReceipt,
    #[error("Biên nhận không có chữ ký (the receipt is not signed)")]
    NotSigned,
    #[error(
        "Không có khóa công khai của chữ ký này (the public key of this signature is not among the keys)"
    )]
    UnknownKey,
    #[error("Nội dung biên nhận đã bị thay đổi sau khi ký (the receipt was changed after it was signed)")]
    Changed,
}

/// The header of a signature.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

fn without_signature(receipt: &Value) -> Value {
    let mut bare = receipt.clone();
    if let Some(members) = bare.as_object_mut() {
        members.remove(SIGNATURE);
    }
    bare
}

/// Whether a receipt is as one of these keys signed it.
pub fn check(receipt: &Value, keys: &[PublicKey]) -> std::result::Result<(), Fault> {
    let members = receipt.as_object().ok_or(Fault::NotAReceipt)?;
    if !members.contains_key("code") || !members.contains_key("received_at") {
        return Err(Fault::NotAReceipt);
    }
    let signature = members.get(SIGNATURE).and_then(Value::as_str).ok_or(Fault::NotSigned)?;
    let (header, value) = signature.split_once("..").ok_or(Fault::Changed)?;
    let said = BASE64.decode(header).ok().and_then(|bytes| serde_json::from_slice::<Header>(&bytes).ok());
    let said = said.filter(|said| said.alg == "EdDSA" && said.typ == TYPE).ok_or(Fault::Changed)?;
    let key = keys.iter().find(|key| key.kid == said.kid).ok_or(Fault::UnknownKey)?;
    let (point, value) = BASE64.decode(&key.x).ok().zip(BASE64.decode(value).ok()).ok_or(Fault::Changed)?;
    let input = signing_input(header, &without_signature(receipt)).map_err(|_| Fault::NotAReceipt)?;
    UnparsedPublicKey::new(&ED25519, point).verify(input.as_bytes(), &value).map_err(|_| Fault::Changed)
}

impl KeySet {
    /// Reads a JWK Set; each key must be named by its own thumbprint.
    pub fn read(text: &str) -> Result<Self> {
        let set: Self = serde_json::from_str(text).context("not a JWK Set of Ed25519 keys")?;
        for key in &set.keys {
            let point = BASE64.decode(&key.x).context("the key is not Base64url")?;
            ensure!(PublicKey::of(&point) == *key, "the key {} is not what its name says", key.kid);
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::auth::key_file::new_pem;

    fn signed() -> Result<(ReceiptKey, Value)> {
        let key = ReceiptKey::from_pem(&new_pem()?)?;
        let mut receipt = json!({
            "code": "H49.22.01-260914-0001", "received_at": "2026-09-14T01:00:00Z", "applicant": "Đỗ Thị Ý \"\u{1}",
            "files": [{"sha256": "00", "size": 12, "name": "tờ khai.pdf"}], "fees": [], "papers": ["a"],
        });
        key.sign(&mut receipt)?;
        Ok((key, receipt))
    }

    #[test]
    fn what_was_signed_is_believed_and_nothing_else() -> Result<()> {
        let (key, receipt) = signed()?;
        let keys = [key.public.clone()];
        assert_eq!(check(&receipt, &keys), Ok(()));
        for (place, change) in [
            ("/code", json!("H49.22.01-260914-0002")),
            ("/files/0/size", json!(13)),
            ("/files/0/sha256", json!("01")),
            ("/papers", json!([])),
            ("/received_at", json!("2026-09-14T01:00:01Z")),
        ] {
            let mut changed = receipt.clone();
            *changed.pointer_mut(place).context("the place is there")? = change;
            assert_eq!(check(&changed, &keys), Err(Fault::Changed), "{place}");
        }
        let mut more = receipt.clone();
        more.as_object_mut().context("an object")?.insert("due_at".to_owned(), json!("2026-09-15"));
        assert_eq!(check(&more, &keys), Err(Fault::Changed));
        Ok(())
    }

    #[test]
    fn other_keys_other_kinds_and_no_signature_are_told_apart() -> Result<()> {
        let (key, receipt) = signed()?;
        let (other, _) = signed()?;
        assert_eq!(check(&receipt, from_ref(&other.public)), Err(Fault::UnknownKey));
        let lent = PublicKey { kid: key.public.kid.clone(), ..other.public.clone() };
        assert_eq!(check(&receipt, from_ref(&lent)), Err(Fault::Changed));
        assert!(KeySet::read(&json!({ "keys": [lent] }).to_string()).is_err());
        assert!(KeySet::read(&json!({ "keys": [key.public] }).to_string()).is_ok());
        let mut bare = receipt.clone();
        bare.as_object_mut().context("an object")?.remove(SIGNATURE);
        assert_eq!(check(&bare, from_ref(&key.public)), Err(Fault::NotSigned));
        assert_eq!(check(&json!([]), &[]), Err(Fault::NotAReceipt));
        let mut token = receipt;
        let header =
            BASE64.encode(json!({ "alg": "EdDSA", "kid": key.public.kid, "typ": "at+jwt" }).to_string());
        let value =
            BASE64.encode(key.pair.sign(signing_input(&header, &without_signature(&token))?.as_bytes()));
        token
            .as_object_mut()
            .context("an object")?
            .insert(SIGNATURE.to_owned(), json!(format!("{header}..{value}")));
        assert_eq!(check(&token, &[key.public]), Err(Fault::Changed), "signed for something else");
        Ok(())
    }
}
