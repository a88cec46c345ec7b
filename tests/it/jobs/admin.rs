//! The operations of the system administrator.
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};

use super::Queue;

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
