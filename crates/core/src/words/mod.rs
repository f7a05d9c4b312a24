//! The words of Trireme: values that every crate speaks in. No behaviour beyond parsing, printing and checking.

pub mod artifact;
pub mod call;
pub mod contract;
pub mod criterion;
pub mod effort;
pub mod ids;
pub mod intent;
pub mod memo;
pub mod money;
pub mod opinion;
pub mod plan;
pub mod seniority;
pub mod share;
pub mod shredding;
pub mod stakes;
pub mod tools;
pub mod triage;
pub mod wire;

pub use artifact::Artifact;
pub use call::{Fault, Reply, Stop, Usage};
pub use contract::{ContextItem, Contract, Mode, TaskKind, Withheld};
pub use criterion::{Check, Criterion, Evidence, Finding, Verdict};
pub use effort::Effort;
pub use ids::*;
pub use intent::Intent;
pub use memo::{Memo, Priority, Recipient};
pub use money::{Money, PicoPerToken};
pub use opinion::{About, Asker, Confidence, Difference, LoneQuestion, Only, Side, Synthesis};
pub use plan::{Decision, Phase, Plan, Section};
pub use seniority::Seniority;
pub use share::Share;
pub use shredding::{Shredding, Shreds};
pub use stakes::{Stakes, StakesRule};
pub use tools::{Tool, ToolSet};
pub use triage::{Path, Triage, TriagedBy};
pub use wire::Wire;
