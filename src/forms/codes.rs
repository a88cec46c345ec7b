//! QR and bar codes as rows of `0` and `1`, which a template draws. PURE.

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

use super::Flaw;

/// The rows of the QR code: `1` is dark. Level M: a quarter of an hour in a pocket harms it
/// little, and a print of 20 mm still has modules of half a millimetre.
pub fn qr(text: &str) -> Result<Vec<String>, Flaw> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Flaw::Data(format!("a QR code: {error}")))?;
    let dark = |color: &Color| if *color == Color::Dark { '1' } else { '0' };
    Ok(code.to_colors().chunks(code.width()).map(|row| row.iter().map(dark).collect()).collect())
}

/// The modules of a Code 128, character set B: letters, digits and signs of ASCII.
pub fn code128(text: &str) -> Result<String, Flaw> {
    let set_b = format!("\u{181}{text}");
    let code = Code128::new(&set_b).map_err(|error| Flaw::Data(format!("a bar code: {error}")))?;
    Ok(code.encode().iter().map(|module| if *module == 1 { '1' } else { '0' }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_code_begins_with_set_b_and_ends_with_the_stop() {
        let modules = code128("H49.45.01-260914-0001").unwrap_or_else(|flaw| panic!("{flaw}"));
        assert!(modules.starts_with("11010010000") && modules.ends_with("1100011101011"), "{modules}");
        assert_eq!(modules.len() % 11, 2);
        assert!(code128("Hạ Long").is_err());
    }
}
