//! (g) A construction permit, 1.013225: another unit is asked for its opinion and answers too
//! late. The portal marks the dossier once, the leader apologises and names a new day, and
//! the permit comes within it.

use anyhow::Result;
use serde_json::json;

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// Twelve calendar days from Wednesday, 25 November.
const DUE: &str = "2026-12-07T17:00";
/// The new appointment.
const NEW_DUE: &str = "2026-12-11T17:00";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let (owner, clerk) = (citizen("022069000007")?, official("baichay.motcua")?);
    let specialist = official("baichay.chuyenvien2")?;
    let expect = |code| status(code).due(DUE).amount(0).late(false);
    stage.begin(
        'g',
        "Giấy phép xây dựng nhà ở 1.013225: lấy ý kiến đơn vị khác, quá hạn, xin lỗi và hẹn lại",
    )?;

    stage.at("2026-11-25T08:40").await?;
    let filing = Filing {
        procedure: "1.013225",
        channel: "online",
        unit: "H49.43.01",
        return_by: "counter",
        answers: answers::of("1.013225")?,
        files: &[
            ("1.013225-TP01", "don-de-nghi.pdf"),
            ("1.013225-TP02", "giay-chung-nhan-dat.pdf"),
            ("1.013225-TP03", "ban-ve-thiet-ke.pdf"),
        ],
        ..Filing::default()
    };
    stage.file(&owner, "Nộp hồ sơ trực tuyến", &filing, expect(1)).await?;
    stage.at("2026-11-25T09:10").await?;
    stage.act(&clerk, "Tiếp nhận hồ sơ", json!({ "action": "receive" }), expect(2)).await?;
    stage.act(&clerk, "Chuyển phòng chuyên môn", json!({ "action": "hand_over" }), expect(4)).await?;
    stage.at("2026-11-26T10:00").await?;
    let question = "Lô đất có nằm trong hành lang kỹ thuật của tuyến đường ven biển không?";
    let ask = json!({ "action": "request_opinion", "unit": "H49.06", "text": question });
    stage.act(&specialist, "Lấy ý kiến Sở Xây dựng", ask, expect(4)).await?;
    late(stage).await?;
    finish(stage).await
}

async fn late(stage: &mut Stage) -> Result<()> {
    let (leader, asked) = (official("baichay.lanhdao")?, official("soxaydung.chuyenvien")?);
    stage.at("2026-12-08T08:00").await?;
    let marked = status(4).due(DUE).late(true);
    stage.becomes_late(&leader, "Đánh dấu quá hạn, báo lãnh đạo", marked).await?;
    let apology = "Xin lỗi ông Đặng Quốc Cảng: đơn vị được hỏi ý kiến chưa trả lời. Hẹn trả ngày 11/12/2026.";
    let extend = json!({ "action": "extend", "new_due": "2026-12-11T17:00:00+07:00", "note": apology });
    let extended = status(4).due(NEW_DUE).late(true);
    stage.act(&leader, "Xin lỗi và hẹn lại ngày trả", extend, extended).await?;
    stage.at("2026-12-08T14:00").await?;
    let answer = "Lô đất nằm ngoài hành lang kỹ thuật; không có ý kiến khác.";
    let give = json!({ "action": "give_opinion", "text": answer });
    stage.act(&asked, "Trả lời ý kiến", give, extended).await
}

async fn finish(stage: &mut Stage) -> Result<()> {
    let (clerk, specialist, leader) =
        (official("baichay.motcua")?, official("baichay.chuyenvien2")?, official("baichay.lanhdao")?);
    let expect = |code| status(code).due(NEW_DUE).amount(0).late(true);
    stage.at("2026-12-09T08:30").await?;
    stage.act(&specialist, "Hẹn kiểm tra thực địa", json!({ "action": "forward" }), expect(4)).await?;
    let persons = json!([{
        "name": "Đặng Quốc Cảng",
        "identity_no": "022069000007",
        "documents": "Có mặt tại Lô 12 khu Thử Nghiệm; ký biên bản kiểm tra thực địa",
    }]);
    let present = json!({ "action": "record_presence", "persons": persons });
    stage.at("2026-12-09T15:00").await?;
    stage.act(&specialist, "Kiểm tra thực địa, ghi biên bản", present, expect(4)).await?;
    stage.act(&specialist, "Trình lãnh đạo", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-12-10T09:00").await?;
    stage.act(&leader, "Ký giấy phép xây dựng", json!({ "action": "approve" }), expect(4)).await?;
    let result = json!({ "code": "KQ.G17.000311", "number": "56/GPXD" });
    let finish = json!({ "action": "finish", "result": result });
    stage.act(&specialist, "Phát hành giấy phép", finish, expect(9)).await?;
    stage.at("2026-12-10T14:30").await?;
    let give = json!({ "action": "return_result", "returned_to": "Đặng Quốc Cảng" });
    stage.act(&clerk, "Trả giấy phép tại quầy", give, expect(10)).await
}
