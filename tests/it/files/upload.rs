//! What is taken in, and what is refused.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use futures_util::future::join3;
use motcua::app::App;
use motcua::auth::Actor;
use motcua::db::Tx;
use motcua::files::{
    Purpose, Received, Target, attach, find, list_of_dossier, list_of_draft, move_to_dossiers,
    remove_from_draft,
};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Answer, Portal, pdf, serve, sha256};
use crate::support::{PDF, somebody_waits};

/// Mutants: hash fed after the size check of another chunk, size counted in chunks, bytes of
/// the last chunk not written.
#[actix_web::test]
async fn a_file_is_stored_with_its_size_and_hash() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    for size in [400, 70_000, 3_500_001] {
        let content = pdf(size);
        let file = portal.stored(draft, "Giấy chứng sinh.PDF", &content).await;
        assert_eq!(file["size"], size);
        assert_eq!(file["sha256"], sha256(&content));
        assert_eq!(file["media_type"], "application/pdf");
        assert_eq!(file["name"], "Giấy chứng sinh.PDF");
        assert_eq!((&file["component"], &file["purpose"]), (&"TP01".into(), &"component".into()));
        assert_eq!(std::fs::read(portal.root.join(portal.key_of(&file))).unwrap(), content);
    }
    assert_eq!((portal.rows(), portal.blobs().len()), (3, 3), "and nothing else lies there");
}

/// Mutant: `confirms` or `contradicts` always agrees; the allowed types are not asked.
#[actix_web::test]
async fn the_content_must_be_what_the_name_says_and_both_must_be_allowed() {
    let portal = Portal::with("allowed_types = [\"pdf\", \"jpeg\", \"docx\"]\n").await;
    let draft = portal.draft();
    let docx = [b"PK\x03\x04".as_slice(), &[7; 90_000], b"PK\x01\x02word/document.xml", &[0; 40]].concat();
    let jpeg = b"\xFF\xD8\xFF\xE0 JFIF";
    portal.stored(draft, "đơn.PDF", PDF).await;
    let mismatch = (422, "file_type_mismatch");
    let refused = (415, "file_type_refused");
    for (name, content, code) in [
        ("a.pdf", b"MZ\x90\0".as_slice(), mismatch),
        ("a.pdf", b"<script>alert(1)</script>%PDF-", mismatch),
        ("a.pdf", b"%PDF", mismatch),
        ("a.pdf", jpeg, mismatch),
        ("a.jpeg", &docx, mismatch),
        ("a.docx", b"PK\x03\x04 only a zip", mismatch),
        ("a.png", b"\x89PNG\r\n\x1A\n...", refused),
        ("a.exe", b"MZ\x90\0", refused),
        ("a.pdf.html", b"%PDF-1.7", refused),
        ("a.svg", b"<svg/>", refused),
        ("a.pdf", b"", (422, "file_empty")),
        ("a", b"%PDF-1.7", (422, "file_name_invalid")),
        ("", b"%PDF-1.7", (422, "file_name_invalid")),
    ] {
        assert_eq!(portal.upload(draft, name, content).await.code(), code, "{name}");
    }
    assert_eq!((portal.rows(), portal.blobs().len()), (1, 1), "what is refused leaves nothing");
}

/// Mutant: no `check_size` in `pour` (the chunked one passes), or `>=` instead of `>`.
#[actix_web::test]
async fn a_file_that_is_too_large_is_refused_announced_or_not() {
    let portal = Portal::with("max_bytes = 100000\n").await;
    let draft = portal.draft();
    portal.stored(draft, "a.pdf", &pdf(100_000)).await;
    let answer = portal.upload(draft, "a.pdf", &pdf(100_001)).await;
    assert_eq!(answer.code(), (413, "file_too_large"));
    assert_eq!(answer.body["max_bytes"], 100_000);
    let mut stream = portal.raw(draft, "Transfer-Encoding: chunked");
    let content = pdf(150_000);
    for chunk in content.chunks(10_000) {
        let sent = write!(stream, "{:x}\r\n", chunk.len())
            .and_then(|()| stream.write_all(chunk))
            .and_then(|()| stream.write_all(b"\r\n"));
        if sent.is_err() {
            break;
        }
    }
    assert_eq!(status(stream), "413");
    assert_eq!((portal.rows(), portal.blobs().len()), (1, 1));
}

/// Mutant: `>` instead of `>=` in `check_room`.
#[actix_web::test]
async fn a_draft_takes_so_many_files() {
    let portal = Portal::with("max_files_per_dossier = 2\n").await;
    let draft = portal.draft();
    for name in ["a.pdf", "b.pdf"] {
        portal.stored(draft, name, &pdf(500)).await;
    }
    assert_eq!(portal.upload(draft, "c.pdf", &pdf(500)).await.code(), (422, "too_many_files"));
    portal.stored(portal.draft(), "other.pdf", &pdf(500)).await;
}

/// The second file comes while the first one's transaction is still open, which ends when the
/// second is seen to wait.
/// Mutant: `attach` without its lock: both find room.
#[actix_web::test]
async fn the_limits_of_a_draft_hold_also_when_files_come_at_once() {
    let portal = Portal::with("max_files_per_dossier = 1\n").await;
    let draft = portal.draft();
    let attached = Arc::new(Notify::new());
    let (go_on, may_go_on) = mpsc::channel();
    let first = {
        let attached = attached.clone();
        let hold = move || {
            attached.notify_one();
            // An error: this test has failed, and nobody says it any more.
            let _ = may_go_on.recv();
        };
        portal.attach_one(draft, "first", hold)
    };
    let second = async {
        attached.notified().await;
        portal.attach_one(draft, "second", || ()).await
    };
    let release = async {
        somebody_waits(&portal.database).await;
        go_on.send(()).unwrap();
    };
    let (first, second, ()) = join3(first, second, release).await;
    first.unwrap();
    assert_eq!(second.unwrap_err().code().code, "too_many_files");
    assert_eq!(portal.rows(), 1);
}

fn received(key: &str) -> Received {
    Received {
        key: key.to_owned(),
        size: 10,
        sha256: sha256(b""),
        media_type: "application/pdf",
        name: "a.pdf".to_owned(),
        findings: Vec::new(),
        scan: motcua::files::Scan::Unscanned,
    }
}

/// Mutant: the sum leaves out the file that comes.
#[actix_web::test]
async fn a_draft_takes_so_many_bytes() {
    let portal = Portal::with("max_dossier_bytes = 5000\n").await;
    let draft = portal.draft();
    portal.stored(draft, "a.pdf", &pdf(3_000)).await;
    assert_eq!(portal.upload(draft, "b.pdf", &pdf(2_001)).await.code(), (413, "files_too_large"));
    portal.stored(draft, "b.pdf", &pdf(2_000)).await;
    portal.stored(portal.draft(), "other.pdf", &pdf(5_000)).await;
}

/// Patience is 0.6 s, then 3 s, and the floor 1,000 B/s here. Mutant: `wait_for` without its deadline.
#[actix_web::test]
async fn a_slow_sender_is_cut_off_and_a_steady_one_is_not() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    // One byte each 50 ms, for as long as it is let.
    let mut slow = portal.raw(draft, "Content-Length: 100000");
    let begun = Instant::now();
    let answer = actix_web::rt::task::spawn_blocking(move || {
        slow.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut answer = [0; 12];
        let mut bytes = b"%PDF-".iter().copied().chain(std::iter::repeat(b'x'));
        while begun.elapsed() < Duration::from_secs(8) {
            let _ = slow.write_all(&[bytes.next().unwrap()]);
            if slow.read(&mut answer).is_ok_and(|read| read == answer.len()) {
                break;
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 408");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    portal.until_empty().await;

    // Twice the floor, for three times the patience, which outlasts the pauses of a busy machine.
    let portal = portal.with_patience(Duration::from_secs(3));
    let mut steady = portal.raw(draft, "Content-Length: 18000");
    let content = pdf(18_000);
    for chunk in content.chunks(200) {
        steady.write_all(chunk).unwrap();
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status(steady), "201");
}

/// Mutant: the deadline grows with what came and is not bounded by the patience.
#[actix_web::test]
async fn much_at_first_does_not_buy_a_long_silence() {
    let portal = Portal::new().await;
    let mut stream = portal.raw(portal.draft(), "Content-Length: 1000000");
    stream.write_all(&pdf(900_000)).unwrap();
    let begun = Instant::now();
    let status = actix_web::rt::task::spawn_blocking(move || status(stream)).await.unwrap();
    assert_eq!(status, "408");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// Mutant: `finish` also when the payload ended with an error.
#[actix_web::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let portal = Portal::new().await;
    let mut stream = portal.raw(portal.draft(), "Content-Length: 1000000");
    stream.write_all(&pdf(600_000)).unwrap();
    actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    portal.until_empty().await;
    assert_eq!(portal.rows(), 0);
}

/// Mutant: `Received::key` without the file's hash (the other content is answered like the first).
#[actix_web::test]
async fn an_upload_that_is_sent_again_is_attached_once() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    let first = portal.upload_with_key(draft, "a.pdf", &pdf(500), "k1").await;
    let again = portal.upload_with_key(draft, "a.pdf", &pdf(500), "k1").await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = portal.upload_with_key(draft, "a.pdf", &pdf(501), "k1").await;
    assert_eq!(other.code(), (422, "idempotency_key_reused"));
    assert_eq!(portal.upload_with_key(draft, "a.pdf", &pdf(500), "").await.code().0, 400);
    assert_eq!(portal.rows(), 1);
}

/// Mutant: `Received::key` without the query: the second is answered like the first.
#[actix_web::test]
async fn the_key_of_an_upload_is_good_for_one_purpose() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    let send = async |query: &str| {
        let url = format!("{}/drafts/{draft}/files?{query}", portal.base);
        let request = reqwest::Client::new().post(url).header("Idempotency-Key", "k2").body(pdf(500));
        Answer::of(request.send().await.unwrap()).await
    };
    let first = send("name=a.pdf&purpose=result").await;
    let again = send("name=a.pdf&purpose=result").await;
    assert_eq!((first.status, &first.body), (201, &again.body));
    for query in ["name=a.pdf&purpose=opinion", "name=a.pdf", "name=a.pdf&purpose=result&component=TP01"] {
        assert_eq!(send(query).await.code(), (422, "idempotency_key_reused"), "{query}");
    }
    assert_eq!(portal.rows(), 1);
}

/// Mutant: the form's frame is stored as part of the file.
#[actix_web::test]
async fn a_form_is_taken_as_well() {
    let portal = Portal::new().await;
    let content = pdf(5_000);
    let send = |head: &str| {
        let body = [
            format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            &content,
            b"\r\n--XX--\r\n",
        ]
        .concat();
        reqwest::Client::new()
            .post(format!("{}/drafts/{}/files?component=TP02", portal.base, portal.draft()))
            .header("Idempotency-Key", Uuid::now_v7().to_string())
            .header("Content-Type", "multipart/form-data; boundary=XX")
            .body(body)
            .send()
    };
    let answer = Answer::of(send("name=\"file\"; filename=\"đơn.pdf\"").await.unwrap()).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    assert_eq!(
        (answer.body["size"].as_u64(), &answer.body["sha256"]),
        (Some(5_000), &sha256(&content).into())
    );
    assert_eq!(answer.body["name"], "đơn.pdf");
    let answer = Answer::of(send("name=\"note\"").await.unwrap()).await;
    assert_eq!(answer.code(), (422, "file_name_invalid"));
}

/// Mutant: `lock_draft` without its look at `dossier_id`.
#[actix_web::test]
async fn a_draft_that_was_submitted_changes_no_more() {
    let portal = Portal::new().await;
    let (draft, dossier) = (portal.draft(), Uuid::now_v7());
    let kept = portal.stored(draft, "a.pdf", &pdf(500)).await;
    let removed = portal.stored(draft, "b.pdf", &pdf(600)).await;
    let id = |file: &serde_json::Value| file["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    let (kept, removed) = (id(&kept), id(&removed));
    let remove = move |id| portal_remove(draft, id);
    let db = &portal.app.db;
    let actor = Actor::system("test");
    db.write(&actor, remove(removed)).await.unwrap();
    assert_eq!(db.write(&actor, remove(removed)).await.unwrap_err().code().status, 404);
    assert_eq!(db.write(&actor, portal_remove(portal.draft(), kept)).await.unwrap_err().code().status, 404);
    assert_eq!(db.read(move |conn| find(conn, removed)).await.unwrap_err().code().status, 404);

    portal.sql(&format!("UPDATE draft SET dossier_id = '{dossier}' WHERE id = '{draft}'"));
    // The dossier itself does not matter here; its foreign key is asked at the commit.
    portal.sql("ALTER TABLE file DROP CONSTRAINT file_dossier_id_fkey");
    let moved = db.write(&actor, move |tx| move_to_dossiers(tx, &[(draft, dossier)])).await.unwrap();
    assert_eq!(moved.iter().map(|row| row.id).collect::<Vec<_>>(), [kept]);
    let listed = db
        .read(move |conn| Ok((list_of_draft(conn, draft)?, list_of_dossier(conn, dossier)?)))
        .await
        .unwrap();
    assert_eq!((&listed.0, &listed.1), (&moved, &moved));
    assert_eq!(db.write(&actor, remove(kept)).await.unwrap_err().code().code, "draft_submitted");
    assert_eq!(portal.upload(draft, "c.pdf", &pdf(500)).await.code(), (409, "draft_submitted"));
    assert_eq!(portal.upload(Uuid::now_v7(), "c.pdf", &pdf(500)).await.code(), (404, "not_found"));
}

fn portal_remove(
    draft: Uuid,
    file: Uuid,
) -> impl Fn(&mut motcua::db::Tx) -> motcua::error::Result<()> + Send + 'static {
    move |tx| remove_from_draft(tx, draft, file)
}

impl Portal {
    /// A connection on which the head of an upload was sent.
    fn raw(&self, draft: Uuid, length: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).unwrap();
        write!(
            stream,
            "POST /drafts/{draft}/files?name=a.pdf HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {}\r\n{length}\r\n\r\n",
            Uuid::now_v7()
        )
        .unwrap();
        stream
    }

    /// The same files behind another door, at which a sender may be silent for so long.
    fn with_patience(mut self, patience: Duration) -> Self {
        let mut app = App::build(self.app.config.clone(), self.app.db.clone()).unwrap();
        Arc::get_mut(&mut app).unwrap().files.limits.patience = patience;
        self.base = serve(app.clone());
        self.app = app;
        self
    }

    /// Attaches a file in a transaction of its own; `last` is done before it is committed.
    async fn attach_one(
        &self,
        draft: Uuid,
        key: &str,
        last: impl Fn() + Send + 'static,
    ) -> motcua::error::Result<()> {
        let (limits, received) = (self.app.files.limits.clone(), received(key));
        let write = move |tx: &mut Tx| {
            attach(tx, &limits, Target::Draft(draft), "", Purpose::Component, &received)?;
            last();
            Ok(())
        };
        self.app.db.write(&Actor::system("test"), write).await
    }
}

/// The status of the answer.
fn status(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}
