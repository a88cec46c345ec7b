//! Files over real HTTP, on a store and a database of their own; each test names the change
//! (mutant) that turns it red.
mod announce;
mod bucket;
mod download;
mod examine;
mod hostile_text;
mod quarantine;
mod scan;
mod scrub;
mod sweep;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::{Compress, ErrorHandlers};
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use diesel::prelude::*;
use motcua::app::App;
use motcua::auth::Actor;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::schema::file;
use motcua::db::{Db, DbLimits};
use motcua::error::Result;
use motcua::files::{Purpose, Target, UploadQuery, attach, find};
use motcua::http::{Reply, extractors, once, render_problems};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{TestDb, pdf};

/// A portal with nothing but files: upload to a draft, download.
struct Portal {
    app: Arc<App>,
    base: String,
    data: PathBuf,
    root: PathBuf,
    database: TestDb,
}

impl Portal {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With further lines of the section `files`, and sections behind it.
    async fn with(files: &str) -> Self {
        let data = std::env::temp_dir().join(format!("motcua-files-{}", Uuid::now_v7()));
        let root = data.join("files");
        let config = format!(
            "data_dir = {data:?}\n[http]\nmin_body_bytes_per_second = 1000\n[files]\nroot = {root:?}\n{files}"
        );
        let database = TestDb::new();
        let db = Db::connect(database.url(), &DbLimits::default(), Clock::default()).unwrap();
        let mut app = App::build(Config::from_parts(&config, []).unwrap(), db).unwrap();
        Arc::get_mut(&mut app).unwrap().files.limits.patience = Duration::from_millis(600);
        let base = serve(app.clone());
        Self { app, base, data, root, database }
    }

    /// A draft whose other tables do not matter here.
    fn draft(&self) -> Uuid {
        let id = Uuid::now_v7();
        self.sql(&format!(
            "INSERT INTO draft (id, owner, procedure_code, version_id, case_code, channel, unit_id,
                                acting_for, applicant, answers, return_by, created_at, updated_at)
             VALUES ('{id}', 'citizen:1', '1.001193', '{id}', 'standard', 'online', '{id}',
                     '{{}}', '{{}}', '{{}}', 'online', now(), now())"
        ));
        id
    }

    /// Runs a statement without asking for the rows that foreign keys want.
    fn sql(&self, sql: &str) {
        let conn = &mut self.database.connect();
        diesel::sql_query("SET session_replication_role = replica").execute(conn).unwrap();
        diesel::sql_query(sql).execute(conn).unwrap();
    }

    async fn upload(&self, draft: Uuid, name: &str, content: &[u8]) -> Answer {
        self.upload_with_key(draft, name, content, &Uuid::now_v7().to_string()).await
    }

    async fn upload_with_key(&self, draft: Uuid, name: &str, content: &[u8], key: &str) -> Answer {
        let request = reqwest::Client::new()
            .post(format!("{}/drafts/{draft}/files", self.base))
            .query(&[("component", "TP01"), ("name", name)])
            .header("Idempotency-Key", key)
            .header("Accept-Language", "en")
            .body(content.to_vec());
        Answer::of(request.send().await.unwrap()).await
    }

    /// Uploads what must succeed.
    async fn stored(&self, draft: Uuid, name: &str, content: &[u8]) -> Value {
        let answer = self.upload(draft, name, content).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        answer.body
    }

    fn key_of(&self, file: &Value) -> String {
        let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
        file::table.find(id).select(file::storage_key).first(&mut self.database.connect()).unwrap()
    }

    fn rows(&self) -> i64 {
        file::table.count().get_result(&mut self.database.connect()).unwrap()
    }

    /// Every file below the root, also those that are being written.
    fn blobs(&self) -> Vec<PathBuf> {
        below(&self.root)
    }

    async fn until_empty(&self) {
        for _ in 0..200 {
            if self.blobs().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("something stayed in the store: {:?}", self.blobs());
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found
}

/// Status and JSON of a response.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        Self { status: response.status().as_u16(), body: response.json().await.unwrap_or_default() }
    }

    fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

fn serve(app: Arc<App>) -> String {
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(web::Data::from(app.clone()))
            .configure(extractors(512 * 1024))
            .route("/drafts/{id}/files", web::post().to(upload_file))
            .route("/files/{id}", web::get().to(download_file))
            .wrap(Compress::default())
            .wrap(ErrorHandlers::new().default_handler(render_problems))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    base
}

async fn upload_file(
    app: web::Data<App>,
    draft: web::Path<Uuid>,
    query: web::Query<UploadQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Reply> {
    let received = app.files.receive_request(&request, payload, &query).await?;
    let (key, component) = (received.key(&request)?, query.component()?.to_owned());
    let (limits, target) = (app.files.limits.clone(), Target::Draft(draft.into_inner()));
    let write = move |tx: &mut motcua::db::Tx| {
        once(tx, &key, |tx| {
            Reply::created(attach(tx, &limits, target, &component, Purpose::Component, &received)?)
        })
    };
    app.db.write(&Actor::system("test"), write).await
}

async fn download_file(
    app: web::Data<App>,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let row = app.db.read(move |conn| find(conn, id)).await?;
    app.files.download(&row, &request).await
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}
