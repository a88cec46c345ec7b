//! A crash between the bytes and their row leaves an orphan, and only that; the sweep takes it.
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream;
use motcua::auth::Actor;
use motcua::files::remove_from_draft;

use super::{Portal, pdf, sha256};

pub const GRACE: Duration = Duration::from_secs(24 * 3600);

impl Portal {
    /// An upload whose process dies before the row is written.
    pub async fn orphan(&self) -> PathBuf {
        let payload = stream::iter([Ok::<_, std::io::Error>(Bytes::from(pdf(5_000)))]);
        let received = self.app.files.receive(payload, "a.pdf").await.unwrap();
        assert_eq!((received.size, received.sha256), (5_000, sha256(&pdf(5_000))));
        self.root.join(received.key)
    }

    pub async fn sweep(&self) -> usize {
        self.app.files.sweep_orphans(&self.app.db, GRACE).await.unwrap()
    }
}

/// Makes a file look as if it had been written so long ago.
pub fn age(path: &Path, age: Duration) {
    File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
}

/// Mutants: the age is not asked (the young orphan goes, and with it an upload under way); the
/// rows are not asked (a filed document goes).
#[actix_web::test]
async fn only_old_orphans_are_swept() {
    let portal = Portal::new().await;
    let (old, young, staged) = (portal.orphan().await, portal.orphan().await, portal.orphan().await);
    let filed = portal.stored(portal.draft(), "a.pdf", &pdf(700)).await;
    let filed = portal.root.join(portal.key_of(&filed));
    // What waits to become an object when the process is killed.
    let cut = portal
        .root
        .join("new")
        .join(staged.file_name().unwrap().to_str().unwrap().rsplit_once('-').unwrap().1);
    std::fs::rename(&staged, &cut).unwrap();
    assert_eq!(portal.sweep().await, 0, "nothing is old yet");
    for path in [&old, &filed, &cut] {
        age(path, GRACE + Duration::from_secs(60));
    }
    age(&young, GRACE - Duration::from_secs(60));
    assert_eq!(portal.sweep().await, 2);
    assert_eq!([&old, &cut, &young, &filed].map(|path| path.exists()), [false, false, true, true]);
    assert_eq!(portal.sweep().await, 0);
}

/// Mutant: `deleted_at` is not asked: what was taken out of a draft stays for ever, or goes at once.
#[actix_web::test]
async fn what_was_taken_out_of_a_draft_goes_after_the_grace() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    let file = portal.stored(draft, "a.pdf", &pdf(700)).await;
    let blob = portal.root.join(portal.key_of(&file));
    age(&blob, GRACE * 3);
    let id = file["id"].as_str().unwrap().parse().unwrap();
    portal.app.db.write(&Actor::system("test"), move |tx| remove_from_draft(tx, draft, id)).await.unwrap();
    assert_eq!((portal.sweep().await, blob.exists()), (0, true));
    portal.sql("UPDATE file SET deleted_at = now() - interval '25 hours'");
    assert_eq!((portal.sweep().await, blob.exists()), (1, false));
}

/// Mutant: without the look at how many they are, a portal that was given an empty database
/// deletes every document.
#[actix_web::test]
async fn a_store_of_another_database_is_left_alone() {
    let portal = Portal::new().await;
    let folder = portal.root.join("aa/bb");
    std::fs::create_dir_all(&folder).unwrap();
    for n in 0..101 {
        let blob = folder.join(format!("{n:032x}"));
        std::fs::write(&blob, "%PDF-1.7").unwrap();
        age(&blob, GRACE * 2);
    }
    portal.app.files.sweep_orphans(&portal.app.db, GRACE).await.unwrap_err();
    assert_eq!(portal.blobs().len(), 101);
}
