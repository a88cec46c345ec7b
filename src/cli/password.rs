//! A password from standard input: never an argument, which other users of the machine see.
use std::io::{self, BufRead, IsTerminal, Read, Write};

use anyhow::{Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Longest line that is read, in bytes.
const LIMIT: u64 = 4096;

/// Asks for it twice at a terminal, without showing it; elsewhere the first line is it.
pub fn read() -> Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let _hidden = Hidden::begin()?;
    let first = ask("Password: ")?;
    if ask("Once more: ")? != first {
        bail!("the two passwords differ");
    }
    Ok(first)
}

fn ask(question: &str) -> Result<String> {
    eprint!("{question}");
    io::stderr().flush()?;
    let answer = line();
    eprintln!();
    answer
}

/// A line without its end.
fn line() -> Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(LIMIT).read_line(&mut line)?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        bail!("no password came on standard input");
    }
    Ok(password.to_owned())
}

/// The terminal does not show what is typed, as long as this lives.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self> {
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes -= LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(shown))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // It showed before, so setting it back cannot fail; and there is nobody left to tell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
