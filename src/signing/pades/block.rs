//! The visible block of a signature: a page of another PDF becomes its appearance, with the
//! fonts and whatever else the page needs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::revision::Revision;

/// An appearance in the revision, and its size in points.
pub(super) struct Appearance {
    pub id: ObjectId,
    pub width: f32,
    pub height: f32,
}

/// Copies the first page of `pdf` into the revision as a form XObject.
pub(super) fn put(revision: &mut Revision, pdf: &[u8]) -> Result<Appearance> {
    let doc = Document::load_mem(pdf).context("the signature block cannot be read")?;
    let page = doc.page_iter().next().context("the signature block has no page")?;
    let page_entries = doc.get_dictionary(page)?;
    let area = inherited(&doc, page_entries, b"MediaBox").context("the signature block has no size")?;
    let area: Vec<f32> = area.as_array()?.iter().map(Object::as_float).collect::<Result<_, _>>()?;
    ensure!(area.len() == 4 && area[2] > area[0] && area[3] > area[1], "the signature block has no size");
    let mut copied = Copies { from: &doc, numbers: BTreeMap::new() };
    let resources =
        inherited(&doc, page_entries, b"Resources").unwrap_or(Object::Dictionary(Dictionary::new()));
    let mut entries = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => area.iter().copied().map(Object::Real).collect::<Vec<_>>(),
    };
    let resources = copied.object(revision, &resources)?;
    entries.set("Resources", resources);
    if let Ok(group) = page_entries.get(b"Group") {
        let group = copied.object(revision, group)?;
        entries.set("Group", group);
    }
    let content = doc.get_page_content(page);
    let id = revision.number();
    revision.put(id, &Object::Stream(Stream::new(entries, content)));
    Ok(Appearance { id, width: area[2] - area[0], height: area[3] - area[1] })
}

/// An entry of a page, or of those above it.
fn inherited(doc: &Document, page: &Dictionary, key: &[u8]) -> Option<Object> {
    let mut entries = page.clone();
    // A tree of pages that is deeper than this runs in a circle.
    for _ in 0..32 {
        if let Ok(value) = entries.get(key) {
            return doc.dereference(value).ok().map(|(_, value)| value.clone());
        }
        let parent = entries.get(b"Parent").and_then(Object::as_reference).ok()?;
        entries = doc.get_dictionary(parent).ok()?.clone();
    }
    None
}

/// What was copied so far: its number there and here.
struct Copies<'a> {
    from: &'a Document,
    numbers: BTreeMap<ObjectId, ObjectId>,
}

impl Copies<'_> {
    /// The object with its references set to the copies, which are made on the way.
    fn object(&mut self, revision: &mut Revision, object: &Object) -> Result<Object> {
        Ok(match object {
            Object::Array(items) => {
                let items: Result<Vec<_>> = items.iter().map(|item| self.object(revision, item)).collect();
                Object::Array(items?)
            }
            Object::Dictionary(entries) => Object::Dictionary(self.entries(revision, entries)?),
            Object::Stream(stream) => {
                let entries = self.entries(revision, &stream.dict)?;
                Object::Stream(Stream::new(entries, stream.content.clone()))
            }
            Object::Reference(id) => Object::Reference(self.reference(revision, *id)?),
            plain => plain.clone(),
        })
    }

    fn entries(&mut self, revision: &mut Revision, entries: &Dictionary) -> Result<Dictionary> {
        let mut copy = Dictionary::new();
        for (key, value) in entries {
            // The way into the tags of the document it came from.
            if key.as_slice() != b"StructParents" && key.as_slice() != b"StructParent" {
                copy.set(key.clone(), self.object(revision, value)?);
            }
        }
        Ok(copy)
    }

    fn reference(&mut self, revision: &mut Revision, id: ObjectId) -> Result<ObjectId> {
        if let Some(copy) = self.numbers.get(&id) {
            return Ok(*copy);
        }
        let copy = revision.number();
        self.numbers.insert(id, copy);
        let object = self.from.get_object(id)?.clone();
        let object = self.object(revision, &object)?;
        revision.put(copy, &object);
        Ok(copy)
    }
}
