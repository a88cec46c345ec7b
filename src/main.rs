//! The command line of motcua.
fn main() {}
