//! The debt is paid, and cleared from the certificate: 1.013988.

use anyhow::Result;
use serde_json::json;

use super::certificate::originals;
use super::taxes::in_the_end;
use super::{Cast, UNIT, page};
use crate::demo::answers;
use crate::demo::stage::{Filing, Stage, status};

/// The proof that the debt is paid is not brought: the official looks at the book, which lets no
/// result pass before the money is there.
pub async fn clear(stage: &mut Stage, cast: &Cast, owing: &str) -> Result<()> {
    let Cast { buyer, clerk, specialist, leader, .. } = cast;
    let expect = |code| status(code).amount(0).owed(0).late(false);
    let mut answers = answers::of("1.013988")?;
    answers["requester"] = answers::of("1.013831")?["transferee"].clone();
    answers["paid_on"] = json!("2026-11-18");
    stage.at("2026-11-18T08:30").await?;
    let filing = Filing {
        procedure: "1.013988",
        channel: "online",
        unit: UNIT,
        return_by: "counter",
        answers,
        files: &[("1.013988-TP01", "don-dang-ky-bien-dong.pdf"), ("1.013988-TP04", "giay-chung-nhan.pdf")],
        ..Filing::default()
    };
    stage.file(buyer, "Nộp hồ sơ xoá ghi nợ trực tuyến (1.013988)", &filing, expect(1)).await?;
    stage.act(clerk, "Tiếp nhận hồ sơ", json!({ "action": "receive" }), expect(2)).await?;
    stage.act(clerk, "Chuyển Văn phòng đăng ký đất đai", json!({ "action": "hand_over" }), expect(4)).await?;
    stage.at_both("2026-11-18T09:00").await?;
    let cleared = || page(leader, "Đã xoá ghi nợ tiền sử dụng đất ngày 18/11/2026");
    let refused = "Soạn giấy chứng nhận: bị từ chối, khoản ghi nợ chưa trả";
    stage.no_result(specialist, refused, cleared(), "land_debt_open", expect(4)).await?;
    let paid = "Trả khoản ghi nợ 50.000.000 đồng qua cổng thanh toán";
    let clearing = stage.turn_to(owing);
    let returned = status(10).owed(0);
    stage.pay_notice(cast.buyer(), paid, ("1401", 2, None), &in_the_end("paid"), returned).await?;
    stage.turn_to(&clearing);
    stage.at("2026-11-18T09:30").await?;
    let prepared = "Soạn giấy chứng nhận đã xoá nợ, trình ký";
    stage.prepare(specialist, leader, prepared, cleared(), expect(4)).await?;
    stage.act(specialist, "Thẩm tra", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-11-18T10:30").await?;
    originals(stage, cast, "Đỗ Tuấn Châu giao giấy chứng nhận còn ghi nợ").await?;
    stage.act(leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    stage.sign(leader, "Ký số giấy chứng nhận đã xoá nợ, đóng dấu số", expect(4)).await?;
    stage.act(specialist, "Phát hành kết quả", json!({ "action": "finish" }), expect(9)).await?;
    stage.at("2026-11-18T14:00").await?;
    let give = json!({ "action": "return_result", "returned_to": buyer.name });
    stage.act(clerk, "Trả giấy chứng nhận đã xoá nợ tại quầy", give, expect(10)).await
}
