//! Branches and sections: merges, reports, ends.

use serde::{Deserialize, Serialize};

use super::end::SectionEnd;
use super::outline::SectionOutline;
use crate::run::effect::Subject;
use crate::words::*;

/// Branches and sections: merges, reports, ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchEvent {
    /// Commits are to be merged.
    MergeBegan {
        /// The effect that this owes.
        effect: EffectId,
        /// For what.
        subject: Subject,
        /// The branch.
        ours: CommitId,
        /// What comes into it.
        theirs: CommitId,
    },
    /// Commits were merged.
    Merged {
        /// The effect that is answered.
        effect: EffectId,
        /// For what.
        subject: Subject,
        /// The merge.
        commit: CommitId,
        /// Its tree.
        tree: TreeId,
    },
    /// Commits could not be merged.
    MergeFailed {
        /// The effect that is answered.
        effect: EffectId,
        /// For what.
        subject: Subject,
        /// Where.
        paths: Vec<String>,
    },
    /// A verified merge is the new tip of its branch.
    Advanced {
        /// Of what.
        subject: Subject,
        /// The tip.
        commit: CommitId,
        /// Its tree.
        tree: TreeId,
    },
    /// A merge stays out of its branch: it breaks a criterion, or does not merge.
    Withdrawn {
        /// Of what.
        subject: Subject,
    },
    /// A Manager says that it is done.
    SectionReported {
        /// Which.
        section: SectionId,
        /// Whether it says that all of it is.
        done: bool,
        /// What it says.
        conclusion: BlobRef,
        /// Which call of its last reply waits.
        index: u16,
    },
    /// A section is over.
    SectionEnded {
        /// Which.
        section: SectionId,
        /// How.
        end: SectionEnd,
    },
    /// A section's Manager gives it back, and the Orchestrator is asked to replan it.
    SectionReturned {
        /// Which.
        section: SectionId,
        /// Why.
        reason: BlobRef,
    },
    /// A section came to nothing, and the Orchestrator is asked to replan it before its phase ends without it.
    ReplanAsked {
        /// Which.
        section: SectionId,
    },
    /// Nobody comes in a section's place: the Orchestrator said nothing in time, or can't any more.
    ReplanDropped {
        /// Which.
        section: SectionId,
    },
    /// A section was too large, or came to nothing; others take its place, or nobody does.
    SectionReplanned {
        /// Which.
        section: SectionId,
        /// The document of the new sections.
        plan: BlobRef,
        /// What the machine needs of them.
        sections: Vec<SectionOutline>,
    },
}
