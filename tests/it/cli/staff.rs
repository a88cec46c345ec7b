//! `motcua staff create`: the first administrator of a portal without a demo.
use std::io::Write;
use std::process::Stdio;

use motcua::bootstrap;
use serde_json::json;

use super::text;
use crate::support::{DataDir, PASSWORD, Portal, access_token, lines};

/// Exit code and what was said; `url`: on this database, else on the private PostgreSQL.
fn staff(dir: &DataDir, url: Option<&str>, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = dir.motcua(&["staff", "create"]);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(url) = url {
        command.env("DATABASE_URL", url);
    }
    let mut child = command.spawn().unwrap();
    // Who refuses the arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn arguments<'a>(username: &'a str, agency: &'a str) -> [&'a str; 6] {
    ["--username", username, "--name", "Nguyễn Thị Ví Dụ", "--agency", agency]
}

/// Mutants: no position is given; the line's end belongs to the password; no audit row.
#[actix_web::test]
async fn the_first_administrator_logs_in_and_appoints_the_others() {
    let (portal, dir) = (Portal::start().await, DataDir::new());
    portal.app.db.clock.set(None);
    let (code, said) =
        staff(&dir, Some(portal.db.url()), &arguments("dau.tien", "H49"), "chuoi-12-ky-tu\nmore\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("dau.tien") && !said.contains("chuoi"), "{said}");
    let token = access_token(&portal.log_in("dau.tien", "chuoi-12-ky-tu").await.expect(200));
    let me = portal.get(&token, "/api/v1/me").await.expect(200);
    assert_eq!(me["positions"][0]["role"], "system_admin");
    assert_eq!(
        (&me["positions"][0]["agency_code"], &me["name"]),
        (&json!("H49"), &json!("Nguyễn Thị Ví Dụ"))
    );
    let clerk = portal.staff_id("honggai.motcua").await;
    let auditor = json!({ "agency": "H49", "role": "auditor", "valid_from": "2026-03-01" });
    portal.post(&token, &format!("/api/v1/staff/{clerk}/positions"), auditor).await.expect(201);
    let audit = "SELECT actor || ' ' || operation AS line FROM audit_log
                  WHERE actor LIKE 'system:command%' ORDER BY operation";
    let audit = lines(&mut portal.db.connect(), audit);
    assert_eq!(audit, ["system:command_line create_staff", "system:command_line give_position"]);
}

/// Mutants: the account is written although its agency is not there; the account that has the
/// name gets the password.
#[actix_web::test]
async fn what_cannot_be_is_refused_in_a_line_and_changes_nothing() {
    let (portal, dir) = (Portal::start().await, DataDir::new());
    let everything =
        "SELECT s::text AS line FROM staff s UNION ALL SELECT p::text FROM position p ORDER BY 1";
    let before = lines(&mut portal.db.connect(), everything);
    let good = "mat-khau-dai-du-roi\n";
    let mut wrong_role = arguments("dau.tien", "H49").to_vec();
    wrong_role.extend(["--role", "applicant"]);
    let mut argument = arguments("dau.tien", "H49").to_vec();
    argument.extend(["--password", "mat-khau-dai-du-roi"]);
    let cases: [(&[&str], &str, i32, &str); 9] = [
        (&arguments("honggai.motcua", "H49"), good, 1, "already"),
        (&arguments("dau.tien", "H99"), good, 1, "--agency H99: there is no such agency"),
        (&arguments("Đầu Tiên", "H49"), good, 1, "--username: "),
        (&arguments("dau.tien", "H49"), "ngan\n", 1, "the password: 12 to 200 characters"),
        (&arguments("dau.tien", "H49"), "\n", 1, "no password"),
        (&arguments("dau.tien", "H49"), "", 1, "no password"),
        (&arguments("dau.tien", "H49")[..4], good, 2, "--agency"),
        (&wrong_role, good, 2, "system_admin"),
        (&argument, good, 2, "--password"),
    ];
    for (arguments, input, code, complaint) in cases {
        let (ended, said) = staff(&dir, Some(portal.db.url()), arguments, input);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(complaint), "{arguments:?}: {said}");
        assert!(code == 2 || said.trim().lines().count() == 1, "{arguments:?}: {said}");
    }
    assert_eq!(lines(&mut portal.db.connect(), everything), before);
    portal.log_in("honggai.motcua", PASSWORD).await.expect(200);
}

#[test]
fn it_needs_nothing_but_the_binary_and_refuses_to_do_it_twice() {
    let dir = DataDir::new();
    let mut clerk = arguments("mot.cua", "H49.45.01").to_vec();
    clerk.extend(["--role", "one_stop_clerk"]);
    let (code, said) = staff(&dir, None, &clerk, "mat-khau-dai-du-roi\r\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("one-stop clerk of H49.45.01"), "{said}");
    let (code, said) = staff(&dir, None, &clerk, "mat-khau-dai-du-roi\n");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("`mot.cua` already"), "{said}");
}

/// Mutant: the officials of the demo are loaded only where there are no accounts at all.
#[actix_web::test]
async fn a_demo_after_the_first_administrator_still_has_its_officials() {
    let (portal, dir) = (Portal::start().await, DataDir::new());
    let (code, said) = staff(&dir, Some(portal.db.url()), &arguments("dau.tien", "H49"), PASSWORD);
    assert_eq!(code, Some(0), "{said}");
    let officials = "SELECT s.username || ' ' || count(p.id) AS line FROM staff s
                       LEFT JOIN position p ON p.staff_id = s.id GROUP BY s.username ORDER BY 1";
    let all = lines(&mut portal.db.connect(), officials);
    let mut conn = portal.db.connect();
    let forget = "WITH gone AS (DELETE FROM position USING staff
                     WHERE position.staff_id = staff.id AND username <> 'dau.tien')
                  SELECT 'x' AS line";
    lines(&mut conn, forget);
    lines(&mut conn, "WITH gone AS (DELETE FROM staff WHERE username <> 'dau.tien') SELECT 'x' AS line");
    bootstrap::load_demo(&portal.app.db, PASSWORD).unwrap();
    assert_eq!(lines(&mut portal.db.connect(), officials), all);
}
