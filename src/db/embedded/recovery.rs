//! What an earlier motcua may have left behind when it was killed.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::Pid;

use super::server::{Plan, stop_running};

/// Longest wait for the server of a killed motcua to end.
const LIMIT: Duration = Duration::from_secs(90);

/// Makes sure that no PostgreSQL runs on the plan's data. The caller holds the
/// lock, so a running one has lost its motcua: its supervisor is stopping it
/// already, or it is stopped here.
///
/// A stale `postmaster.pid` is left to PostgreSQL's own rules, except where
/// they fail: when the number now belongs to another program. Then, and only
/// when no process of this cluster is alive, the file is renamed.
pub(super) fn clear(plan: &Plan, progress: &impl Fn(&str)) -> Result<()> {
    let started = Instant::now();
    let mut told = false;
    while let Some(pid) = noted_pid(&plan.data).filter(|&pid| is_alive(pid)) {
        if is_stranger(pid, &plan.cluster) {
            return set_aside(plan, progress);
        }
        if !told {
            told = true;
            progress("stopping the PostgreSQL of a motcua that was killed");
        }
        if started.elapsed() > LIMIT {
            bail!("PostgreSQL (pid {}) still runs on {}", pid.as_raw_nonzero(), plan.data.display());
        }
        stop_running(plan, "fast");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The process number in `postmaster.pid`.
fn noted_pid(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn is_alive(pid: Pid) -> bool {
    match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// Whether `/proc` proves that this is no process of the cluster (or only the
/// remains of one, which have no title). Without `/proc` nothing is proved.
fn is_stranger(pid: Pid, cluster: &str) -> bool {
    std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero()))
        .is_ok_and(|title| !belongs_to(&title, cluster))
}

/// PostgreSQL's processes carry the cluster's name: the first one among its
/// arguments, the others in their titles.
fn belongs_to(title: &[u8], cluster: &str) -> bool {
    let title = String::from_utf8_lossy(title);
    let program = title.split(['\0', ' ']).next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    program.starts_with("postgres") && title.contains(cluster)
}

fn set_aside(plan: &Plan, progress: &impl Fn(&str)) -> Result<()> {
    let started = Instant::now();
    while any_process_of(&plan.cluster)? {
        if started.elapsed() > LIMIT {
            bail!("processes of PostgreSQL still run on {}", plan.data.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    progress("setting aside a stale postmaster.pid, whose number another program has now");
    let noted = plan.data.join("postmaster.pid");
    if noted.exists() {
        std::fs::rename(&noted, plan.data.join("postmaster.pid.stale"))?;
    }
    let socket_lock = plan.socket.join(".s.PGSQL.5432.lock");
    if socket_lock.exists() {
        std::fs::remove_file(socket_lock)?;
    }
    Ok(())
}

fn any_process_of(cluster: &str) -> Result<bool> {
    let titles =
        std::fs::read_dir("/proc")?.flatten().map(|entry| std::fs::read(entry.path().join("cmdline")));
    Ok(titles.flatten().any(|title| belongs_to(&title, cluster)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_processes_of_a_cluster() {
        let postmaster = b"/usr/lib/postgresql/15/bin/postgres\0-D\0/x/pg\0-c\0cluster_name=motcua-ab12\0";
        let worker = b"postgres: motcua-ab12: checkpointer \0";
        let supervisor = b"sh\0-c\0script\0motcua-postgresql\0INT\0\0postgres\0cluster_name=motcua-ab12\0";
        assert!(belongs_to(postmaster, "motcua-ab12"));
        assert!(belongs_to(worker, "motcua-ab12"));
        assert!(!belongs_to(postmaster, "motcua-cd34"));
        assert!(!belongs_to(supervisor, "motcua-ab12"));
        assert!(!belongs_to(b"", "motcua-ab12"));
        assert!(!belongs_to(b"/usr/bin/vim\0postgres\0", "motcua-ab12"));
    }
}
