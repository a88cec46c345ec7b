//! What was added to a file behind a signature.
//!
//! The references before and after are compared, object by object. Whatever differs must be
//! explained by one of the few things that may follow a signature: evidence (DSS), a further
//! signature in a field of its own, and what programs write about the file beside its pages.
//! Nothing may lie behind the signature that the references do not name.

use std::collections::{BTreeMap, BTreeSet};

use super::pdf::{Dictionary, Document, Entry, Object};
use super::{Judged, Reason};

/// What a further signature field may say; no actions, no text, no fields below it.
const FIELD: [&str; 19] = [
    "Type", "Subtype", "FT", "T", "TU", "TM", "Ff", "Rect", "F", "P", "V", "AP", "AS", "M", "Lock", "SV",
    "MK", "NM", "Border",
];

/// What signing may change in a field that was there.
const SIGNED: [&str; 5] = ["V", "AP", "AS", "M", "F"];

/// Checks the step from one revision to a later one. `signature` is the one object that may
/// be put as a signature in this step; none = nothing may be signed in it.
pub fn check(old: &Document, new: &Document, signature: Option<u32>) -> Judged<()> {
    let mut step = Step::between(old, new, signature)?;
    tiles(old.bytes.len(), new)?;
    step.trailer()?;
    step.catalog()?;
    if step.signature.is_some() != step.signed || !step.changed.is_subset(&step.explained) {
        return Err(Reason::AddedLater);
    }
    // What was named and missing may not come into being.
    if step.added.iter().any(|number| step.named.contains_key(number)) {
        return Err(Reason::AddedLater);
    }
    Ok(())
}

struct Step<'a> {
    old: &'a Document<'a>,
    new: &'a Document<'a>,
    signature: Option<u32>,
    /// The signature was found in a field.
    signed: bool,
    changed: BTreeSet<u32>,
    added: BTreeSet<u32>,
    /// Objects whose change is allowed.
    explained: BTreeSet<u32>,
    /// How often each object is named in the old revision, trailers apart.
    named: BTreeMap<u32, usize>,
}

impl<'a> Step<'a> {
    fn between(old: &'a Document<'a>, new: &'a Document<'a>, signature: Option<u32>) -> Judged<Self> {
        let in_use = |entry: Option<&Entry>| entry.filter(|entry| **entry != Entry::Free).copied();
        let rewritten = |stream: u32| old.entries.get(&stream) != new.entries.get(&stream);
        let (mut changed, mut added) = (BTreeSet::new(), BTreeSet::new());
        for number in old.entries.keys().chain(new.entries.keys()) {
            match (in_use(old.entries.get(number)), in_use(new.entries.get(number))) {
                (None, Some(_)) => added.insert(*number),
                (before, after) if before != after => changed.insert(*number),
                // It stands where it stood, in a stream that was written anew.
                (Some(Entry::Packed { stream, .. }), _) if rewritten(stream) => changed.insert(*number),
                _ => false,
            };
        }
        let (signed, explained, named) = (false, BTreeSet::new(), names(old)?);
        Ok(Self { old, new, signature, signed, changed, added, explained, named })
    }

    fn times_named(&self, number: u32) -> usize {
        self.named.get(&number).copied().unwrap_or(0)
    }

    /// The object that a reference names on both sides, if it changed: it is named in no other
    /// place, so the change is seen nowhere else.
    fn changed_alone(&self, old: Option<&Object>, new: Option<&Object>, times: usize) -> Judged<Option<u32>> {
        match old {
            Some(Object::Reference(number, _)) if old == new && self.changed.contains(number) => {
                if self.times_named(*number) > times { Err(Reason::AddedLater) } else { Ok(Some(*number)) }
            }
            _ => Ok(None),
        }
    }

    /// Explains the change of the object that a reference names on both sides.
    fn explain(&mut self, old: Option<&Object>, new: Option<&Object>, times: usize) -> Judged<()> {
        match self.changed_alone(old, new, times)? {
            Some(number) => self.allow(number),
            None => Ok(()),
        }
    }

    /// Allows the change of an object whose two values were looked at. A stream is refused: only
    /// its dictionary was looked at, and its content may be what a page shows, or hold other
    /// objects, which are read out of it although no reference names it.
    fn allow(&mut self, number: u32) -> Judged<()> {
        if self.old.is_stream(number)? || self.new.is_stream(number)? {
            return Err(Reason::AddedLater);
        }
        self.explained.insert(number);
        Ok(())
    }

    fn trailer(&mut self) -> Judged<()> {
        let (old, new) = (self.old.trailer()?, self.new.trailer()?);
        let first = |trailer: &Dictionary| match trailer.get("ID") {
            Some(Object::Array(parts)) => parts.first().cloned(),
            _ => None,
        };
        if old.get("Root") != new.get("Root") || (first(old).is_some() && first(old) != first(new)) {
            return Err(Reason::AddedLater);
        }
        let known =
            ["Root", "ID", "Info", "Size", "Prev", "W", "Index", "Type", "Filter", "DecodeParms", "Length"];
        let strange = |key: &&Vec<u8>| !known.iter().any(|known| known.as_bytes() == key.as_slice());
        if new.0.keys().filter(strange).any(|key| old.0.get(key) != new.0.get(key)) {
            return Err(Reason::AddedLater);
        }
        // Title, author and such: plain texts, read by no page.
        let info = |document: &Document, trailer: &Dictionary| document.dictionary(trailer, "Info");
        let (before, after) =
            (info(self.old, old)?.unwrap_or_default(), info(self.new, new)?.unwrap_or_default());
        let plain = |value: &Object| {
            !matches!(value, Object::Dictionary(_) | Object::Array(_) | Object::Reference(..))
        };
        if before != after && !before.0.values().chain(after.0.values()).all(plain) {
            return Err(Reason::AddedLater);
        }
        self.explain(old.get("Info"), new.get("Info"), 0)
    }

    fn catalog(&mut self) -> Judged<()> {
        let (old, new) = (self.old.catalog()?, self.new.catalog()?);
        let root = self.old.trailer()?.get("Root").cloned();
        self.explain(root.as_ref(), root.as_ref(), 0)?;
        same_but(&old, &new, &["AcroForm", "DSS", "Extensions", "Metadata", "Version"])?;
        if !matches!(new.get("Version"), None | Some(Object::Name(_))) {
            return Err(Reason::AddedLater);
        }
        self.metadata(old.get("Metadata"), new.get("Metadata"))?;
        self.evidence(&old, &new)?;
        if !matches!(new.get("Extensions"), None | Some(Object::Dictionary(_)))
            && old.get("Extensions") != new.get("Extensions")
        {
            return Err(Reason::AddedLater);
        }
        self.form(&old, &new)
    }

    fn metadata(&mut self, old: Option<&Object>, new: Option<&Object>) -> Judged<()> {
        for (document, found) in [(self.old, old), (self.new, new)] {
            let Some(Object::Reference(number, generation)) = found else { continue };
            let found = document.get(*number, *generation)?;
            let described =
                matches!(&found.object, Object::Dictionary(found) if found.has_name("Type", "Metadata"));
            if found.content.is_none() || !described {
                return Err(Reason::AddedLater);
            }
        }
        if old.is_some() && new.is_none() {
            return Err(Reason::AddedLater);
        }
        // A stream as it must be: the text about the file, and by its type none that holds objects.
        let described = self.changed_alone(old, new, 1)?;
        self.explained.extend(described);
        Ok(())
    }

    /// Certificates, answers and lists (DSS, ISO 32000-2, 12.8.4.3): only its own containers
    /// may change.
    fn evidence(&mut self, old: &Dictionary, new: &Dictionary) -> Judged<()> {
        let (Some(before), Some(after)) =
            (self.old.dictionary(old, "DSS")?, self.new.dictionary(new, "DSS")?)
        else {
            return if old.get("DSS").is_some() { Err(Reason::AddedLater) } else { Ok(()) };
        };
        self.explain(old.get("DSS"), new.get("DSS"), 1)?;
        for key in ["Certs", "OCSPs", "CRLs"] {
            self.explain(before.get(key), after.get(key), 1)?;
        }
        let (Some(before_each), Some(after_each)) =
            (self.old.dictionary(&before, "VRI")?, self.new.dictionary(&after, "VRI")?)
        else {
            return Ok(());
        };
        self.explain(before.get("VRI"), after.get("VRI"), 1)?;
        for (name, entry) in &before_each.0 {
            self.explain(Some(entry), after_each.0.get(name), 1)?;
        }
        Ok(())
    }

    fn form(&mut self, old: &Dictionary, new: &Dictionary) -> Judged<()> {
        let before = self.old.dictionary(old, "AcroForm")?;
        let Some(after) = self.new.dictionary(new, "AcroForm")? else {
            return if before.is_some() { Err(Reason::AddedLater) } else { Ok(()) };
        };
        self.explain(old.get("AcroForm"), new.get("AcroForm"), 1)?;
        let before = before.unwrap_or_default();
        same_but(&before, &after, &["Fields", "SigFlags"])?;
        let (fields, more) = (self.old.array(&before, "Fields")?, self.new.array(&after, "Fields")?);
        self.explain(before.get("Fields"), after.get("Fields"), 1)?;
        let Some(further) = more.strip_prefix(fields.as_slice()) else { return Err(Reason::AddedLater) };
        let mut pages = BTreeSet::new();
        for field in further {
            self.further(field, &mut pages)?;
        }
        for field in &fields {
            self.signed_since(field)?;
        }
        let widgets: Vec<Object> = further.to_vec();
        let is_page = |number: &u32| {
            let found = self.old.entries.get(number).map(|_| self.old.get(*number, 0)).transpose();
            matches!(found, Ok(Some(found)) if matches!(&found.object, Object::Dictionary(page) if page.has_name("Type", "Page")))
        };
        pages.extend(self.changed.iter().copied().filter(is_page));
        pages.into_iter().try_for_each(|page| self.page(page, &widgets))
    }

    /// A field that is new: it must hold the signature of this step.
    fn further(&mut self, field: &Object, pages: &mut BTreeSet<u32>) -> Judged<()> {
        let Object::Reference(number, generation) = field else { return Err(Reason::AddedLater) };
        let Object::Dictionary(field) = self.new.get(*number, *generation)?.object else {
            return Err(Reason::AddedLater);
        };
        let known = |key: &Vec<u8>| FIELD.iter().any(|known| known.as_bytes() == key.as_slice());
        let ours = field.reference("V").is_some_and(|(value, _)| Some(value) == self.signature);
        if !self.added.contains(number) || !ours || !field.has_name("FT", "Sig") || !field.0.keys().all(known)
        {
            return Err(Reason::AddedLater);
        }
        self.signed = true;
        pages.extend(field.reference("P").map(|(page, _)| page));
        Ok(())
    }

    /// A field that was there and empty may have been signed in this step.
    fn signed_since(&mut self, field: &Object) -> Judged<()> {
        let Object::Reference(number, generation) = field else { return Ok(()) };
        if !self.changed.contains(number) {
            return Ok(());
        }
        let (Object::Dictionary(before), Object::Dictionary(after)) =
            (self.old.get(*number, *generation)?.object, self.new.get(*number, *generation)?.object)
        else {
            return Err(Reason::AddedLater);
        };
        let ours = after.reference("V").is_some_and(|(value, _)| Some(value) == self.signature);
        let was_empty = matches!(before.get("V"), None | Some(Object::Null)) && before.has_name("FT", "Sig");
        if !ours || !was_empty {
            return Err(Reason::AddedLater);
        }
        same_but(&before, &after, &SIGNED)?;
        self.signed = true;
        self.allow(*number)
    }

    /// A page may gain the widgets of further signatures, and nothing else.
    fn page(&mut self, number: u32, widgets: &[Object]) -> Judged<()> {
        let (Object::Dictionary(before), Object::Dictionary(after)) =
            (self.old.get(number, 0)?.object, self.new.get(number, 0)?.object)
        else {
            return Err(Reason::AddedLater);
        };
        same_but(&before, &after, &["Annots"])?;
        if !before.has_name("Type", "Page") {
            return Err(Reason::AddedLater);
        }
        let (old, new) = (self.old.array(&before, "Annots")?, self.new.array(&after, "Annots")?);
        let further = new.strip_prefix(old.as_slice()).ok_or(Reason::AddedLater)?;
        if !further.iter().all(|widget| widgets.contains(widget)) {
            return Err(Reason::AddedLater);
        }
        self.explain(before.get("Annots"), after.get("Annots"), 1)?;
        self.allow(number)
    }
}

/// Whether two dictionaries differ in these entries only.
fn same_but(old: &Dictionary, new: &Dictionary, but: &[&str]) -> Judged<()> {
    let free = |key: &Vec<u8>| but.iter().any(|but| but.as_bytes() == key.as_slice());
    let differs = |key: &Vec<u8>| !free(key) && old.0.get(key) != new.0.get(key);
    let differs = old.0.keys().chain(new.0.keys()).any(differs);
    if differs { Err(Reason::AddedLater) } else { Ok(()) }
}

/// How often each object is named in a revision, trailers apart.
fn names(document: &Document) -> Judged<BTreeMap<u32, usize>> {
    let (mut named, mut trailers) = (BTreeMap::new(), Vec::new());
    for (number, entry) in &document.entries {
        let generation = match entry {
            Entry::At { generation, .. } => *generation,
            Entry::Packed { .. } => 0,
            Entry::Free => continue,
        };
        match document.get(*number, generation)?.object {
            Object::Dictionary(found) if found.has_name("Type", "XRef") => trailers.push(*number),
            object => count(&object, &mut named),
        }
    }
    // Nothing names a trailer. What calls itself one and is named could be a part of a page,
    // and what it names in turn would be missing here.
    let mut anywhere = named.clone();
    count(&Object::Dictionary(document.trailer()?.clone()), &mut anywhere);
    if trailers.iter().any(|number| anywhere.contains_key(number)) {
        return Err(Reason::AddedLater);
    }
    Ok(named)
}

/// Counts the references in an object; its depth is bounded by the reader.
fn count(object: &Object, named: &mut BTreeMap<u32, usize>) {
    match object {
        Object::Reference(number, _) => *named.entry(*number).or_default() += 1,
        Object::Array(items) => items.iter().for_each(|item| count(item, named)),
        Object::Dictionary(dictionary) => dictionary.0.values().for_each(|value| count(value, named)),
        _ => {}
    }
}

/// Checks that every byte behind `from` belongs to an object that is named there, to a
/// section or to the end of one, or is white space between them.
fn tiles(from: usize, document: &Document) -> Judged<()> {
    let mut spans = BTreeSet::new();
    for section in document.sections.iter().filter(|section| section.start >= from) {
        let strange = Err(Reason::AddedLater);
        if section.hybrid {
            return strange;
        }
        for (number, entry) in &section.entries {
            let Entry::At { offset, generation } = *entry else { continue };
            if offset >= from {
                let found = document.object_at(*number, generation, offset)?;
                spans.extend(found.span.map(|span| (span.start, span.end)));
            }
        }
        spans.insert((section.start, section.end));
        let (offset, end) = document.ending(section.end)?;
        if offset != section.start {
            return strange;
        }
        spans.insert((section.end, end));
    }
    let blank = |from: usize, to: usize| {
        let between = document.bytes.get(from..to).unwrap_or(b"x");
        between.iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r'))
    };
    let mut at = from;
    for (start, end) in spans {
        if start < at || !blank(at, start) {
            return Err(Reason::AddedLater);
        }
        at = end;
    }
    if blank(at, document.bytes.len()) { Ok(()) } else { Err(Reason::AddedLater) }
}
