//! The hearing of a file: each signature by itself, then what came after it.

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::certificate::Certificate;
use super::chain::{Checks, Use, is_issued, way};
use super::changes;
use super::fields::{Field, Format, Located, locate, signed_fields};
use super::message::{DATA, Message, Stamp, TST_INFO};
use super::pdf::{Document, Object};
use super::revocation::{Answer, List};
use super::revoked::{Records, SKEW, Standing};
use super::{Anchors, Evidence, Judged, Outcome, Reason, Signature, Verdict};

/// Signatures of one file.
const SIGNATURES: usize = 20;
/// Certificates, answers and lists that a file may bring, of each kind.
const RECORDS: usize = 60;
/// Checks of signature values for one file.
const CHECKS: usize = 400;

/// Judges a PDF at a moment. `evidence` is what is known beside the file.
pub fn examine(pdf: &[u8], anchors: &Anchors, evidence: &Evidence, at: Timestamp) -> Verdict {
    match hear(pdf, anchors, evidence, at.as_second()) {
        Ok(mut signatures) => {
            let outcome = signatures.iter().map(|(_, signature)| signature.outcome).max();
            // Put in the file and found by no reader of forms: not for people to believe.
            if signatures.is_empty() && is_marked(pdf) {
                return broken(Reason::Structure);
            }
            signatures.sort_by_key(|(end, _)| *end);
            let signatures = signatures.into_iter().map(|(_, signature)| signature).collect();
            Verdict { outcome, reason: None, signatures }
        }
        Err(_) if !is_marked(pdf) => Verdict { outcome: None, reason: None, signatures: Vec::new() },
        Err(reason) => broken(reason),
    }
}

fn broken(reason: Reason) -> Verdict {
    Verdict { outcome: Some(reason.outcome()), reason: Some(reason), signatures: Vec::new() }
}

/// Whether the file speaks of a signature at all.
fn is_marked(pdf: &[u8]) -> bool {
    pdf.windows(10).any(|window| window == b"/ByteRange")
}

/// A signature that was found, the revision that it covers and what is in it.
struct Heard<'a> {
    field: Field,
    located: Judged<&'a Located>,
    /// Why what came later is not allowed.
    changed: Option<Reason>,
}

fn hear(pdf: &[u8], anchors: &Anchors, evidence: &Evidence, now: i64) -> Judged<Vec<(usize, Signature)>> {
    let document = Document::read(pdf)?;
    if document.trailer()?.get("Encrypt").is_some() {
        return Err(Reason::Encrypted);
    }
    let fields = signed_fields(&document)?;
    if fields.len() > SIGNATURES {
        return Err(Reason::TooMuch);
    }
    let located: Vec<Judged<Located>> = fields.iter().map(|field| locate(&document, field)).collect();
    let mut heard: Vec<Heard> = fields
        .into_iter()
        .zip(&located)
        .map(|(field, located)| Heard {
            field,
            located: located.as_ref().map_err(|reason| *reason),
            changed: None,
        })
        .collect();
    heard.sort_by_key(|heard| heard.located.map_or(usize::MAX, Located::end));
    follow(&document, &mut heard);
    let mut court = Court::new(pdf, &anchors.0, now);
    court.admit(evidence);
    court.admit_file(&document);
    for located in located.iter().flatten() {
        court.admit_message(located);
    }
    Ok(heard.iter().map(|heard| court.judge(heard)).collect())
}

/// Looks at each step from a signature to the next one, and from the last to the end.
fn follow(document: &Document, heard: &mut [Heard]) {
    let mut later = None;
    let mut ends = BTreeSet::new();
    for place in (0..heard.len()).rev() {
        let Ok(located) = heard[place].located else { continue };
        if !ends.insert(located.end()) {
            heard[place].located = Err(Reason::ByteRange);
            continue;
        }
        let next = heard[place + 1..].iter().find_map(|heard| heard.located.ok());
        let step = step(document, &heard[place].field, located, next);
        let mut added = step.err();
        let person_signed = heard[place + 1..]
            .iter()
            .any(|later| later.located.is_ok_and(|later| later.format != Format::Timestamp));
        if located.final_word && person_signed {
            added = added.or(Some(Reason::AddedToFinal));
        }
        later = later.or(added);
        heard[place].changed = later;
    }
}

fn step(document: &Document, field: &Field, located: &Located, next: Option<&Located>) -> Judged<()> {
    let old = Document::read(&document.bytes[..located.end()])?;
    // The signed revision must hold this very signature, where the whole file has it.
    let there = signed_fields(&old)?.iter().any(|found| found.signature == field.signature);
    if !there || old.entries.get(&located.number) != document.entries.get(&located.number) {
        return Err(Reason::ByteRange);
    }
    let end = next.map_or(document.bytes.len(), Located::end);
    if end == located.end() {
        return Ok(());
    }
    let new = Document::read(&document.bytes[..end])?;
    changes::check(&old, &new, next.map(|next| next.number)).map_err(|reason| match reason {
        Reason::TooMuch => reason,
        _ => Reason::AddedLater,
    })
}

/// All that is known while a file is judged.
struct Court<'a> {
    pdf: &'a [u8],
    anchors: &'a [Certificate],
    pool: Vec<Certificate>,
    answers: Vec<Answer>,
    lists: Vec<List>,
    now: i64,
    checks: Checks,
}

/// What was found about a signature before anything spoke against it.
#[derive(Default)]
struct Facts {
    signer: Option<super::Signer>,
    time: Option<i64>,
    proven: bool,
}

impl<'a> Court<'a> {
    fn new(pdf: &'a [u8], anchors: &'a [Certificate], now: i64) -> Self {
        let (pool, answers, lists) = (Vec::new(), Vec::new(), Vec::new());
        Self { pdf, anchors, pool, answers, lists, now, checks: Checks(Cell::new(CHECKS)) }
    }

    fn admit(&mut self, evidence: &Evidence) {
        self.pool.extend(evidence.certificates.iter().filter_map(|raw| Certificate::of_der(raw).ok()));
        self.answers.extend(evidence.ocsps.iter().filter_map(|raw| Answer::read(raw).ok()));
        self.lists.extend(evidence.crls.iter().filter_map(|raw| List::read(raw).ok()));
    }

    /// What the file keeps for this (DSS). What is unreadable there proves nothing.
    fn admit_file(&mut self, document: &Document) {
        let Ok(Some(store)) = document.catalog().and_then(|catalog| document.dictionary(&catalog, "DSS"))
        else {
            return;
        };
        let streams = |key: &str| -> Vec<Vec<u8>> {
            let items: Vec<Object> = document.array(&store, key).unwrap_or_default();
            items.iter().take(RECORDS).filter_map(|item| document.content(item).ok()).collect()
        };
        self.admit(&Evidence {
            certificates: streams("Certs"),
            ocsps: streams("OCSPs"),
            crls: streams("CRLs"),
        });
    }

    fn admit_message(&mut self, located: &Located) {
        let kind = if located.format == Format::Timestamp { TST_INFO } else { DATA };
        let Ok(message) = Message::read(&located.message, kind) else { return };
        if let Some(Ok(stamp)) = message.timestamp().map(|token| Message::read(token, TST_INFO)) {
            self.pool.extend(stamp.certificates);
        }
        let (crls, ocsps) = message.revocation().unwrap_or_default();
        self.pool.extend(message.certificates);
        let first = |mut items: Vec<Vec<u8>>| {
            items.truncate(RECORDS);
            items
        };
        self.admit(&Evidence { certificates: Vec::new(), ocsps: first(ocsps), crls: first(crls) });
    }

    fn judge(&self, heard: &Heard) -> (usize, Signature) {
        let mut facts = Facts::default();
        let found = heard.located.and_then(|located| self.intact(located, heard.changed, &mut facts));
        let reason = found.err();
        let end = heard.located.map_or(usize::MAX, Located::end);
        let outcome = match reason {
            Some(reason) => reason.outcome(),
            None if facts.proven => Outcome::Trusted,
            None => Outcome::TrustedTimeClaimed,
        };
        let signature = Signature {
            field: heard.field.name.clone(),
            is_timestamp: heard.located.is_ok_and(|located| located.format == Format::Timestamp),
            outcome,
            reason,
            signer: facts.signer,
            signed_at: facts.time.and_then(|time| Timestamp::from_second(time).ok()),
            time_is_proven: facts.proven,
            covers_whole_file: end == self.pdf.len(),
        };
        (end, signature)
    }

    /// Whether the signature is whole, then whether it is trusted.
    fn intact(&self, located: &Located, changed: Option<Reason>, facts: &mut Facts) -> Judged<()> {
        let [before, behind] = located.signed.clone();
        let content = [&self.pdf[before], &self.pdf[behind]];
        if located.format == Format::Timestamp {
            let token = Message::read(&located.message, TST_INFO)?;
            facts.signer = Some(token.signer_certificate()?.signer());
            let time = self.stamped(&token, &content)?;
            facts.time = Some(time);
            changed.map_or(Ok(()), Err)?;
            self.trust_stamp(&token, time)?;
            facts.proven = true;
            return Ok(());
        }
        let message = Message::read(&located.message, DATA)?;
        let signer = message.signer_certificate()?;
        facts.signer = Some(signer.signer());
        facts.time = message.claimed_time()?.or(located.claimed.as_deref().and_then(date));
        if message.content.is_some() {
            return Err(Reason::Message);
        }
        message.verify(&content, located.format == Format::Advanced)?;
        let token = message.timestamp().map(|token| Message::read(token, TST_INFO)).transpose();
        let token = token.map_err(|_| Reason::Timestamp)?;
        let stamped = token.as_ref().map(|token| self.stamped(token, &[message.value])).transpose()?;
        changed.map_or(Ok(()), Err)?;
        if facts.time.is_some_and(|claimed| claimed > self.now + SKEW) {
            return Err(Reason::InTheFuture);
        }
        self.trust_signer(&message, signer, facts.time, stamped)?;
        if let (Some(token), Some(time)) = (&token, stamped) {
            facts.time = Some(time);
            self.trust_stamp(token, time)?;
            facts.proven = true;
        }
        Ok(())
    }

    /// The time of a stamp that is whole and about this content.
    fn stamped(&self, token: &Message, content: &[&[u8]]) -> Judged<i64> {
        let stamp = token.content.ok_or(Reason::Timestamp)?;
        token.verify(&[stamp], true).map_err(|_| Reason::Timestamp)?;
        let stamp = Stamp::read(stamp).map_err(|_| Reason::Timestamp)?;
        match stamp.is_about(content) {
            false => Err(Reason::Timestamp),
            true if stamp.time > self.now + SKEW => Err(Reason::InTheFuture),
            true => Ok(stamp.time),
        }
    }

    fn trust_signer(
        &self,
        message: &Message,
        signer: &Certificate,
        claimed: Option<i64>,
        stamped: Option<i64>,
    ) -> Judged<()> {
        let moment = stamped.unwrap_or(self.now);
        let pool: Vec<&Certificate> = self.pool.iter().collect();
        let found = way(signer, &pool, self.anchors, (moment, Use::Signature), &self.checks);
        let way = match found {
            // Good once, and nothing proves that it was used then.
            Err(Reason::NotValidThen) if stamped.is_none() && self.now > signer.validity().1 => {
                return Err(Reason::ExpiredSince);
            }
            found => found?,
        };
        if stamped.is_none() && claimed.is_some_and(|claimed| !signer.is_valid_at(claimed)) {
            return Err(Reason::NotValidThen);
        }
        for pair in way.windows(2) {
            match self.standing(pair[0], pair[1], moment)? {
                Standing::Good => {}
                Standing::Revoked { from, .. } if from > moment => {}
                Standing::Revoked { .. } => return Err(Reason::Revoked),
                Standing::Unknown => return Err(Reason::RevocationUnknown),
            }
        }
        self.vouched(message)
    }

    fn standing(&self, certificate: &Certificate, issuer: &Certificate, moment: i64) -> Judged<Standing> {
        let records =
            Records { answers: &self.answers, lists: &self.lists, now: self.now, checks: &self.checks };
        records.standing(certificate, issuer, moment)
    }

    /// Whether the service of a stamp is trusted: its certificate leads to an anchor today, was
    /// good when it stamped, and its key has never been in other hands.
    fn trust_stamp(&self, token: &Message, time: i64) -> Judged<()> {
        let service = token.signer_certificate()?;
        let pool: Vec<&Certificate> = self.pool.iter().collect();
        let at = |moment| way(service, &pool, self.anchors, (moment, Use::Timestamp), &self.checks);
        let way = match at(time) {
            Err(Reason::UnknownSigner) => return Err(Reason::TimestampUndecided),
            Err(Reason::TooMuch) => return Err(Reason::TooMuch),
            found => found.map_err(|_| Reason::Timestamp)?,
        };
        if at(self.now).is_err() {
            return Err(Reason::TimestampUndecided);
        }
        for pair in way.windows(2) {
            match self.standing(pair[0], pair[1], time)? {
                Standing::Good => {}
                Standing::Revoked { from, compromised: false } if from > time => {}
                Standing::Revoked { .. } => return Err(Reason::Timestamp),
                Standing::Unknown => return Err(Reason::TimestampUndecided),
            }
        }
        self.vouched(token)
    }

    /// Whether each certificate that a message carries is issued by one that is known here.
    /// None of them is signed along, so what nobody vouches for may have been put there later.
    fn vouched(&self, message: &Message) -> Judged<()> {
        for certificate in &message.certificates {
            let mut issuers = self.anchors.iter().chain(&self.pool);
            let known = self.anchors.iter().any(|anchor| anchor.raw() == certificate.raw());
            let issued = |issuer: &Certificate| is_issued(certificate, issuer, &self.checks);
            if !known && !issuers.any(|issuer| issued(issuer).unwrap_or(false)) {
                return Err(Reason::StrangeCertificate);
            }
        }
        Ok(())
    }
}

/// A date of a PDF, `D:20261122153907+07'00'`, in seconds.
fn date(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("D:")?;
    let (digits, zone) = text.split_at_checked(14)?;
    let moment = civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    let zone: String = zone.chars().filter(char::is_ascii_digit).chain("0000".chars()).take(4).collect();
    let (hours, minutes) = (zone[..2].parse::<i64>().ok()?, zone[2..].parse::<i64>().ok()?);
    let ahead = if text[14..].starts_with('-') { -1 } else { 1 };
    let utc = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(utc - ahead * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_read_with_their_zone() {
        for (text, wanted) in [
            ("D:20261122153907Z", Some(1_795_361_947)),
            ("D:20261122153907", Some(1_795_361_947)),
            ("D:20261122223907+07'00'", Some(1_795_361_947)),
            ("D:20261122153907-00'30'", Some(1_795_363_747)),
            ("D:2026", None),
            ("20261122153907Z", None),
            ("D:20261322153907Z", None),
        ] {
            assert_eq!(date(text.as_bytes()), wanted, "{text}");
        }
    }
}
