//! Tokens: whatever motcua did not write, for this use and this time, is refused.
use std::fs;

use super::*;
use crate::auth::key_file::new_pem;
use base64::Engine;
use jsonwebtoken::encode;
use serde_json::{Value, json};

type Tested = anyhow::Result<()>;

fn tokens() -> anyhow::Result<Tokens> {
    Tokens::from_pem(&new_pem()?, &Config::from_parts("", [])?)
}

fn now() -> Timestamp {
    Timestamp::constant(1_780_000_000, 0)
}

fn session() -> SessionRef {
    SessionRef { id: Uuid::from_u128(7), expires_at: now() + SignedDuration::from_hours(8) }
}

fn claims() -> Value {
    json!({
        "iss": "motcua", "aud": "motcua", "sub": "staff:1", "sid": Uuid::from_u128(7),
        "iat": now().as_second(), "exp": now().as_second() + 60,
    })
}

fn header(algorithm: Algorithm, typ: &str) -> Header {
    Header { typ: Some(typ.to_owned()), ..Header::new(algorithm) }
}

fn code<T>(outcome: Result<T>) -> &'static str {
    outcome.err().map_or("accepted", |error| error.code().code)
}

#[test]
fn a_token_names_its_session_until_it_ends() -> Tested {
    let tokens = tokens()?;
    let token = tokens.issue(Kind::Access, &session(), "staff:1", now())?;
    assert_eq!(token.expires_at, now() + SignedDuration::from_mins(15));
    let named = Named { id: session().id, kind: SubjectKind::Staff };
    assert_eq!(tokens.verify(Kind::Access, &token.text, now())?, named);
    let last = token.expires_at - SignedDuration::from_secs(1);
    assert_eq!(tokens.verify(Kind::Access, &token.text, last)?, named);
    assert_eq!(code(tokens.verify(Kind::Access, &token.text, token.expires_at)), "token_expired");
    Ok(())
}

#[test]
fn a_token_never_outlives_its_session() -> Tested {
    let soon = SessionRef { expires_at: now() + SignedDuration::from_mins(1), ..session() };
    assert_eq!(tokens()?.issue(Kind::Access, &soon, "staff:1", now())?.expires_at, soon.expires_at);
    Ok(())
}

#[test]
fn the_two_kinds_are_not_interchangeable() -> Tested {
    let tokens = tokens()?;
    let access = tokens.issue(Kind::Access, &session(), "staff:1", now())?;
    let refresh = tokens.issue(Kind::Refresh, &session(), "staff:1", now())?;
    assert_eq!(code(tokens.verify(Kind::Refresh, &access.text, now())), "token_invalid");
    assert_eq!(code(tokens.verify(Kind::Access, &refresh.text, now())), "token_invalid");
    Ok(())
}

#[test]
fn a_refresh_token_has_its_turn_and_one_without_is_the_first() -> Tested {
    let tokens = tokens()?;
    let third = tokens.issue_next(&session(), 2, "staff:1", now())?;
    assert_eq!(tokens.turn(&third.text, now())?, 2);
    let login = tokens.issue(Kind::Refresh, &session(), "staff:1", now())?;
    assert_eq!(tokens.turn(&login.text, now())?, 0);
    let access = tokens.issue(Kind::Access, &session(), "staff:1", now())?;
    assert_eq!(tokens.turn(&access.text, now()).err().map(|e| e.code().code), Some("token_invalid"));
    Ok(())
}

#[test]
fn a_sealed_hash_needs_the_signing_key() -> Tested {
    let (ours, theirs) = (tokens()?, tokens()?);
    assert_eq!(ours.seal(&[7; 32]), ours.seal(&[7; 32]));
    assert_ne!(ours.seal(&[7; 32]), ours.seal(&[8; 32]));
    assert_ne!(ours.seal(&[7; 32]), theirs.seal(&[7; 32]));
    assert_ne!(ours.seal(&[7; 32]), [7; 32]);
    Ok(())
}

#[test]
fn a_token_says_nothing_about_roles() -> Tested {
    let token = tokens()?.issue(Kind::Access, &session(), "staff:1", now())?;
    let said: Value = jsonwebtoken::dangerous::insecure_decode_claims(&token.text)?;
    let mut names: Vec<&str> =
        said.as_object().map_or(vec![], |all| all.keys().map(String::as_str).collect());
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "sid", "sub"]);
    Ok(())
}

#[test]
fn every_claim_is_required_and_checked() -> Tested {
    let tokens = tokens()?;
    let typ = header(Algorithm::EdDSA, "at+jwt");
    assert_eq!(
        code(tokens.verify(Kind::Access, &encode(&typ, &claims(), &tokens.signing)?, now())),
        "accepted"
    );
    for missing in ["iss", "aud", "sub", "sid", "exp"] {
        let mut said = claims();
        said.as_object_mut().map(|all| all.remove(missing));
        let text = encode(&typ, &said, &tokens.signing)?;
        assert_eq!(code(tokens.verify(Kind::Access, &text, now())), "token_invalid", "without {missing}");
    }
    for (name, wrong) in [("iss", "other"), ("aud", "other"), ("sid", "no-uuid"), ("exp", "soon")] {
        let mut said = claims();
        said[name] = json!(wrong);
        let text = encode(&typ, &said, &tokens.signing)?;
        assert_eq!(code(tokens.verify(Kind::Access, &text, now())), "token_invalid", "{name} = {wrong}");
    }
    Ok(())
}

#[test]
fn another_key_another_algorithm_or_none_is_refused() -> Tested {
    let (ours, theirs) = (tokens()?, tokens()?);
    let forged = theirs.issue(Kind::Access, &session(), "staff:1", now())?.text;
    assert_eq!(code(ours.verify(Kind::Access, &forged, now())), "token_invalid");

    // Algorithm confusion: the public key, which everybody may know, as an HMAC secret.
    let public = ours.verifying.try_get_as_bytes()?;
    let hmac = EncodingKey::from_secret(public);
    let confused = encode(&header(Algorithm::HS256, "at+jwt"), &claims(), &hmac)?;
    assert_eq!(code(ours.verify(Kind::Access, &confused, now())), "token_invalid");

    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |value: &Value| url_safe.encode(value.to_string());
    let none = format!("{}.{}.", part(&json!({"alg": "none", "typ": "at+jwt"})), part(&claims()));
    assert_eq!(code(ours.verify(Kind::Access, &none, now())), "token_invalid");
    Ok(())
}

#[test]
fn one_changed_letter_is_refused() -> Tested {
    let tokens = tokens()?;
    let token = tokens.issue(Kind::Access, &session(), "staff:1", now())?.text;
    for at in (0..token.len()).step_by(7) {
        let mut letters: Vec<char> = token.chars().collect();
        letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
        let changed: String = letters.into_iter().collect();
        assert_eq!(code(tokens.verify(Kind::Access, &changed, now())), "token_invalid", "letter {at}");
    }
    for text in ["", ".", "..", "a.b.c", &"x".repeat(5000)] {
        assert_eq!(code(tokens.verify(Kind::Access, text, now())), "token_invalid");
    }
    Ok(())
}

#[test]
fn the_key_file_is_made_once_for_its_owner_only() -> Tested {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("motcua-key-{}", Uuid::now_v7()));
    let path = folder.join("keys/signing.pem");
    let first = read_or_create(&path)?;
    assert_eq!(read_or_create(&path)?, first);
    assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    fs::remove_dir_all(folder)?;
    Ok(())
}
