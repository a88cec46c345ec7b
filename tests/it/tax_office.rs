//! The tax side: its messages, and the office and treasury that the simulator plays.
mod faults;
mod hostile;
mod judge;
mod messages;
mod office;
mod stage;
