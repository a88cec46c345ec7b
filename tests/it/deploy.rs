//! What is needed to run motcua elsewhere is valid.
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// `docker compose config`, or the older program; nothing where neither is.
fn compose_config() -> Option<Output> {
    let candidates: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
    let works = |words: &&[&str]| {
        let version = Command::new(words[0]).args(&words[1..]).arg("version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let words = candidates.into_iter().find(works)?;
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["-f", "docker-compose.yml", "config"]);
    Some(command.current_dir(ROOT).output().unwrap())
}

#[test]
fn the_compose_file_is_valid() {
    let Some(output) = compose_config() else {
        eprintln!("skipped: docker compose is not installed");
        return;
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let resolved = String::from_utf8_lossy(&output.stdout);
    for part in ["portal:", "simulators:", "postgres:", "healthcheck:", "service_healthy", "volumes:"] {
        assert!(resolved.contains(part), "{part} is missing in\n{resolved}");
    }
}

#[test]
fn the_compose_file_sets_only_keys_that_exist() {
    let text = std::fs::read_to_string(format!("{ROOT}/docker-compose.yml")).unwrap();
    let variables: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .filter(|(name, _)| name.starts_with("MOTCUA_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert!(!variables.is_empty());
    let config = motcua::config::Config::from_parts("", variables).unwrap();
    assert!(config.http.bind.is_unspecified());
    assert_eq!(config.public_url(), "http://127.0.0.1:8080");
    assert_eq!(config.vneid_issuer(), "http://127.0.0.1:8090/vneid");
}
