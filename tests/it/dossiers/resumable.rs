//! Resumable uploads (tus 1.0): every rule of the protocol that a client relies on, one by one.
//! That a whole upload survives whatever breaks is seen in `crash::resumable`.
use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use diesel::prelude::*;
use futures_util::stream;
use jiff::SignedDuration;
use motcua::auth::Actor;
use motcua::db::schema::upload;
use motcua::files::resumable::{Checksum, Part, Upload};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::play::procedure;
use crate::support::stage::{Answer, Caller, ONE_STOP, Portal};
use crate::support::{Bucket, pdf};

const COMPONENT: &str = "1.001193-TP06";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn tus(method: Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method).insert_header(("Tus-Resumable", "1.0.0"))
}

/// A draft of a citizen, and the citizen.
async fn draft(portal: &Portal) -> (String, Caller<'_>) {
    let (procedure, citizen) = (procedure("1.001193"), portal.citizen("022094000001", 2));
    let answers = &procedure["scenarios"][0]["answers"];
    let body = json!({ "procedure": "1.001193", "channel": "online", "unit": ONE_STOP, "answers": answers });
    let draft = citizen.post("/api/v1/drafts", &body).await.expect(201);
    (draft["id"].as_str().unwrap().to_owned(), citizen)
}

async fn announce(who: &Caller<'_>, draft: &str, name: &str, length: usize) -> Answer {
    let metadata = format!("filename {},component {}", base64(name), base64(COMPONENT));
    let request = tus(Method::POST, &format!("/api/v1/drafts/{draft}/uploads"));
    let request = request.insert_header(("Upload-Length", length.to_string()));
    who.send(request.insert_header(("Upload-Metadata", metadata))).await
}

async fn begun(who: &Caller<'_>, draft: &str, length: usize) -> String {
    let answer = announce(who, draft, "giấy.pdf", length).await;
    assert!(!answer.header("Upload-Expires").is_empty());
    let place = answer.header("Location").to_owned();
    answer.expect(201);
    place
}

fn more(place: &str, offset: usize, bytes: &[u8]) -> TestRequest {
    let request = tus(Method::PATCH, place).insert_header(("Upload-Offset", offset.to_string()));
    request.insert_header(("Content-Type", "application/offset+octet-stream")).set_payload(bytes.to_vec())
}

async fn asked(who: &Caller<'_>, place: &str) -> Answer {
    who.send(tus(Method::HEAD, place)).await
}

async fn files(who: &Caller<'_>, draft: &str) -> Vec<String> {
    let listed = who.get(&format!("/api/v1/drafts/{draft}/files")).await.expect(200);
    listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["sha256"].as_str().unwrap().to_owned())
        .collect()
}

// Mutants: the offset is not compared; the parts are joined in another order; the file is made
// before the last byte.
#[actix_web::test]
async fn an_upload_goes_on_where_it_broke_off_and_becomes_a_file() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(2_500_000);
    let place = begun(&citizen, &draft, content.len()).await;
    let mut offset = 0;
    for size in [1, 70_000, 1_500_000, 429_999] {
        let answer = citizen.send(more(&place, offset, &content[offset..offset + size])).await;
        offset += size;
        assert_eq!(answer.header("Upload-Offset"), offset.to_string());
        assert_eq!(answer.header("Upload-File"), "");
        answer.expect(204);
        let answer = asked(&citizen, &place).await;
        assert_eq!((answer.status, answer.header("Upload-Offset")), (200, offset.to_string().as_str()));
        assert_eq!(answer.header("Upload-Length"), content.len().to_string());
        assert_eq!(answer.header("Cache-Control"), "no-store");
    }
    assert_eq!(files(&citizen, &draft).await, Vec::<String>::new());
    let last = citizen.send(more(&place, offset, &content[offset..])).await;
    let file = last.header("Upload-File").to_owned();
    last.expect(204);
    assert_eq!(files(&citizen, &draft).await, [hex::encode(Sha256::digest(&content))]);
    let answer = asked(&citizen, &place).await;
    assert_eq!((answer.header("Upload-File"), answer.header("Upload-Offset")), (file.as_str(), "2500000"));
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM upload_part"), 0);
    portal.verify().await;
}

// Mutant: `record` without compare-and-set.
#[actix_web::test]
async fn of_those_who_go_on_at_once_one_does() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(100_000);
    let place = begun(&citizen, &draft, content.len()).await;
    citizen.send(more(&place, 5, &content)).await.refused(409, "upload_offset");
    let at_once = (0..8).map(|_| citizen.send(more(&place, 0, &content[..50_000])));
    let answers = futures_util::future::join_all(at_once).await;
    let kept = answers.iter().filter(|answer| answer.status == 204).count();
    assert_eq!(kept, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| [204, 409].contains(&answer.status)));
    citizen.send(more(&place, 50_000, &content[50_000..])).await.expect(204);
    assert_eq!(files(&citizen, &draft).await, [hex::encode(Sha256::digest(&content))]);
}

// Mutants: the whole is made a file by whoever asks, each time; it is not made one when the
// request that brought the last byte died.
#[actix_web::test]
async fn who_hears_that_all_is_there_can_rely_on_the_file() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(60_000);
    let place = begun(&citizen, &draft, content.len()).await;
    // As it stands when the server is killed behind the last part: all is kept, and no file yet.
    let (app, row) = (portal.app.clone(), row(&portal, &place).await);
    let part = Part { offset: 0, checksum: None };
    let payload = stream::iter([Ok::<_, std::io::Error>(Bytes::from(content.clone()))]);
    assert_eq!(app.files.append(&app.db, &Actor::system("test"), &row, part, payload).await.unwrap(), 60_000);
    assert_eq!(files(&citizen, &draft).await.len(), 0);
    let answers = futures_util::future::join_all((0..4).map(|_| asked(&citizen, &place))).await;
    let made: BTreeSet<&str> = answers.iter().map(|answer| answer.header("Upload-File")).collect();
    assert!(made.len() == 1 && !made.contains(""), "{made:?}");
    assert_eq!(files(&citizen, &draft).await, [hex::encode(Sha256::digest(&content))]);
    portal.verify().await;
}

// Mutants: what came before the connection broke is thrown away; under a checksum it is kept.
#[actix_web::test]
async fn what_came_before_a_break_is_kept() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(60_000);
    let place = begun(&citizen, &draft, content.len()).await;
    let checksum = Checksum::read(&format!("sha256 {}", base64(Sha256::digest(&content))));
    for (checksum, kept) in [(checksum, "0"), (None, "40000")] {
        broken(&portal, &place, Part { offset: 0, checksum }, content[..40_000].to_vec()).await;
        assert_eq!(asked(&citizen, &place).await.header("Upload-Offset"), kept);
    }
    citizen.send(more(&place, 40_000, &content[40_000..])).await.expect(204);
    assert_eq!(files(&citizen, &draft).await, [hex::encode(Sha256::digest(&content))]);
}

/// Brings some bytes, and breaks off.
async fn broken(portal: &Portal, place: &str, part: Part, bytes: Vec<u8>) {
    let (app, row) = (portal.app.clone(), row(portal, place).await);
    let payload = stream::iter([Ok(Bytes::from(bytes)), Err(std::io::Error::other("the network is gone"))]);
    app.files.append(&app.db, &Actor::system("test"), &row, part, payload).await.unwrap_err();
}

async fn row(portal: &Portal, place: &str) -> Upload {
    let id: Uuid = place.rsplit('/').next().unwrap().parse().unwrap();
    let found =
        move |conn: &mut PgConnection| Ok(upload::table.find(id).select(Upload::as_select()).first(conn)?);
    portal.app.db.read(found).await.unwrap()
}

// Mutants: the checksum is not compared; what it covers is kept all the same.
#[actix_web::test]
async fn what_a_checksum_denies_is_not_kept() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(1_200_000);
    let place = begun(&citizen, &draft, content.len()).await;
    let with = |checksum: String| more(&place, 0, &content).insert_header(("Upload-Checksum", checksum));
    let wrong = format!("sha256 {}", base64(Sha256::digest(b"other")));
    citizen.send(with(wrong)).await.refused(460, "upload_checksum");
    citizen.send(with("md5 AAAA".to_owned())).await.refused(400, "malformed");
    assert_eq!(asked(&citizen, &place).await.header("Upload-Offset"), "0");
    citizen.send(with(format!("sha256 {}", base64(Sha256::digest(&content))))).await.expect(204);
    assert_eq!(files(&citizen, &draft).await.len(), 1);
}

// Mutants: `own` without the owner; an upload of a draft of somebody else is announced.
#[actix_web::test]
async fn nobody_meets_the_uploads_of_others() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let place = begun(&citizen, &draft, 1_000).await;
    let stranger = portal.citizen("022000000099", 2);
    announce(&stranger, &draft, "a.pdf", 1_000).await.refused(404, "not_found");
    assert_eq!(asked(&stranger, &place).await.status, 404);
    stranger.send(more(&place, 0, b"%PDF-")).await.refused(404, "not_found");
    stranger.send(tus(Method::DELETE, &place)).await.refused(404, "not_found");
    portal.nobody().send(more(&place, 0, b"%PDF-")).await.refused(401, "unauthenticated");
    assert_eq!(asked(&citizen, &place).await.header("Upload-Offset"), "0");
}

#[actix_web::test]
async fn what_is_wrong_with_an_upload_is_said() {
    let portal = Portal::with("[files]\nmax_bytes = 100000\n").await;
    let (draft, citizen) = draft(&portal).await;
    announce(&citizen, &draft, "a.pdf", 100_001).await.refused(413, "file_too_large");
    announce(&citizen, &draft, "a.exe", 1_000).await.refused(415, "file_type_refused");
    announce(&citizen, &draft, "", 1_000).await.refused(422, "file_name_invalid");
    announce(&citizen, &draft, "a.pdf", 0).await.refused(422, "file_empty");
    announce(&citizen, &draft, &format!("{}\0.pdf", "a".repeat(500)), 1_000).await.expect(201);
    let path = format!("/api/v1/drafts/{draft}/uploads");
    citizen.send(tus(Method::POST, &path)).await.refused(400, "malformed");
    let old = TestRequest::with_uri(&path).method(Method::POST).insert_header(("Tus-Resumable", "0.2.2"));
    citizen.send(old).await.refused(412, "tus_version");

    let place = begun(&citizen, &draft, 1_000).await;
    citizen.send(more(&place, 0, &[b'a'; 1_001])).await.refused(413, "upload_too_long");
    let typeless = tus(Method::PATCH, &place).insert_header(("Upload-Offset", "0")).set_payload("a");
    citizen.send(typeless).await.refused(415, "unsupported_media_type");
    // What it holds is looked at when it is whole, and then it is gone.
    citizen.send(more(&place, 0, &[b'a'; 1_000])).await.refused(422, "file_type_mismatch");
    assert_eq!(asked(&citizen, &place).await.status, 404);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM upload"), 1, "the one with the long name");

    let described = portal.nobody().send(tus(Method::OPTIONS, "/api/v1/uploads")).await;
    assert_eq!((described.header("Tus-Version"), described.header("Tus-Max-Size")), ("1.0.0", "100000"));
    assert_eq!(described.header("Tus-Checksum-Algorithm"), "sha1,sha256");
}

// Mutants: expired uploads are found; their parts stay; one who gives up leaves the parts.
#[actix_web::test]
async fn what_nobody_goes_on_with_is_forgotten() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(5_000);
    let (given_up, left, whole) = (
        begun(&citizen, &draft, 5_000).await,
        begun(&citizen, &draft, 5_000).await,
        begun(&citizen, &draft, 5_000).await,
    );
    for place in [&given_up, &left] {
        citizen.send(more(place, 0, &content[..3_000])).await.expect(204);
    }
    citizen.send(more(&whole, 0, &content)).await.expect(204);
    citizen.send(tus(Method::DELETE, &given_up)).await.expect(204);
    assert_eq!(asked(&citizen, &given_up).await.status, 404);
    assert_eq!(portal.app.files.expire_uploads(&portal.app.db).await.unwrap(), 0);
    portal.later(SignedDuration::from_hours(25));
    assert_eq!(asked(&citizen, &left).await.status, 404);
    assert_eq!(portal.app.files.expire_uploads(&portal.app.db).await.unwrap(), 2);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM upload_part"), 0);
    assert_eq!(files(&citizen, &draft).await.len(), 1, "what became a file stays");
    portal.verify().await;
}

// Mutant: an upload whose draft was submitted meanwhile stays, and is read anew by whoever asks.
#[actix_web::test]
async fn what_has_no_place_any_more_ends() {
    let portal = Portal::with("[files]\nmax_files_per_dossier = 1\n").await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(5_000);
    let (first, second) = (begun(&citizen, &draft, 5_000).await, begun(&citizen, &draft, 5_000).await);
    citizen.send(more(&first, 0, &content)).await.expect(204);
    citizen.send(more(&second, 0, &content)).await.refused(422, "too_many_files");
    assert_eq!(asked(&citizen, &second).await.status, 404);
    assert_eq!(portal.number("SELECT count(*)::int AS n FROM upload_part"), 0);
    assert_eq!(asked(&citizen, &first).await.status, 200);
    portal.verify().await;
}

// Mutant: uploads under way are not counted.
#[actix_web::test]
async fn one_person_has_so_many_uploads_under_way() {
    let portal = Portal::new().await;
    let (draft, citizen) = draft(&portal).await;
    for _ in 0..20 {
        begun(&citizen, &draft, 1_000).await;
    }
    announce(&citizen, &draft, "a.pdf", 1_000).await.refused(429, "too_many_uploads");
}

// Mutants: the parts of an upload stay in the bucket, or go before the file is there.
#[actix_web::test]
async fn an_upload_goes_on_in_a_bucket_too() {
    let bucket = Bucket::start();
    let portal = Portal::with(&format!("[files]\nstore = \"s3\"\n{}", bucket.settings())).await;
    let (draft, citizen) = draft(&portal).await;
    let content = pdf(2_500_000);
    let place = begun(&citizen, &draft, content.len()).await;
    citizen.send(more(&place, 0, &content[..1_200_000])).await.expect(204);
    assert_eq!(bucket.objects().len(), 2, "a part ends at a mebibyte");
    portal.verify().await;
    citizen.send(more(&place, 1_200_000, &content[1_200_000..])).await.expect(204);
    assert_eq!(files(&citizen, &draft).await, [hex::encode(Sha256::digest(&content))]);
    assert_eq!(bucket.objects().len(), 1);
    portal.verify().await;
}
