//! The words and the machine of Trireme. No I/O, no clock, no entropy: time and identity come in with the inputs,
//! and nothing here can fail except by a typed refusal.

pub mod limits;
pub mod prompts;
pub mod words;

pub use words::*;
