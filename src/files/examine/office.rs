//! Looking into an Office Open XML package (docx, xlsx), while it is unpacked.

mod watch;

use std::collections::HashSet;
use std::io::{Cursor, Read, Seek};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use self::watch::Watch;
use super::{Depth, Finding, Findings, Kind};

/// Parts of a package.
const PARTS: usize = 5_000;
/// Bytes of a part that is looked at as a whole: relationships, types. Office's are shorter, also
/// where there are thousands of links.
const WHOLE: usize = 1024 * 1024;
const BLOCK: usize = 64 * 1024;

/// Relations to the outside that are followed without a click, in small letters.
const FOLLOWED: [&str; 5] = ["/attachedtemplate", "/oleobject", "/frame", "/subdocument", "/image"];
/// The relation to a document of whatever type that is shown as a piece of this one.
const PIECE: &str = "/afchunk";

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
    let small = name.to_ascii_lowercase();
    let text = [".xml", ".rels", ".vml"].iter().any(|end| small.ends_with(end));
    let is_relations = small.ends_with(".rels") || small == "[content_types].xml";
    let mut whole = Vec::new();
    let mut watch = Watch::default();
    read(&mut part, room, |block| {
        if text {
            watch.see(block, found);
        }
        if is_relations && whole.len() <= WHOLE {
            whole.extend_from_slice(block);
        }
    })?;
    // What stands behind would not be seen.
    if whole.len() > WHOLE {
        return Err(Finding::Excessive);
    }
    if is_relations {
        relations(&whole, found)?;
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
        // What a document can have for a piece of it.
        "rtf" | "mht" | "mhtml" | "htm" | "html" | "xhtml" | "docm" | "dotm" => Some(Finding::Attachment),
        _ if name.contains("vbaproject") || name.contains("vbadata") || name.contains("/activex/") => {
            Some(Finding::Script)
        }
        // The table behind a diagram is a workbook of its own; everything else is an object.
        _ if name.contains("/embeddings/") && extension != "xlsx" => Some(Finding::Attachment),
        _ => None,
    }
}

/// What relationships and content types say: macros, pieces, and what comes from elsewhere. They
/// are read as XML is, since a letter can be written in many ways.
fn relations(whole: &[u8], found: &mut Findings) -> Result<(), Finding> {
    let mut reader = Reader::from_str(utf8(whole)?);
    loop {
        match reader.read_event().map_err(|_| Finding::Damaged)? {
            Event::Start(tag) | Event::Empty(tag) => relation(&tag, found)?,
            Event::Decl(declaration) if !is_plain(&declaration) => return Err(Finding::Damaged),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn relation(tag: &BytesStart, found: &mut Findings) -> Result<(), Finding> {
    let (mut kind, mut outside) = (String::new(), false);
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Finding::Damaged)?;
        let value = unescape(utf8(&attribute.value)?).map_err(|_| Finding::Damaged)?;
        let value = value.trim().to_ascii_lowercase();
        if value.contains("macroenabled") || value.contains("vbaproject") {
            found.insert(Finding::Script);
        }
        match attribute.key.local_name().as_ref() {
            b"TargetMode" => outside = value == "external",
            b"Type" => kind = value,
            _ => {}
        }
    }
    if outside && FOLLOWED.iter().any(|followed| kind.ends_with(followed)) {
        found.insert(Finding::External);
    }
    if kind.ends_with(PIECE) {
        found.insert(Finding::Attachment);
    }
    Ok(())
}

/// Whether the text is what its bytes say.
fn is_plain(declaration: &BytesDecl) -> bool {
    let plain = |name: &[u8]| name.eq_ignore_ascii_case(b"utf-8") || name.eq_ignore_ascii_case(b"us-ascii");
    match declaration.encoding() {
        None => true,
        Some(name) => name.is_ok_and(|name| plain(&name)),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Finding> {
    std::str::from_utf8(bytes).map_err(|_| Finding::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Result<Findings, Finding> {
        let mut found = Findings::new();
        relations(text.as_bytes(), &mut found)?;
        Ok(found)
    }

    #[test]
    fn links_that_are_clicked_are_not_content_from_elsewhere() {
        let relation = |kind: &str, mode: &str| {
            let relation =
                format!("<Relationship Id='r1' Type=\"http://x/{kind}\" Target='y' TargetMode=\"{mode}\"/>");
            seen(&format!("<?xml version='1.0' encoding='UTF-8'?><Relationships>{relation}</Relationships>"))
        };
        let (none, external) = (Ok(Findings::new()), Ok(Findings::from([Finding::External])));
        assert_eq!(relation("hyperlink", "External"), none);
        assert_eq!(relation("image", "Internal"), none);
        for kind in ["attachedTemplate", "attached&#84;emplate", "attached&#x0054;emplate\n", "image"] {
            assert_eq!(relation(kind, "External"), external, "{kind}");
            assert_eq!(relation(kind, "Extern&#97;l"), external, "{kind}");
        }
        assert_eq!(relation("aFChunk", "Internal"), Ok(Findings::from([Finding::Attachment])));
        assert_eq!(seen("<Relationship Type='http://x/image' Target='media/1.png'/>"), none);
    }

    #[test]
    fn what_is_not_read_as_it_stands_is_damaged() {
        for text in [
            "<Relationship Type='http://x/&unknown;'/>",
            "<Relationship Type='a' Type='b'/>",
            "<Relationship Type=a/>",
            "<Relationship",
            "<?xml version='1.0' encoding='utf-7'?><Relationships/>",
        ] {
            assert_eq!(seen(text), Err(Finding::Damaged), "{text}");
        }
        assert_eq!(relations(b"<a b='\xFF'/>", &mut Findings::new()), Err(Finding::Damaged));
        let macros = "<Override ContentType='application/vnd.ms-word.document.macro&#69;nabled.main+xml'/>";
        assert_eq!(seen(macros), Ok(Findings::from([Finding::Script])));
    }

    #[test]
    fn only_the_table_behind_a_diagram_may_be_embedded() {
        assert_eq!(by_name("word/embeddings/Microsoft_Excel_Sheet1.xlsx"), None);
        assert_eq!(by_name("word/embeddings/oleObject1.bin"), Some(Finding::Attachment));
        assert_eq!(by_name("word/vbaProject.bin"), Some(Finding::Script));
        assert_eq!(by_name("word/media/image1.png"), None);
        assert_eq!(by_name("word/piece.RTF"), Some(Finding::Attachment));
    }
}
