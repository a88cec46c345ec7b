//! An S3 server of the tests: s3rver (npm) in a process of its own.
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::DataDir;

/// What s3rver appends to the name of the file of an object.
const OBJECT: &str = "._S3rver_object";

pub struct Bucket {
    folder: DataDir,
    port: u16,
    server: Option<Child>,
}

impl Bucket {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut bucket = Self { folder: DataDir::new(), port, server: None };
        bucket.up();
        bucket
    }

    pub fn up(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = root.join("target/judges/node_modules");
        assert!(modules.is_dir(), "the judges are not installed: run `scripts/setup.sh test`");
        let mut command = Command::new("node");
        command.arg(root.join("tests/judges/s3.js")).arg(self.folder.path()).arg(self.port.to_string());
        let mut server = command.env("NODE_PATH", modules).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        self.server = Some(server);
    }

    pub fn down(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// The section `s3` of the configuration, with something else in it.
    pub fn settings_with(&self, bucket: &str, access_key: &str, secret_key: &str) -> String {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        format!(
            "[s3]\nendpoint = {endpoint:?}\nbucket = {bucket:?}\naccess_key = {access_key:?}\n\
             secret_key = {secret_key:?}\n"
        )
    }

    pub fn settings(&self) -> String {
        self.settings_with("motcua", "S3RVER", "S3RVER")
    }

    /// Keys of the objects, and the files in which the server has them.
    pub fn objects(&self) -> Vec<(String, PathBuf)> {
        let root = self.folder.path().join("motcua");
        let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                let key = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(key) = key.strip_suffix(OBJECT) {
                    found.push((key.to_owned(), path));
                }
            }
        }
        found.sort();
        found
    }

    /// Puts an object behind the portal's back.
    pub fn put(&self, key: &str) -> PathBuf {
        let path = self.folder.path().join("motcua").join(format!("{key}{OBJECT}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "of somebody else").unwrap();
        path
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.down();
    }
}
