//! What the Owner can do to a plan that waits, beside yes and no: put another one in its place, or have the Orchestrator plan
//! anew. A plan of the engine's that is sent back goes to the Orchestrator, and so becomes a plan with Managers.

use super::event::{Answer, Notice, PlanAuthor, RunEvent};
use super::input::Proposal;
use super::planning::sound;
use super::state::Stage;
use super::step::{Draft, Refusal};
use crate::ledger::Ledger;
use crate::limits::PLAN_REVISIONS;
use crate::words::*;

impl Draft<'_> {
    /// Whether the Owner's plan may take the place of the one that waits.
    pub(super) fn can_edit(&self, proposal: &Proposal) -> Result<(), Refusal> {
        self.waits_for_approval()?;
        sound(proposal, &self.run.catalogue, &self.run.scope(), self.run.checks())
    }

    /// Whether the Orchestrator can plan anew.
    pub(super) fn can_revise(&self) -> Result<(), Refusal> {
        self.waits_for_approval()?;
        if self.run.revisions >= PLAN_REVISIONS {
            return not_now(&format!(
                "the plan was sent back {PLAN_REVISIONS} times; change it yourself with `trireme edit RUN --plan FILE`, or \
                 approve or reject it"
            ));
        }
        let can_plan = match self.run.orchestrator {
            Some(_) => self.orchestrator_can_speak(),
            None => !self.run.ledger.free(Ledger::RESERVE).is_zero(),
        };
        if can_plan {
            return Ok(());
        }
        not_now(
            "the Orchestrator has no money left to plan anew; change the plan yourself with `trireme edit RUN --plan FILE`, or \
             approve or reject it",
        )
    }

    fn waits_for_approval(&self) -> Result<(), Refusal> {
        match self.run.stage {
            Stage::Approval => Ok(()),
            Stage::Unborn | Stage::Planning => not_now("there is no plan to change yet"),
            Stage::Advising => not_now("there is no plan here, only a question"),
            Stage::Working(_)
            | Stage::Joining(_)
            | Stage::Checking(_)
            | Stage::Concluding(_)
            | Stage::Publishing(_)
            | Stage::Ended(_) => not_now(
                "the plan is approved already, and what is approved is not changed; `trireme kill` stops a run",
            ),
        }
    }

    /// The Owner wants another plan of the Orchestrator.
    pub(super) fn revise(&mut self, text: BlobRef) {
        let own = self.run.plan.as_ref().filter(|plan| plan.author == PlanAuthor::Owner);
        let plan = own.map(|plan| plan.plan);
        self.emit(RunEvent::PlanSentBack { text });
        match (self.open_control_call(self.run.orchestrator), self.run.orchestrator) {
            (Some((agent, index)), _) => self.answer_late(agent, index, Answer::PlanSentBack { text, plan }),
            (None, Some(agent)) => self.notify(agent, Notice::Revise { text, plan }),
            (None, None) => {
                let reason = "the Owner asked for another plan".to_owned();
                let triage = Triage { path: Path::Orchestrate, reason, by: TriagedBy::Owner };
                self.emit(RunEvent::Triaged { triage });
                let agent = self.spawn_orchestrator();
                self.notify(agent, Notice::Revise { text, plan });
            }
        }
    }
}

fn not_now(why: &str) -> Result<(), Refusal> {
    Err(Refusal::NotNow(why.to_owned()))
}
