//! One byte of a signed file is another: the file is taken no more.
use std::collections::BTreeMap;

use super::{CORPUS, Corpus, is_taken};

/// Numbers by chance that are the same in each run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// The gaps of all signatures: from `<` to behind `>`.
fn gaps(bytes: &[u8]) -> Vec<(usize, usize)> {
    let find = |from: usize, word: &[u8]| {
        bytes[from..].windows(word.len()).position(|window| window == word).map(|at| from + at)
    };
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = find(from, b"/Contents <") {
        let start = at + b"/Contents ".len();
        let end = find(start, b">").unwrap() + 1;
        found.push((start, end));
        from = end;
    }
    found
}

/// Where a byte stands, in words for the count.
fn class(bytes: &[u8], gaps: &[(usize, usize)], at: usize) -> &'static str {
    match gaps.iter().find(|(start, end)| (*start..*end).contains(&at)) {
        Some((start, end)) => {
            let message = bytes[*start..*end].iter().rposition(|byte| !b"0>".contains(byte)).unwrap();
            if at <= start + message { "message" } else { "filling of the gap" }
        }
        None if b"\n\r ".contains(&bytes[at]) => "white space",
        None if bytes[at].is_ascii_graphic() => "text",
        None => "binary",
    }
}

fn places(corpus: &Corpus, name: &str, chance: &mut Chance) -> Vec<usize> {
    let bytes = corpus.bytes(corpus.case(name));
    let gaps = gaps(&bytes);
    let mut places: Vec<usize> = (0..130).map(|_| chance.below(bytes.len())).collect();
    for (start, end) in &gaps {
        places.extend([*start, start + 1, end - 2, end - 1]);
        places.extend((0..60).map(|_| start + chance.below(end - start)));
    }
    for word in [
        b"/ByteRange".as_slice(),
        b"startxref",
        b"/AcroForm",
        b"/SubFilter",
        b"%PDF-",
        b"%%EOF",
        b"/Root",
        b"/Prev",
    ] {
        for (at, _) in bytes.windows(word.len()).enumerate().filter(|(_, window)| window == &word) {
            places.extend((at..at + word.len() + 8).filter(|place| *place < bytes.len()).step_by(3));
        }
    }
    places
}

/// Mutants: the digest is not compared; the filling of the gap is not looked at; digits of both
/// cases; the versions of a message are not held to their rule.
#[test]
fn no_file_that_is_signed_to_its_end_is_taken_with_one_byte_changed() {
    let (corpus, mut chance) = (&*CORPUS, Chance(7));
    let (mut counts, mut taken) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for name in [
        "bb",
        "bb-p256",
        "bb-pss",
        "bb-ed25519",
        "bt",
        "two",
        "two-stamped",
        "streams",
        "blta-whole",
        "certified-1",
    ] {
        let case = corpus.case(name);
        let (mut bytes, evidence) = (corpus.bytes(case), corpus.evidence(case));
        let gaps = gaps(&bytes);
        for at in places(corpus, name, &mut chance) {
            let (before, class) = (bytes[at], class(&bytes, &gaps, at));
            let flips = [1 << chance.below(8), 0x20, u8::try_from(1 + chance.below(255)).unwrap()];
            bytes[at] ^= flips[chance.below(3)];
            let verdict =
                motcua::signing::verdict::examine(&bytes, &corpus.anchors, &evidence, corpus.list.at);
            *counts.entry(class).or_default() += 1;
            if is_taken(&verdict) {
                taken.push(format!("{name} at {at}, {class}: {before} became {}", bytes[at]));
            }
            bytes[at] = before;
        }
    }
    let tried: usize = counts.values().sum();
    println!("{tried} flips tried {counts:?}, {} refused, {} taken", tried - taken.len(), taken.len());
    assert!(tried >= 2_000, "only {tried}");
    assert!(taken.is_empty(), "{} taken:\n{}", taken.len(), taken.join("\n"));
}

/// Evidence that stands behind the last signature is signed by others, and not by the signer:
/// a change there can be without meaning, but never reach what is signed.
#[test]
fn a_byte_of_unsigned_evidence_never_touches_what_is_signed() {
    let (corpus, mut chance) = (&*CORPUS, Chance(11));
    let case = corpus.case("dss");
    let (mut bytes, good) = (corpus.bytes(case), corpus.judge(case, &corpus.bytes(case)));
    let signed = gaps(&bytes).last().unwrap().1;
    let end = signed + bytes[signed..].windows(5).position(|window| window == b"%%EOF").unwrap() + 6;
    let (mut taken, mut lost) = (0, 0);
    for _ in 0..600 {
        let at = end + chance.below(bytes.len() - end);
        let before = bytes[at];
        bytes[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
        let verdict = corpus.judge(case, &bytes);
        bytes[at] = before;
        lost += usize::from(!is_taken(&verdict));
        if is_taken(&verdict) {
            taken += 1;
            assert_eq!(verdict.signatures, good.signatures, "at {at}");
        }
    }
    println!(
        "600 flips in unsigned evidence: {lost} refused, {taken} without meaning (white space, names of certificates that are not needed)"
    );
    assert!(lost > taken, "{lost} refused, {taken} taken");
}
