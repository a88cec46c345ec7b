//! How much a library may make of a document.
//!
//! The library keeps what every reference leads to, also when a million references lead to the
//! same object: a file of a megabyte could cost gigabytes. It asks a function about each object
//! before it keeps it; that function adds up, and ends the reading when it becomes too much.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use lopdf::{Dictionary, Object, ObjectId};

/// Bytes of a value, of an entry of a dictionary beside its key and value, and of a dictionary.
const VALUE: u64 = 128;
const ENTRY: u64 = 160;
const TABLE: u64 = 128;

thread_local! {
    /// Bytes that the reading on this thread may still cost.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// The budget is spent.
struct Spent;

/// Does something that may cost so many bytes; nothing, if it would cost more.
pub fn within(bytes: u64, read: impl FnOnce()) -> Option<()> {
    LEFT.set(bytes);
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(()) => Some(()),
        Err(spent) if spent.is::<Spent>() => None,
        Err(other) => resume_unwind(other),
    }
}

/// Pays for an object. What is given back counts only for objects in streams; a stream is in
/// none, and is not copied.
pub fn charge(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    match LEFT.get().checked_sub(cost(object)) {
        Some(left) => LEFT.set(left),
        None => resume_unwind(Box::new(Spent)),
    }
    let kept = if object.as_stream().is_ok() { Object::Null } else { object.clone() };
    Some((id, kept))
}

/// The library nests objects to a bounded depth.
fn cost(object: &Object) -> u64 {
    VALUE
        + match object {
            Object::Name(text) | Object::String(text, _) => text.len() as u64,
            Object::Array(items) => items.iter().map(cost).sum(),
            Object::Dictionary(dictionary) => cost_of_dictionary(dictionary),
            Object::Stream(stream) => stream.content.len() as u64 + cost_of_dictionary(&stream.dict),
            _ => 0,
        }
}

fn cost_of_dictionary(dictionary: &Dictionary) -> u64 {
    let entries = dictionary.iter().map(|(key, value)| ENTRY - VALUE + key.len() as u64 + cost(value));
    TABLE + entries.sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_too_much_ends_the_reading() {
        let mut array = Object::Array(vec![Object::Integer(0); 100]);
        let mut paid = 0;
        let mut pay = |times: u32| {
            within(100 * 1000 * VALUE, || {
                for _ in 0..times {
                    charge((1, 0), &mut array);
                    paid += 1;
                }
            })
        };
        assert_eq!(pay(900), Some(()));
        assert_eq!(pay(2_000), None);
        assert!((1_850..1_900).contains(&paid), "{paid}");
    }

    #[test]
    fn another_panic_stays_one() {
        assert!(catch_unwind(|| within(1, || resume_unwind(Box::new("other")))).is_err());
    }
}
