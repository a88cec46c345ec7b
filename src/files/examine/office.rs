//! Looking into an Office Open XML package (docx, xlsx), while it is unpacked.

use std::collections::HashSet;
use std::io::{Cursor, Read, Seek};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::{Depth, Finding, Findings, Kind};

/// Parts of a package.
const PARTS: usize = 5_000;
/// Bytes of a part that is looked at as a whole: relationships, types.
const WHOLE: usize = 1024 * 1024;
const BLOCK: usize = 64 * 1024;
/// Longest word that is looked for in text.
const WORD: usize = 16;

/// Relations to the outside that are followed without a click.
const FOLLOWED: [&str; 5] = ["/attachedTemplate", "/oleObject", "/frame", "/subDocument", "/image"];

/// Bytes of memory for the directory of a package: some 300 for an entry of 46 and a name.
pub(super) fn need(bytes: &[u8]) -> u64 {
    8 * bytes.len() as u64 + 1024 * 1024
}

pub(super) fn look(kind: Kind, bytes: &[u8], depth: Depth) -> Findings {
    let mut found = Findings::new();
    let opened = ZipArchive::new(Cursor::new(bytes));
    let Ok(mut package) = opened else { return Findings::from([Finding::Damaged]) };
    if package.len() > PARTS {
        return Findings::from([Finding::Excessive]);
    }
    // Something stands before the first part, or two parts have one name.
    if package.offset() != 0 || counted(bytes) != Some(package.len()) {
        found.insert(Finding::Disguised);
    }
    let mut room = depth.unpacked;
    let mut names = HashSet::new();
    for index in 0..package.len() {
        match part(&mut package, index, &mut room, &mut found) {
            // As above: readers differ in which of the two they take.
            Ok(name) if !names.insert(name.to_ascii_lowercase()) => {
                found.insert(Finding::Disguised);
            }
            Ok(_) => {}
            Err(finding) => {
                found.insert(finding);
                return found;
            }
        }
    }
    let main = match kind {
        Kind::Xlsx => "xl/workbook.xml",
        _ => "word/document.xml",
    };
    if !names.contains(main) || !names.contains("[content_types].xml") {
        found.insert(Finding::Damaged);
    }
    found
}

/// The number of parts that the end of the package states.
fn counted(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = bytes.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

/// Looks at one part, and gives its name.
fn part<R: Read + Seek>(
    package: &mut ZipArchive<R>,
    index: usize,
    room: &mut u64,
    found: &mut Findings,
) -> Result<String, Finding> {
    let mut part = package.by_index(index).map_err(|error| match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Finding::Encrypted,
        _ => Finding::Damaged,
    })?;
    let name = part.name().map_err(|_| Finding::Damaged)?.into_owned();
    if leaves_its_folder(&name) || part.is_symlink() {
        found.insert(Finding::Disguised);
    }
    found.extend(by_name(&name));
    let text = is_text(&name);
    let is_relations = name.ends_with(".rels") || name == "[Content_Types].xml";
    let mut whole = Vec::new();
    let mut watch = Watch::default();
    read(&mut part, room, |block| {
        if text {
            watch.see(block, found);
        }
        if is_relations && whole.len() < WHOLE {
            whole.extend_from_slice(block);
        }
    })?;
    if is_relations {
        found.extend(relations(&String::from_utf8_lossy(&whole)));
    }
    Ok(name)
}

/// Unpacks a part block by block; what it says of its own size is not believed.
fn read<R: Read>(
    part: &mut ZipFile<'_, R>,
    room: &mut u64,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Finding> {
    let mut block = vec![0; BLOCK];
    loop {
        let read = part.read(&mut block).map_err(|_| Finding::Damaged)?;
        if read == 0 {
            return Ok(());
        }
        *room = room.checked_sub(read as u64).ok_or(Finding::Excessive)?;
        each(&block[..read]);
    }
}

/// Whether a program that writes the parts to a folder may write beside it.
fn leaves_its_folder(name: &str) -> bool {
    name.starts_with('/') || name.contains(['\\', ':']) || name.split('/').any(|step| step == "..")
}

/// What the place of a part in the package says.
fn by_name(name: &str) -> Option<Finding> {
    let name = name.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "exe" | "dll" | "scr" | "js" | "jse" | "vbs" | "vbe" | "ps1" | "bat" | "cmd" | "hta" | "lnk"
        | "msi" | "jar" | "wsf" | "swf" => Some(Finding::Attachment),
        _ if name.contains("vbaproject") || name.contains("vbadata") || name.contains("/activex/") => {
            Some(Finding::Script)
        }
        // The table behind a diagram is a workbook of its own; everything else is an object.
        _ if name.contains("/embeddings/") && extension != "xlsx" => Some(Finding::Attachment),
        _ => None,
    }
}

fn is_text(name: &str) -> bool {
    [".xml", ".rels", ".vml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

/// What relationships and content types say: macros, and what comes from elsewhere.
fn relations(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if text.contains("macroEnabled") || text.contains("vbaProject") {
        found.push(Finding::Script);
    }
    for relation in text.split('<').filter(|tag| tag.contains("TargetMode") && tag.contains("External")) {
        let followed = FOLLOWED
            .iter()
            .any(|kind| relation.contains(&format!("{kind}\"")) || relation.contains(&format!("{kind}'")));
        if followed {
            found.push(Finding::External);
        }
    }
    found
}

/// Looks for words in text that comes in blocks.
#[derive(Default)]
struct Watch {
    kept: Vec<u8>,
}

impl Watch {
    fn see(&mut self, block: &[u8], found: &mut Findings) {
        self.kept.extend_from_slice(block);
        let has = |word: &[u8]| self.kept.windows(word.len()).any(|window| window == word);
        // Entities are for bombs and for reading other files; Office writes none, and UTF-8.
        if has(b"<!DOCTYPE") || has(b"<!ENTITY") || self.kept.contains(&0) {
            found.insert(Finding::Damaged);
        }
        if has(b"DDEAUTO") || has(b"<ddeLink") || has(b">DDE ") || has(b"> DDE ") {
            found.insert(Finding::Script);
        }
        let begin = self.kept.len().saturating_sub(WORD);
        self.kept.drain(..begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_seen_across_blocks() {
        let text = b"<w:instrText> DDEAUTO c:\\windows";
        for cut in 0..text.len() {
            let (mut watch, mut found) = (Watch::default(), Findings::new());
            watch.see(&text[..cut], &mut found);
            watch.see(&text[cut..], &mut found);
            assert_eq!(found, Findings::from([Finding::Script]), "{cut}");
        }
    }

    #[test]
    fn links_that_are_clicked_are_not_content_from_elsewhere() {
        let relation = |kind: &str| {
            format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"http://x/{kind}\" Target=\"http://y\" TargetMode=\"External\"/>"
            )
        };
        assert_eq!(relations(&relation("hyperlink")), []);
        assert_eq!(relations(&relation("attachedTemplate")), [Finding::External]);
        assert_eq!(relations("<Relationship Type=\"http://x/image\" Target=\"media/1.png\"/>"), []);
    }

    #[test]
    fn only_the_table_behind_a_diagram_may_be_embedded() {
        assert_eq!(by_name("word/embeddings/Microsoft_Excel_Sheet1.xlsx"), None);
        assert_eq!(by_name("word/embeddings/oleObject1.bin"), Some(Finding::Attachment));
        assert_eq!(by_name("word/vbaProject.bin"), Some(Finding::Script));
        assert_eq!(by_name("word/media/image1.png"), None);
    }
}
