//! A virus scanner stands before every file: ClamAV's daemon, and scanners that behave badly.
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Portal, pdf};
use crate::support::{Clamd, EICAR, pdf_with};

const ROOM: usize = 5_000_000;

impl Portal {
    async fn scan_again(&self) -> usize {
        self.app.files.scan_again(&self.app.db).await.unwrap()
    }

    /// Status and code of a download.
    async fn downloaded(&self, file: &Value) -> (u16, String) {
        let etag = format!("\"{}\"", file["sha256"].as_str().unwrap());
        // Whoever has it already is told no more than others.
        let known = self.download(file, &[("If-None-Match", &etag)]).await;
        let answer = self.download(file, &[]).await;
        assert!(answer.status == known.status || (answer.status, known.status) == (200, 304));
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Mutants: what is infected is taken; what was not scanned is served; a verdict is not noted;
/// a refused file stays.
#[actix_web::test]
async fn only_what_the_scanner_found_clean_is_served() {
    let mut clamd = Clamd::start(ROOM);
    let portal = Portal::with(&clamd.setting()).await;
    let draft = portal.draft();
    let clean = portal.stored(draft, "a.pdf", &pdf(400_000)).await;
    assert_eq!((clean["scan"].as_str(), portal.downloaded(&clean).await), (Some("clean"), is(200, "")));
    let infected = pdf_with(&[&vec![b'a'; 600_000], EICAR].concat());
    assert_eq!(portal.upload(draft, "b.pdf", &infected).await.code(), (422, "file_infected"));
    assert_eq!((portal.rows(), portal.blobs().len()), (1, 1), "what is refused leaves nothing");

    clamd.down();
    let held = portal.stored(draft, "c.pdf", &pdf(700)).await;
    let worse = portal.stored(draft, "d.pdf", &infected).await;
    for file in [&held, &worse] {
        assert_eq!(
            (file["scan"].as_str(), portal.downloaded(file).await),
            (Some("unscanned"), is(503, "file_quarantined"))
        );
    }
    assert_eq!(portal.downloaded(&clean).await, is(200, ""), "what was scanned is served as ever");
    assert_eq!((portal.scan_again().await, portal.downloaded(&held).await.0), (0, 503));

    clamd.up();
    assert_eq!(portal.scan_again().await, 2);
    assert_eq!(portal.downloaded(&held).await, is(200, ""));
    assert_eq!(portal.downloaded(&worse).await, is(403, "file_blocked"));
    assert_eq!(portal.scan_again().await, 0, "a verdict stays");
}

/// Mutant: a file of which the scanner heard only the beginning counts as clean.
#[actix_web::test]
async fn what_is_too_large_for_the_scanner_is_held_back_and_holds_up_no_other() {
    let clamd = Clamd::start(1_000_000);
    let portal = Portal::with(&clamd.setting()).await;
    let draft = portal.draft();
    let large = portal.stored(draft, "a.pdf", &pdf(3_000_000)).await;
    assert_eq!(portal.downloaded(&large).await, is(503, "file_quarantined"));
    let small = portal.stored(draft, "b.pdf", &pdf(3_000)).await;
    portal.sql("UPDATE file SET scan = 'unscanned'");
    assert_eq!(portal.scan_again().await, 1);
    assert_eq!((portal.downloaded(&small).await.0, portal.downloaded(&large).await.0), (200, 503));
}

/// How a scanner can behave.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Hears everything and says nothing.
    Hangs,
    /// Does not even listen.
    Deaf,
    HangsUp,
    /// Hears everything and says this.
    Says(&'static [u8]),
    /// Says this at once, and hangs up.
    SaysAtOnce(&'static [u8]),
    /// Does not come to an end.
    Chatters,
}

/// A scanner that behaves like that; its address, and for how many seconds it is waited for.
async fn scanner(manner: Manner, seconds: u32) -> String {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = door.accept().await {
            tokio::spawn(behave(connection, manner));
        }
    });
    format!("clamav = \"tcp:{address}\"\nclamav_seconds = {seconds}\n")
}

async fn behave(mut connection: TcpStream, manner: Manner) -> std::io::Result<()> {
    match manner {
        Manner::HangsUp => Ok(()),
        Manner::Deaf => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Manner::SaysAtOnce(words) => connection.write_all(words).await,
        Manner::Hangs => {
            hear(&mut connection).await?;
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Manner::Says(words) => {
            hear(&mut connection).await?;
            connection.write_all(words).await
        }
        Manner::Chatters => {
            hear(&mut connection).await?;
            loop {
                connection.write_all(b"stream: stream: stream: ").await?;
            }
        }
    }
}

/// Hears a whole file.
async fn hear(connection: &mut TcpStream) -> std::io::Result<()> {
    let mut word = [0; 10];
    connection.read_exact(&mut word).await?;
    assert_eq!(&word, b"zINSTREAM\0");
    loop {
        let length = connection.read_u32().await? as usize;
        if length == 0 {
            return Ok(());
        }
        connection.read_exact(&mut vec![0; length]).await?;
    }
}

/// Mutants: no answer, half an answer or a strange one counts as clean; the wait has no end.
#[actix_web::test]
async fn no_scanner_however_it_behaves_makes_a_file_clean() {
    let manners = [
        Manner::Hangs,
        Manner::Deaf,
        Manner::HangsUp,
        Manner::Chatters,
        Manner::Says(b""),
        Manner::Says(b"OK\0"),
        Manner::Says(b"stream: NOT OK\0"),
        Manner::Says(b"HTTP/1.1 200 OK\r\n\r\n"),
        Manner::Says(b"\xFF\xFE\x00stream: OK\0"),
        Manner::SaysAtOnce(b"INSTREAM size limit exceeded. ERROR\0"),
        Manner::SaysAtOnce(b"stream: OK\0"),
    ];
    for manner in manners {
        let portal = Portal::with(&scanner(manner, 1).await).await;
        // More than what may wait in the sockets between us.
        let begun = std::time::Instant::now();
        let file = portal.stored(portal.draft(), "a.pdf", &pdf(15_000_000)).await;
        assert!(begun.elapsed() < Duration::from_secs(30), "{manner:?}");
        assert_eq!(file["scan"], "unscanned", "{manner:?}");
        assert_eq!(portal.downloaded(&file).await, is(503, "file_quarantined"), "{manner:?}");
        assert_eq!(portal.scan_again().await, 0, "{manner:?}");
    }
    // This one's answer must come in time, also on a busy machine.
    let portal = Portal::with(&scanner(Manner::Says(b"stream: Bad.Thing FOUND\0"), 20).await).await;
    let refused = portal.upload(portal.draft(), "a.pdf", &pdf(700)).await;
    assert_eq!(refused.code(), (422, "file_infected"));
}

/// Mutant: what was uploaded before there was a scanner is served unscanned.
#[actix_web::test]
async fn without_a_scanner_nothing_changes_and_with_one_the_old_is_scanned_first() {
    let portal = Portal::new().await;
    let file = portal.stored(portal.draft(), "a.pdf", &pdf(700)).await;
    assert_eq!((file["scan"].as_str(), portal.downloaded(&file).await), (Some("unscanned"), is(200, "")));
    assert_eq!(portal.scan_again().await, 0);
    let clamd = Clamd::start(ROOM);
    let settings = format!("[files]\n{}", clamd.setting());
    let config = motcua::config::Config::from_parts(&settings, []).unwrap();
    let scanner = motcua::files::Scanner::of(&config.files).unwrap();
    let mut files = portal.app.files.clone();
    files.scanner = scanner;
    files.scan_again(&portal.app.db).await.unwrap();
    let row = portal.app.db.read({
        let id = file["id"].as_str().unwrap().parse().unwrap();
        move |conn| motcua::files::find(conn, id)
    });
    assert_eq!(row.await.unwrap().scan, "clean");
}
