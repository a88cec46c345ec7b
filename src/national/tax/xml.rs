//! XML as the tax side writes it, read without trust: elements and text, nothing else.
//!
//! A document type, an entity beyond the five of XML and a processing instruction are refused,
//! so that nothing can be fetched and nothing can swell; length, depth and number of elements
//! are limited. Attributes, comments and elements that nobody asks for are passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::wire::{Reason, Text, Unreadable, is_printable};

/// Longest document, in bytes.
pub const LENGTH_LIMIT: usize = 3 * 1024 * 1024;
/// Deepest nesting; the messages have six.
const DEPTH_LIMIT: usize = 16;
/// Most elements.
const ELEMENT_LIMIT: usize = 40_000;
/// Most rows of one kind in one place.
const ROW_LIMIT: usize = 1_000;

/// An element with its text and what is in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

/// An element and the way to it, for the error.
pub struct Node<'a> {
    element: &'a Element,
    path: String,
}

/// Something that elements of known names make up.
pub trait Record: Sized {
    fn read(node: &Node) -> Result<Self, Unreadable>;
    fn write(&self, out: &mut Writer);
}

/// What can stand below a name, once or more often.
pub trait Field: Sized {
    fn read(found: &[Node], path: &str) -> Result<Self, Unreadable>;
    fn write(&self, name: &str, out: &mut Writer);
}

/// Reads a document whose root has this name.
pub fn read<T: Record>(bytes: &[u8], root: &str) -> Result<T, Unreadable> {
    let element = parse(bytes)?;
    if element.name != root {
        return Err(Unreadable::new(root, Reason::Missing));
    }
    T::read(&Node { path: element.name.clone(), element: &element })
}

/// Writes a document.
pub fn write(root: &str, record: &impl Record) -> String {
    let mut out = Writer("<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned());
    out.within(root, |out| record.write(out));
    out.0
}

impl Node<'_> {
    /// What stands below a name.
    pub fn field<T: Field>(&self, name: &str) -> Result<T, Unreadable> {
        let path = format!("{}/{name}", self.path);
        let found: Vec<&Element> = self.element.children.iter().filter(|child| child.name == name).collect();
        if found.len() > ROW_LIMIT {
            return Err(Unreadable::new(path, Reason::TooMany));
        }
        let several = found.len() > 1;
        let node = |(at, element)| Node {
            element,
            path: if several { format!("{path}[{}]", at + 1) } else { path.clone() },
        };
        let found: Vec<Node> = found.into_iter().enumerate().map(node).collect();
        T::read(&found, &path)
    }
}

/// The only one, if there is one.
fn single<'a, 'b>(found: &'a [Node<'b>], path: &str) -> Result<Option<&'a Node<'b>>, Unreadable> {
    match found {
        [] => Ok(None),
        [node] => Ok(Some(node)),
        _ => Err(Unreadable::new(path, Reason::Twice)),
    }
}

impl<T: Text> Field for Option<T> {
    fn read(found: &[Node], path: &str) -> Result<Self, Unreadable> {
        let Some(node) = single(found, path)? else { return Ok(None) };
        let text = node.element.text.trim();
        if text.is_empty() && node.element.children.is_empty() {
            return Ok(None);
        }
        let value = T::of(text).filter(|_| node.element.children.is_empty());
        value.map(Some).ok_or_else(|| Unreadable::new(path, Reason::Wrong))
    }

    fn write(&self, name: &str, out: &mut Writer) {
        if let Some(value) = self {
            out.text(name, &value.text());
        }
    }
}

impl<T: Text> Field for T {
    fn read(found: &[Node], path: &str) -> Result<Self, Unreadable> {
        Option::<T>::read(found, path)?.ok_or_else(|| Unreadable::new(path, Reason::Missing))
    }

    fn write(&self, name: &str, out: &mut Writer) {
        out.text(name, &self.text());
    }
}

impl<T: Record> Field for Vec<T> {
    fn read(found: &[Node], _: &str) -> Result<Self, Unreadable> {
        found.iter().map(T::read).collect()
    }

    fn write(&self, name: &str, out: &mut Writer) {
        for record in self {
            out.within(name, |out| record.write(out));
        }
    }
}

/// A record that must be there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct One<T>(pub T);

impl<T: Record> Field for One<T> {
    fn read(found: &[Node], path: &str) -> Result<Self, Unreadable> {
        let node = single(found, path)?.ok_or_else(|| Unreadable::new(path, Reason::Missing))?;
        T::read(node).map(Self)
    }

    fn write(&self, name: &str, out: &mut Writer) {
        out.within(name, |out| self.0.write(out));
    }
}

/// A struct whose members are elements, each with its name on the wire. A member must be there
/// unless it is an `Option` (absent or empty: `None`) or a `Vec`.
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$doc:meta])* $field:ident: $kind:ty = $tag:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $vis struct $name { $($(#[$doc])* pub $field: $kind,)+ }

        impl $crate::national::tax::xml::Record for $name {
            fn read(
                node: &$crate::national::tax::xml::Node,
            ) -> Result<Self, $crate::national::tax::wire::Unreadable> {
                Ok(Self { $($field: node.field($tag)?,)+ })
            }

            fn write(&self, out: &mut $crate::national::tax::xml::Writer) {
                $($crate::national::tax::xml::Field::write(&self.$field, $tag, out);)+
            }
        }
    };
}
pub(super) use record;

/// The text of a document under way.
pub struct Writer(String);

impl Writer {
    fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        inside(self);
        self.0.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.within(name, |out| {
            for letter in text.chars().filter(|letter| is_printable(*letter)) {
                match letter {
                    '&' => out.0.push_str("&amp;"),
                    '<' => out.0.push_str("&lt;"),
                    '>' => out.0.push_str("&gt;"),
                    '\r' => out.0.push_str("&#13;"),
                    letter => out.0.push(letter),
                }
            }
        });
    }
}

/// The document as elements; the stack stands for the way down, so that no depth is dangerous.
fn parse(bytes: &[u8]) -> Result<Element, Unreadable> {
    let whole = |reason| Unreadable::new("", reason);
    if bytes.len() > LENGTH_LIMIT {
        return Err(whole(Reason::TooLong));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole(Reason::NotUtf8))?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    let mut elements = 0_usize;
    loop {
        let event = reader.read_event().map_err(|_| whole(Reason::Malformed))?;
        match event {
            Event::Start(tag) => {
                elements += 1;
                open.push(named(tag.local_name().as_ref()));
                if open.len() > DEPTH_LIMIT + 1 {
                    return Err(whole(Reason::TooDeep));
                }
            }
            Event::Empty(tag) => {
                elements += 1;
                innermost(&mut open)?.children.push(named(tag.local_name().as_ref()));
            }
            Event::End(_) => {
                let closed = open.pop().ok_or_else(|| whole(Reason::Malformed))?;
                innermost(&mut open)?.children.push(closed);
            }
            Event::Text(part) => push(&mut open, &part.decode().map_err(|_| whole(Reason::NotUtf8))?)?,
            Event::CData(part) => push(&mut open, &part.decode().map_err(|_| whole(Reason::NotUtf8))?)?,
            Event::GeneralRef(name) => push(&mut open, &resolved(&name)?)?,
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().map_err(|_| whole(Reason::Malformed))?;
                if encoding.is_some_and(|name| !name.eq_ignore_ascii_case(b"utf-8")) {
                    return Err(whole(Reason::NotUtf8));
                }
            }
            Event::Comment(_) => {}
            Event::DocType(_) | Event::PI(_) => return Err(whole(Reason::Entity)),
            Event::Eof => break,
        }
        if elements > ELEMENT_LIMIT {
            return Err(whole(Reason::TooMany));
        }
    }
    root(open).ok_or_else(|| whole(Reason::Malformed))
}

fn named(name: &[u8]) -> Element {
    Element { name: String::from_utf8_lossy(name).into_owned(), ..Element::default() }
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, Unreadable> {
    open.last_mut().ok_or_else(|| Unreadable::new("", Reason::Malformed))
}

fn push(open: &mut [Element], part: &str) -> Result<(), Unreadable> {
    innermost(open)?.text.push_str(part);
    Ok(())
}

/// The one element that everything was in.
fn root(open: Vec<Element>) -> Option<Element> {
    let [document] = <[Element; 1]>::try_from(open).ok()?;
    let around = document.text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let [root] = <[Element; 1]>::try_from(document.children).ok()?;
    around.is_empty().then_some(root)
}

/// A character reference, or one of the five entities that need no declaration.
fn resolved(name: &BytesRef) -> Result<String, Unreadable> {
    let wrong = |reason| Unreadable::new("", reason);
    if name.is_char_ref() {
        let letter = name.resolve_char_ref().ok().flatten();
        return letter.map(String::from).ok_or_else(|| wrong(Reason::Malformed));
    }
    let letter = match &**name {
        b"amp" => "&",
        b"lt" => "<",
        b"gt" => ">",
        b"quot" => "\"",
        b"apos" => "'",
        _ => return Err(wrong(Reason::Entity)),
    };
    Ok(letter.to_owned())
}
