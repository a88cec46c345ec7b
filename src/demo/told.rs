//! How the story is told: a line for people, or one JSON object a step.

use std::io::{Write, stdout};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde::Serialize;

use crate::clock::vietnam;
use crate::land_tax::State;

/// One step, as it came out.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Letter of the story.
    pub story: char,
    /// From 1 in each story.
    pub step: u32,
    /// The portal's time, +07:00.
    pub at: String,
    pub who: String,
    /// Role word of the workflows.
    pub role: String,
    #[serde(skip)]
    pub role_name: &'static str,
    pub did: String,
    /// The condition for which it was refused, where that is what the story expects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Status of the national portal, 1 to 10.
    pub status: u8,
    #[serde(skip)]
    pub status_name: &'static str,
    /// +07:00.
    pub due_at: String,
    /// Fees of the dossier, in đồng.
    pub amount: i64,
    /// Of these not paid yet, in đồng.
    pub owed: i64,
    pub paused: bool,
    pub late: bool,
    /// Everything was as expected.
    pub ok: bool,
    /// What was expected and did not come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wrong: Vec<String>,
    /// Code of the dossier.
    pub code: String,
    /// Receipts of the dossier, where the step is about them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Paper>,
    /// What the payer got back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Refunded>,
    /// Where anybody checks the result that was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Notices of the tax office, where the step is about them: all that their taxpayer sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What came of it, where there is more than one way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A notice of the tax office, as its taxpayer sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    pub number: String,
    pub taxpayer: String,
    /// Sub-item of the budget (tiểu mục).
    pub item: String,
    pub instalment: i64,
    /// Đồng.
    pub amount: i64,
    pub paid: i64,
    /// open, paid, replaced, debt …
    pub state: String,
    /// Last day to pay.
    pub due: String,
    pub late_days: i64,
    /// Đồng; shown, and not claimed.
    pub late_interest: i64,
}

/// A receipt (biên lai).
#[derive(Debug, Clone, Serialize)]
pub struct Paper {
    /// Symbol of its series.
    pub series: String,
    pub number: String,
    /// Đồng.
    pub amount: i64,
    /// valid, cancelled or replaced.
    pub state: String,
    /// Address at which its holder looks it up.
    pub look_up: String,
}

/// Money that came back.
#[derive(Debug, Clone, Serialize)]
pub struct Refunded {
    pub gateway: String,
    /// Đồng.
    pub amount: i64,
}

/// A day that a unit closed.
#[derive(Debug, Clone, Serialize)]
pub struct Closed {
    /// Letter of the story.
    pub story: char,
    pub who: String,
    /// Code of the unit.
    pub agency: String,
    pub day: String,
    /// Payments of the day, and their sum in đồng.
    pub payments: i64,
    pub amount: i64,
    /// What did not agree with the gateways.
    pub unmatched: i64,
    /// SHA-256 of the close.
    pub sha256: String,
}

/// What a teller is given.
pub enum Said<'a> {
    /// A story begins: letter, title.
    Story(char, &'a str),
    Step(&'a Step),
    Close(&'a Closed),
}

/// Writes down what happens.
pub type Teller = Box<dyn FnMut(Said) -> Result<()> + Send>;

/// One JSON object a step, on standard output.
pub fn lines() -> Teller {
    Box::new(|said| {
        let line = match said {
            Said::Story(..) => return Ok(()),
            Said::Step(step) => serde_json::to_string(step)?,
            Said::Close(closed) => serde_json::to_string(closed)?,
        };
        Ok(writeln!(stdout(), "{line}")?)
    })
}

/// Lines that people read, on standard output.
pub fn table() -> Teller {
    Box::new(|said| {
        match said {
            Said::Story(letter, title) => writeln!(stdout(), "\n({letter}) {title}")?,
            Said::Step(step) => writeln!(stdout(), "{}", line(step))?,
            Said::Close(closed) => writeln!(stdout(), "{}", close(closed))?,
        }
        Ok(())
    })
}

fn line(step: &Step) -> String {
    let who = format!("{} ({})", step.who, step.role_name);
    let status = format!("{} {}", step.status, step.status_name);
    let clock = match (step.late, step.paused) {
        (true, _) => ", QUÁ HẠN",
        (false, true) => ", tạm dừng",
        (false, false) => "",
    };
    let money = match (step.amount, step.owed) {
        (0, _) if step.status == 1 => "tiền tính khi tiếp nhận".to_owned(),
        (0, _) => "0 đ".to_owned(),
        (amount, 0) => format!("{} đ, đã nộp", grouped(amount)),
        (amount, _) => format!("{} đ, chưa nộp", grouped(amount)),
    };
    let (at, due) = (spoken(&step.at), spoken(&step.due_at));
    let mark = if step.ok { "✓" } else { "✗" };
    let mut line = format!(
        "{mark} {at:<26} {who:<38} {}\n{:8}{status}; hạn {due}{clock}; {money}; {}",
        step.did, "", step.code
    );
    for paper in &step.receipts {
        let state = match paper.state.as_str() {
            "valid" => "có hiệu lực",
            "cancelled" => "đã hủy",
            _ => "đã bị thay thế",
        };
        let (amount, number) = (grouped(paper.amount), &paper.number);
        line.push_str(&format!("\n{:8}biên lai {} số {number}: {amount} đ, {state}", "", paper.series));
    }
    if let Some(Refunded { gateway, amount }) = &step.refunded {
        line.push_str(&format!("\n{:8}đã hoàn {} đ qua cổng {gateway}", "", grouped(*amount)));
    }
    if let Some(verify) = &step.verify {
        line.push_str(&format!("\n{:8}kiểm tra tại {verify}", ""));
    }
    for notice in &step.notices {
        line.push_str(&format!("\n{:8}{}", "", tax_line(notice)));
    }
    if let Some(remark) = &step.remark {
        line.push_str(&format!("\n{:8}{remark}", ""));
    }
    for wrong in &step.wrong {
        line.push_str(&format!("\n      SAI: {wrong}"));
    }
    line
}

fn tax_line(notice: &Notice) -> String {
    let state: Option<State> = notice.state.parse().ok();
    let state = state.map_or(notice.state.as_str(), |state| state.vi());
    let (amount, paid) = (grouped(notice.amount), grouped(notice.paid));
    let Notice { number, item, instalment, due, .. } = notice;
    let mut line = format!(
        "thông báo {number}, tiểu mục {item}, kỳ {instalment}: {amount} đ, đã nộp {paid} đ, hạn {due}, {}",
        state.to_lowercase()
    );
    if notice.late_days > 0 {
        let interest = grouped(notice.late_interest);
        line.push_str(&format!("; chậm {} ngày, tiền chậm nộp {interest} đ", notice.late_days));
    }
    line
}

fn close(closed: &Closed) -> String {
    let Closed { who, agency, day, payments, unmatched, sha256, .. } = closed;
    let amount = grouped(closed.amount);
    format!(
        "✓ {who} khoá sổ ngày {day} của {agency}: {payments} giao dịch, {amount} đ, {unmatched} khoản chưa khớp\n{:8}SHA-256 {sha256}",
        ""
    )
}

/// 1234567 → 1.234.567.
pub fn grouped(amount: i64) -> String {
    let digits = amount.to_string();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment as the law's clocks show it, e.g. 2026-09-10T16:10:00+07:00.
pub fn local(time: Timestamp) -> String {
    let zoned = time.to_zoned(vietnam());
    format!("{}+07:00", zoned.datetime().strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The same for people: Thứ Năm 10/09/2026 16:10.
fn spoken(at: &str) -> String {
    let Ok(time) = at.parse::<Timestamp>() else { return at.to_owned() };
    let time = time.to_zoned(vietnam());
    let weekday = match time.weekday() {
        Weekday::Monday => "Thứ Hai",
        Weekday::Tuesday => "Thứ Ba",
        Weekday::Wednesday => "Thứ Tư",
        Weekday::Thursday => "Thứ Năm",
        Weekday::Friday => "Thứ Sáu",
        Weekday::Saturday => "Thứ Bảy",
        Weekday::Sunday => "Chủ Nhật",
    };
    format!("{weekday} {}", time.strftime("%d/%m/%Y %H:%M"))
}

#[cfg(test)]
mod tests {
    use super::{grouped, spoken};

    #[test]
    fn money_is_grouped_by_three() {
        assert_eq!([0, 7_000, 21_000, 1_800_000].map(grouped), ["0", "7.000", "21.000", "1.800.000"]);
    }

    #[test]
    fn times_are_said_in_vietnamese() {
        assert_eq!(spoken("2026-09-10T16:10:00+07:00"), "Thứ Năm 10/09/2026 16:10");
        assert_eq!(spoken("2026-09-12T20:00:00Z"), "Chủ Nhật 13/09/2026 03:00");
    }
}
