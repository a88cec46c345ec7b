//! A receipt as PDF/A-2b. What it says is data, handed to the template as `data.json`; how
//! it looks is `data/templates/receipt.typ`. Pure: no clock, no network, no file system.

use serde_json::{Value, json};

use super::in_words::in_words;
use super::show::{Other, ReceiptOut, State};
use crate::clock::day_of;
use crate::error::Result;
use crate::forms;

const TEMPLATE: &str = include_str!("../../data/templates/receipt.typ");
/// The document; `address`: where the receipt is looked up.
pub(super) fn pdf(receipt: &ReceiptOut, address: &str) -> Result<Vec<u8>> {
    let data = content(receipt, address)?;
    let printed = forms::render(TEMPLATE, &data, receipt.issued_at);
    printed.map_err(|flaw| anyhow::anyhow!("the template of receipts: {flaw}").into())
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
        "qr": forms::codes::qr(&link).map_err(|flaw| anyhow::anyhow!("{flaw}"))?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let found = [7, 999, 1_000, 24_000, 1_000_000_000].map(grouped);
        assert_eq!(found, ["7", "999", "1.000", "24.000", "1.000.000.000"]);
    }
}
