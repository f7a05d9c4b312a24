//! CSV in, JSON out, checked on the way. `interface` is what the other modules agree on.

pub mod cli;
pub mod convert;
pub mod interface;
pub mod json;
pub mod parser;
pub mod validator;
