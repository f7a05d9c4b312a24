//! All the I/O of Trireme: run loop, journal, blobs, bus, workspace, seam. Every secret lives here, and every clock.
//!
//! The application sees [`Engine`], [`Live`], [`Past`] and [`Seen`]; it hands in commands and draws views.

pub mod blobs;
pub mod bus;
pub mod clock;
mod commands;
mod doctor;
mod engine;
mod error;
mod folder;
pub mod gateway;
mod gists;
mod ground;
pub mod journal;
pub mod mcp;
mod past;
mod project;
mod reach;
pub mod redaction;
mod replay;
pub mod retention;
mod roles;
pub mod run_loop;
pub mod sandbox;
pub mod scenario;
pub mod scribe;
mod secrets;
mod seen;
mod settings;
mod shortcut;
pub mod sql;
mod standing;
mod stubs;
pub mod vault;
pub mod workspace;
pub mod world;

pub use commands::Taken;
pub use doctor::Check;
pub use engine::{Engine, Live, Orders};
pub use error::{EngineError, Kind};
pub use folder::RunFolder;
pub use past::{Past, RunEntry};
pub use replay::{Fact, Parting, Replay, ReplayedCalls, Untold};
pub use roles::Roles;
pub use run_loop::Finish;
pub use seen::{OnRecord, PartKind, Seen, SeenAgent, SeenCall, SeenPart, Transcript, Utterance, Wanted};
pub use settings::{Order, Settings};
pub use standing::{Standing, StandingFiles};
pub use workspace::{DirtyTree, HeldFile};
