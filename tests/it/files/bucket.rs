//! A bucket of a real S3 server in the place of the directory.
use std::process::Output;
use std::time::Duration;

use motcua::auth::Actor;
use motcua::files::remove_from_draft;

use super::scrub::differences;
use super::sweep::{GRACE, age};
use super::{Portal, below, pdf, sha256};
use crate::support::{Bucket, DataDir, TestDb};

/// Bytes that are sent at once.
const PART: usize = 8 * 1024 * 1024;

async fn portal(bucket: &Bucket) -> Portal {
    Portal::with(&format!("store = \"s3\"\n{}", bucket.settings())).await
}

/// Mutants: a part is sent twice or left out; the last one is cut; the object is not completed.
#[actix_web::test]
async fn a_bucket_gives_back_what_it_was_given() {
    let bucket = Bucket::start();
    let portal = portal(&bucket).await;
    let draft = portal.draft();
    for size in [5_000, PART, PART + 1, 2 * PART + 500_000] {
        let content = pdf(size);
        let file = portal.stored(draft, "a.pdf", &content).await;
        let whole = portal.download(&file, &[]).await;
        assert!(whole.status == 200 && whole.body == content, "{size} bytes came back as others");
        let (first, last) = (size - 2_000, size - 1_001);
        let range = portal.download(&file, &[("Range", &format!("bytes={first}-{last}"))]).await;
        assert_eq!((range.status, range.body.as_slice()), (206, &content[first..=last]));
        assert_eq!(range.header("content-range"), format!("bytes {first}-{last}/{size}"));
        assert!(
            portal.key_of(&file).contains(&format!("/{}-", sha256(&content))),
            "the key tells the content"
        );
    }
    assert_eq!(bucket.objects().len(), 4);
    assert_eq!(below(&portal.data.join("uploads")), Vec::<std::path::PathBuf>::new());
    assert_eq!(differences(&portal).await, Vec::<String>::new());
}

/// Mutant: the object is written before it was looked into.
#[actix_web::test]
async fn what_is_refused_never_reaches_the_bucket() {
    let bucket = Bucket::start();
    let portal = portal(&bucket).await;
    let mut damaged = pdf(100_000);
    damaged.truncate(99_000);
    let answer = portal.upload(portal.draft(), "a.pdf", &damaged).await;
    assert_eq!(answer.code(), (422, "file_damaged"));
    let written = bucket.objects();
    assert!(written.is_empty() && portal.rows() == 0, "{written:?}");
}

/// Mutants: the age is not asked; whatever has no row is swept, also what is not ours.
#[actix_web::test]
async fn a_bucket_is_swept_of_old_orphans_only() {
    let bucket = Bucket::start();
    let portal = portal(&bucket).await;
    let draft = portal.draft();
    let old = portal.orphan().await;
    let (path, others) = (bucket.objects().remove(0).1, bucket.put("backup/of-somebody-else"));
    let filed = portal.stored(draft, "a.pdf", &pdf(700)).await;
    let taken_out = portal.stored(draft, "b.pdf", &pdf(800)).await;
    let young = portal.orphan().await;
    for (_, path) in bucket.objects() {
        age(&path, GRACE + Duration::from_secs(60));
    }
    let key = |path: &std::path::Path| path.strip_prefix(&portal.root).unwrap().display().to_string();
    let young = bucket.objects().into_iter().find(|(found, _)| *found == key(&young)).unwrap().1;
    age(&young, GRACE - Duration::from_secs(60));
    let id = taken_out["id"].as_str().unwrap().parse().unwrap();
    portal.app.db.write(&Actor::system("test"), move |tx| remove_from_draft(tx, draft, id)).await.unwrap();
    assert_eq!(portal.sweep().await, 1);
    assert!(!path.exists() && others.exists() && young.exists(), "{}", old.display());
    portal.sql("UPDATE file SET deleted_at = now() - interval '25 hours' WHERE deleted_at IS NOT NULL");
    assert_eq!(portal.sweep().await, 1);
    assert_eq!((portal.download(&filed, &[]).await.status, bucket.objects().len()), (200, 3));
}

/// Mutants: a row is written for what is not stored; an error of the server is a 500.
#[actix_web::test]
async fn without_the_server_nothing_is_taken_and_nothing_is_half() {
    let mut bucket = Bucket::start();
    let portal = portal(&bucket).await;
    let (draft, content) = (portal.draft(), pdf(PART + 5_000));
    let file = portal.stored(draft, "a.pdf", &content).await;
    bucket.down();
    for size in [5_000, PART + 5_000] {
        let refused = portal.upload(draft, "b.pdf", &pdf(size)).await;
        assert_eq!(refused.code(), (503, "file_store_unavailable"));
    }
    assert_eq!((portal.download(&file, &[]).await.status, portal.rows()), (503, 1));
    assert_eq!(below(&portal.data.join("uploads")), Vec::<std::path::PathBuf>::new());
    bucket.up();
    portal.stored(draft, "b.pdf", &content).await;
    assert_eq!((portal.download(&file, &[]).await.body, bucket.objects().len()), (content, 2));
}

/// Mutant: a difference in a bucket is not seen.
#[actix_web::test]
async fn a_bucket_is_scrubbed() {
    let mut bucket = Bucket::start();
    let portal = portal(&bucket).await;
    let draft = portal.draft();
    let mut stored = Vec::new();
    for size in [5_000, 6_000, 7_000, PART + 10] {
        stored.push(portal.stored(draft, "a.pdf", &pdf(size)).await);
    }
    let path = |n: usize| {
        let key = portal.key_of(&stored[n]);
        bucket.objects().into_iter().find(|(found, _)| *found == key).unwrap().1
    };
    let mut bytes = std::fs::read(path(0)).unwrap();
    bytes[2_500] ^= 4;
    std::fs::write(path(0), bytes).unwrap();
    std::fs::write(path(1), "%PDF").unwrap();
    std::fs::remove_file(path(2)).unwrap();
    let found = differences(&portal).await;
    for (n, flaw) in ["another SHA-256", "4 bytes are stored", "missing"].into_iter().enumerate() {
        let id = stored[n]["id"].as_str().unwrap();
        assert!(found.iter().any(|line| line.contains(id) && line.contains(flaw)), "{flaw}: {found:?}");
    }
    assert_eq!(found.len(), 3);
    bucket.down();
    assert!(super::scrub::scrub(&portal).await.is_err(), "a store that is away is not a store that lost all");
}

fn motcua(arguments: &[&str], settings: &str, database: Option<&TestDb>) -> (Option<i32>, String) {
    let dir = DataDir::new();
    let free = "[http]\nport = 0\n[files]\nstore = \"s3\"\n";
    std::fs::write(dir.path().join("motcua.toml"), format!("{free}{settings}")).unwrap();
    let mut command = dir.motcua(arguments);
    if let Some(database) = database {
        command.env("DATABASE_URL", database.url());
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// Mutants: the portal starts with a key that the server refuses; a server that is away is a
/// wrong setting.
#[test]
fn what_is_wrong_with_the_settings_is_said() {
    let mut bucket = Bucket::start();
    let database = TestDb::with_agencies();
    let wrong = [
        (bucket.settings_with("motcua", "S3RVER", "another"), "SignatureDoesNotMatch"),
        (bucket.settings_with("motcua", "nobody", "S3RVER"), "InvalidAccessKeyId"),
        (bucket.settings_with("elsewhere", "S3RVER", "S3RVER"), "NoSuchBucket"),
    ];
    for (settings, said) in wrong {
        let (code, told) = motcua(&["check"], &settings, None);
        assert!(code == Some(1) && told.contains(said) && told.contains("[s3]"), "{told}");
        let (code, told) = motcua(&["serve"], &settings, Some(&database));
        assert!(code == Some(1) && told.contains(said) && told.contains("[s3]"), "{told}");
        assert!(!told.contains("answers at"), "{told}");
    }
    let (code, told) = motcua(&["check"], &bucket.settings_with("motcua", "S3RVER", ""), None);
    assert!(code == Some(1) && told.contains("s3.secret_key is not set"), "{told}");
    let (code, told) = motcua(&["check"], &bucket.settings(), None);
    assert!(code == Some(0) && told.contains("OK: files go to the bucket motcua"), "{told}");
    assert!(bucket.objects().is_empty(), "it leaves nothing behind");
    bucket.down();
    let (code, told) = motcua(&["check"], &bucket.settings(), None);
    assert!(code == Some(1) && told.contains("cannot be reached"), "{told}");
}
