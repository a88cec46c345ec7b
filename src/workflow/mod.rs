//! PURE: workflow definition, its compiler, and `decide`.
