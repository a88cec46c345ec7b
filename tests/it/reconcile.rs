//! Reconciliation: the real portal, the real simulators, a real PostgreSQL.
mod closing;
mod files;
mod operating;
mod resolving;
mod treasury;
