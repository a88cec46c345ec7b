//! `motcua demo`: the story comes out as told, on the built binary.
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{DataDir, send};

fn steps() -> Vec<Value> {
    let output = DataDir::new().motcua(&["demo", "--json"]).output().expect("motcua runs");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}\n{complaint}");
    told.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// The steps of one story.
fn of<'a>(steps: &'a [Value], story: &str) -> Vec<&'a Value> {
    steps.iter().filter(|step| step["story"] == story).collect()
}

/// `unit day payments amount` of the days that were closed.
fn closes(closed: &[Value]) -> Vec<String> {
    let line = |close: &Value| {
        let text = |name: &str| close[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {} {}", text("agency"), text("day"), close["payments"], close["amount"])
    };
    closed.iter().map(line).collect()
}

fn statuses(story: &[&Value]) -> Vec<i64> {
    let mut statuses: Vec<i64> = story.iter().filter_map(|step| step["status"].as_i64()).collect();
    statuses.dedup();
    statuses
}

fn refusals<'a>(story: &[&'a Value]) -> Vec<&'a str> {
    story.iter().filter_map(|step| step["refused"].as_str()).collect()
}

fn codes(story: &[&Value]) -> usize {
    let codes: std::collections::BTreeSet<_> =
        story.iter().filter_map(|step| step["code"].as_str()).collect();
    codes.len()
}

fn last<'a>(story: &[&'a Value], member: &str) -> &'a Value {
    &story.last().expect("the story has steps")[member]
}

/// `number amount state` of the receipts that a story shows.
fn receipts(story: &[&Value]) -> Vec<String> {
    let all = story.iter().flat_map(|step| step["receipts"].as_array().into_iter().flatten());
    let line = |paper: &Value| {
        let text = |name: &str| paper[name].as_str().unwrap_or_default().to_owned();
        assert!(text("look_up").contains(&format!(
            "/receipts/{}/{}?secret=",
            text("series"),
            text("number")
        )));
        format!("{} {} {}", text("number"), paper["amount"], text("state"))
    };
    all.map(line).collect()
}

/// One callback is lost and its money found by asking; one fee goes back with its receipt.
fn money_that_is_found_and_that_comes_back(residence: &[&Value]) {
    let (lost, found) = (residence[4], residence[5]);
    assert_eq!((&lost["owed"], &lost["status"]), (&7_000.into(), &6.into()), "nobody has told of it");
    assert_eq!((&found["owed"], &found["status"], &found["role"]), (&0.into(), &4.into(), &"system".into()));
    assert_eq!(receipts(residence), ["0000001 7000 valid", "0000002 7000 valid", "0000002 7000 cancelled"]);
    let refunded: Vec<&Value> = residence.iter().filter_map(|step| step.get("refunded")).collect();
    assert_eq!(refunded, [&serde_json::json!({ "gateway": "national", "amount": 7_000 })]);
}

/// Seller and buyer, each with the own notices only; the dossier goes on when the last of them is
/// recorded as debt, and the debt is cleared later by a dossier of its own.
fn the_taxes_of_a_sale(land: &[&Value]) {
    // The debt of the one that was returned is paid while the other waits for it.
    assert_eq!(statuses(land), [1, 2, 6, 4, 6, 4, 9, 10, 1, 2, 4, 10, 4, 9, 10]);
    let paid =
        land.iter().find(|step| step["status"] == 4).expect("it is paid before it goes to the tax office");
    assert_eq!(
        (&paid["amount"], &paid["owed"], &paid["paused"]),
        (&1_800_000.into(), &0.into(), &false.into())
    );
    assert_eq!(refusals(land), ["not_found", "not_found", "land_tax_not_met", "land_debt_open"]);
    assert_eq!((codes(land), checked(land)), (2, 2));
    let told: Vec<(&Value, &Value)> =
        land.iter().filter_map(|step| Some((&step["who"], step.get("notices")?))).collect();
    for (who, notices) in &told {
        let notices = notices.as_array().expect("a list");
        assert!(notices.iter().all(|notice| notice["taxpayer"] == **who), "the own ones only: {notices:?}");
    }
    let late: Vec<&Value> =
        told.iter().map(|(_, notices)| &notices[0]).filter(|notice| notice["late_days"] != 0).collect();
    assert_eq!(late.len(), 1);
    assert_eq!((&late[0]["late_days"], &late[0]["late_interest"]), (&1.into(), &15_000.into()));
    let back: Vec<&Value> = land.iter().filter_map(|step| step.get("refunded")).collect();
    assert_eq!(back, [&serde_json::json!({ "gateway": "national", "amount": 500_000 })]);
    let (_, end) = told.last().expect("the debt is paid");
    let line = |notice: &Value| format!("{} {} {}", notice["item"], notice["paid"], notice["state"]);
    let end: Vec<String> = end.as_array().expect("a list").iter().map(line).collect();
    assert_eq!(
        end,
        [
            "\"2801\" 0 \"replaced\"",
            "\"1401\" 50000000 \"paid\"",
            "\"1401\" 50000000 \"paid\"",
            "\"2801\" 4500000 \"paid\""
        ]
    );
}

/// How many signed results are shown with the address at which anybody checks them.
fn checked(story: &[&Value]) -> usize {
    let address = |step: &&&Value| step["verify"].as_str().is_some_and(|url| url.contains("/verify/"));
    story.iter().filter(address).count()
}

#[test]
fn the_seven_stories_come_out_as_told() {
    let (closed, steps): (Vec<Value>, Vec<Value>) =
        steps().into_iter().partition(|line| line["sha256"].is_string());
    assert!(steps.iter().all(|step| step["ok"] == true));
    assert!(steps.iter().all(|step| step["code"].as_str().is_some_and(|code| code.starts_with("H49."))));

    let birth = of(&steps, "a");
    assert_eq!(statuses(&birth), [1, 2, 4, 9, 10]);
    assert_eq!(birth[0]["at"], "2026-09-10T16:10:00+07:00");
    assert_eq!(last(&birth, "due_at"), "2026-09-11T17:00:00+07:00");
    assert!(last(&birth, "at").as_str().is_some_and(|at| at.starts_with("2026-09-10")));
    assert!(birth.iter().all(|step| step["amount"] == 0));
    assert_eq!(checked(&birth), 1);

    let residence = of(&steps, "b");
    assert_eq!(statuses(&residence), [1, 2, 6, 4, 5, 4, 9, 10, 1, 2, 6, 4, 7]);
    assert_eq!(codes(&residence), 2);
    assert_eq!(refusals(&residence), ["nothing_due"]);
    assert_eq!((last(&residence, "amount"), last(&residence, "owed")), (&7_000.into(), &0.into()));
    // Eleven working hours of pause after Wednesday 07:38: Thursday 10:38.
    let supplement =
        residence.iter().position(|step| step["status"] == 5).expect("a supplement was asked for");
    assert_eq!(residence[supplement]["due_at"], "2026-09-16T07:38:00+07:00");
    assert_eq!(residence[supplement]["paused"], true);
    assert_eq!(residence[supplement + 1]["due_at"], "2026-09-17T10:38:00+07:00");
    money_that_is_found_and_that_comes_back(&residence);

    let marriage = of(&steps, "c");
    assert_eq!(refusals(&marriage), ["presence_recorded"]);
    assert_eq!(last(&marriage, "status"), 10);

    let copies = of(&steps, "d");
    assert_eq!((last(&copies, "amount"), last(&copies, "owed")), (&21_000.into(), &0.into()));
    assert_eq!(refusals(&copies), ["payment_confirmed"]);
    assert_eq!(receipts(&copies), ["0000001 21000 valid"]);
    assert_eq!((last(&copies, "status"), checked(&copies)), (&10.into(), 1));

    let business = of(&steps, "e");
    // The last dossier is filed with what the store holds of the owner.
    assert_eq!((statuses(&business), codes(&business)), (vec![1, 3, 1, 2, 6, 4, 9, 10, 1], 3));
    let granted = business.iter().find(|step| step["status"] == 10).expect("it is granted");
    assert_eq!(refusals(&business), ["reasons_given"]);
    assert_eq!(business[0]["amount"], 0, "nothing online");
    assert_eq!((&granted["amount"], &granted["owed"]), (&100_000.into(), &0.into()));
    assert_eq!(receipts(&business), ["0000001 100000 valid"]);
    assert_eq!(closes(&closed), ["H49.45.01 2026-09-17 1 21000", "H49.43.01 2026-09-18 1 100000"]);

    the_taxes_of_a_sale(&of(&steps, "f"));

    let permit = of(&steps, "g");
    let marked: Vec<_> = permit.iter().filter(|step| step["role"] == "system").collect();
    assert_eq!(marked.len(), 1, "late once");
    assert_eq!(
        (&marked[0]["late"], &marked[0]["due_at"]),
        (&true.into(), &"2026-12-07T17:00:00+07:00".into())
    );
    assert_eq!(last(&permit, "due_at"), "2026-12-11T17:00:00+07:00");
    assert_eq!(last(&permit, "status"), 10);
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port()
}

fn shell(script: &str) -> String {
    let output = Command::new("bash").args(["-ec", script]).output().expect("bash runs");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// The walk through the API as the README has it, at another address.
fn walk(portal: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("## A walk through the API").expect("the README walks through the API");
    let (_, rest) = rest.split_once("```sh\n").expect("with a script");
    let (script, _) = rest.split_once("```").expect("that ends");
    script.replace("http://127.0.0.1:8080", portal)
}

#[test]
fn the_demo_stays_up_and_the_walk_of_the_readme_works() {
    let (dir, port) = (DataDir::new(), free_port());
    let mut command = dir.motcua(&["serve", "--demo"]);
    command
        .env("MOTCUA_HTTP__PORT", port.to_string())
        .env("MOTCUA_SIMULATORS__PORT", free_port().to_string());
    let mut portal = command.stdout(Stdio::piped()).spawn().expect("motcua runs");
    let lines = BufReader::new(portal.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let mut told = Vec::new();
    for line in lines {
        let over = line.starts_with("Bảy câu chuyện đã xong");
        told.push(line);
        if over {
            break;
        }
    }
    assert!(told.iter().all(|line| !line.contains("SAI:")), "{told:#?}");
    assert!(told.last().is_some_and(|line| line.starts_with("Bảy câu chuyện đã xong")), "{told:#?}");
    let ready =
        told.iter().find(|line| line.trim_start().starts_with("curl ")).expect("a curl line to paste");
    assert!(shell(ready).contains("1.001193"));

    let after = |word: &str| {
        let line = told.iter().find_map(|line| line.trim_start().strip_prefix(word));
        line.and_then(|rest| rest.split_whitespace().next()).unwrap_or_else(|| panic!("{word}: {told:#?}"))
    };
    let page = after("trang nộp lệ phí");
    assert!(shell(&format!("curl -s '{page}'")).contains("7.000 đồng"), "{page}");
    let paid = shell(&format!("curl -s -X POST -H 'Accept: application/json' '{page}'"));
    let paid: Value = serde_json::from_str(&paid).expect("the gateway answers a script in JSON");
    assert_eq!(paid["replies"][0]["MaLoi"], "00", "{paid}");
    let receipt = shell(&format!("curl -s '{}'", after("tra cứu biên lai")));
    let receipt: Value = serde_json::from_str(&receipt).expect("the receipt is JSON");
    assert_eq!((&receipt["state"], &receipt["amount"]), (&"valid".into(), &100_000.into()));

    let walked = shell(&walk(&format!("http://127.0.0.1:{port}")));
    let tracked = walked.lines().rev().nth(1).expect("the walk ends with the tracking and the clock");
    let tracked: Value = serde_json::from_str(tracked).expect("the tracking is JSON");
    assert_eq!((&tracked["status"], &tracked["due_at"]), (&2.into(), &"2026-09-11T10:00:00Z".into()));

    send("TERM", portal.id().cast_signed());
    assert!(portal.wait().expect("it ends").success());
}
