//! An official's own password: proved, judged, changed; and what ends with it.
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Portal, access_token, lines};

const PATH: &str = "/api/v1/me/password";
const NEW: &str = "mot-mat-khau-khac";

fn change(current: &str, new: &str) -> Value {
    json!({ "current_password": current, "new_password": new })
}

fn failures(portal: &Portal) -> String {
    let counted = "SELECT failed_logins::text AS line FROM staff WHERE username = 'honggai.motcua'";
    lines(&mut portal.db.connect(), counted).remove(0)
}

/// Mutants: no session ends; the present one ends too; those of everybody end; the old
/// password still fits.
#[actix_web::test]
async fn a_new_password_ends_every_other_session_of_this_official() {
    let portal = Portal::start().await;
    let other = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let mine = portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    let colleague = portal.staff("honggai.motcua2").await;
    let changed = portal.post(&access_token(&mine), PATH, change(PASSWORD, NEW)).await.expect(200);
    assert_eq!(changed, json!({ "ended_sessions": 1 }));

    portal.get(&access_token(&other), "/api/v1/me").await.refused(401, "session_ended");
    let refresh = |tokens: &Value| json!({ "refresh_token": tokens["refresh_token"] });
    portal.post("", "/api/v1/token/refresh", refresh(&other)).await.refused(401, "session_ended");
    portal.get(&access_token(&mine), "/api/v1/me").await.expect(200);
    portal.post("", "/api/v1/token/refresh", refresh(&mine)).await.expect(200);
    portal.get(&colleague, "/api/v1/me").await.expect(200);
    portal.log_in("honggai.motcua", PASSWORD).await.refused(401, "login_failed");
    portal.log_in("honggai.motcua", NEW).await.expect(200);
    portal.log_in("honggai.motcua2", PASSWORD).await.expect(200);
    let audit = "SELECT actor = 'staff:' || subject AND subject = s.id AS right FROM audit_log, staff s
                  WHERE operation = 'change_own_password' AND s.username = 'honggai.motcua'";
    let audit = format!("SELECT \"right\"::text AS line FROM ({audit}) AS found");
    assert_eq!(lines(&mut portal.db.connect(), &audit), ["true"]);
}

/// Mutants: the wrong password is not counted, or the right one does not take the count back;
/// a locked account is not refused; the refusal of a locked account reads otherwise.
#[actix_web::test]
async fn a_wrong_present_password_counts_like_a_failed_login() {
    let portal = Portal::start().await;
    let token = portal.staff("honggai.motcua").await;
    for _ in 0..2 {
        portal.log_in("honggai.motcua", "sai").await.refused(401, "login_failed");
        portal.post(&token, PATH, change("sai", NEW)).await.refused(422, "current_password_wrong");
    }
    assert_eq!(failures(&portal), "4");
    // The fifth attempt may still be right; it takes the count back.
    portal.post(&token, PATH, change(PASSWORD, NEW)).await.expect(200);
    assert_eq!(failures(&portal), "0");
    for _ in 0..4 {
        portal.post(&token, PATH, change("sai", PASSWORD)).await.refused(422, "current_password_wrong");
    }
    let wrong = portal.post(&token, PATH, change("sai", PASSWORD)).await;
    assert_eq!(wrong.body["fields"][0]["field"], "/current_password");
    let locked = portal.post(&token, PATH, change(NEW, PASSWORD)).await;
    assert_eq!((locked.status, locked.body), (wrong.status, wrong.body));
    portal.log_in("honggai.motcua", NEW).await.refused(401, "login_failed");
    portal.get(&token, "/api/v1/me").await.expect(200);
    portal.at("2026-03-02T09:15:00+07:00");
    let token = access_token(&portal.log_in("honggai.motcua", NEW).await.expect(200));
    portal.post(&token, PATH, change(NEW, PASSWORD)).await.expect(200);
}

/// Mutants: the length is not looked at; the same password again is a change.
#[actix_web::test]
async fn a_weak_password_is_refused_before_the_present_one_is_tried() {
    let portal = Portal::start().await;
    let token = portal.staff("honggai.motcua").await;
    for weak in ["", "muoi-mot-ky", &"x".repeat(201), PASSWORD] {
        let refused = portal.post(&token, PATH, change(PASSWORD, weak)).await;
        assert_eq!(refused.body["fields"][0]["field"], "/new_password", "{weak}");
        refused.refused(422, "invalid");
    }
    assert_eq!(failures(&portal), "0");
    portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
    // Characters count, not bytes.
    portal.post(&token, PATH, change(PASSWORD, "ắằẳẵặấầẩẫậớờ")).await.expect(200);
}

#[actix_web::test]
async fn only_officials_have_a_password() {
    let portal = Portal::start().await;
    let admin = portal.staff("quantri").await;
    let client = json!({ "client_id": "ngan-hang", "name": "Ngân hàng Ví Dụ", "scopes": ["dossiers.read"] });
    let client = portal.post(&admin, "/api/v1/machine-clients", client).await.expect(201);
    let machine = portal.request(Method::POST, "/api/v1/oauth/token").form(&[
        ("grant_type", "client_credentials"),
        ("client_id", "ngan-hang"),
        ("client_secret", client["client_secret"].as_str().unwrap()),
    ]);
    let machine = access_token(&portal.answer(machine).await.expect(200));
    let citizen = portal.citizen("022094000001").await;
    for token in [machine, citizen] {
        portal.post(&token, PATH, change(PASSWORD, NEW)).await.refused(403, "forbidden");
    }
    portal.post("", PATH, change(PASSWORD, NEW)).await.refused(401, "unauthenticated");
}

/// Mutants: the stored answer is not looked for first, so that the repetition is a wrong
/// password; the key's hash is that of the body.
#[actix_web::test]
async fn sent_again_it_is_done_once_and_no_password_is_kept() {
    let portal = Portal::start().await;
    let token = portal.staff("honggai.motcua").await;
    let under = |key: &str, body: Value| {
        let request = portal.request(Method::POST, PATH).bearer_auth(&token);
        portal.answer(request.header("idempotency-key", key).json(&body))
    };
    let keyless = portal.request(Method::POST, PATH).bearer_auth(&token).json(&change(PASSWORD, NEW));
    portal.answer(keyless).await.refused(400, "idempotency_key_required");
    let first = under("k1", change(PASSWORD, NEW)).await.expect(200);
    assert_eq!(under("k1", change(PASSWORD, NEW)).await.expect(200), first);
    assert_eq!(failures(&portal), "0", "the repetition is no attempt");
    under("k1", change(NEW, "lai-mot-mat-khau")).await.refused(422, "idempotency_key_reused");
    portal.log_in("honggai.motcua", NEW).await.expect(200);

    let mut conn = portal.db.connect();
    let stored = "SELECT encode(request_hash, 'hex') AS line FROM idempotency_key WHERE key = 'k1'";
    let plain = format!(
        "SELECT encode(sha256(convert_to('POST', 'UTF8') || '\\x00' || convert_to('{PATH}', 'UTF8') || '\\x00'
            || convert_to('{}', 'UTF8')), 'hex') AS line",
        change(PASSWORD, NEW)
    );
    assert_ne!(lines(&mut conn, stored), lines(&mut conn, &plain), "a list of passwords could be tried");
    let kept = "SELECT i::text AS line FROM idempotency_key i UNION ALL SELECT a::text FROM audit_log a
                UNION ALL SELECT s::text FROM staff s UNION ALL SELECT s::text FROM session s";
    let kept = lines(&mut conn, kept).join("\n");
    assert!(kept.contains("change_own_password") && !kept.contains(NEW) && !kept.contains(PASSWORD));
}

/// Mutant: the row is changed without looking whether the password is still the one proved.
#[actix_web::test]
async fn of_two_changes_at_once_one_wins() {
    let portal = Portal::start().await;
    let token = portal.staff("honggai.motcua").await;
    let wish = |n: u32| format!("mat-khau-moi-so-{n}");
    let try_one = async |n: u32| portal.post(&token, PATH, change(PASSWORD, &wish(n))).await.status;
    let answers = futures_util::future::join_all((0..4).map(try_one)).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 422).count(), 3, "{answers:?}");
    let won = answers.iter().position(|status| *status == 200).unwrap();
    portal.log_in("honggai.motcua", &wish(u32::try_from(won).unwrap())).await.expect(200);
}
