//! What is given back, and how.
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{Portal, pdf, sha256};

pub struct Download {
    pub status: u16,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Download {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Portal {
    pub async fn download(&self, file: &Value, headers: &[(&str, &str)]) -> Download {
        let id = file["id"].as_str().unwrap();
        let mut request = reqwest::Client::new().get(format!("{}/files/{id}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Download {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }
}

/// Mutants: any header of `protect` left out; `Compress` lets the length go.
#[actix_web::test]
async fn a_download_has_the_headers_that_keep_it_harmless() {
    let portal = Portal::new().await;
    let content = pdf(300_000);
    let file = portal.stored(portal.draft(), "Giấy \"đất\".pdf", &content).await;
    let whole = portal.download(&file, &[("Accept-Encoding", "gzip, br")]).await;
    assert_eq!((whole.status, whole.body.len()), (200, content.len()));
    assert_eq!(whole.body, content);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-length", "300000"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
        ("accept-ranges", "bytes"),
        ("etag", &format!("\"{}\"", sha256(&content))),
        (
            "content-disposition",
            "attachment; filename=\"Giay _dat_.pdf\"; filename*=UTF-8''Gi%E1%BA%A5y%20_%C4%91%E1%BA%A5t_.pdf",
        ),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    assert!(!matches!(whole.header("content-encoding"), "gzip" | "br"));
}

/// Mutant: the name goes into the header or the store as it was sent.
#[actix_web::test]
async fn hostile_names_reach_neither_the_store_nor_the_headers() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    for (sent, kept) in [
        ("../../../../tmp/evil.pdf", "evil.pdf"),
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("/etc/passwd\0.pdf", "passwd.pdf"),
        ("a\r\nX-Evil: 1\r\n.pdf", "aX-Evil_ 1.pdf"),
        ("\u{202E}fdp.exe.pdf", "fdp.exe.pdf"),
        ("a\"; filename=b.exe; x=\".pdf", "a_; filename=b.exe; x=_.pdf"),
    ] {
        let file = portal.stored(draft, sent, &pdf(500)).await;
        assert_eq!(file["name"], kept);
        let download = portal.download(&file, &[]).await;
        assert_eq!(download.header("x-evil"), "");
        assert!(download.header("content-disposition").contains(&format!("filename=\"{kept}\"")));
    }
    let long = format!("{}.pdf", "ư".repeat(900));
    assert_eq!(
        portal.upload(draft, &long, &pdf(500)).await.body["name"].as_str().unwrap().chars().count(),
        200
    );
    for blob in portal.blobs() {
        let key = blob.strip_prefix(&portal.root).unwrap().to_str().unwrap();
        assert!(key.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '/' | '-')), "{key}");
    }
}

/// Mutant: the last byte of a range left out, or `Content-Range` of the whole.
#[actix_web::test]
async fn one_range_is_given_as_asked() {
    let portal = Portal::new().await;
    let content = pdf(100_000);
    let file = portal.stored(portal.draft(), "a.pdf", &content).await;
    for (range, bytes, shown) in [
        ("bytes=0-0", &content[..1], "bytes 0-0/100000"),
        ("bytes=500-70000", &content[500..=70_000], "bytes 500-70000/100000"),
        ("bytes=99000-", &content[99_000..], "bytes 99000-99999/100000"),
        ("bytes=-10", &content[99_990..], "bytes 99990-99999/100000"),
    ] {
        let part = portal.download(&file, &[("Range", range)]).await;
        assert_eq!((part.status, part.header("content-range")), (206, shown));
        assert_eq!(part.header("content-length"), bytes.len().to_string());
        assert!(part.body == bytes, "{range}");
    }
    assert_eq!(portal.download(&file, &[("Range", "bytes=100000-")]).await.status, 416);
    assert_eq!(portal.download(&file, &[("Range", "bytes=0-1,5-6")]).await.status, 200);
    let changed = [("Range", "bytes=0-1"), ("If-Range", "\"other\"")];
    assert_eq!(portal.download(&file, &changed).await.status, 200);
}

/// Mutant: `If-None-Match` is not looked at.
#[actix_web::test]
async fn who_has_it_already_gets_nothing() {
    let portal = Portal::new().await;
    let file = portal.stored(portal.draft(), "a.pdf", &pdf(500)).await;
    let tag = format!("\"{}\"", file["sha256"].as_str().unwrap());
    let again = portal.download(&file, &[("If-None-Match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(portal.download(&file, &[("If-None-Match", "\"other\"")]).await.status, 200);
}

/// Mutant: no comparison of the stored size: half a file with status 200.
#[actix_web::test]
async fn a_missing_or_damaged_file_is_said_so() {
    let portal = Portal::new().await;
    let file = portal.stored(portal.draft(), "a.pdf", &pdf(1_000)).await;
    let blob = portal.root.join(portal.key_of(&file));
    std::fs::write(&blob, &pdf(1_000)[..500]).unwrap();
    for headers in [[].as_slice(), &[("Range", "bytes=0-9")]] {
        let cut = portal.download(&file, headers).await;
        let body: Value = serde_json::from_slice(&cut.body).unwrap();
        assert_eq!((cut.status, &body["code"]), (503, &"file_unavailable".into()));
    }
    std::fs::remove_file(&blob).unwrap();
    let missing = portal.download(&file, &[]).await;
    assert_eq!(missing.status, 503);
    assert!(!String::from_utf8_lossy(&missing.body).contains("motcua-files"), "and not where it lay");
}
