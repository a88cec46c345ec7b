//! Logins, tokens and sessions, over real HTTP and through the real simulator of VNeID.
mod own_password;

use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Portal, access_token};

#[actix_web::test]
async fn a_citizen_logs_in_by_vneid_with_level_one_or_two() {
    let portal = Portal::start().await;
    for (login, name, level) in [("022094000001", "Nguyễn Hải Đăng", 2), ("022157000008", "Bùi Thị Nương", 1)]
    {
        let token = portal.citizen(login).await;
        let me = portal.get(&token, "/api/v1/me").await.expect(200);
        assert_eq!(
            (&me["kind"], &me["name"], &me["identity_level"]),
            (&json!("citizen"), &json!(name), &json!(level))
        );
        assert_eq!(me["mandates"], json!([]));
    }
    // The second login of a person finds the first.
    let first = portal.get(&portal.citizen("022094000001").await, "/api/v1/me").await.expect(200);
    let second = portal.get(&portal.citizen("022094000001").await, "/api/v1/me").await.expect(200);
    assert_eq!(first["id"], second["id"]);
}

#[actix_web::test]
async fn an_organisation_logs_in_as_its_legal_representative() {
    let portal = Portal::start().await;
    portal.citizen("9900000016").await;
    let me = portal.get(&portal.citizen("9900000016").await, "/api/v1/me").await.expect(200);
    assert_eq!(me["name"], "Vũ Thị Sao Biển");
    let mandates = me["mandates"].as_array().unwrap();
    assert_eq!(mandates.len(), 1, "the second login records no second mandate");
    assert_eq!(mandates[0]["legal_representative"], true);
    assert!(mandates[0]["principal_org"].is_string());
}

#[actix_web::test]
async fn the_page_of_vneid_lists_accounts_to_click_on() {
    let portal = Portal::start().await;
    let begun = portal.get("", "/api/v1/login").await.expect(200);
    let page = portal.answer(portal.request(Method::GET, begun["authorization_url"].as_str().unwrap())).await;
    let html = page.expect(200);
    let html = html.as_str().unwrap();
    assert!(html.contains("Nguyễn Hải Đăng") && html.contains("mức 1") && html.contains("mức 2"));
    assert!(!html.contains("Phan Yên Tử"), "who has no level has no account");
    let redirected = portal.get("", "/api/v1/login?redirect=true").await;
    assert_eq!(redirected.status, 303);
    assert!(redirected.location.unwrap().contains("code_challenge_method=S256"));
}

#[actix_web::test]
async fn a_return_counts_once_and_only_for_its_own_login() {
    let portal = Portal::start().await;
    let back = portal.approve("022094000001").await;
    portal.answer(portal.request(Method::GET, &back)).await.expect(200);
    portal.answer(portal.request(Method::GET, &back)).await.refused(400, "login_unknown");

    // A code under the state of another login: its PKCE verifier and nonce do not fit.
    let (one, other) = (portal.approve("022094000001").await, portal.approve("022196000002").await);
    let state = |address: &str| address.split("state=").nth(1).unwrap().to_owned();
    let mixed = one.replace(&state(&one), &state(&other));
    portal.answer(portal.request(Method::GET, &mixed)).await.refused(401, "login_denied");

    let denied = portal.approve("000000000000").await;
    portal.answer(portal.request(Method::GET, &denied)).await.refused(401, "login_denied");

    let late = portal.approve("022094000001").await;
    portal.at("2026-03-02T09:10:01+07:00");
    portal.answer(portal.request(Method::GET, &late)).await.refused(400, "login_unknown");
}

/// Mutants: the cookie is not asked for; the cookie of any login fits; the value itself is
/// kept in the database.
#[actix_web::test]
async fn a_login_ends_only_in_the_browser_where_it_began() {
    let portal = Portal::start().await;
    let back = portal.approve("022094000001").await;
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let begun = portal.get("", "/api/v1/login").await;
    let cookie = begun.cookie.unwrap();
    assert!(cookie.contains("; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    let (other, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    assert_eq!(other, format!("motcua_login_{}", begun.body["state"].as_str().unwrap()));
    // The way back of somebody else's login, in a browser that knows nothing of it, or of another.
    let another = reqwest::Client::new();
    for cookies in ["".to_owned(), format!("{other}={value}"), format!("motcua_login_{state}={value}")] {
        portal.answer(another.get(&back).header("cookie", &cookies)).await.refused(400, "login_unknown");
    }
    let kept = "SELECT l::text AS line FROM login_flow l";
    let kept = crate::support::lines(&mut portal.db.connect(), kept).join("\n");
    assert!(kept.contains(state) && !kept.contains(value));
    let done = portal.answer(portal.request(Method::GET, &back)).await;
    assert!(done.cookie.as_ref().unwrap().starts_with(&format!("motcua_login_{state}=; Path=/; Max-Age=0")));
    done.expect(200);
}

#[actix_web::test]
async fn a_provider_that_fails_is_503_and_never_a_login() {
    let portal = Portal::start().await;
    let begun = portal.get("", "/api/v1/login").await.expect(200);
    let national = begun["authorization_url"].as_str().unwrap().split("/vneid").next().unwrap().to_owned();
    let back = portal.approve("022094000001").await;
    let dial = portal.request(Method::PUT, &format!("{national}/faults"));
    portal.answer(dial.json(&json!({ "error_rate": 1.0, "seed": 1 }))).await.expect(200);
    portal.answer(portal.request(Method::GET, &back)).await.refused(503, "vneid_unavailable");
}

#[actix_web::test]
async fn tokens_that_motcua_did_not_write_are_refused() {
    let portal = Portal::start().await;
    let token = portal.staff("honggai.motcua").await;
    portal.get(&token, "/api/v1/me").await.expect(200);
    portal.get("", "/api/v1/me").await.refused(401, "unauthenticated");
    let tokens = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    for forged in ["x", "a.b.c", &format!("{token}x"), refresh] {
        portal.get(forged, "/api/v1/me").await.refused(401, "token_invalid");
    }
    let basic = portal.request(Method::GET, "/api/v1/me").basic_auth("a", Some("b"));
    portal.answer(basic).await.refused(401, "token_invalid");
    portal.at("2026-03-02T09:15:00+07:00");
    portal.get(&token, "/api/v1/me").await.refused(401, "token_expired");
}

#[actix_web::test]
async fn what_is_ended_counts_from_the_next_request_on() {
    let portal = Portal::start().await;
    let tokens = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let token = access_token(&tokens);
    let out = portal.answer(portal.request(Method::POST, "/api/v1/logout").bearer_auth(&token)).await;
    out.expect(204);
    portal.get(&token, "/api/v1/me").await.refused(401, "session_ended");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    portal.post("", "/api/v1/token/refresh", refresh).await.refused(401, "session_ended");

    // An account that is closed has no living session either.
    let token = portal.staff("honggai.motcua").await;
    let close = "UPDATE staff SET active = false WHERE username = 'honggai.motcua'";
    diesel::sql_query(close).execute(&mut portal.db.connect()).unwrap();
    portal.get(&token, "/api/v1/me").await.refused(401, "session_ended");
    portal.log_in("honggai.motcua", PASSWORD).await.refused(401, "login_failed");
}

#[actix_web::test]
async fn a_session_lives_as_long_as_it_is_used() {
    let portal = Portal::start().await;
    let tokens = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    portal.at("2026-03-02T16:59:00+07:00");
    let refresh = |tokens: &Value| json!({ "refresh_token": tokens["refresh_token"] });
    let next = portal.post("", "/api/v1/token/refresh", refresh(&tokens)).await.expect(200);
    portal.get(&access_token(&next), "/api/v1/me").await.expect(200);
    // The session of 9:00 would have ended at 17:00; used at 16:59 it lives until 0:59.
    portal.at("2026-03-03T00:58:00+07:00");
    portal.post("", "/api/v1/token/refresh", refresh(&next)).await.expect(200);
    portal.at("2026-03-03T20:00:00+07:00");
    portal.post("", "/api/v1/token/refresh", refresh(&next)).await.refused(401, "token_expired");
    let access = json!({ "refresh_token": next["access_token"] });
    portal.post("", "/api/v1/token/refresh", access).await.refused(401, "token_invalid");
}

/// Mutants: the turn is not compared; the refusal takes back the end of the session; the end
/// reaches the other sessions of the same person.
#[actix_web::test]
async fn a_refresh_token_that_comes_again_ends_its_session() {
    let portal = Portal::start().await;
    let other = portal.staff("honggai.motcua").await;
    let first = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let refresh = async |tokens: &Value| {
        portal.post("", "/api/v1/token/refresh", json!({ "refresh_token": tokens["refresh_token"] })).await
    };
    let second = refresh(&first).await.expect(200);
    let third = refresh(&second).await.expect(200);
    portal.get(&access_token(&third), "/api/v1/me").await.expect(200);
    refresh(&first).await.refused(401, "refresh_token_reused");
    refresh(&third).await.refused(401, "session_ended");
    for tokens in [&first, &second, &third] {
        portal.get(&access_token(tokens), "/api/v1/me").await.refused(401, "session_ended");
    }
    portal.get(&other, "/api/v1/me").await.expect(200);
    let audit = "SELECT operation AS line FROM audit_log WHERE operation LIKE 'refresh%'";
    assert_eq!(crate::support::lines(&mut portal.db.connect(), audit), ["refresh_token_reused"]);

    // Holder and thief at the same moment: one is served, and then nobody.
    let tokens = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let both = futures_util::future::join(refresh(&tokens), refresh(&tokens)).await;
    let mut answers = [both.0.status, both.1.status];
    answers.sort_unstable();
    assert_eq!(answers, [200, 401]);
    portal.get(&access_token(&tokens), "/api/v1/me").await.refused(401, "session_ended");
}

#[actix_web::test]
async fn guessing_locks_the_account_and_the_answer_tells_nothing() {
    let portal = Portal::start().await;
    let wrong = portal.log_in("honggai.motcua", "sai").await;
    let unknown = portal.log_in("khong.co.ai", "sai").await;
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    for _ in 0..3 {
        portal.log_in("honggai.motcua", "sai").await.refused(401, "login_failed");
    }
    // The fifth attempt may still be right; it takes the count back.
    portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    for _ in 0..5 {
        portal.log_in("honggai.motcua", "sai").await.refused(401, "login_failed");
    }
    portal.log_in("honggai.motcua", PASSWORD).await.refused(401, "login_failed");
    portal.log_in("honggai.motcua2", PASSWORD).await.expect(200);
    portal.at("2026-03-02T09:14:59+07:00");
    portal.log_in("honggai.motcua", PASSWORD).await.refused(401, "login_failed");
    portal.at("2026-03-02T09:15:00+07:00");
    portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn failures_outside_the_window_do_not_count() {
    let portal = Portal::start().await;
    for minute in [0, 16, 32, 48] {
        portal.at(&format!("2026-03-02T10:{minute:02}:00+07:00"));
        for _ in 0..4 {
            portal.log_in("honggai.motcua", "sai").await.refused(401, "login_failed");
        }
    }
    portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn guesses_in_parallel_are_counted_too() {
    let portal = Portal::start().await;
    let guess = async |n: u32| portal.log_in("honggai.motcua", &format!("sai {n}")).await.status;
    let answers = futures_util::future::join_all((0..12).map(guess)).await;
    assert_eq!(answers, [401; 12]);
    portal.log_in("honggai.motcua", PASSWORD).await.refused(401, "login_failed");
    let counted = "SELECT failed_logins::text AS line FROM staff WHERE username = 'honggai.motcua'";
    assert_eq!(crate::support::lines(&mut portal.db.connect(), counted), ["5"], "no more were looked at");
}

#[actix_web::test]
async fn a_machine_gets_the_scopes_it_holds() {
    let portal = Portal::start().await;
    let admin = portal.staff("quantri").await;
    let new = json!({ "client_id": "ngan-hang", "name": "Ngân hàng Ví Dụ", "scopes": ["payments.read", "dossiers.read"] });
    let request = |key: &str| {
        portal
            .request(Method::POST, "/api/v1/machine-clients")
            .bearer_auth(&admin)
            .header("idempotency-key", key)
            .json(&new)
    };
    let first = portal.answer(request("k1")).await.expect(201);
    let secret = first["client_secret"].as_str().unwrap().to_owned();
    let again = portal.answer(request("k1")).await.expect(201);
    assert_eq!((&again["id"], &again["client_secret"]), (&first["id"], &Value::Null));
    portal.answer(request("k2")).await.refused(409, "name_taken");
    let clerk = portal.staff("honggai.motcua").await;
    portal.post(&clerk, "/api/v1/machine-clients", new.clone()).await.refused(403, "forbidden");

    let form = |scope: &str, secret: &str| {
        portal.request(Method::POST, "/api/v1/oauth/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "ngan-hang"),
            ("client_secret", secret),
            ("scope", scope),
        ])
    };
    let token = portal.answer(form("dossiers.read", &secret)).await.expect(200);
    let me = portal.get(&access_token(&token), "/api/v1/me").await.expect(200);
    assert_eq!((&me["kind"], &me["scopes"]), (&json!("machine"), &json!(["dossiers.read"])));
    let (lookup, machine) = ("/api/v1/payments/lookups/national", access_token(&token));
    portal.post(&machine, lookup, json!({ "MaHoSo": "H49" })).await.refused(403, "forbidden");
    portal.answer(form("staff.write", &secret)).await.refused(400, "invalid_scope");
    portal.answer(form("dossiers.read", "sai")).await.refused(401, "invalid_client");
    let basic = portal
        .request(Method::POST, "/api/v1/oauth/token")
        .basic_auth("ngan-hang", Some(&secret))
        .form(&[("grant_type", "client_credentials")]);
    assert_eq!(portal.answer(basic).await.expect(200)["scope"], "dossiers.read payments.read");
    let other = portal.request(Method::POST, "/api/v1/oauth/token").form(&[("grant_type", "password")]);
    portal.answer(other).await.refused(400, "unsupported_grant_type");
}
