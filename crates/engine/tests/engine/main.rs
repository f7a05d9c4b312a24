//! The engine with everything real but the models: SQLite, git, commands, and the provider's wire on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops where it fails"
)]

mod conformance;
mod control;
mod counsel;
mod crowd;
mod direct;
mod examples;
mod gateway;
mod gists;
mod late;
mod listener;
mod old;
mod paths;
mod relay;
mod seam;
mod seen;
mod support;
mod tokens;
mod withheld;
