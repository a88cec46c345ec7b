//! The pay page, for people with a browser.

use super::Held;
use crate::http::escape_html;
use crate::national::payment_platform::ReceiptInfo;

/// For an address that no order has.
pub const UNKNOWN: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
<title>Không tìm thấy</title><p>Không tìm thấy giao dịch này.</p></html>";

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}\
dt{color:#555}dd{margin:0 0 .6rem;font-weight:600}button{font:inherit;padding:.6rem 1.4rem;margin-right:.6rem}\
.note{color:#8a4b00}";

/// The page of an order: what is to be paid and a button, or that it is paid.
pub(super) fn render(held: &Held, portal: &str) -> String {
    let init = &held.init;
    let action = match &held.paid {
        Some((transaction, _)) => {
            format!("<p><strong>Đã thanh toán.</strong> Mã giao dịch: {}</p>", escape_html(transaction))
        }
        None => "<form method=\"post\"><button name=\"result\" value=\"pay\">Thanh toán</button>\
                 <button name=\"result\" value=\"fail\">Giao dịch thất bại</button></form>"
            .to_owned(),
    };
    format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Thanh toán {reference}</title>\
         <style>{STYLE}</style><h1>Nền tảng thanh toán</h1>\
         <p class=\"note\">Mô phỏng: không có tiền thật được chuyển.</p>\
         <dl><dt>Nội dung</dt><dd>{purpose}</dd><dt>Người nộp</dt><dd>{payer}</dd>\
         <dt>Mã tham chiếu</dt><dd>{reference}</dd><dt>Số tiền</dt><dd>{amount} đồng</dd>{budget}</dl>\
         {action}<p><a href=\"{portal}\">Quay lại cổng dịch vụ công</a></p></html>",
        reference = escape_html(&init.reference),
        purpose = escape_html(&init.receipt.purpose),
        payer = escape_html(&init.receipt.payer_name),
        budget = budget(&init.receipt),
        amount = grouped(&init.amount),
        portal = escape_html(portal),
    )
}

/// Where a tax goes.
fn budget(receipt: &ReceiptInfo) -> String {
    let account = receipt.budget_account.as_deref().unwrap_or_default();
    receipt.treasury.as_deref().map_or_else(String::new, |treasury| {
        let (treasury, account) = (escape_html(treasury), escape_html(account));
        format!("<dt>Kho bạc</dt><dd>{treasury}</dd><dt>Tài khoản thu ngân sách</dt><dd>{account}</dd>")
    })
}

/// 1234567 → 1.234.567, as amounts are written in Việt Nam.
fn grouped(amount: &str) -> String {
    let mut text = String::new();
    for (at, digit) in amount.chars().enumerate() {
        if at > 0 && (amount.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(grouped("7000"), "7.000");
        assert_eq!(grouped("500"), "500");
        assert_eq!(grouped("1234567"), "1.234.567");
    }
}
