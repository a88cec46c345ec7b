//! What the virus scanner has not found clean is given to nobody, nor to a part of the portal
//! that works on it.
use bytes::Bytes;
use futures_util::stream;
use motcua::auth::Actor;
use motcua::db::Tx;
use motcua::error::Error;
use motcua::files::{FileRow, find, keep, record_made};
use motcua::worker;
use serde_json::Value;

use super::hostile_text::{SHOWN, paper, says, send};
use super::{Portal, pdf};
use crate::records::stage::{document, taken};
use crate::support::stage;
use crate::support::{Clamd, EICAR, pdf_with};

const ROOM: usize = 5_000_000;

impl Portal {
    /// The bytes of a file, or why they are refused, whichever way they are asked for.
    async fn read_row(&self, row: &FileRow) -> Result<Vec<u8>, &'static str> {
        let word = |error: Error| error.code().code;
        let whole = self.app.files.whole(row).await.map_err(word);
        let looked = self.app.files.look_into(row, |bytes| bytes.to_vec()).await.map_err(word);
        assert_eq!(whole, looked);
        whole
    }

    async fn read(&self, file: &Value) -> Result<Vec<u8>, &'static str> {
        let id = file["id"].as_str().unwrap().parse().unwrap();
        let row = self.app.db.read(move |conn| find(conn, id)).await.unwrap();
        self.read_row(&row).await
    }

    /// A document that motcua made, and one that was sent for a store.
    async fn made(&self) -> [FileRow; 2] {
        let made = self.app.files.keep_made(pdf(800), "a.pdf").await.unwrap();
        let payload = stream::iter([Ok::<_, std::io::Error>(Bytes::from(pdf(900)))]);
        let received = self.app.files.receive(payload, "b.pdf").await.unwrap();
        let write = move |tx: &mut Tx| {
            let kept = keep(tx, &received)?;
            Ok([record_made(tx, &made)?, find(tx.conn, kept)?])
        };
        self.app.db.write(&Actor::system("test"), write).await.unwrap()
    }
}

/// Mutant: `file-read-unscanned`.
#[actix_web::test]
async fn nobody_reads_what_the_scanner_has_not_found_clean() {
    let mut clamd = Clamd::start(ROOM);
    let portal = Portal::with(&clamd.setting()).await;
    let draft = portal.draft();
    let clean = portal.stored(draft, "a.pdf", &pdf(4_000)).await;
    assert_eq!(portal.read(&clean).await, Ok(pdf(4_000)));
    clamd.down();
    let held = portal.stored(draft, "b.pdf", &pdf(700)).await;
    let worse = portal.stored(draft, "c.pdf", &pdf_with(EICAR)).await;
    for file in [&held, &worse] {
        assert_eq!(portal.read(file).await, Err("file_quarantined"));
    }
    assert_eq!(portal.read(&clean).await, Ok(pdf(4_000)));
    clamd.up();
    assert_eq!(portal.app.files.scan_again(&portal.app.db).await.unwrap(), 2);
    assert_eq!(portal.read(&held).await, Ok(pdf(700)));
    assert_eq!(portal.read(&worse).await, Err("file_blocked"));
}

/// Mutant: `file-verdict-forgotten`.
#[actix_web::test]
async fn what_motcua_keeps_has_the_verdict_that_it_got() {
    let mut clamd = Clamd::start(ROOM);
    let portal = Portal::with(&clamd.setting()).await;
    for row in portal.made().await {
        assert_eq!(row.scan, "clean");
        assert!(portal.read_row(&row).await.is_ok());
    }
    clamd.down();
    for row in portal.made().await {
        assert_eq!(row.scan, "unscanned");
        assert_eq!(portal.read_row(&row).await, Err("file_quarantined"));
    }
    let without = Portal::new().await;
    for row in without.made().await {
        assert_eq!(row.scan, "unscanned");
        assert!(without.read_row(&row).await.is_ok(), "where nobody scans, nothing is held back");
    }
}

/// Mutants: `file-read-unscanned`; the reading of an infected document is tried for ever.
#[actix_web::test]
async fn a_text_is_read_when_its_file_was_scanned_and_none_of_an_infected_one() {
    let mut clamd = Clamd::start(ROOM);
    let portal = stage::Portal::with(&format!("[files]\n{}", clamd.setting())).await;
    let importer = portal.machine("records.import");
    let documents = ["1/T", "2/T"].map(|number| document("GT-PDF", "Giấy tờ", number));
    let ids = taken(&importer, &documents).await;
    clamd.down();
    send(&importer, &ids[0], paper(SHOWN, b"", b"")).await;
    send(&importer, &ids[1], paper(SHOWN, b"", EICAR)).await;
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    let texts = || portal.number("SELECT count(*)::int AS n FROM record_text");
    let open = "SELECT count(*)::int AS n FROM job WHERE kind = 'records.read_text' AND state = 'waiting'";
    assert_eq!((texts(), portal.number(open)), (0, 2), "they are read later");
    clamd.up();
    assert_eq!(portal.app.files.scan_again(&portal.app.db).await.unwrap(), 2);
    portal.sql("UPDATE job SET run_at = now() WHERE kind = $1", "records.read_text");
    worker::runner(&portal.app).unwrap().drain().await.unwrap();
    let done = "SELECT count(*)::int AS n FROM job WHERE kind = 'records.read_text' AND state = 'done'";
    assert_eq!((texts(), portal.number(done)), (1, 2));
    assert!(says(&portal, &ids[0], "Giay khai sinh"));
}
