//! The certificate: prepared, signed, sealed and returned, with the debt noted on it.

use anyhow::Result;
use serde_json::json;

use super::{CONFIRMED, Cast, page};
use crate::demo::stage::{Stage, status};

pub async fn issue(stage: &mut Stage, cast: &Cast) -> Result<()> {
    let Cast { buyer, clerk, specialist, leader, .. } = cast;
    let expect = |code| status(code).due(CONFIRMED).owed(0).late(false);
    stage.at("2026-10-30T14:00").await?;
    let noted = page(leader, "Còn ghi nợ tiền sử dụng đất: 50.000.000 đồng");
    stage
        .prepare(specialist, leader, "Soạn giấy chứng nhận, ghi chú khoản nợ, trình ký", noted, expect(4))
        .await?;
    stage.act(specialist, "Chuyển nhận bản gốc", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-11-02T08:30").await?;
    originals(stage, cast, "Đỗ Tuấn Châu giao bản gốc giấy chứng nhận đã cấp").await?;
    stage.at("2026-11-03T09:00").await?;
    stage.act(leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    stage.sign(leader, "Ký số giấy chứng nhận, đóng dấu số", expect(4)).await?;
    stage.act(specialist, "Phát hành giấy chứng nhận", json!({ "action": "finish" }), expect(9)).await?;
    stage.at("2026-11-04T10:00").await?;
    let give = json!({ "action": "return_result", "returned_to": buyer.name });
    stage.act(clerk, "Trả giấy chứng nhận tại quầy", give, expect(10)).await
}

/// The holder comes with the original papers.
pub async fn originals(stage: &mut Stage, cast: &Cast, what: &str) -> Result<()> {
    let persons = json!([{
        "name": cast.buyer.name, "identity_no": "022090000009", "documents": what,
    }]);
    let present = json!({ "action": "record_presence", "persons": persons });
    stage.act(&cast.clerk, "Nhận bản gốc tại quầy", present, status(4).late(false)).await?;
    stage.act(&cast.clerk, "Trình ký", json!({ "action": "forward" }), status(4).late(false)).await
}
