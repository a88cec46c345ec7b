//! A QR code as a drawing. PURE.

use qrcode::QrCode;
use qrcode::render::svg;

use crate::error::Result;

/// Least width of a drawn code, in pixels.
const WIDTH: u32 = 240;

/// The code of a text, as SVG.
pub fn draw(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(anyhow::Error::from)?;
    Ok(code.render::<svg::Color>().min_dimensions(WIDTH, WIDTH).build())
}
