//! (e) Founding a household business, 1.001612: refused with structured reasons, filed again
//! as the reasons said, and granted.

use anyhow::Result;
use serde_json::{Value, json};

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// Filed anew on Friday morning: two working days end on Tuesday, 17:00.
const DUE: &str = "2026-09-22T17:00";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let (owner, clerk) = (citizen("022185000006")?, official("baichay.motcua")?);
    let (specialist, leader) = (official("baichay.chuyenvien")?, official("baichay.lanhdao")?);
    stage.begin('e', "Đăng ký hộ kinh doanh 1.001612: bị từ chối có lý do, nộp lại, được cấp")?;

    let mut answers = answers::of("1.001612")?;
    let right = answers["business_name"].clone();
    answers["business_name"] = json!("Công ty Bếp Sao Biển");
    stage.at("2026-09-17T14:00").await?;
    stage.file(&owner, "Nộp hồ sơ với tên chưa đúng quy định", &filing(answers.clone()), status(1)).await?;

    stage.at("2026-09-17T15:30").await?;
    let bare = json!({ "action": "refuse" });
    stage.refused(&clerk, "Từ chối không nêu lý do: không được", bare, "reasons_given", status(1)).await?;
    let reason = json!({
        "about": { "field": "/business_name" },
        "wrong": "Tên hộ kinh doanh có cụm từ \"Công ty\"",
        "mend": "Đặt tên gồm \"Hộ kinh doanh\" và tên riêng, không dùng từ chỉ doanh nghiệp",
        "clause": "Quy định về đặt tên hộ kinh doanh, Nghị định 168/2025/NĐ-CP",
    });
    let refuse = json!({ "action": "refuse", "reasons": [reason] });
    stage.act(&clerk, "Từ chối, nêu trường sai và cách sửa", refuse, status(3).amount(0)).await?;

    stage.at("2026-09-18T08:00").await?;
    answers["business_name"] = right;
    let expect = |code| status(code).due(DUE).amount(0).late(false);
    stage.file(&owner, "Nộp lại với tên đã sửa", &filing(answers), expect(1)).await?;
    stage.at("2026-09-18T08:20").await?;
    stage.act(&clerk, "Tiếp nhận hồ sơ", json!({ "action": "receive" }), expect(2)).await?;
    stage.act(&clerk, "Chuyển phòng chuyên môn", json!({ "action": "hand_over" }), expect(4)).await?;
    stage.at("2026-09-18T14:10").await?;
    stage.act(&specialist, "Thẩm định, trình lãnh đạo", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-09-21T09:00").await?;
    stage.act(&leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    let result = json!({ "code": "KQ.G12.001041", "number": "22C8000123" });
    let finish = json!({ "action": "finish", "result": result });
    stage.act(&specialist, "Cấp giấy chứng nhận", finish, expect(9)).await?;
    stage.act(&clerk, "Trả kết quả trực tuyến", json!({ "action": "return_result" }), expect(10)).await
}

fn filing(answers: Value) -> Filing {
    Filing {
        procedure: "1.001612",
        channel: "online",
        unit: "H49.43.01",
        return_by: "online",
        answers,
        files: &[("1.001612-TP01", "giay-de-nghi.pdf")],
        ..Filing::default()
    }
}
