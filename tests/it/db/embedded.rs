//! The private PostgreSQL outlives every way in which motcua can end, and
//! never outlives motcua.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;

use crate::support::{DataDir, lines, send};

/// A running motcua and the URL of its database.
struct Running {
    process: Child,
    url: String,
}

impl Running {
    fn start(dir: &DataDir) -> Self {
        Self::of(dir.motcua(&["postgres"]))
    }

    fn of(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("postgresql://"), "motcua printed {url:?}");
        Self { process, url }
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).unwrap()
    }

    /// Process numbers of PostgreSQL and of the supervisor above it.
    fn postmaster(&self, data_dir: &Path) -> (i32, i32) {
        let file = std::fs::read_to_string(data_dir.join("pg/postmaster.pid")).unwrap();
        let postmaster: i32 = file.lines().next().unwrap().parse().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{postmaster}/status")).unwrap();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
        (postmaster, parent.trim().parse().unwrap())
    }

    fn end(mut self, signal: &str) {
        send(signal, self.process.id() as i32);
        self.process.wait().unwrap();
    }
}

fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn execute(connection: &mut PgConnection, sql: &str) {
    diesel::sql_query(sql).execute(connection).unwrap();
}

fn error_line(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn kept_data_survive_a_kill_and_a_clean_end() {
    let dir = DataDir::new();
    let first = Running::start(&dir);
    execute(&mut first.connect(), "CREATE TABLE kept (line text)");
    execute(&mut first.connect(), "INSERT INTO kept VALUES ('một cửa')");
    let (postmaster, _) = first.postmaster(dir.path());
    first.end("KILL");
    wait_until("PostgreSQL ends after its motcua", || !is_alive(postmaster));

    let second = Running::start(&dir);
    assert_eq!(lines(&mut second.connect(), "SELECT line FROM kept"), ["một cửa"]);
    let (postmaster, _) = second.postmaster(dir.path());
    second.end("TERM");
    assert!(!is_alive(postmaster), "motcua ended before its PostgreSQL");
    assert!(!dir.path().join("pg/postmaster.pid").exists(), "PostgreSQL was not shut down cleanly");
}

#[test]
fn starts_again_at_once_after_a_kill() {
    let dir = DataDir::new();
    let mut running = Running::start(&dir);
    execute(&mut running.connect(), "CREATE TABLE kept (line text)");
    for round in 0..3 {
        execute(&mut running.connect(), &format!("INSERT INTO kept VALUES ('{round}')"));
        running.end("KILL");
        running = Running::start(&dir);
    }
    let kept = lines(&mut running.connect(), "SELECT line FROM kept ORDER BY line");
    assert_eq!(kept, ["0", "1", "2"]);
    running.end("TERM");
}

#[test]
fn an_orphan_is_stopped_at_the_next_start() {
    let dir = DataDir::new();
    let first = Running::start(&dir);
    execute(&mut first.connect(), "CREATE TABLE kept (line text)");
    let (orphan, supervisor) = first.postmaster(dir.path());
    send("KILL", supervisor);
    first.end("KILL");
    assert!(is_alive(orphan), "without its supervisor nobody stops it");

    let second = Running::start(&dir);
    assert!(!is_alive(orphan));
    assert!(lines(&mut second.connect(), "SELECT line FROM kept").is_empty());
    second.end("TERM");
}

#[test]
fn a_stale_number_that_another_program_has_now_is_no_obstacle() {
    let dir = DataDir::new();
    let first = Running::start(&dir);
    let pid_file = dir.path().join("pg/postmaster.pid");
    let noted = std::fs::read_to_string(&pid_file).unwrap();
    first.end("TERM");
    let (_, rest) = noted.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();
    Running::start(&dir).end("TERM");
}

#[test]
fn the_second_motcua_on_the_same_data_is_told_who_has_them() {
    let dir = DataDir::new();
    let first = Running::start(&dir);
    let second = dir.motcua(&["postgres"]).env("MOTCUA_HTTP__PORT", "9999").output().unwrap();
    let line = error_line(&second);
    assert!(line.contains(&format!("pid {}", first.process.id())), "{line}");
    assert!(line.contains("http://127.0.0.1:8080"), "{line}");
    assert!(lines(&mut first.connect(), "SELECT 'still here' AS line").len() == 1);
    first.end("INT");
}

#[test]
fn nobody_else_can_reach_the_socket() {
    use std::os::unix::fs::PermissionsExt;
    let dir = DataDir::new();
    let running = Running::start(&dir);
    let (_, rest) = running.url.split_once("host=").unwrap();
    let socket = Path::new(rest.split('&').next().unwrap());
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(socket.as_os_str().len() + ".s.PGSQL.5432".len() < 100, "the path of a socket is short");
    let listening = lines(
        &mut running.connect(),
        "SELECT setting AS line FROM pg_settings WHERE name = 'listen_addresses'",
    );
    assert_eq!(listening, [""]);
    running.end("TERM");
}

#[test]
fn letters_are_vietnamese() {
    let dir = DataDir::new();
    let running = Running::start(&dir);
    let lower = lines(&mut running.connect(), "SELECT lower('ĐƯỜNG QUẢNG NINH') AS line");
    assert_eq!(lower, ["đường quảng ninh"]);
    running.end("TERM");
}

/// Only root drops to another account, so only root can meet this.
#[test]
fn data_go_elsewhere_when_postgres_cannot_enter() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = DataDir::new();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let checkout = dir.path().join("checkout");
    std::fs::create_dir(&checkout).unwrap();
    let in_checkout = || {
        let mut command = dir.motcua(&["postgres"]);
        command.env("MOTCUA_DATA_DIR", &checkout);
        command
    };

    let first = Running::of(in_checkout());
    execute(&mut first.connect(), "CREATE TABLE kept (line text)");
    first.end("KILL");
    let elsewhere = std::fs::read_to_string(checkout.join("where")).unwrap();
    assert!(Path::new(elsewhere.trim()).join("pg/PG_VERSION").exists());

    let second = Running::of(in_checkout());
    assert!(lines(&mut second.connect(), "SELECT line FROM kept").is_empty());
    second.end("TERM");
    std::fs::remove_dir_all(elsewhere.trim()).unwrap();
}
