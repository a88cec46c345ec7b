//! The catalogue inside the binary: 54 procedures, the workflows they share, the national list.

use include_dir::{Dir, include_dir};

static PROCEDURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/procedures");
static WORKFLOWS: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/workflows");

/// The national list: code, name, level, field, decision, online, post.
pub const LIST: &str = include_str!("../../data/catalogue.csv");

/// Which roles a kind of agency holds.
pub const STAFFING: &str = include_str!("../../data/agencies/staffing.json");

/// The agencies of Quảng Ninh.
pub const AGENCIES: &str = include_str!("../../data/agencies/quang_ninh.json");

/// File name and text of every procedure, by name.
pub fn procedures() -> Vec<(&'static str, &'static str)> {
    files(&PROCEDURES)
}

/// The text of every workflow that procedures share.
pub fn workflows() -> impl Iterator<Item = &'static str> {
    files(&WORKFLOWS).into_iter().map(|(_, text)| text)
}

fn files(folder: &'static Dir) -> Vec<(&'static str, &'static str)> {
    let named = |file: &'static include_dir::File| Some((file.path().to_str()?, file.contents_utf8()?));
    let mut files: Vec<_> = folder.files().filter_map(named).collect();
    files.sort_unstable();
    files
}
