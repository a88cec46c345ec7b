#!/usr/bin/env bash
# Breaks one promise after the other, and sees whether the test of the promise turns red:
#
#   scripts/mutants.sh               every mutant of tests/mutants
#   scripts/mutants.sh NAME…         only these
#
# Works on a copy of the checkout below target/mutants and leaves the checkout alone. Ends
# with 0 only if every mutant was killed.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/mutants
rustc --edition 2024 -A dead_code -o target/mutants/run tests/mutants/run.rs
exec target/mutants/run "$@"
