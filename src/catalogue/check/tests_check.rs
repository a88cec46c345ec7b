//! Broken definitions.
