//! The portal and the simulators as servers, with Quảng Ninh's agencies and the demo's officials.
use std::cell::RefCell;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use actix_web::HttpServer;
use jiff::Timestamp;
use motcua::app::{self, App};
use motcua::auth::{Actor, passwords};
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};
use motcua::{agencies, simulators};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::TestDb;

/// The password of every official.
pub const PASSWORD: &str = "mat-khau-de-thu";

/// A running portal of one test. Its clock stands at Monday, 2 March 2026, 9:00.
pub struct Portal {
    pub app: Arc<App>,
    pub url: String,
    http: reqwest::Client,
    /// Of the browser of this test.
    cookies: RefCell<Vec<String>>,
    _simulators: Arc<simulators::Simulators>,
    _data: DataFolder,
    pub db: TestDb,
}

/// Status and body of an answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    /// `Set-Cookie`, where there is one.
    pub cookie: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The stable word of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The problem of an answer that must have this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }
}

struct DataFolder(std::path::PathBuf);

impl Drop for DataFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Portal {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// With lines of configuration of its own.
    pub async fn with(settings: &str) -> Self {
        let db = TestDb::new();
        let (portal, national) = (listener(), listener());
        let folder = std::env::temp_dir().join(format!("motcua-it-{}", Uuid::now_v7()));
        let url = format!("http://{}", portal.local_addr().unwrap());
        let variables = [
            ("MOTCUA_HTTP__PUBLIC_URL", url.clone()),
            ("MOTCUA_VNEID__ISSUER", format!("http://{}/vneid", national.local_addr().unwrap())),
            ("MOTCUA_DATA_DIR", folder.display().to_string()),
            ("MOTCUA_SIMULATORS__PORT", national.local_addr().unwrap().port().to_string()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let config = Config::from_parts(settings, variables).unwrap();
        let clock = Clock::default();
        clock.set(Some("2026-03-02T09:00:00+07:00".parse().unwrap()));
        let connected =
            Db::connect(db.url(), &DbLimits { pool_size: 4, ..DbLimits::default() }, clock).unwrap();
        fill(&connected);
        let simulators = simulators::Simulators::new(&config).unwrap();
        let app = App::build(config, connected).unwrap();
        let (served, played) = (app.clone(), simulators.clone());
        let server = HttpServer::new(move || app::service(served.clone())).workers(1).disable_signals();
        actix_web::rt::spawn(server.listen(portal).unwrap().run());
        let server =
            HttpServer::new(move || simulators::service(played.clone())).workers(1).disable_signals();
        actix_web::rt::spawn(server.listen(national).unwrap().run());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        // A connection each: one that rested is closed by the server.
        let http = http.pool_max_idle_per_host(0).build().unwrap();
        let cookies = RefCell::default();
        Self { app, url, http, cookies, _simulators: simulators, _data: DataFolder(folder), db }
    }

    /// Sets the clock, e.g. `2026-03-02T16:10:00+07:00`.
    pub fn at(&self, time: &str) {
        self.app.db.clock.set(Some(time.parse().unwrap()));
    }

    pub fn now(&self) -> Timestamp {
        self.app.db.clock.now()
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, token, path, None).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Method::POST, token, path, Some(body)).await
    }

    async fn send(&self, method: Method, token: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("idempotency-key", Uuid::now_v7().to_string()).json(&body);
        }
        self.answer(request).await
    }

    /// A request that a test builds by itself; `/…` is the portal, else a whole address. It
    /// has the cookies of the logins that the test began.
    pub fn request(&self, method: Method, to: &str) -> reqwest::RequestBuilder {
        let to = if to.starts_with('/') { format!("{}{to}", self.url) } else { to.to_owned() };
        self.http.request(method, to).header("cookie", self.cookies.borrow().join("; "))
    }

    pub async fn answer(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).map(|l| l.to_str().unwrap().to_owned());
        let (location, cookie) = (header("location"), header("set-cookie"));
        let text = response.text().await.unwrap();
        Answer { status, location, cookie, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// Goes to VNeID as a citizen (identity number) or organisation (tax number) does, up to the
    /// return with a code; gives the address of the return.
    pub async fn approve(&self, login: &str) -> String {
        let begun = self.get("", "/api/v1/login").await;
        let cookie = begun.cookie.as_ref().unwrap().split(';').next().unwrap().to_owned();
        self.cookies.borrow_mut().push(cookie);
        let begun = begun.expect(200);
        let page = format!("{}&login_hint={login}", begun["authorization_url"].as_str().unwrap());
        let back = self.answer(self.request(Method::GET, &page)).await;
        assert_eq!(back.status, 303, "{}", back.body);
        back.location.unwrap()
    }

    /// The tokens of a citizen or organisation who logs in by VNeID.
    pub async fn tokens_of_citizen(&self, login: &str) -> Value {
        let back = self.approve(login).await;
        self.answer(self.request(Method::GET, &back)).await.expect(200)
    }

    pub async fn citizen(&self, login: &str) -> String {
        access_token(&self.tokens_of_citizen(login).await)
    }

    pub async fn log_in(&self, username: &str, password: &str) -> Answer {
        self.post("", "/api/v1/staff/login", json!({ "username": username, "password": password })).await
    }

    /// The access token of an official.
    pub async fn staff(&self, username: &str) -> String {
        access_token(&self.log_in(username, PASSWORD).await.expect(200))
    }

    /// The id of an official.
    pub async fn staff_id(&self, username: &str) -> String {
        let token = self.staff(username).await;
        self.get(&token, "/api/v1/me").await.expect(200)["id"].as_str().unwrap().to_owned()
    }
}

pub fn access_token(tokens: &Value) -> String {
    tokens["access_token"].as_str().unwrap().to_owned()
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Agencies and officials, whose passwords are hashed once for all tests.
fn fill(db: &Db) {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| passwords::hash(PASSWORD).unwrap());
    db.write_blocking(&Actor::system("test"), |tx| {
        agencies::import::agencies(tx, agencies::import::QUANG_NINH)?;
        agencies::import::officials(tx, agencies::import::STAFFING, hash)
    })
    .unwrap();
}
