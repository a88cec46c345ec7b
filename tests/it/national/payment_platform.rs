//! Digests against values that Python's hashlib and openssl gave for the same characters.

use jiff::Timestamp;
use motcua::config::Secret;
use motcua::national::payment_platform::{
    Beneficiary, Callback, CallbackReply, Demand, Init, Partner, ReceiptQuery, wire_time,
};
use serde_json::json;

fn partner() -> Partner {
    Partner { code: "MOTCUA".to_owned(), key: Secret::new("simulator-only-payment-key".to_owned()) }
}

const INFORMATION: &str = "Nộp phí, lệ phí hồ sơ H49.61.01-261122-0001";

fn callback() -> Callback {
    Callback {
        kind: "ConfirmTrans".to_owned(),
        error_code: "00".to_owned(),
        partner: "MOTCUA".to_owned(),
        reference: "261122ABCDEFGHJKMNPQ".to_owned(),
        amount: "7000".to_owned(),
        currency: "VND".to_owned(),
        transaction: "GD0001".to_owned(),
        bank: "VIETINBANK".to_owned(),
        time: "20261122091500".to_owned(),
        information: INFORMATION.to_owned(),
        digest: String::new(),
    }
}

fn at() -> Timestamp {
    "2026-11-22T02:15:00Z".parse().unwrap()
}

fn demand() -> Demand {
    Demand {
        reference: "261122ABCDEFGHJKMNPQ".to_owned(),
        amount: 7000,
        dossier_code: "H49.61.01-261122-0001".to_owned(),
        procedure_code: "1.004194".to_owned(),
        procedure_name: "Đăng ký tạm trú".to_owned(),
        agency_code: "H49.61".to_owned(),
        agency_name: "UBND phường".to_owned(),
        payer_name: "Nguyễn Thị Mai".to_owned(),
        payer_identity_no: "022190000001".to_owned(),
        payer_address: "Hạ Long".to_owned(),
        lines: Vec::new(),
        budget_account: None,
        treasury: None,
    }
}

// Mutant: another order of the fields, HMAC instead of the plain digest, the key first.
#[test]
fn the_digest_of_a_callback_is_the_platforms() {
    let signed = callback().sign(&partner());
    assert_eq!(signed.digest, "468249521b4039d38ed18b848f24692a726f7e8887abe011934932a9cf97f6ed");
    assert!(signed.is_authentic(&partner()));
}

#[test]
fn the_digests_of_our_messages_are_the_platforms() {
    let to = Beneficiary { account: String::new(), bank: String::new(), name: String::new() };
    let init = Init::new(&partner(), &demand(), &to, at());
    assert_eq!(init.digest, "46f9d273d7fd208db60498ecc54f49c706b9269828196f5ca60335e9231ef165");
    let query = ReceiptQuery::new(&partner(), "261122ABCDEFGHJKMNPQ", at());
    assert_eq!(query.digest, "0e37a4d8443cc956d2c9929fc081ae716e10276812900dfd2a7d36639e5810f1");
}

#[test]
fn a_tax_names_the_treasury_and_its_account_and_a_fee_does_not() {
    let to = Beneficiary { account: String::new(), bank: String::new(), name: String::new() };
    let of = |demand: &Demand| serde_json::to_value(Init::new(&partner(), demand, &to, at())).unwrap();
    let fee = of(&demand());
    let receipt = &fee["ThongTinBienLai"];
    assert!(receipt.get("KhoBac").is_none() && receipt.get("TaiKhoanThuNSNN").is_none(), "{receipt}");
    let owed =
        Demand { budget_account: Some("7111".to_owned()), treasury: Some("2211".to_owned()), ..demand() };
    let tax = of(&owed);
    let receipt = &tax["ThongTinBienLai"];
    assert_eq!((&receipt["KhoBac"], &receipt["TaiKhoanThuNSNN"]), (&json!("2211"), &json!("7111")));
}

#[test]
fn the_digests_of_our_replies_are_over_their_fields() {
    let yes = CallbackReply::new(&partner(), true, Some("261122ABCDEFGHJKMNPQ"), at());
    assert_eq!(yes.digest, "f1c7a1de258330b42b69774b4f8a50a4fa712d40b122efdb6712bd377d9d25c5");
    let no = CallbackReply::new(&partner(), false, None, at());
    assert_eq!(no.digest, "2b8d95a705c1a571702e9c6b0eb847849feb1757cb925d64083346f08dac2972");
}

// Mutant: leave any one field out of the digest.
#[test]
fn a_change_of_any_signed_field_shows() {
    let signed = callback().sign(&partner());
    let changes: [fn(&mut Callback); 11] = [
        |c| c.kind.push('x'),
        |c| c.error_code.push('0'),
        |c| c.partner.push('x'),
        |c| c.reference.push('x'),
        |c| c.amount.push('0'),
        |c| c.currency.push('x'),
        |c| c.transaction.push('x'),
        |c| c.bank.push('x'),
        |c| c.time.push('0'),
        |c| c.information.push('x'),
        |c| c.digest.make_ascii_uppercase(),
    ];
    for change in changes {
        let mut altered = signed.clone();
        change(&mut altered);
        assert!(!altered.is_authentic(&partner()), "{altered:?}");
    }
}

// Mutant: read the amount as a number and print it for the digest.
#[test]
fn the_digest_is_over_the_characters_as_written() {
    for amount in ["7e3", "7000.0", "07000", "-7000", "9223372036854775808"] {
        let body = format!(
            r#"{{"LoaiBanTin":"ConfirmTrans","MaLoi":"00","MaDoiTac":"MOTCUA","MaThamChieu":"R","SoTien":{},
               "MaTienTe":"VND","MaGiaoDich":"1","MaNganHang":"B","ThoiGianGD":"20261122091500",
               "ThongTinGiaoDich":"x","MaXacThuc":""}}"#,
            if amount == "07000" { "\"07000\"" } else { amount }
        );
        let read = Callback::read(body.as_bytes()).unwrap();
        assert_eq!(read.amount, amount);
        assert!(!read.clone().sign(&partner()).eq(&read));
        let as_number = Callback { amount: "7000".to_owned(), ..read.clone() }.sign(&partner());
        assert_ne!(as_number.digest, read.sign(&partner()).digest);
    }
}

// Mutant: drop `is_unambiguous`: the message cut anew has the same digest.
#[test]
fn a_signed_message_cannot_be_cut_anew() {
    let genuine = Callback { information: "a|b".to_owned(), ..callback() }.sign(&partner());
    let mut cut = genuine.clone();
    cut.kind = format!("{}|{}", genuine.kind, genuine.error_code);
    cut.error_code = genuine.partner.clone();
    cut.partner = genuine.reference.clone();
    cut.reference = genuine.amount.clone();
    cut.amount = genuine.currency.clone();
    cut.currency = genuine.transaction.clone();
    cut.transaction = genuine.bank.clone();
    cut.bank = genuine.time.clone();
    cut.time = "a".to_owned();
    cut.information = "b".to_owned();
    assert!(cut.is_authentic(&partner()), "the trick works on the digest alone");
    assert!(Callback::read(cut.to_json().to_string().as_bytes()).is_err());
    assert!(Callback::read(genuine.to_json().to_string().as_bytes()).is_ok());
}

#[test]
fn a_field_that_is_missing_is_noticed_and_the_reference_still_read() {
    let mut message = callback().sign(&partner()).to_json();
    message.as_object_mut().unwrap().remove("MaGiaoDich");
    let unreadable = Callback::read(message.to_string().as_bytes()).unwrap_err();
    assert_eq!(unreadable.reference.as_deref(), Some("261122ABCDEFGHJKMNPQ"));
}

// Mutant: echo whatever came: we would sign a stranger's text with the shared key.
#[test]
fn a_reply_signs_no_text_of_a_stranger() {
    for text in ["x|7000|VND", "longer than twenty chars", "hồ sơ"] {
        assert_eq!(CallbackReply::new(&partner(), false, Some(text), at()).reference, "");
    }
}

#[test]
fn times_are_those_of_viet_nam() {
    assert_eq!(wire_time("2026-12-31T17:00:00Z".parse().unwrap()), "20270101000000");
}
