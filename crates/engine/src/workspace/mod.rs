//! The workspace: trusted git, a folder per attempt, and the tools by which a model works in it.
//!
//! What is absent: a worker's folder has no `.git`, so nothing in it can steer the git that we trust; no file tool
//! takes a path that leaves its folder; no process outlives the command that started it, as far as its environment
//! tells whose it is.
//!
//! ```text
//! repo ── base, merge, refs, changes ──┐
//! worktree, checkout ──────────────────┼── staging ── git (starts git)
//! pool (keeps folders for the next) ───┘  └── sweep, index_file (what differs, without git)
//!                                              vigil (where to look at all, told by the kernel)
//! fittings ── what set-up commands left, copied into folders
//! files ── read list glob search edit patch write ── walk   (directory handles, no process)
//! command ── run (starts sh) ── marked (finds and kills what a command left behind)
//! repo/lookback ── what an agent may know of earlier commits
//! visible ── which paths a contract shows, and which it lets change
//! ```

pub mod checkout;
pub mod command;
pub mod files;
pub mod git;
pub mod marked;
pub mod pool;
pub mod repo;
pub mod visible;
pub mod worktree;

mod fittings;
mod ignores;
mod index_file;
mod output;
mod remove;
mod staging;
mod sweep;
mod vigil;
mod walk;

pub use checkout::Checkout;
pub use command::{CommandError, CommandOutput, Shell, Stopped};
pub use files::{Files, ToolError};
pub(crate) use fittings::Fittings;
pub use git::{Git, GitError, GitVersion};
pub use marked::kill_marked;
pub(crate) use output::Kept;
pub use pool::Pool;
pub(crate) use remove::remove_tree;
pub use repo::{Change, ChangeKind, DirtyTree, Lookback, Merge, Pin, Repo, RepoError, TreeIsh};
pub use visible::{Sight, SightError, WriteSet};
pub use worktree::{HeldFile, Snapshot, Worktree};

#[cfg(test)]
mod tests;
