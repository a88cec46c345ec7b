//! From the signer's certificate to an anchor (RFC 5280, 6).

use std::cell::Cell;

use der::asn1::ObjectIdentifier;

use super::algorithm;
use super::certificate::Certificate;
use super::{Judged, Reason};

/// Certificates on the way, both ends included.
const LENGTH: usize = 6;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
pub const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

/// Purposes under which people sign documents: any, e-mail, authentication, documents as
/// Adobe, Microsoft and RFC 9336 name them.
const SIGNING: [ObjectIdentifier; 6] = [
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
];

/// What the first certificate of the way does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Signature,
    Timestamp,
}

/// Checks of signature values that may still be done: a bound on time.
pub struct Checks(pub Cell<usize>);

impl Checks {
    pub fn take(&self) -> Judged<()> {
        self.0.set(self.0.get().checked_sub(1).ok_or(Reason::TooMuch)?);
        Ok(())
    }
}

/// Whether this certificate says that it is issued by that one, and is.
pub fn is_issued(certificate: &Certificate, by: &Certificate, checks: &Checks) -> Judged<bool> {
    let (written, issuer) = (certificate.written()?, by.written()?);
    if written.issuer != issuer.subject {
        return Ok(false);
    }
    let names = (certificate.issuer_key_name()?, by.key_name()?);
    if matches!(&names, (Some(wanted), Some(found)) if wanted != found) {
        return Ok(false);
    }
    checks.take()?;
    match algorithm::verify(written.algorithm, None, issuer.key, written.body, written.signature) {
        Ok(()) => Ok(true),
        Err(Reason::SignatureValue | Reason::Algorithm) => Ok(false),
        Err(reason) => Err(reason),
    }
}

/// The way from this certificate to an anchor; it holds the rules at this moment (seconds).
pub fn way<'a>(
    leaf: &'a Certificate,
    pool: &[&'a Certificate],
    anchors: &'a [Certificate],
    (moment, purpose): (i64, Use),
    checks: &Checks,
) -> Judged<Vec<&'a Certificate>> {
    let mut search = Search { pool, anchors, moment, purpose, checks, refused: Reason::UnknownSigner };
    match search.from(&mut vec![leaf])? {
        Some(way) => Ok(way),
        None => Err(search.refused),
    }
}

struct Search<'a, 'b> {
    pool: &'b [&'a Certificate],
    anchors: &'a [Certificate],
    moment: i64,
    purpose: Use,
    checks: &'b Checks,
    /// Why the last way that led to an anchor was refused.
    refused: Reason,
}

impl<'a> Search<'a, '_> {
    fn from(&mut self, way: &mut Vec<&'a Certificate>) -> Judged<Option<Vec<&'a Certificate>>> {
        let Some(last) = way.last().copied().filter(|_| way.len() < LENGTH) else { return Ok(None) };
        for anchor in self.anchors {
            if is_issued(last, anchor, self.checks)? {
                way.push(anchor);
                match rules(way, self.moment, self.purpose) {
                    Ok(()) => return Ok(Some(way.clone())),
                    Err(reason) => self.refused = reason,
                }
                way.pop();
            }
        }
        for &candidate in self.pool {
            let known = |found: &&Certificate| found.raw() == candidate.raw();
            if way.iter().any(known) || !is_issued(last, candidate, self.checks)? {
                continue;
            }
            way.push(candidate);
            if let Some(found) = self.from(way)? {
                return Ok(Some(found));
            }
            way.pop();
        }
        Ok(None)
    }
}

/// The rules of a whole way, anchor last.
fn rules(way: &[&Certificate], moment: i64, purpose: Use) -> Judged<()> {
    for (place, certificate) in way.iter().enumerate() {
        if !certificate.is_valid_at(moment) {
            return Err(Reason::NotValidThen);
        }
        if certificate.has_strange_rule() {
            return Err(Reason::CriticalExtension);
        }
        if place > 0 {
            let below = way[1..place].iter().filter(|below| !below.is_self_issued()).count();
            if certificate.may_issue()?.is_some_and(|limit| below > usize::from(limit)) {
                return Err(Reason::Issuer);
            }
        }
    }
    let leaf = way.first().ok_or(Reason::NoCertificate)?;
    if fits(leaf, purpose)? { Ok(()) } else { Err(Reason::Usage) }
}

fn fits(leaf: &Certificate, purpose: Use) -> Judged<bool> {
    let signs = leaf.usage()?.is_none_or(|usage| usage.digital_signature() || usage.non_repudiation());
    let purposes = leaf.purposes()?;
    Ok(signs
        && match purpose {
            Use::Signature => {
                purposes.is_none_or(|(_, purposes)| purposes.iter().any(|purpose| SIGNING.contains(purpose)))
            }
            // This purpose, only this one, and not to be passed over (RFC 3161, 2.3).
            Use::Timestamp => purposes.is_some_and(|found| found == (true, vec![TIME_STAMPING])),
        })
}
