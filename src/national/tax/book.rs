//! The question for the tax book of a land dossier and its answer (tax gateway → national
//! portal, `TRAN_CODE` 05011, `TYPE` 00110 "Trả lời truy vấn sổ thuế nhà đất").
//!
//! The key is the dossier's code with the identity number: the answer may hold the debts of
//! several taxpayers, and each may see the own ones only ([`BookAnswer::rows_of`]). Days and
//! due days are what the tax side says, never computed.
//!
//! The published samples have the answer only: `TRUYVAN` in the question, `KY_NOP` and `TT_NO`
//! in the rows and the states beyond 01 are motcua's own.

use super::wire::{Day, Unreadable};
use super::xml::{self, One, record};

/// `TYPE` of question and answer.
pub const LAND_BOOK: &str = "00110";
/// `TRAN_CODE` of the answer.
pub const ANSWER: &str = "05011";
/// `TRAN_CODE` of the question (motcua's own).
pub const QUESTION: &str = "05010";
/// `SENDER_CODE` of the tax gateway.
pub const GATEWAY: &str = "GIP";
/// `RECEIVER_CODE` of the portal.
pub const PORTAL: &str = "DVCQG";

/// `TRANGTHAI`: dossier and number are there, and land tax is owed.
pub const OWES: &str = "01";
/// They are there, and nothing is owed (motcua's own).
pub const OWES_NOTHING: &str = "02";
/// They are not there together (motcua's own).
pub const UNKNOWN: &str = "03";

record! {
    /// What stands before every message of the tax gateway.
    #[derive(Default)]
    pub struct Header {
        version: Option<String> = "VERSION",
        sender_code: Option<String> = "SENDER_CODE",
        sender_name: Option<String> = "SENDER_NAME",
        receiver_code: Option<String> = "RECEIVER_CODE",
        receiver_name: Option<String> = "RECEIVER_NAME",
        transaction_code: Option<String> = "TRAN_CODE",
        /// E.g. GIP, year and month, serial number.
        message_id: String = "MSG_ID",
        /// Of the message that this one answers.
        answers_id: Option<String> = "MSG_REFID",
        link: Option<String> = "ID_LINK",
        /// As the sender writes it.
        sent: Option<String> = "SEND_DATE",
        original_code: Option<String> = "ORIGINAL_CODE",
        original_name: Option<String> = "ORIGINAL_NAME",
        original_date: Option<String> = "ORIGINAL_DATE",
        error_code: Option<String> = "ERROR_CODE",
        error_text: Option<String> = "ERROR_DESC",
        spare_1: Option<String> = "SPARE1",
        spare_2: Option<String> = "SPARE2",
        spare_3: Option<String> = "SPARE3",
    }
}

record! {
    /// The question: what is owed in this dossier by this person?
    pub struct BookQuery {
        header: One<Header> = "HEADER",
        body: One<QueryBody> = "BODY",
    }
}

record! {
    pub struct QueryBody {
        row: One<QueryRow> = "ROW",
    }
}

record! {
    pub struct QueryRow {
        kind: String = "TYPE",
        key: One<BookKey> = "TRUYVAN",
    }
}

record! {
    /// By what the book is asked, always both.
    pub struct BookKey {
        dossier_code: String = "MA_HS",
        /// CMND/CCCD, or the tax number of an organisation.
        number: String = "SO",
    }
}

record! {
    /// The answer.
    pub struct BookAnswer {
        header: One<Header> = "HEADER",
        body: One<AnswerBody> = "BODY",
    }
}

record! {
    pub struct AnswerBody {
        row: One<AnswerRow> = "ROW",
    }
}

record! {
    pub struct AnswerRow {
        kind: String = "TYPE",
        name: Option<String> = "NAME",
        book: One<Book> = "SOTHUE",
    }
}

record! {
    pub struct Book {
        /// [`OWES`], [`OWES_NOTHING`], [`UNKNOWN`] or another.
        state: String = "TRANGTHAI",
        state_text: Option<String> = "MOTA_TRANGTHAI",
        totals: Vec<Total> = "TONG_TIEN",
    }
}

record! {
    /// What one taxpayer owes.
    pub struct Total {
        tax_number: String = "MA_SO_THUE",
        /// Đồng.
        total: i64 = "TT_NNT",
        rows: Vec<BookRow> = "ROW_SOTHUE",
    }
}

record! {
    /// One debt: a tiểu mục of a notice, or an instalment of it.
    #[derive(Default)]
    pub struct BookRow {
        dossier_code: String = "MA_HS",
        certificate_code: Option<String> = "MA_GCN",
        parcel_number: Option<String> = "SO_THUADAT",
        map_sheet: Option<String> = "SO_TO_BANDO",
        parcel_address: Option<String> = "DIA_CHI_TS",
        parcel_province_code: Option<String> = "MA_TINH_TS",
        parcel_province: Option<String> = "TEN_TINH_TS",
        parcel_district_code: Option<String> = "MA_HUYEN_TS",
        parcel_district: Option<String> = "TEN_HUYEN_TS",
        parcel_commune_code: Option<String> = "MA_XA_TS",
        parcel_commune: Option<String> = "TEN_XA_TS",
        area_code: Option<String> = "MA_DBHC",
        tax_number: String = "MA_SO_THUE",
        taxpayer: Option<String> = "TEN_NNT",
        /// CMND/CCCD.
        number: Option<String> = "SO",
        address: Option<String> = "MOTA_DIACHI",
        province_code: Option<String> = "MA_TINH",
        province: Option<String> = "TEN_TINH",
        district_code: Option<String> = "MA_HUYEN",
        district: Option<String> = "TEN_HUYEN",
        commune_code: Option<String> = "MA_XA",
        commune: Option<String> = "TEN_XA",
        /// Number of the notice, e.g. LTB0000001-TK0000001/TB-CCT.
        notice_number: String = "SO_QUYET_DINH",
        notice_day: Option<Day> = "NGAY_QUYET_DINH",
        chapter: Option<String> = "MA_CHUONG",
        /// Tiểu mục.
        item: String = "MA_TMUC",
        item_name: Option<String> = "TEN_TMUC",
        treasury_account: Option<String> = "LOAI_TK_NSNN",
        collector: Option<String> = "MA_CQUAN_THU",
        /// Still to be paid, đồng.
        owed: i64 = "SO_CON_PHAI_NOP",
        /// Due day as received.
        due: Option<Day> = "HAN_NOP",
        /// Treasury (kho bạc).
        treasury: Option<String> = "SHKB",
        /// Instalment, from 1; absent where there is only one.
        instalment: Option<u16> = "KY_NOP",
        /// Recorded as debt on the certificate (ghi nợ).
        recorded_as_debt: Option<bool> = "TT_NO",
    }
}

impl BookQuery {
    /// `message_id` is the sender's; the same when it is asked again.
    pub fn new(message_id: &str, dossier_code: &str, number: &str) -> Self {
        let header = Header {
            version: Some("1.0".to_owned()),
            sender_code: Some(PORTAL.to_owned()),
            receiver_code: Some(GATEWAY.to_owned()),
            transaction_code: Some(QUESTION.to_owned()),
            message_id: message_id.to_owned(),
            ..Header::default()
        };
        let key = BookKey { dossier_code: dossier_code.to_owned(), number: number.to_owned() };
        let row = QueryRow { kind: LAND_BOOK.to_owned(), key: One(key) };
        Self { header: One(header), body: One(QueryBody { row: One(row) }) }
    }

    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        xml::read(raw, "DATA")
    }

    pub fn write(&self) -> String {
        xml::write("DATA", self)
    }

    pub fn key(&self) -> &BookKey {
        &self.body.0.row.0.key.0
    }
}

impl BookAnswer {
    /// `header` names the question that is answered.
    pub fn new(header: Header, state: &str, state_text: &str, totals: Vec<Total>) -> Self {
        let book = Book { state: state.to_owned(), state_text: Some(state_text.to_owned()), totals };
        let name = "Trả lời truy vấn sổ thuế nhà đất".to_owned();
        let row = AnswerRow { kind: LAND_BOOK.to_owned(), name: Some(name), book: One(book) };
        Self { header: One(header), body: One(AnswerBody { row: One(row) }) }
    }

    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        xml::read(raw, "DATA")
    }

    pub fn write(&self) -> String {
        xml::write("DATA", self)
    }

    pub fn book(&self) -> &Book {
        &self.body.0.row.0.book.0
    }

    /// The rows of one taxpayer in one dossier: what this person may see.
    pub fn rows_of(&self, dossier_code: &str, number: &str) -> Vec<&BookRow> {
        let is_own = |row: &&BookRow| {
            let numbers = [row.number.as_deref(), Some(row.tax_number.as_str())];
            row.dossier_code == dossier_code && numbers.contains(&Some(number))
        };
        self.book().totals.iter().flat_map(|total| &total.rows).filter(is_own).collect()
    }
}
