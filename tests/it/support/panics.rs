//! What went wrong, said when it goes wrong.
use std::io::Write;
use std::panic;
use std::sync::Once;

/// From now on a panic is told past the test harness, which keeps the words of a test until the
/// end of the run: half an hour later, or never where the run is cut off.
pub fn tell_at_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            let thread = std::thread::current();
            let line =
                format!("panic in {}: {panicked}\n", thread.name().unwrap_or("a thread without a name"));
            // Nowhere to say it: the harness still does.
            let _ = std::io::stderr().write_all(line.as_bytes());
            before(panicked);
        }));
    });
}
