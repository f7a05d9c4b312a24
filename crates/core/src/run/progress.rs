//! Whether an agent gets anywhere: told by what changed, never by how much it called.
//!
//! A turn changed something where its attempt's files became what they had not been before, a tool answered what this
//! agent had not heard from that tool before, a control call changed the run, or the agent was told something new. An
//! agent without such a turn for long is told so once, and ends if that does not help. What was seen is kept as a few
//! short hashes, so that ten thousand agents cost little; the oldest is forgotten first.

use std::collections::VecDeque;

use super::event::{AgentEnd, AgentEvent, Answer, Notice};
use super::state::Agent;
use super::step::Draft;
use crate::limits::{ANSWERS_SEEN, STILL_TURNS_END, STILL_TURNS_TOLD};
use crate::words::*;

/// What an agent has seen lately, and for how long nothing was new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Turns in a row, up to the last one that is over, in which nothing changed.
    still: u16,
    /// Whether the present turn has changed something.
    moved: bool,
    /// The workspace tools that were called in those turns and the present one.
    tools: ToolSet,
    /// Answers and trees that are not new any more, the oldest first.
    seen: VecDeque<u64>,
}

impl Default for Progress {
    /// Whoever has not begun has not stood still either.
    fn default() -> Self {
        Self { still: 0, moved: true, tools: ToolSet::NONE, seen: VecDeque::new() }
    }
}

/// What becomes of an agent that stands still.
enum Standstill {
    Told(Notice),
    End,
}

impl Progress {
    /// Turns in a row in which nothing changed, with the present one if it has not changed anything yet.
    fn still(&self) -> u16 {
        if self.moved { 0 } else { self.still.saturating_add(1) }
    }

    /// A turn begins, and with it whatever the agent is told.
    pub(super) fn turn_began(&mut self, notices: &[Notice]) {
        self.still = self.still();
        if self.still == 0 {
            self.tools = ToolSet::NONE;
        }
        self.moved = notices.iter().any(is_news);
    }

    /// A workspace tool answered, and left the attempt's files as this tree.
    pub(super) fn tool_done(&mut self, tool: Tool, output: &BlobRef, ok: bool, tree: Option<&TreeId>) {
        self.tools = self.tools.with(tool);
        self.see([tool.name().as_bytes(), output.0.bytes(), &[u8::from(ok)]]);
        if let Some(tree) = tree {
            self.see([b"tree", tree.0.as_bytes(), b""]);
        }
    }

    /// A control tool answered.
    pub(super) fn answered(&mut self, answer: &Answer) {
        match answer {
            Answer::Taken
            | Answer::PlanApproved
            | Answer::PlanEdited { .. }
            | Answer::PlanSentBack { .. }
            | Answer::Attempts { .. }
            | Answer::Opinion { .. } => {
                self.moved = true;
            }
            Answer::Merged { task } => self.see([b"merged", &task.0.to_be_bytes(), b""]),
            Answer::Owner { text } => {
                let text = text.map(|text| *text.0.bytes()).unwrap_or_default();
                self.see([b"owner", &text, b""]);
            }
            Answer::Budget { granted, .. } => self.moved |= !granted.is_zero(),
            // Something of the run was tried, or refused, and is as it was.
            Answer::PlanFaulty { .. }
            | Answer::ContractsFaulty { .. }
            | Answer::Conflict { .. }
            | Answer::BrokenByMerge { .. }
            | Answer::NotDone { .. }
            | Answer::Refused { .. } => {}
        }
    }

    /// What was shown is shown no more, so hearing it again is worth something.
    pub(super) fn forget(&mut self) {
        self.seen = VecDeque::new();
    }

    fn see(&mut self, parts: [&[u8]; 3]) {
        let hash = Digest::of_parts(parts);
        let short = hash.bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if self.seen.contains(&short) {
            return;
        }
        if self.seen.len() >= ANSWERS_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(short);
        self.moved = true;
    }

    /// What to do about it before the next turn.
    fn standstill(&self) -> Option<Standstill> {
        let turns = self.still();
        match turns {
            STILL_TURNS_TOLD => Some(Standstill::Told(Notice::NoProgress { turns, tools: self.tools })),
            _ if turns >= STILL_TURNS_END => Some(Standstill::End),
            _ => None,
        }
    }
}

/// Whether a notice is about something outside of the agent. Its own money and its own failings are not.
pub(super) const fn is_news(notice: &Notice) -> bool {
    !matches!(
        notice,
        Notice::Purse { .. }
            | Notice::NoTool
            | Notice::Truncated
            | Notice::NoProgress { .. }
            | Notice::NotesWanted
    )
}

impl Draft<'_> {
    /// Whether an agent may have another turn. One that has got nowhere for long is told so first; one that was told in
    /// vain ends.
    pub(super) fn gets_somewhere(&mut self, id: AgentId) -> bool {
        let Some(agent) = self.run.agents.get(id) else { return false };
        match agent.standstill() {
            None => true,
            Some(Standstill::Told(notice)) => {
                self.emit(AgentEvent::Noticed { agent: id, notice });
                true
            }
            Some(Standstill::End) => {
                self.agent_gone(id, AgentEnd::NoProgress);
                false
            }
        }
    }
}

impl Agent {
    /// Whoever is about to be told something new may look into it first.
    fn standstill(&self) -> Option<Standstill> {
        let has_news = self.notices.iter().any(is_news);
        if has_news { None } else { self.progress.standstill() }
    }
}
