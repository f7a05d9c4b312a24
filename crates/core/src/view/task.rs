//! A task from outside.

use serde::Serialize;

use super::agent::activity;
use super::{Activity, Purses, purses};
use crate::run::Run;
use crate::run::event::{AgentEnd, AttemptEnd};
use crate::run::state::{AttemptState, TaskStage, TaskState as Known};
use crate::words::*;

/// A task from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What kind of work.
    pub kind: TaskKind,
    /// How it is done.
    pub mode: Mode,
    /// How much model its last attempt gets.
    pub seniority: Seniority,
    /// Its attempts so far.
    pub attempt: usize,
    /// Where it stands.
    pub state: TaskState,
    /// The same in words.
    pub words: String,
    /// Its money.
    pub money: Purses,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// A worker thinks or waits for a moment.
    Working,
    /// A worker waits for money that is promised to others.
    WaitingForMoney,
    /// A model works for it.
    Calling,
    /// A tool runs for it.
    Running,
    /// Its files become a commit, or its criteria run.
    Checking,
    /// A Reviewer judges it.
    Reviewing,
    /// It came back verified, and its Manager decides.
    Verified,
    /// It judged others, which is all that it was there for.
    Judged,
    /// It came back, but not everything holds.
    Unmet,
    /// It waits for its place in the section's branch.
    Merging,
    /// It is in the section's branch.
    Merged,
    /// It was given up.
    Cut,
}

impl TaskState {
    /// Whether nothing more will happen to it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Merged | Self::Cut | Self::Judged)
    }
}

impl TaskView {
    pub(super) fn of(run: &Run, id: TaskId) -> Option<Self> {
        let task = run.tasks().get(id)?;
        let attempt = task.attempts.last().and_then(|attempt| run.attempts().get(*attempt));
        let (state, mut words) = standing(run, task, attempt);
        if let Some(memo) = run.blocker_of(id) {
            words.push_str(&format!(", held up: {}", memo.topic));
        }
        Some(Self {
            id: id.to_string(),
            title: task.outline.title.clone(),
            kind: task.outline.kind,
            mode: task.outline.mode,
            seniority: attempt.map_or(task.outline.seniority, |attempt| attempt.seniority),
            attempt: task.attempts.len(),
            state,
            words,
            money: purses(run, task.account),
        })
    }
}

/// Where a task stands, in words.
pub(crate) fn task_words(run: &Run, id: TaskId) -> String {
    TaskView::of(run, id).map(|task| task.words).unwrap_or_default()
}

fn standing(run: &Run, task: &Known, attempt: Option<&AttemptState>) -> (TaskState, String) {
    match task.stage {
        TaskStage::Merged => (TaskState::Merged, "merged".to_owned()),
        TaskStage::Cut => (TaskState::Cut, "cut".to_owned()),
        TaskStage::Accepted => (TaskState::Merging, "merging".to_owned()),
        TaskStage::Working => {
            attempt.map_or((TaskState::Working, "starting".to_owned()), |attempt| working(run, attempt, task))
        }
        TaskStage::Returned => match attempt.and_then(|attempt| attempt.end.as_ref()) {
            Some(AttemptEnd::Verified) if task.outline.kind == TaskKind::Review => {
                (TaskState::Judged, "judged".to_owned())
            }
            Some(AttemptEnd::Verified) => (TaskState::Verified, "verified, back".to_owned()),
            Some(end) => (TaskState::Unmet, format!("back: {}", attempt_end_words(end))),
            None => (TaskState::Working, "starting".to_owned()),
        },
    }
}

fn working(run: &Run, attempt: &AttemptState, task: &Known) -> (TaskState, String) {
    let live = |id: Option<AgentId>| id.and_then(|id| run.agents().get(id)).filter(|agent| !agent.ended());
    if let Some(worker) = live(attempt.worker) {
        let (activity, words) = activity(run, worker);
        return (of_activity(activity), words);
    }
    if let Some(reviewer) = live(attempt.reviewer) {
        let (activity, words) = activity(run, reviewer);
        let judging = task.outline.kind == TaskKind::Review;
        return if judging { (of_activity(activity), words) } else { (TaskState::Reviewing, words) };
    }
    match (attempt.effect, &attempt.sealed) {
        (Some(_), Some(_)) => (TaskState::Checking, "checking".to_owned()),
        (Some(_), None) => (TaskState::Checking, "making the commit".to_owned()),
        (None, _) => (TaskState::Working, "starting".to_owned()),
    }
}

const fn of_activity(activity: Activity) -> TaskState {
    match activity {
        Activity::WaitingForMoney => TaskState::WaitingForMoney,
        Activity::Calling => TaskState::Calling,
        Activity::Running => TaskState::Running,
        Activity::Composing | Activity::Pausing | Activity::Waiting | Activity::Gone => TaskState::Working,
    }
}

/// How an attempt ended, in words.
#[must_use]
pub fn attempt_end_words(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Verified => "verified".to_owned(),
        AttemptEnd::Unmet => "criteria not met".to_owned(),
        AttemptEnd::OutsideWriteSet { paths } => {
            format!("changed what it must not: {}", paths.join(", "))
        }
        AttemptEnd::NoChange => "changed nothing".to_owned(),
        AttemptEnd::NoSelfCheck { criteria } => format!("no self-check for {}", criteria.join(", ")),
        AttemptEnd::NoActivity => "handed in without any work".to_owned(),
        AttemptEnd::Weakened { what } => format!("weakened what tells results: {}", what.join("; ")),
        AttemptEnd::Contradicted { criteria } => {
            format!("its self-check says other than what was found: {}", criteria.join(", "))
        }
        AttemptEnd::ContractDefect { .. } => "its contract lacks something".to_owned(),
        AttemptEnd::Abandoned { end } => format!("abandoned, {}", agent_end_words(end)),
    }
}

/// Why an agent is gone, in words.
#[must_use]
pub(crate) fn agent_end_words(end: &AgentEnd) -> String {
    match end {
        AgentEnd::Finished => "finished".to_owned(),
        AgentEnd::Exhausted => "no money for its next call".to_owned(),
        AgentEnd::Idle => "it called no tool, again and again".to_owned(),
        AgentEnd::TooManyTurns => "it took more turns than there are".to_owned(),
        AgentEnd::NoProgress => "it went round in circles".to_owned(),
        AgentEnd::Late => "its time was over".to_owned(),
        AgentEnd::Faulted { fault } => fault.to_string(),
        AgentEnd::Broken => "something of this machine is broken".to_owned(),
        AgentEnd::Killed => "stopped".to_owned(),
    }
}
