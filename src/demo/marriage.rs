//! (c) Registering a marriage, 1.000894: filed online, but partial. Both must come to the
//! counter and sign; until the counter has recorded who came with what, nothing passes.

use anyhow::Result;
use serde_json::json;

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// Five working hours from 08:30 on the same day.
const DUE: &str = "2026-09-16T15:00";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let groom = citizen("022201000003")?;
    let (clerk, specialist, leader) =
        (official("halong.motcua")?, official("halong.chuyenvien")?, official("halong.lanhdao")?);
    let expect = |code| status(code).due(DUE).amount(0).late(false);
    stage.begin('c', "Đăng ký kết hôn 1.000894: một phần, hai bên phải có mặt ký")?;

    stage.at("2026-09-16T08:30").await?;
    let filing = Filing {
        procedure: "1.000894",
        channel: "online",
        unit: "H49.46.01",
        return_by: "counter",
        answers: answers::of("1.000894")?,
        ..Filing::default()
    };
    stage.file(&groom, "Nộp hồ sơ trực tuyến", &filing, expect(1)).await?;
    stage.at("2026-09-16T08:50").await?;
    stage.act(&clerk, "Tiếp nhận hồ sơ", json!({ "action": "receive" }), expect(2)).await?;
    stage.act(&clerk, "Chuyển phòng chuyên môn", json!({ "action": "hand_over" }), expect(4)).await?;
    stage.at("2026-09-16T09:40").await?;
    stage.act(&specialist, "Thẩm định, trình lãnh đạo", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-09-16T10:15").await?;
    stage.act(&leader, "Ký Giấy chứng nhận kết hôn", json!({ "action": "approve" }), expect(4)).await?;
    let result = json!({ "code": "KQ.G15.000032", "number": "37/2026" });
    let invite = json!({ "action": "forward", "result": result });
    stage.act(&specialist, "Mời hai bên đến ký", invite, expect(4)).await?;

    stage.at("2026-09-16T14:05").await?;
    let finish = json!({ "action": "finish" });
    let early = "Kết thúc khi hai bên chưa có mặt: bị từ chối";
    stage.refused(&clerk, early, finish.clone(), "presence_recorded", expect(4)).await?;
    let shown = "Thẻ căn cước; ký Sổ đăng ký kết hôn và Giấy chứng nhận kết hôn";
    let persons = json!([
        { "name": "Lê Minh Vịnh", "identity_no": "022201000003", "documents": shown },
        { "name": "Phạm Ngọc San Hô", "identity_no": "022302000004", "documents": shown },
    ]);
    let present = json!({ "action": "record_presence", "persons": persons });
    stage.act(&clerk, "Ghi nhận hai bên có mặt, giấy tờ xuất trình", present, expect(4)).await?;
    stage.at("2026-09-16T14:20").await?;
    stage.act(&clerk, "Kết thúc xử lý", finish, expect(9)).await?;
    let give = json!({ "action": "return_result", "returned_to": "Lê Minh Vịnh và Phạm Ngọc San Hô" });
    stage.act(&clerk, "Trao Giấy chứng nhận kết hôn", give, expect(10)).await
}
