//! Tries the mutants: `scripts/mutants.sh [name…]` compiles this file and runs it.
//!
//! In a copy of the checkout below `target/mutants` all mutants are built into one program,
//! each behind a switch. First the named tests must be green with no switch on; then, for one
//! mutant after the other, they must be red.
pub mod mutant;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use mutant::{Mutant, apply, load};

/// Tests that are not done by then do not end: the mutant is noticed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a test fails before it has begun: that says nothing about its promise.
const STAGE: &str = "tests/it/support/test_db.rs";

/// What the copy's `src/lib.rs` has more than the original.
const SWITCH: &str = r#"
/// Whether this mutant is the one that is tried.
pub fn mutated(name: &str) -> bool {
    std::env::var_os("MUTANT").is_some_and(|tried| tried == name)
}
"#;

/// How a mutant ended, with the reason.
enum End {
    Killed(String),
    Survived(String),
    DoesNotApply(String),
    /// A test is red without the mutant: its red says nothing.
    NotGreen(String),
}

impl End {
    fn told(&self) -> (&'static str, &str) {
        match self {
            Self::Killed(why) => ("KILLED", why),
            Self::Survived(why) => ("SURVIVED", why),
            Self::DoesNotApply(why) => ("DOES NOT APPLY", why),
            Self::NotGreen(why) => ("NOT GREEN", why),
        }
    }
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tries the named mutants, or all; whether every one was killed.
fn run(names: &[String]) -> Result<bool, String> {
    let all = load(Path::new("tests/mutants"))?;
    let known: Vec<&str> = all.iter().map(|mutant| mutant.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no mutant {unknown}; there are: {}", known.join(", ")));
    }
    let copy = Copy::make()?;
    let mut applied = apply(&all, |file| fs::read_to_string(file).map_err(|e| format!("{file}: {e}")));
    let library = applied.files.remove("src/lib.rs").map_or_else(|| fs::read_to_string("src/lib.rs"), Ok);
    applied.files.insert("src/lib.rs".to_owned(), library.map_err(|e| e.to_string())? + SWITCH);
    for (file, text) in &applied.files {
        copy.write(Path::new(file), text.as_bytes())?;
    }
    copy.build()?;

    let wanted = |mutant: &&Mutant| names.is_empty() || names.contains(&mutant.name);
    let tried: Vec<&Mutant> = all.iter().filter(wanted).collect();
    let tests: BTreeSet<&str> =
        tried.iter().flat_map(|mutant| mutant.tests.iter().map(String::as_str)).collect();
    let red = copy.without_mutant(&tests.into_iter().collect::<Vec<_>>())?;
    let mut killed = 0;
    for mutant in &tried {
        let begun = Instant::now();
        let end =
            match (applied.failed.get(&mutant.name), mutant.tests.iter().find(|test| red.contains(*test))) {
                (Some(why), _) => End::DoesNotApply(why.clone()),
                (None, Some(test)) => End::NotGreen(format!("{test} is red without it")),
                (None, None) => copy.with_mutant(mutant)?,
            };
        let (word, why) = end.told();
        killed += usize::from(matches!(end, End::Killed(_)));
        let seconds = begun.elapsed().as_secs();
        println!("{word:<14}  {:<28} {:<16} {seconds:>3} s  {}", mutant.name, mutant.promise, mutant.breaks);
        println!("{:<14}  {why}", "");
        let _ = std::io::stdout().flush();
    }
    println!("{killed} of {} mutants were killed", tried.len());
    Ok(killed == tried.len())
}

/// A copy of the checkout, with a build folder of its own.
struct Copy {
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Copies what Git knows or would take in. What has not changed since the last time stays
    /// as it is, so that it is not built again.
    fn make() -> Result<Self, String> {
        let root = std::env::current_dir().map_err(|error| error.to_string())?;
        let copy = Self { tree: root.join("target/mutants/tree"), target: root.join("target/mutants/build") };
        let listed = Command::new("git").args(["ls-files", "-z", "-co", "--exclude-standard"]).output();
        let listed = listed.map_err(|error| format!("git: {error}"))?.stdout;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
        for file in listed.split('\0').filter(|file| !file.is_empty()).map(PathBuf::from) {
            // One that was removed and is still in the index is not there.
            let Ok(bytes) = fs::read(&file) else { continue };
            copy.write(&file, &bytes)?;
            wanted.insert(copy.tree.join(file));
        }
        if wanted.is_empty() {
            return Err("git lists no files: run this in a checkout".to_owned());
        }
        remove_others(&copy.tree, &wanted).map_err(|error| error.to_string())?;
        copy.lend(&root.join("target")).map_err(|error| format!("target: {error}"))?;
        copy.prime(&root.join("target/debug")).map_err(|error| format!("target/debug: {error}"))?;
        Ok(copy)
    }

    /// Lets the tests find the judges that are installed for the checkout.
    fn lend(&self, installed: &Path) -> std::io::Result<()> {
        let own = self.tree.join("target");
        fs::create_dir_all(&own)?;
        for name in ["venv", "judges", "clamav"] {
            if installed.join(name).exists() {
                symlink(installed.join(name), own.join(name))?;
            }
        }
        Ok(())
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), String> {
        let path = self.tree.join(file);
        let write = || {
            if fs::read(&path).is_ok_and(|there| there == bytes) {
                return Ok(());
            }
            fs::create_dir_all(path.parent().unwrap_or(&self.tree))?;
            fs::write(&path, bytes)
        };
        write().map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Begins with the libraries that the checkout has built, as long as there are any.
    fn prime(&self, built: &Path) -> std::io::Result<()> {
        let debug = self.target.join("debug");
        if debug.exists() || !built.exists() {
            return Ok(());
        }
        eprintln!("mutants: copying the libraries that are built");
        for folder in [".fingerprint", "build", "deps"] {
            fs::create_dir_all(debug.join(folder))?;
            let own = |name: &str| {
                ["motcua-", "libmotcua-", "it-", "tidy-", "mutants-"].iter().any(|o| name.starts_with(o))
            };
            for entry in fs::read_dir(built.join(folder))?.flatten() {
                if !own(&entry.file_name().to_string_lossy()) {
                    let done =
                        Command::new("cp").arg("-a").arg(entry.path()).arg(debug.join(folder)).status()?;
                    assert!(done.success(), "cp of {}", entry.path().display());
                }
            }
        }
        Ok(())
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).env_remove("MUTANT");
        cargo.args(["test", "--locked", "--test", "it"]);
        cargo
    }

    fn build(&self) -> Result<(), String> {
        let built = self.cargo().arg("--no-run").status().map_err(|error| format!("cargo: {error}"))?;
        built.success().then_some(()).ok_or_else(|| "with all mutants the copy does not build".to_owned())
    }

    /// The tests that are not green without a mutant.
    fn without_mutant(&self, tests: &[&str]) -> Result<BTreeSet<String>, String> {
        let output = self.output(None, tests)?;
        let red: BTreeSet<String> =
            tests.iter().filter(|test| !output.is_green(test)).map(|test| (*test).to_owned()).collect();
        match red.is_empty() {
            true => eprintln!("mutants: without a mutant all {} tests are green", tests.len()),
            false => eprintln!("{}\nmutants: not green without a mutant: {red:?}", output.text),
        }
        Ok(red)
    }

    fn with_mutant(&self, mutant: &Mutant) -> Result<End, String> {
        let tests: Vec<&str> = mutant.tests.iter().map(String::as_str).collect();
        let output = self.output(Some(&mutant.name), &tests)?;
        if !output.ended {
            return Ok(End::Killed(format!("not done within {} s", PATIENCE.as_secs())));
        }
        match tests.iter().find(|test| !output.is_red(test)) {
            Some(test) => Ok(End::Survived(format!("{test} is not red"))),
            None if output.why().starts_with(STAGE) => {
                Ok(End::Survived(format!("what the test stands on does not stand: {}", output.why())))
            }
            None => Ok(End::Killed(output.why())),
        }
    }

    fn output(&self, mutant: Option<&str>, tests: &[&str]) -> Result<Output, String> {
        let log = self.target.join("output.txt");
        let opened = fs::File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
        let (stdout, stderr) = opened.map_err(|error| format!("{}: {error}", log.display()))?;
        let mut cargo = self.cargo();
        cargo.args(["--quiet", "--", "--format=pretty", "--exact"]).args(tests);
        if let Some(name) = mutant {
            cargo.env("MUTANT", name).env("PGOPTIONS", format!("-c motcua.mutant={name}"));
        }
        cargo.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0);
        let mut child = cargo.spawn().map_err(|error| format!("cargo: {error}"))?;
        let begun = Instant::now();
        let ended = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(_) => break true,
                // The mutant has all the time of the run without one; that one has no end.
                None if mutant.is_some() && begun.elapsed() > PATIENCE => break false,
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        if !ended {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
            let _ = child.wait();
        }
        let text = fs::read(&log).map_err(|error| error.to_string())?;
        Ok(Output { ended, text: String::from_utf8_lossy(&text).into_owned() })
    }
}

/// What the tests wrote.
struct Output {
    ended: bool,
    text: String,
}

impl Output {
    fn is_green(&self, test: &str) -> bool {
        self.text.contains(&format!("test {test} ... ok"))
    }

    fn is_red(&self, test: &str) -> bool {
        self.text.contains(&format!("test {test} ... FAILED"))
    }

    /// What the first red test says, in one line.
    fn why(&self) -> String {
        let mut lines = self
            .text
            .lines()
            .skip_while(|line| !line.contains("' panicked at ") && !line.contains(") panicked at "));
        let place =
            lines.next().and_then(|line| line.split_once(" panicked at ")).map_or("", |(_, place)| place);
        let said: Vec<&str> =
            lines.take(3).take_while(|line| !line.starts_with("note: ")).map(str::trim).collect();
        format!("{place} {}", said.join(" ")).chars().take(150).collect()
    }
}

/// Removes the files that are no longer wanted.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        // Of what is lent only the link goes.
        if entry.file_type()?.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
