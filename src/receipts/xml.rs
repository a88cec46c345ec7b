//! PURE: a receipt as XML. The shape is motcua's own, since the law's was not found; its names
//! follow those of e-invoices (NĐ 123/2020/NĐ-CP, TT 32/2025/TT-BTC) and of `ThongTinBienLai`
//! on the national payment platform:
//!
//! | Element | Meaning |
//! |---|---|
//! | `TTChung` | `PBan` version, `TBLai` name, `LoaiPhiLePhi` 1 phí, 2 lệ phí, `KHMBLai` form, `KHBLai` series, `SBLai` number, `NLap` day of issue (+07:00), `DVTTe` currency, `TThai` state |
//! | `BLaiLQuan` | the receipt in whose stead it stands (`TCLQuan` = 1) or that stands in its stead (`TCLQuan` = 2) |
//! | `CQThu`, `NNop`, `TTHC` | who collected, who paid, for which procedure and dossier |
//! | `DSPhiLePhi` | the charges: number, code, name, đồng |
//! | `TgTTTBSo`, `TgTTTBChu` | the sum in digits and in words |
//! | `TraCuu` | address and secret of the public look-up |
//!
//! Canonical: one order of elements, no attributes but `Id`, no blanks between elements.

use super::in_words::in_words;
use super::show::{Kind, Other, ReceiptOut};
use crate::clock::day_of;

/// Namespace of the shape.
pub const NAMESPACE: &str = "urn:motcua:receipt:1";

/// The document; `address`: where the receipt is looked up.
pub(super) fn xml(receipt: &ReceiptOut, address: &str) -> String {
    let mut out = Writer(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    out.0.push_str(&format!("<BLai xmlns=\"{NAMESPACE}\"><DLBLai Id=\"{}\">", receipt.id));
    out.inside("TTChung", |out| general(out, receipt));
    out.inside("NDBLai", |out| content(out, receipt));
    out.inside("TraCuu", |out| {
        out.text("DChi", address);
        out.text("MTCuu", &receipt.secret);
    });
    out.0.push_str("</DLBLai></BLai>");
    out.0
}

fn general(out: &mut Writer, receipt: &ReceiptOut) {
    out.text("PBan", "1.0");
    out.text("TBLai", receipt.kind.vi());
    out.text("LoaiPhiLePhi", if receipt.kind == Kind::Charge { "1" } else { "2" });
    out.text("KHMBLai", &receipt.form);
    out.text("KHBLai", &receipt.series);
    out.text("SBLai", &receipt.number);
    out.text("NLap", &day_of(receipt.issued_at).to_string());
    out.text("DVTTe", "VND");
    out.text("TThai", receipt.state.word());
    for (relation, other) in [("1", &receipt.replaces), ("2", &receipt.replaced_by)] {
        if let Some(Other { series, number }) = other {
            out.inside("BLaiLQuan", |out| {
                out.text("TCLQuan", relation);
                out.text("KHBLai", series);
                out.text("SBLai", number);
            });
        }
    }
}

fn content(out: &mut Writer, receipt: &ReceiptOut) {
    out.inside("CQThu", |out| {
        out.text("MaDonVi", &receipt.unit_code);
        out.text("TenDonVi", &receipt.unit_name);
    });
    out.inside("NNop", |out| {
        out.text("HoTenNguoiNop", &receipt.payer_name);
        out.text("DiaChiNguoiNop", receipt.payer_address.as_deref().unwrap_or_default());
    });
    out.inside("TTHC", |out| {
        out.text("MaTTHC", &receipt.procedure_code);
        out.text("TenTTHC", &receipt.procedure_name);
        out.text("MaHoSo", &receipt.dossier);
    });
    out.inside("DSPhiLePhi", |out| {
        for (number, line) in (1..).zip(&receipt.lines) {
            out.inside("PhiLePhi", |out| {
                out.text("STT", &i32::to_string(&number));
                out.text("MaPhiLePhi", &line.code);
                out.text("TenPhiLePhi", &line.name);
                out.text("SoTien", &line.amount.to_string());
            });
        }
    });
    out.text("TgTTTBSo", &receipt.amount.to_string());
    out.text("TgTTTBChu", &in_words(receipt.amount.unsigned_abs()));
}

/// What is written so far.
struct Writer(String);

impl Writer {
    fn inside(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        write(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element with a text; what XML 1.0 cannot hold is left out.
    fn text(&mut self, name: &str, text: &str) {
        self.inside(name, |out| {
            for letter in text.chars() {
                match letter {
                    '&' => out.0.push_str("&amp;"),
                    '<' => out.0.push_str("&lt;"),
                    '>' => out.0.push_str("&gt;"),
                    '\r' => out.0.push_str("&#13;"),
                    '\t' | '\n' => out.0.push(letter),
                    '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
                    letter => out.0.push(letter),
                }
            }
        });
    }
}
