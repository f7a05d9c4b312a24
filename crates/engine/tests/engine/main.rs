//! The engine with everything real but the models: SQLite, git, commands, and the provider's wire on loopback.

mod control;
mod crowd;
mod examples;
mod relay;
mod support;
