//! What is packed in the streams that tell the structure: references and objects.

use std::cell::Cell;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::super::{Judged, Reason};
use super::{Dictionary, Object};

/// Unpacks the content of a stream; `room` is how many bytes may still come out, of all
/// streams together.
pub fn unpack(dictionary: &Dictionary, content: &[u8], room: &Cell<usize>) -> Judged<Vec<u8>> {
    let filter = match dictionary.get("Filter") {
        Some(Object::Array(filters)) if filters.is_empty() => None,
        Some(Object::Array(filters)) if filters.len() == 1 => filters.first(),
        Some(Object::Array(_)) => return Err(Reason::Structure),
        other => other,
    };
    let bytes = match filter {
        None | Some(Object::Null) => content.to_vec(),
        Some(Object::Name(name)) if name == b"FlateDecode" => inflate(content, room)?,
        Some(_) => return Err(Reason::Structure),
    };
    let left = room.get().checked_sub(bytes.len()).ok_or(Reason::TooMuch)?;
    room.set(left);
    let parameters = match dictionary.get("DecodeParms") {
        Some(Object::Array(items)) if items.len() == 1 => items.first(),
        other => other,
    };
    match parameters {
        None | Some(Object::Null) => Ok(bytes),
        Some(Object::Dictionary(parameters)) => unfilter(parameters, bytes),
        Some(_) => Err(Reason::Structure),
    }
}

fn inflate(content: &[u8], room: &Cell<usize>) -> Judged<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = room.get() as u64 + 1;
    ZlibDecoder::new(content).take(limit).read_to_end(&mut bytes).map_err(|_| Reason::Structure)?;
    Ok(bytes)
}

/// Takes back the prediction of PNG (one byte a sample, as structure is written).
fn unfilter(parameters: &Dictionary, bytes: Vec<u8>) -> Judged<Vec<u8>> {
    match parameters.integer("Predictor").unwrap_or(1) {
        1 => return Ok(bytes),
        10..=15 => {}
        _ => return Err(Reason::Structure),
    }
    if parameters.integer("Colors").unwrap_or(1) != 1
        || parameters.integer("BitsPerComponent").unwrap_or(8) != 8
    {
        return Err(Reason::Structure);
    }
    let columns = usize::try_from(parameters.integer("Columns").unwrap_or(1)).unwrap_or(0);
    if columns == 0 || columns > 4096 || !bytes.len().is_multiple_of(columns + 1) {
        return Err(Reason::Structure);
    }
    let mut above = vec![0_u8; columns];
    let mut out = Vec::with_capacity(bytes.len());
    for row in bytes.chunks(columns + 1) {
        let mut line = row[1..].to_vec();
        for place in 0..columns {
            let (left, corner) = match place.checked_sub(1) {
                Some(before) => (line[before], above[before]),
                None => (0, 0),
            };
            let guess = match row[0] {
                0 => 0,
                1 => left,
                2 => above[place],
                3 => left.midpoint(above[place]),
                4 => nearest(left, above[place], corner),
                _ => return Err(Reason::Structure),
            };
            line[place] = line[place].wrapping_add(guess);
        }
        out.extend_from_slice(&line);
        above = line;
    }
    Ok(out)
}

/// The neighbour that is nearest to left + above − corner (Paeth).
fn nearest(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |value: u8| (guess - i16::from(value)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}
