//! A portal with its real jobs, the simulators over HTTP, and dossiers whose events are written
//! as the use cases write them: history, row and jobs in one transaction.
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::HttpServer;
use actix_web::test::{TestRequest, call_and_read_body_json, init_service};
use diesel::RunQueryDsl;
use diesel::sql_types::{Integer, Jsonb, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::{SignedDuration, Timestamp};
use motcua::app::{self, App};
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits, to_sql};
use motcua::dossiers::{DossierJob, jobs};
use motcua::jobs::{NewJob, enqueue_many};
use motcua::simulators::{self, Simulators};
use motcua::worker;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{DataDir, TestDb, lines};

/// Monday morning in Việt Nam.
pub const MORNING: &str = "2026-10-05T08:00:00+07:00";
pub const MAI: Uuid = Uuid::from_u128(0x61);
pub const LEADER: Uuid = Uuid::from_u128(0x5b);

const PEOPLE: &str = "
    WITH unit AS (
        INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, search, valid_from)
        VALUES ('00000000-0000-0000-0000-0000000000a1', 'H49.61', '', 'UBND phường Hạ Long', 'Hạ Long', 'commune',
                'commune', true, '', '2025-07-01'),
               ('00000000-0000-0000-0000-0000000000a2', 'H49.61.01', '', 'Bộ phận Một cửa phường Hạ Long', 'Một cửa',
                'one_stop_unit', 'commune', true, '', '2025-07-01')),
    above AS (
        INSERT INTO agency_closure (ancestor_id, descendant_id, depth)
        VALUES ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000a1', 0)),
    leader AS (
        INSERT INTO staff (id, username, full_name, password_hash, created_at)
        VALUES ('00000000-0000-0000-0000-00000000005b', 'leader', 'Vũ Đức Mẫu', '', now())),
    post AS (
        INSERT INTO position (id, staff_id, agency_id, role, valid_from)
        VALUES (gen_random_uuid(), '00000000-0000-0000-0000-00000000005b', '00000000-0000-0000-0000-0000000000a1',
                'leader', '2025-07-01'))
    INSERT INTO person (id, identity_no, full_name, phone, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000061', '022190000061', 'Nguyễn Thị Mai', '0900000061', now(), now())";

pub struct Stage {
    pub app: Arc<App>,
    pub http: reqwest::Client,
    /// Address of the simulators.
    pub simulators: String,
    _data: DataDir,
    // Dropped last: it takes the database away.
    pub database: TestDb,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With further configuration.
    pub async fn with(more: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (database, data) = (TestDb::with_catalogue(), DataDir::new());
        let port = listener.local_addr().unwrap().port();
        let config = format!(
            "data_dir = {:?}\n[simulators]\nport = {port}\n[jobs]\nmax_attempts = 60\npoll_ms = 20\n{more}",
            data.path()
        );
        let config = Config::from_parts(&config, []).unwrap();
        let simulators = Simulators::new(&config).unwrap();
        let server = HttpServer::new(move || simulators::service(simulators.clone()));
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        let clock = Clock::default();
        clock.set(Some(MORNING.parse().unwrap()));
        let limits = DbLimits { checkout_ms: 10_000, lock_timeout_ms: 300, ..DbLimits::default() };
        let db = Db::connect(database.url(), &limits, clock).unwrap();
        diesel::sql_query(PEOPLE).execute(&mut database.connect()).unwrap();
        let app = App::build(config, db).unwrap();
        let simulators = format!("http://127.0.0.1:{port}");
        Self { app, http: reqwest::Client::new(), simulators, _data: data, database }
    }

    /// Mai's dossier of a procedure, without any event yet.
    pub fn dossier(&self, procedure: &str, answers: &Value) -> Uuid {
        let id = Uuid::now_v7();
        let applicant = json!({ "kind": "citizen", "name": "Nguyễn Thị Mai", "identity_no": "022190000061",
                                "phone": "0911111111", "subjects": [] });
        diesel::sql_query(
            "INSERT INTO dossier (id, code, tracking_secret, version_id, procedure_code, case_code, channel,
                                  applicant, applicant_person_id, filed_by, return_by, answers, receiving_unit_id,
                                  submitted_at, receipt, seq, marking, status, handling_unit_id, due_at, progress)
             SELECT $1, 'H49.61.01-261005-' || right($1::text, 4), '', v.id, $2, 'standard', 'online', $3,
                    '00000000-0000-0000-0000-000000000061', 'citizen:00000000-0000-0000-0000-000000000061', 'online',
                    $4, '00000000-0000-0000-0000-0000000000a2', '2026-10-05T01:00:00Z', '{}', 0, '{submitted}', 1,
                    '00000000-0000-0000-0000-0000000000a1', '2026-10-05T10:00:00Z', '{}'
               FROM procedure_version v WHERE v.procedure_code = $2 ORDER BY v.version DESC LIMIT 1",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(procedure)
        .bind::<Jsonb, _>(&applicant)
        .bind::<Jsonb, _>(answers)
        .execute(&mut self.database.connect())
        .unwrap();
        id
    }

    pub fn code(&self, dossier: Uuid) -> String {
        let sql = format!("SELECT code AS line FROM dossier WHERE id = '{dossier}'");
        lines(&mut self.database.connect(), &sql).remove(0)
    }

    /// The next event of a dossier, a minute after the one before, with a job of each kind.
    pub async fn event(
        &self,
        dossier: Uuid,
        action: &'static str,
        status: i16,
        detail: Value,
        kinds: &'static [&'static str],
    ) {
        let now: Timestamp = MORNING.parse().unwrap();
        let write = move |tx: &mut motcua::db::Tx| {
            #[derive(diesel::QueryableByName)]
            struct Next {
                #[diesel(sql_type = Integer)]
                seq: i32,
            }
            let Next { seq } = diesel::sql_query(
                "UPDATE dossier SET seq = seq + 1, status = $2,
                        progress = CASE WHEN $3 THEN progress || '{\"tax_sent_at\": \"2026-10-05T01:00:00Z\"}' ELSE progress END
                  WHERE id = $1 RETURNING seq",
            )
            .bind::<SqlUuid, _>(dossier)
            .bind::<SmallInt, _>(status)
            .bind::<diesel::sql_types::Bool, _>(action == "send_to_tax")
            .get_result(tx.conn)?;
            diesel::sql_query(
                "INSERT INTO dossier_event (dossier_id, seq, at, actor, actor_name, action, from_steps, to_steps,
                                            status, note, detail, changes)
                 VALUES ($1, $2, $3, 'staff:x', 'Lê Văn Mẫu', $4, '{}', '{}', $5, 'Lý do mẫu', $6, $7)",
            )
            .bind::<SqlUuid, _>(dossier)
            .bind::<Integer, _>(seq)
            .bind::<Timestamptz, _>(to_sql(now + SignedDuration::from_mins(seq.into())))
            .bind::<Text, _>(action)
            .bind::<SmallInt, _>(status)
            .bind::<Jsonb, _>(&detail)
            .bind::<Jsonb, _>(json!({ "status": status }))
            .execute(tx.conn)?;
            let payload = json!(DossierJob { dossier_id: dossier, seq });
            let job = |kind: &&'static str| NewJob {
                kind,
                subject: Some(dossier),
                payload: payload.clone(),
                dedup: None,
            };
            enqueue_many(tx, &kinds.iter().map(job).collect::<Vec<_>>())
        };
        self.app.db.write(&Actor::system("test"), write).await.unwrap();
    }

    /// A dossier of birth registration that comes to these statuses.
    pub async fn comes_to(&self, statuses: &[i16]) -> Uuid {
        let dossier = self.dossier("1.001193", &json!({}));
        for status in statuses {
            self.event(dossier, "forward", *status, json!({}), &[jobs::SYNC_NATIONAL]).await;
        }
        dossier
    }

    /// Runs what is due, once.
    pub async fn work(&self) {
        worker::runner(&self.app).unwrap().drain().await.unwrap();
    }

    /// Ends the rests, so that what failed is due again.
    pub fn wake(&self) {
        self.sql("UPDATE job SET run_at = now() WHERE state = 'waiting'");
    }

    /// Works until every job is done, whatever it takes; `between` happens after each round.
    pub async fn work_off(&self, between: impl AsyncFn()) {
        for _ in 0..60 {
            self.work().await;
            between().await;
            self.wake();
            if self.lines("SELECT kind AS line FROM job WHERE state <> 'done'").is_empty() {
                return;
            }
        }
        panic!(
            "not done: {:?}",
            self.lines("SELECT kind || ' ' || coalesce(last_error, '') AS line FROM job")
        );
    }

    pub fn sql(&self, sql: &str) {
        diesel::sql_query(sql).execute(&mut self.database.connect()).unwrap();
    }

    pub fn lines(&self, sql: &str) -> Vec<String> {
        lines(&mut self.database.connect(), sql)
    }

    /// Turns the dial of the simulators.
    pub async fn faults(&self, faults: Value) {
        let put = self.http.put(format!("{}/faults", self.simulators)).json(&faults);
        assert_eq!(put.send().await.unwrap().status(), 200);
    }

    /// What a simulator shows, with the dial at nought.
    pub async fn shown(&self, path: &str) -> Value {
        self.faults(json!({})).await;
        self.http.get(format!("{}{path}", self.simulators)).send().await.unwrap().json().await.unwrap()
    }

    /// Asks the portal as somebody.
    pub async fn get(&self, who: Option<Subject>, path: &str) -> Value {
        let mut request = TestRequest::get().uri(path);
        if let Some(who) = who {
            let opened = self.app.db.write_blocking(&Actor::system("test"), |tx| {
                session::open(tx, who, 2, &[], SignedDuration::from_hours(1))
            });
            let (session, now) = (opened.unwrap(), self.app.db.clock.now());
            let token = self.app.tokens.issue(Kind::Access, &session, &who.key(), now).unwrap().text;
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        let service = init_service(app::service(self.app.clone())).await;
        call_and_read_body_json(&service, request.to_request()).await
    }
}
