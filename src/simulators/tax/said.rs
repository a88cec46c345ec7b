//! What the office says, put into messages.

use jiff::Timestamp;

use super::cases::{Book, News, Notice, Paid, tax_number};
use super::paper;
use crate::clock::day_of;
use crate::config::Secret;
use crate::national::tax::{
    BookAnswer, BookQuery, BookRow, Confirmation, Day, GATEWAY, Header, ImportNotices, ImportObligations,
    ImportPayment, NoticeKind, NoticeRow, Notices, OWES, OWES_NOTHING, Obligation, Obligations, PAID, PORTAL,
    PaymentDocument, PaymentInfo, Pdf, SUCCESS, Standing, Sums, Tax, Total, UNKNOWN,
};

/// Chương, loại tài khoản, cơ quan thu and kho bạc of the simulated office.
pub const CHAPTER: &str = "757";
pub const ACCOUNT: &str = "7111";
pub const COLLECTOR: &str = "1054321";
pub const TREASURY: &str = "0061";

/// A message on its way, without the key.
#[derive(Clone)]
pub enum Said {
    Notices(Notices),
    Payment(Box<PaymentDocument>),
    Obligations(Obligations),
}

/// Tiểu mục and its name.
pub fn item(of: Obligation) -> (&'static str, &'static str) {
    match of {
        Obligation::Registration => ("2801", "Lệ phí trước bạ nhà đất"),
        Obligation::Income => ("1006", "Thuế thu nhập từ chuyển nhượng bất động sản"),
        Obligation::LandUse => ("1401", "Đất được nhà nước giao"),
        Obligation::LandRent | Obligation::WaterRent => ("3601", "Tiền thuê mặt đất hàng năm"),
    }
}

impl Said {
    /// The message of some news; `None`: what it is about is no longer there.
    pub fn of(book: &Book, code: &str, news: &News, id: &str) -> Option<Self> {
        match news {
            News::Notices { numbers, cancelled } => {
                let case = book.cases.get(code)?;
                let named = case.notices.iter().filter(|notice| numbers.contains(&notice.number));
                let rows: Vec<NoticeRow> = named.flat_map(|notice| rows(notice, *cancelled)).collect();
                let (dossier_code, message_id) = (code.to_owned(), Some(id.to_owned()));
                (!rows.is_empty()).then_some(Self::Notices(Notices { dossier_code, message_id, rows }))
            }
            News::Payment(reference) => {
                document(book, reference, book.payments.get(reference)?, id).map(Box::new).map(Self::Payment)
            }
            News::Settled => obligations(book, code).map(Self::Obligations),
        }
    }

    /// The body as it goes to the portal.
    pub fn body(&self, key: &Secret<String>, id: &str) -> String {
        match self {
            Self::Notices(notices) => envelope(notices.clone(), key).write(),
            Self::Payment(document) => {
                let (security_key, data) = (key.clone(), document.as_ref().clone());
                let service = Some("ChungTuThue".to_owned());
                ImportPayment { security_key, service, is_updating: false, data }.write()
            }
            Self::Obligations(told) => {
                let (security_key, data) = (key.clone(), told.clone());
                ImportObligations { security_key, message_id: Some(id.to_owned()), data }.write()
            }
        }
    }
}

pub fn envelope(notices: Notices, security_key: &Secret<String>) -> ImportNotices {
    ImportNotices {
        security_key: security_key.clone(),
        service: Some("ThongBaoThue".to_owned()),
        day: notices.rows.first().map(|row| row.notice_day.as_received().to_owned()),
        is_updating: false,
        notices,
    }
}

/// One row for each instalment.
fn rows(notice: &Notice, cancelled: bool) -> Vec<NoticeRow> {
    let several = notice.parts.len() > 1;
    let (item, item_name) = item(notice.of);
    let text = |text: &str| Some(text.to_owned());
    let row = |(at, part): (u16, &super::cases::Part)| NoticeRow {
        tax_number: tax_number(&notice.taxpayer),
        notice_number: notice.number.clone(),
        notice_day: Day::new(notice.day),
        item_name: text(item_name),
        amount: if cancelled { 0 } else { part.amount },
        kind: Some(if cancelled { NoticeKind::Cancelled } else { notice.kind }),
        replaced: notice.replaces.clone(),
        reason: notice.reason.clone(),
        instalment: several.then_some(at),
        due: Some(Day::new(part.due)),
        item: text(item),
        chapter: text(CHAPTER),
        treasury_account: text(ACCOUNT),
        collector: text(COLLECTOR),
        treasury: text(TREASURY),
        taxpayer: Some(notice.taxpayer.name.clone()),
        number: notice.taxpayer.number.clone(),
        waived: Some(if at == 1 { (notice.full - notice.amount()).max(0) } else { 0 }),
        recorded_as_debt: Some(notice.recorded),
        pdf: if at == 1 { Pdf::new(paper::notice(&notice.number, item, notice.amount())) } else { None },
    };
    (1..).zip(&notice.parts).map(row).collect()
}

fn document(book: &Book, reference: &str, paid: &Paid, id: &str) -> Option<PaymentDocument> {
    let notices = &book.cases.get(&paid.dossier)?.notices;
    let notice = notices.iter().find(|notice| notice.number == paid.named)?;
    let (item, name) = item(paid.of);
    Some(PaymentDocument {
        dossier_code: paid.dossier.clone(),
        tax_number: tax_number(&notice.taxpayer),
        payer_number: None,
        payer_name: paid.payer.clone(),
        payer_province: None,
        payer_district: None,
        payer_commune: None,
        payer_address: None,
        document_url: None,
        message_id: Some(id.to_owned()),
        payment: PaymentInfo {
            content: Some(format!("Nộp {name}")),
            paid_at: paid.at,
            notice_number: paid.named.clone(),
            state: PAID.to_owned(),
            amount: paid.amount,
            instalment: (notice.parts.len() > 1).then_some(paid.instalment),
            reference: Some(reference.to_owned()),
            item: Some(item.to_owned()),
            channel: Some(paid.channel.clone()),
        },
    })
}

/// The confirmations of a dossier; `None`: there is no slip.
pub fn obligations(book: &Book, code: &str) -> Option<Obligations> {
    let standing = book.standing(code)?;
    let case = book.cases.get(code)?;
    let mut confirmations: Vec<Confirmation> = Vec::new();
    for notice in case.notices.iter().filter(|notice| notice.stands) {
        let number = tax_number(&notice.taxpayer);
        if confirmations.iter().all(|known| known.tax_number != number) {
            confirmations.push(nothing_of(notice, number.clone()));
        }
        for told in confirmations.iter_mut().filter(|told| told.tax_number == number) {
            let tax = tax(book, notice);
            told.standing = told.standing.max(match (tax.sums.open, tax.sums.recorded) {
                (0, 0) => Standing::Met,
                (0, _) => Standing::Recorded,
                _ => Standing::Open,
            });
            told.sums = plus(told.sums, tax.sums);
            told.taxes.push(tax);
        }
    }
    let (error_code, dossier_code) = (SUCCESS.to_owned(), code.to_owned());
    let slip = Some(case.slip.id.clone());
    Some(Obligations { error_code, error_text: None, dossier_code, slip, standing, confirmations })
}

fn nothing_of(notice: &Notice, tax_number: String) -> Confirmation {
    Confirmation {
        standing: Standing::Met,
        explanation: None,
        collector: Some(COLLECTOR.to_owned()),
        day: Some(Day::new(notice.day)),
        official: None,
        name: Some(notice.taxpayer.name.clone()),
        tax_number,
        number: notice.taxpayer.number.clone(),
        address: notice.taxpayer.address.clone(),
        sums: Sums::default(),
        taxes: Vec::new(),
    }
}

fn tax(book: &Book, notice: &Notice) -> Tax {
    let instalments = (1..).take(notice.parts.len());
    let open: i64 = instalments.clone().map(|instalment| book.open(notice, instalment)).sum();
    let due = notice.full.max(notice.amount());
    Tax {
        of: notice.of,
        notice_number: Some(notice.number.clone()),
        notice_day: Some(Day::new(notice.day)),
        due_day: notice.parts.last().map(|part| Day::new(part.due)),
        exemption: notice.reason.clone().filter(|_| notice.kind == NoticeKind::Exempt),
        exemption_day: None,
        sums: Sums {
            due,
            waived: due - notice.amount(),
            paid: instalments.map(|instalment| book.paid(notice, instalment)).sum(),
            open: if notice.recorded { 0 } else { open },
            recorded: if notice.recorded { open } else { 0 },
        },
        note: None,
    }
}

fn plus(one: Sums, other: Sums) -> Sums {
    Sums {
        due: one.due + other.due,
        waived: one.waived + other.waived,
        paid: one.paid + other.paid,
        open: one.open + other.open,
        recorded: one.recorded + other.recorded,
    }
}

/// The answer to a question for the book: what this person owes in this dossier, and nothing of
/// anybody else.
pub fn answer(book: &Book, query: &BookQuery, id: String, now: Timestamp) -> BookAnswer {
    let key = query.key();
    let header = Header {
        version: Some("1.0".to_owned()),
        sender_code: Some(GATEWAY.to_owned()),
        receiver_code: Some(PORTAL.to_owned()),
        transaction_code: Some(crate::national::tax::ANSWER.to_owned()),
        message_id: id,
        answers_id: Some(query.header.0.message_id.clone()),
        sent: Some(day_of(now).strftime("%d-%m-%Y").to_string()),
        ..Header::default()
    };
    let case = book.cases.get(&key.dossier_code);
    let is_own = |notice: &&Notice| {
        notice.stands
            && (notice.taxpayer.number.as_ref() == Some(&key.number)
                || tax_number(&notice.taxpayer) == key.number)
    };
    let own: Vec<&Notice> = case.iter().flat_map(|case| &case.notices).filter(is_own).collect();
    if own.is_empty() {
        return BookAnswer::new(header, UNKNOWN, "Không tồn tại mã hồ sơ và số CMND/CCCD", Vec::new());
    }
    let rows: Vec<BookRow> = own
        .iter()
        .flat_map(|notice| book_rows(book, &key.dossier_code, notice))
        .filter(|r| r.owed > 0)
        .collect();
    if rows.is_empty() {
        return BookAnswer::new(header, OWES_NOTHING, "Không còn nợ thuế đất", Vec::new());
    }
    let text = "Tồn tại mã hồ sơ và số CMND/CCCD và có còn nợ thuế đất";
    let total = rows.iter().map(|row| row.owed).sum();
    BookAnswer::new(header, OWES, text, vec![Total { tax_number: rows[0].tax_number.clone(), total, rows }])
}

fn book_rows(book: &Book, code: &str, notice: &Notice) -> Vec<BookRow> {
    let slip = book.cases.get(code).map(|case| &case.slip);
    let parcel =
        |field: fn(&crate::national::tax::Parcel) -> &String| slip.map(|slip| field(&slip.parcel).clone());
    let (item, item_name) = item(notice.of);
    let several = notice.parts.len() > 1;
    let row = |(at, part): (u16, &super::cases::Part)| BookRow {
        dossier_code: code.to_owned(),
        certificate_code: slip.and_then(|slip| slip.certificate_code.clone()),
        parcel_number: parcel(|parcel| &parcel.number),
        map_sheet: parcel(|parcel| &parcel.map_sheet),
        parcel_address: parcel(|parcel| &parcel.address),
        parcel_province_code: None,
        parcel_province: None,
        parcel_district_code: None,
        parcel_district: None,
        parcel_commune_code: None,
        parcel_commune: None,
        area_code: None,
        tax_number: tax_number(&notice.taxpayer),
        taxpayer: Some(notice.taxpayer.name.clone()),
        number: notice.taxpayer.number.clone(),
        address: notice.taxpayer.address.clone(),
        province_code: None,
        province: None,
        district_code: None,
        district: None,
        commune_code: None,
        commune: None,
        notice_number: notice.number.clone(),
        notice_day: Some(Day::new(notice.day)),
        chapter: Some(CHAPTER.to_owned()),
        item: item.to_owned(),
        item_name: Some(item_name.to_owned()),
        treasury_account: Some(ACCOUNT.to_owned()),
        collector: Some(COLLECTOR.to_owned()),
        owed: book.open(notice, at),
        due: Some(Day::new(part.due)),
        treasury: Some(TREASURY.to_owned()),
        instalment: several.then_some(at),
        recorded_as_debt: Some(notice.recorded),
    };
    (1..).zip(&notice.parts).map(row).collect()
}
