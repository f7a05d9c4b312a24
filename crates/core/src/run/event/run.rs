//! The run as a whole: intent, plan, phases, end.

use serde::{Deserialize, Serialize};

use super::end::{Cause, PlanAuthor, RunEnd};
use super::outline::PlanOutline;
use crate::catalogue::Catalogue;
use crate::roles::Role;
use crate::run::again::ProposalBlobs;
use crate::run::deadlines::Deadlines;
use crate::run::input::Command;
use crate::words::*;

/// The run as a whole: intent, plan, phases, end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEvent {
    /// The run exists.
    Began {
        /// Its name.
        run: RunId,
        /// The intent's document.
        intent: BlobRef,
        /// Its total.
        total: Money,
        /// The Orchestrator's part.
        reserve: Share,
        /// Where the work starts.
        base: CommitId,
        /// Models and prices.
        catalogue: Box<Catalogue>,
        /// Whether the Owner approved whatever plan comes.
        preapproved: bool,
        /// How long what may take.
        #[serde(default)]
        deadlines: Deadlines,
        /// What makes stakes high, beside the plan.
        #[serde(default, skip_serializing_if = "StakesRule::is_empty")]
        stakes: StakesRule,
        /// The only thing that is asked for, where there is no work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<LoneQuestion>,
        /// Roles of files that contracts may name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roles: Vec<Role>,
        /// Commands that the Owner wants to pass at the end.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        checks: Vec<String>,
        /// Commands that prepare folders.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        setups: Vec<SetUp>,
        /// The most that anybody may do: all tools by their names, so that none that comes later is among them.
        #[serde(default = "before_scopes")]
        scope: Box<Scope>,
        /// Tools of servers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        foreign: Option<Box<ForeignTools>>,
        /// The engine's own plan, if it had one for the intent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shortcut: Option<Box<ProposalBlobs>>,
    },
    /// Commands are held at this level from now on.
    Sandboxed {
        /// Which.
        level: SandboxLevel,
    },
    /// The Owner commanded, and it was taken.
    Commanded {
        /// What.
        command: Command,
    },
    /// It is decided which way the intent goes.
    Triaged {
        /// Which way, why, and who decided.
        triage: Triage,
    },
    /// The rules of triage are in doubt: a model is asked, and this is the engine's plan for the direct path.
    Doubted {
        /// What the rules say.
        reason: String,
        /// The plan's document.
        plan: BlobRef,
        /// What an approval names.
        hash: Digest,
        /// What the machine needs of it.
        outline: PlanOutline,
    },
    /// There is a plan.
    PlanProposed {
        /// Its document.
        plan: BlobRef,
        /// What an approval names.
        hash: Digest,
        /// What the machine needs of it.
        outline: PlanOutline,
        /// Who made it.
        #[serde(default, skip_serializing_if = "PlanAuthor::is_orchestrator")]
        author: PlanAuthor,
    },
    /// The Owner wants another plan: the Orchestrator plans anew.
    PlanSentBack {
        /// What the Owner says.
        text: BlobRef,
    },
    /// The plan may start.
    PlanApproved {
        /// Which.
        hash: Digest,
        /// False where the Owner had said yes beforehand.
        seen: bool,
    },
    /// A phase starts.
    PhaseBegan {
        /// Which.
        phase: PhaseId,
        /// What its sections start from.
        base: CommitId,
    },
    /// A set-up command is to be run before the sections of a phase begin, unless its fittings are there.
    SetUpBegan {
        /// The effect that this owes.
        effect: EffectId,
        /// The phase.
        phase: PhaseId,
        /// Which command of the run's list.
        number: u16,
        /// Its name.
        name: String,
        /// On which commit.
        commit: CommitId,
    },
    /// A set-up command is over.
    SetUpEnded {
        /// The effect that is answered.
        effect: EffectId,
        /// The phase.
        phase: PhaseId,
        /// Its name.
        name: String,
        /// What became of it.
        result: SetUpResult,
    },
    /// A phase is over.
    PhaseEnded {
        /// Which.
        phase: PhaseId,
        /// Whether all of its sections are verified and merged.
        whole: bool,
    },
    /// The whole plan's definition of done is to be checked, or there is nothing left to check.
    Closing {
        /// Why there is nothing more to do.
        cause: Cause,
    },
    /// The Orchestrator's last word.
    Concluded {
        /// What it says to the Owner.
        conclusion: BlobRef,
    },
    /// The run's branch is to be set.
    PublishBegan {
        /// The effect that this owes.
        effect: EffectId,
        /// To what.
        commit: CommitId,
    },
    /// The run's branch is set.
    Published {
        /// The effect that is answered.
        effect: EffectId,
    },
    /// The process that worked on an effect was lost.
    EffectLost {
        /// Which.
        effect: EffectId,
    },
    /// Something of this machine is broken; the run can't go on with what needs it.
    EffectBroken {
        /// Which.
        effect: EffectId,
        /// What is wrong.
        reason: String,
    },
    /// The run is over. Nothing comes after this but the loss of its payloads.
    Ended {
        /// How.
        end: RunEnd,
    },
    /// Payloads go: nobody can read them again. All else stays.
    Shredded {
        /// Which, and why.
        shredding: Shredding,
    },
}

/// What everybody could do before scopes were written down.
fn before_scopes() -> Box<Scope> {
    let tools = vec![Tool::Read, Tool::List, Tool::Search, Tool::Git, Tool::Edit, Tool::Write, Tool::Run];
    Box::new(ToolSet::from(tools).into())
}
