//! (b) Registering temporary residence, 1.004194, decided by the ward's police: 7,000 đồng
//! online, paid at the gateway, whose notice is lost and which the portal asks by itself, and
//! one supplement. Both pauses move the due time by exactly the working time that they took. A
//! second dossier, filed by mistake, is withdrawn after it was paid: its fee comes back.

use anyhow::Result;
use serde_json::json;

use super::cast::{citizen, official};
use super::stage::{Filing, Stage, status};
use super::{ToPay, answers};

/// Filed on Friday: two working days end on Tuesday, 17:00.
const FILED: &str = "2026-09-15T17:00";
/// Paid after 8 working minutes.
const PAID: &str = "2026-09-16T07:38";
/// Friday 10:00 to Monday 14:30 are 5.5 + 5.5 = 11 working hours: a day and three hours more.
const SUPPLEMENTED: &str = "2026-09-17T10:38";

pub async fn play(stage: &mut Stage) -> Result<()> {
    let tenant = citizen("022185000006")?;
    let clerk = official("honggai.motcua")?;
    stage.begin(
        'b',
        "Đăng ký tạm trú 1.004194: lệ phí 7.000 đồng nộp trực tuyến, một lần bổ sung, một lần hoàn",
    )?;

    stage.at("2026-09-11T08:15").await?;
    stage.file(&tenant, "Nộp hồ sơ trực tuyến", &filing()?, status(1).due(FILED)).await?;

    stage.at("2026-09-11T08:30").await?;
    let received = status(2).due(FILED).amount(7_000).owed(7_000);
    stage.act(&clerk, "Tiếp nhận hồ sơ, tính lệ phí", json!({ "action": "receive" }), received).await?;
    let hand_over = json!({ "action": "hand_over" });
    stage
        .refused(&clerk, "Chuyển xử lý khi chưa nộp lệ phí: bị từ chối", hand_over, "nothing_due", received)
        .await?;
    let waits = status(6).due(FILED).amount(7_000).owed(7_000).paused(true);
    stage.act(&clerk, "Yêu cầu nộp lệ phí", json!({ "action": "request_payment" }), waits).await?;
    // Before the first question to the gateway, half a minute after the opening.
    stage.at("2026-09-11T08:30:20").await?;
    let unheard = "Nộp 7.000 đồng qua cổng thanh toán; tin báo của cổng bị mất";
    stage.pay_unheard(&tenant, &tenant, unheard, waits).await?;
    stage.at("2026-09-11T08:38").await?;
    let paid = status(4).due(PAID).amount(7_000).owed(0).paused(false);
    stage.money_found(&tenant, "Tự hỏi lại cổng thanh toán, thấy tiền đã nộp", paid).await?;
    stage.receipts(&tenant, "Nhận biên lai điện tử", paid).await?;
    supplement(stage).await?;
    finish(stage).await?;
    withdrawn(stage).await
}

/// A dossier as everybody files it who has a lease.
pub fn filing() -> Result<Filing> {
    Ok(Filing {
        procedure: "1.004194",
        channel: "online",
        unit: "H49.45.01",
        return_by: "online",
        answers: answers::of("1.004194")?,
        files: &[("1.004194-TP01", "to-khai-ct01.pdf"), ("1.004194-TP03", "hop-dong-thue-nha.pdf")],
        ..Filing::default()
    })
}

/// Paid, and withdrawn before anybody has worked on it: the money goes back by itself.
async fn withdrawn(stage: &mut Stage) -> Result<()> {
    let (tenant, clerk) = (citizen("022185000006")?, official("honggai.motcua")?);
    let cashier = official("honggai.thuquy")?;
    stage.at("2026-09-15T16:10").await?;
    stage.file(&tenant, "Nộp nhầm hồ sơ lần thứ hai", &filing()?, status(1)).await?;
    let received = status(2).amount(7_000).owed(7_000);
    stage.act(&clerk, "Tiếp nhận hồ sơ, tính lệ phí", json!({ "action": "receive" }), received).await?;
    let waits = status(6).amount(7_000).owed(7_000);
    stage.act(&clerk, "Yêu cầu nộp lệ phí", json!({ "action": "request_payment" }), waits).await?;
    let paid = status(4).amount(7_000).owed(0);
    stage.pay(&tenant, &tenant, "Nộp 7.000 đồng qua cổng thanh toán", paid).await?;
    stage.receipts(&tenant, "Nhận biên lai điện tử", paid).await?;
    stage.at("2026-09-15T16:30").await?;
    let gone = status(7).amount(7_000).owed(0);
    stage.act(&tenant, "Rút hồ sơ trước khi xử lý", json!({ "action": "withdraw" }), gone).await?;
    let back = "Nhận lại lệ phí; biên lai bị hủy";
    stage.money_back(&tenant, &cashier, back, gone).await
}

async fn supplement(stage: &mut Stage) -> Result<()> {
    let (tenant, officer) = (citizen("022185000006")?, official("honggai.congan")?);
    stage.at("2026-09-11T10:00").await?;
    let reason = json!({
        "about": { "document": "1.004194-TP03" },
        "wrong": "Bản chụp hợp đồng thuê nhà thiếu trang có chữ ký của bên cho thuê",
        "mend": "Tải lên bản chụp đủ các trang của hợp đồng thuê nhà",
        "clause": "Điều 28 Luật Cư trú số 68/2020/QH14",
    });
    let ask = json!({ "action": "request_supplement", "reasons": [reason] });
    stage.act(&officer, "Yêu cầu bổ sung, nêu rõ lý do", ask, status(5).due(PAID).paused(true)).await?;

    stage.at("2026-09-14T14:30").await?;
    stage.supply(&tenant, "1.004194-TP03", "hop-dong-thue-nha-du-trang.pdf").await?;
    let answer = json!({ "action": "supplement" });
    stage.act(&tenant, "Bổ sung hợp đồng thuê nhà", answer, status(4).due(SUPPLEMENTED).paused(false)).await
}

async fn finish(stage: &mut Stage) -> Result<()> {
    let (clerk, officer, chief) =
        (official("honggai.motcua")?, official("honggai.congan")?, official("honggai.truongcongan")?);
    let expect = |code| status(code).due(SUPPLEMENTED).owed(0).late(false);
    stage.at("2026-09-15T09:00").await?;
    stage.act(&officer, "Thẩm định, trình trưởng công an", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-09-15T15:20").await?;
    stage.act(&chief, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    stage.at("2026-09-15T16:00").await?;
    let result = json!({ "code": "KQ.G01.000064", "number": "204/TB-CA" });
    let finish = json!({ "action": "finish", "result": result });
    stage.act(&officer, "Cập nhật cơ sở dữ liệu dân cư", finish, expect(9)).await?;
    stage.act(&clerk, "Trả kết quả trực tuyến", json!({ "action": "return_result" }), expect(10)).await
}

/// One more dossier of that kind, up to its payment.
pub async fn leave_to_pay(stage: &mut Stage) -> Result<ToPay> {
    let (tenant, clerk) = (citizen("022185000006")?, official("honggai.motcua")?);
    stage.file(&tenant, "Nộp hồ sơ", &filing()?, status(1)).await?;
    stage.act(&clerk, "Tiếp nhận", json!({ "action": "receive" }), status(2).owed(7_000)).await?;
    let waits = status(6).owed(7_000);
    stage.act(&clerk, "Yêu cầu nộp lệ phí", json!({ "action": "request_payment" }), waits).await?;
    let page = stage.pay_page(&tenant).await?;
    Ok(ToPay { dossier: stage.code().to_owned(), page })
}
