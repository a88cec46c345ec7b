//! The plain page: no script, readable on the oldest phone and by a screen reader.

use jiff::Timestamp;

use super::document::{DocumentOut, Standing};
use crate::clock::vietnam;
use crate::http::escape_html;

/// Nothing but its own style, and the form that sends a file back to where it came from.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";

/// The page for a word that opens nothing.
pub const UNKNOWN: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Không tìm thấy</title>\
    <h1>Không tìm thấy văn bản</h1>\
    <p>Mã này không thuộc văn bản nào đã được cấp. Hãy kiểm tra lại mã in trên văn bản; \
    nếu mã đúng như in, văn bản có thể là giả.</p></html>";

const STYLE: &str = "body{font:1.1em/1.5 sans-serif;max-width:40em;margin:1em auto;padding:0 1em}\
    dt{font-weight:bold;margin-top:.6em}dd{margin:0}\
    .good{background:#e5f5e8;border-left:.5em solid #17732d;padding:.6em}\
    .bad{background:#fde8e6;border-left:.5em solid #a61b12;padding:.6em}";

/// The page of a document.
pub fn document(document: &DocumentOut) -> String {
    let title = escape_html(&document.name);
    let mut page = format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1>"
    );
    page += &standing(document);
    page += &match document.same_file {
        Some(true) => verdict("good", "Tệp đã gửi đúng là văn bản này."),
        Some(false) => verdict("bad", "Tệp đã gửi KHÔNG phải văn bản này, hoặc đã bị sửa đổi."),
        None => String::new(),
    };
    page += "<dl>";
    for (name, value) in [
        ("Loại", &format!("{} ({})", document.kind.vi(), document.kind.en())),
        ("Số", &document.number),
        ("Cơ quan cấp", &document.issuer),
        ("Cấp cho", &document.holder),
        ("Thời điểm cấp", &moment(document.issued_at)),
    ] {
        page += &item(name, value);
    }
    for signature in &document.signatures {
        let at = moment(signature.at);
        let name = if signature.part == "seal" { "Con dấu số" } else { "Người ký số" };
        page +=
            &item(name, &format!("{}, {} ({}, {at})", signature.signer, signature.agency, signature.level));
    }
    page + "</dl><form method=\"post\" enctype=\"multipart/form-data\">\
        <p><label>Đối chiếu tệp văn bản: <input type=\"file\" name=\"file\" required></label> \
        <button>Kiểm tra</button></p></form></html>"
}

fn standing(document: &DocumentOut) -> String {
    let class = if document.standing == Standing::Valid { "good" } else { "bad" };
    let mut text = format!("{} ({})", document.standing.vi(), document.standing.en());
    if document.standing != Standing::Valid {
        text += &format!(", từ {}", moment(document.since));
    }
    if !document.reason.is_empty() {
        text += &format!(". Lý do: {}", document.reason);
    }
    if !document.replaced_by.is_empty() {
        text += &format!(". Văn bản thay thế: {}", document.replaced_by);
    }
    verdict(class, &text)
}

/// A time as it is written on paper.
fn moment(at: Timestamp) -> String {
    at.to_zoned(vietnam()).strftime("%H:%M ngày %d/%m/%Y").to_string()
}

fn verdict(class: &str, text: &str) -> String {
    format!("<p class=\"{class}\">{}</p>", escape_html(text))
}

fn item(name: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    format!("<dt>{name}</dt><dd>{}</dd>", escape_html(value))
}
