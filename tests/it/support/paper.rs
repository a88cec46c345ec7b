//! Files that are what they say.

pub use motcua::demo::PDF;

/// The PDF of one empty page, with as much in it as makes so many bytes.
pub fn pdf(size: usize) -> Vec<u8> {
    let frame = pdf_with(b"").len();
    pdf_with(&(0..size - frame).map(|n| b'a' + (n * 31 % 25) as u8).collect::<Vec<_>>())
}

/// Such a PDF with an object that no page shows. It stands before the references, whose place
/// the trailer names: a reader mends that.
pub fn pdf_with(content: &[u8]) -> Vec<u8> {
    let at = PDF.windows(5).position(|word| word == b"xref\n").unwrap();
    [&PDF[..at], b"4 0 obj<<>>stream\n", content, b"\nendstream endobj\n", &PDF[at..]].concat()
}
