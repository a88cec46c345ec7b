//! Messages that mean harm, or were cut on the way: refused, and quickly.
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use motcua::national::tax::{BookAnswer, ImportNotices, ImportPayment, Notices, Reason, Slip, Unreadable};
use serde_json::json;

/// A debug build on a busy machine; the bombs would take hours or all memory.
const QUICK: Duration = Duration::from_secs(2);

const ROW: &str = "<LIST><MA_SO_THUE>1</MA_SO_THUE><SO_QUYET_DINH>N1</SO_QUYET_DINH>\
    <NGAY_QUYET_DINH>20-07-2021</NGAY_QUYET_DINH><SO_TIEN>1</SO_TIEN></LIST>";

fn document(inside: &str) -> String {
    format!("<DATA><BODY><ROW_LIST><MA_HSO>D1</MA_HSO>{inside}</ROW_LIST></BODY></DATA>")
}

/// Why it is refused, in the document alone and in its envelope alike.
fn refused(document: &[u8]) -> Unreadable {
    let started = Instant::now();
    let told = Notices::read(document).unwrap_err();
    let message = json!({ "SecurityKey": "k", "Data": { "FileThongBaoThue": STANDARD.encode(document) } });
    let around = ImportNotices::read(message.to_string().as_bytes()).unwrap_err();
    assert!(around == told || around.reason == Reason::TooLong, "{around:?} {told:?}");
    assert!(started.elapsed() < QUICK, "{:?}", started.elapsed());
    assert!(told.description().len() < 300, "nothing of the message is repeated");
    told
}

// Mutants: a document type is passed over; an entity is taken for its name.
#[test]
fn entities_are_refused_before_they_can_do_anything() {
    let laughs: String =
        (1..10).map(|at| format!("<!ENTITY l{at} \"{}\">", format!("&l{};", at - 1).repeat(10))).collect();
    let bombs = [
        format!("<!DOCTYPE DATA [<!ENTITY l0 \"ha\">{laughs}]>{}", document("&l9;")),
        format!("<!DOCTYPE DATA SYSTEM \"http://127.0.0.1:1/x.dtd\">{}", document(ROW)),
        format!(
            "<!DOCTYPE DATA [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
            document(&ROW.replace("N1", "&x;"))
        ),
        format!("<!DOCTYPE DATA [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]>{}", document(ROW)),
        format!(
            "<!DOCTYPE DATA [<!ENTITY q \"{}\">]>{}",
            "A".repeat(100_000),
            document(&"&q;".repeat(10_000))
        ),
        format!("<!doctype DATA>{}", document(ROW)),
        document(&ROW.replace("N1", "&x;")),
        document(&ROW.replace("N1", "&nbsp;")),
        format!("<?xml-stylesheet href=\"http://127.0.0.1:1/\"?>{}", document(ROW)),
    ];
    for bomb in bombs {
        let told = refused(bomb.as_bytes());
        assert!(matches!(told.reason, Reason::Entity | Reason::Malformed), "{told:?} {}", &bomb[..60]);
    }
    let told = refused(document(&ROW.replace("N1", "&x;")).as_bytes());
    assert_eq!(told.reason, Reason::Entity);
    assert_eq!(
        Notices::read(document(&ROW.replace("N1", "&lt;&#78;&#x31;")).as_bytes()).unwrap().rows[0]
            .notice_number,
        "<N1"
    );
}

// Mutant: no limit of depth, of rows, of length.
#[test]
fn what_is_too_much_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(refused(deep.as_bytes()).reason, Reason::TooDeep);
    assert_eq!(refused(document(&deep).as_bytes()).reason, Reason::TooDeep);
    assert_eq!(refused("<a>".repeat(100_000).as_bytes()).reason, Reason::TooDeep);
    assert_eq!(refused(document(&"<a/>".repeat(100_000)).as_bytes()).reason, Reason::TooMany);
    assert_eq!(refused(document(&ROW.repeat(1_001)).as_bytes()).reason, Reason::TooMany);
    assert_eq!(Notices::read(document(&ROW.repeat(1_000)).as_bytes()).unwrap().rows.len(), 1_000);
    assert_eq!(refused(document(&"x".repeat(10 * 1024 * 1024)).as_bytes()).reason, Reason::TooLong);
    let long = ROW.replace("N1", &"9".repeat(5_000));
    assert_eq!(refused(document(&long).as_bytes()).field, "DATA/BODY/ROW_LIST/LIST/SO_QUYET_DINH");
    let long = "9".repeat(10 * 1024 * 1024);
    for told in [ImportPayment::read(long.as_bytes()).unwrap_err(), Slip::read(long.as_bytes()).unwrap_err()]
    {
        assert_eq!(told.reason, Reason::TooLong);
    }
    let deep = format!("{{\"x\":{}", "[".repeat(100_000));
    assert!(ImportPayment::read(deep.as_bytes()).is_err());
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(ImportNotices::read(deep.as_bytes()).is_err());
}

// Mutant: what was read so far is good enough.
#[test]
fn a_message_that_was_cut_is_refused_wherever_it_was_cut() {
    let whole = format!("<?xml version=\"1.0\"?>{}", document(&ROW.repeat(2)));
    Notices::read(whole.as_bytes()).unwrap();
    for end in 0..whole.len() {
        assert!(Notices::read(&whole.as_bytes()[..end]).is_err(), "{}", &whole[..end]);
    }
    for bad in
        ["<DATA/><DATA/>", "x<DATA/>", "<DATA/>x", "<DATA></DATUM>", "<DATA", "", "</DATA>", "<DATA a=b>"]
    {
        assert!(Notices::read(bad.as_bytes()).is_err(), "{bad}");
    }
    let message =
        json!({ "SecurityKey": "k", "Data": { "FileThongBaoThue": STANDARD.encode(&whole) } }).to_string();
    ImportNotices::read(message.as_bytes()).unwrap();
    for end in 0..message.len() {
        assert!(ImportNotices::read(&message.as_bytes()[..end]).is_err());
    }
    assert!(ImportNotices::read(format!("{message}{message}").as_bytes()).is_err(), "two messages in one");
}

#[test]
fn another_encoding_is_refused() {
    let utf16: Vec<u8> = document(ROW).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(Notices::read(&utf16).is_err());
    let latin = [b"<DATA>".as_slice(), &[0xe9, 0xe8], b"</DATA>"].concat();
    assert_eq!(refused(&latin).reason, Reason::NotUtf8);
    for name in ["UTF-16", "ISO-8859-1", "windows-1258", "UTF-7"] {
        let document = format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{}", document(ROW));
        assert_eq!(refused(document.as_bytes()).reason, Reason::NotUtf8, "{name}");
    }
    let document = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", document(ROW));
    Notices::read(document.as_bytes()).unwrap();
}

/// Such signs cannot be kept by the database.
#[test]
fn control_signs_are_refused() {
    for sign in ["&#0;", "\u{0}", "&#1;", "\u{b}", "&#xFFFF;", "&#xD800;"] {
        assert!(
            Notices::read(document(&ROW.replace("N1", &format!("N{sign}1"))).as_bytes()).is_err(),
            "{sign:?}"
        );
    }
}

/// Whatever comes, the reader answers: it neither panics nor hangs.
#[test]
fn noise_is_answered() {
    use proptest::prelude::*;
    let good = document(&ROW.repeat(3));
    proptest!(ProptestConfig::with_cases(3_000), |(at in 0..good.len(), cut in 0..20_usize, put in "[<>&;/!\\[\\]?a-z\"= ]{0,12}")| {
        let start = good.floor_char_boundary(at);
        let end = good.floor_char_boundary((at + cut).min(good.len()));
        let noise = format!("{}{put}{}", &good[..start], &good[end..]);
        let _ = Notices::read(noise.as_bytes());
        let _ = BookAnswer::read(noise.as_bytes());
        let _ = ImportPayment::read(noise.as_bytes());
    });
}
