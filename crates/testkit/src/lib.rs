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

pub mod cast;
pub mod chaos;
pub mod fixtures;
pub mod journal;
pub mod play;
pub mod prng;
pub mod provider;
pub mod script;
pub mod words;
pub mod world;

pub use cast::Cast;
pub use play::{Disturbance, Play};
pub use prng::Prng;
pub use script::Script;
pub use world::World;
