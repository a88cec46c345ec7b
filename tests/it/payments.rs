//! Paying: the real portal and the real simulator over HTTP, on a real PostgreSQL.
mod callbacks;
mod counter;
mod orders;
mod races;
mod refunds;
mod stage;
mod vnpay;
