//! The words and the machine of Trireme. No I/O, no clock, no entropy: time and identity come in with the inputs,
//! and nothing here can fail except by a typed refusal.

pub mod catalogue;
pub mod contract_lint;
mod criteria_lint;
pub mod failure;
pub mod front_matter;
pub mod gateway;
pub mod gist;
pub mod health;
pub mod judges;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod manifests;
pub mod plan_check;
pub mod prompts;
pub mod quote;
pub mod report;
pub mod roles;
pub mod router;
pub mod run;
pub mod shortcut;
pub mod survey;
pub mod table;
pub mod triage;
pub mod view;
pub mod weight;
pub mod words;

#[cfg(test)]
mod fixture;

pub use run::Run;
pub use words::*;
