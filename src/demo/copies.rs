//! (d) Certified copies, 2.000815, at the counter for a person without an account. The fee is
//! counted by page: five pages make 2 × 2,000 + 3 × 1,000 = 7,000 đồng, three copies 21,000.

use anyhow::Result;
use serde_json::json;

use super::answers;
use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};

/// The same day.
const DAY: &str = "2026-09-17T17:00";
/// Six working minutes were waited for the money.
const DUE: &str = "2026-09-18T07:36";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let visitor = citizen("022078000005")?;
    let (clerk, cashier) = (official("honggai.motcua2")?, official("honggai.thuquy")?);
    let (specialist, leader) = (official("honggai.chuyenvien2")?, official("honggai.phochutich")?);
    stage.begin('d', "Chứng thực bản sao 2.000815 tại quầy: 5 trang, 3 bản, phí tính theo trang")?;

    stage.at("2026-09-17T09:00").await?;
    let filing = Filing {
        procedure: "2.000815",
        channel: "counter",
        unit: "H49.45.01",
        return_by: "counter",
        answers: answers::of("2.000815")?,
        papers: &["2.000815-TP01"],
        applicant: Some(json!({ "kind": "citizen", "name": visitor.name, "identity_no": "022078000005" })),
        ..Filing::default()
    };
    stage.file(&clerk, "Nhận hồ sơ của ông Hoàng Văn Than tại quầy", &filing, status(1).due(DAY)).await?;
    let received = status(2).due(DAY).amount(21_000).owed(21_000);
    stage.act(&clerk, "Tiếp nhận, tính phí theo trang", json!({ "action": "receive" }), received).await?;
    stage.at("2026-09-17T09:04").await?;
    let waits = status(6).due(DAY).amount(21_000).owed(21_000).paused(true);
    stage.act(&clerk, "Yêu cầu nộp phí", json!({ "action": "request_payment" }), waits).await?;
    let confirm = json!({ "action": "confirm_payment" });
    let early = "Xác nhận khi tiền chưa đến: bị từ chối";
    stage.refused(&cashier, early, confirm, "payment_confirmed", waits).await?;
    stage.at("2026-09-17T09:10").await?;
    let expect = |code| status(code).due(DUE).amount(21_000).owed(0).late(false);
    stage.pay(&visitor, &clerk, "Nộp 21.000 đồng bằng mã trên màn hình của quầy", expect(4)).await?;
    stage.receipts(&clerk, "In biên lai thu phí cho người nộp", expect(4)).await?;

    stage.at("2026-09-17T09:25").await?;
    stage
        .act(&specialist, "Đối chiếu bản chính, trình ký", json!({ "action": "forward" }), expect(4))
        .await?;
    let certified = json!({
        "code": "KQ.G15.000021", "template": "copy_certification",
        "fields": {
            "certification_number": "1502/2026, quyển số 01/2026-SCT/BS",
            "signer_title": "Phó Chủ tịch", "signer_name": leader.name,
        },
    });
    stage
        .prepare(&specialist, &leader, "Soạn lời chứng của 3 bản sao, trình ký", certified, expect(4))
        .await?;
    stage.at("2026-09-17T09:40").await?;
    stage.act(&leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    stage.sign(&leader, "Ký số chứng thực, đóng dấu số", expect(4)).await?;
    stage.act(&specialist, "Phát hành 3 bản sao", json!({ "action": "finish" }), expect(9)).await?;
    stage.at("2026-09-17T09:50").await?;
    let give = json!({ "action": "return_result", "returned_to": visitor.name });
    stage.act(&clerk, "Trả bản sao tại quầy", give, expect(10)).await
}
