//! The document with room for a signature. The same request, act and document give the same
//! bytes, so that nothing of it need be kept between the authorisation and the signature.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use super::pades::{Block, Field, Place, Prepared, document_attributes, prepare};
use super::record::{Part, Pending};
use crate::forms;

/// How the block looks.
const BLOCK: &str = include_str!("../../data/templates/signature.typ");
/// Points by which the seal stands to the left of the official's block: it overlaps it by a
/// third (NĐ 30/2020/NĐ-CP, Phụ lục I, II.8).
const SEAL_LEFT: f32 = 126.0;
/// Points by which it stands higher, so that the names of both can be read.
const SEAL_UP: f32 = 40.0;

/// Who signs, and when.
#[derive(Debug, Clone)]
pub(super) struct Act {
    /// Name of the official; of a seal nobody's.
    pub name: String,
    pub at: Timestamp,
    /// The signer's certificate, DER.
    pub certificate: Vec<u8>,
}

/// A document ready for its signature, and what the key signs.
pub(super) struct Ready {
    pub document: Prepared,
    pub attributes: Vec<u8>,
}

/// Prepares a document; it takes the processor's time.
pub(super) fn ready(pdf: &[u8], pending: &Pending, part: Part, act: &Act) -> Result<Ready> {
    ensure!(pdf.starts_with(b"%PDF-"), "only a PDF is signed");
    let seal = part == Part::Seal;
    let time = act.at.to_zoned(TimeZone::fixed(Offset::constant(7)));
    let told = json!({
        "seal": seal,
        "name": if seal { "" } else { &act.name },
        "agency": pending.unit_name,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string(),
    });
    let block = forms::render(BLOCK, &told, act.at);
    let block = block.map_err(|flaw| anyhow::anyhow!("the block of a signature: {flaw:?}"))?;
    let place = pending.place();
    let place = match part {
        Part::Official => place,
        Part::Seal => {
            let (left, bottom) = ((place.left - SEAL_LEFT).max(0.0), place.bottom + SEAL_UP);
            Place { left, bottom, ..place }
        }
    };
    let document = prepare(
        pdf,
        &Field {
            name: if seal { "Seal" } else { "Signature" },
            signer: if seal { &pending.unit_name } else { &act.name },
            reason: if seal { "Đóng dấu cơ quan" } else { "Ký ban hành" },
            at: act.at,
            block: Some(Block { pdf: &block, place }),
        },
    )?;
    let attributes = document_attributes(&document.digest(), &act.certificate)?;
    Ok(Ready { document, attributes })
}
