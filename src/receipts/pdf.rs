//! A receipt as PDF/A-2b. What it says is data, handed to the template as `receipt.json`; how
//! it looks is `data/templates/receipt.typ`. Pure: no clock, no network, no file system.

use std::sync::OnceLock;

use qrcode::{Color, QrCode};
use serde_json::{Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::in_words::in_words;
use super::show::{Other, ReceiptOut, State};
use crate::clock::{day_of, vietnam};
use crate::error::Result;

const TEMPLATE: &str = include_str!("../../data/templates/receipt.typ");
/// Compilations whose intermediate results are kept; more would only fill the memory.
const REMEMBERED: usize = 4;

/// The fonts of the binary: Libertinus Serif has all letters of Vietnamese.
fn fonts() -> &'static FontStore {
    static FONTS: OnceLock<FontStore> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = FontStore::new();
        fonts.extend(typst_kit::fonts::embedded());
        fonts
    })
}

fn library() -> &'static LazyHash<Library> {
    static LIBRARY: OnceLock<LazyHash<Library>> = OnceLock::new();
    LIBRARY.get_or_init(|| LazyHash::new(Library::default()))
}

/// All that the template can reach: itself and the data.
struct Sheet {
    main: Source,
    data: Bytes,
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        library()
    }

    fn book(&self) -> &LazyHash<FontBook> {
        fonts().book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.main.id() { Err(FileError::AccessDenied) } else { Ok(self.data.clone()) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The document; `address`: where the receipt is looked up.
pub(super) fn pdf(receipt: &ReceiptOut, address: &str) -> Result<Vec<u8>> {
    let data = serde_json::to_vec(&content(receipt, address)?)?;
    let path = VirtualPath::new("receipt.typ").map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let id = RootedPath::new(VirtualRoot::Project, path).intern();
    let sheet = Sheet { main: Source::new(id, TEMPLATE.to_owned()), data: Bytes::new(data) };
    let document: PagedDocument = typst::compile(&sheet)
        .output
        .map_err(|errors| anyhow::anyhow!("the template of receipts: {errors:?}"))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let options = PdfOptions {
        ident: Smart::Custom(receipt.id.to_string()),
        creator: Smart::Custom(Some("motcua".to_owned())),
        timestamp: issued(receipt),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options)
        .map_err(|errors| anyhow::anyhow!("a receipt as PDF: {errors:?}"))?;
    typst::comemo::evict(REMEMBERED);
    Ok(bytes)
}

/// When the receipt was issued, as PDF writes it.
fn issued(receipt: &ReceiptOut) -> Option<Timestamp> {
    let at = receipt.issued_at.to_zoned(vietnam());
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let time = Datetime::from_ymd_hms(
        at.year().into(),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )?;
    Timestamp::new_local(time, 7 * 60)
}

/// Everything that the template shows, as it is shown.
fn content(receipt: &ReceiptOut, address: &str) -> Result<Value> {
    let day = day_of(receipt.issued_at);
    let link = format!("{address}?secret={}", receipt.secret);
    let other =
        |other: &Option<Other>| other.as_ref().map(|other| format!("{}, số {}", other.series, other.number));
    let lines = receipt
        .lines
        .iter()
        .map(|line| json!({ "code": line.code, "name": line.name, "amount": grouped(line.amount) }));
    Ok(json!({
        "title": receipt.kind.vi().to_uppercase(),
        "form": receipt.form,
        "series": receipt.series,
        "number": receipt.number,
        "ended": (receipt.state != State::Valid).then(|| receipt.state.vi().to_uppercase()),
        "reason": receipt.reason,
        "unit": receipt.unit_name,
        "unit_code": receipt.unit_code,
        "day": format!("Ngày {:02} tháng {:02} năm {}", day.day(), day.month(), day.year()),
        "payer": receipt.payer_name,
        "address": receipt.payer_address,
        "procedure": format!("{} ({})", receipt.procedure_name, receipt.procedure_code),
        "dossier": receipt.dossier,
        "lines": lines.collect::<Vec<_>>(),
        "total": grouped(receipt.amount),
        "words": in_words(receipt.amount.unsigned_abs()),
        "replaces": other(&receipt.replaces),
        "replaced_by": other(&receipt.replaced_by),
        "look_up": address,
        "secret": receipt.secret,
        "qr": squares(&link)?,
    }))
}

/// Đồng with dots between thousands: `24.000`.
fn grouped(amount: i64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The rows of the QR code: `1` is dark.
fn squares(text: &str) -> Result<Vec<String>> {
    let code = QrCode::new(text).map_err(|error| anyhow::anyhow!("a QR code: {error}"))?;
    let dark = |color: &Color| if *color == Color::Dark { '1' } else { '0' };
    Ok(code.to_colors().chunks(code.width()).map(|row| row.iter().map(dark).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let found = [7, 999, 1_000, 24_000, 1_000_000_000].map(grouped);
        assert_eq!(found, ["7", "999", "1.000", "24.000", "1.000.000.000"]);
    }
}
