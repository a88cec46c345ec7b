//! The ledger (sổ kế toán kép): every đồng that is owed, came, waits or went back, in double
//! entry. Nobody else writes its tables, and what is written stays: the database refuses a
//! transfer whose debits and credits differ, a second booking of one fact, and, to the
//! application's role, every change.
//!
//! Who books says which fact ([`Cause`]) moves how much from where to where ([`Entry`]);
//! [`book()`] writes it in the transaction in which the fact becomes true. A day's book is that
//! of its arrival: nothing is ever booked on a day that has passed, and where that day was closed
//! meanwhile ([`close_day`]), on the first open one.

mod account;
mod book;
mod close;

pub use account::{Account, Levy, Payer, debtor_of};
pub use book::{Cause, Entry, Kind, Line, book, book_all};
pub use close::close_day;
