//! What each command does. None of them decides anything: they ask the engine and print.

pub(crate) mod at;
pub(crate) mod control;
pub(crate) mod cost;
pub(crate) mod doctor;
pub(crate) mod edit;
pub(crate) mod filter;
pub(crate) mod gateway;
pub(crate) mod keep;
pub(crate) mod log;
pub(crate) mod mcp;
pub(crate) mod models;
pub(crate) mod opinion;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod roles;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod seen;
pub(crate) mod show;
pub(crate) mod sql;
pub(crate) mod transcript;
pub(crate) mod watch;
