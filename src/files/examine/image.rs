//! Looking at pictures: scans and photographs.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};

use super::{Depth, Finding, Findings};

/// Bytes that the description of a picture (profiles, texts) may take while it is read.
const DESCRIPTION: usize = 16 * 1024 * 1024;
/// Bytes of memory for the description and for some rows of the widest picture that is unpacked.
pub(super) const PNG_NEEDS: u64 = 4 * DESCRIPTION as u64;

/// Every row is unpacked and its sums are checked, row by row.
pub(super) fn look_at_png(bytes: &[u8], depth: Depth) -> Findings {
    match unpack_png(bytes, depth) {
        Ok(finding) => finding.into_iter().collect(),
        Err(_) => Findings::from([Finding::Damaged]),
    }
}

fn unpack_png(bytes: &[u8], depth: Depth) -> Result<Option<Finding>, png::DecodingError> {
    let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: DESCRIPTION });
    let mut reader = decoder.read_info()?;
    if is_too_large(reader.info().width, reader.info().height, depth) {
        return Ok(Some(Finding::Excessive));
    }
    while reader.next_row()?.is_some() {}
    reader.finish()?;
    Ok(None)
}

/// The size that its reader will believe, and the chain of segments from the first to the end
/// mark.
pub(super) fn look_at_jpeg(bytes: &[u8], depth: Depth) -> Findings {
    let size = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg).into_dimensions();
    let finding = match size {
        Ok((0, _) | (_, 0)) | Err(_) => Some(Finding::Damaged),
        Ok((width, height)) if is_too_large(width, height, depth) => Some(Finding::Excessive),
        Ok(_) => (!is_whole(bytes)).then_some(Finding::Damaged),
    };
    finding.into_iter().collect()
}

fn is_too_large(width: u32, height: u32, depth: Depth) -> bool {
    u64::from(width) * u64::from(height) > depth.pixels
}

/// Whether the segments of a JPEG lead from its beginning to its end mark, with one frame.
fn is_whole(bytes: &[u8]) -> bool {
    let (mut rest, mut frames) = (&bytes[2.min(bytes.len())..], 0);
    loop {
        // Before a marker there may be fill bytes, and after a scan its data: all of that is
        // passed over up to the next mark that means something.
        let Some(at) = next_mark(rest) else { return false };
        let mark = rest[at];
        rest = &rest[at + 1..];
        match mark {
            END => return frames == 1,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => frames += 1,
            _ => {}
        }
        let [high, low, ..] = rest else { return false };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length < 2 || length > rest.len() {
            return false;
        }
        rest = &rest[length..];
    }
}

/// End of image.
const END: u8 = 0xD9;

/// Where the code of the next mark stands that is neither a stuffed byte nor a restart.
fn next_mark(bytes: &[u8]) -> Option<usize> {
    let pairs =
        bytes.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 1 | 0xD0..=0xD8 | 0xFF));
    pairs.map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_is_whole_from_its_first_mark_to_its_last() {
        let frame: &[u8] = &[0xFF, 0xC0, 0, 5, 1, 2, 3];
        let scan: &[u8] = &[0xFF, 0xDA, 0, 3, 9, 1, 2, 0xFF, 0, 0xFF, 0xD0, 7];
        let end: &[u8] = &[0xFF, 0xD9];
        let jpeg = |parts: &[&[u8]]| is_whole(&[&[0xFF, 0xD8], parts.concat().as_slice()].concat());
        assert!(jpeg(&[frame, scan, end]));
        assert!(jpeg(&[frame, scan, scan, end, b"what a phone adds"]), "several scans, and a tail");
        assert!(!jpeg(&[frame, scan]));
        assert!(!jpeg(&[frame, frame, scan, end]));
        assert!(!jpeg(&[scan, end]));
        assert!(!jpeg(&[&[0xFF, 0xE1, 0xFF, 0xFF, 1], frame, scan, end]));
        assert!(!jpeg(&[&[0xFF, 0xE1, 0, 1], frame, scan, end]));
    }
}
