//! Scripted models: a scenario plays every model of a run through the real wire, on loopback.
//!
//! ```text
//! scenario.toml ── file ──► Scenario ──► server ──► check (is this request of the protocol?)
//!                                          │  ├───► matching (which reply?)
//!                                          ▼  └───► answer (the reply in the provider's words)
//!                                     adapter of the bus, which can't tell the difference
//! ```

mod answer;
mod check;
mod file;
mod matching;
mod script;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use file::ScenarioError;
pub use matching::{Asked, Card, Miss, When, pick};
pub use script::{
    IntentDefaults, Scenario, ScriptedCall, ScriptedFault, ScriptedModel, ScriptedReply, Template,
};
pub use server::{Server, ServerError};
pub use state::Tally;
