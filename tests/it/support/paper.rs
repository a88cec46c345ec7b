//! Files that are what they say.

/// A PDF of one empty page.
pub const PDF: &[u8] = b"%PDF-1.4\n\
    1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n\
    xref\n\
    0 4\n\
    0000000000 65535 f \n\
    0000000009 00000 n \n\
    0000000052 00000 n \n\
    0000000101 00000 n \n\
    trailer<</Size 4/Root 1 0 R>>\n\
    startxref\n\
    164\n\
    %%EOF\n";

/// Such a PDF of so many bytes.
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
