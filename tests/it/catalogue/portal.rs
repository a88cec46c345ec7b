//! A portal with the whole catalogue on a database of its own.
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::HttpMessage;
use jiff::Timestamp;
use motcua::app::{self, App};
use motcua::auth::{Actor, Position, StaffActor, Who};
use motcua::catalogue::seed::{Seeded, seed};
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};
use motcua::workflow::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::support::TestDb;

/// Noon in Việt Nam of a day on which all embedded versions are in force.
pub const NOON: &str = "2026-10-01T12:00:00+07:00";

pub struct Portal {
    pub app: Arc<App>,
    pub seeded: Seeded,
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
    pub fn new() -> Self {
        let mut portal = Self::empty();
        portal.seeded = seed(&portal.app.db).expect("the catalogue of the binary is sound");
        portal
    }

    pub fn empty() -> Self {
        let database = TestDb::new();
        let clock = Clock::default();
        clock.set(Some(NOON.parse::<Timestamp>().expect("a time")));
        let db = Db::connect(database.url(), &DbLimits::default(), clock).expect("the database answers");
        let config = Config::from_parts("", []).expect("the defaults are right");
        let app = App::build(config, db).expect("the application stands");
        Self { app, seeded: Seeded::default(), _database: database }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path), Who::Anonymous).await
    }

    pub async fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header(header), Who::Anonymous).await
    }

    pub async fn post(&self, who: Who, path: &str, body: &Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        let request = TestRequest::post().uri(path).insert_header(("Idempotency-Key", key)).set_json(body);
        self.send(request, who).await
    }

    pub async fn send(&self, request: TestRequest, who: Who) -> Answer {
        let service = init_service(app::service(self.app.clone())).await;
        let request = request.to_request();
        request.extensions_mut().insert(who);
        let response = call_service(&service, request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body();
        let bytes = actix_web::body::to_bytes(body.boxed()).await.expect("the body ends").to_vec();
        Answer { status, headers, bytes }
    }
}

/// An official with one role at some agency.
pub fn official(role: Role) -> Who {
    let agency_id = Uuid::from_u128(1);
    let position = Position { agency_id, role, substitutes: None, sees: vec![agency_id] };
    Who::Staff(StaffActor { staff_id: Uuid::from_u128(2), name: "Phạm Thị Mẫu".into(), positions: vec![position] })
}

pub fn admin() -> Who {
    official(Role::SystemAdmin)
}

pub fn system() -> Actor {
    Actor::system("test")
}
