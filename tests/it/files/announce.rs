//! How many uploads one person may have under way, also when they are announced at once.
use std::sync::{Arc, mpsc};

use futures_util::future::join3;
use motcua::auth::Actor;
use motcua::db::Tx;
use motcua::error::Result;
use motcua::files::resumable::{Announced, begin};
use motcua::files::{Purpose, Target};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Portal;
use crate::support::somebody_waits;

impl Portal {
    /// Announces an upload in a transaction of its own; `last` is done before it is committed.
    async fn announce(&self, draft: Uuid, last: impl Fn() + Send + 'static) -> Result<()> {
        let announced = Announced {
            target: Target::Draft(draft),
            component: String::new(),
            purpose: Purpose::Component,
            name: "a.pdf".to_owned(),
            length: 1_000,
        };
        let write = move |tx: &mut Tx| {
            begin(tx, &announced)?;
            last();
            Ok(())
        };
        self.app.db.write(&Actor::system("test"), write).await
    }
}

/// The last one that there is room for is announced twice at once; the first transaction ends
/// when the second is seen to wait. Mutant: `upload-counted-unlocked`.
#[actix_web::test]
async fn of_two_that_are_announced_at_once_the_second_counts_the_first() {
    let portal = Portal::new().await;
    let draft = portal.draft();
    for _ in 0..19 {
        portal.announce(draft, || ()).await.unwrap();
    }
    let announced = Arc::new(Notify::new());
    let (go_on, may_go_on) = mpsc::channel();
    let first = {
        let announced = announced.clone();
        let hold = move || {
            announced.notify_one();
            // An error: this test has failed, and nobody says it any more.
            let _ = may_go_on.recv();
        };
        portal.announce(draft, hold)
    };
    let second = async {
        announced.notified().await;
        portal.announce(draft, || ()).await
    };
    let release = async {
        somebody_waits(&portal.database).await;
        go_on.send(()).unwrap();
    };
    let (first, second, ()) = join3(first, second, release).await;
    first.unwrap();
    assert_eq!(second.unwrap_err().code().code, "too_many_uploads");
}
