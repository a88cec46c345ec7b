//! The office's book: dossiers, their notices, and what was paid for them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::Serialize;

use super::determine::{Determined, determine};
use super::pace::{Moment, Pace, allowed};
use crate::clock::day_of;
use crate::national::tax::{LandUser, NoticeKind, Obligation, Request, Slip, Standing};

/// Why the notices of a recalled slip are cancelled.
const RECALLED: &str = "Phiếu chuyển đã được thu hồi";

/// What the office knows.
#[derive(Default)]
pub struct Book {
    /// In the order of arrival.
    pub slips: Vec<Slip>,
    /// By dossier code.
    pub cases: BTreeMap<String, Case>,
    /// By reference: one payment is one, whoever told of it and how often.
    pub payments: BTreeMap<String, Paid>,
    /// Notices so far.
    notices: u32,
}

/// A dossier at the office.
pub struct Case {
    pub slip: Slip,
    /// What is being determined, and when it will be done.
    waiting: Vec<(Moment, Determined)>,
    pub recalled: bool,
    pub notices: Vec<Notice>,
    /// The last confirmation that was told.
    pub told: Option<Standing>,
}

/// A notice.
#[derive(Debug, Clone)]
pub struct Notice {
    pub number: String,
    pub day: Date,
    pub of: Obligation,
    pub taxpayer: LandUser,
    /// Without exemption, đồng.
    pub full: i64,
    pub kind: NoticeKind,
    /// Whether it still holds: neither cancelled nor replaced.
    pub stands: bool,
    pub replaces: Option<String>,
    pub reason: Option<String>,
    pub recorded: bool,
    pub parts: Vec<Part>,
}

/// An instalment.
#[derive(Debug, Clone)]
pub struct Part {
    /// Đồng.
    pub amount: i64,
    pub due: Date,
}

/// A payment.
#[derive(Debug, Clone, Serialize)]
pub struct Paid {
    pub dossier: String,
    /// The notice that it now counts for: the one named, or what replaced that.
    pub notice: String,
    pub named: String,
    pub of: Obligation,
    /// From 1.
    pub instalment: u16,
    /// Đồng.
    pub amount: i64,
    pub at: Timestamp,
    pub payer: Option<String>,
    /// "portal", or where else it was paid.
    pub channel: String,
    /// What the portal gave back of it, by the portal's references, đồng.
    pub given_back: BTreeMap<String, i64>,
}

impl Paid {
    /// What is there of it, đồng.
    pub fn left(&self) -> i64 {
        self.amount - self.given_back.values().sum::<i64>()
    }
}

/// Something that is to be told of a dossier.
pub enum News {
    /// Notices, by number; the kind is what is told of them.
    Notices { numbers: Vec<String>, cancelled: bool },
    /// The payment of this reference.
    Payment(String),
    /// How the dossier stands: all is met, or recorded as debt.
    Settled,
}

impl Notice {
    /// Whether it says what the same taxpayer owes by the same obligation.
    fn is_of(&self, found: &Determined) -> bool {
        self.of == found.of && tax_number(&self.taxpayer) == tax_number(&found.taxpayer)
    }

    pub fn amount(&self) -> i64 {
        self.parts.iter().map(|part| part.amount).sum()
    }
}

/// The number by which the tax side knows a person.
pub fn tax_number(user: &LandUser) -> String {
    user.tax_number.clone().or_else(|| user.number.clone()).unwrap_or_default()
}

impl Book {
    /// Takes a slip and gives its place, from 1. The same slip again, or another one about a
    /// dossier that has one already, has the place of the first; a correction is a new one.
    pub fn take(&mut self, slip: Slip, pace: &Pace, late: u32) -> Result<(usize, Vec<News>), &'static str> {
        let known = |slips: &[Slip], id: &str| slips.iter().position(|known| known.id == id);
        if let Some(place) = known(&self.slips, &slip.id) {
            return Ok((place + 1, Vec::new()));
        }
        let code = slip.dossier_code.clone();
        let case = self.cases.get(&code).filter(|case| !case.recalled);
        match (slip.request, case) {
            (Request::New, Some(case)) => {
                let place = known(&self.slips, &case.slip.id).unwrap_or_default();
                return Ok((place + 1, Vec::new()));
            }
            (Request::Correction, None) => return Err("Không có phiếu để điều chỉnh"),
            (Request::Correction, Some(case)) if slip.corrects.as_ref() != Some(&case.slip.id) => {
                return Err("Phiếu được điều chỉnh không còn hiệu lực");
            }
            (Request::New, None) | (Request::Correction, Some(_)) => {}
        }
        let waiting: Vec<_> =
            determine(&slip).into_iter().map(|found| (pace.after(allowed(found.of) + late), found)).collect();
        let mut news = Vec::new();
        let notices = self.cases.remove(&code).map(|case| case.notices).unwrap_or_default();
        let gone = |notice: &Notice| notice.stands && !waiting.iter().any(|(_, found)| notice.is_of(found));
        let gone: Vec<String> = notices.iter().filter(|n| gone(n)).map(|n| n.number.clone()).collect();
        let case = Case { slip: slip.clone(), waiting, recalled: false, notices, told: None };
        self.cases.insert(code.clone(), case);
        self.slips.push(slip);
        if !gone.is_empty() {
            self.withdraw(&code, &gone, "Phiếu chuyển đã được điều chỉnh");
            news.push(News::Notices { numbers: gone, cancelled: true });
        }
        Ok((self.slips.len(), news))
    }

    /// Takes a slip back: its notices no longer hold, and what was paid stays in the book.
    /// `None`: it was taken back before.
    pub fn recall(
        &mut self,
        code: &str,
        slip: &str,
        goes_on: bool,
    ) -> Result<Option<Vec<News>>, &'static str> {
        let case =
            self.cases.get_mut(code).filter(|case| case.slip.id == slip).ok_or("Không có phiếu này")?;
        if case.recalled {
            return Ok(None);
        }
        case.recalled = true;
        if !goes_on {
            case.waiting.clear();
        }
        let standing: Vec<String> =
            case.notices.iter().filter(|notice| notice.stands).map(|notice| notice.number.clone()).collect();
        self.withdraw(code, &standing, RECALLED);
        let told = (!standing.is_empty()).then_some(News::Notices { numbers: standing, cancelled: true });
        Ok(Some(told.into_iter().collect()))
    }

    fn withdraw(&mut self, code: &str, numbers: &[String], reason: &str) {
        let notices = self.cases.get_mut(code).map(|case| &mut case.notices);
        for notice in notices.into_iter().flatten().filter(|notice| numbers.contains(&notice.number)) {
            (notice.stands, notice.reason) = (false, Some(reason.to_owned()));
        }
    }

    /// Issues what has come to be due; of the dossier that is named, everything. Gives what is to be
    /// told, by dossier.
    pub fn work(&mut self, pace: &Pace, only: Option<&str>) -> Vec<(String, News)> {
        let mut told = Vec::new();
        let codes: Vec<String> = match only {
            Some(code) => vec![code.to_owned()],
            None => self.cases.keys().cloned().collect(),
        };
        for code in codes {
            let Some(case) = self.cases.get_mut(&code) else { continue };
            let ready = |moment: &Moment| only.is_some() || pace.has_come(*moment);
            let (due, later) = std::mem::take(&mut case.waiting).into_iter().partition(|(at, _)| ready(at));
            case.waiting = later;
            let due: Vec<(Moment, Determined)> = due;
            let numbers: Vec<String> =
                due.into_iter().filter_map(|(_, found)| self.issue(&code, found, pace)).collect();
            if numbers.is_empty() {
                continue;
            }
            told.push((code.clone(), News::Notices { numbers: numbers.clone(), cancelled: false }));
            // Somebody did not see that the slip was taken back, and puts it right.
            if self.cases.get(&code).is_some_and(|case| case.recalled) {
                self.withdraw(&code, &numbers, RECALLED);
                told.push((code, News::Notices { numbers, cancelled: true }));
            }
        }
        told
    }

    /// The notice of an obligation, unless the one that stands says the same.
    fn issue(&mut self, code: &str, found: Determined, pace: &Pace) -> Option<String> {
        let former =
            self.cases.get(code)?.notices.iter().find(|notice| notice.stands && notice.is_of(&found));
        let same = former.is_some_and(|notice| {
            notice.taxpayer == found.taxpayer
                && notice.recorded == found.recorded
                && notice.parts.iter().map(|part| part.amount).eq(found.instalments.iter().copied())
        });
        let former = former.map(|notice| notice.number.clone());
        (!same).then(|| self.write(code, found, former, None, day_of(pace.now()))).flatten()
    }

    /// Writes a notice; what was paid for the one that it replaces counts for it.
    fn write(
        &mut self,
        code: &str,
        found: Determined,
        replaces: Option<String>,
        reason: Option<String>,
        day: Date,
    ) -> Option<String> {
        self.notices += 1;
        let number = format!("LTB{0:07}-TK{0:07}/TB-CCT", self.notices);
        let case = self.cases.get_mut(code)?;
        if let Some(former) = case.notices.iter_mut().find(|notice| Some(&notice.number) == replaces.as_ref())
        {
            former.stands = false;
        }
        let parts: Vec<Part> = found
            .instalments
            .iter()
            .enumerate()
            .map(|(at, amount)| Part { amount: *amount, due: due_day(day, at) })
            .collect();
        let last = u16::try_from(parts.len()).unwrap_or(u16::MAX);
        for paid in self.payments.values_mut().filter(|paid| Some(&paid.notice) == replaces.as_ref()) {
            paid.notice.clone_from(&number);
            paid.instalment = paid.instalment.min(last);
        }
        let kind = match (&replaces, &found.exempt) {
            (Some(_), _) => NoticeKind::Replaces,
            (None, Some(_)) => NoticeKind::Exempt,
            (None, None) => NoticeKind::New,
        };
        let reason = reason.or(found.exempt);
        let (of, taxpayer, full, recorded) = (found.of, found.taxpayer, found.full, found.recorded);
        let notice =
            Notice { number, day, of, taxpayer, full, kind, stands: true, replaces, reason, recorded, parts };
        let number = notice.number.clone();
        case.notices.push(notice);
        Some(number)
    }

    /// A person at the office issues a notice, to a party of the slip.
    pub fn issue_by_hand(
        &mut self,
        code: &str,
        of: Obligation,
        number: &str,
        amount: i64,
        day: Date,
    ) -> Option<News> {
        let case = self.cases.get(code).filter(|_| amount >= 0)?;
        let taxpayer = case.slip.land_users.iter().find(|user| tax_number(user) == number)?.clone();
        let found = by_hand(of, taxpayer, amount);
        let number = self.write(code, found, None, None, day)?;
        Some(News::Notices { numbers: vec![number], cancelled: false })
    }

    /// A person replaces a notice by one of another amount.
    pub fn replace(&mut self, number: &str, amount: i64, reason: &str, day: Date) -> Option<(String, News)> {
        let (code, notice) = self.standing_notice(number).filter(|_| amount >= 0)?;
        let mut found = by_hand(notice.of, notice.taxpayer.clone(), amount);
        found.recorded = notice.recorded;
        let code = code.clone();
        let number = self.write(&code, found, Some(number.to_owned()), Some(reason.to_owned()), day)?;
        Some((code, News::Notices { numbers: vec![number], cancelled: false }))
    }

    /// A person cancels a notice.
    pub fn cancel(&mut self, number: &str, reason: &str) -> Option<(String, News)> {
        let code = self.standing_notice(number)?.0.clone();
        let numbers = vec![number.to_owned()];
        self.withdraw(&code, &numbers, reason);
        Some((code, News::Notices { numbers, cancelled: true }))
    }

    /// A person records what is still owed of a notice as debt on the certificate (ghi nợ), which
    /// the law has for no income tax. Gives the dossier.
    pub fn record(&mut self, number: &str) -> Option<String> {
        let (code, _) = self.standing_notice(number).filter(|(_, notice)| notice.of != Obligation::Income)?;
        let code = code.clone();
        let notices = &mut self.cases.get_mut(&code)?.notices;
        notices.iter_mut().find(|notice| notice.number == number)?.recorded = true;
        Some(code)
    }

    fn standing_notice(&self, number: &str) -> Option<(&String, &Notice)> {
        let mut all = self.cases.iter().flat_map(|(code, case)| case.notices.iter().map(move |n| (code, n)));
        all.find(|(_, notice)| notice.number == number && notice.stands)
    }

    /// What is still owed of an instalment; never less than nought.
    pub fn open(&self, notice: &Notice, instalment: u16) -> i64 {
        let amount = notice.parts.get(usize::from(instalment) - 1).map_or(0, |part| part.amount);
        (amount - self.paid(notice, instalment)).max(0)
    }

    /// What was paid for an instalment.
    pub fn paid(&self, notice: &Notice, instalment: u16) -> i64 {
        let of = |paid: &&Paid| paid.notice == notice.number && paid.instalment == instalment;
        self.payments.values().filter(of).map(Paid::left).sum()
    }

    /// Books a payment, once; a notice that was replaced has its payments counted for the new one.
    /// `strictly`: no more than is owed of a notice that stands, as eTax Mobile has it.
    pub fn pay(&mut self, reference: &str, mut paid: Paid, strictly: bool) -> Result<bool, &'static str> {
        if let Some(known) = self.payments.get(reference) {
            let same =
                known.named == paid.named && known.amount == paid.amount && known.dossier == paid.dossier;
            return if same { Ok(false) } else { Err("Mã tham chiếu đã dùng cho khoản nộp khác") };
        }
        let case = self.cases.get(&paid.dossier).ok_or("Không có hồ sơ")?;
        let mut notice = case.notices.iter().find(|n| n.number == paid.named).ok_or("Không có thông báo")?;
        let has = |notice: &Notice| (1..=notice.parts.len()).contains(&usize::from(paid.instalment));
        if paid.amount <= 0 || !has(notice) {
            return Err("Số tiền hoặc kỳ nộp không hợp lệ");
        }
        while let Some(next) = case.notices.iter().find(|n| n.replaces.as_ref() == Some(&notice.number)) {
            notice = next;
        }
        let instalment = paid.instalment.min(u16::try_from(notice.parts.len()).unwrap_or(u16::MAX));
        if strictly && (!notice.stands || paid.amount > self.open(notice, instalment)) {
            return Err("Không còn khoản phải nộp như vậy");
        }
        (paid.notice, paid.of, paid.instalment) = (notice.number.clone(), notice.of, instalment);
        self.payments.insert(reference.to_owned(), paid);
        Ok(true)
    }

    /// Books what went back of a payment, once.
    pub fn give_back(&mut self, reference: &str, id: &str, amount: i64) -> Result<bool, &'static str> {
        let paid = self.payments.get_mut(reference).ok_or("Không có khoản nộp")?;
        if let Some(known) = paid.given_back.get(id) {
            return if *known == amount { Ok(false) } else { Err("Mã hoàn trả đã dùng") };
        }
        if amount <= 0 || amount > paid.left() {
            return Err("Số tiền hoàn trả không hợp lệ");
        }
        paid.given_back.insert(id.to_owned(), amount);
        Ok(true)
    }

    /// How a dossier stands; `None`: there is no slip, or it was recalled.
    pub fn standing(&self, code: &str) -> Option<Standing> {
        let case = self.cases.get(code).filter(|case| !case.recalled)?;
        if !case.waiting.is_empty() {
            return Some(Standing::UnderWay);
        }
        let mut standing = Standing::Met;
        for notice in case.notices.iter().filter(|notice| notice.stands) {
            let open = (1..).take(notice.parts.len()).any(|instalment| self.open(notice, instalment) > 0);
            match (open, notice.recorded) {
                (true, false) => return Some(Standing::Open),
                (true, true) => standing = Standing::Recorded,
                (false, _) => {}
            }
        }
        Some(standing)
    }

    /// The confirmation to be told now, if it was not told yet.
    pub fn confirmation(&mut self, code: &str) -> Option<News> {
        let standing = self.standing(code)?;
        let case = self.cases.get_mut(code)?;
        let settled = matches!(standing, Standing::Met | Standing::Recorded);
        let told = case.told.replace(standing);
        (settled && told != Some(standing)).then_some(News::Settled)
    }

    /// Dossiers that are settled without anybody having been told.
    pub fn settled(&self) -> Vec<String> {
        let untold = |(code, case): &(&String, &Case)| {
            let standing = self.standing(code);
            standing != case.told && matches!(standing, Some(Standing::Met | Standing::Recorded))
        };
        self.cases.iter().filter(untold).map(|(code, _)| code.clone()).collect()
    }

    /// Whether something is still being determined.
    pub fn is_busy(&self) -> bool {
        self.cases.values().any(|case| !case.waiting.is_empty())
    }
}

/// An obligation as a person puts it.
fn by_hand(of: Obligation, taxpayer: LandUser, amount: i64) -> Determined {
    let halves = of == Obligation::LandUse && amount > 1;
    let instalments = if halves { vec![amount / 2, amount - amount / 2] } else { vec![amount] };
    Determined { of, taxpayer, full: amount, exempt: None, recorded: false, instalments }
}

/// 30 days, of which the day of the notice is the first; for the second instalment 90 days after
/// it (NĐ 126/2020/NĐ-CP Đ.18 k.4; so the published samples have it).
fn due_day(day: Date, instalment: usize) -> Date {
    day.saturating_add(Span::new().days(if instalment == 0 { 29 } else { 90 }))
}
