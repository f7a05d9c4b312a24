//! A job: an effect with everything of the run that it needs, so that it can be done without the run.

use trireme_core::prompts::conversation::Conversation;
use trireme_core::run::event::Seat;
use trireme_core::run::state::{AttemptState, TaskState};
use trireme_core::run::{CriteriaSource, Effect, Run, Subject};
use trireme_core::*;

use super::desks::{Desk, Globs};
use crate::bus::governor::Party;

/// What is to be done.
pub enum Job {
    /// Put a request together and measure it.
    Compose(Composition),
    /// Send it.
    Call(Call),
    /// Run a workspace tool.
    Tool(ToolJob),
    /// Make a commit of an attempt's files.
    Seal(SealJob),
    /// Run criteria.
    Check(CheckJob),
    /// Merge commits.
    Merge(MergeJob),
    /// Run a set-up command.
    SetUp(SetUpJob),
    /// Set the run's branch.
    Publish(CommitId),
}

/// How heavy a job is, and so with how many others it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A call to a model, from putting it together to its answer.
    Call,
    /// A look at files, or a change of one.
    Light,
    /// A command, a checkout, a merge.
    Heavy,
    /// A call of a server, which is mostly waited for.
    Foreign,
}

/// A request to be put together.
pub struct Composition {
    /// What the model is told.
    pub conversation: Conversation,
    /// The longest name among the models that may get it.
    pub model: String,
}

/// A request to be sent.
pub struct Call {
    /// What the model is told.
    pub conversation: Conversation,
    /// Whose tools its calls name.
    pub seat: Seat,
    /// What it judges, if it judges results.
    pub judges: Option<Desk>,
    /// What documents that it hands in are held against, if it hands in any.
    pub ground: Option<Ground>,
    /// With whom it shares the provider fairly: with those of other sections.
    pub party: Party,
    /// Which model.
    pub model: String,
    /// How long it may think.
    pub effort: Option<Effort>,
    /// The most that it may write, in tokens.
    pub max_tokens: u64,
}

/// What plans and contracts are held against when they are handed in.
#[derive(PartialEq, Eq)]
pub struct Ground {
    /// What the work would begin with.
    pub base: CommitId,
    /// The plan's document and which of its sections it is, for a Manager.
    pub plan: Option<(BlobRef, u16)>,
    /// Other sections of the phase that have changed something: their names and their branches.
    pub beside: Vec<(String, CommitId)>,
}

impl Ground {
    fn of(run: &Run, agent: AgentId) -> Option<Self> {
        match run.agents().get(agent)?.seat {
            Seat::Orchestrator => {
                let base = run.tip().or(run.head().map(|head| &head.base))?;
                Some(Self { base: base.clone(), plan: None, beside: Vec::new() })
            }
            Seat::Manager(section) => {
                let state = run.sections().get(section)?;
                let phase = run.phases().get(state.outline.phase)?;
                let others = phase.sections.iter().filter(|id| **id != section);
                let others = others.filter_map(|id| run.sections().get(*id));
                let changed = others.filter(|other| other.tip != other.base && !other.withdrawn);
                let beside =
                    changed.filter_map(|other| Some((other.outline.name.clone(), other.tip.clone()?)));
                Some(Self {
                    base: state.tip.clone()?,
                    plan: Some((state.plan, state.outline.place)),
                    beside: beside.collect(),
                })
            }
            Seat::Triage | Seat::Worker(_) | Seat::Reviewer(_) | Seat::Adviser(..) | Seat::Synthesist(_) => {
                None
            }
        }
    }
}

/// A workspace tool to be run.
pub struct ToolJob {
    /// Where.
    pub desk: Desk,
    /// The reply that asks for it.
    pub reply: BlobRef,
    /// Which call of the reply.
    pub index: u16,
    /// Which tool.
    pub tool: Tool,
    /// In which bounds.
    pub bounds: Bounds,
    /// The foreign tool, where it is one.
    pub foreign: Option<ForeignTool>,
}

/// An attempt's files to be committed.
pub struct SealJob {
    /// The attempt.
    pub attempt: AttemptId,
    /// Where.
    pub desk: Desk,
    /// Its contract.
    pub contract: BlobRef,
    /// Globs of the only paths that its scope lets change.
    pub writes: Globs,
    /// Contracts that it must not break.
    pub held: Vec<BlobRef>,
    /// What it started from.
    pub base: CommitId,
    /// Files that came with the result.
    pub files: Option<BlobRef>,
    /// What the commit says.
    pub message: String,
    /// The commit's date.
    pub at: Millis,
}

/// Criteria to be run.
pub struct CheckJob {
    /// Of what.
    pub subject: Subject,
    /// On which commit.
    pub commit: CommitId,
    /// Where the criteria are written down.
    pub sources: Vec<CriteriaSource>,
    /// Files that must be there.
    pub files: Vec<String>,
}

/// A set-up command to be run, unless its fittings are there.
pub struct SetUpJob {
    /// Which command of the run's list.
    pub number: usize,
    /// On which commit.
    pub commit: CommitId,
}

/// Commits to be merged.
pub struct MergeJob {
    /// For what.
    pub subject: Subject,
    /// The branch.
    pub ours: CommitId,
    /// What comes into it.
    pub theirs: CommitId,
    /// What the merge says.
    pub message: String,
    /// The merge's date.
    pub at: Millis,
}

impl Job {
    /// The job that an effect of the run stands for.
    #[must_use]
    pub fn of(run: &Run, effect: &Effect) -> Option<Self> {
        Some(match effect {
            Effect::Compose { agent } => Self::Compose(Composition {
                conversation: conversation(run, *agent)?,
                model: longest_name(run, *agent)?,
            }),
            Effect::Call { agent, model, effort, max_tokens } => Self::Call(Call {
                conversation: conversation(run, *agent)?,
                seat: run.agents().get(*agent)?.seat,
                ground: Ground::of(run, *agent),
                judges: Desk::of(run, *agent).filter(|desk| matches!(desk, Desk::Review { .. })),
                party: party(run, *agent),
                model: model.clone(),
                effort: *effort,
                max_tokens: *max_tokens,
            }),
            Effect::Tool { agent, index, tool } => Self::Tool(ToolJob {
                desk: Desk::of(run, *agent)?,
                reply: run.agents().get(*agent)?.turns.last()?.reply?,
                index: *index,
                tool: *tool,
                bounds: run.agents().get(*agent)?.scope.bounds.clone(),
                foreign: foreign(run, *agent, *index),
            }),
            Effect::Seal { attempt } => Self::Seal(seal(run, *attempt)?),
            Effect::Check { subject, commit } => Self::Check(CheckJob {
                subject: *subject,
                commit: commit.clone(),
                sources: run.criteria_of(*subject),
                files: run.files_for(*subject),
            }),
            Effect::Merge { subject, ours, theirs } => Self::Merge(MergeJob {
                subject: *subject,
                ours: ours.clone(),
                theirs: theirs.clone(),
                message: merge_message(run, *subject),
                at: run.now(),
            }),
            Effect::SetUp { number, commit, .. } => {
                Self::SetUp(SetUpJob { number: usize::from(*number), commit: commit.clone() })
            }
            Effect::Publish { commit } => Self::Publish(commit.clone()),
        })
    }

    /// How heavy an effect is.
    #[must_use]
    pub const fn lane(effect: &Effect) -> Lane {
        match effect {
            Effect::Compose { .. } | Effect::Call { .. } => Lane::Call,
            Effect::Tool { tool: Tool::Run, .. } => Lane::Heavy,
            Effect::Tool { tool: Tool::Foreign, .. } => Lane::Foreign,
            Effect::Tool { .. } => Lane::Light,
            Effect::Seal { .. }
            | Effect::Check { .. }
            | Effect::Merge { .. }
            | Effect::SetUp { .. }
            | Effect::Publish { .. } => Lane::Heavy,
        }
    }
}

fn conversation(run: &Run, agent: AgentId) -> Option<Conversation> {
    trireme_core::prompts::conversation::conversation(run, agent)
}

/// The foreign tool that a call names, as the run offers it.
fn foreign(run: &Run, agent: AgentId, index: u16) -> Option<ForeignTool> {
    let name = run.agents().get(agent)?.slot(index)?.foreign.as_deref()?;
    run.head()?.foreign.as_ref()?.named(name).cloned()
}

/// A section of a run, or its Orchestrator.
fn party(run: &Run, agent: AgentId) -> Party {
    let id = run.head().map(|head| head.id.to_string()).unwrap_or_default();
    let section = run.section_of(agent).map_or_else(|| "orchestrator".to_owned(), |id| id.to_string());
    Party::new(&format!("{id}/{section}"))
}

/// The request is measured before its model is known: the longest name counts.
fn longest_name(run: &Run, agent: AgentId) -> Option<String> {
    run.candidates_of(agent).iter().map(|candidate| candidate.model.clone()).max_by_key(String::len)
}

fn seal(run: &Run, attempt: AttemptId) -> Option<SealJob> {
    let state = run.attempts().get(attempt)?;
    let task = run.tasks().get(state.task)?;
    Some(SealJob {
        attempt,
        desk: Desk::of_attempt(run, attempt)?,
        contract: task.contract,
        writes: task.outline.scope.bounds.write.clone(),
        held: run.held_contracts(attempt),
        base: state.base.clone(),
        files: state.claim.as_ref()?.files,
        message: attempt_message(run, task, state),
        at: state.time.0,
    })
}

fn attempt_message(run: &Run, task: &TaskState, attempt: &AttemptState) -> String {
    let section =
        run.sections().get(task.section).map(|section| section.outline.name.as_str()).unwrap_or_default();
    let run = run.head().map(|head| head.id.to_string()).unwrap_or_default();
    format!(
        "{}\n\nSection: {section}\nAttempt: {}\nSeniority: {}\nRun: {run}\n",
        task.outline.title, attempt.number, attempt.seniority
    )
}

fn merge_message(run: &Run, subject: Subject) -> String {
    let section_name = |id: SectionId| {
        run.sections().get(id).map(|section| section.outline.name.clone()).unwrap_or_default()
    };
    match subject {
        Subject::Task(attempt) | Subject::Attempt(attempt) => {
            let task = run.attempts().get(attempt).and_then(|attempt| run.tasks().get(attempt.task));
            let title = task.map(|task| task.outline.title.clone()).unwrap_or_default();
            let section = run.section_of_attempt(attempt).map(section_name).unwrap_or_default();
            format!("Merge {title:?} into section {section:?}\n")
        }
        Subject::Section(section) | Subject::Needs(section) | Subject::Phase(section) => {
            format!("Merge section {:?}\n", section_name(section))
        }
        Subject::Run => "Merge\n".to_owned(),
    }
}
