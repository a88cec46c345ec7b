//! Messages made from the published lists of fields: they parse, come back as they were, and do
//! not mind what they do not know.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use motcua::config::Secret;
use motcua::national::tax::{
    BookAnswer, BookQuery, Confirmation, Day, Header, ImportNotices, ImportObligations, ImportPayment,
    NoticeKind, NoticeRow, Notices, OWES, Obligation, Pdf, Reason, Request, Slip, Standing, Sums, Text,
};
use serde_json::{Value, json};

const HEADER: [&str; 18] = [
    "VERSION",
    "SENDER_CODE",
    "SENDER_NAME",
    "RECEIVER_CODE",
    "RECEIVER_NAME",
    "TRAN_CODE",
    "MSG_ID",
    "MSG_REFID",
    "ID_LINK",
    "SEND_DATE",
    "ORIGINAL_CODE",
    "ORIGINAL_NAME",
    "ORIGINAL_DATE",
    "ERROR_CODE",
    "ERROR_DESC",
    "SPARE1",
    "SPARE2",
    "SPARE3",
];
const ROW: [&str; 32] = [
    "MA_HS",
    "MA_GCN",
    "SO_THUADAT",
    "SO_TO_BANDO",
    "DIA_CHI_TS",
    "MA_TINH_TS",
    "TEN_TINH_TS",
    "MA_HUYEN_TS",
    "TEN_HUYEN_TS",
    "MA_XA_TS",
    "TEN_XA_TS",
    "MA_DBHC",
    "MA_SO_THUE",
    "TEN_NNT",
    "SO",
    "MOTA_DIACHI",
    "MA_TINH",
    "TEN_TINH",
    "MA_HUYEN",
    "TEN_HUYEN",
    "MA_XA",
    "TEN_XA",
    "SO_QUYET_DINH",
    "NGAY_QUYET_DINH",
    "MA_CHUONG",
    "MA_TMUC",
    "TEN_TMUC",
    "LOAI_TK_NSNN",
    "MA_CQUAN_THU",
    "SO_CON_PHAI_NOP",
    "HAN_NOP",
    "SHKB",
];
const SLIP: [&str; 18] = [
    "MSG_TYPE",
    "SEQ_ID",
    "SEQ_REFID",
    "MA_HS",
    "MA_GCN",
    "SO_PHIEU",
    "NGAYCHUYEN",
    "NGUOICHUYEN",
    "NGAY_DUYET",
    "NGUOI_DUYET",
    "LOAI_DENGHI",
    "LOAI_HOSO",
    "DK_GHINO_NVTC",
    "TT_NO_NVTC",
    "TT_SOHUU",
    "SO_GCN_QSD",
    "NGAYCAP_GCN",
    "NOI_CAP_GCN",
];
const CONFIRMATION: [&str; 13] = [
    "MA_KETQUA",
    "DIEN_GIAI",
    "MA_CQT",
    "NGAY_TRA",
    "NGUOI_TRA",
    "NNT_TEN",
    "NNT_MST",
    "NNT_CMT",
    "NNT_DIA_CHI",
    "TONG_PHAI_NOP",
    "TONG_MIEN_GIAM",
    "TONG_DA_NOP",
    "TONG_CON_PNOP",
];
const PER_TAX: [&str; 10] = [
    "SO_THONG_BAO",
    "NGAY_THONG_BAO",
    "HAN_NOP",
    "SO_QDMG",
    "NGAY_QD",
    "PHAI_NOP",
    "MIEN_GIAM",
    "DA_NOP",
    "CON_PNOP",
    "DULIEU",
];

/// Something that fits the field, different for each.
fn value(name: &str, at: usize) -> String {
    match name {
        "NGAY_QUYET_DINH" => "20/07/2021".to_owned(),
        "HAN_NOP" => "18-08-2021".to_owned(),
        "NGAY_THONG_BAO" | "NGAY_TRA" | "NGAY_QD" => "2021-07-20".to_owned(),
        "SO_CON_PHAI_NOP" | "PHAI_NOP" | "MIEN_GIAM" | "DA_NOP" | "CON_PNOP" => format!("{}", 1000 + at),
        name if name.starts_with("TONG_") => format!("{}", 2000 + at),
        "MA_KETQUA" => "03".to_owned(),
        "LOAI_DENGHI" => "DIEU_CHINH".to_owned(),
        name => format!("Giá trị <{at}> & \"{name}\""),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#62;")
}

fn elements(names: &[&str]) -> String {
    names
        .iter()
        .enumerate()
        .map(|(at, name)| format!("<{name}>{}</{name}>\n  ", escaped(&value(name, at))))
        .collect()
}

fn answer() -> String {
    let (header, row) = (elements(&HEADER), elements(&ROW));
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DATA xmlns=\"urn:x\"><HEADER>{header}</HEADER>\n\
         <BODY><ROW><TYPE>00110</TYPE><NAME>Trả lời</NAME><SOTHUE><TRANGTHAI>01</TRANGTHAI>\
         <MOTA_TRANGTHAI><![CDATA[Còn nợ < 2]]></MOTA_TRANGTHAI>\
         <TONG_TIEN><MA_SO_THUE>1</MA_SO_THUE><TT_NNT>2059</TT_NNT><ROW_SOTHUE>{row}</ROW_SOTHUE>\
         <ROW_SOTHUE>{row}</ROW_SOTHUE></TONG_TIEN><!-- the other side -->\
         <TONG_TIEN><MA_SO_THUE>2</MA_SO_THUE><TT_NNT>1</TT_NNT></TONG_TIEN></SOTHUE></ROW></BODY></DATA>"
    )
}

// Mutant: leave any one field out of the record, or give it another's name.
#[test]
fn the_books_answer_keeps_every_published_field() {
    let read = BookAnswer::read(answer().as_bytes()).unwrap();
    assert_eq!(read.book().state, OWES);
    assert_eq!(read.book().state_text.as_deref(), Some("Còn nợ < 2"));
    let totals: Vec<(&str, i64, usize)> =
        read.book().totals.iter().map(|t| (t.tax_number.as_str(), t.total, t.rows.len())).collect();
    assert_eq!(totals, [("1", 2059, 2), ("2", 1, 0)]);
    let written = read.write();
    for (at, name) in HEADER.iter().enumerate().chain(ROW.iter().enumerate()) {
        let element = format!("<{name}>{}</{name}>", escaped(&value(name, at)).replace("&#62;", "&gt;"));
        assert!(written.contains(&element), "{element}\n{written}");
    }
    assert_eq!(BookAnswer::read(written.as_bytes()).unwrap(), read);
    assert_eq!(read.book().totals[0].rows[0].due.as_ref().unwrap().as_received(), "18-08-2021");
}

// Mutant: match by the dossier's code alone.
#[test]
fn a_taxpayer_is_shown_the_own_rows_only() {
    let mut read = BookAnswer::read(answer().as_bytes()).unwrap();
    let rows = &mut read.body.0.row.0.book.0.totals[0].rows;
    (rows[0].number, rows[0].dossier_code) = (Some("022069000007".to_owned()), "D1".to_owned());
    (rows[1].number, rows[1].dossier_code) = (Some("022090000009".to_owned()), "D1".to_owned());
    assert_eq!(read.rows_of("D1", "022069000007").len(), 1);
    assert_eq!(read.rows_of("D1", "022090000009").len(), 1);
    assert!(read.rows_of("D2", "022069000007").is_empty());
    assert!(read.rows_of("D1", "").is_empty());
}

#[test]
fn the_question_for_the_book_has_both_keys() {
    let query = BookQuery::new("MC202610000001", "H49.61.01-261005-0001", "022069000007");
    let read = BookQuery::read(query.write().as_bytes()).unwrap();
    assert_eq!(read, query);
    assert_eq!(
        (read.key().dossier_code.as_str(), read.key().number.as_str()),
        ("H49.61.01-261005-0001", "022069000007")
    );
    let without = query.write().replace("<SO>022069000007</SO>", "<SO/>");
    let told = BookQuery::read(without.as_bytes()).unwrap_err();
    assert_eq!((told.field.as_str(), told.reason), ("DATA/BODY/ROW/TRUYVAN/SO", Reason::Missing));
}

fn national_rows() -> String {
    let row = |number: &str, amount: &str| {
        format!(
            "<LIST><MA_SO_THUE>{number}</MA_SO_THUE><SO_QUYET_DINH>LTB0000001-TK0000001/TB-CCT</SO_QUYET_DINH>\
             <NGAY_QUYET_DINH>20-07-2021</NGAY_QUYET_DINH><TEN_TIEUMUC>Lệ phí trước bạ nhà đất</TEN_TIEUMUC>\
             <SO_TIEN>{amount}</SO_TIEN></LIST>"
        )
    };
    let (seller, buyer) = (row("022069000007", "24000000"), row("022090000009", "6000000"));
    format!("<DATA><BODY><ROW_LIST><MA_HSO>D1</MA_HSO>{seller}{buyer}</ROW_LIST></BODY></DATA>")
}

fn envelope(document: &str) -> Value {
    json!({ "SecurityKey": "k", "Service": "ThongBaoThue", "Ngay": "20/07/2021", "IsUpdating": false,
            "Data": { "FileThongBaoThue": STANDARD.encode(document) } })
}

/// The national form has none of our extras.
#[test]
fn notices_of_the_national_form_are_read() {
    let read = ImportNotices::read(envelope(&national_rows()).to_string().as_bytes()).unwrap();
    assert_eq!(read.security_key, Secret::new("k".to_owned()));
    assert_eq!(read.notices.message_id, None);
    let rows = &read.notices.rows;
    assert_eq!((rows.len(), rows[0].amount, rows[1].amount), (2, 24_000_000, 6_000_000));
    assert_eq!((rows[0].kind(), rows[0].instalment(), &rows[0].due), (NoticeKind::New, 1, &None));
    assert_eq!(rows[0].notice_day.date.to_string(), "2021-07-20");
    assert_eq!(ImportNotices::read(read.write().as_bytes()).unwrap(), read);
    assert!(!format!("{read:?}").contains("\"k\""), "the key shows itself");
}

fn full_row() -> NoticeRow {
    let day = |text: &str| Day::of(text).unwrap();
    let text = |text: &str| Some(text.to_owned());
    NoticeRow {
        tax_number: "022090000009".to_owned(),
        notice_number: "LTB0000002-TK0000002/TB-CCT".to_owned(),
        notice_day: day("05-10-2026"),
        item_name: text("Lệ phí trước bạ nhà đất"),
        amount: 3_000_000,
        kind: Some(NoticeKind::Replaces),
        replaced: text("LTB0000001-TK0000001/TB-CCT"),
        reason: text("Điều chỉnh diện tích"),
        instalment: Some(2),
        due: Some(day("03/11/2026")),
        item: text("2801"),
        chapter: text("757"),
        treasury_account: text("7111"),
        collector: text("1054321"),
        treasury: text("0061"),
        taxpayer: text("Đỗ Tuấn Châu"),
        number: text("022090000009"),
        waived: Some(0),
        recorded_as_debt: Some(true),
        pdf: Pdf::new(b"%PDF-1.7 notice".to_vec()),
    }
}

#[test]
fn notices_with_every_extra_come_back() {
    let notices =
        Notices { dossier_code: "D1".to_owned(), message_id: Some("M1".to_owned()), rows: vec![full_row()] };
    let read = Notices::read(notices.write().as_bytes()).unwrap();
    assert_eq!(read, notices);
    assert_eq!(read.rows[0].due.as_ref().unwrap().as_received(), "03/11/2026");
}

// Mutant: name the element of the list only, not which row.
#[test]
fn the_error_names_the_field_that_is_wrong() {
    let cases = [
        ("<SO_TIEN>6000000</SO_TIEN>", "", "DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN", Reason::Missing),
        ("6000000", "-6000000", "DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN", Reason::Wrong),
        ("6000000", "6000000.5", "DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN", Reason::Wrong),
        ("6000000", "6e6", "DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN", Reason::Wrong),
        ("6000000", "1000000000000001", "DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN", Reason::Wrong),
        ("20-07-2021", "31-02-2021", "DATA/BODY/ROW_LIST/LIST[1]/NGAY_QUYET_DINH", Reason::Wrong),
        ("<MA_HSO>D1</MA_HSO>", "<MA_HSO> </MA_HSO>", "DATA/BODY/ROW_LIST/MA_HSO", Reason::Missing),
        (
            "<MA_HSO>D1</MA_HSO>",
            "<MA_HSO>D1</MA_HSO><MA_HSO>D2</MA_HSO>",
            "DATA/BODY/ROW_LIST/MA_HSO",
            Reason::Twice,
        ),
        ("<MA_HSO>D1</MA_HSO>", "<MA_HSO>D<b>1</b></MA_HSO>", "DATA/BODY/ROW_LIST/MA_HSO", Reason::Wrong),
        ("<DATA>", "<DATA><LOAI_THONG_BAO/>", "", Reason::Malformed),
    ];
    for (from, to, field, reason) in cases {
        let document = national_rows().replacen(from, to, if from == "20-07-2021" { 1 } else { 9 });
        let told = Notices::read(document.as_bytes());
        if field.is_empty() {
            assert!(told.is_ok(), "an element that nobody asks for");
            continue;
        }
        let told = told.unwrap_err();
        assert_eq!((told.field.as_str(), told.reason), (field, reason), "{to}");
        assert!(told.description().ends_with(field));
    }
    let kinds = |kind: &str| {
        national_rows().replacen("<LIST>", &format!("<LIST><LOAI_THONG_BAO>{kind}</LOAI_THONG_BAO>"), 1)
    };
    let told = Notices::read(kinds("KHONG_BIET").as_bytes()).unwrap_err();
    assert_eq!(
        (told.field.as_str(), told.reason),
        ("DATA/BODY/ROW_LIST/LIST[1]/LOAI_THONG_BAO", Reason::Wrong)
    );
    let told = Notices::read(kinds("THAY_THE").as_bytes()).unwrap_err();
    assert_eq!(told.field, "DATA/BODY/ROW_LIST/LIST/SO_QUYET_DINH_CU", "a replacement says of what");
}

// Mutant: deny unknown fields.
#[test]
fn unknown_fields_do_not_break_anything() {
    let document = national_rows()
        .replace("<BODY>", "<HEADER><MOI a=\"1\"><SAU>x</SAU></MOI></HEADER><BODY>")
        .replace("<SO_TIEN>", "<LA>y</LA><LA>z</LA><SO_TIEN>");
    let mut message = envelope(&document);
    message["Them"] = json!({ "sau": [1, 2, { "x": null }] });
    message["Data"]["Khac"] = json!(true);
    assert_eq!(ImportNotices::read(message.to_string().as_bytes()).unwrap().notices.rows.len(), 2);
    let mut payment = payment();
    payment["Data"]["ThongTinThanhToan"]["Moi"] = json!([1]);
    payment["Data"]["Moi"] = json!("x");
    ImportPayment::read(payment.to_string().as_bytes()).unwrap();
    let mut told = told();
    told["Data"]["DS_NNT"][0]["NNT_MOI"] = json!("x");
    ImportObligations::read(told.to_string().as_bytes()).unwrap();
}

fn payment() -> Value {
    json!({ "SecurityKey": "k", "Service": "", "IsUpdating": false, "Data": {
        "MaHoSo": "D1", "MaSoThue": "022090000009", "SoCMTNguoiNopTien": "022090000009",
        "HoTenNguoiNopTien": "Đỗ Tuấn Châu", "TinhNguoiNopTien": "", "HuyenNguoiNopTien": null,
        "XaNguoiNopTien": "", "DiaChiNguoiNopTien": "Số 9", "UrlFileChungTu": "https://example.com/1.pdf",
        "ThongTinThanhToan": { "NoiDungThanhToan": "Nộp LPTB", "ThoiGianThanhToan": "20261005091500",
            "MaThongBaoThue": "LTB0000001-TK0000001/TB-CCT", "TrangThaiThanhToan": "1", "SoTien": 6_000_000 } } })
}

#[test]
fn the_payment_document_of_the_public_form_is_read() {
    let read = ImportPayment::read(payment().to_string().as_bytes()).unwrap();
    let (data, info) = (&read.data, &read.data.payment);
    assert_eq!(
        (data.dossier_code.as_str(), data.payer_district.as_ref(), data.message_id.as_ref()),
        ("D1", None, None)
    );
    assert_eq!(
        (info.amount, info.is_paid(), info.instalment, info.reference.as_ref()),
        (6_000_000, true, None, None)
    );
    assert_eq!(info.paid_at.to_string(), "2026-10-05T02:15:00Z");
    assert_eq!(ImportPayment::read(read.write().as_bytes()).unwrap(), read);
    let written: Value = serde_json::from_str(&read.write()).unwrap();
    for (name, value) in payment()["Data"].as_object().unwrap() {
        let there = written["Data"].get(name).unwrap_or_else(|| panic!("{name}"));
        assert!(there == value || value.is_null() || value.is_object(), "{name}: {there}");
    }
    let mut full = payment();
    full["Data"]["MaThongDiep"] = json!("M2");
    let info = &mut full["Data"]["ThongTinThanhToan"];
    (info["KyNop"], info["MaThamChieu"], info["SoTien"]) = (json!(2), json!("GD1"), json!("6000000"));
    let read = ImportPayment::read(full.to_string().as_bytes()).unwrap();
    assert_eq!((read.data.payment.instalment, read.data.payment.amount), (Some(2), 6_000_000));
    assert_eq!(ImportPayment::read(read.write().as_bytes()).unwrap(), read);
}

#[test]
fn a_payment_document_that_lacks_something_says_what() {
    let cases = [
        ("SoTien", json!(-1), "Data.ThongTinThanhToan.SoTien", Reason::Wrong),
        ("SoTien", json!(1.5), "Data.ThongTinThanhToan.SoTien", Reason::Wrong),
        ("SoTien", json!("1e3"), "Data.ThongTinThanhToan.SoTien", Reason::Wrong),
        ("SoTien", Value::Null, "Data.ThongTinThanhToan.SoTien", Reason::Wrong),
        (
            "ThoiGianThanhToan",
            json!("20261305091500"),
            "Data.ThongTinThanhToan.ThoiGianThanhToan",
            Reason::Wrong,
        ),
        ("MaThongBaoThue", json!("a\u{0}b"), "Data.ThongTinThanhToan.MaThongBaoThue", Reason::Wrong),
    ];
    for (name, value, field, reason) in cases {
        let mut message = payment();
        message["Data"]["ThongTinThanhToan"][name] = value.clone();
        let told = ImportPayment::read(message.to_string().as_bytes()).unwrap_err();
        assert_eq!((told.field.as_str(), told.reason), (field, reason), "{name} {value}");
    }
    let mut message = payment();
    message["Data"]["ThongTinThanhToan"].as_object_mut().unwrap().remove("SoTien");
    let told = ImportPayment::read(message.to_string().as_bytes()).unwrap_err();
    assert_eq!((told.field.as_str(), told.reason), ("Data.ThongTinThanhToan.SoTien", Reason::Missing));
    message.as_object_mut().unwrap().remove("SecurityKey");
    let told = ImportPayment::read(b"{\"IsUpdating\":false}").unwrap_err();
    assert_eq!((told.field.as_str(), told.reason), ("SecurityKey", Reason::Missing));
}

fn told() -> Value {
    let mut one = json!({});
    for (at, name) in CONFIRMATION.iter().enumerate() {
        one[*name] = json!(value(name, at));
    }
    for prefix in ["LPTB_", "TSDD_", "TNCN_", "TMD_", "TMN_"] {
        for (at, name) in PER_TAX.iter().enumerate() {
            one[format!("{prefix}{name}")] = json!(value(name, at));
        }
    }
    json!({ "SecurityKey": "k", "MSG_ID": "M3", "Data": { "ERROR_CODE": "00", "ERROR_DESC": "", "MA_HS": "D1",
            "MA_KETQUA": "03", "DS_NNT": [one] } })
}

// Mutant: one prefix forgotten, two suffixes mixed up.
#[test]
fn the_confirmation_keeps_every_published_field() {
    let read = ImportObligations::read(told().to_string().as_bytes()).unwrap();
    assert_eq!(read.data.standing, Standing::Open);
    let one: &Confirmation = &read.data.confirmations[0];
    assert_eq!(one.taxes.len(), Obligation::ALL.len());
    assert_eq!(one.taxes[0].sums, Sums { due: 1005, waived: 1006, paid: 1007, open: 1008, recorded: 0 });
    let written: Value = serde_json::from_str(&read.write()).unwrap();
    for (name, value) in told()["Data"]["DS_NNT"][0].as_object().unwrap() {
        assert_eq!(&written["Data"]["DS_NNT"][0][name], value, "{name}");
    }
    assert_eq!(ImportObligations::read(read.write().as_bytes()).unwrap(), read);
    let mut without = told();
    let one = without["Data"]["DS_NNT"][0].as_object_mut().unwrap();
    one.retain(|name, _| !name.starts_with("TMD_") && !name.starts_with("TMN_"));
    let read = ImportObligations::read(without.to_string().as_bytes()).unwrap();
    assert_eq!(read.data.confirmations[0].taxes.len(), 3, "a tax that is not there is none of nought đồng");
}

#[test]
fn the_slip_keeps_every_published_field() {
    let mut slip = json!({
        "TEN_HOSO": "Đăng ký biến động", "NGAY_NHAN": "20261005080000", "CAN_CU": "Hợp đồng 0001/2026/HĐ",
        "LOAI_GIAO_DICH": "CHUYEN_NHUONG", "QUAN_HE": "ANH_CHI_EM", "GIA_HOP_DONG": 1_200_000_000,
        "NGUOI_SU_DUNG_DAT": [{ "TEN_NNT": "A", "SO": "022069000007", "NGAY_SINH": "19690101", "VAI_TRO": "chuyển quyền" }],
        "THUA_DAT": { "SO_THUADAT": "87", "SO_TO_BANDO": "15", "DIA_CHI_TS": "Khu Mẫu", "DIEN_TICH": 120.5,
                      "DIEN_TICH_RIENG": 100.5, "DIEN_TICH_CHUNG": 20.0, "MUC_DICH": "ODT", "NGUON_GOC": "granted",
                      "THOI_HAN": "lâu dài", "GIAY_TO": "GCN", "GIA_BANG_GIA": 9_000_000 },
        "TAI_SAN": { "MO_TA": "Nhà ở", "GIA_TRI": 300_000_000 },
        "TINH_TIEN_SDD": { "DIEN_TICH": 60.0, "GIA_DAT": 9_000_000, "GIA_DAT_CU": 90_000, "TY_LE_THU": 50 },
        "DE_NGHI_MIEN_GIAM": [{ "LOAI_KHOAN": "TNCN", "LY_DO": "Chuyển nhượng giữa anh chị em ruột" }] });
    for (at, name) in SLIP.iter().enumerate() {
        slip[*name] = json!(value(name, at));
    }
    let read = Slip::read(slip.to_string().as_bytes()).unwrap();
    assert_eq!(read.request, Request::Correction);
    assert_eq!(serde_json::from_str::<Value>(&read.write()).unwrap(), slip);
    slip["MOI"] = json!({ "x": [1] });
    assert_eq!(Slip::read(slip.to_string().as_bytes()).unwrap(), read);
    slip["THUA_DAT"].as_object_mut().unwrap().remove("DIEN_TICH");
    let told = Slip::read(slip.to_string().as_bytes()).unwrap_err();
    assert_eq!((told.field.as_str(), told.reason), ("THUA_DAT.DIEN_TICH", Reason::Missing));
}

/// Slips of before have none of the new members.
#[test]
fn a_slip_with_the_least_is_read() {
    let slip = json!({ "MSG_TYPE": "10", "SEQ_ID": "1", "MA_HS": "D1", "SO_PHIEU": "D1/PCTT",
        "NGAYCHUYEN": "20261005080000", "NGUOICHUYEN": "B", "LOAI_HOSO": "1.013831", "TEN_HOSO": "X",
        "NGAY_NHAN": "20261005080000", "DK_GHINO_NVTC": "0", "NGUOI_SU_DUNG_DAT": [],
        "THUA_DAT": { "SO_THUADAT": "1", "SO_TO_BANDO": "2", "DIA_CHI_TS": "Y", "DIEN_TICH": 1.0, "MUC_DICH": "ODT" } });
    let read = Slip::read(slip.to_string().as_bytes()).unwrap();
    assert_eq!((read.request, read.corrects.as_ref(), read.matter), (Request::New, None, None));
    assert_eq!(read.sent_on().unwrap().to_string(), "2026-10-05");
}

#[test]
fn days_are_read_in_every_way_they_are_written_and_kept_so() {
    for text in ["20-07-2021", "20/07/2021", "20210720", "2021-07-20"] {
        let day = Day::of(text).unwrap();
        assert_eq!((day.as_received(), day.date.to_string().as_str()), (text, "2021-07-20"));
    }
    for text in [
        "",
        "20-7-2021",
        "07-20-2021",
        "20-07-21",
        "2021072",
        "31-04-2021",
        "20.07.2021",
        "20-07-20211",
        "ngày",
    ] {
        assert_eq!(Day::of(text), None, "{text}");
    }
}

/// Any text comes back: what XML cannot hold is left out when it is written.
#[test]
fn any_text_comes_back() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(500), |(name in "[ -~À-ỹ<>&\"'\\]\r\n\t]{0,60}", text in ".{0,40}")| {
        let header = Header { message_id: "1".to_owned(), sender_name: Some(name.clone()), ..Header::default() };
        let sent = BookAnswer::new(header, "02", &text, Vec::new());
        let read = BookAnswer::read(sent.write().as_bytes()).unwrap();
        let back = read.header.0.sender_name.clone().unwrap_or_default();
        prop_assert_eq!(back, name.trim());
        prop_assert_eq!(BookAnswer::read(read.write().as_bytes()).unwrap(), read);
    });
}
