//! The engine with everything real but the models: SQLite, git, commands, and the provider's wire on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops where it fails"
)]

#[cfg(target_os = "linux")]
mod commands;
mod conformance;
mod control;
mod counsel;
mod crowd;
mod direct;
#[cfg(target_os = "linux")]
mod escapes;
mod examples;
mod gateway;
mod gists;
mod late;
mod liars;
mod listener;
#[cfg(target_os = "linux")]
mod mcp;
mod old;
mod paths;
mod relay;
mod scope;
mod seam;
mod seen;
mod setup;
mod support;
mod tokens;
mod traces;
mod withheld;
