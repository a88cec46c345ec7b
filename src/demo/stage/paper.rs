//! The papers of a story: a result that is prepared, signed remotely and checked by anybody, and
//! what the store of a person holds.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::super::api::text;
use super::super::cast::Person;
use super::{Expect, LOOK_EVERY, PATIENCE, Stage};
use crate::simulators::trust::PIN;

impl Stage {
    /// Prepares a result from its template, and lays it into the signer's tray.
    pub async fn prepare(
        &mut self,
        who: &Person,
        signer: &Person,
        did: &str,
        result: Value,
        expect: Expect,
    ) -> Result<()> {
        let token = self.token(signer).await?;
        let me = self.api.get("/api/v1/me", Some(&token)).await?.ok("xem mình là ai")?;
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/results", self.code);
        let prepared = self.api.post(&path, Some(&token), None, &result).await?.ok(did)?;
        let path = format!("{path}/{}/signature", text(&prepared, "id")?);
        let (order, started) = (json!({ "signer": me["id"] }), Instant::now());
        loop {
            let answer = self.api.post(&path, Some(&token), None, &order).await?;
            if answer.body["code"] != "result_not_ready" {
                answer.ok(did)?;
                break;
            }
            ensure!(started.elapsed() < PATIENCE, "{}: kết quả chưa in xong", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.tell(who, did, expect).await
    }

    /// Tries to prepare a result that must be refused with this code.
    pub async fn no_result(
        &mut self,
        who: &Person,
        did: &str,
        result: Value,
        code: &str,
        expect: Expect,
    ) -> Result<()> {
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/results", self.code);
        let answer = self.api.post(&path, Some(&token), None, &result).await?;
        let told = (answer.status, &answer.body["code"]);
        ensure!(
            told == (409, &json!(code)),
            "{did}: mong 409 {code}, nhận {} {}",
            answer.status,
            answer.body
        );
        let seen = self.seen(who).await?;
        self.record(who, did, &seen, expect, Some(code)).await
    }

    /// Signs all that waits in the tray, and waits until the last result of the dossier is
    /// valid: the agency's seal follows by itself. Its signatures are then there for anybody.
    pub async fn sign(&mut self, signer: &Person, did: &str, expect: Expect) -> Result<()> {
        let token = self.token(signer).await?;
        let tray = self.api.get("/api/v1/signing/requests", Some(&token)).await?.ok(did)?;
        let items = tray["items"].as_array().cloned().unwrap_or_default();
        let ids: Vec<&Value> = items.iter().map(|item| &item["id"]).collect();
        let confirmed = json!({ "requests": ids, "pin": PIN });
        self.api.post("/api/v1/signing/signatures", Some(&token), None, &confirmed).await?.ok(did)?;
        let (path, started) = (format!("/api/v1/dossiers/{}/results", self.code), Instant::now());
        let verify = loop {
            let results = self.api.get(&path, Some(&token)).await?.ok(did)?;
            let last =
                results["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
            if last["state"] == "valid" {
                break text(&last, "verify")?;
            }
            ensure!(started.elapsed() < PATIENCE, "{}: kết quả chưa được ký: {last}", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let seen = self.api.get(&verify, None).await?.ok("kiểm tra kết quả")?;
        let signed: Vec<&str> =
            seen["signatures"].as_array().into_iter().flatten().filter_map(|s| s["part"].as_str()).collect();
        ensure!(seen["standing"] == "valid" && signed == ["official", "seal"], "{did}: {seen}");
        self.verify = Some(format!("{}{verify}", self.api.portal()));
        // The dossier has it by a job.
        while !self.has_result(signer).await? {
            ensure!(started.elapsed() < PATIENCE, "{}: hồ sơ chưa có kết quả", self.code);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.tell(signer, did, expect).await
    }

    async fn has_result(&mut self, who: &Person) -> Result<bool> {
        let token = self.token(who).await?;
        let dossier = self.api.get(&format!("/api/v1/dossiers/{}", self.code), Some(&token)).await?;
        Ok(dossier.ok("xem hồ sơ")?["result"].is_object())
    }

    /// Downloads the signed document of the last result, as its owner.
    pub async fn download_result(&mut self, who: &Person, did: &str, expect: Expect) -> Result<()> {
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/results", self.code);
        let results = self.api.get(&path, Some(&token)).await?.ok(did)?;
        let last = results["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
        let answer = self.api.get(&format!("{path}/{}/file", text(&last, "id")?), Some(&token)).await?;
        ensure!(answer.status == 200, "{did}: mong 200, nhận {}", answer.status);
        self.tell(who, did, expect).await
    }

    /// An agency lays a document that it issued into the store of its holder.
    pub async fn import(&mut self, keeper: &Person, agency: &str, document: Value) -> Result<()> {
        let token = self.token(keeper).await?;
        let list = json!({ "agency": agency, "documents": [document] });
        let did = "nhập giấy tờ vào kho";
        let answer = self.api.post("/api/v1/records/import", Some(&token), None, &list).await?.ok(did)?;
        ensure!(answer["items"][0]["outcome"] != "refused", "{did}: {answer}");
        Ok(())
    }

    /// The component was taken from the store, and nobody had to bring it.
    pub async fn reused(&mut self, who: &Person, component: &str, did: &str, expect: Expect) -> Result<()> {
        let token = self.token(who).await?;
        let path = format!("/api/v1/dossiers/{}/components", self.code);
        let seen = self.api.get(&path, Some(&token)).await?.ok(did)?;
        let mut items = seen["items"].as_array().into_iter().flatten();
        let taken = items.any(|item| item["code"] == component && item["origin"] == "reused");
        ensure!(taken, "{did}: {component} không lấy từ kho: {seen}");
        self.tell(who, did, expect).await
    }
}
