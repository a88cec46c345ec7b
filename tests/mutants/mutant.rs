//! What a mutant is: a text file that names a promise, the test that must notice when it is
//! broken, and the lines that break it.
//!
//! ```text
//! Promise: idempotency key
//! Breaks: every request does its work, also one that was sent before
//! Test: dossiers::submitting::a_key_is_good_for_one_body_only
//!
//! @@ src/http/idempotency.rs
//!  a line that stays
//! -a line that goes
//! +a line that comes
//! ```
//!
//! The lines of a part (`@@`) that stay or go must be found in the file just once, one after the
//! other, whatever their indentation; the first and the last may be parts of lines. All mutants are built into one program, each behind a
//! switch: `@on` in Rust, `@sql` in SQL; with no switch on, the program is the unchanged one.
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// What may be broken, as the mutants name it.
pub const PROMISES: [&str; 12] = [
    "nothing lost",
    "nothing twice",
    "balances",
    "idempotency key",
    "outbox",
    "kill -9",
    "one predicate",
    "matrix decides",
    "workflow decides",
    "no hostile file",
    "no forged signature",
    "ask once",
];

/// One broken promise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutant {
    /// The name of its file.
    pub name: String,
    /// One of [`PROMISES`].
    pub promise: String,
    /// How it is broken.
    pub breaks: String,
    /// Tests of `tests/it`, each of which must turn red.
    pub tests: Vec<String>,
    pub parts: Vec<Part>,
}

/// A change of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Relative to the root.
    pub file: String,
    /// The lines that must be there.
    pub before: Vec<String>,
    /// The lines in their stead.
    pub after: Vec<String>,
}

/// The mutants of a folder, by name.
pub fn load(folder: &Path) -> Result<Vec<Mutant>, String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "mutant") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            found.push(Mutant::read(&name, &text).map_err(|error| format!("{name}: {error}"))?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

impl Mutant {
    /// Reads the text of a mutant's file.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut mutant = Self { name: name.to_owned(), ..Self::default() };
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(file) = line.strip_prefix("@@ ") {
                mutant.parts.push(Part { file: file.trim().to_owned(), ..Part::default() });
            } else if let Some(part) = mutant.parts.last_mut() {
                part.take(line)
                    .ok_or_else(|| format!("line {number} begins with no sign of ' ', '-', '+'"))?;
            } else {
                mutant.take(line).ok_or_else(|| format!("line {number} is not understood"))?;
            }
        }
        mutant.check()?;
        Ok(mutant)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        if line.trim().is_empty() {
            return Some(());
        }
        let (word, text) = line.split_once(": ")?;
        let text = text.trim().to_owned();
        match word {
            "Promise" => self.promise = text,
            "Breaks" => self.breaks = text,
            "Test" => self.tests.push(text),
            _ => return None,
        }
        Some(())
    }

    fn check(&self) -> Result<(), String> {
        if !PROMISES.contains(&self.promise.as_str()) {
            return Err(format!("the promise is none of {PROMISES:?}"));
        }
        if self.breaks.is_empty() || self.tests.is_empty() || self.parts.is_empty() {
            return Err("a mutant has Breaks, Test and a part (@@)".to_owned());
        }
        let changes =
            |part: &Part| part.before != part.after && part.before.iter().any(|l| !l.trim().is_empty());
        if !self.parts.iter().all(changes) {
            return Err("a part without lines to be found, or that changes nothing".to_owned());
        }
        let switched = |line: &String| line.contains("@on") || line.contains("@sql");
        if !self.parts.iter().all(|part| part.after.iter().any(switched)) {
            return Err("a part without its switch (@on or @sql)".to_owned());
        }
        Ok(())
    }

    /// A line with the switches written out.
    fn line(&self, line: &str) -> String {
        let sql = format!("(coalesce(current_setting('motcua.mutant', true), '') = '{}')", self.name);
        line.replace("@on", &format!("crate::mutated({:?})", self.name)).replace("@sql", &sql)
    }
}

impl Part {
    fn take(&mut self, line: &str) -> Option<()> {
        let (sign, text) = line.split_at_checked(1).unwrap_or((" ", ""));
        let (stays, comes) = (sign != "+", sign != "-");
        if stays {
            self.before.push(text.to_owned());
        }
        if comes {
            self.after.push(text.to_owned());
        }
        [" ", "-", "+"].contains(&sign).then_some(())
    }

    /// Where in a file's text the part is.
    fn place(&self, text: &str) -> Result<Range<usize>, String> {
        let wanted: Vec<&str> = self.before.iter().map(|l| l.trim()).filter(|l| !l.is_empty()).collect();
        let (first, rest) = wanted.split_first().ok_or("nothing to be found")?;
        let follows = |at: usize| {
            rest.iter().try_fold(at + first.len(), |end, line| {
                let next = text[end..].trim_start();
                let begins_a_line = text[end..text.len() - next.len()].contains('\n');
                (begins_a_line && next.starts_with(line)).then(|| text.len() - next.len() + line.len())
            })
        };
        let mut places = text.match_indices(first).filter_map(|(at, _)| Some(at..follows(at)?));
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("{}: there more than once: {}", self.file, wanted.join(" ⏎ "))),
            (None, _) => Err(format!("{}: not found: {}", self.file, wanted.join(" ⏎ "))),
        }
    }
}

/// The changed files, by path, and why some mutants do not apply, by name.
#[derive(Debug, Default)]
pub struct Applied {
    pub files: BTreeMap<String, String>,
    pub failed: BTreeMap<String, String>,
}

/// The changes of each file: where, and what comes there.
type Changes = BTreeMap<String, Vec<(Range<usize>, String)>>;

/// Puts all mutants into the sources at once. Of two that change the same place the second
/// does not apply.
pub fn apply(mutants: &[Mutant], source: impl Fn(&str) -> Result<String, String>) -> Applied {
    let mut applied = Applied::default();
    let mut changes = Changes::new();
    for mutant in mutants {
        match places(mutant, &changes, &source) {
            Err(why) => {
                applied.failed.insert(mutant.name.clone(), why);
            }
            Ok(places) => {
                for (part, place) in mutant.parts.iter().zip(places) {
                    let after: Vec<String> = part.after.iter().map(|line| mutant.line(line)).collect();
                    let after = after.join("\n").trim().to_owned();
                    changes.entry(part.file.clone()).or_default().push((place, after));
                }
            }
        }
    }
    for (file, mut changes) in changes {
        let mut text = source(&file).unwrap_or_default();
        changes.sort_by_key(|(place, _)| place.start);
        for (place, after) in changes.into_iter().rev() {
            text.replace_range(place, &after);
        }
        applied.files.insert(file, text);
    }
    applied
}

/// Where the parts of a mutant go, beside what is changed already.
fn places(
    mutant: &Mutant,
    taken: &Changes,
    source: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Range<usize>>, String> {
    let mut found = Vec::new();
    for part in &mutant.parts {
        let place = part.place(&source(&part.file)?)?;
        let overlaps = |other: &Range<usize>| other.start < place.end && place.start < other.end;
        if taken.get(&part.file).into_iter().flatten().any(|(other, _)| overlaps(other)) {
            return Err(format!(
                "{}: another mutant changes this too: {}",
                part.file,
                part.before.join(" ⏎ ")
            ));
        }
        found.push(place);
    }
    Ok(found)
}
