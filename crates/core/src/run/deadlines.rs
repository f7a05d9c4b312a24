//! How long an attempt may stand still, and how long attempts and Managers may take altogether.
//!
//! An attempt stands still while neither a reply nor an answer of a tool comes for its agent, nor money that it waits for.
//! What the seam does has time limits of its own, command by command, and counts only for the whole. While the run is
//! paused no deadline comes nearer: whoever stood still gets the whole time once more, and what is allowed altogether grows
//! by the pause.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::Run;
use super::event::{AgentEnd, AttemptEnd, Seat};
use super::state::{AgentState, Timer};
use super::step::Draft;
use crate::limits::{ATTEMPT_IDLE_S, ATTEMPT_S, SECTION_S};
use crate::words::*;

/// The deadlines of a run, in seconds; written down when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// How long an attempt's agent may stand still.
    pub attempt_idle_s: u32,
    /// How long an attempt may take, its seam included.
    pub attempt_s: u32,
    /// How long a Manager may take for its section.
    pub section_s: u32,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { attempt_idle_s: ATTEMPT_IDLE_S, attempt_s: ATTEMPT_S, section_s: SECTION_S }
    }
}

/// What a configuration says of deadlines; the layer below holds for what it leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredDeadlines {
    attempt_idle_s: Option<NonZeroU32>,
    attempt_s: Option<NonZeroU32>,
    section_s: Option<NonZeroU32>,
}

impl Deadlines {
    /// These deadlines with what a configuration says of them.
    #[must_use]
    pub fn with(self, declared: DeclaredDeadlines) -> Self {
        let or = |declared: Option<NonZeroU32>, below| declared.map_or(below, NonZeroU32::get);
        Self {
            attempt_idle_s: or(declared.attempt_idle_s, self.attempt_idle_s),
            attempt_s: or(declared.attempt_s, self.attempt_s),
            section_s: or(declared.section_s, self.section_s),
        }
    }
}

const fn ms(seconds: u32) -> u64 {
    seconds as u64 * 1_000
}

impl Run {
    fn deadlines(&self) -> Deadlines {
        self.head.as_ref().map(|head| head.deadlines).unwrap_or_default()
    }

    /// For how long an agent of that seat may be there, in milliseconds; none where its attempt's time, its opinion's or
    /// another wait says it already.
    fn time_of(&self, seat: Seat) -> Option<u64> {
        match seat {
            Seat::Manager(_) => Some(ms(self.deadlines().section_s)),
            Seat::Orchestrator
            | Seat::Worker(_)
            | Seat::Reviewer(_)
            | Seat::Adviser(..)
            | Seat::Synthesist(_)
            | Seat::Triage => None,
        }
    }

    /// For how long an agent of that seat may stand still, in milliseconds.
    fn idle_time_of(&self, seat: Seat) -> Option<u64> {
        match seat {
            Seat::Worker(_) | Seat::Reviewer(_) => Some(ms(self.deadlines().attempt_idle_s)),
            Seat::Orchestrator
            | Seat::Manager(_)
            | Seat::Adviser(..)
            | Seat::Synthesist(_)
            | Seat::Triage => None,
        }
    }

    /// An agent is there: its time begins.
    pub(super) fn apply_time(&mut self, at: Millis, id: AgentId) {
        let time = self.agents.get(id).and_then(|agent| self.time_of(agent.seat));
        let Some((time, agent)) = time.zip(self.agents.get_mut(id)) else { return };
        agent.due = Some(at.plus(time));
        self.timers.insert((at.plus(time), Timer::Agent(id)));
    }

    /// An attempt has begun: its time begins.
    pub(super) fn apply_attempt_time(&mut self, at: Millis, id: AttemptId) {
        let due = at.plus(ms(self.deadlines().attempt_s));
        if let Some(attempt) = self.attempts.get_mut(id) {
            attempt.due = due;
            self.timers.insert((due, Timer::Attempt(id)));
        }
    }

    /// Something of an agent moved, or it began to wait for money: it has the whole time to stand still again, or none
    /// runs.
    pub(super) fn apply_move(&mut self, at: Millis, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        let waits = agent.ended() || matches!(agent.state, AgentState::Parked { .. });
        let due = if waits { None } else { self.idle_time_of(agent.seat).map(|time| at.plus(time)) };
        let before = self.agents.get_mut(id).and_then(|agent| std::mem::replace(&mut agent.idle_due, due));
        if let Some(before) = before {
            self.timers.remove(&(before, Timer::Idle(id)));
        }
        if let Some(due) = due {
            self.timers.insert((due, Timer::Idle(id)));
        }
    }

    /// An agent is gone, and with it its deadlines.
    pub(super) fn drop_time(&mut self, at: Millis, id: AgentId) {
        self.apply_move(at, id);
        if let Some(due) = self.agents.get_mut(id).and_then(|agent| agent.due.take()) {
            self.timers.remove(&(due, Timer::Agent(id)));
        }
    }

    /// The run goes on after a pause. Between its last event and the pause nobody may have owned it, so that counts too.
    pub(super) fn shift_deadlines(&mut self, at: Millis) {
        let pause = at.since(self.awake);
        for (id, attempt) in self.attempts.iter_mut().filter(|(_, attempt)| attempt.end.is_none()) {
            attempt.due = attempt.due.plus(pause);
            self.timers.insert((attempt.due, Timer::Attempt(id)));
        }
        let mut moved = Vec::new();
        for (id, agent) in self.agents.iter_mut() {
            if let Some(due) = agent.due {
                agent.due = Some(due.plus(pause));
                self.timers.insert((due.plus(pause), Timer::Agent(id)));
            }
            if agent.idle_due.is_some() {
                moved.push(id);
            }
        }
        moved.into_iter().for_each(|id| self.apply_move(at, id));
    }
}

impl Draft<'_> {
    /// An attempt took too long: its agents go, and its Manager is told.
    pub(super) fn attempt_late(&mut self, attempt: AttemptId) {
        let Some(state) = self.run.attempts.get(attempt).filter(|state| state.end.is_none()) else { return };
        for agent in [state.worker, state.reviewer].into_iter().flatten() {
            self.dismiss(agent, AgentEnd::Late);
        }
        self.end_attempt(attempt, AttemptEnd::Abandoned { end: AgentEnd::Late });
    }
}
