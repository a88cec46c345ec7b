//! A portal with the whole catalogue on a database of its own.
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use jiff::SignedDuration;
use jiff::Timestamp;
use motcua::app::{self, App};
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};
use motcua::workflow::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{DataDir, TestDb};

/// Noon in Việt Nam of a day on which all embedded versions are in force.
pub const NOON: &str = "2026-10-01T12:00:00+07:00";

/// Who may write in the catalogue.
pub const ADMIN: Option<Role> = Some(Role::SystemAdmin);

pub struct Portal {
    pub app: Arc<App>,
    _data: DataDir,
    _database: TestDb,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {:?}", self.bytes))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// (field, code) of every field of a problem.
    pub fn fields(&self) -> Vec<(String, String)> {
        let fields = self.json()["fields"].as_array().cloned().unwrap_or_default();
        let text = |field: &Value, name: &str| field[name].as_str().unwrap_or_default().to_owned();
        fields.iter().map(|field| (text(field, "field"), text(field, "code"))).collect()
    }
}

impl Portal {
    /// With the whole catalogue of the binary.
    pub fn new() -> Self {
        Self::on(TestDb::with_catalogue())
    }

    /// With nothing in it.
    pub fn empty() -> Self {
        Self::on(TestDb::new())
    }

    fn on(database: TestDb) -> Self {
        let clock = Clock::default();
        clock.set(Some(NOON.parse::<Timestamp>().expect("a time")));
        let db = Db::connect(database.url(), &DbLimits::default(), clock).expect("the database answers");
        let data = DataDir::new();
        let config = format!("data_dir = {:?}", data.path());
        let config = Config::from_parts(&config, []).expect("the configuration is right");
        let app = App::build(config, db).expect("the application stands");
        Self { app, _data: data, _database: database }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path), None).await
    }

    pub async fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header(header), None).await
    }

    pub async fn post(&self, who: Option<Role>, path: &str, body: &Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        let request = TestRequest::post().uri(path).insert_header(("Idempotency-Key", key)).set_json(body);
        self.send(request, who).await
    }

    /// A token of a new official who holds the role at a new agency.
    fn log_in(&self, role: Role) -> String {
        let (staff, agency) = (Uuid::now_v7(), Uuid::now_v7());
        let session = self.app.db.write_blocking(&system(), |tx| {
            for sql in [
                "INSERT INTO staff (id, username, full_name, password_hash, failed_logins, active, created_at)
                 VALUES ($1, $1::text, 'Phạm Thị Mẫu', '', 0, true, now())",
                "INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, search, valid_from)
                 VALUES ($2, $2::text, '', 'Trung tâm mẫu', 'Mẫu', 'service_centre', 'province', true, '', '2025-07-01')",
                "INSERT INTO position (id, staff_id, agency_id, role, valid_from)
                 VALUES (gen_random_uuid(), $1, $2, $3, '2025-07-01')",
            ] {
                diesel::sql_query(format!("WITH given AS (SELECT $1::uuid, $2::uuid, $3::text) {sql}"))
                    .bind::<SqlUuid, _>(staff)
                    .bind::<SqlUuid, _>(agency)
                    .bind::<Text, _>(role.word())
                    .execute(tx.conn)?;
            }
            session::open(tx, Subject::Staff(staff), 0, &[], SignedDuration::from_hours(1))
        });
        let session = session.expect("the official logs in");
        let (subject, now) = (Subject::Staff(staff).key(), self.app.db.clock.now());
        self.app.tokens.issue(Kind::Access, &session, &subject, now).expect("a token").text
    }

    pub async fn send(&self, request: TestRequest, who: Option<Role>) -> Answer {
        let service = init_service(app::service(self.app.clone())).await;
        let request = match who {
            Some(role) => request.insert_header(("Authorization", format!("Bearer {}", self.log_in(role)))),
            None => request,
        };
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body();
        let bytes = actix_web::body::to_bytes(body.boxed()).await.expect("the body ends").to_vec();
        Answer { status, headers, bytes }
    }
}

pub fn system() -> Actor {
    Actor::system("test")
}
