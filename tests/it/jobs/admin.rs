//! The operations of the system administrator.
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};

use motcua::auth::Actor;
use motcua::error::NOT_FOUND;
use motcua::jobs::{JobState, Outcome, figures, list, retry};
use uuid::Uuid;

use super::{KIND, Queue, effect};

/// Mutant: a handler without `only_system_admin`.
#[actix_web::test]
async fn nobody_sees_or_changes_the_queue_without_a_login() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    queue.sql("UPDATE job SET state = 'dead'");
    let service = init_service(motcua::app::service(queue.app.clone())).await;
    let requests = [
        TestRequest::get().uri("/api/v1/jobs?state=dead"),
        TestRequest::get().uri("/api/v1/jobs/summary"),
        TestRequest::post().uri("/api/v1/jobs/1/retry").insert_header(("Idempotency-Key", "k")),
    ];
    for request in requests {
        let response = call_service(&service, request.to_request()).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(queue.states(), ["dead 0"]);
}

/// Mutants: `attempts` left as they were (dead again at its first failure); any state accepted.
#[actix_web::test]
async fn a_dead_job_is_tried_again_at_the_front_of_its_line() {
    let queue = Queue::new();
    queue.enqueue(Some(Uuid::now_v7()), 3).await;
    queue.sql("UPDATE job SET state = 'done', finished_at = now() WHERE id = 2");
    queue.sql("UPDATE job SET state = 'dead', attempts = 3, finished_at = now() WHERE id = 1");
    queue.write(|tx| retry(tx, 1).map(drop)).await;
    let fail = |_| async { Ok(Outcome::Retry("away".to_owned())) };
    assert_eq!(queue.runner().on(KIND, fail).drain().await.unwrap(), 1, "the third waits behind it");
    assert_eq!(queue.states(), ["waiting 1", "done 0", "waiting 0"]);
    queue.sql("UPDATE job SET run_at = now()");
    queue.runner().on(KIND, effect).drain().await.unwrap();
    assert_eq!(queue.states(), ["done 2", "done 0", "done 1"]);

    let again = |id| queue.app.db.write_blocking(&Actor::system("test"), move |tx| retry(tx, id));
    assert_eq!(again(1).unwrap_err().code().code, "job_not_dead");
    assert_eq!(again(99).unwrap_err().code(), &NOT_FOUND);
}

/// Mutant: `<=` in the page's condition (a job twice), or a count over another state.
#[actix_web::test]
async fn lists_and_figures_tell_what_lies_in_the_queue() {
    let queue = Queue::new();
    queue.enqueue(None, 6).await;
    queue.sql("UPDATE job SET state = 'dead', last_error = 'refused' WHERE id IN (1, 2, 3)");
    queue.sql("UPDATE job SET state = 'done' WHERE id = 4");
    queue.sql("UPDATE job SET state = 'leased' WHERE id = 5");
    let conn = &mut queue.database.connect();
    let first = list(conn, JobState::Dead, None, 2).unwrap();
    let second = list(conn, JobState::Dead, Some(first.items[1].id), 2).unwrap();
    let ids: Vec<i64> = first.items.iter().chain(&second.items).map(|job| job.id).collect();
    assert_eq!((ids, first.next.is_some(), second.next), (vec![3, 2, 1], true, None));
    assert_eq!(first.items[0].last_error.as_deref(), Some("refused"));
    let figures = figures(conn).unwrap();
    let of: Vec<_> = figures.iter().map(|k| (k.kind.as_str(), k.waiting, k.leased, k.dead)).collect();
    assert_eq!(of, [(KIND, 1, 1, 3)]);
    assert!(figures[0].oldest_waiting.is_some());
}
