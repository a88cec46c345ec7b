//! Reconciliation: the real portal, the real simulators, a real PostgreSQL.
mod files;
mod resolving;
