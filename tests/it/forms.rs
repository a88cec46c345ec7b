//! Forms and results as documents: templates, what is made of them, and what others say of it.
mod hostile;
mod judged;
mod produced;
mod registers;
mod templates;
