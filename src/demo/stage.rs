//! The stage: who is logged in, what time it is, which dossier the story is about, and the
//! comparison of every outcome with what the story expects.

mod money;
mod paper;
mod tax;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::api::{Answer, Api, text};
use super::cast::{Login, Person};
use super::told::{Notice, Paper, Refunded, Said, Step, Teller, local};
use crate::clock::vietnam;
use crate::config::Config;
use crate::workflow::DossierStatus;

pub use tax::{Line, Taxpayer};

/// How long a job or a periodic task may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Status of a dossier that waits for money.
const AWAITS_PAYMENT: u8 = 6;
/// A PDF of one empty page.
pub const PDF: &[u8] = b"%PDF-1.4\n\
    1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n\
    xref\n\
    0 4\n\
    0000000000 65535 f \n\
    0000000009 00000 n \n\
    0000000052 00000 n \n\
    0000000101 00000 n \n\
    trailer<</Size 4/Root 1 0 R>>\n\
    startxref\n\
    164\n\
    %%EOF\n";

/// What a step expects; what is absent is not compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expect {
    status: Option<u8>,
    due: Option<&'static str>,
    amount: Option<i64>,
    owed: Option<i64>,
    paused: Option<bool>,
    late: Option<bool>,
}

/// Expects this status.
pub fn status(status: u8) -> Expect {
    Expect { status: Some(status), ..Expect::default() }
}

impl Expect {
    /// Due at this local time, e.g. `2026-09-11T17:00`.
    pub fn due(self, due: &'static str) -> Self {
        Self { due: Some(due), ..self }
    }

    /// The fees of the dossier, in đồng.
    pub fn amount(self, amount: i64) -> Self {
        Self { amount: Some(amount), ..self }
    }

    /// What is not paid yet, in đồng.
    pub fn owed(self, owed: i64) -> Self {
        Self { owed: Some(owed), ..self }
    }

    /// The clock of the dossier stands.
    pub fn paused(self, paused: bool) -> Self {
        Self { paused: Some(paused), ..self }
    }

    /// Marked late.
    pub fn late(self, late: bool) -> Self {
        Self { late: Some(late), ..self }
    }

    fn wrong(&self, seen: &Seen) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        let mut compare = |what: &str, expected: Option<String>, found: String| {
            if let Some(expected) = expected
                && expected != found
            {
                wrong.push(format!("{what}: mong {expected}, được {found}"));
            }
        };
        let due = self.due.map(moment).transpose()?.map(local);
        compare("trạng thái", self.status.map(|s| s.to_string()), seen.status.to_string());
        compare("hạn trả", due, local(seen.due_at));
        compare("phí, lệ phí", self.amount.map(|a| a.to_string()), seen.amount.to_string());
        compare("còn phải nộp", self.owed.map(|a| a.to_string()), seen.owed.to_string());
        compare("tạm dừng", self.paused.map(|p| p.to_string()), seen.paused.to_string());
        compare("quá hạn", self.late.map(|l| l.to_string()), seen.late.to_string());
        Ok(wrong)
    }
}

/// A dossier as somebody sees it.
#[derive(Debug, Clone)]
struct Seen {
    status: u8,
    due_at: Timestamp,
    paused: bool,
    late: bool,
    version: i64,
    amount: i64,
    owed: i64,
    pay_url: Option<String>,
}

/// What is filed.
#[derive(Debug, Default)]
pub struct Filing {
    pub procedure: &'static str,
    pub channel: &'static str,
    /// Identifier code of the receiving unit.
    pub unit: &'static str,
    pub return_by: &'static str,
    pub answers: Value,
    /// Components that come as a file, with the file's name.
    pub files: &'static [(&'static str, &'static str)],
    /// Components seen on paper at the counter.
    pub papers: &'static [&'static str],
    /// Whose matter it is, at the counter.
    pub applicant: Option<Value>,
}

/// Where the stories are played.
pub struct Stage {
    api: Api,
    password: String,
    /// Address of the tax office, where slips arrive.
    tax_office: String,
    /// Address of the payment platform's simulator.
    gateway: String,
    pause: Duration,
    teller: Teller,
    /// Tokens live for minutes: they are forgotten when the clock is set.
    tokens: HashMap<String, String>,
    now: Timestamp,
    story: char,
    step: u32,
    code: String,
    /// What the next step shows of receipts and of money that came back.
    papers: Vec<Paper>,
    refunded: Option<Refunded>,
    /// Where anybody checks the result that the next step is about.
    verify: Option<String>,
    /// What the next step shows of notices of the tax office, and what came of it.
    notices: Vec<Notice>,
    remark: Option<String>,
    /// Where the receipt that was shown last, and stands, is looked up.
    look_up: Option<String>,
}

impl Stage {
    pub fn new(config: &Config, teller: Teller) -> Result<Self> {
        Ok(Self {
            api: Api::new(config.public_url())?,
            password: config.demo.password.expose().clone(),
            tax_office: config.tax_office_url(),
            gateway: config.payment_gateway(),
            pause: Duration::from_millis(config.demo.pause_ms),
            teller,
            tokens: HashMap::new(),
            now: Timestamp::now(),
            story: ' ',
            step: 0,
            code: String::new(),
            papers: Vec::new(),
            refunded: None,
            verify: None,
            notices: Vec::new(),
            remark: None,
            look_up: None,
        })
    }

    /// Begins a story.
    pub fn begin(&mut self, letter: char, title: &str) -> Result<()> {
        (self.story, self.step) = (letter, 0);
        self.code.clear();
        (self.teller)(Said::Story(letter, title))
    }

    /// Sets the portal's clock to a local time, e.g. `2026-09-10T16:10`.
    pub async fn at(&mut self, time: &str) -> Result<()> {
        self.now = moment(time)?;
        self.tokens.clear();
        self.api
            .put("/demo/clock", &json!({ "now": self.now.to_string() }))
            .await?
            .ok("đặt đồng hồ")
            .map(drop)
    }

    /// Sets the portal's clock to a local time if that is still to come.
    pub async fn not_before(&mut self, time: &str) -> Result<()> {
        self.now = Timestamp::now();
        if moment(time)? > self.now { self.at(time).await } else { Ok(()) }
    }

    /// Lets the portal's clock run again.
    pub async fn release_clock(&mut self) -> Result<()> {
        self.api.put("/demo/clock", &json!({ "now": null })).await?.ok("thả đồng hồ").map(drop)
    }

    /// Code of the dossier that the story is about.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Where the receipt that was shown last is looked up.
    pub fn look_up(&self) -> Option<String> {
        self.look_up.clone()
    }

    /// Goes on with another dossier of the story; gives the code of the one before.
    pub fn turn_to(&mut self, code: &str) -> String {
        std::mem::replace(&mut self.code, code.to_owned())
    }

    /// Prepares a draft with its files and submits it; the story is about this dossier now.
    pub async fn file(&mut self, who: &Person, did: &str, filing: &Filing, expect: Expect) -> Result<()> {
        let token = self.token(who).await?;
        let draft = self.api.post("/api/v1/drafts", Some(&token), None, &filing.draft()).await?.ok(did)?;
        let draft = format!("/api/v1/drafts/{}", text(&draft, "id")?);
        for (component, name) in filing.files {
            let path = format!("{draft}/files?component={component}&name={name}");
            self.api.upload(&path, &token, PDF.to_vec()).await?.ok(name)?;
        }
        let version = number(&self.api.get(&draft, Some(&token)).await?.ok(did)?, "version")?;
        let path = format!("{draft}/submit");
        let submitted = self.api.post(&path, Some(&token), Some(version), &json!({})).await?.ok(did)?;
        self.code = text(&submitted, "code")?;
        self.tell(who, did, expect).await
    }

    /// Takes an action on the dossier.
    pub async fn act(&mut self, who: &Person, did: &str, action: Value, expect: Expect) -> Result<()> {
        let acted = self.take(who, &action).await?.ok(did)?;
        let mut seen = self.seen(who).await?;
        // The answer counts: jobs may have moved the dossier on since.
        seen.status = u8::try_from(number(&acted, "status")?)?;
        seen.due_at = text(&acted, "due_at")?.parse()?;
        seen.paused = !acted["paused_since"].is_null();
        self.record(who, did, &seen, expect, None).await
    }

    /// Tries an action that must be refused because this condition fails.
    pub async fn refused(
        &mut self,
        who: &Person,
        did: &str,
        action: Value,
        condition: &str,
        expect: Expect,
    ) -> Result<()> {
        let answer = self.take(who, &action).await?;
        let failed = answer.body.get("failed").and_then(Value::as_array).cloned().unwrap_or_default();
        ensure!(
            answer.status == 409 && failed.iter().any(|name| name == condition),
            "{did}: mong bị từ chối vì {condition}, nhận {} {}",
            answer.status,
            answer.body
        );
        let seen = self.seen(who).await?;
        self.record(who, did, &seen, expect, Some(condition)).await
    }

    /// Adds a file of a component that was asked for.
    pub async fn supply(&mut self, who: &Person, component: &str, name: &str) -> Result<()> {
        let token = self.token(who).await?;
        let query = format!("purpose=supplement&component={component}&name={name}");
        let path = format!("/api/v1/dossiers/{}/files?{query}", self.code);
        self.api.upload(&path, &token, PDF.to_vec()).await?.ok(name).map(drop)
    }

    /// Waits until the periodic task has marked the dossier late.
    pub async fn becomes_late(&mut self, looks: &Person, did: &str, expect: Expect) -> Result<()> {
        let seen = self.wait(looks, "đánh dấu quá hạn", |seen| seen.late).await?;
        self.record(&super::cast::system(), did, &seen, expect, None).await
    }

    /// Waits until the tax office has the slip of the dossier.
    pub async fn slip_arrives(&mut self, looks: &Person, did: &str, expect: Expect) -> Result<()> {
        let (slips, started) = (format!("{}/slips", self.tax_office), Instant::now());
        while !self.api.look(&slips).await?.ok(did)?.to_string().contains(&self.code) {
            ensure!(started.elapsed() < PATIENCE, "{}: cơ quan thuế chưa nhận phiếu", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let seen = self.seen(looks).await?;
        self.record(&super::cast::system(), did, &seen, expect, None).await
    }

    async fn take(&mut self, who: &Person, action: &Value) -> Result<Answer> {
        let version = self.seen(who).await?.version;
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/actions", self.code);
        self.api.post(&path, Some(&token), Some(version), action).await
    }

    async fn token(&mut self, who: &Person) -> Result<String> {
        let name = match &who.login {
            Login::Citizen(name) | Login::Staff(name) => name.clone(),
            Login::System => bail!("the portal does not log in"),
        };
        if let Some(token) = self.tokens.get(&name) {
            return Ok(token.clone());
        }
        let token = match &who.login {
            Login::Citizen(id_number) => self.api.login_citizen(id_number).await?,
            _ => self.api.login_staff(&name, &self.password).await?,
        };
        self.tokens.insert(name, token.clone());
        Ok(token)
    }

    async fn seen(&mut self, who: &Person) -> Result<Seen> {
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}", self.code);
        let dossier = self.api.get(&path, Some(&token)).await?.ok("xem hồ sơ")?;
        let payment = self.api.get(&format!("{path}/payment"), Some(&token)).await?.ok("xem phí")?;
        Ok(Seen {
            status: u8::try_from(number(&dossier, "status")?)?,
            due_at: text(&dossier, "due_at")?.parse()?,
            paused: !dossier["paused_since"].is_null(),
            late: !dossier["late_at"].is_null(),
            version: number(&dossier, "version")?,
            amount: number(&payment, "total")?,
            owed: number(&payment, "due")?,
            pay_url: payment.pointer("/order/pay_url").and_then(Value::as_str).map(str::to_owned),
        })
    }

    async fn wait(&mut self, who: &Person, what: &str, done: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let started = Instant::now();
        loop {
            let seen = self.seen(who).await?;
            if done(&seen) {
                return Ok(seen);
            }
            ensure!(started.elapsed() < PATIENCE, "{}: chờ quá lâu: {what}; thấy {seen:?}", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn tell(&mut self, who: &Person, did: &str, expect: Expect) -> Result<()> {
        let seen = self.seen(who).await?;
        self.record(who, did, &seen, expect, None).await
    }

    async fn record(
        &mut self,
        who: &Person,
        did: &str,
        seen: &Seen,
        expect: Expect,
        refused: Option<&str>,
    ) -> Result<()> {
        self.step += 1;
        let wrong = expect.wrong(seen)?;
        let step = Step {
            story: self.story,
            step: self.step,
            at: local(self.now),
            who: who.name.clone(),
            role: who.role.word().to_owned(),
            role_name: who.role_name,
            did: did.to_owned(),
            refused: refused.map(str::to_owned),
            status: seen.status,
            status_name: DossierStatus::try_from(seen.status)?.vi(),
            due_at: local(seen.due_at),
            amount: seen.amount,
            owed: seen.owed,
            paused: seen.paused,
            late: seen.late,
            ok: wrong.is_empty(),
            wrong,
            code: self.code.clone(),
            receipts: std::mem::take(&mut self.papers),
            refunded: self.refunded.take(),
            verify: self.verify.take(),
            notices: std::mem::take(&mut self.notices),
            remark: self.remark.take(),
        };
        (self.teller)(Said::Step(&step))?;
        ensure!(step.ok, "chuyện ({}) bước {}: {}", self.story, self.step, step.wrong.join("; "));
        tokio::time::sleep(self.pause).await;
        Ok(())
    }
}

impl Filing {
    fn draft(&self) -> Value {
        let mut draft = json!({
            "procedure": self.procedure,
            "channel": self.channel,
            "unit": self.unit,
            "return_by": self.return_by,
            "answers": self.answers,
            "papers": self.papers,
        });
        if let Some(applicant) = &self.applicant {
            draft["applicant"] = applicant.clone();
        }
        draft
    }
}

fn number(body: &Value, member: &str) -> Result<i64> {
    body.get(member)
        .and_then(Value::as_i64)
        .with_context(|| format!("câu trả lời không có số {member}: {body}"))
}

/// A local time; its seconds may be left out.
fn moment(text: &str) -> Result<Timestamp> {
    let local: DateTime = text.parse()?;
    Ok(local.to_zoned(vietnam())?.timestamp())
}
