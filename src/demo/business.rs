//! (e) Founding a household business, 1.001612: filed online, where it costs nothing, refused
//! with structured reasons, filed again at the counter as the reasons said, paid by card and
//! granted.

use anyhow::Result;
use serde_json::{Value, json};

use super::cast::{Person, citizen, official};
use super::stage::{Filing, Stage, status};
use super::{answers, residence};

/// Filed anew on Friday morning: two working days end on Tuesday, 17:00.
const FILED: &str = "2026-09-22T17:00";
/// Five working minutes were waited for the money.
const DUE: &str = "2026-09-23T07:35";
const OWNER: &str = "022185000006";
/// At the counter; online it is nothing.
const FEE: i64 = 100_000;

pub async fn play(stage: &mut Stage) -> Result<()> {
    let (owner, clerk) = (citizen(OWNER)?, official("baichay.motcua")?);
    let (specialist, leader) = (official("baichay.chuyenvien")?, official("baichay.lanhdao")?);
    stage.begin(
        'e',
        "Đăng ký hộ kinh doanh 1.001612: bị từ chối có lý do, nộp lại tại quầy, trả bằng thẻ, được cấp",
    )?;

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

    answers["business_name"] = right;
    again(stage, &owner, answers).await?;
    let expect = |code| status(code).due(DUE).amount(FEE).owed(0).late(false);
    stage.at("2026-09-18T14:10").await?;
    stage.act(&specialist, "Thẩm định, trình lãnh đạo", json!({ "action": "forward" }), expect(4)).await?;
    stage.at("2026-09-21T09:00").await?;
    stage.act(&leader, "Phê duyệt", json!({ "action": "approve" }), expect(4)).await?;
    let result = json!({ "code": "KQ.G12.001041", "number": "22C8000123" });
    let finish = json!({ "action": "finish", "result": result });
    stage.act(&specialist, "Cấp giấy chứng nhận", finish, expect(9)).await?;
    let give = json!({ "action": "return_result", "returned_to": owner.name });
    stage.act(&clerk, "Trả giấy chứng nhận tại quầy", give, expect(10)).await?;
    lives_there(stage, &owner).await
}

/// The owner registers residence in the house of the business: the land certificate lies in the
/// owner's store, and nobody asks for it.
async fn lives_there(stage: &mut Stage, owner: &Person) -> Result<()> {
    stage.at("2026-09-21T14:00").await?;
    let certificate = json!({
        "holder_identity_no": OWNER, "holder_name": owner.name, "kind": "KQ.G10.001147",
        "title": "Giấy chứng nhận quyền sử dụng đất", "issuer": "Ủy ban nhân dân tỉnh Quảng Ninh",
        "number": "DL 123456", "issued_on": "2019-03-05",
    });
    stage.import(&official("ttpvhcc.giamdoc")?, "H49.01", certificate).await?;
    let filing = Filing { files: &[("1.004194-TP01", "to-khai-ct01.pdf")], ..residence::filing()? };
    let did = "Đăng ký tạm trú mà không nộp giấy tờ về chỗ ở";
    stage.file(owner, did, &filing, status(1)).await?;
    stage
        .reused(owner, "1.004194-TP03", "Giấy chứng nhận đất đã có trong kho dữ liệu của bà", status(1))
        .await
}

/// At the counter, where the fee is due: paid by card.
async fn again(stage: &mut Stage, owner: &Person, answers: Value) -> Result<()> {
    let (clerk, cashier) = (official("baichay.motcua")?, official("baichay.thuquy")?);
    stage.at("2026-09-18T08:00").await?;
    let filing = Filing {
        channel: "counter",
        return_by: "counter",
        files: &[],
        papers: &["1.001612-TP01", "1.001612-TP03"],
        applicant: Some(json!({ "kind": "citizen", "name": owner.name, "identity_no": OWNER })),
        ..filing(answers)
    };
    stage.file(&clerk, "Nhận lại hồ sơ với tên đã sửa, tại quầy", &filing, status(1).due(FILED)).await?;
    stage.at("2026-09-18T08:20").await?;
    let received = status(2).due(FILED).amount(FEE).owed(FEE);
    stage.act(&clerk, "Tiếp nhận, tính lệ phí", json!({ "action": "receive" }), received).await?;
    let waits = status(6).due(FILED).amount(FEE).owed(FEE).paused(true);
    stage.act(&clerk, "Yêu cầu nộp lệ phí", json!({ "action": "request_payment" }), waits).await?;
    stage.at("2026-09-18T08:25").await?;
    let paid = status(4).due(DUE).amount(FEE).owed(0);
    stage.card(&cashier, "Ghi phiếu máy quẹt thẻ 100.000 đồng", ("000125", FEE), paid).await?;
    stage.receipts(&cashier, "In biên lai thu lệ phí", paid).await
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
