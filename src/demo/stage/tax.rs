//! The land taxes of a story: what each taxpayer sees, paying a notice here and elsewhere, and
//! what an official of the tax office does by hand at the simulator.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join;
use serde_json::{Value, json};

use super::super::api::text;
use super::super::cast::{Login, Person};
use super::super::told::{Notice, Refunded, grouped};
use super::{Expect, LOOK_EVERY, PATIENCE, Seen, Stage, number};

/// The gateway at which the story pays.
const GATEWAY: &str = "national";

/// What a notice says: tiểu mục, instalment, đồng owed and paid, and the word of its state.
pub type Line = (&'static str, i64, i64, i64, &'static str);

/// Whose notices a step is about, and who follows the dossier: a seller does not.
#[derive(Clone, Copy)]
pub struct Taxpayer<'a> {
    pub who: &'a Person,
    pub looks: &'a Person,
}

impl Stage {
    /// Sets the portal's clock and the tax office's.
    pub async fn at_both(&mut self, time: &str) -> Result<()> {
        self.at(time).await?;
        self.turn_office(&json!({ "now": self.now.to_string() })).await
    }

    /// Lets the tax office's clock run again.
    pub async fn release_office(&self) -> Result<()> {
        self.turn_office(&json!({})).await
    }

    async fn turn_office(&self, pace: &Value) -> Result<()> {
        let turned = self.api.turn(&format!("{}/clock", self.tax_office), pace).await?;
        turned.ok("đặt đồng hồ của cơ quan thuế").map(drop)
    }

    /// Waits until the own notices of the dossier, the oldest first, say exactly this.
    pub async fn notices_say(
        &mut self,
        of: Taxpayer<'_>,
        did: &str,
        lines: &[Line],
        expect: Expect,
    ) -> Result<()> {
        self.await_notices(of.who, did, lines).await?;
        let seen = self.as_expected(of.looks, expect).await?;
        self.record(of.who, did, &seen, expect, None).await
    }

    /// Nothing of what somebody else owes is seen: not listed, not read, not paid by guessing.
    pub async fn sees_none_of(
        &mut self,
        of: Taxpayer<'_>,
        other: &Person,
        did: &str,
        expect: Expect,
    ) -> Result<()> {
        let theirs = self.notices(other).await?;
        ensure!(!theirs.is_empty(), "{did}: {} không có thông báo nào", other.name);
        let token = self.token(of.who).await?;
        for item in theirs {
            let path = format!("/api/v1/land-tax/notices/{}", text(&item, "id")?);
            let read = self.api.get(&format!("{path}/document"), Some(&token)).await?;
            let order = json!({ "gateway": GATEWAY });
            let paid = self.api.post(&format!("{path}/payments"), Some(&token), None, &order).await?;
            let statuses = (read.status, paid.status);
            ensure!(statuses == (404, 404), "{did}: mong 404, nhận {statuses:?}");
        }
        let own = self.notices(of.who).await?;
        let strange = own.iter().find(|item| item["taxpayer_name"] != of.who.name.as_str());
        ensure!(strange.is_none(), "{did}: thấy thông báo của người khác: {strange:?}");
        let seen = self.seen(of.looks).await?;
        self.record(of.who, did, &seen, expect, Some("not_found")).await
    }

    /// A notice is paid at the gateway, in whole or in part; then the notices say this.
    pub async fn pay_notice(
        &mut self,
        of: Taxpayer<'_>,
        did: &str,
        what: (&str, i64, Option<i64>),
        lines: &[Line],
        expect: Expect,
    ) -> Result<()> {
        let (_, page) = self.order_notice(of.who, did, what).await?;
        self.api.pay(&page).await?.ok(did)?;
        self.notices_say(of, did, lines, expect).await
    }

    /// A notice is paid at the gateway and on eTax Mobile in the same second: it is met once, and
    /// what came twice is seen and goes back, by whoever has it.
    pub async fn pay_twice(
        &mut self,
        of: Taxpayer<'_>,
        cashier: &Person,
        did: &str,
        what: (&str, i64),
        lines: &[Line],
        expect: Expect,
    ) -> Result<()> {
        let (item, page) = self.order_notice(of.who, did, (what.0, what.1, None)).await?;
        let bill = json!({
            "dossier": self.code, "notice": item["notice_no"], "instalment": what.1, "payer": of.who.name,
        });
        let etax = format!("{}/etax", self.tax_office);
        let (here, there) = join(self.api.pay(&page), self.api.ask(&etax, &bill)).await;
        here?.ok(did)?;
        let there = there?;
        self.await_notices(of.who, did, lines).await?;
        let remark = match there.status {
            200 => self.found_twice(of.who, cashier, did, number(&item, "amount")?).await?,
            409 => "eTax Mobile không thu: khoản này vừa được nộp qua cổng".to_owned(),
            other => bail!("{did}: eTax Mobile trả lời {other} {}", there.body),
        };
        self.remark = Some(remark);
        let seen = self.as_expected(of.looks, expect).await?;
        self.record(of.who, did, &seen, expect, None).await
    }

    /// Whoever was second is seen: at eTax Mobile it is more than was owed, at the gateway it
    /// waits in suspense until the cashier gives it back.
    async fn found_twice(
        &mut self,
        who: &Person,
        cashier: &Person,
        did: &str,
        amount: i64,
    ) -> Result<String> {
        let (token, started, dong) = (self.token(cashier).await?, Instant::now(), grouped(amount));
        loop {
            if self.notices(who).await?.iter().any(|item| item["over"] == amount) {
                return Ok(format!(
                    "cổng nhận trước; {dong} đ nộp qua eTax Mobile là thừa, cơ quan thuế hoàn"
                ));
            }
            let list = self.api.get("/api/v1/payments/suspense?limit=200", Some(&token)).await?.ok(did)?;
            let mut items = list["items"].as_array().into_iter().flatten();
            let own = |item: &&Value| item["dossier"] == self.code.as_str() && item["remaining"] == amount;
            if let Some(item) = items.find(own) {
                let path = format!("/api/v1/payments/suspense/{}/moves", text(item, "id")?);
                let back = json!({ "to": "payer", "reason": "Đã nộp qua eTax Mobile" });
                self.api.post(&path, Some(&token), None, &back).await?.ok(did)?;
                return Ok(format!(
                    "eTax Mobile nhận trước; {dong} đ qua cổng bị treo, thủ quỹ hoàn người nộp"
                ));
            }
            ensure!(started.elapsed() < PATIENCE, "{did}: không thấy khoản nộp trùng {dong} đ");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What was paid for a notice beyond what the one in its place claims came back by the gateway.
    pub async fn replaced_money_back(
        &mut self,
        of: Taxpayer<'_>,
        did: &str,
        amount: i64,
        expect: Expect,
    ) -> Result<()> {
        let own = self.notices(of.who).await?;
        let old = own.iter().find(|item| item["state"] == "replaced");
        let old = old.with_context(|| format!("{did}: không có thông báo đã được thay thế"))?;
        let reference = old.pointer("/order/reference").cloned().unwrap_or_default();
        let (book, started) = (format!("{}/book", self.gateway), Instant::now());
        loop {
            let book = self.api.look(&book).await?.ok(did)?;
            let mut refunds = book["refunds"].as_array().into_iter().flatten();
            let done = |given: &Value| {
                given["reference"] == reference && given["amount"] == amount && given["state"] == "done"
            };
            if refunds.any(done) {
                break;
            }
            ensure!(started.elapsed() < PATIENCE, "{did}: cổng chưa hoàn {amount} đồng của {reference}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.refunded = Some(Refunded { gateway: GATEWAY.to_owned(), amount });
        let seen = self.seen(of.looks).await?;
        self.record(of.who, did, &seen, expect, None).await
    }

    /// The interest that a notice shows: days after the last one, and đồng.
    pub async fn shows_late(
        &mut self,
        of: Taxpayer<'_>,
        did: &str,
        (code, instalment): (&str, i64),
        late: (i64, i64),
        expect: Expect,
    ) -> Result<()> {
        let own = self.notices(of.who).await?;
        let item = open_one(&own, code, instalment).with_context(|| format!("{did}: không có {code}"))?;
        let found = (number(item, "late_days")?, number(item, "late_interest")?);
        ensure!(found == late, "{did}: mong chậm {late:?}, thấy {found:?}");
        self.notices = vec![notice(item)?];
        let seen = self.seen(of.looks).await?;
        self.record(of.who, did, &seen, expect, None).await
    }

    /// The official of the tax office issues a notice by hand.
    pub async fn office_issues(&mut self, to: &Person, kind: &str, amount: i64) -> Result<()> {
        let Login::Citizen(taxpayer) = &to.login else { bail!("{} is no taxpayer", to.name) };
        let notice = json!({ "dossier": self.code, "of": kind, "taxpayer": taxpayer, "amount": amount });
        self.office("notices", &notice).await
    }

    /// The official replaces the open notice of a tiểu mục by one over another amount.
    pub async fn office_replaces(&mut self, of: &Person, code: &str, amount: i64, why: &str) -> Result<()> {
        let number = self.open_number(of, code).await?;
        self.office("notices/replace", &json!({ "notice": number, "amount": amount, "reason": why })).await
    }

    /// The official records what is open of a notice as debt on the certificate.
    pub async fn office_records_debt(&mut self, of: &Person, code: &str) -> Result<()> {
        let number = self.open_number(of, code).await?;
        self.office("notices/record", &json!({ "notice": number })).await
    }

    /// The tax side has confirmed a dossier: what its officials see of it says so.
    pub async fn heard_by(
        &mut self,
        official: &Person,
        looks: &Person,
        did: &str,
        expect: Expect,
    ) -> Result<()> {
        let token = self.token(looks).await?;
        let path = format!("/api/v1/dossiers/{}/land-tax", self.code);
        let told = self.api.get(&path, Some(&token)).await?.ok(did)?;
        ensure!(told["met"] == true && told["confirmed_at"].is_string(), "{did}: {told}");
        let seen = self.seen(looks).await?;
        self.record(official, did, &seen, expect, None).await
    }

    async fn office(&self, what: &str, asked: &Value) -> Result<()> {
        self.api
            .ask(&format!("{}/{what}", self.tax_office), asked)
            .await?
            .ok("bàn làm việc của thuế")
            .map(drop)
    }

    async fn open_number(&mut self, of: &Person, code: &str) -> Result<String> {
        let own = self.notices(of).await?;
        let open = own.iter().find(|item| item["code"] == code && item["state"] == "open");
        text(open.with_context(|| format!("không có thông báo {code} còn phải nộp"))?, "notice_no")
    }

    /// Opens a payment of a notice; gives it, with the gateway's page.
    async fn order_notice(
        &mut self,
        who: &Person,
        did: &str,
        (code, instalment, amount): (&str, i64, Option<i64>),
    ) -> Result<(Value, String)> {
        let own = self.notices(who).await?;
        let item = open_one(&own, code, instalment)
            .with_context(|| format!("{did}: không có thông báo {code} kỳ {instalment} còn phải nộp"))?;
        let token = self.token(who).await?;
        let path = format!("/api/v1/land-tax/notices/{}/payments", text(item, "id")?);
        let mut order = json!({ "gateway": GATEWAY });
        if let Some(amount) = amount {
            order["amount"] = amount.into();
        }
        self.api.post(&path, Some(&token), None, &order).await?.ok(did)?;
        let started = Instant::now();
        loop {
            let own = self.notices(who).await?;
            let mine = own.iter().find(|known| known["id"] == item["id"]);
            let page = mine.and_then(|known| known.pointer("/order/pay_url")).and_then(Value::as_str);
            if let Some(page) = page {
                return Ok((item.clone(), page.to_owned()));
            }
            ensure!(started.elapsed() < PATIENCE, "{did}: không có trang thanh toán");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn await_notices(&mut self, who: &Person, did: &str, lines: &[Line]) -> Result<()> {
        let started = Instant::now();
        loop {
            let own = self.notices(who).await?;
            if own.len() == lines.len() && own.iter().zip(lines).all(|(item, line)| says(item, line)) {
                self.notices = own.iter().map(notice).collect::<Result<_>>()?;
                return Ok(());
            }
            let shown: Vec<Value> = own.iter().map(short).collect();
            ensure!(started.elapsed() < PATIENCE, "{did}: mong {lines:?}, thấy {}", json!(shown));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The own notices of the dossier, the oldest first.
    async fn notices(&mut self, who: &Person) -> Result<Vec<Value>> {
        let token = self.token(who).await?;
        let page = self.api.get("/api/v1/land-tax/notices?limit=200", Some(&token)).await?;
        let page = page.ok("xem thông báo thuế")?;
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let of_this = |item: &Value| item["dossier"] == self.code.as_str();
        Ok(items.into_iter().rev().filter(of_this).collect())
    }

    /// The dossier, when jobs have moved it to where it is expected.
    async fn as_expected(&mut self, looks: &Person, expect: Expect) -> Result<Seen> {
        let started = Instant::now();
        loop {
            let seen = self.seen(looks).await?;
            if expect.wrong(&seen)?.is_empty() || started.elapsed() > PATIENCE {
                return Ok(seen);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn open_one<'a>(own: &'a [Value], code: &str, instalment: i64) -> Option<&'a Value> {
    let open = |item: &&Value| item["state"] == "open" || item["state"] == "debt";
    own.iter().filter(open).find(|item| item["code"] == code && item["instalment"] == instalment)
}

fn says(item: &Value, (code, instalment, amount, paid, state): &Line) -> bool {
    item["code"] == *code
        && item["instalment"] == *instalment
        && item["amount"] == *amount
        && item["paid"] == *paid
        && item["state"] == *state
}

fn short(item: &Value) -> Value {
    json!([item["code"], item["instalment"], item["amount"], item["paid"], item["state"]])
}

fn notice(item: &Value) -> Result<Notice> {
    Ok(Notice {
        number: text(item, "notice_no")?,
        taxpayer: text(item, "taxpayer_name")?,
        item: text(item, "code")?,
        instalment: number(item, "instalment")?,
        amount: number(item, "amount")?,
        paid: number(item, "paid")?,
        state: text(item, "state")?,
        due: item["due_day"].as_str().unwrap_or_default().to_owned(),
        late_days: number(item, "late_days")?,
        late_interest: number(item, "late_interest")?,
    })
}
