//! The book that balances to the đồng.
mod booking;
mod model;
mod role;
mod verifying;
