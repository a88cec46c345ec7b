//! Mutants: the limiter looks at the path before it is decoded; the first entry of
//! `X-Forwarded-For` counts; the limiter is built inside the factory, one for each worker;
//! the pace starts anew with every byte.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Served;

const TRACKING: &str = "/api/v1/tracking/H49.45.01-260101-0001?secret=khong-dung";

#[actix_web::test]
async fn an_address_that_guesses_too_often_must_wait() {
    let portal = Served::with("public_requests_per_minute = 5");
    for _ in 0..5 {
        assert_eq!(portal.get(TRACKING).await.status(), 404);
    }
    let refused = portal.get(TRACKING).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait} s");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some("too_many_requests"), Some(429))
    );

    // The same door by other names, and the other doors without a login.
    let others = [
        "/api/v1/%74racking/H49.45.01-260101-0001?secret=x",
        "/api/v1/login",
        "/api/v1/login/callback?state=x&code=y",
        "/verify/00000000000000000000000000",
    ];
    for path in others {
        assert_eq!(portal.get(path).await.status(), 429, "{path}");
    }
    for path in ["/api/v1/staff/login", "/api/v1/oauth/token", "/api/v1/payments/callbacks/national"] {
        let answer = portal.http.post(format!("{}{path}", portal.url)).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 429, "{path}");
    }
    assert_eq!(portal.get("/api/v1/procedures").await.status(), 200, "the catalogue is no place to guess");
    assert_eq!(portal.get("/api/v1/me").await.status(), 401);
}

#[actix_web::test]
async fn behind_a_proxy_the_last_address_counts() {
    let ask = async |portal: &Served, forwarded: &str| {
        let url = format!("{}{TRACKING}", portal.url);
        portal.http.get(url).header("X-Forwarded-For", forwarded).send().await.unwrap().status().as_u16()
    };
    let portal = Served::with("public_requests_per_minute = 1\nbehind_proxy = true");
    assert_eq!(ask(&portal, "198.51.100.1, 192.0.2.1").await, 404);
    assert_eq!(ask(&portal, "198.51.100.2, 192.0.2.1").await, 429, "the first entry is anybody's invention");
    assert_eq!(ask(&portal, "198.51.100.2, 192.0.2.2").await, 404);

    let direct = Served::with("public_requests_per_minute = 1");
    assert_eq!(ask(&direct, "192.0.2.1").await, 404);
    assert_eq!(ask(&direct, "192.0.2.2").await, 429, "without a proxy the header is an invention");
}

#[actix_web::test]
async fn zero_switches_the_limit_off() {
    let portal = Served::with("public_requests_per_minute = 0");
    for _ in 0..50 {
        assert_eq!(portal.get(TRACKING).await.status(), 404);
    }
}

#[actix_web::test]
async fn a_body_of_a_byte_a_second_is_cut() {
    let portal = Served::with("min_body_bytes_per_second = 1024");
    let address = portal.url.trim_start_matches("http://").to_owned();
    let (answer, lasted) = actix_web::rt::task::spawn_blocking(move || drip(&address)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("body_too_slow"), "{answer}");
    // The patience is 10 s; the body would have taken 1000 s.
    assert!((Duration::from_secs(9)..Duration::from_secs(25)).contains(&lasted), "{lasted:?}");
}

/// Sends a byte a second until the portal answers and closes.
fn drip(address: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/staff/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while begun.elapsed() < Duration::from_secs(40) {
        // Once the portal has closed, writing fails; what it said can still be read.
        let _ = stream.write_all(b" ");
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(_) if !answer.is_empty() => break,
            Err(_) => {}
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

#[actix_web::test]
async fn a_body_beyond_the_limit_is_refused() {
    let portal = Served::with("max_body_bytes = 2000");
    let post = async |path: &str, size: usize| {
        let body = format!("{{\"username\":\"{}\",\"password\":\"x\"}}", "a".repeat(size));
        let request = portal.http.post(format!("{}{path}", portal.url)).header("Idempotency-Key", "1");
        let request = request.header("Content-Type", "application/json").body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"].clone())
    };
    for path in ["/api/v1/staff/login", "/api/v1/token/refresh"] {
        assert_eq!(post(path, 3000).await, (413, "too_large".into()), "{path}");
    }
    assert_eq!(post("/api/v1/staff/login", 50).await, (401, "login_failed".into()));
}

/// Mutants: the login is looked at by the handlers only, after or beside the body; operations
/// open to all want a login; a path in other letters passes.
#[actix_web::test]
async fn nobodys_body_is_not_read() {
    // Without a floor: whoever waited for the body would never answer.
    let portal = Served::with("max_body_bytes = 2000\nmin_body_bytes_per_second = 0");
    let address = portal.url.trim_start_matches("http://").to_owned();
    let ask = async |head: &str| {
        let (address, head) = (address.clone(), head.to_owned());
        actix_web::rt::task::spawn_blocking(move || announce(&address, &head)).await.unwrap()
    };
    let document = serde_json::to_value(motcua::app::openapi()).unwrap();
    let mut closed = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["post", "put", "patch"] {
            let operation = &item[method];
            if operation.is_null() || operation["security"] == serde_json::json!([{}]) {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let answer = ask(&format!("{} {path} HTTP/1.1", method.to_uppercase())).await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{method} {path}: {answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
            closed += 1;
        }
    }
    assert!(closed > 20, "only {closed} operations");
    for other in [
        "POST /api/v1/%64rafts HTTP/1.1",
        "POST /api/v1/procedures/imports HTTP/1.1\r\nAuthorization: Bearer khong-co",
        "POST /api/v1/procedures/imports HTTP/1.1\r\nTransfer-Encoding: chunked",
    ] {
        let answer = ask(other).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{other}: {answer}");
    }
    // What is open to all is read, and refused for its size.
    let answer = ask("POST /api/v1/staff/login HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

/// Announces a large body and sends none of it: what is answered within twenty seconds.
fn announce(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = if head.contains("chunked") { "" } else { "Content-Length: 8000000\r\n" };
    let rest = format!("Host: {address}\r\nIdempotency-Key: 1\r\nContent-Type: application/json\r\n{length}");
    write!(stream, "{head}\r\n{rest}\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
        if answer.ends_with(b"}") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn every_answer_forbids_guessing_framing_and_keeping() {
    let portal = Served::with("");
    for path in ["/api/v1/agencies", "/api/v1/me", "/api/v1/khong-co", "/api/v1/openapi.json"] {
        let answer = portal.get(path).await;
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(!header("x-request-id").is_empty(), "{path}");
    }
}
