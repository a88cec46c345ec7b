//! Paying: the real portal and the real simulator over HTTP, on a real PostgreSQL.
mod callbacks;
mod orders;
mod races;
mod receipts;
mod stage;
