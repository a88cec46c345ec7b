//! The book that balances to the đồng.
mod booking;
mod role;
