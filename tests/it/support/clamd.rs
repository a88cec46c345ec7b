//! ClamAV's daemon over a small database of signatures of our own: it finds the EICAR test file.
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::DataDir;

/// What every scanner finds, by agreement of their makers; harmless.
pub const EICAR: &[u8] = br"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
const START_LIMIT: Duration = Duration::from_secs(60);

pub struct Clamd {
    folder: DataDir,
    server: Option<Child>,
}

impl Clamd {
    /// One that hears at most so many bytes.
    pub fn start(stream_max: usize) -> Self {
        let folder = DataDir::new();
        let signatures = folder.path().join("signatures");
        std::fs::create_dir(&signatures).unwrap();
        std::fs::write(signatures.join("test.ndb"), format!("Eicar-Test:0:*:{}\n", hex::encode(EICAR)))
            .unwrap();
        let settings = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nStreamMaxLength {stream_max}\n",
            folder.path().join("clamd.ctl").display(),
            signatures.display()
        );
        std::fs::write(folder.path().join("clamd.conf"), settings).unwrap();
        let mut clamd = Self { folder, server: None };
        clamd.up();
        clamd
    }

    pub fn up(&mut self) {
        let mut command = Command::new(program());
        command
            .arg("-c")
            .arg(self.folder.path().join("clamd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.server = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while UnixStream::connect(self.socket()).is_err() {
            assert!(begun.elapsed() < START_LIMIT, "clamd does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn down(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }

    /// The line of the section `files` that names it.
    pub fn setting(&self) -> String {
        format!("clamav = \"unix:{}\"\n", self.socket().display())
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.down();
    }
}

fn program() -> PathBuf {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clamav/usr/sbin/clamd");
    let places = [unpacked, "/usr/sbin/clamd".into(), "/usr/local/sbin/clamd".into()];
    let found = places.into_iter().chain(["/opt/homebrew/sbin/clamd".into()]).find(|path| path.is_file());
    found.expect("clamd is not installed: run `scripts/setup.sh test` (`make test` does)")
}
