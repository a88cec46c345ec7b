//! The notices: each side sees and pays the own ones. The seller pays income tax at the gateway
//! and on eTax Mobile in the same second; the buyer's registration fee is replaced after a part
//! was paid; of the land-use fee one instalment is late, and the other is recorded as debt.

use anyhow::Result;

use super::{CERTIFICATE, CONFIRMED, Cast, PAID};
use crate::demo::stage::{Expect, Line, Stage, status};

/// 2 % of 1,200,000,000.
const INCOME: i64 = 24_000_000;
/// 0.5 % of it, and what the office makes of it after a second look.
const REGISTRATION: i64 = 6_000_000;
const LOWER: i64 = 4_500_000;
const PART: i64 = 5_000_000;
/// The land-use fee comes in two halves.
const HALF: i64 = 50_000_000;

/// It waits for the land users, and its clock stands.
fn waits() -> Expect {
    status(6).due(PAID).paused(true)
}

/// What the buyer's notices about the registration fee say in the end.
const REPLACED: Line = ("2801", 1, REGISTRATION, 0, "replaced");
const INSTEAD: Line = ("2801", 1, LOWER, LOWER, "paid");

fn half(instalment: i64, paid: i64, state: &'static str) -> Line {
    ("1401", instalment, HALF, paid, state)
}

/// The buyer's notices after all that is paid or recorded as debt.
pub fn in_the_end(second: &'static str) -> [Line; 4] {
    let paid = if second == "paid" { HALF } else { 0 };
    [REPLACED, half(1, HALF, "paid"), half(2, paid, second), INSTEAD]
}

pub async fn seller_pays(stage: &mut Stage, cast: &Cast) -> Result<()> {
    let (seller, buyer) = (cast.seller(), cast.buyer());
    // Three working days after the slip (1.007674).
    stage.at_both("2026-09-25T09:30").await?;
    let told = "Bên bán nhận thông báo thuế thu nhập cá nhân";
    stage.notices_say(seller, told, &[("1006", 1, INCOME, 0, "open")], waits()).await?;
    stage.sees_none_of(buyer, &cast.seller, "Bên mua tìm thông báo của bên bán: không thấy", waits()).await?;
    stage.at_both("2026-09-28T08:15").await?;
    let both = "Nộp cùng lúc qua cổng thanh toán và eTax Mobile: chỉ tính một lần";
    let paid = [("1006", 1, INCOME, INCOME, "paid")];
    stage.pay_twice(seller, &cast.cashier, both, ("1006", 1), &paid, waits()).await
}

pub async fn buyer_pays(stage: &mut Stage, cast: &Cast) -> Result<()> {
    let (seller, buyer) = (cast.seller(), cast.buyer());
    // Five working days after the slip (1.007277).
    stage.at_both("2026-09-29T10:00").await?;
    let fee = ("2801", 1, REGISTRATION, 0, "open");
    stage.notices_say(buyer, "Bên mua nhận thông báo lệ phí trước bạ", &[fee], waits()).await?;
    stage.office_issues(&cast.buyer, "TSDD", 2 * HALF).await?;
    let told = "Bên mua nhận thông báo tiền sử dụng đất, hai kỳ nộp";
    let [first, second] = [half(1, 0, "open"), half(2, 0, "open")];
    stage.notices_say(buyer, told, &[fee, first, second], waits()).await?;
    stage.sees_none_of(seller, &cast.buyer, "Bên bán tìm thông báo của bên mua: không thấy", waits()).await?;

    stage.at_both("2026-09-30T09:00").await?;
    let lines = [("2801", 1, REGISTRATION, PART, "open"), first, second];
    let part = "Nộp trước 5.000.000 đồng lệ phí trước bạ";
    stage.pay_notice(buyer, part, ("2801", 1, Some(PART)), &lines, waits()).await?;
    stage.at_both("2026-10-01T14:00").await?;
    stage.office_replaces(&cast.buyer, "2801", LOWER, "Xác định lại giá tính lệ phí trước bạ").await?;
    let replaced = "Thông báo được thay bằng 4.500.000 đồng: số đã nộp được chuyển sang";
    stage.notices_say(buyer, replaced, &[REPLACED, first, second, INSTEAD], waits()).await?;
    stage
        .replaced_money_back(buyer, "Nhận lại phần nộp thừa qua cổng thanh toán", PART - LOWER, waits())
        .await
}

pub async fn late_and_debt(stage: &mut Stage, cast: &Cast) -> Result<()> {
    let buyer = cast.buyer();
    stage.at_both("2026-10-28T16:00").await?;
    let last_day = "Ngày cuối nộp kỳ 1 tiền sử dụng đất: chưa chậm";
    stage.shows_late(buyer, last_day, ("1401", 1), (0, 0), waits()).await?;
    stage.at_both("2026-10-29T08:00").await?;
    // 50,000,000 × 0.03 %.
    let late = "Sang ngày hôm sau: chậm một ngày, tiền chậm nộp 0,03%";
    stage.shows_late(buyer, late, ("1401", 1), (1, 15_000), waits()).await?;
    let lines = [REPLACED, half(1, HALF, "paid"), half(2, 0, "open"), INSTEAD];
    let paid = "Nộp kỳ 1 chậm, qua cổng thanh toán";
    stage.pay_notice(buyer, paid, ("1401", 1, None), &lines, waits()).await?;
    let early = super::page(&cast.leader, "Thử lập khi còn nợ");
    let refused = format!("Soạn giấy chứng nhận {CERTIFICATE} khi còn khoản chưa nộp: bị từ chối");
    stage.no_result(&cast.specialist, &refused, early, "land_tax_not_met", waits()).await?;

    stage.at_both("2026-10-30T09:00").await?;
    stage.office_records_debt(&cast.buyer, "1401").await?;
    let confirmed = status(4).due(CONFIRMED).owed(0).paused(false);
    let debt = "Kỳ 2 được ghi nợ; cơ quan thuế xác nhận, hồ sơ đi tiếp";
    stage.notices_say(buyer, debt, &in_the_end("debt"), confirmed).await?;
    stage
        .heard_by(&cast.tax_official, &cast.specialist, "Xác nhận nghĩa vụ tài chính, ghi nợ", confirmed)
        .await
}
