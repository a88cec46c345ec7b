//! A portal with Quảng Ninh's agencies and all procedures, in this process, on a database of
//! its own; callers with real sessions; a clock that stands where the test puts it.
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use futures_util::future::LocalBoxFuture;
use jiff::{SignedDuration, Timestamp};
use motcua::app::{self, App};
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};
use motcua::verify::{self, Part, Report};
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{DataDir, TestDb};

/// A Monday morning on which all embedded procedures are in force.
pub const MORNING: &str = "2026-09-14T09:00:00+07:00";
/// The one-stop unit and the People's Committee of phường Hồng Gai.
pub const ONE_STOP: &str = "H49.45.01";
pub const COMMUNE: &str = "H49.45";
/// A small file of an allowed type.
pub use super::paper::PDF;

type Service = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

pub struct Portal {
    pub app: Arc<App>,
    service: Service,
    /// One official for each post that was asked for.
    officials: RefCell<HashMap<(Role, Uuid), Subject>>,
    /// For looks and changes behind the portal's back.
    conn: RefCell<PgConnection>,
    _data: DataDir,
    pub database: TestDb,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The stable word of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that a problem names.
    pub fn fields(&self) -> Vec<String> {
        let fields = self.body["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["field"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }

    /// An answer that must be this refusal.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", String::from_utf8_lossy(&self.bytes));
        self
    }
}

/// Somebody, or nobody, at the door.
#[derive(Clone)]
pub struct Caller<'p> {
    portal: &'p Portal,
    login: Option<(Subject, i16)>,
    /// Of a machine client.
    scopes: Vec<String>,
    /// The token, and for which time of the clock it was made.
    token: RefCell<Option<(Timestamp, String)>>,
}

impl Portal {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With further configuration.
    pub async fn with(more: &str) -> Self {
        let (database, data) = (TestDb::with_agencies(), DataDir::new());
        // Nobody listens on port 1: what would go out fails at once.
        let (folder, program) = (data.path(), env!("CARGO_BIN_EXE_motcua"));
        let config =
            format!("data_dir = {folder:?}\n[forms]\nprogram = {program:?}\n[simulators]\nport = 1\n{more}");
        let config = Config::from_parts(&config, []).expect("the configuration is right");
        let clock = Clock::default();
        clock.set(Some(time(MORNING)));
        let limits = DbLimits { checkout_ms: 30_000, lock_timeout_ms: 30_000, ..DbLimits::default() };
        let db = Db::connect(database.url(), &limits, clock).expect("the database answers");
        let app = App::build(config, db).expect("the application stands");
        let service = service(app.clone()).await;
        let conn = RefCell::new(database.connect());
        Self { app, service, officials: RefCell::default(), conn, _data: data, database }
    }

    /// Puts the clock.
    pub fn at(&self, now: &str) {
        self.app.db.clock.set(Some(time(now)));
    }

    /// Lets time pass.
    pub fn later(&self, by: SignedDuration) {
        self.app.db.clock.set(Some(self.app.db.clock.now() + by));
    }

    pub fn nobody(&self) -> Caller<'_> {
        Caller { portal: self, login: None, scopes: Vec::new(), token: RefCell::default() }
    }

    /// A machine client with a scope.
    pub fn machine(&self, scope: &str) -> Caller<'_> {
        self.sql(
            "INSERT INTO machine_client (id, client_id, secret_hash, name, scopes, created_at)
             VALUES (gen_random_uuid(), $1, '', 'Hệ thống mẫu', ARRAY[$1], now())",
            scope,
        );
        let id = self.id_of("SELECT id FROM machine_client WHERE client_id = $1", scope);
        Caller { scopes: vec![scope.to_owned()], ..self.caller(Subject::Machine(id), 0) }
    }

    fn caller(&self, subject: Subject, level: i16) -> Caller<'_> {
        Caller { portal: self, login: Some((subject, level)), scopes: Vec::new(), token: RefCell::default() }
    }

    /// The citizen with that number, logged in at a level; recorded when new, as a login does.
    pub fn citizen(&self, number: &str, level: u8) -> Caller<'_> {
        self.sql(
            "INSERT INTO person (id, identity_no, full_name, created_at, updated_at)
             VALUES (gen_random_uuid(), $1, 'Nguyễn Hải Đăng', now(), now()) ON CONFLICT DO NOTHING",
            number,
        );
        let id = self.id_of("SELECT id FROM person WHERE identity_no = $1", number);
        self.caller(Subject::Citizen(id), level.into())
    }

    /// A legal representative of the organisation with that tax number, and the mandate.
    pub fn representative(&self, number: &str, tax_no: &str) -> (Caller<'_>, Uuid) {
        let caller = self.citizen(number, 2);
        self.sql(
            "INSERT INTO organisation (id, tax_no, name, kind, created_at)
             VALUES (gen_random_uuid(), $1, 'Công ty TNHH Ví Dụ Vịnh Xanh', 'enterprise', now()) ON CONFLICT DO NOTHING",
            tax_no,
        );
        self.sql(
            &format!(
                "INSERT INTO mandate (id, agent_id, principal_org_id, kind, scope, valid_from, evidence, created_at)
                 SELECT gen_random_uuid(), p.id, o.id, 'legal_representative', '{{}}', '2025-07-01', '', now()
                 FROM person p, organisation o WHERE o.tax_no = $1 AND p.identity_no = '{number}'"
            ),
            tax_no,
        );
        let mandate = self.id_of(
            "SELECT m.id FROM mandate m JOIN organisation o ON o.id = m.principal_org_id WHERE o.tax_no = $1",
            tax_no,
        );
        (caller, mandate)
    }

    /// The identifier of an agency.
    pub fn agency(&self, code: &str) -> Uuid {
        self.id_of("SELECT id FROM agency WHERE code = $1", code)
    }

    /// The official who holds a role at an agency: always the same one.
    pub fn official(&self, role: Role, agency: &str) -> Caller<'_> {
        self.official_at(role, self.agency(agency))
    }

    pub fn official_at(&self, role: Role, agency: Uuid) -> Caller<'_> {
        let known = self.officials.borrow().get(&(role, agency)).copied();
        let subject = known.unwrap_or_else(|| {
            let new = self.hire(role, agency);
            self.officials.borrow_mut().insert((role, agency), new);
            new
        });
        self.caller(subject, 0)
    }

    /// A new official with a role at an agency.
    pub fn another(&self, role: Role, agency: &str) -> Caller<'_> {
        self.caller(self.hire(role, self.agency(agency)), 0)
    }

    fn hire(&self, role: Role, agency: Uuid) -> Subject {
        let id = Uuid::now_v7();
        self.sql(
            "INSERT INTO staff (id, username, full_name, password_hash, failed_logins, active, created_at)
             VALUES ($1::uuid, $1, 'Cán bộ ' || right($1, 4), '', 0, true, now())",
            &id.to_string(),
        );
        self.appoint(id, role, agency);
        Subject::Staff(id)
    }

    /// Gives an official one more post.
    pub fn appoint(&self, staff: Uuid, role: Role, agency: Uuid) {
        self.sql(
            &format!(
                "INSERT INTO position (id, staff_id, agency_id, role, valid_from)
                 VALUES (gen_random_uuid(), '{staff}', '{agency}', $1, '2025-07-01')"
            ),
            role.word(),
        );
    }

    pub fn clerk(&self) -> Caller<'_> {
        self.official(Role::OneStopClerk, ONE_STOP)
    }

    pub fn specialist(&self) -> Caller<'_> {
        self.official(Role::Specialist, COMMUNE)
    }

    pub fn leader(&self) -> Caller<'_> {
        self.official(Role::Leader, COMMUNE)
    }

    /// Runs a statement with one text.
    pub fn sql(&self, statement: &str, text: &str) {
        let conn = &mut *self.conn.borrow_mut();
        diesel::sql_query(statement).bind::<Text, _>(text).execute(conn).expect("the statement is right");
    }

    pub fn id_of(&self, query: &str, text: &str) -> Uuid {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
        }
        let conn = &mut *self.conn.borrow_mut();
        let found: Found =
            diesel::sql_query(query).bind::<Text, _>(text).get_result(conn).expect("there is one");
        found.id
    }

    /// A number that a query without parameters gives as `n`.
    pub fn number(&self, query: &str) -> i32 {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = Integer)]
            n: i32,
        }
        let found: Found =
            diesel::sql_query(query).get_result(&mut *self.conn.borrow_mut()).expect("there is one");
        found.n
    }

    /// Every dossier is what its history says, every file and payment what its row says.
    pub async fn verify(&self) {
        let mut differences = Vec::new();
        let mut tell = |difference: &str| differences.push(difference.to_owned());
        let mut report = Report::new(&mut tell);
        let checked = verify::run(&self.app.db, &self.app.files, Part::All, true, &mut report).await;
        checked.expect("what is stored can be read");
        assert_eq!(differences, Vec::<String>::new());
    }
}

impl Caller<'_> {
    pub fn id(&self) -> Uuid {
        match self.login {
            Some((Subject::Citizen(id) | Subject::Staff(id) | Subject::Machine(id), _)) => id,
            None => Uuid::nil(),
        }
    }

    /// A token of a session opened now.
    fn token(&self) -> Option<String> {
        let (subject, level) = self.login?;
        let app = &self.portal.app;
        let now = app.db.clock.now();
        if let Some((_, token)) = self.token.borrow().as_ref().filter(|(made, _)| *made == now) {
            return Some(token.clone());
        }
        let session = app.db.write_blocking(&Actor::system("test"), |tx| {
            session::open(tx, subject, level, &self.scopes, SignedDuration::from_hours(1))
        });
        let session = session.expect("the login succeeds");
        let token = app.tokens.issue(Kind::Access, &session, &subject.key(), now).expect("a token").text;
        *self.token.borrow_mut() = Some((now, token.clone()));
        Some(token)
    }

    pub async fn send(&self, request: TestRequest) -> Answer {
        let request = match self.token() {
            Some(token) => request.insert_header(("Authorization", format!("Bearer {token}"))),
            None => request,
        };
        (self.portal.service)(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(&path.replace('#', "%23"))).await
    }

    /// Posts under a key of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(keyed(path, &Uuid::now_v7().to_string()).set_json(body)).await
    }

    /// Posts for a version.
    pub async fn post_for(&self, version: i64, path: &str, body: &Value) -> Answer {
        self.post_under(&Uuid::now_v7().to_string(), version, path, body).await
    }

    /// Posts for a version under this key.
    pub async fn post_under(&self, key: &str, version: i64, path: &str, body: &Value) -> Answer {
        self.send(keyed(path, key).insert_header(("If-Match", format!("\"{version}\""))).set_json(body)).await
    }

    pub async fn put_for(&self, version: i64, path: &str, body: &Value) -> Answer {
        let request = TestRequest::put().uri(path).insert_header(("If-Match", format!("\"{version}\"")));
        self.send(request.set_json(body)).await
    }

    /// Uploads the small file.
    pub async fn upload(&self, path: &str) -> Answer {
        self.upload_under(&Uuid::now_v7().to_string(), path).await
    }

    /// Uploads the small file under this key.
    pub async fn upload_under(&self, key: &str, path: &str) -> Answer {
        let request = keyed(path, key);
        self.send(request.insert_header(("Content-Type", "application/octet-stream")).set_payload(PDF)).await
    }

    /// Takes an action on the present version; `more` are further members of the request.
    pub async fn act(&self, code: &str, action: &str, more: Value) -> Answer {
        let seen = self.get(&format!("/api/v1/dossiers/{code}")).await;
        let version = seen.body["version"].as_i64().unwrap_or(1);
        let mut body = json!({ "action": action });
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            body[name] = value;
        }
        self.post_for(version, &format!("/api/v1/dossiers/{code}/actions"), &body).await
    }
}

/// A reason about a condition.
pub fn because(about: Value) -> Value {
    json!([{ "about": about, "wrong": "Thông tin chưa khớp với giấy tờ gốc", "mend": "Nộp lại bản đúng theo hướng dẫn",
             "clause": "Điều 9 Nghị định 118/2025/NĐ-CP" }])
}

pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn keyed(path: &str, key: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("Idempotency-Key", key.to_owned()))
}

async fn service(app: Arc<App>) -> Service {
    let service = Rc::new(init_service(app::service(app)).await);
    Rc::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            let response = call_service(&*service, request.to_request()).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.into_body().boxed();
            let bytes = actix_web::body::to_bytes(body).await.expect("the body ends").to_vec();
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            Answer { status, headers, bytes, body }
        })
    })
}
