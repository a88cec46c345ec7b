//! The mutants of `tests/mutants` still say something about the sources as they are: each
//! applies, and the test that must notice it is there. `make mutants` tries them (minutes).
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "mutants/run.rs"]
#[allow(dead_code, reason = "the program that scripts/mutants.sh runs")]
mod run;

use run::mutant::{Mutant, PROMISES, apply, load};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn source(file: &str) -> Result<String, String> {
    fs::read_to_string(Path::new(ROOT).join(file)).map_err(|error| format!("{file}: {error}"))
}

fn mutants() -> Vec<Mutant> {
    load(&Path::new(ROOT).join("tests/mutants")).unwrap()
}

#[test]
fn every_mutant_applies() {
    let failed = apply(&mutants(), source).failed;
    assert!(failed.is_empty(), "whoever changes a place that a mutant breaks mends the mutant: {failed:#?}");
}

#[test]
fn the_test_of_every_mutant_is_there() {
    let tests = mutants().into_iter().flat_map(|mutant| mutant.tests);
    let missing: BTreeSet<String> = tests.filter(|test| !is_there(test)).collect();
    assert!(missing.is_empty(), "no such tests in tests/it: {missing:#?}");
}

#[test]
fn every_promise_has_a_mutant() {
    let broken: BTreeSet<String> = mutants().into_iter().map(|mutant| mutant.promise).collect();
    for promise in PROMISES {
        assert!(broken.contains(promise), "no mutant breaks “{promise}”");
    }
}

/// Is there a function of this path with the attribute of a test?
fn is_there(test: &str) -> bool {
    let Some((modules, function)) = test.rsplit_once("::") else { return false };
    let Ok(text) = source(&format!("tests/it/{}.rs", modules.replace("::", "/"))) else { return false };
    let lines: Vec<&str> = text.lines().collect();
    let declares = |line: &str| line.ends_with(&format!("fn {function}() {{"));
    let Some(at) = lines.iter().position(|line| declares(line)) else { return false };
    lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).any(|line| line.contains("test"))
}

/// The rules themselves must be able to fail.
mod the_rules_see {
    use super::*;

    fn mutant(name: &str, part: &str) -> Mutant {
        let head = "Promise: nothing lost\nBreaks: it\nTest: jobs::order::x\n";
        Mutant::read(name, &format!("{head}\n@@ a.rs\n{part}")).unwrap()
    }

    fn applied(mutants: &[Mutant], text: &str) -> run::mutant::Applied {
        apply(mutants, |_| Ok(text.to_owned()))
    }

    #[test]
    fn what_applies() {
        let skip = mutant("skip", " fn a() {\n-    b();\n+    if !@on { b(); }\n\n");
        let also = mutant("also", "-b IS NULL\n+(b IS NULL OR @sql)\n");
        let made =
            applied(&[skip, also], "// x\nfn a() {\n        b();\n}\nconst C: &str = \"a AND b IS NULL\";\n");
        assert!(made.failed.is_empty(), "{:?}", made.failed);
        let expected = "// x\nfn a() {\n    if !crate::mutated(\"skip\") { b(); }\n}\nconst C: &str = \
            \"a AND (b IS NULL OR (coalesce(current_setting('motcua.mutant', true), '') = 'also'))\";\n";
        assert_eq!(made.files["a.rs"], expected);
    }

    #[test]
    fn what_is_gone_or_there_twice_or_changed_by_another() {
        let one = mutant("one", "-b();\n-c();\n+@on;\n");
        for (text, why) in [
            ("b(); c();\n", "not found"),
            ("b();\nd();\n", "not found"),
            ("b();\nc();\nb();\n\nc();", "more than once"),
        ] {
            let made = applied(std::slice::from_ref(&one), text);
            assert!(made.failed["one"].contains(why) && made.files.is_empty(), "{made:?}");
        }
        let made = applied(&[one, mutant("two", "-c()\n+@on\n")], "b();\nc();\n");
        assert!(made.failed["two"].contains("another mutant"), "{made:?}");
    }

    #[test]
    fn a_file_that_is_no_mutant() {
        for (text, why) in [
            ("Promise: everything\n", "none of"),
            ("Promise: outbox\nBreaks: it\n@@ a.rs\n-a\n+@on\n", "has Breaks, Test"),
            ("Promise: outbox\nBreaks: it\nTest: a::b\n@@ a.rs\n+@on\n", "without lines"),
            ("Promise: outbox\nBreaks: it\nTest: a::b\n@@ a.rs\n-a\n+b\n", "without its switch"),
            ("Promise: outbox\nBreaks: it\nTest: a::b\n@@ a.rs\nx\n", "line 5"),
            ("nonsense\n", "line 1"),
        ] {
            let refused = Mutant::read("m", text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn a_test_that_is_not_there() {
        assert!(is_there("jobs::order::a_dead_job_steps_out_of_the_line"));
        assert!(!is_there("jobs::order::after_the_first"), "no test, but what tests use");
        assert!(!is_there("jobs::order::no_such_test") && !is_there("nowhere::x") && !is_there("x"));
    }
}
