//! A portal whose officials sign at the simulated trust service; documents ordered by nobody
//! in particular.
use std::path::PathBuf;
use std::process::Command;

use motcua::auth::Actor;
use motcua::db::Tx;
use motcua::error::Result;
use motcua::files;
use motcua::forms;
use motcua::jobs::{Outcome as Done, Runner};
use motcua::signing::pades::Place;
use motcua::signing::{self, Ended, Order, Outcome};
use motcua::worker;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Portal, lines};

/// The PIN of every key of the simulator.
pub const PIN: &str = "246810";
/// Who signs for phường Hồng Gai.
pub const LEADER: &str = "honggai.lanhdao";
/// Kind of the job by which the test hears.
const HEARD: &str = "signing_test_heard";

pub struct Stage {
    pub portal: Portal,
    pub leader: String,
    leader_id: Uuid,
    unit_id: Uuid,
}

impl Stage {
    /// Seals are put by people.
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With further lines below `[signing]`.
    pub async fn with(more: &str) -> Self {
        let settings =
            format!("[signing]\nurl = \"simulator\"\ntimeout_seconds = 30\n{more}\n[jobs]\npoll_ms = 20\n");
        Self::configured(&settings).await
    }

    pub async fn configured(settings: &str) -> Self {
        let portal = Portal::with(settings).await;
        let (leader, leader_id) = (portal.staff(LEADER).await, portal.staff_id(LEADER).await);
        let unit =
            lines(&mut portal.db.connect(), "SELECT id::text AS line FROM agency WHERE code = 'H49.45'");
        let (leader_id, unit_id) = (leader_id.parse().unwrap(), unit[0].parse().unwrap());
        Self { portal, leader, leader_id, unit_id }
    }

    /// Orders the signature of a new document; gives the request.
    pub async fn order(&self, seal: bool) -> Uuid {
        self.order_of(Uuid::now_v7(), seal).await
    }

    /// The same for a subject that may have ordered before.
    pub async fn order_of(&self, subject_id: Uuid, seal: bool) -> Uuid {
        let at = self.portal.now();
        let text = json!({ "number": subject_id.to_string() });
        let pdf = forms::render(DOCUMENT, &text, at).unwrap();
        let made = self.portal.app.files.keep_made(pdf, "quyet-dinh.pdf").await.unwrap();
        let (signer_id, unit_id) = (self.leader_id, self.unit_id);
        let ordered = move |tx: &mut Tx| -> Result<Uuid> {
            let file = files::record_made(tx, &made)?;
            signing::order(
                tx,
                &Order {
                    file_id: file.id,
                    purpose: "result",
                    subject_id,
                    title: "Quyết định về việc thử nghiệm",
                    unit_id,
                    signer_id,
                    seal,
                    place: Some(Place { page: 0, left: 340.0, bottom: 120.0 }),
                    done: HEARD,
                },
            )
        };
        self.portal.app.db.write(&Actor::system("test"), ordered).await.unwrap()
    }

    /// Confirms with the right PIN; gives what became of each.
    pub async fn sign(&self, requests: &[Uuid]) -> Vec<String> {
        let answer =
            self.confirm(&self.leader, json!({ "requests": requests, "pin": PIN })).await.expect(201);
        outcomes(&answer)
    }

    pub async fn confirm(&self, token: &str, body: Value) -> Answer {
        self.portal.post(token, "/api/v1/signing/signatures", body).await
    }

    /// Does all jobs that are due, also those of the orderer.
    pub async fn work(&self) {
        self.runner().drain().await.unwrap();
    }

    pub fn runner(&self) -> Runner {
        let heard = |_| async { Ok(Done::Done) };
        worker::runner(&self.portal.app).unwrap().on(HEARD, heard)
    }

    /// Makes what waits for another try due now, and does it.
    pub async fn work_again(&self) {
        lines(
            &mut self.portal.db.connect(),
            "UPDATE job SET run_at = now() WHERE state = 'waiting' RETURNING kind AS line",
        );
        self.work().await;
    }

    pub async fn outcome(&self, request: Uuid) -> Outcome {
        self.portal.app.db.read(move |conn| signing::outcome(conn, request)).await.unwrap()
    }

    /// The bytes of a signed document.
    pub async fn signed(&self, request: Uuid) -> Vec<u8> {
        let Outcome::Signed { file_id } = self.outcome(request).await else {
            panic!("not signed: {:?} {:?}", self.request(request).await, self.jobs())
        };
        let file = self.portal.app.db.read(move |conn| files::find(conn, file_id)).await.unwrap();
        self.portal.app.files.whole(&file).await.unwrap()
    }

    /// The request as the leader sees it.
    pub async fn request(&self, id: Uuid) -> Value {
        self.portal.get(&self.leader, &format!("/api/v1/signing/requests/{id}")).await.expect(200)
    }

    pub async fn tray(&self, token: &str) -> Vec<String> {
        let page = self.portal.get(token, "/api/v1/signing/requests?limit=200").await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How often the orderer heard of it.
    pub fn heard(&self, request: Uuid) -> usize {
        let ended = json!(Ended { request_id: request });
        let sql = format!("SELECT id::text AS line FROM job WHERE kind = '{HEARD}' AND payload = '{ended}'");
        lines(&mut self.portal.db.connect(), &sql).len()
    }

    /// Part and state of each signature of a request, the oldest first.
    pub fn signatures(&self, request: Uuid) -> Vec<String> {
        let sql = format!(
            "SELECT part || ' ' || state AS line FROM signature WHERE request_id = '{request}' ORDER BY id"
        );
        lines(&mut self.portal.db.connect(), &sql)
    }

    fn jobs(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', kind, state, attempts, last_error) AS line FROM job ORDER BY id";
        lines(&mut self.portal.db.connect(), sql)
    }

    /// How the trust service is wrong.
    pub async fn faults(&self, faults: Value) {
        let url = format!("{}/faults", self.trust());
        let request = self.portal.request(Method::PUT, &url).json(&faults);
        assert_eq!(self.portal.answer(request).await.status, 200);
    }

    /// How all simulators are wrong.
    pub async fn dial(&self, faults: Value) {
        let url = self.trust().replace("/trust", "/faults");
        let request = self.portal.request(Method::PUT, &url).json(&faults);
        assert_eq!(self.portal.answer(request).await.status, 200);
    }

    fn trust(&self) -> String {
        self.portal.app.config.simulated_trust_url()
    }
}

pub fn outcomes(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
}

/// A document of two pages.
const DOCUMENT: &str = r#"
    #let told = json("data.json")
    #set page(paper: "a4")
    #set text(font: "Libertinus Serif", lang: "vi")
    = Quyết định số #told.number
    Về việc thử chữ ký số: ăâđêôơư ĂÂĐÊÔƠƯ ạảấầẩẫậ.
    #pagebreak()
    Nơi nhận: như trên.
"#;

/// What pyHanko, OpenSSL and pdfsig say of each signature of these documents.
pub async fn judged(documents: &[Vec<u8>]) -> Vec<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (python, folder) = (root.join("target/venv/bin/python"), crate::support::DataDir::new());
    assert!(python.is_file(), "the judges are not installed: run `scripts/setup.sh test` (`make test` does)");
    let mut command = Command::new(python);
    command.arg(root.join("tests/judges/issued.py")).arg(root.join("data/simulators/trust-root.pem"));
    for (place, document) in documents.iter().enumerate() {
        let path = folder.path().join(format!("{place}.pdf"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let run = actix_web::rt::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}
