//! Cargo does not see that a new file lies in a folder that the binary embeds; this says so.

fn main() {
    for folder in ["data/procedures", "data/workflows"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
