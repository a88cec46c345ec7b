//! Paying: the real portal and the real simulator over HTTP, on a real PostgreSQL.
pub mod bank;
mod by_hand;
mod callbacks;
mod counter;
mod faults;
mod joint;
mod orders;
mod races;
mod receipts;
mod receipts_by_charge;
mod refunds;
pub mod stage;
mod suspense;
mod vnpay;
