//! (a) Registering a birth, 1.001193: online, full-process, no fee. Filed at 16:10 it is due
//! on the next working day (the 15:00 rule), and done on the day it was filed.

use anyhow::Result;
use serde_json::json;

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// Friday, 17:00.
const DUE: &str = "2026-09-11T17:00";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let father = citizen("022094000001")?;
    let (clerk, specialist, leader) =
        (official("honggai.motcua")?, official("honggai.chuyenvien")?, official("honggai.lanhdao")?);
    let expect = |code| status(code).due(DUE).amount(0).late(false);
    stage
        .begin('a', "Đăng ký khai sinh 1.001193: trực tuyến toàn trình, không mất lệ phí, xong trong ngày")?;

    stage.at("2026-09-10T16:10").await?;
    let filing = Filing {
        procedure: "1.001193",
        channel: "online",
        unit: "H49.45.01",
        return_by: "online",
        answers: answers::of("1.001193")?,
        files: &[("1.001193-TP06", "giay-chung-sinh.pdf")],
        ..Filing::default()
    };
    stage.file(&father, "Nộp hồ sơ trực tuyến lúc 16:10", &filing, expect(1)).await?;

    stage.at("2026-09-10T16:18").await?;
    stage.act(&clerk, "Tiếp nhận hồ sơ", json!({ "action": "receive" }), expect(2)).await?;
    stage.act(&clerk, "Chuyển phòng chuyên môn", json!({ "action": "hand_over" }), expect(4)).await?;
    stage.at("2026-09-10T16:30").await?;
    let extract = json!({
        "code": "KQ.G15.000031", "template": "birth_extract",
        "fields": { "registration_number": "118/2026", "signer_title": "Chủ tịch", "signer_name": leader.name },
    });
    stage.prepare(&specialist, &leader, "Soạn Trích lục khai sinh, trình ký", extract, expect(4)).await?;
    stage.act(&specialist, "Thẩm định, trình lãnh đạo", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-09-10T16:40").await?;
    stage.act(&leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    stage.sign(&leader, "Ký số từ xa, đóng dấu số của phường", expect(4)).await?;

    stage.at("2026-09-10T16:48").await?;
    stage.act(&specialist, "Phát hành kết quả", json!({ "action": "finish" }), expect(9)).await?;
    stage.at("2026-09-10T16:52").await?;
    stage.act(&clerk, "Trả kết quả trực tuyến", json!({ "action": "return_result" }), expect(10)).await?;
    stage.download_result(&father, "Tải Trích lục khai sinh điện tử", expect(10)).await
}
