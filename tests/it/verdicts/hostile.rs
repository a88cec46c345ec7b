//! Files that are cut, mixed and made to exhaust: an answer, soon, and never a panic.
use std::time::{Duration, Instant};

use motcua::signing::verdict::{Anchors, Evidence, examine};
use proptest::prelude::*;

use super::{CORPUS, is_taken};

/// What takes longer has no end: seconds are enough on a machine that does nothing else.
const SOON: Duration = Duration::from_secs(180);

fn soon(bytes: &[u8]) {
    let begun = Instant::now();
    let verdict = examine(bytes, &Anchors::default(), &Evidence::default(), CORPUS.list.at);
    assert!(!is_taken(&verdict));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_or_mixed_file_is_answered(which in 0_usize..12, cut in 0.0_f64..1.0, from in 0.0_f64..1.0, noise in prop::collection::vec(any::<u8>(), 0..40)) {
        let corpus = &*CORPUS;
        let names = ["bb", "bt", "blta", "two", "streams", "streams-two", "linear", "form", "dss", "visible", "reserved", "blt-crl"];
        let case = corpus.case(names[which]);
        let bytes = corpus.bytes(case);
        let place = |share: f64| (bytes.len() as f64 * share) as usize;
        let truncated = &bytes[..place(cut)];
        prop_assert!(!is_taken(&corpus.judge(case, truncated)));
        // A piece of the file in another place, with noise between.
        let mixed = [&bytes[..place(cut)], &noise, &bytes[place(from)..]].concat();
        if mixed != bytes {
            prop_assert!(!is_taken(&corpus.judge(case, &mixed)));
        }
    }
}

fn file(body: &str, trailer: &str) -> Vec<u8> {
    let head = "%PDF-1.7\n";
    let start = head.len() + body.len();
    format!(
        "{head}{body}xref\n0 0\ntrailer\n<</Root 1 0 R {trailer}>>\nstartxref\n{start}\n%%EOF\n/ByteRange"
    )
    .into_bytes()
}

/// Mutants: no bound on depth, on objects, on sections.
#[test]
fn files_that_are_made_to_exhaust_are_answered_soon() {
    let deep = |open: &str| file(&open.repeat(200_000), "/Size 1");
    for open in ["[", "<<", "<</A", "("] {
        soon(&deep(open));
    }
    soon(&file("", "/Size 1 /Prev 9"));
    let many = "0 ".repeat(3_000_000);
    let section = format!(
        "%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</A [{many}]>>\nstartxref\n9\n%%EOF\n/ByteRange"
    );
    soon(section.as_bytes());
    for count in ["99999999999999", "18446744073709551615", "4294967295"] {
        let table = format!(
            "%PDF-1.7\nxref\n0 {count}\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n9\n%%EOF\n/ByteRange"
        );
        soon(table.as_bytes());
    }
}
