//! Finds PostgreSQL's programs on this machine.
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::account::Account;

/// The oldest PostgreSQL that motcua is written for.
pub const OLDEST_MAJOR: u32 = 15;

/// Where versioned installations live; `*` stands for one path segment.
const INSTALLATIONS: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A directory with `initdb`, `pg_ctl` and `postgres` of one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    directory: PathBuf,
    /// Major version, such as 15.
    pub(super) major: u32,
}

impl Binaries {
    /// The first usable installation: on `PATH`, then the newest elsewhere.
    /// With `wanted`, only that major version serves, since a data directory
    /// can be read by no other.
    pub(super) fn find(wanted: Option<u32>, account: &Account) -> Result<Self> {
        let found: Vec<Self> = candidates()
            .into_iter()
            .filter_map(|directory| {
                let major = major_version(&directory, account)?;
                Some(Self { directory, major })
            })
            .collect();
        choose(&found, wanted)
    }

    /// Full path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn choose(found: &[Binaries], wanted: Option<u32>) -> Result<Binaries> {
    let fits = |major: u32| wanted.map_or(major >= OLDEST_MAJOR, |wanted| major == wanted);
    if let Some(binaries) = found.iter().find(|binaries| fits(binaries.major)) {
        return Ok(binaries.clone());
    }
    match wanted {
        Some(major) => bail!(
            "the data were written by PostgreSQL {major}, which is not installed here: install it (Debian: postgresql-{major}; Homebrew: postgresql@{major}) or set DATABASE_URL"
        ),
        None => bail!(
            "PostgreSQL {OLDEST_MAJOR} or newer was not found: install it (Debian: apt-get install postgresql; Homebrew: brew install postgresql@16) or set DATABASE_URL"
        ),
    }
}

/// Directories that hold the programs, in the order of preference.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    let installed = INSTALLATIONS.iter().flat_map(|pattern| expand(pattern));
    on_path
        .filter(|directory| complete(directory))
        .map(behind_links)
        .chain(installed)
        .filter(|d| complete(d))
        .collect()
}

fn complete(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file())
}

/// Where the programs lie when those on `PATH` are links: there the others are as well, such
/// as `pgbench`.
fn behind_links(directory: PathBuf) -> PathBuf {
    let real = std::fs::canonicalize(directory.join("postgres")).ok();
    let home = real.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    home.filter(|home| complete(home)).unwrap_or(directory)
}

/// The directories that match a pattern with one `*`, the highest number first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(format!("{parent}/")) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.parse().ok()?;
            Some((version, PathBuf::from(format!("{parent}/{name}{after}"))))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, directory)| directory).collect()
}

/// The major version, when this account can run the programs at all.
fn major_version(directory: &Path, account: &Account) -> Option<u32> {
    let output = account.command(directory.join("postgres")).arg("--version").output().ok()?;
    parse_major(&String::from_utf8(output.stdout).ok()?)
}

/// Reads `postgres (PostgreSQL) 15.12 (Debian …)` and `… 18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        let binaries = |&major: &u32| Binaries { directory: format!("/pg/{major}").into(), major };
        majors.iter().map(binaries).collect()
    }

    #[test]
    fn reads_the_major_version() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("something else"), None);
    }

    #[test]
    fn prefers_the_first_that_is_new_enough() {
        assert_eq!(choose(&installed(&[14, 17, 15]), None).ok().map(|b| b.major), Some(17));
    }

    #[test]
    fn existing_data_decide_the_version() {
        assert_eq!(choose(&installed(&[17, 15]), Some(15)).ok().map(|b| b.major), Some(15));
        let refusal = choose(&installed(&[17]), Some(15)).map(|b| b.major).unwrap_err().to_string();
        assert!(refusal.contains("postgresql-15"), "{refusal}");
    }

    #[test]
    fn missing_programs_are_one_line_that_says_what_to_install() {
        let refusal = choose(&installed(&[14]), None).map(|b| b.major).unwrap_err().to_string();
        assert!(refusal.contains("apt-get install postgresql"), "{refusal}");
        assert!(refusal.contains("brew install"), "{refusal}");
        assert_eq!(refusal.lines().count(), 1);
    }
}
