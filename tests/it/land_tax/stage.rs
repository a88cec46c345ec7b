//! A land dossier of a seller and a buyer that waits for the tax office, the messages of the tax
//! side, and payments at the gateway.
use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::test::{TestRequest, call_service, init_service};
use futures_util::future::LocalBoxFuture;
use jiff::SignedDuration;
use jiff::civil::Date;
use motcua::app;
use motcua::auth::Actor;
use motcua::auth::session::{self, Subject};
use motcua::auth::tokens::Kind;
use motcua::config::Secret;
use motcua::dossiers::jobs::TAX_SLIP;
use motcua::national::payment_platform::{Callback, Partner};
use motcua::national::tax::{
    Confirmation, Day, ImportNotices, ImportObligations, ImportPayment, NoticeKind, NoticeRow, Notices,
    Obligation, Obligations, PAID, PaymentDocument, PaymentInfo, SUCCESS, Standing, Sums, Tax,
};
use motcua::verify::{self, Part, Report};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::national::stage::Stage;

const LAND: &str = include_str!("../../../data/procedures/1.013831.json");
pub const KEY: &str = "simulator-only-tax-inbound-key";
pub const NOTICES: &str = "/api/v1/integration/tax/ImportThongBaoThue";
pub const PAYMENTS: &str = "/api/v1/integration/tax/ImportChungTuThue";
pub const CONFIRMATIONS: &str = "/api/v1/integration/tax/ImportXacNhanNghiaVu";

type Service = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, (u16, Vec<u8>)>>;

pub struct Land {
    service: Service,
    partner: Partner,
    /// Dossiers so far.
    made: Cell<u32>,
    pub stage: Stage,
}

/// Somebody who owes.
#[derive(Debug, Clone)]
pub struct Person {
    pub number: String,
    pub name: String,
}

impl Land {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With further configuration of its HTTP side.
    pub async fn with(http: &str) -> Self {
        let stage = Stage::with(&format!("[http]\npublic_requests_per_minute = 0\n{http}")).await;
        motcua::forms::seed(&stage.app.db).unwrap();
        let service = Rc::new(init_service(app::service(stage.app.clone())).await);
        let service: Service = Rc::new(move |request: TestRequest| {
            let service = service.clone();
            Box::pin(async move {
                let response = call_service(&*service, request.to_request()).await;
                let status = response.status().as_u16();
                let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap_or_default();
                (status, body.to_vec())
            })
        });
        Self { service, partner: Partner::of(&stage.app.config.payment), made: Cell::new(0), stage }
    }

    pub async fn send(&self, request: TestRequest) -> (u16, Value) {
        let (status, body) = (self.service)(request).await;
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The bytes of an answer.
    pub async fn bytes(&self, request: TestRequest) -> (u16, Vec<u8>) {
        (self.service)(request).await
    }

    /// A dossier whose slip has gone, and been acknowledged.
    pub async fn dossier(&self) -> Uuid {
        let id = self.unsent().await;
        self.stage.event(id, "send_to_tax", 4, json!({}), &[TAX_SLIP]).await;
        self.stage.work().await;
        id
    }

    /// A dossier whose slip is about to be sent.
    pub async fn unsent(&self) -> Uuid {
        self.unsent_with(&answers())
    }

    /// The same with other answers.
    pub fn unsent_with(&self, answers: &Value) -> Uuid {
        let id = self.stage.dossier("1.013831", answers);
        let number = 1 + self.made.get().max(100_000);
        self.made.set(number);
        self.stage.sql(&format!(
            "UPDATE dossier SET code = 'H49.61.01-261005-{number}', marking = '{{at_tax}}', status = 4,
                    clock_started_at = '2026-10-05T01:00:00Z', paused_since = '2026-10-05T01:00:00Z',
                    progress = '{{\"tax_sent_at\": \"2026-10-05T01:00:00Z\"}}' WHERE id = '{id}'"
        ));
        id
    }

    /// Seller and buyer.
    pub fn sides(&self) -> (Person, Person) {
        let answers = answers();
        let side = |name: &str| {
            let told = &answers[name];
            let text = |member: &str| told[member].as_str().unwrap().to_owned();
            Person { number: text("id_number"), name: text("full_name") }
        };
        (side("transferor"), side("transferee"))
    }

    pub fn code(&self, dossier: Uuid) -> String {
        self.stage.code(dossier)
    }

    pub async fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
        let request = TestRequest::post().uri(path).insert_header(("Content-Type", "application/json"));
        let (status, answer) = self.send(request.set_payload(body.into())).await;
        (status, answer["ERROR_CODE"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends notices; the tax side's code.
    pub async fn notices(&self, dossier: Uuid, message_id: &str, rows: Vec<NoticeRow>) -> (u16, String) {
        self.post_raw(NOTICES, notices(KEY, &self.code(dossier), Some(message_id), rows).write()).await
    }

    pub async fn paid(
        &self,
        dossier: Uuid,
        who: &Person,
        number: &str,
        amount: i64,
        reference: &str,
    ) -> (u16, String) {
        self.post_raw(PAYMENTS, payment(&self.code(dossier), who, number, amount, reference).write()).await
    }

    pub async fn confirm(&self, dossier: Uuid, message_id: &str, standing: Standing) -> (u16, String) {
        let message = confirmation(&self.code(dossier), message_id, standing, Vec::new());
        self.post_raw(CONFIRMATIONS, message.write()).await
    }

    /// A citizen of that number, recorded when new.
    pub fn citizen(&self, person: &Person) -> String {
        self.stage.sql(&format!(
            "INSERT INTO person (id, identity_no, full_name, created_at, updated_at)
             VALUES (gen_random_uuid(), '{}', '{}', now(), now()) ON CONFLICT DO NOTHING",
            person.number, person.name
        ));
        let sql = format!("SELECT id::text AS line FROM person WHERE identity_no = '{}'", person.number);
        self.token(Subject::Citizen(self.stage.lines(&sql)[0].parse().unwrap()), 2)
    }

    /// Logs in an official of an agency that is new, like its official.
    pub fn official_of(&self, agency: &str, kind: &str, role: &str) -> String {
        let (unit, staff) = (Uuid::now_v7(), Uuid::now_v7());
        self.stage.sql(&format!(
            "WITH unit AS (INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, search, valid_from)
                 VALUES ('{unit}', '{agency}', '', 'Nơi khác', 'Khác', '{kind}', 'commune', true, '', '2025-07-01')),
             closure AS (INSERT INTO agency_closure (ancestor_id, descendant_id, depth) VALUES ('{unit}', '{unit}', 0)),
             somebody AS (INSERT INTO staff (id, username, full_name, password_hash, created_at)
                 VALUES ('{staff}', '{staff}', 'Người Khác', '', now()))
             INSERT INTO position (id, staff_id, agency_id, role, valid_from)
             VALUES (gen_random_uuid(), '{staff}', '{unit}', '{role}', '2025-07-01')"
        ));
        self.token(Subject::Staff(staff), 0)
    }

    pub fn token(&self, who: Subject, level: i16) -> String {
        let app = &self.stage.app;
        let opened = app.db.write_blocking(&Actor::system("test"), |tx| {
            session::open(tx, who, level, &[], SignedDuration::from_hours(48))
        });
        app.tokens.issue(Kind::Access, &opened.unwrap(), &who.key(), app.db.clock.now()).unwrap().text
    }

    pub async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        let request =
            TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {token}")));
        self.send(request).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> (u16, Value) {
        let request =
            TestRequest::post().uri(path).insert_header(("Idempotency-Key", Uuid::now_v7().to_string()));
        let request = if token.is_empty() {
            request
        } else {
            request.insert_header(("Authorization", format!("Bearer {token}")))
        };
        self.send(request.set_json(body)).await
    }

    /// The identifier of a notice row.
    pub fn notice(&self, dossier: Uuid, number: &str, instalment: i16) -> String {
        let sql = format!(
            "SELECT id::text AS line FROM land_tax_notice
              WHERE dossier_id = '{dossier}' AND notice_no = '{number}' AND instalment = {instalment}"
        );
        self.stage.lines(&sql).remove(0)
    }

    /// Opens a payment of a notice; the order's reference.
    pub async fn order(&self, token: &str, notice: &str, amount: Option<i64>) -> String {
        let mut body = json!({ "gateway": "national" });
        if let Some(amount) = amount {
            body["amount"] = amount.into();
        }
        let (status, out) =
            self.post(token, &format!("/api/v1/land-tax/notices/{notice}/payments"), body).await;
        assert_eq!(status, 201, "{out}");
        out["order"]["reference"].as_str().unwrap().to_owned()
    }

    /// The gateway tells that an order was paid.
    pub async fn gateway_paid(&self, reference: &str, amount: i64) -> String {
        let notice = Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: "00".to_owned(),
            partner: self.partner.code.clone(),
            reference: reference.to_owned(),
            amount: amount.to_string(),
            currency: "VND".to_owned(),
            transaction: format!("GD-{reference}"),
            bank: "VIETINBANK".to_owned(),
            time: "20261005091500".to_owned(),
            information: "Nộp thuế".to_owned(),
            digest: String::new(),
        };
        let body = notice.sign(&self.partner).to_json().to_string();
        let request = TestRequest::post()
            .uri("/api/v1/payments/callbacks/national")
            .insert_header(("Content-Type", "application/json"))
            .set_payload(body);
        let (status, answer) = self.send(request).await;
        assert_eq!(status, 200, "{answer}");
        answer["MaLoi"].as_str().unwrap_or_default().to_owned()
    }

    /// Runs the jobs of the tax path that are due, round after round: a job makes others.
    pub async fn work(&self) {
        for _ in 0..4 {
            self.stage.work().await;
        }
    }

    /// number/instalment, state and đồng counted of the rows of a dossier.
    pub fn rows(&self, dossier: Uuid) -> Vec<String> {
        self.stage.lines(&format!(
            "SELECT n.notice_no || '/' || n.instalment || ' ' || n.state || ' ' || (
                        coalesce((SELECT sum(amount) FROM claim_entry WHERE claim_id = n.claim_id), 0)
                      - coalesce((SELECT sum(amount) FROM claim_entry WHERE from_claim_id = n.claim_id), 0)) AS line
               FROM land_tax_notice n WHERE n.dossier_id = '{dossier}' ORDER BY 1"
        ))
    }

    pub fn step(&self, dossier: Uuid) -> String {
        self.stage.lines(&format!("SELECT marking[1] AS line FROM dossier WHERE id = '{dossier}'")).remove(0)
    }

    /// The ledger and the payments are what their facts say.
    pub async fn verify(&self) {
        let mut found = Vec::new();
        for part in [Part::Ledger, Part::Payments] {
            let mut tell = |difference: &str| found.push(difference.to_owned());
            let mut report = Report::new(&mut tell);
            verify::run(&self.stage.app.db, &self.stage.app.files, part, false, &mut report).await.unwrap();
        }
        // The dossiers of these tests are written without their history of fees.
        assert_eq!(found, [""; 0]);
    }
}

/// A transfer between two people, as its form is filled in.
pub fn answers() -> Value {
    let mut procedure: Value = serde_json::from_str(LAND).unwrap();
    procedure["scenarios"][0]["answers"].take()
}

/// A row about somebody.
pub fn row(who: &Person, number: &str, item: &str, amount: i64) -> NoticeRow {
    NoticeRow {
        tax_number: who.number.clone(),
        notice_number: number.to_owned(),
        notice_day: Day::new(Date::constant(2026, 10, 6)),
        item_name: Some(format!("Khoản {item}")),
        amount,
        kind: None,
        replaced: None,
        reason: None,
        instalment: None,
        due: Some(Day::new(Date::constant(2026, 11, 4))),
        item: Some(item.to_owned()),
        chapter: Some("757".to_owned()),
        treasury_account: Some("7111".to_owned()),
        collector: Some("1054406".to_owned()),
        treasury: Some("2211".to_owned()),
        taxpayer: Some(who.name.clone()),
        number: Some(who.number.clone()),
        waived: None,
        recorded_as_debt: None,
        pdf: None,
    }
}

/// The same, in the stead of another notice.
pub fn instead(who: &Person, number: &str, item: &str, amount: i64, old: &str) -> NoticeRow {
    NoticeRow {
        kind: Some(NoticeKind::Replaces),
        replaced: Some(old.to_owned()),
        ..row(who, number, item, amount)
    }
}

pub fn cancel(who: &Person, number: &str, item: &str) -> NoticeRow {
    NoticeRow { kind: Some(NoticeKind::Cancelled), ..row(who, number, item, 0) }
}

pub fn notices(key: &str, code: &str, message_id: Option<&str>, rows: Vec<NoticeRow>) -> ImportNotices {
    let notices = Notices { dossier_code: code.to_owned(), message_id: message_id.map(str::to_owned), rows };
    ImportNotices {
        security_key: Secret::new(key.to_owned()),
        service: None,
        day: None,
        is_updating: false,
        notices,
    }
}

pub fn payment(code: &str, who: &Person, number: &str, amount: i64, reference: &str) -> ImportPayment {
    let payment = PaymentInfo {
        content: None,
        paid_at: "2026-10-07T02:00:00Z".parse().unwrap(),
        notice_number: number.to_owned(),
        state: PAID.to_owned(),
        amount,
        instalment: None,
        reference: Some(reference.to_owned()),
        item: None,
        channel: Some("eTax Mobile".to_owned()),
    };
    let data = PaymentDocument {
        dossier_code: code.to_owned(),
        tax_number: who.number.clone(),
        payer_number: Some(who.number.clone()),
        payer_name: Some(who.name.clone()),
        payer_province: None,
        payer_district: None,
        payer_commune: None,
        payer_address: None,
        document_url: None,
        message_id: None,
        payment,
    };
    ImportPayment { security_key: Secret::new(KEY.to_owned()), service: None, is_updating: false, data }
}

/// `debts`: who recorded how much of which notice as debt.
pub fn confirmation(
    code: &str,
    message_id: &str,
    standing: Standing,
    debts: Vec<(&Person, &str, i64)>,
) -> ImportObligations {
    let told = |(who, number, amount): (&Person, &str, i64)| {
        let sums = Sums { due: amount, recorded: amount, ..Sums::default() };
        Confirmation {
            standing: Standing::Recorded,
            explanation: None,
            collector: None,
            day: None,
            official: None,
            name: Some(who.name.clone()),
            tax_number: who.number.clone(),
            number: Some(who.number.clone()),
            address: None,
            sums,
            taxes: vec![Tax {
                of: Obligation::LandUse,
                notice_number: Some(number.to_owned()),
                notice_day: None,
                due_day: None,
                exemption: None,
                exemption_day: None,
                sums,
                note: None,
            }],
        }
    };
    let data = Obligations {
        error_code: SUCCESS.to_owned(),
        error_text: None,
        dossier_code: code.to_owned(),
        slip: None,
        standing,
        confirmations: debts.into_iter().map(told).collect(),
    };
    ImportObligations {
        security_key: Secret::new(KEY.to_owned()),
        message_id: Some(message_id.to_owned()),
        data,
    }
}
