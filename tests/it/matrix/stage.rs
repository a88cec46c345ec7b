//! A portal with one official of every role at one unit, two citizens, and for every cell an
//! object of its own: copies of a dossier and a draft that were filed over HTTP.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::test::{TestRequest, call_service, init_service};
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Text, Uuid as SqlUuid};
use jiff::SignedDuration;
use motcua::agencies::import;
use motcua::app::{self, App};
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};
use motcua::simulators;
use serde_json::{Value, json};
use uuid::Uuid;

use super::table::{On, ROLES, Relation, Role};
use crate::support::{DataDir, PDF, TestDb, lines};

/// The unit where every official of the matrix works (Hồng Gai), the one below it, the one
/// above, and one that has nothing to do with it (Hạ Long).
pub const UNIT: &str = "H49.45";
pub const BELOW: &str = "H49.45.01";
pub const ABOVE: &str = "H49";
pub const ELSEWHERE: &str = "H49.46";
const NOW: &str = "2026-10-01T08:00:00+07:00";

pub struct Stage {
    pub app: Arc<App>,
    subjects: BTreeMap<Role, Subject>,
    /// Filed at the level that the procedure demands; copied for the cells.
    dossier: Uuid,
    draft: Uuid,
    number: u32,
    // Dropped last.
    _data: DataDir,
    /// For the seeds.
    conn: RefCell<PgConnection>,
    _database: TestDb,
}

/// What the placeholders of paths, queries and bodies stand for.
pub type Object = BTreeMap<&'static str, String>;

impl Stage {
    pub async fn new() -> Self {
        let database = TestDb::with_catalogue();
        let clock = Clock::default();
        clock.set(Some(NOW.parse().expect("a time")));
        let db = Db::connect(database.url(), &DbLimits::default(), clock).expect("the database answers");
        let data = DataDir::new();
        let config = format!(
            "data_dir = {:?}\n[http]\npublic_requests_per_minute = 0\n[simulators]\nport = {}\n[forms]\nprogram = {:?}\n",
            data.path(),
            free_port(),
            env!("CARGO_BIN_EXE_motcua")
        );
        let config = Config::from_parts(&config, []).unwrap();
        actix_web::rt::spawn(simulators::start(&config).expect("the simulators stand"));
        let app = App::build(config, db).expect("the portal stands");
        app.db.write_blocking(&Actor::system("test"), |tx| import::agencies(tx, import::QUANG_NINH)).unwrap();
        motcua::forms::seed(&app.db).unwrap();
        let mut stage = Self {
            app,
            subjects: BTreeMap::new(),
            dossier: Uuid::nil(),
            draft: Uuid::nil(),
            number: 0,
            _data: data,
            conn: RefCell::new(database.connect()),
            _database: database,
        };
        for role in ROLES {
            if let Some(subject) = stage.person_of(role) {
                stage.subjects.insert(role, subject);
            }
        }
        stage.file().await;
        // The copies of a file share its bytes in the store.
        diesel::sql_query("DROP INDEX file_storage_key").execute(&mut *stage.conn.borrow_mut()).unwrap();
        stage
    }

    fn person_of(&self, role: Role) -> Option<Subject> {
        if let Some(word) = role.position() {
            let staff = self.official(&format!("m.{word}"));
            self.appoint(staff, UNIT, word);
            return Some(Subject::Staff(staff));
        }
        match role {
            Role::CitizenLevel1 => Some(Subject::Citizen(self.person("022196000002"))),
            Role::CitizenLevel2 => Some(Subject::Citizen(self.person("022094000001"))),
            Role::Machine => {
                let id = Uuid::now_v7();
                self.run(
                    "INSERT INTO machine_client (id, client_id, secret_hash, name, scopes, created_at)
                     SELECT $1, 'matrix', '', 'Hệ thống mẫu', '{payments.lookup}', $2::timestamptz",
                    id,
                    NOW,
                );
                Some(Subject::Machine(id))
            }
            _ => None,
        }
    }

    /// An account without a position.
    pub fn official(&self, username: &str) -> Uuid {
        let id = Uuid::now_v7();
        self.run(
            "INSERT INTO staff (id, username, full_name, password_hash, created_at)
             VALUES ($1, $2, 'Phạm Thị Mẫu', '', now())",
            id,
            username,
        );
        id
    }

    /// Gives the official a position; its id.
    pub fn appoint(&self, staff: Uuid, agency: &str, role: &str) -> Uuid {
        let id = Uuid::now_v7();
        diesel::sql_query(
            "INSERT INTO position (id, staff_id, agency_id, role, valid_from)
             SELECT $1, $2, agency.id, $4, '2025-07-01' FROM agency WHERE code = $3",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(staff)
        .bind::<Text, _>(agency)
        .bind::<Text, _>(role)
        .execute(&mut *self.conn.borrow_mut())
        .unwrap();
        id
    }

    /// Lets an official stand in for another one, until next year.
    fn substitute(&self, substitute: Uuid, absent: Uuid) -> Uuid {
        let id = Uuid::now_v7();
        self.run(
            &format!(
                "INSERT INTO substitution (id, absent_id, substitute_id, valid_from, valid_to, reason, granted_by)
                 VALUES ($1, '{absent}', '{substitute}', '2026-09-01', '2027-01-01', $2, '{substitute}')"
            ),
            id,
            "Nghỉ phép",
        );
        id
    }

    pub fn person(&self, identity_no: &str) -> Uuid {
        let id = Uuid::now_v7();
        self.run(
            "INSERT INTO person (id, identity_no, full_name, identity_level, created_at, updated_at)
             VALUES ($1, $2, 'Nguyễn Hải Đăng', 2, now(), now())",
            id,
            identity_no,
        );
        id
    }

    fn run(&self, sql: &str, id: Uuid, text: &str) {
        let query = diesel::sql_query(sql).bind::<SqlUuid, _>(id).bind::<Text, _>(text);
        query.execute(&mut *self.conn.borrow_mut()).unwrap();
    }

    /// A token of a new session.
    pub fn token(&self, role: Role) -> Option<String> {
        let subject = *self.subjects.get(&role)?;
        let level = match role {
            Role::CitizenLevel1 => 1,
            Role::CitizenLevel2 => 2,
            _ => 0,
        };
        Some(self.token_of(subject, level))
    }

    pub fn token_of(&self, subject: Subject, level: i16) -> String {
        let scopes = ["payments.lookup".to_owned()];
        let scopes = if matches!(subject, Subject::Machine(_)) { &scopes[..] } else { &[] };
        let open = |tx: &mut motcua::db::Tx| {
            session::open(tx, subject, level, scopes, SignedDuration::from_hours(1))
        };
        let session = self.app.db.write_blocking(&Actor::system("test"), open).unwrap();
        let now = self.app.db.clock.now();
        self.app.tokens.issue(Kind::Access, &session, &subject.key(), now).unwrap().text
    }

    /// Files the templates over HTTP, as the citizen of level 2.
    async fn file(&mut self) {
        let service = init_service(app::service(self.app.clone())).await;
        let send = async |request: TestRequest| {
            let response = call_service(&service, request.to_request()).await;
            let status = response.status().as_u16();
            let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap_or_default();
            assert_eq!(status, 201, "{body:?}");
            serde_json::from_slice::<Value>(&body).unwrap()
        };
        let bearer = format!("Bearer {}", self.token(Role::CitizenLevel2).expect("a citizen has a token"));
        let post = |path: &str| {
            let key = Uuid::now_v7().to_string();
            let post = TestRequest::post().uri(path).insert_header(("Idempotency-Key", key));
            post.insert_header(("Authorization", bearer.clone()))
        };
        let mut drafts = Vec::new();
        for _ in 0..2 {
            let procedure = include_str!("../../../data/procedures/1.001193.json");
            let procedure: Value = serde_json::from_str(procedure).unwrap();
            let answers = &procedure["scenarios"][0]["answers"];
            let draft =
                json!({"procedure": "1.001193", "channel": "online", "unit": BELOW, "answers": answers});
            let draft = send(post("/api/v1/drafts").set_json(draft)).await;
            let id: Uuid = draft["id"].as_str().unwrap().parse().unwrap();
            for component in ["1.001193-TP02", "1.001193-TP06"] {
                let path = format!("/api/v1/drafts/{id}/files?component={component}&name=giay.pdf");
                send(post(&path).set_payload(PDF)).await;
            }
            drafts.push(id);
        }
        let version = lines(
            &mut self.conn.borrow_mut(),
            &format!("SELECT version::text AS line FROM draft WHERE id = '{}'", drafts[1]),
        );
        let submit = post(&format!("/api/v1/drafts/{}/submit", drafts[1]));
        let submit = submit.insert_header(("If-Match", format!("\"{}\"", version[0]))).set_json(json!({}));
        let dossier = send(submit).await;
        self.draft = drafts[0];
        self.dossier = dossier["id"].as_str().unwrap().parse().unwrap();
    }

    /// An object that is just this to an actor of the role.
    pub fn object(&mut self, on: On, role: Role, relation: Relation) -> Object {
        self.number += 1;
        let mut object = Object::from([
            ("id", Uuid::now_v7().to_string()),
            ("file", Uuid::now_v7().to_string()),
            ("receipt", Uuid::now_v7().to_string()),
            ("form", Uuid::now_v7().to_string()),
            ("position", Uuid::now_v7().to_string()),
            ("substitution", Uuid::now_v7().to_string()),
            ("code", "H49.45.01-260101-9999".to_owned()),
            ("agency", UNIT.to_owned()),
            ("secret", "khong-co-that-12".to_owned()),
            ("number", format!("{:04}", self.number)),
            ("colleague", Uuid::now_v7().to_string()),
            ("short", format!("{:03}", self.number % 1000)),
            ("version", "1".to_owned()),
        ]);
        match on {
            On::Portal => {}
            On::Job => {
                object.insert("id", i64::MAX.to_string());
                if relation != Relation::Nonexistent {
                    object.insert("id", self.dead_job());
                }
            }
            On::Agency | On::Post => self.place(on, relation, &mut object),
            On::Dossier | On::Draft | On::Upload if relation == Relation::Nonexistent => {}
            On::Dossier => self.dossier_for(role, relation, &mut object),
            On::Draft => self.draft_for(role, relation, &mut object),
            On::Upload => self.upload_for(role, relation, &mut object),
        }
        object
    }

    fn dead_job(&self) -> String {
        lines(
            &mut self.conn.borrow_mut(),
            "INSERT INTO job (kind, payload, state, run_at, created_at, finished_at)
             VALUES ('test', '{}', 'dead', now(), now(), now()) RETURNING id::text AS line",
        )
        .remove(0)
    }

    fn place(&self, on: On, relation: Relation, object: &mut Object) {
        let code = match relation {
            Relation::OwnUnit => UNIT,
            Relation::ParentUnit => BELOW,
            Relation::ChildUnit => ABOVE,
            Relation::Nonexistent if on == On::Agency => "H49.99.99",
            Relation::Nonexistent => return,
            _ => ELSEWHERE,
        };
        object.insert("agency", code.to_owned());
        object.insert("code", code.to_owned());
        // A version that is over: nothing changes for the cells that come after.
        object.insert("version", "0".to_owned());
        if on == On::Post {
            let staff = self.official(&format!("post.{}", self.number));
            object.insert("id", staff.to_string());
            object.insert("position", self.appoint(staff, code, "specialist").to_string());
            let colleague = self.official(&format!("colleague.{}", self.number));
            self.appoint(colleague, UNIT, "specialist");
            object.insert("colleague", colleague.to_string());
            object.insert("substitution", self.substitute(colleague, staff).to_string());
        }
    }

    fn dossier_for(&self, role: Role, relation: Relation, object: &mut Object) {
        let stranger = self.person(&format!("0220{:08}", self.number));
        let (receiving, handling) = match relation {
            Relation::OwnUnitReceiving => (UNIT, ELSEWHERE),
            Relation::OwnUnitHandling => (ELSEWHERE, UNIT),
            Relation::ParentUnit => (BELOW, BELOW),
            Relation::ChildUnit => (ABOVE, ABOVE),
            Relation::Closed => (UNIT, UNIT),
            _ => (ELSEWHERE, ELSEWHERE),
        };
        let applicant = match self.subjects.get(&role) {
            Some(Subject::Citizen(id)) if matches!(relation, Relation::Own | Relation::Closed) => *id,
            Some(Subject::Citizen(id)) if relation == Relation::Mandated => {
                self.mandate(*id, stranger);
                stranger
            }
            _ => stranger,
        };
        let mut filed = Filed { receiving, handling, applicant, ..Filed::default() };
        filed.closed = relation == Relation::Closed;
        filed.consulted = if relation == Relation::OwnUnitConsulted { vec![UNIT] } else { vec![] };
        let copy = self.copy_dossier(&filed, self.number);
        object.extend(copy);
    }

    /// A copy of the filed dossier in another situation.
    pub fn copy_dossier(&self, filed: &Filed, number: u32) -> Object {
        let (id, file) = (Uuid::now_v7(), Uuid::now_v7());
        let code = format!("H49.45.01-260901-{number:04}");
        let (receiving, handling) = (self.agency(filed.receiving), self.agency(filed.handling));
        let mut changes = json!({
            "id": id, "code": code, "tracking_secret": format!("secret-{number:09}"), "seq": 1,
            "applicant_person_id": filed.applicant, "filed_by": format!("citizen:{}", filed.applicant),
            "receiving_unit_id": receiving, "handling_unit_id": handling, "holder_unit_id": receiving,
        });
        if filed.closed {
            let end = json!({"status": 7, "marking": ["withdrawn"], "closed_at": NOW, "holder_unit_id": null, "holder_role": null});
            changes.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
        }
        self.copy("dossier", "id", self.dossier, &changes);
        self.copy("dossier_event", "dossier_id", self.dossier, &json!({"dossier_id": id}));
        self.copy("file", "dossier_id", self.dossier, &json!({"id": file, "dossier_id": id}));
        for unit in &filed.consulted {
            self.run(
                "INSERT INTO dossier_unit (dossier_id, unit_id, relation, since)
                 SELECT $1, agency.id, 'opinion', now() FROM agency WHERE code = $2",
                id,
                unit,
            );
        }
        Object::from([
            ("id", id.to_string()),
            ("code", code),
            ("file", file.to_string()),
            ("receipt", self.receipt(id, filed.receiving, number)),
            ("form", self.form(id, file, number)),
            ("secret", format!("secret-{number:09}")),
        ])
    }

    /// A receipt of a copied dossier, with what was owed and paid for it.
    fn receipt(&self, dossier: Uuid, unit: &str, number: u32) -> String {
        let sql = format!(
            "WITH fee AS (
                 INSERT INTO charge (id, dossier_id, fee_code, name, kind, amount, refundable, explanation, created_at)
                 VALUES (gen_random_uuid(), '{dossier}', 'TEST', 'Lệ phí', 'fee', 7000, true, '{{}}', '{NOW}')
                 RETURNING id
             ), demand AS (
                 INSERT INTO payment_order (id, dossier_id, reference, amount, state, opened_at, paid_at, gateway, gateway_txn)
                 VALUES (gen_random_uuid(), '{dossier}', 'MATRIX{number}', 7000, 'paid', '{NOW}', '{NOW}', 'national', 'M{number}')
                 RETURNING id
             ), series AS (
                 INSERT INTO receipt_series (id, unit_id, year, kind, form, symbol, last)
                 SELECT gen_random_uuid(), a.id, 2026, 'fee', '01BLP0-002', 'BL-26E', {number} FROM agency a WHERE a.code = '{unit}'
                 ON CONFLICT (unit_id, year, kind, form, symbol) DO UPDATE SET last = {number} RETURNING id, unit_id
             ), paper AS (
                 INSERT INTO receipt (id, series_id, number, kind, symbol, secret, unit_id, dossier_id, order_id, payer,
                                      amount, issued_at, issued_by, state)
                 SELECT gen_random_uuid(), series.id, {number}, 'fee', 'BL-26E', repeat('S', 18) || lpad('{number}', 8, '0'),
                        series.unit_id, '{dossier}', demand.id, '{{\"name\": \"Mẫu\", \"address\": \"\"}}', 7000, '{NOW}', 'test', 'valid'
                   FROM series, demand RETURNING id
             ), line AS (
                 INSERT INTO receipt_line (receipt_id, line, charge_id, fee_code, name, amount)
                 SELECT paper.id, 1, fee.id, 'TEST', 'Lệ phí', 7000 FROM paper, fee
             )
             SELECT id::text AS line FROM paper",
        );
        lines(&mut self.conn.borrow_mut(), &sql).remove(0)
    }

    /// A receipt slip of a copied dossier, whose file is that of the dossier.
    fn form(&self, dossier: Uuid, file: Uuid, number: u32) -> String {
        let sql = format!(
            "INSERT INTO produced_form (id, form, template_id, unit_id, dossier_id, seq, data, data_sha256, token,
                                        asked_at, asked_by, file_id, made_at)
             SELECT gen_random_uuid(), '01', t.id, a.id, '{dossier}', 1, '{{}}', lpad('{number}', 64, '0'),
                    lpad('{number}', 26, 'F'), '{NOW}', 'test', '{file}', '{NOW}'
               FROM template t, agency a WHERE t.code = '01' AND t.unit_id IS NULL AND t.version = 1 AND a.code = '{UNIT}'
             RETURNING id::text AS line",
        );
        lines(&mut self.conn.borrow_mut(), &sql).remove(0)
    }

    pub fn mandate(&self, agent: Uuid, principal: Uuid) {
        self.run(
            "INSERT INTO mandate (id, agent_id, principal_person_id, kind, scope, valid_from, evidence, created_at)
             VALUES (gen_random_uuid(), $1, $2::uuid, 'legal_representative', '{}', '2026-01-01', '', now())",
            agent,
            &principal.to_string(),
        );
    }

    fn draft_for(&self, role: Role, relation: Relation, object: &mut Object) {
        let (id, file) = (Uuid::now_v7(), Uuid::now_v7());
        let mine = matches!(relation, Relation::Own | Relation::Closed);
        let owner = match self.subjects.get(&role) {
            Some(subject) if mine => subject.key(),
            // A colleague of the same unit is a stranger to one's drafts, too.
            _ => format!("staff:{}", Uuid::now_v7()),
        };
        let mut changes = json!({"id": id, "owner": owner, "version": 1});
        if relation == Relation::Closed {
            changes["dossier_id"] = json!(self.dossier);
        }
        self.copy("draft", "id", self.draft, &changes);
        self.copy("file", "draft_id", self.draft, &json!({"id": null, "draft_id": id}));
        let first = format!("SELECT id::text AS line FROM file WHERE draft_id = '{id}' LIMIT 1");
        let found = lines(&mut self.conn.borrow_mut(), &first).into_iter().next();
        object.insert("id", id.to_string());
        object.insert("file", found.unwrap_or(file.to_string()));
    }

    /// An upload of the small file, announced for a draft of the same owner.
    fn upload_for(&self, role: Role, relation: Relation, object: &mut Object) {
        self.draft_for(role, relation, object);
        let upload = lines(
            &mut self.conn.borrow_mut(),
            &format!(
                "INSERT INTO upload (id, owner, draft_id, component, purpose, name, length, received, begun_at, expires_at)
                 SELECT gen_random_uuid(), owner, id, '', 'component', 'giay.pdf', {}, 0, now(), now() + interval '9 years'
                   FROM draft WHERE id = '{}' RETURNING id::text AS line",
                PDF.len(),
                object["id"]
            ),
        );
        object.insert("id", upload[0].clone());
    }

    fn agency(&self, code: &str) -> String {
        let sql = format!("SELECT id::text AS line FROM agency WHERE code = '{code}'");
        lines(&mut self.conn.borrow_mut(), &sql).remove(0)
    }

    /// Copies rows with changed columns. A file gets a new id, the first the one that is asked for.
    fn copy(&self, table: &str, key: &str, of: Uuid, changes: &Value) {
        let with_id = match table {
            "file" => {
                "$2 || jsonb_build_object('id', CASE WHEN row_number() OVER (ORDER BY t.id) = 1 \
                       AND $2->>'id' IS NOT NULL THEN ($2->>'id')::uuid ELSE gen_random_uuid() END)"
            }
            _ => "$2",
        };
        let sql = format!(
            "INSERT INTO {table} SELECT (jsonb_populate_record(t, {with_id})).* FROM {table} t WHERE {key} = $1"
        );
        let query = diesel::sql_query(sql).bind::<SqlUuid, _>(of).bind::<Jsonb, _>(changes);
        assert!(query.execute(&mut *self.conn.borrow_mut()).unwrap() > 0, "no {table} to copy");
    }
}

/// The situation of a copied dossier.
#[derive(Debug, Clone)]
pub struct Filed {
    /// Codes of agencies.
    pub receiving: &'static str,
    pub handling: &'static str,
    pub consulted: Vec<&'static str>,
    pub applicant: Uuid,
    pub closed: bool,
}

impl Default for Filed {
    fn default() -> Self {
        Self {
            receiving: ELSEWHERE,
            handling: ELSEWHERE,
            consulted: vec![],
            applicant: Uuid::nil(),
            closed: false,
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A small PDF for uploads.
pub fn pdf() -> Vec<u8> {
    PDF.to_vec()
}
