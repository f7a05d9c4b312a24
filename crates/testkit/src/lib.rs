//! Development only: a simulated world around a [`trireme_core::Run`], without any I/O, and a provider on loopback.
//!
//! **`World`** keeps run, journal, clock and the provider's own bill, and checks every rule after every event.
//! **`Cast`** is what diligent models do by themselves; **`Story`** is what they do instead, in words; **`Chaos`** is a
//! seeded world in which anything may happen. [`provider`] answers over HTTP and keeps its own bill. A world that finds a rule broken stops the test that it stands in.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "development only: a broken world must stop its test"
)]

pub mod attempts;
pub mod cascade;
pub mod cast;
pub mod chaos;
pub mod crowd;
pub mod fixtures;
pub mod journal;
pub mod machine;
pub mod play;
pub mod prng;
pub mod provider;
pub mod script;
pub mod secrets;
pub mod words;
pub mod world;

pub use cast::Cast;
pub use play::{Disturbance, Play};
pub use prng::Prng;
pub use script::Script;
pub use world::World;

/// Says why a test can't run here. The harness keeps to itself what a passing test prints, so this goes past it; `.ci/run`
/// counts these lines.
pub fn skipped(why: impl std::fmt::Display) {
    use std::io::Write as _;
    std::io::stderr().write_all(format!("skipped: {why}\n").as_bytes()).unwrap();
}
