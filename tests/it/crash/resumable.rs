//! tus-js-client (npm) uploads over a network that breaks all the time, to a server that is
//! killed in between; what it was told is done must be there, byte by byte.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::client::{Client, Filing};
use super::journal::Journal;
use super::portal::Portal;
use crate::support::{DataDir, judge, pdf_with};

const FILES: usize = 4;
const BYTES: usize = 3_000_000;
/// Connections that are cut; after them the network holds.
const CUTS: usize = 40;
/// Bytes after which a connection is cut.
const CUT_AFTER: std::ops::Range<usize> = 5_000..700_000;
const SEED: u64 = 20_261_122;

/// Stands between client and server, and cuts connections.
async fn network(server: SocketAddr, cuts: Arc<AtomicUsize>) -> SocketAddr {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    tokio::spawn(async move {
        let mut random = StdRng::seed_from_u64(SEED);
        while let Ok((client, _)) = door.accept().await {
            let after = random.random_range(CUT_AFTER);
            let limit = if cuts.load(Ordering::Relaxed) < CUTS { after } else { usize::MAX };
            tokio::spawn(carry(client, server, limit, cuts.clone()));
        }
    });
    address
}

/// Carries bytes both ways until one side ends, or until so many went to the server.
async fn carry(client: TcpStream, server: SocketAddr, limit: usize, cuts: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = async { tokio::io::copy(&mut from_server, &mut to_client).await.map(drop) };
    let forth = async {
        let (mut block, mut carried) = (vec![0; 16 * 1024], 0);
        loop {
            let read = from_client.read(&mut block).await?;
            if read == 0 {
                return std::io::Result::Ok(());
            }
            to_server.write_all(&block[..read]).await?;
            carried += read;
            if carried > limit {
                cuts.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
        }
    };
    tokio::select! { _ = back => {}, _ = forth => {} }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A file that no other is like.
fn paper(random: &mut StdRng) -> Vec<u8> {
    pdf_with(&(0..BYTES).map(|_| random.random_range(b'a'..=b'z')).collect::<Vec<_>>())
}

pub async fn begin_draft(http: &reqwest::Client, portal: &Portal, token: &str) -> String {
    let procedure: Value =
        serde_json::from_str(include_str!("../../../data/procedures/1.001193.json")).unwrap();
    let answers = &procedure["scenarios"][0]["answers"];
    let begun =
        json!({ "procedure": "1.001193", "channel": "online", "unit": "H49.45.01", "answers": answers });
    let request = http.post(format!("{}/api/v1/drafts", portal.url)).bearer_auth(token);
    let draft: Value =
        request.header("Idempotency-Key", "draft").json(&begun).send().await.unwrap().json().await.unwrap();
    draft["id"].as_str().expect("a draft").to_owned()
}

/// Mutants: what came before a connection was cut is thrown away; the last part is
/// acknowledged before it is kept; a part is named before its bytes are durable.
#[actix_web::test]
async fn an_upload_comes_to_its_end_whatever_breaks() {
    let mut portal = Portal::prepare(false);
    portal.start();
    let client = Client::log_in(&portal, &Arc::new(Journal::default()), 0, Filing::Birth, SEED).await;
    let http = reqwest::Client::new();
    let draft = begin_draft(&http, &portal, &client.citizen).await;
    let (folder, mut random) = (DataDir::new(), StdRng::seed_from_u64(SEED));
    let mut sums = BTreeSet::new();
    let files: Vec<Value> = (0..FILES)
        .map(|number| {
            let (path, content) = (folder.path().join(format!("{number}.pdf")), paper(&mut random));
            sums.insert(sha256(&content));
            std::fs::write(&path, content).unwrap();
            json!({ "path": path, "name": format!("giấy {number}.pdf"), "component": "1.001193-TP06" })
        })
        .collect();
    let server: SocketAddr = portal.url.trim_start_matches("http://").parse().unwrap();
    let cuts = Arc::new(AtomicUsize::new(0));
    let network = network(server, cuts.clone()).await;
    let endpoint = format!("http://{network}/api/v1/drafts/{draft}/uploads");
    let asked = json!({ "endpoint": endpoint, "token": client.citizen, "files": files });
    let uploading = actix_web::rt::spawn(async move { judge("tus.js", &asked).await });
    let mut kills = 0;
    while !uploading.is_finished() && kills < 4 {
        actix_web::rt::time::sleep(Duration::from_millis(900)).await;
        portal.kill(kills % 2 == 1);
        kills += 1;
        portal.start();
    }
    let done = uploading.await.unwrap();
    let cuts = cuts.load(Ordering::Relaxed);
    println!("{FILES} files of {BYTES} bytes, {cuts} connections cut, {kills} kills: {done}");
    let done = done.as_array().unwrap();
    assert!(done.iter().all(|upload| upload["error"].is_null()), "{done:?}");
    assert!(cuts >= 10 && kills >= 2, "{cuts} cuts and {kills} kills break too little");

    let listed = http.get(format!("{}/api/v1/drafts/{draft}/files", portal.url)).bearer_auth(&client.citizen);
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    let kept: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|file| file["sha256"].as_str().unwrap()).collect();
    assert_eq!(kept.len(), FILES, "each once: {listed}");
    assert_eq!(kept.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), sums);
    assert_eq!(portal.verify(), Vec::<String>::new());
}
