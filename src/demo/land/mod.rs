//! (f) A change in land, 1.013831, decided by the land registration office: the charge of
//! 0.15 % of the price is paid, the slip goes to the tax office, whose notices seller and buyer
//! pay in all the ways that there are, and when the last one is recorded as debt the certificate
//! is signed. The debt is paid later, and cleared from the certificate by 1.013988.
//!
//! The tax office is the simulator: its clock goes with the portal's, so that it takes the working
//! days that the law gives it; what no slip tells, its official does by hand.

mod certificate;
mod debt;
mod taxes;

use anyhow::Result;
use serde_json::{Value, json};

use super::answers;
use super::cast::{Person, citizen, official};
use super::stage::{Filing, Stage, Taxpayer, status};

/// Filed on Monday: eleven working days end on Tuesday two weeks later, 17:00.
const FILED: &str = "2026-10-06T17:00";
/// Ten working minutes were waited for the money.
const PAID: &str = "2026-10-07T07:40";
/// From Tuesday, 22 September to Friday, 30 October, 09:00 both, are 28 working days.
const CONFIRMED: &str = "2026-11-16T07:40";
/// 1,200,000,000 × 0.15 %.
const CHARGE: i64 = 1_800_000;
/// Where land dossiers are received.
const UNIT: &str = "H49.01";
/// Result code of the certificate.
const CERTIFICATE: &str = "KQ.G10.001147";

/// Who has to do with it.
struct Cast {
    seller: Person,
    buyer: Person,
    clerk: Person,
    cashier: Person,
    specialist: Person,
    leader: Person,
    /// At the tax office.
    tax_official: Person,
}

impl Cast {
    fn new() -> Result<Self> {
        Ok(Self {
            seller: citizen("022069000007")?,
            buyer: citizen("022090000009")?,
            clerk: official("ttpvhcc.canbo")?,
            cashier: official("ttpvhcc.thuquy")?,
            specialist: official("datdai.chuyenvien")?,
            leader: official("datdai.lanhdao")?,
            tax_official: official("thue1.chuyenvien")?,
        })
    }

    /// The seller is no applicant: the buyer follows the dossier.
    fn seller(&self) -> Taxpayer<'_> {
        Taxpayer { who: &self.seller, looks: &self.buyer }
    }

    fn buyer(&self) -> Taxpayer<'_> {
        Taxpayer { who: &self.buyer, looks: &self.buyer }
    }
}

pub async fn play(stage: &mut Stage) -> Result<()> {
    let played = story(stage, &Cast::new()?).await;
    stage.release_office().await?;
    played
}

async fn story(stage: &mut Stage, cast: &Cast) -> Result<()> {
    stage.begin(
        'f',
        "Đăng ký biến động đất đai 1.013831: phiếu chuyển thuế, thông báo của bên bán và bên mua, ghi nợ, cấp giấy chứng nhận; xoá nợ 1.013988",
    )?;
    file(stage, cast).await?;
    taxes::seller_pays(stage, cast).await?;
    taxes::buyer_pays(stage, cast).await?;
    taxes::late_and_debt(stage, cast).await?;
    certificate::issue(stage, cast).await?;
    let owing = stage.code().to_owned();
    debt::clear(stage, cast, &owing).await
}

async fn file(stage: &mut Stage, cast: &Cast) -> Result<()> {
    let Cast { buyer, clerk, specialist, .. } = cast;
    stage.at("2026-09-21T09:30").await?;
    let filing = Filing {
        procedure: "1.013831",
        channel: "online",
        unit: UNIT,
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
    stage.file(buyer, "Nộp hồ sơ chuyển nhượng trực tuyến", &filing, status(1).due(FILED)).await?;

    stage.at("2026-09-21T10:00").await?;
    let received = status(2).due(FILED).amount(CHARGE).owed(CHARGE);
    stage.act(clerk, "Tiếp nhận, tính phí thẩm định", json!({ "action": "receive" }), received).await?;
    let waits = status(6).due(FILED).amount(CHARGE).owed(CHARGE).paused(true);
    stage.act(clerk, "Yêu cầu nộp phí", json!({ "action": "request_payment" }), waits).await?;
    stage.at("2026-09-21T10:10").await?;
    let paid = status(4).due(PAID).amount(CHARGE).owed(0).paused(false);
    stage.pay(buyer, buyer, "Nộp 1.800.000 đồng qua cổng thanh toán", paid).await?;

    stage.at_both("2026-09-22T09:00").await?;
    let at_tax = status(4).due(PAID).paused(true);
    let send = json!({ "action": "send_to_tax" });
    stage.act(specialist, "Chuyển phiếu thông tin địa chính sang cơ quan thuế", send, at_tax).await?;
    stage.slip_arrives(specialist, "Phiếu đã đến cơ quan thuế (mô phỏng)", at_tax).await
}

/// The certificate as the specialist prepares it.
fn page(leader: &Person, note: &str) -> Value {
    json!({
        "code": CERTIFICATE, "template": "land_page",
        "fields": {
            "holders": [{
                "name": "Ông Đỗ Tuấn Châu", "id_number": "022090000009",
                "address": "Số 9 đường Mẫu, Phường Tuần Châu, tỉnh Quảng Ninh",
            }],
            "parcel": {
                "number": "87", "sheet": "15", "area": "120,0", "purpose": "Đất ở tại đô thị",
                "term": "Lâu dài", "form": "Sử dụng riêng", "origin": "Nhận chuyển nhượng quyền sử dụng đất",
                "address": "Khu Mẫu, phường Hạ Long, tỉnh Quảng Ninh",
            },
            "note": note, "serial": "AA 00000001",
            "signer_title": "Giám đốc", "signer_name": leader.name,
        },
    })
}
