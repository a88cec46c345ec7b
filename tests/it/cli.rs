//! The command line, as a person meets it.
mod staff;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Output, Stdio};

use crate::support::{DataDir, TestDb, send};

fn run(arguments: &[&str]) -> Output {
    DataDir::new().motcua(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The commands that `motcua --help` lists.
fn commands() -> Vec<String> {
    let help = text(&run(&["--help"]).stdout);
    let (_, list) = help.split_once("Commands:\n").expect("the help lists the commands");
    let lines = list.lines().take_while(|line| line.starts_with("  "));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_explains_itself() {
    let commands = commands();
    for expected in ["serve", "migrate", "openapi"] {
        assert!(commands.iter().any(|command| command == expected), "{expected} is not in {commands:?}");
    }
    for command in commands.iter().filter(|command| *command != "help") {
        let output = run(&[command, "--help"]);
        assert!(output.status.success());
        let help = text(&output.stdout);
        assert!(help.lines().count() > 5 && help.contains("Usage: motcua"), "{command}: {help}");
    }
}

#[test]
fn wrong_use_ends_with_2_and_a_hint() {
    for arguments in [&["sreve"][..], &["serve", "--prot"], &["migrate", "--down"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_is_one_line() {
    let dir = DataDir::new();
    std::fs::write(dir.path().join("motcua.toml"), "[http]\nprot = 1\n").unwrap();
    let output = dir.motcua(&["serve", "--print-config"]).output().unwrap();
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint.contains("prot") && complaint.lines().count() == 1, "{complaint}");

    let output = dir.motcua(&["serve", "--print-config", "--config", "missing.toml"]).output().unwrap();
    assert!(text(&output.stderr).contains("missing.toml"));
}

#[test]
fn the_printed_configuration_hides_secrets() {
    let dir = DataDir::new();
    let mut command = dir.motcua(&["serve", "--print-config"]);
    command.env("DATABASE_URL", "postgresql://portal:hunter2@db/x").env("MOTCUA_HTTP__PORT", "9009");
    let printed = text(&command.output().unwrap().stdout);
    assert!(printed.contains("port = 9009"), "{printed}");
    assert!(printed.contains("url = \"***\"") && !printed.contains("hunter2"), "{printed}");
    assert!(!printed.contains("simulator-only"), "{printed}");
}

#[test]
fn migrate_goes_up_and_down() {
    let (dir, db) = (DataDir::new(), TestDb::empty());
    let migrate = |arguments: &[&str]| {
        let output = dir.motcua(arguments).env("DATABASE_URL", db.url()).output().unwrap();
        (output.status.code(), text(&output.stdout).lines().count())
    };
    let (code, missing) = migrate(&["migrate", "--check"]);
    assert!(code == Some(1) && missing > 0);
    assert_eq!(migrate(&["migrate"]), (Some(0), missing));
    assert_eq!(migrate(&["migrate", "--check"]), (Some(0), 0));
    assert_eq!(migrate(&["migrate", "--down", "--yes"]), (Some(0), missing));
    assert_eq!(migrate(&["migrate", "--check"]), (Some(1), missing));
}

#[test]
fn openapi_is_a_document() {
    let output = run(&["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn the_portal_starts_answers_and_ends_in_good_order() {
    let (dir, db) = (DataDir::new(), TestDb::empty());
    let mut command = dir.motcua(&["serve"]);
    command.env("DATABASE_URL", db.url()).env("MOTCUA_HTTP__PORT", "0").stderr(Stdio::piped());
    let mut portal = command.spawn().unwrap();
    let mut lines = BufReader::new(portal.stderr.take().unwrap()).lines().map(Result::unwrap);
    let ready = lines.find(|line| line.contains("answers at")).expect("the portal says where it answers");
    let (_, address) = ready.split_once("http://").unwrap();
    let address = address.split_whitespace().next().unwrap();

    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"GET /nowhere HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");

    send("TERM", portal.id() as i32);
    assert!(portal.wait().unwrap().success());
}
