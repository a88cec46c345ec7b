//! Plays the scenarios of a procedure through the API, as the people who would do it.
use motcua::auth::Actor;
use motcua::dossiers::{ActionIn, act, late};
use motcua::national::payment_platform::{Callback, Partner};
use motcua::national::tax::Standing;
use motcua::worker;
use motcua::workflow::{Action, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{data, json as read};
use crate::land_tax::stage::{CONFIRMATIONS, confirmation};
use crate::support::stage::{Answer, Caller, ONE_STOP, PDF, Portal, because};

/// The units of whom opinions are asked.
const CONSULTED: &str = "H49.06";
const CONSULTED_TOO: &str = "H49.08";
pub const CITIZEN: &str = "022094000001";

/// A procedure of the data folder.
pub fn procedure(code: &str) -> Value {
    read(data(&format!("procedures/{code}.json")))
}

/// A dossier in the making.
pub struct Play<'p> {
    pub portal: &'p Portal,
    pub procedure: &'p Value,
    pub scenario: &'p Value,
    pub unit: &'static str,
    pub applicant: Caller<'p>,
    /// Who keeps the draft: the applicant online, else the clerk.
    pub filer: Caller<'p>,
    mandate: Option<Uuid>,
    pub code: String,
}

impl<'p> Play<'p> {
    pub fn new(portal: &'p Portal, procedure: &'p Value, scenario: &'p Value) -> Self {
        let has = |list: &Value, word: &str| list.as_array().is_some_and(|l| l.iter().any(|v| v == word));
        let unit = if has(&procedure["levels"], "commune") { ONE_STOP } else { "H49.01" };
        let level = scenario["identity_level"].as_u64().or(procedure["identity_level"].as_u64()).unwrap_or(2);
        let (applicant, mandate) = match has(&procedure["applicants"], "citizen") {
            true => (portal.citizen(CITIZEN, u8::try_from(level.max(1)).unwrap()), None),
            false => {
                let (caller, mandate) = portal.representative("022185000006", "9900000016");
                (caller, Some(mandate))
            }
        };
        let online = scenario["channel"] == "online";
        let filer = if online { applicant.clone() } else { portal.official(Role::OneStopClerk, unit) };
        Self { portal, procedure, scenario, unit, applicant, filer, mandate, code: String::new() }
    }

    /// The scenario of that name.
    pub fn scenario<'v>(procedure: &'v Value, name: &str) -> &'v Value {
        let scenarios = procedure["scenarios"].as_array().unwrap();
        scenarios.iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no scenario {name}"))
    }

    /// Sets the clock to the day of the scenario and files it: the answer of the submission.
    pub async fn submit(&mut self) -> Answer {
        let day = self.scenario["date"].as_str().unwrap_or("2026-09-14");
        self.portal.at(&format!("{day}T09:00:00+07:00"));
        let (id, version) = self.draft().await;
        let answer = self.filer.post_for(version, &format!("/api/v1/drafts/{id}/submit"), &json!({})).await;
        self.code = answer.body["code"].as_str().unwrap_or_default().to_owned();
        answer
    }

    /// A complete draft: its identifier and version.
    pub async fn draft(&self) -> (String, i64) {
        let scenario = self.scenario;
        let online = scenario["channel"] == "online";
        let subjects = scenario.get("subjects").cloned().unwrap_or(json!([]));
        let mut body = json!({
            "procedure": self.procedure["code"], "channel": scenario["channel"], "unit": self.unit,
            "answers": scenario["answers"],
        });
        if online {
            body["contact"] = json!({ "subjects": subjects });
            if let Some(mandate) = self.mandate {
                body["acting_for"] = json!({ "kind": "mandate", "mandate": mandate });
            }
        } else {
            body["papers"] = scenario["documents"].clone();
            body["applicant"] = match self.mandate {
                None => {
                    json!({ "kind": "citizen", "name": "Nguyễn Hải Đăng", "identity_no": CITIZEN, "subjects": subjects })
                }
                Some(_) => json!({ "kind": "organisation", "name": "Công ty TNHH Ví Dụ Vịnh Xanh",
                                   "tax_no": "9900000016", "subjects": subjects }),
            };
        }
        let draft = self.filer.post("/api/v1/drafts", &body).await.expect(201);
        let id = draft["id"].as_str().unwrap().to_owned();
        if online {
            for document in scenario["documents"].as_array().unwrap() {
                let path = format!(
                    "/api/v1/drafts/{id}/files?component={}&name=tep.pdf",
                    document.as_str().unwrap()
                );
                self.filer.upload(&path).await.expect(201);
            }
        }
        let draft = self.filer.get(&format!("/api/v1/drafts/{id}")).await.expect(200);
        (id, draft["version"].as_i64().unwrap())
    }

    pub async fn dossier(&self) -> Value {
        self.portal.official(Role::OneStopClerk, self.unit).get(&self.path("")).await.expect(200)
    }

    fn path(&self, part: &str) -> String {
        format!("/api/v1/dossiers/{}{part}", self.code)
    }

    /// The caller of a step.
    async fn caller(&self, step: &Value) -> Caller<'p> {
        let role: Role = step["as"].as_str().unwrap().parse().unwrap();
        let handling = || async {
            let unit = self.dossier().await["handling_unit_id"].as_str().unwrap().to_owned();
            unit.parse::<Uuid>().unwrap()
        };
        match (role, step["unit"].as_str()) {
            (Role::Applicant, _) => self.applicant.clone(),
            (_, Some("opinion")) => self.portal.official(role, self.consulted().await),
            (Role::OneStopClerk | Role::Cashier, None | Some("receiving")) | (_, Some("receiving")) => {
                self.portal.official(role, self.unit)
            }
            _ => self.portal.official_at(role, handling().await),
        }
    }

    async fn consulted(&self) -> &'static str {
        let handling = self.dossier().await["handling_unit_id"].as_str().unwrap().to_owned();
        if handling == self.portal.agency(CONSULTED).to_string() { CONSULTED_TOO } else { CONSULTED }
    }

    /// Plays one step; says how it went another way than told.
    pub async fn step(&self, number: usize) -> Result<(), String> {
        let step = &self.scenario["steps"][number];
        if step["facts"]["paid"] == true {
            self.pay().await;
        }
        if step["facts"]["tax_met"] == true {
            self.confirmed_by_tax().await;
        }
        if step["as"] == "system" {
            return self.system(step).await;
        }
        let caller = self.caller(step).await;
        for document in step["facts"]["documents"].as_array().into_iter().flatten() {
            let path = format!(
                "/files?component={}&name=bo-sung.pdf&purpose=supplement",
                document.as_str().unwrap()
            );
            caller.upload(&self.path(&path)).await.expect(201);
        }
        let offered = caller.get(&self.path("/actions")).await.expect(200);
        let answer = caller.act(&self.code, step["do"].as_str().unwrap(), self.request(number).await).await;
        self.compare(step, &offered, &answer)
    }

    /// What is offered, what is told and what happened must be the same.
    fn compare(&self, step: &Value, offered: &Value, answer: &Answer) -> Result<(), String> {
        let offered = offered["actions"].as_array().unwrap().iter().find(|offer| {
            offer["action"] == step["do"] && (step["step"].is_null() || offer["step"] == step["step"])
        });
        let allowed = offered.is_some_and(|offer| offer["allowed"] == true);
        let Some(refused) = step["refused"].as_str() else {
            return match answer.status {
                200 if allowed => Ok(()),
                200 => Err(format!("{} done, but offered as {offered:?}", step["do"])),
                _ => Err(format!("{}: {}", step["do"], answer.body)),
            };
        };
        let failed = |value: &Value| value.as_array().is_some_and(|f| f.iter().any(|g| g == refused));
        if !(answer.code() == refused || failed(&answer.body["failed"])) {
            return Err(format!("{}: {refused} expected, {}", step["do"], answer.body));
        }
        // What only the request lacks is offered, with the need.
        let needed = offered.is_some_and(|offer| failed(&offer["needs"]));
        let told = offered.is_none_or(|offer| failed(&offer["failed"]));
        if allowed && !needed || !allowed && !told {
            return Err(format!("{}: refused for {refused}, but offered as {offered:?}", step["do"]));
        }
        Ok(())
    }

    /// What the request of a step brings along.
    async fn request(&self, number: usize) -> Value {
        let steps = self.scenario["steps"].as_array().unwrap();
        let step = &steps[number];
        let bare = step["facts"]["bare"] == true;
        let mut body = json!({});
        if let Some(branch) = step["step"].as_str() {
            body["step"] = json!(branch);
        }
        if step["facts"]["result"] == true {
            body["result"] = json!({ "code": self.procedure["results"][0]["code"], "number": "12/2026" });
        }
        match step["do"].as_str().unwrap() {
            "request_supplement" if !bare => body["reasons"] = self.asked(&steps[number..]),
            "refuse" | "stop" | "return_for_rework" if !bare => {
                body["reasons"] = because(json!({ "condition": "Điều kiện của thủ tục" }));
            }
            "request_opinion" => {
                body["unit"] = json!(self.consulted().await);
                body["text"] = json!("Đề nghị cho ý kiến về quy hoạch");
            }
            "give_opinion" => body["text"] = json!("Phù hợp quy hoạch"),
            "record_presence" => {
                body["persons"] = json!([{ "name": "Nguyễn Hải Đăng", "identity_no": CITIZEN, "documents": "Thẻ căn cước" }]);
            }
            "extend" => {
                let due = self.dossier().await["due_at"].clone();
                let later = if bare { due } else { json!("2026-12-15T10:00:00+07:00") };
                body["new_due"] = later;
                body["note"] = json!("Xin lỗi vì chậm trễ, hẹn lại ngày trả kết quả");
            }
            "comment" => body["note"] = json!("Ghi chú"),
            _ => {}
        }
        body
    }

    /// Reasons about the documents that the next supplement brings, else about a condition.
    fn asked(&self, rest: &[Value]) -> Value {
        let supplement = rest.iter().find(|step| step["do"] == "supplement");
        let documents =
            supplement.and_then(|step| step["facts"]["documents"].as_array()).cloned().unwrap_or_default();
        if documents.is_empty() {
            return because(json!({ "condition": "Thông tin cần làm rõ" }));
        }
        let one = |code: &Value| because(json!({ "document": code }))[0].clone();
        Value::Array(documents.iter().map(one).collect())
    }

    /// What motcua does by itself.
    async fn system(&self, step: &Value) -> Result<(), String> {
        match step["do"].as_str().unwrap() {
            "confirm_payment" if step["refused"].is_string() => {
                let refusal = self.system_acts(Action::ConfirmPayment).await.err();
                match refusal.as_ref().map(|error| error.code().code) {
                    Some("condition_failed") => Ok(()),
                    _ => Err(format!("{} expected, {refusal:?}", step["refused"])),
                }
            }
            "confirm_payment" => {
                self.work().await;
                match self.dossier().await["status"].as_u64() {
                    Some(6) => Err("paid, and still waiting for the payment".to_owned()),
                    _ => Ok(()),
                }
            }
            "mark_late" => {
                let due = self.dossier().await["due_at"].as_str().unwrap().to_owned();
                let again = step["refused"] == "not_late";
                if !again {
                    self.portal.at(&due);
                    self.portal.later(jiff::SignedDuration::from_hours(1));
                }
                let marked = late::mark(&self.portal.app).await.unwrap();
                if marked == usize::from(!again) { Ok(()) } else { Err(format!("marked {marked}")) }
            }
            word => {
                let action: Action = word.parse().unwrap();
                self.system_acts(action).await.map_err(|error| format!("{word}: {error}"))
            }
        }
    }

    async fn system_acts(&self, action: Action) -> motcua::error::Result<()> {
        let (app, code) = (self.portal.app.clone(), self.code.clone());
        let motcua = Actor::system("test");
        let done = self
            .portal
            .app
            .db
            .write(&motcua, move |tx| act(&app, tx, &code, None, &ActionIn::bare(action)).map(drop));
        done.await
    }

    /// The tax side's word that nothing is owed any more.
    async fn confirmed_by_tax(&self) {
        // The slip is written down before it is sent; nobody takes it here.
        self.work().await;
        let message = confirmation(&self.code, &Uuid::now_v7().to_string(), Standing::Met, Vec::new());
        let message: Value = serde_json::from_str(&message.write()).unwrap();
        self.portal.nobody().post(CONFIRMATIONS, &message).await.expect(200);
    }

    /// The platform's signed notice that the open order is paid.
    pub async fn pay(&self) {
        let payment =
            self.portal.official(Role::OneStopClerk, self.unit).get(&self.path("/payment")).await.expect(200);
        let text = |name: &str| payment["order"][name].to_string().trim_matches('"').to_owned();
        let (status, answer) = notify(self.portal, &text("reference"), &text("amount")).await;
        assert_eq!((status, answer["MaLoi"].as_str()), (200, Some("00")), "{payment} {answer}");
    }

    /// Lets the jobs run that wait.
    pub async fn work(&self) {
        worker::runner(&self.portal.app).unwrap().drain().await.unwrap();
    }
}

/// Sends the platform's signed notice that an order is paid.
pub async fn notify(portal: &Portal, reference: &str, amount: &str) -> (u16, Value) {
    let partner = Partner::of(&portal.app.config.payment);
    let notice = Callback {
        kind: "ConfirmTrans".to_owned(),
        error_code: "00".to_owned(),
        partner: partner.code.clone(),
        reference: reference.to_owned(),
        amount: amount.to_owned(),
        currency: "VND".to_owned(),
        transaction: format!("GD-{reference}"),
        bank: "VIETINBANK".to_owned(),
        time: "20260914091500".to_owned(),
        information: "Nộp phí, lệ phí".to_owned(),
        digest: String::new(),
    };
    let notice = notice.sign(&partner).to_json();
    let answer = portal.nobody().post("/api/v1/payments/callbacks/national", &notice).await;
    (answer.status, answer.body)
}

/// A dossier of 1.001193 (birth, fee zero) just filed online.
pub async fn birth<'p>(portal: &'p Portal, procedure: &'p Value) -> Play<'p> {
    let mut play = Play::new(portal, procedure, Play::scenario(procedure, "granted"));
    play.submit().await.expect(201);
    play
}

impl Play<'_> {
    /// Plays the first steps of the scenario.
    pub async fn up_to(&self, action: &str) {
        let steps = self.scenario["steps"].as_array().unwrap();
        for (number, step) in steps.iter().enumerate() {
            self.step(number).await.unwrap_or_else(|said| panic!("{}: step {number}: {said}", self.code));
            if step["do"] == action && step["refused"].is_null() {
                return;
            }
        }
        panic!("no step {action}");
    }
}

/// The bytes of the file that is uploaded everywhere.
pub fn file() -> &'static [u8] {
    PDF
}
