//! The money of a story: paying by the gateway's page or at the counter, news that is lost,
//! receipts, and money that comes back.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::api::text;
use super::super::cast::{Person, system};
use super::super::told::{Closed, Paper, Refunded, Said};
use super::{Expect, LOOK_EVERY, PATIENCE, Stage, number};

impl Stage {
    /// The one who owes pays at the gateway; waits until the portal has heard of it.
    /// `looks` follows the dossier: at the counter that is a clerk.
    pub async fn pay(&mut self, payer: &Person, looks: &Person, did: &str, expect: Expect) -> Result<()> {
        let before = self.press(looks, did).await?;
        let seen =
            self.wait(looks, "ghi nhận thanh toán", |seen| seen.owed == 0 && seen.status != before).await?;
        self.record(payer, did, &seen, expect, None).await
    }

    /// The same, but the gateway's notice is lost on its way: the money is there, and the
    /// portal has not heard of it.
    pub async fn pay_unheard(
        &mut self,
        payer: &Person,
        looks: &Person,
        did: &str,
        expect: Expect,
    ) -> Result<()> {
        self.turn_gateway(&json!({ "drop_callbacks": true })).await?;
        self.press(looks, did).await?;
        self.turn_gateway(&json!({})).await?;
        self.tell(payer, did, expect).await
    }

    /// The portal has asked the gateway by itself, and found the money.
    pub async fn money_found(&mut self, looks: &Person, did: &str, expect: Expect) -> Result<()> {
        let found = |seen: &super::Seen| seen.owed == 0 && seen.status != super::AWAITS_PAYMENT;
        let seen = self.wait(looks, "hỏi lại cổng thanh toán", found).await?;
        self.record(&system(), did, &seen, expect, None).await
    }

    /// The cashier records the slip of the card terminal.
    pub async fn card(
        &mut self,
        cashier: &Person,
        did: &str,
        slip: (&str, i64),
        expect: Expect,
    ) -> Result<()> {
        let token = self.token(cashier).await?;
        let path = format!("/api/v1/dossiers/{}/payment/slips", self.code);
        let (slip, amount) = slip;
        let slip = json!({ "kind": "card", "terminal": "POS01", "slip": slip, "amount": amount });
        let told = self.api.post(&path, Some(&token), None, &slip).await?.ok(did)?;
        ensure!(told["outcome"] == "settled", "{did}: {told}");
        let moved = |seen: &super::Seen| seen.owed == 0 && seen.status != super::AWAITS_PAYMENT;
        let seen = self.wait(cashier, "ghi nhận phiếu", moved).await?;
        self.record(cashier, did, &seen, expect, None).await
    }

    /// Shows the receipts of the dossier as they stand.
    pub async fn receipts(&mut self, who: &Person, did: &str, expect: Expect) -> Result<()> {
        self.papers = self.load_papers(who).await?;
        ensure!(!self.papers.is_empty(), "{did}: hồ sơ chưa có biên lai");
        if let Some(valid) = self.papers.iter().find(|paper| paper.state == "valid") {
            self.look_up = Some(valid.look_up.clone());
        }
        self.tell(who, did, expect).await
    }

    /// Waits until the gateway has given back what was paid, and shows the receipts that ended.
    pub async fn money_back(
        &mut self,
        payer: &Person,
        cashier: &Person,
        did: &str,
        expect: Expect,
    ) -> Result<()> {
        let (token, started) = (self.token(cashier).await?, Instant::now());
        let path = format!("/api/v1/dossiers/{}/refunds", self.code);
        let refund = loop {
            let refunds = self.api.get(&path, Some(&token)).await?.ok(did)?;
            let first = refunds.pointer("/items/0").filter(|refund| refund["state"] == "succeeded");
            if let Some(refund) = first {
                break refund.clone();
            }
            ensure!(started.elapsed() < PATIENCE, "{}: tiền chưa được hoàn: {refunds}", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        };
        self.refunded =
            Some(Refunded { gateway: text(&refund, "gateway")?, amount: number(&refund, "amount")? });
        self.papers = self.load_papers(payer).await?;
        self.tell(payer, did, expect).await
    }

    /// The page on which the open order of the dossier can be paid.
    pub async fn pay_page(&mut self, looks: &Person) -> Result<String> {
        let opened = self.wait(looks, "mở khoản thanh toán", |seen| seen.pay_url.is_some()).await?;
        opened.pay_url.context("không có trang thanh toán")
    }

    /// Presses the button of the pay page; gives the status that the dossier had before.
    async fn press(&mut self, looks: &Person, did: &str) -> Result<u8> {
        let page = self.pay_page(looks).await?;
        let before = self.seen(looks).await?.status;
        self.api.pay(&page).await?.ok(did)?;
        Ok(before)
    }

    async fn turn_gateway(&self, faults: &Value) -> Result<()> {
        self.api.turn(&format!("{}/faults", self.gateway), faults).await?.ok("chỉnh mô phỏng").map(drop)
    }

    async fn load_papers(&mut self, who: &Person) -> Result<Vec<Paper>> {
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/receipts", self.code);
        let found = self.api.get(&path, Some(&token)).await?.ok("xem biên lai")?;
        let items = found["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| self.paper(item)).collect()
    }

    fn paper(&self, item: &Value) -> Result<Paper> {
        let (series, number_of) = (text(item, "series")?, text(item, "number")?);
        let look_up = format!(
            "{}/api/v1/receipts/{series}/{number_of}?secret={}",
            self.api.portal(),
            text(item, "secret")?
        );
        let (amount, state) = (number(item, "amount")?, text(item, "state")?);
        Ok(Paper { series, number: number_of, amount, state, look_up })
    }
}

impl Stage {
    /// The cashier closes a day that has ended. On a portal that has told the story before, the
    /// day is closed: then that close is shown.
    pub async fn close_day(&mut self, who: &Person, agency: &str, day: &str) -> Result<()> {
        let token = self.token(who).await?;
        let wanted = json!({ "agency": agency, "day": day });
        let answer = self.api.post("/api/v1/closes", Some(&token), None, &wanted).await?;
        let close = if answer.body["code"] == "day_closed" {
            let path = format!("/api/v1/closes?agency={agency}&day={day}");
            self.api.get(&path, Some(&token)).await?.ok("xem sổ đã khoá")?["items"][0].clone()
        } else {
            answer.ok("khoá sổ ngày")?
        };
        let payments = close["figures"]["lines"].as_array().context("a close has lines")?;
        let payments: Vec<&Value> = payments.iter().filter(|line| line["kind"] == "payment").collect();
        let sum = |member: &str| payments.iter().map(|line| number(line, member)).sum::<Result<i64>>();
        let closed = Closed {
            story: self.story,
            who: who.name.clone(),
            agency: agency.to_owned(),
            day: day.to_owned(),
            payments: sum("count")?,
            amount: sum("amount")?,
            unmatched: number(&close, "unmatched_count")?,
            sha256: text(&close, "sha256")?,
        };
        (self.teller)(Said::Close(&closed))
    }
}
