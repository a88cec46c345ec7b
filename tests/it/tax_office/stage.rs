//! The office over real HTTP, and a portal that keeps its own book of what it is told: small, but
//! it does what a portal must.
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::{App, HttpResponse, HttpServer, web};
use motcua::config::Config;
use motcua::national::tax::{
    GIVES, ImportNotices, ImportObligations, ImportPayment, LATER, LandUser, Matter, NoticeKind, Parcel,
    Reply, SLIP, SUCCESS, Slip, Standing, TAKES, TaxOffice, UNKNOWN_DOSSIER, UNKNOWN_NOTICE, UNREADABLE,
    WRONG_KEY,
};
use motcua::simulators::{self, Simulators};
use serde_json::{Value, json};

pub const SELLER: &str = "022069000007";
pub const BUYER: &str = "022090000009";
/// Monday morning in Việt Nam.
pub const MONDAY: &str = "2026-10-05T08:00:00+07:00";
const KEY: &str = "simulator-only-tax-inbound-key";

/// A line of the portal's book.
#[derive(Debug, Clone)]
pub struct Line {
    pub taxpayer: String,
    pub item: String,
    pub amount: i64,
    pub due: String,
    pub kind: NoticeKind,
    pub recorded: bool,
    pub has_pdf: bool,
}

/// What the portal believes.
#[derive(Default)]
pub struct Portal {
    pub known: BTreeMap<String, BTreeSet<String>>,
    seen: BTreeSet<String>,
    /// By notice and instalment.
    pub lines: BTreeMap<(String, u16), Line>,
    /// Cancelled or replaced, whenever their own message comes.
    pub dead: BTreeSet<String>,
    /// By reference: dossier, notice, amount.
    pub payments: BTreeMap<String, (String, String, i64)>,
    pub standings: Vec<(String, Standing)>,
    /// Error codes that were answered.
    pub refused: Vec<String>,
    /// Times that the same message came again.
    pub repeated: usize,
}

impl Portal {
    fn take(&mut self, operation: &str, body: &[u8]) -> Reply {
        let taken = match operation {
            "ImportThongBaoThue" => self.notices(body),
            "ImportChungTuThue" => self.payment(body),
            "ImportXacNhanNghiaVu" => self.standing(body),
            _ => Err(LATER),
        };
        let code = taken.err().unwrap_or(SUCCESS);
        if code != SUCCESS {
            self.refused.push(code.to_owned());
        }
        Reply::new(code, "")
    }

    /// Whether it is new.
    fn first(&mut self, id: Option<&String>) -> bool {
        let new = id.is_none_or(|id| self.seen.insert(id.clone()));
        self.repeated += usize::from(!new);
        new
    }

    fn notices(&mut self, body: &[u8]) -> Result<(), &'static str> {
        let message = ImportNotices::read(body).map_err(|_| UNREADABLE)?;
        check(message.security_key.expose() == KEY, WRONG_KEY)?;
        let notices = message.notices;
        let parties = self.known.get(&notices.dossier_code).ok_or(UNKNOWN_DOSSIER)?;
        check(notices.rows.iter().all(|row| parties.contains(&row.tax_number)), UNKNOWN_NOTICE)?;
        if !self.first(notices.message_id.as_ref()) {
            return Ok(());
        }
        for row in notices.rows {
            if row.kind() == NoticeKind::Cancelled {
                self.dead.insert(row.notice_number);
                continue;
            }
            self.dead.extend(row.replaced.clone());
            let line = Line {
                taxpayer: row.tax_number.clone(),
                item: row.item.clone().unwrap(),
                amount: row.amount,
                due: row.due.as_ref().unwrap().as_received().to_owned(),
                kind: row.kind(),
                recorded: row.recorded_as_debt.unwrap(),
                has_pdf: row.pdf.is_some(),
            };
            self.lines.insert((row.notice_number.clone(), row.instalment()), line);
        }
        Ok(())
    }

    fn payment(&mut self, body: &[u8]) -> Result<(), &'static str> {
        let message = ImportPayment::read(body).map_err(|_| UNREADABLE)?;
        check(message.security_key.expose() == KEY, WRONG_KEY)?;
        let (document, info) = (&message.data, &message.data.payment);
        let parties = self.known.get(&document.dossier_code).ok_or(UNKNOWN_DOSSIER)?;
        check(info.is_paid() && parties.contains(&document.tax_number), UNKNOWN_NOTICE)?;
        if self.first(document.message_id.as_ref()) {
            let told = (document.dossier_code.clone(), info.notice_number.clone(), info.amount);
            self.payments.insert(info.reference.clone().unwrap(), told);
        }
        Ok(())
    }

    fn standing(&mut self, body: &[u8]) -> Result<(), &'static str> {
        let message = ImportObligations::read(body).map_err(|_| UNREADABLE)?;
        check(message.security_key.expose() == KEY, WRONG_KEY)?;
        let parties = self.known.get(&message.data.dossier_code).ok_or(UNKNOWN_DOSSIER)?;
        let told = &message.data.confirmations;
        check(told.iter().all(|one| parties.contains(&one.tax_number)), UNKNOWN_NOTICE)?;
        if self.first(message.message_id.as_ref()) {
            self.standings.push((message.data.dossier_code, message.data.standing));
        }
        Ok(())
    }

    /// What stands, as the office's book shows it.
    pub fn owed(&self) -> Vec<(String, u16, String, i64)> {
        let stands = self.lines.iter().filter(|((notice, _), _)| !self.dead.contains(notice));
        stands.map(|((notice, at), line)| (notice.clone(), *at, line.taxpayer.clone(), line.amount)).collect()
    }
}

fn check(holds: bool, code: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(code) }
}

pub struct Stage {
    pub office: TaxOffice,
    pub http: reqwest::Client,
    pub url: String,
    portal: Arc<Mutex<Portal>>,
}

impl Stage {
    /// The office works when it is told to, on Monday morning.
    pub async fn new() -> Self {
        let stage = Self::at_work();
        stage.clock(json!({ "now": MONDAY, "by_hand": true })).await;
        stage
    }

    pub fn at_work() -> Self {
        let [portals, offices] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let (at, port) = (portals.local_addr().unwrap().port(), offices.local_addr().unwrap().port());
        let settings =
            format!("[http]\npublic_url = \"http://127.0.0.1:{at}\"\n[simulators]\nport = {port}\n");
        let config = Config::from_parts(&settings, []).unwrap();
        let portal = Arc::new(Mutex::new(Portal::default()));
        let data = web::Data::new(portal.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(5 << 20))
                .route("/api/v1/integration/tax/{operation}", web::post().to(taken))
        });
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(portals).unwrap().run());
        let all = Simulators::new(&config).unwrap();
        let server = HttpServer::new(move || simulators::service(all.clone()));
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(offices).unwrap().run());
        let office = TaxOffice::new(&config).unwrap();
        Self { office, http: reqwest::Client::new(), url: format!("http://127.0.0.1:{port}/tax"), portal }
    }

    pub fn portal(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap()
    }

    pub fn knows(&self, slip: &Slip) {
        let parties = slip.land_users.iter().filter_map(|user| user.number.clone()).collect();
        self.portal().known.insert(slip.dossier_code.clone(), parties);
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.http.post(format!("{}{path}", self.url)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn put(&self, path: &str, body: Value) {
        let answer = self.http.put(format!("{}{path}", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    pub async fn clock(&self, pace: Value) {
        self.put("/clock", pace).await;
    }

    pub async fn at(&self, now: &str) {
        self.clock(json!({ "now": now, "by_hand": true })).await;
    }

    pub async fn faults(&self, faults: Value) {
        self.put("/faults", faults).await;
    }

    /// The office works until nothing is left to say.
    pub async fn work_off(&self) {
        for _ in 0..200 {
            let (_, done) = self.post("/work", json!({})).await;
            if done["waiting"] == 0 {
                return;
            }
        }
        panic!("{}", self.get("/deliveries").await);
    }

    /// The office's book: what stands, by notice and instalment.
    pub async fn owed(&self) -> Vec<(String, u16, String, i64)> {
        let mut lines: Vec<_> = self.get("/book").await["lines"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["stands"] == true)
            .map(|line| {
                let text = |name: &str| line[name].as_str().unwrap().to_owned();
                let at = u16::try_from(line["instalment"].as_u64().unwrap()).unwrap();
                (text("notice"), at, text("taxpayer"), line["owed"].as_i64().unwrap())
            })
            .collect();
        lines.sort();
        lines
    }
}

async fn taken(
    portal: web::Data<Arc<Mutex<Portal>>>,
    operation: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    HttpResponse::Ok().json(portal.lock().unwrap().take(&operation, &body))
}

/// A sale of 1.2 billion đồng.
pub fn slip(code: &str) -> Slip {
    let user = |name: &str, number: &str, part: &str| LandUser {
        name: name.to_owned(),
        number: Some(number.to_owned()),
        part: part.to_owned(),
        ..LandUser::default()
    };
    Slip {
        kind: SLIP.to_owned(),
        id: format!("{code}/1"),
        dossier_code: code.to_owned(),
        number: format!("{code}/PCTT"),
        sent: "20261005080000".to_owned(),
        sender: "Lê Văn Mẫu".to_owned(),
        procedure_code: "1.013831".to_owned(),
        procedure_name: "Đăng ký biến động".to_owned(),
        received: "20261005080000".to_owned(),
        asks_to_owe: "0".to_owned(),
        matter: Some(Matter::Sale),
        land_users: vec![user("Đặng Quốc Cảng", SELLER, GIVES), user("Đỗ Tuấn Châu", BUYER, TAKES)],
        parcel: Parcel {
            number: "87".to_owned(),
            map_sheet: "15".to_owned(),
            address: "Khu Mẫu".to_owned(),
            area: 120.0,
            land_use: "ODT".to_owned(),
            ..Parcel::default()
        },
        contract_value: Some(1_200_000_000),
        ..Slip::default()
    }
}
