//! A run is driven again: out of its events come the inputs that there must have been, and out of these the events once more.
//!
//! ```text
//! recorded events ──► origin ──► input ──► step ──► events, held against the recorded ones
//! ```
//!
//! What is absent: documents and answers of models, which are payloads; the caller brings them. Every input begins with an
//! event that tells of it, or with what a timer did. An input that brought no event changed nothing, and is not missed.

use super::event::{AgentEvent, BranchEvent, Event, PlanAuthor, PlanOutline, RunEvent, TaskEvent};
use super::input::{Begin, Command, Input, Outcome, Proposal, Stamped};
use super::{Effect, Run};
use crate::words::*;

/// A run while it is driven again.
#[derive(Clone, Default)]
pub struct Again {
    run: Run,
}

/// What the next events come of, as far as they tell.
pub enum Origin {
    /// That came in.
    Input(Input),
    /// The run began, with these documents.
    Begin(Box<Beginning>),
    /// The Owner put another plan in the place of the one that waited.
    Edit(ProposalBlobs),
    /// A model answered: what it asked for is in its reply.
    Reply {
        /// The call.
        effect: EffectId,
        /// What the answer says about itself.
        reply: Reply,
        /// The answer.
        content: BlobRef,
    },
    /// An earlier version did not write it down: what is missing.
    Untold(&'static str),
}

/// A proposal by its documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProposalBlobs {
    /// The plan.
    pub plan: BlobRef,
    /// The contract of its only task, where it has no Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<BlobRef>,
}

/// How a run began, but for the bodies of its documents.
pub struct Beginning {
    /// The intent.
    pub intent: BlobRef,
    /// The plan that came with it.
    pub given: Option<BlobRef>,
    /// The engine's own plan.
    pub shortcut: Option<ProposalBlobs>,
    path: Option<Path>,
    began: RunEvent,
}

/// Where today's run and the recorded one part.
#[derive(Debug)]
pub struct Mismatch {
    /// How many of the events before it are alike, of those that were looked at.
    pub alike: usize,
    /// What is recorded; none where nothing is.
    pub recorded: Option<(Millis, Event)>,
    /// What happens today; none where nothing does.
    pub made: Option<(Millis, Event)>,
}

impl Again {
    /// The run up to here.
    #[must_use]
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// What the first of the events ahead comes of.
    #[must_use]
    pub fn origin(&self, ahead: &[(Millis, Event)]) -> Origin {
        match ahead.first().map(|(_, event)| event) {
            Some(Event::Run(event)) => of_run(event, ahead),
            Some(Event::Agent(event)) => self.of_agent(event, ahead),
            Some(Event::Task(event)) => of_task(event),
            Some(Event::Branch(event)) => of_branch(event),
            Some(Event::Money(_) | Event::Opinion(_)) | None => Origin::Input(Input::Tick),
        }
    }

    /// Takes an input at the moment of the first of the events ahead, and says how many of them it brought.
    ///
    /// # Errors
    /// Where it brings others.
    pub fn take(&mut self, ahead: &[(Millis, Event)], input: Input) -> Result<usize, Box<Mismatch>> {
        let at = ahead.first().map_or(Millis(0), |(at, _)| *at);
        let made = self.run.step([Stamped { at, input }]).events;
        let alike = made.iter().zip(ahead).take_while(|(made, recorded)| made == recorded).count();
        if alike == made.len() && alike > 0 {
            return Ok(alike);
        }
        let (recorded, made) = (ahead.get(alike).cloned(), made.into_iter().nth(alike));
        Err(Box::new(Mismatch { alike, recorded, made }))
    }

    fn of_agent(&self, event: &AgentEvent, ahead: &[(Millis, Event)]) -> Origin {
        match event {
            AgentEvent::Reserved { agent, body_bytes, .. } | AgentEvent::Parked { agent, body_bytes } => {
                self.composed(*agent, Some(*body_bytes))
            }
            AgentEvent::CallRefused { agent, body_bytes, .. }
            | AgentEvent::NotesAsked { agent, body_bytes, .. }
            | AgentEvent::Compacted { agent, body_bytes, .. } => self.composed(*agent, *body_bytes),
            AgentEvent::Replied { effect, content, reply, .. } => {
                Origin::Reply { effect: *effect, reply: reply.clone(), content: *content }
            }
            AgentEvent::CallFailed { effect, fault, jitter, .. } => {
                failed(*effect, fault, *jitter, ahead.get(1).map(|(_, event)| event))
            }
            AgentEvent::CallUnsent { effect, resumes_in_ms, .. } => {
                outcome(*effect, Outcome::Unsent { resumes_in_ms: *resumes_in_ms })
            }
            AgentEvent::ToolDone { effect, output, ok, tree, whole, ran, refused, .. } => {
                let (tree, ran, refused) = (tree.clone(), ran.clone(), refused.clone());
                outcome(
                    *effect,
                    Outcome::Done { output: *output, ok: *ok, tree, whole: *whole, ran, refused },
                )
            }
            AgentEvent::AgentSpawned { .. }
            | AgentEvent::TurnBegan { .. }
            | AgentEvent::RetryPlanned { .. }
            | AgentEvent::RetryBegan { .. }
            | AgentEvent::ToolCalled { .. }
            | AgentEvent::Answered { .. }
            | AgentEvent::Noticed { .. }
            | AgentEvent::AgentEnded { .. }
            | AgentEvent::QuestionAsked { .. }
            | AgentEvent::QuestionClosed { .. }
            | AgentEvent::MemoSent { .. }
            | AgentEvent::MemoClosed { .. } => Origin::Input(Input::Tick),
        }
    }

    /// The request of an agent was put together, if one was owed.
    fn composed(&self, agent: AgentId, body_bytes: Option<u64>) -> Origin {
        let is_its = |effect: &Effect| matches!(effect, Effect::Compose { agent: of } if *of == agent);
        let owed = self.run.owed().find(|(_, effect)| is_its(effect)).map(|(id, _)| id);
        match (owed, body_bytes) {
            (Some(effect), Some(body_bytes)) => outcome(effect, Outcome::Composed { body_bytes }),
            (Some(_), None) => Origin::Untold("how long a request was that did not leave"),
            (None, _) => Origin::Input(Input::Tick),
        }
    }
}

impl Beginning {
    /// The whole beginning, with the bodies of its documents.
    #[must_use]
    pub fn begin(self, intent: Intent, given: Option<Plan>, shortcut: Option<Proposal>) -> Option<Begin> {
        let RunEvent::Began {
            run,
            intent: blob,
            base,
            catalogue,
            preapproved,
            deadlines,
            stakes,
            question,
            roles,
            setups,
            total: _,
            reserve: _,
            checks: _,
            scope,
            foreign,
            shortcut: _,
        } = self.began
        else {
            return None;
        };
        Some(Begin {
            run,
            intent: Lodged { body: intent, blob },
            base,
            catalogue: *catalogue,
            plan: given.zip(self.given).map(|(body, blob)| Lodged { body, blob }),
            preapproved,
            deadlines,
            stakes,
            question,
            roles,
            setups,
            scope: *scope,
            foreign: foreign.map(|foreign| *foreign),
            path: self.path,
            shortcut,
        })
    }
}

impl ProposalBlobs {
    /// Of a proposal that the engine hands in.
    #[must_use]
    pub fn of(proposal: &Proposal) -> Self {
        let contract = proposal.contract.as_ref().map(|contract| contract.blob);
        Self { plan: proposal.plan.blob, contract }
    }

    /// The proposal, with the bodies of its documents.
    #[must_use]
    pub fn proposal(self, plan: Plan, contract: Option<Contract>) -> Proposal {
        Proposal {
            plan: Lodged { body: plan, blob: self.plan },
            contract: contract.zip(self.contract).map(|(body, blob)| Lodged { body, blob }),
        }
    }

    fn outlined(plan: BlobRef, outline: &PlanOutline) -> Self {
        let only = outline.sections.iter().find_map(|section| section.only.as_ref());
        Self { plan, contract: only.map(|only| only.contract) }
    }
}

fn outcome(effect: EffectId, outcome: Outcome) -> Origin {
    Origin::Input(Input::Outcome { effect, outcome })
}

fn of_run(event: &RunEvent, ahead: &[(Millis, Event)]) -> Origin {
    match event {
        RunEvent::Began { intent, shortcut, .. } => {
            beginning(event, *intent, shortcut.as_deref().copied(), ahead)
        }
        RunEvent::Sandboxed { level } => Origin::Input(Input::Sandbox(*level)),
        RunEvent::Commanded { command } => Origin::Input(Input::Command(command.clone())),
        RunEvent::PlanProposed { plan, outline, author: PlanAuthor::Owner, .. } => {
            Origin::Edit(ProposalBlobs::outlined(*plan, outline))
        }
        RunEvent::SetUpEnded { effect, result, .. } => outcome(*effect, Outcome::SetUp(result.clone())),
        RunEvent::Published { effect } => outcome(*effect, Outcome::Published),
        RunEvent::EffectLost { effect } => outcome(*effect, Outcome::Lost),
        RunEvent::EffectBroken { effect, reason } => {
            outcome(*effect, Outcome::Broken { reason: reason.clone() })
        }
        RunEvent::Shredded { shredding } => Origin::Input(Input::Shred(shredding.clone())),
        RunEvent::Triaged { .. }
        | RunEvent::Doubted { .. }
        | RunEvent::PlanProposed { .. }
        | RunEvent::PlanSentBack { .. }
        | RunEvent::PlanApproved { .. }
        | RunEvent::PhaseBegan { .. }
        | RunEvent::SetUpBegan { .. }
        | RunEvent::PhaseEnded { .. }
        | RunEvent::Closing { .. }
        | RunEvent::Concluded { .. }
        | RunEvent::PublishBegan { .. }
        | RunEvent::Ended { .. } => Origin::Input(Input::Tick),
    }
}

/// The way of the intent is told by the event after the beginning; a plan that came with it, by the one after the Orchestrator.
fn beginning(
    began: &RunEvent,
    intent: BlobRef,
    recorded: Option<ProposalBlobs>,
    ahead: &[(Millis, Event)],
) -> Origin {
    let run_event = |place: usize| match ahead.get(place) {
        Some((_, Event::Run(event))) => Some(event),
        Some(_) | None => None,
    };
    let (mut given, mut shortcut, mut path) = (None, recorded, None);
    match (run_event(1), run_event(2)) {
        (Some(RunEvent::Doubted { plan, outline, .. }), _) => {
            shortcut.get_or_insert(ProposalBlobs::outlined(*plan, outline));
        }
        (Some(RunEvent::Triaged { triage }), then) => {
            path = (triage.by == TriagedBy::Owner).then_some(triage.path);
            if let Some(RunEvent::PlanProposed { plan, outline, .. }) = then {
                shortcut.get_or_insert(ProposalBlobs::outlined(*plan, outline));
            }
            if shortcut.is_none() && path.is_none() {
                return Origin::Untold("the plan of the path that was not taken");
            }
        }
        (_, Some(RunEvent::PlanProposed { plan, .. })) => given = Some(*plan),
        (Some(_) | None, Some(_) | None) => {}
    }
    Origin::Begin(Box::new(Beginning { intent, given, shortcut, path, began: began.clone() }))
}

/// A call did not come back, or whoever made it was stopped in the midst of it.
fn failed(effect: EffectId, fault: &Fault, jitter: Option<u16>, next: Option<&Event>) -> Origin {
    match (jitter, next) {
        (Some(jitter), _) => outcome(effect, Outcome::Faulted { fault: fault.clone(), jitter }),
        (None, Some(Event::Run(RunEvent::EffectBroken { effect: broken, reason }))) if *broken == effect => {
            outcome(effect, Outcome::Broken { reason: reason.clone() })
        }
        (None, _) if *fault == Fault::Lost => Origin::Input(Input::Tick),
        (None, _) => Origin::Untold("for how long a call that failed was spread out"),
    }
}

fn of_task(event: &TaskEvent) -> Origin {
    match event {
        TaskEvent::AttemptSealed { effect, seal, .. } => outcome(*effect, Outcome::Sealed(seal.clone())),
        TaskEvent::Checked { effect, findings, missing, artifacts, .. } => {
            let (findings, missing) = (findings.clone(), missing.clone());
            outcome(*effect, Outcome::Checked { findings, missing, artifacts: artifacts.clone() })
        }
        TaskEvent::ConflictForeseen { .. }
        | TaskEvent::TaskCreated { .. }
        | TaskEvent::AttemptBegan { .. }
        | TaskEvent::ResultClaimed { .. }
        | TaskEvent::CheckBegan { .. }
        | TaskEvent::Reviewed { .. }
        | TaskEvent::DefectFound { .. }
        | TaskEvent::AttemptEnded { .. }
        | TaskEvent::TaskAccepted { .. }
        | TaskEvent::TaskCut { .. } => Origin::Input(Input::Tick),
    }
}

fn of_branch(event: &BranchEvent) -> Origin {
    match event {
        BranchEvent::Merged { effect, commit, tree, .. } => {
            outcome(*effect, Outcome::Merged { commit: commit.clone(), tree: tree.clone() })
        }
        BranchEvent::MergeFailed { effect, paths, .. } => {
            outcome(*effect, Outcome::Conflicted { paths: paths.clone() })
        }
        BranchEvent::MergeBegan { .. }
        | BranchEvent::Advanced { .. }
        | BranchEvent::Withdrawn { .. }
        | BranchEvent::SectionReported { .. }
        | BranchEvent::SectionEnded { .. }
        | BranchEvent::SectionReturned { .. }
        | BranchEvent::ReplanAsked { .. }
        | BranchEvent::ReplanDropped { .. }
        | BranchEvent::SectionReplanned { .. } => Origin::Input(Input::Tick),
    }
}

/// The input by which a plan is put in the place of another.
#[must_use]
pub fn edit(proposal: Proposal) -> Input {
    Input::Command(Command::EditPlan { proposal: Box::new(proposal) })
}
