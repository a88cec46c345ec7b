//! Which account runs PostgreSQL: ours, or `postgres` when we are root,
//! because PostgreSQL refuses to run as root.
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Accounts to drop to when motcua is root, the better one first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The account of `initdb`, `pg_ctl` and `postgres`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    /// Owner of the data directory and of the socket directory.
    pub(super) uid: u32,
    /// Set when motcua is root and must drop to another account.
    drop_to: Option<(u32, u32)>,
}

impl Account {
    /// Chooses the account for this process.
    pub(super) fn choose() -> Result<Self> {
        let user = rustix::process::geteuid();
        if !user.is_root() {
            let uid = user.as_raw();
            return Ok(Self { uid, drop_to: None });
        }
        for name in UNPRIVILEGED {
            if let (Some(uid), Some(gid)) = (look_up("-u", name), look_up("-g", name)) {
                let drop_to = Some((uid, gid));
                return Ok(Self { uid, drop_to });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root and there is no account `postgres` to drop to: install the package postgresql, or run motcua as another user"
        )
    }

    /// A command that runs as this account, away from our working directory
    /// (which that account may not be able to enter) and from settings of a
    /// PostgreSQL client in our environment.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.drop_to {
            command.uid(uid).gid(gid);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    /// Whether this account can reach `directory`; asked by trying.
    pub(super) fn can_enter(&self, directory: &Path) -> bool {
        self.command("sh")
            .args(["-c", "cd -- \"$1\"", "sh"])
            .arg(directory)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Makes `directory` exist, owned by this account and closed to all others.
    /// One that belongs to a stranger is refused.
    pub(super) fn private_directory(&self, directory: &Path) -> Result<()> {
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot create {}", directory.display()));
            }
            _ => {}
        }
        let found = std::fs::symlink_metadata(directory)?;
        let ours = [self.uid, rustix::process::geteuid().as_raw()].contains(&found.uid());
        if !found.is_dir() || !ours {
            bail!(
                "{} belongs to somebody else (uid {}); remove it, or run motcua as its owner",
                directory.display(),
                found.uid()
            );
        }
        if let Some((uid, gid)) = self.drop_to {
            chown(directory, Some(uid), Some(gid))?;
        }
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        Ok(())
    }
}

/// Asks the system for the number of a user (`-u`) or its group (`-g`).
fn look_up(flag: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
