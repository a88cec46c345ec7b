//! (f) A change in land, 1.013831, decided by the land registration office: the charge of
//! 0.15 % of the price is paid, and the slip goes to the tax office, where the clock stands.

use anyhow::Result;
use serde_json::json;

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// Filed on Monday: eleven working days end on Tuesday two weeks later, 17:00.
const FILED: &str = "2026-10-06T17:00";
/// Ten working minutes were waited for the money.
const PAID: &str = "2026-10-07T07:40";
/// 1,200,000,000 × 0.15 %.
const CHARGE: i64 = 1_800_000;

pub async fn play(stage: &mut Stage) -> Result<()> {
    let buyer = citizen("022090000009")?;
    let (clerk, specialist) = (official("ttpvhcc.canbo")?, official("datdai.chuyenvien")?);
    stage.begin('f', "Đăng ký biến động đất đai 1.013831: nộp phí, chuyển phiếu sang cơ quan thuế")?;

    stage.at("2026-09-21T09:30").await?;
    let filing = Filing {
        procedure: "1.013831",
        channel: "online",
        unit: "H49.01",
        return_by: "counter",
        answers: answers::of("1.013831")?,
        files: &[
            ("1.013831-TP01", "don-dang-ky-bien-dong.pdf"),
            ("1.013831-TP04", "giay-chung-nhan-da-cap.pdf"),
            ("1.013831-TP05", "hop-dong-chuyen-nhuong.pdf"),
            ("1.013831-TP09", "to-khai-le-phi-truoc-ba.pdf"),
            ("1.013831-TP10", "to-khai-thue-thu-nhap.pdf"),
        ],
        ..Filing::default()
    };
    stage.file(&buyer, "Nộp hồ sơ chuyển nhượng trực tuyến", &filing, status(1).due(FILED)).await?;

    stage.at("2026-09-21T10:00").await?;
    let received = status(2).due(FILED).amount(CHARGE).owed(CHARGE);
    stage.act(&clerk, "Tiếp nhận, tính phí thẩm định", json!({ "action": "receive" }), received).await?;
    let waits = status(6).due(FILED).amount(CHARGE).owed(CHARGE).paused(true);
    stage.act(&clerk, "Yêu cầu nộp phí", json!({ "action": "request_payment" }), waits).await?;
    stage.at("2026-09-21T10:10").await?;
    let paid = status(4).due(PAID).amount(CHARGE).owed(0).paused(false);
    stage.pay(&buyer, &buyer, "Nộp 1.800.000 đồng qua cổng thanh toán", paid).await?;

    stage.at("2026-09-22T09:00").await?;
    let at_tax = status(4).due(PAID).paused(true);
    let send = json!({ "action": "send_to_tax" });
    stage.act(&specialist, "Chuyển phiếu thông tin địa chính sang cơ quan thuế", send, at_tax).await?;
    stage.slip_arrives(&specialist, "Phiếu đã đến cơ quan thuế (mô phỏng)", at_tax).await
}
