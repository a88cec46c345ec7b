//! A portal, a payment platform and a dossier that owes money.
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App as Actix, HttpServer};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{PgConnection, RunQueryDsl};
use motcua::app::{self, App};
use motcua::auth::Actor;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits, Tx};
use motcua::error::Result;
use motcua::ledger::Payer;
use motcua::national::payment_platform::{Callback, CallbackReply, Partner, PaymentPlatform};
use motcua::payments::gateway::vnpay::wire::Merchant;
use motcua::payments::{
    self, ChargeIn, ChargeKind, Debtor, Gateways, Order, OrderState, PaymentOut, open_order, payment_of,
    write_charges,
};
use motcua::simulators::Simulators;
use motcua::verify::{self, Part, Report};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestDb, lines};

pub const AMOUNT: i64 = 7000;

pub struct Stage {
    pub app: Arc<App>,
    // Dropped last: it takes the database away.
    pub db: Db,
    pub gateways: Gateways,
    pub partner: Partner,
    pub merchant: Merchant,
    pub config: Config,
    pub http: reqwest::Client,
    pub portal: String,
    pub simulator: String,
    pub test_db: TestDb,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With further configuration.
    pub async fn with(more: &str) -> Self {
        let (portal, simulator) = (listener(), listener());
        let port = |l: &TcpListener| l.local_addr().unwrap().port();
        let file =
            format!("[http]\nport = {}\n[simulators]\nport = {}\n{more}", port(&portal), port(&simulator));
        let config = Config::from_parts(&file, []).unwrap();
        let test_db = TestDb::new();
        seed(&mut test_db.connect());
        let limits = DbLimits { pool_size: 20, checkout_ms: 10_000, ..DbLimits::default() };
        let db = Db::connect(test_db.url(), &limits, Clock::default()).unwrap();
        let app = App::build(config.clone(), db.clone()).unwrap();
        serve(portal, app.clone());
        let simulators = Simulators::new(&config).unwrap();
        let server = HttpServer::new(move || Actix::new().configure(|config| simulators.routes(config)));
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(simulator).unwrap().run());
        Self {
            app,
            db,
            gateways: Gateways::new(&config).unwrap(),
            partner: Partner::of(&config.payment),
            merchant: Merchant::of(&config),
            config: config.clone(),
            http: reqwest::Client::new(),
            portal: config.public_url(),
            simulator: config.payment_gateway(),
            test_db,
        }
    }

    /// A dossier that owes [`AMOUNT`], with an open order.
    pub async fn order(&self) -> Order {
        let dossier = Uuid::now_v7();
        insert_dossier(&mut self.test_db.connect(), dossier);
        let charge = residence_fee(AMOUNT);
        let written = move |tx: &mut Tx| {
            write_charges(tx, &debtor(dossier), std::slice::from_ref(&charge))?;
            open_order(tx, dossier, AMOUNT)
        };
        self.write(written).await.unwrap()
    }

    /// A dossier that owes these fees, with an open order over all of them.
    pub async fn order_over(&self, fees: &[(&str, ChargeKind, i64)]) -> Order {
        let dossier = Uuid::now_v7();
        insert_dossier(&mut self.test_db.connect(), dossier);
        let charge = |(code, kind, amount): &(&str, ChargeKind, i64)| ChargeIn {
            fee_code: (*code).to_owned(),
            kind: *kind,
            ..residence_fee(*amount)
        };
        let charges: Vec<ChargeIn> = fees.iter().map(charge).collect();
        let written = move |tx: &mut Tx| {
            write_charges(tx, &debtor(dossier), &charges)?;
            open_order(tx, dossier, charges.iter().map(|charge| charge.amount).sum())
        };
        self.write(written).await.unwrap()
    }

    /// A dossier that owes these fees, each refundable or not, with an open order over all.
    pub async fn order_of(&self, fees: &[(i64, bool)]) -> Order {
        let dossier = Uuid::now_v7();
        insert_dossier(&mut self.test_db.connect(), dossier);
        let charge = |(number, (amount, refundable)): (usize, &(i64, bool))| ChargeIn {
            fee_code: format!("PHI-{number}"),
            refundable: *refundable,
            ..residence_fee(*amount)
        };
        let charges: Vec<ChargeIn> = fees.iter().enumerate().map(charge).collect();
        let total = charges.iter().map(|charge| charge.amount).sum();
        let written = move |tx: &mut Tx| {
            write_charges(tx, &debtor(dossier), &charges)?;
            open_order(tx, dossier, total)
        };
        self.write(written).await.unwrap()
    }

    /// The ledger and the payments are what their facts say.
    pub async fn verify(&self) {
        assert_eq!(self.differences().await, [""; 0]);
    }

    /// What `motcua verify` finds in the ledger and the payments.
    pub async fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for part in [Part::Ledger, Part::Payments] {
            let mut tell = |difference: &str| found.push(difference.to_owned());
            let mut report = Report::new(&mut tell);
            verify::run(&self.db, &self.app.files, part, false, &mut report).await.unwrap();
        }
        found
    }

    /// Charges the fee of an order's dossier once more.
    pub async fn charge_again(&self, order: &Order, amount: i64) {
        let (dossier, charge) = (order.dossier_id, residence_fee(amount));
        self.write(move |tx| write_charges(tx, &debtor(dossier), std::slice::from_ref(&charge)))
            .await
            .unwrap();
    }

    /// A person with an account.
    pub fn person(&self) -> Uuid {
        let id = Uuid::now_v7();
        diesel::sql_query(
            "INSERT INTO person (id, identity_no, full_name, created_at, updated_at)
             VALUES ($1, right($1::text, 12), 'Nguyễn Thị Mai', now(), now())",
        )
        .bind::<SqlUuid, _>(id)
        .execute(&mut self.test_db.connect())
        .unwrap();
        id
    }

    /// A dossier of that person that owes this fee, with an open order.
    pub async fn order_by(&self, person: Uuid, (code, kind, amount): (&str, ChargeKind, i64)) -> Order {
        let dossier = Uuid::now_v7();
        let conn = &mut self.test_db.connect();
        insert_dossier(conn, dossier);
        diesel::sql_query("UPDATE dossier SET applicant_person_id = $1 WHERE id = $2")
            .bind::<SqlUuid, _>(person)
            .bind::<SqlUuid, _>(dossier)
            .execute(conn)
            .unwrap();
        let charge = ChargeIn { fee_code: code.to_owned(), kind, ..residence_fee(amount) };
        let payer = Debtor { payer: Payer::Person(person), ..debtor(dossier) };
        let written = move |tx: &mut Tx| {
            write_charges(tx, &payer, std::slice::from_ref(&charge))?;
            open_order(tx, dossier, amount)
        };
        self.write(written).await.unwrap()
    }

    /// Charges a further fee to a person's dossier, without an order.
    pub async fn charge_person(&self, order: &Order, person: Uuid, (code, amount): (&str, i64)) {
        let charge = ChargeIn { fee_code: code.to_owned(), ..residence_fee(amount) };
        let payer = Debtor { payer: Payer::Person(person), ..debtor(order.dossier_id) };
        self.write(move |tx| write_charges(tx, &payer, std::slice::from_ref(&charge))).await.unwrap();
    }

    /// Charges a further fee to an order's dossier, and opens an order over it.
    pub async fn order_more(&self, before: &Order, (code, kind, amount): (&str, ChargeKind, i64)) -> Order {
        let charge = ChargeIn { fee_code: code.to_owned(), kind, ..residence_fee(amount) };
        let dossier = before.dossier_id;
        let written = move |tx: &mut Tx| {
            write_charges(tx, &debtor(dossier), std::slice::from_ref(&charge))?;
            open_order(tx, dossier, amount)
        };
        self.write(written).await.unwrap()
    }

    /// The same, with its pay page; gives the page's address too.
    pub async fn payable(&self) -> (Order, String) {
        let order = self.order().await;
        let payload = json!({ "attempt_id": self.attempt(&order) });
        payments::run_open_payment(&self.db, &self.gateways, payload).await.unwrap();
        let url = self.payment(&order).await.order.unwrap().pay_url.unwrap();
        (order, url)
    }

    /// The newest attempt at an order.
    pub fn attempt(&self, order: &Order) -> Uuid {
        let sql = format!(
            "SELECT id::text AS line FROM payment_attempt WHERE order_id = '{}' ORDER BY id DESC LIMIT 1",
            order.id
        );
        lines(&mut self.test_db.connect(), &sql)[0].parse().unwrap()
    }

    pub async fn payment(&self, order: &Order) -> PaymentOut {
        let dossier = order.dossier_id;
        self.db.read(move |conn| payment_of(conn, dossier)).await.unwrap()
    }

    pub async fn state(&self, order: &Order) -> OrderState {
        self.payment(order).await.order.unwrap().state
    }

    pub async fn cancel(&self, order: &Order) {
        let dossier = order.dossier_id;
        assert!(self.write(move |tx| payments::cancel_order(tx, dossier)).await.unwrap());
    }

    /// One transaction of a job.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.write(&Actor::system("test"), f).await
    }

    /// The genuine notice that an order was paid, before it is signed.
    pub fn notice(&self, order: &Order) -> Callback {
        Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: "00".to_owned(),
            partner: self.partner.code.clone(),
            reference: order.reference.clone(),
            amount: order.amount.to_string(),
            currency: "VND".to_owned(),
            transaction: format!("GD-{}", order.reference),
            bank: "VIETINBANK".to_owned(),
            time: "20261122091500".to_owned(),
            information: "Nộp phí, lệ phí".to_owned(),
            digest: String::new(),
        }
    }

    /// The signed body of a notice.
    pub fn signed(&self, order: &Order, change: impl FnOnce(&mut Callback)) -> String {
        let mut notice = self.notice(order);
        change(&mut notice);
        notice.sign(&self.partner).to_json().to_string()
    }

    /// Sends a body as the platform does: status and answer.
    pub async fn send(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let url = format!("{}/api/v1/payments/callbacks/national", self.portal);
        let request = self.http.post(url).header("Content-Type", "application/json").body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Sends a body and gives `MaLoi` of the reply, which must be signed and about `order`.
    pub async fn reply(&self, order: &Order, body: String) -> String {
        let (status, answer) = self.send(body).await;
        assert_eq!(status, 200, "{answer}");
        let reply: CallbackReply = serde_json::from_value(answer).unwrap();
        assert!(reply.is_authentic(&self.partner), "the reply must be signed: {reply:?}");
        assert_eq!((reply.partner.as_str(), &reply.reference), ("MOTCUA", &order.reference));
        let in_words = if reply.error_code == "00" { "Thành công" } else { "Các lỗi khác" };
        assert_eq!(reply.description, in_words);
        reply.error_code
    }

    /// Pays as a script does: `MaLoi` of the portal's replies, empty where none came.
    pub async fn pay(&self, url: &str) -> Vec<String> {
        let answer = self.http.post(url).header("Accept", "application/json").send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let replies = answer["replies"].as_array().unwrap().iter();
        replies.map(|reply| reply["MaLoi"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The national platform's client.
    pub fn platform(&self) -> PaymentPlatform {
        PaymentPlatform::new(&self.config).unwrap()
    }

    /// Begins an attempt at a gateway: its reference and its page.
    pub async fn choose(&self, order: &Order, gateway: &str) -> (String, String) {
        let (dossier, offer) = (order.dossier_id, payments::gateway::offered(&self.config, gateway).unwrap());
        self.write(move |tx| payments::choose(tx, dossier, offer)).await.unwrap();
        let payload = json!({ "attempt_id": self.attempt(order) });
        payments::run_open_payment(&self.db, &self.gateways, payload).await.unwrap();
        let attempt = self.payment(order).await.order.unwrap().attempts.pop().unwrap();
        (attempt.reference, attempt.page.unwrap())
    }

    /// Where a page of VNPAY is paid by its button.
    pub fn vnpay_pay_address(&self, page: &str) -> String {
        let reference = page.split_once("vnp_TxnRef=").unwrap().1.split('&').next().unwrap();
        format!("{}/paymentv2/pay/{reference}", self.config.vnpay_url())
    }

    pub async fn open_at_vnpay(&self, page: &str) {
        assert_eq!(self.http.get(page).send().await.unwrap().status(), 200);
    }

    /// Opens a page of VNPAY and pays, as a script does.
    pub async fn pay_at_vnpay(&self, page: &str) -> Value {
        self.open_at_vnpay(page).await;
        let pay = self.http.post(self.vnpay_pay_address(page)).header("Accept", "application/json");
        pay.send().await.unwrap().json().await.unwrap()
    }

    pub async fn vnpay_faults(&self, faults: Value) {
        let put = self.http.put(format!("{}/faults", self.config.vnpay_url())).json(&faults);
        assert_eq!(put.send().await.unwrap().status(), 200);
    }

    pub async fn faults(&self, faults: Value) {
        let put = self.http.put(format!("{}/faults", self.simulator)).json(&faults);
        assert_eq!(put.send().await.unwrap().status(), 200);
    }

    /// Everything that a payment could change, as lines to compare.
    pub fn everything(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', id, state, amount, paid_at, gateway, gateway_txn) AS line FROM payment_order
                   UNION ALL SELECT concat_ws(' ', kind, dedup, payload) FROM job
                   UNION ALL SELECT concat_ws(' ', operation, subject) FROM audit_log
                   UNION ALL SELECT concat_ws(' ', id, amount) FROM charge ORDER BY 1";
        lines(&mut self.test_db.connect(), sql)
    }

    /// The outcomes of the inbox in the order of arrival.
    pub fn outcomes(&self) -> Vec<String> {
        let sql = "SELECT outcome AS line FROM gateway_event ORDER BY received_at, id";
        lines(&mut self.test_db.connect(), sql)
    }

    /// The payments that were kept, in the order of their coming: amount and outcome.
    pub fn payments(&self) -> Vec<String> {
        let sql = "SELECT amount || ' ' || outcome AS line FROM gateway_payment ORDER BY id";
        lines(&mut self.test_db.connect(), sql)
    }

    /// The attempts at an order, the oldest first: gateway and state.
    pub fn attempts(&self, order: &Order) -> Vec<String> {
        let sql = format!(
            "SELECT gateway || ' ' || state AS line FROM payment_attempt WHERE order_id = '{}' ORDER BY id",
            order.id
        );
        lines(&mut self.test_db.connect(), &sql)
    }

    /// The payloads of the jobs that say that money came.
    pub fn paid_jobs(&self) -> Vec<String> {
        let sql = "SELECT payload::text AS line FROM job WHERE kind = 'fee_paid' ORDER BY id";
        lines(&mut self.test_db.connect(), sql)
    }
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn serve(listener: TcpListener, app: Arc<App>) {
    let server = HttpServer::new(move || app::service(app.clone())).workers(2).disable_signals();
    actix_web::rt::spawn(server.listen(listener).unwrap().run());
}

fn seed(conn: &mut PgConnection) {
    conn.batch_execute(
        "INSERT INTO agency (id, code, long_code, name, short_name, kind, level, sample, valid_from, search)
         VALUES ('00000000-0000-0000-0000-0000000000a1', 'H49.61', '000.00.61.H49', 'UBND phường Hạ Long',
                 'Hạ Long', 'commune', 'commune', true, '2025-07-01', '');
         INSERT INTO procedure (code, name, field_code, field_name, levels, decision, online, folded, folded_name, updated_at)
         VALUES ('1.004194', 'Đăng ký tạm trú', 'CT', 'Cư trú', '{commune}', '', true, '', '', now());
         INSERT INTO procedure_version (id, procedure_code, version, definition, workflow, effective_from,
                                        published_at, published_by)
         VALUES ('00000000-0000-0000-0000-0000000000b1', '1.004194', 1, '{}', '{}', '2025-07-01', now(), '');",
    )
    .unwrap();
}

fn insert_dossier(conn: &mut PgConnection, id: Uuid) {
    diesel::sql_query(
        "INSERT INTO dossier (id, code, tracking_secret, version_id, procedure_code, case_code, channel,
                              applicant, filed_by, return_by, answers, receiving_unit_id, submitted_at, receipt,
                              seq, marking, status, handling_unit_id, due_at, progress)
         VALUES ($1, 'H49.61-' || left($1::text, 18), '', '00000000-0000-0000-0000-0000000000b1', '1.004194', 'standard',
                 'online', '{\"name\": \"Nguyễn Thị Mai\"}', 'test', 'online', '{}',
                 '00000000-0000-0000-0000-0000000000a1', now(), '{}', 1, '{await_payment}', 6,
                 '00000000-0000-0000-0000-0000000000a1', now(), '{}')",
    )
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .unwrap();
}

/// Its applicant has no account with the portal.
pub fn debtor(dossier_id: Uuid) -> Debtor {
    let payer = Payer::of(dossier_id, None, None);
    Debtor { dossier_id, payer, unit_id: "00000000-0000-0000-0000-0000000000a1".parse().unwrap() }
}

fn residence_fee(amount: i64) -> ChargeIn {
    ChargeIn {
        fee_code: "TT-DK".to_owned(),
        name: "Lệ phí đăng ký tạm trú".to_owned(),
        kind: ChargeKind::Fee,
        amount,
        refundable: true,
        explanation: json!({ "rule": "TT 75/2022/TT-BTC" }),
    }
}

/// Tries to write a charge of any amount past all our checks.
pub fn insert_charge(conn: &mut PgConnection, dossier: Uuid, amount: i64) -> diesel::QueryResult<usize> {
    diesel::sql_query(
        "INSERT INTO charge (id, dossier_id, fee_code, name, kind, amount, refundable, explanation, created_at)
         VALUES (gen_random_uuid(), $1, 'X', 'X', 'fee', $2, true, '{}', now())",
    )
    .bind::<SqlUuid, _>(dossier)
    .bind::<BigInt, _>(amount)
    .execute(conn)
}

/// The result of a read inside a test.
pub async fn read<T: Send + 'static>(
    db: &Db,
    f: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
) -> T {
    db.read(f).await.unwrap()
}
