//! What a run was given when it began.

use crate::roles::Role;
use crate::run::deadlines::Deadlines;
use crate::words::*;

/// The run's constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its name.
    pub id: RunId,
    /// The intent's document.
    pub intent: BlobRef,
    /// Where the work starts.
    pub base: CommitId,
    /// Whether the Owner approved whatever plan comes.
    pub preapproved: bool,
    /// When it began.
    pub began: Millis,
    /// How long what may take.
    pub deadlines: Deadlines,
    /// What makes stakes high, beside the plan.
    pub stakes: StakesRule,
    /// Roles of files that contracts may name.
    pub roles: Vec<Role>,
    /// Commands that the Owner wants to pass at the end.
    pub checks: Vec<String>,
    /// Commands that prepare folders.
    pub setups: Vec<SetUp>,
    /// The most that anybody may do.
    pub scope: Scope,
    /// Tools of servers.
    pub foreign: Option<ForeignTools>,
}
