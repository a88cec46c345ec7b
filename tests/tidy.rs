//! The house rules, each with one sentence why. They read the sources as text
//! and use nothing but the standard library.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Modules in the order of dependence: a module may use those before it. `app`
/// stands early because everybody may use it; it assembles all the others.
const ORDER: [&str; 39] = [
    "calendar",
    "workflow",
    "config",
    "clock",
    "ids",
    "error",
    "qr",
    "app",
    "auth",
    "db",
    "http",
    "jobs",
    "national",
    "people",
    "agencies",
    "catalogue",
    "files",
    "forms",
    "signing",
    "ledger",
    "fees",
    "receipts",
    "payments",
    "reconcile",
    "results",
    "records",
    "dossiers",
    "authenticity",
    "land_tax",
    "notices",
    "sync",
    "reports",
    "bootstrap",
    "worker",
    "simulators",
    "demo",
    "verify",
    "bench",
    "cli",
];

/// Pairs that may point the other way, each for a reason; "" stands for all.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    ("app", "", "the application assembles every capability"),
    ("auth", "db", "the extractors read live sessions through the door"),
    ("auth", "http", "the extractors answer with problems"),
];

/// Modules whose functions are plain values in, plain values out.
const PURE: [&str; 2] = ["calendar", "workflow"];

/// Which folder writes which table; whoever else wants a change calls it.
const OWNERS: [(&str, &[&str]); 20] = [
    ("db", &["audit_log"]),
    ("http", &["idempotency_key"]),
    ("jobs", &["job", "periodic_task"]),
    ("auth", &["staff", "session", "machine_client"]),
    ("people", &["person", "organisation", "mandate", "login_flow"]),
    ("agencies", &["agency", "agency_closure", "position", "substitution"]),
    ("catalogue", &["procedure", "procedure_version", "service_level", "catalogue_revision"]),
    ("files", &["file", "upload", "upload_part"]),
    ("forms", &["template", "produced_form"]),
    ("signing", &["signing_request", "signing_authorisation", "signature"]),
    ("ledger", &["account", "transfer", "posting", "closed_day"]),
    (
        "payments",
        &[
            "charge",
            "payment_order",
            "payment_order_member",
            "payment_attempt",
            "gateway_payment",
            "gateway_event",
            "suspense_application",
            "refund",
            "refund_line",
            "refund_attempt",
            "refund_by_hand",
            "claim",
            "claim_entry",
        ],
    ),
    (
        "reconcile",
        &[
            "settlement_file",
            "settlement_line",
            "unmatched",
            "unmatched_resolution",
            "treasury_line",
            "day_close",
        ],
    ),
    ("receipts", &["receipt_series", "receipt", "receipt_line", "receipt_elsewhere", "receipt_document"]),
    ("results", &["result_series", "result", "result_event"]),
    (
        "records",
        &[
            "component",
            "digitisation",
            "digitisation_seal",
            "record_document",
            "record_share",
            "record_use",
            "record_reuse",
            "record_text",
            "record_hold",
            "record_destruction",
            "record_destruction_line",
        ],
    ),
    (
        "land_tax",
        &[
            "tax_slip",
            "land_tax_message",
            "land_tax_notice",
            "land_tax_end",
            "land_tax_debt_told",
            "land_tax_document",
            "land_tax_confirmation",
            "land_tax_report",
        ],
    ),
    ("notices", &["message"]),
    ("sync", &["dossier_sync"]),
    ("dossiers", &["draft", "dossier", "dossier_number", "dossier_event", "dossier_unit", "receipt_key"]),
];

struct Source {
    /// Relative to the root.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The lines outside the unit tests, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = match self.text.find("#[cfg(test)]") {
            _ if self.is_unit_tests() => 0,
            Some(end) => end,
            None => self.text.len(),
        };
        let lines = self.text[..end].lines().enumerate();
        lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Unit tests in a file of their own: `tests.rs`, `tests_golden.rs`.
    fn is_unit_tests(&self) -> bool {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        stem == "tests" || stem.starts_with("tests_")
    }

    /// The module directly below `src`.
    fn module(&self) -> String {
        let below = self.path.strip_prefix("src").unwrap_or(&self.path);
        let first = below.iter().next().unwrap_or_default().to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

fn files_below(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    files_below(&Path::new(ROOT).join(folder), "rs", &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} has no sources: this test looks at the wrong place");
    let read = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(ROOT).unwrap().to_owned(),
    };
    found.into_iter().map(read).collect()
}

fn check(why: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{why}\n  {}", broken.join("\n  "));
}

/// Generated files have no author who could shorten them.
fn is_generated(source: &Source) -> bool {
    source.text.starts_with("// Generated")
}

#[test]
fn files_are_short() {
    let too_long = |folder, limit| {
        let long = move |source: &Source| source.text.lines().count() > limit && !is_generated(source);
        sources(folder).into_iter().filter(long).map(|source| source.path.display().to_string())
    };
    let broken = too_long("src", 500).chain(too_long("tests", 800)).collect();
    check("A file of more than 500 lines (tests: 800) holds more than one thought.", broken);
}

#[test]
fn functions_are_short() {
    let broken = sources("src").iter().flat_map(|source| long_functions(source, 70)).collect();
    check("A function of more than 70 lines cannot be seen at one glance.", broken);
}

/// Functions longer than `limit`; rustfmt puts the closing brace under the `fn`.
fn long_functions(source: &Source, limit: usize) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        if !is_function(line) {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let length = lines[start..].iter().take_while(|line| **line != closing).count() + 1;
        let one_line = line.trim_end().ends_with('}') || line.trim_end().ends_with(';');
        if length > limit && !one_line {
            found.push(format!("{} ({length} lines)", source.at(start + 1)));
        }
    }
    found
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.find(|word| !word.starts_with("pub") && !["const", "async", "crate)"].contains(word));
    first == Some("fn")
}

#[test]
fn a_name_in_the_api_means_one_type() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources("src") {
        for (name, line) in schemas(&source) {
            named.entry(name).or_default().push(source.at(line));
        }
    }
    assert!(named.len() > 100, "schemas are found: {}", named.len());
    let twice = named.into_iter().filter(|(_, places)| places.len() > 1);
    let broken = twice.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    check("Of two schemas of one name the API shows one; say `#[schema(as = ...)]`.", broken);
}

/// The types of the API with their names there, and their lines.
fn schemas(source: &Source) -> Vec<(String, usize)> {
    let (mut found, mut derived, mut name) = (Vec::new(), false, None);
    for (line, code) in source.code() {
        let code = code.trim();
        if code.starts_with("#[derive(") {
            (derived, name) = (code.contains("ToSchema"), None);
        }
        if let Some((_, rest)) = code.split_once("schema(as = ") {
            name = rest.split([',', ')']).next().map(str::to_owned);
        }
        let words: Vec<&str> = code.split([' ', '<', '(', '{']).filter(|word| !word.is_empty()).collect();
        if let Some(place) = words.iter().position(|word| ["struct", "enum"].contains(word))
            && place < 2
            && let Some(own) = words.get(place + 1)
        {
            if derived {
                found.push((name.take().unwrap_or_else(|| (*own).to_owned()), line));
            }
            derived = false;
        }
    }
    found
}

#[test]
fn nothing_panics_in_passing() {
    const BANNED: [&str; 8] = [
        ".unwrap()",
        ".expect(",
        "todo!(",
        "unimplemented!(",
        "dbg!(",
        "panic!(",
        ".unwrap_err()",
        ".expect_err(",
    ];
    let broken = sources("src")
        .iter()
        .flat_map(|source| {
            let banned = |line: &str| BANNED.iter().any(|word| line.contains(word));
            source
                .code()
                .filter(|(_, line)| banned(line))
                .map(|(line, _)| source.at(line))
                .collect::<Vec<_>>()
        })
        .collect();
    check("A panic answers nobody: say `?`, or prove the case impossible with `unreachable!`.", broken);
}

#[test]
fn names_say_what_is_in_the_file() {
    const EMPTY: [&str; 10] =
        ["utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "dto", "impl"];
    let broken = sources("src")
        .iter()
        .chain(&sources("tests"))
        .filter(|source| {
            source.path.with_extension("").iter().any(|part| EMPTY.iter().any(|name| part == *name))
        })
        .map(|source| source.path.display().to_string())
        .collect();
    check("Names such as `utils` or `manager` fit everything, so they tell nothing.", broken);
}

#[test]
fn dependencies_run_one_way() {
    let mut broken = Vec::new();
    for source in sources("src") {
        let module = source.module();
        if ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let Some(place) = position(&module) else {
            broken.push(format!(
                "{}: `{module}` is missing in the ORDER of tests/tidy.rs",
                source.path.display()
            ));
            continue;
        };
        for (line, text) in source.code() {
            for used in used_modules(text) {
                let backwards = position(used).is_some_and(|other| other > place);
                if backwards && !is_excepted(&module, used) {
                    broken.push(format!("{}: {module} uses {used}", source.at(line)));
                }
            }
        }
    }
    check("Where every arrow points one way, a reader knows what a change can reach.", broken);
}

fn position(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

fn is_excepted(module: &str, used: &str) -> bool {
    EXCEPTIONS.iter().any(|(from, to, _)| *from == module && (to.is_empty() || *to == used))
}

/// Modules named by `crate::x` and by `use crate::{x…, y…}` on one line.
fn used_modules(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let parts: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => top_level_parts(list),
            None => vec![rest],
        };
        for part in parts {
            let part = part.trim();
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            found.push(&part[..end]);
        }
    }
    found
}

/// Splits `a::{b, c}, d};` at the commas outside inner braces.
fn top_level_parts(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&list[start..at]);
                return parts;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts
}

#[test]
fn pure_modules_touch_nothing() {
    const OUTSIDE: [&str; 8] =
        ["diesel", "actix", "tokio", "reqwest", "std::fs", "std::net", "Timestamp::now", "SystemTime"];
    let broken = sources("src")
        .iter()
        .filter(|source| PURE.contains(&source.module().as_str()))
        .flat_map(|source| {
            let touches = |line: &str| OUTSIDE.iter().any(|word| line.contains(word));
            source
                .code()
                .filter(|(_, line)| touches(line))
                .map(|(line, _)| source.at(line))
                .collect::<Vec<_>>()
        })
        .collect();
    check("Only what has no outside can be tested with ten thousand random cases a second.", broken);
}

#[test]
fn a_table_is_written_only_by_its_owner() {
    let mut broken = Vec::new();
    for source in sources("src") {
        let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
        for table in written_tables(&code) {
            match OWNERS.iter().find(|(_, tables)| tables.contains(&table.as_str())) {
                None => {
                    broken.push(format!("{}: `{table}` has no owner in tests/tidy.rs", source.path.display()))
                }
                Some((owner, _)) if *owner != source.module() => {
                    broken.push(format!(
                        "{}: writes `{table}`, which belongs to {owner}",
                        source.path.display()
                    ));
                }
                Some(_) => {}
            }
        }
    }
    check("One folder can keep the promises of a table only if nobody else writes it.", broken);
}

/// Tables that this code writes, by Diesel or by SQL text.
fn written_tables(code: &str) -> BTreeSet<String> {
    const WRITES: [&str; 9] = [
        "insert_into(",
        "diesel::update(",
        "diesel::delete(",
        "replace_into(",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "TRUNCATE ",
        "COPY ",
    ];
    let tables: BTreeSet<String> = known_tables();
    let mut found = BTreeSet::new();
    for write in WRITES {
        for (at, _) in code.match_indices(write) {
            let target = code[at + write.len()..].trim_start().trim_start_matches("schema::");
            let target = target.trim_start_matches("crate::db::schema::").trim_start_matches("dsl::");
            let end = target.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(target.len());
            if tables.contains(&target[..end]) {
                found.insert(target[..end].to_owned());
            }
        }
    }
    found
}

/// The names in `CREATE TABLE` of all migrations.
fn known_tables() -> BTreeSet<String> {
    let mut files = Vec::new();
    files_below(&Path::new(ROOT).join("migrations"), "sql", &mut files);
    let mut tables = BTreeSet::new();
    for file in files {
        for line in fs::read_to_string(file).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                let name = rest.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next().unwrap();
                tables.insert(name.to_owned());
            }
        }
    }
    assert!(!tables.is_empty(), "no migration creates a table: this test looks at the wrong place");
    tables
}

#[test]
fn every_table_has_an_owner_that_exists() {
    let owned: BTreeSet<&str> = OWNERS.iter().flat_map(|(_, tables)| tables.iter().copied()).collect();
    let broken = known_tables().into_iter().filter(|table| !owned.contains(table.as_str())).collect();
    check("A table without an owner is written by everybody.", broken);
    let tables = known_tables();
    let gone = owned.into_iter().filter(|table| !tables.contains(*table)).map(str::to_owned).collect();
    check("A list that names what is gone is not read any more.", gone);
}

#[test]
fn identifiers_are_never_searched_by_their_middle() {
    let mut broken = Vec::new();
    for source in sources("src") {
        for (line, text) in source.code() {
            let pattern = text.contains("LIKE '%") || text.contains(".like(format!(\"%");
            if pattern && ["_id", "code", "identity"].iter().any(|word| text.contains(word)) {
                broken.push(source.at(line));
            }
        }
    }
    check("LIKE '%…%' on an identifier reads the whole table, and more of it every day.", broken);
}

#[test]
fn every_migration_can_be_undone() {
    let mut broken = Vec::new();
    for entry in fs::read_dir(Path::new(ROOT).join("migrations")).unwrap().flatten() {
        let has =
            |name: &str| fs::read_to_string(entry.path().join(name)).is_ok_and(|sql| !sql.trim().is_empty());
        if entry.path().is_dir() && !(has("up.sql") && has("down.sql")) {
            broken.push(entry.path().display().to_string());
        }
    }
    check("An upgrade that cannot be taken back is not tried in the evening.", broken);
}

#[test]
fn nothing_is_left_for_later_without_a_reason() {
    let mut broken = Vec::new();
    for source in sources("src") {
        for (index, line) in source.text.lines().enumerate() {
            let marked = ["TODO", "FIXME", "XXX", "HACK"].iter().find_map(|mark| line.split_once(mark));
            if marked.is_some_and(|(_, reason)| reason.trim_start_matches([':', ' ', '(']).len() < 12) {
                broken.push(source.at(index + 1));
            }
        }
    }
    check("A mark without a reason is never taken away again.", broken);
}

#[test]
fn every_module_says_what_it_is() {
    let broken = sources("src")
        .iter()
        .filter(|source| !source.text.starts_with("//!") && !is_generated(source))
        .map(|source| source.path.display().to_string())
        .collect();
    check("The first line of a file tells whether to read the second.", broken);
}

/// The rules themselves must be able to fail.
mod the_rules_see {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: PathBuf::from("src/dossiers/submit.rs"), text: text.to_owned() }
    }

    #[test]
    fn long_functions() {
        let body = "    step();\n".repeat(70);
        let long = source(&format!("pub(crate) async fn long() {{\n{body}}}\n\nfn short() {{\n}}\n"));
        assert_eq!(super::long_functions(&long, 70), ["src/dossiers/submit.rs:1 (72 lines)"]);
        assert!(super::long_functions(&long, 72).is_empty());
    }

    #[test]
    fn used_modules() {
        assert_eq!(super::used_modules("use crate::{db::{Db, Tx}, error::Result};"), ["db", "error"]);
        assert_eq!(super::used_modules("let x = crate::jobs::enqueue(crate::ids::new());"), ["jobs", "ids"]);
    }

    #[test]
    fn writes() {
        let code = "diesel::insert_into(job::table)\n UPDATE audit_log SET\n diesel::delete(\n    idempotency_key::table\n)";
        assert_eq!(super::written_tables(code).len(), 3);
        assert!(super::written_tables("job::table.filter(job::id.eq(1)).load(conn)").is_empty());
    }

    #[test]
    fn only_code_outside_comments_and_tests() {
        let source = source("// .unwrap()\nlet a = b?;\n#[cfg(test)]\nmod tests { .unwrap() }\n");
        assert_eq!(source.code().collect::<Vec<_>>(), [(2, "let a = b?;")]);
        assert_eq!(source.module(), "dossiers");
        let tests = Source { path: PathBuf::from("src/dossiers/tests_submit.rs"), ..source };
        assert_eq!(tests.code().count(), 0);
    }
}
