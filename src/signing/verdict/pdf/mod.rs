//! A strict reader of PDF files (ISO 32000), as far as signatures need it.
//!
//! An attacker writes the file, and what other programs repair in silence is where a forged
//! page hides. So nothing is repaired here: a file that is not exactly what the standard says,
//! in the places that are looked at, is refused.

mod document;
mod object;
mod references;
mod stream;

pub(super) use document::{Document, Entry, Section};
pub(super) use object::{Dictionary, Object, Reader};
