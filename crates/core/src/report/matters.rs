//! What the Orchestrator carried, matter by matter: it plans, then it is woken for one matter after the other, and what it is
//! sent for a matter must not grow with the number of tasks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blocks::Block;
use crate::run::Run;
use crate::run::event::{AgentEvent, Event, Notice};
use crate::view::grouped;
use crate::words::*;

/// The most requests that a line of bars shows; more are put together, the largest of each few.
const BARS: usize = 60;

/// What the Orchestrator is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// A plan.
    Planning,
    /// Decisions on requests for money.
    Money,
    /// Other sections in the place of some.
    Replans,
    /// What the Owner told it.
    Memos,
    /// Its last report.
    Report,
}

impl Matter {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Money => "requests for money",
            Self::Replans => "re-plans",
            Self::Memos => "memos",
            Self::Report => "the last report",
        }
    }

    /// What a notice asks for; none where it asks for nothing.
    const fn of(notice: &Notice) -> Option<Self> {
        match notice {
            Notice::BudgetRequest { .. } => Some(Self::Money),
            Notice::TooLarge { .. } | Notice::FellShort { .. } => Some(Self::Replans),
            Notice::Memo { .. } => Some(Self::Memos),
            Notice::Closing => Some(Self::Report),
            Notice::Revise { .. } => Some(Self::Planning),
            Notice::Purse { .. }
            | Notice::Unanswered { .. }
            | Notice::NoTool
            | Notice::Truncated
            | Notice::NoProgress { .. }
            | Notice::NotesWanted => None,
        }
    }
}

/// What one kind of matter took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Took {
    times: u64,
    calls: u64,
    largest: u64,
    read: u64,
}

/// Sums over the Orchestrator's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Matters {
    now: Option<Matter>,
    took: BTreeMap<Matter, Took>,
    /// What each call read, in order.
    read: Vec<u64>,
}

impl Matters {
    pub(super) fn take(&mut self, before: &Run, event: &Event) {
        let is_orchestrator = |agent: &AgentId| Some(*agent) == before.orchestrator();
        match event {
            Event::Agent(AgentEvent::TurnBegan { agent, notices, .. }) if is_orchestrator(agent) => {
                self.woken(notices);
            }
            Event::Agent(AgentEvent::Replied { agent, reply, .. }) if is_orchestrator(agent) => {
                self.called(&reply.usage.unwrap_or_default());
            }
            Event::Agent(_)
            | Event::Run(_)
            | Event::Money(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }

    /// A turn that is told of nothing new goes on with the matter before it.
    fn woken(&mut self, notices: &[Notice]) {
        let asked: Vec<_> = notices.iter().filter_map(Matter::of).collect();
        let first = if self.now.is_none() { vec![Matter::Planning] } else { Vec::new() };
        for matter in asked.iter().copied().chain(first) {
            self.took.entry(matter).or_default().times += 1;
            self.now = Some(matter);
        }
    }

    fn called(&mut self, usage: &Usage) {
        let took = self.took.entry(self.now.unwrap_or(Matter::Planning)).or_default();
        took.calls += 1;
        took.read = took.read.saturating_add(usage.read());
        took.largest = took.largest.max(usage.read().saturating_add(usage.output));
        self.read.push(usage.read());
    }
}

/// What the Orchestrator carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrchestratorReport {
    /// By what it was asked for.
    pub matters: Vec<MatterReport>,
    /// What its requests were long, in tokens and in order; of very many, the largest of each few.
    pub requests: Vec<u64>,
    /// All tokens that it read.
    pub read: u64,
    /// The run's tasks.
    pub tasks: u64,
}

/// What one kind of matter took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatterReport {
    /// What it was asked for.
    pub matter: Matter,
    /// How often.
    pub times: u64,
    /// Calls that it took.
    pub calls: u64,
    /// The largest context, in tokens.
    pub largest: u64,
    /// All tokens that were read.
    pub read: u64,
}

impl OrchestratorReport {
    pub(super) fn of(run: &Run, matters: &Matters) -> Self {
        let one = |(matter, took): (&Matter, &Took)| {
            let Took { times, calls, largest, read } = *took;
            MatterReport { matter: *matter, times, calls, largest, read }
        };
        let few = matters.read.len().div_ceil(BARS).max(1);
        Self {
            matters: matters.took.iter().map(one).collect(),
            requests: matters.read.chunks(few).filter_map(|few| few.iter().max().copied()).collect(),
            read: matters.read.iter().sum(),
            tasks: run.tasks().len() as u64,
        }
    }

    /// Tokens that it read for each task; none where there was no task.
    #[must_use]
    pub fn per_task(&self) -> Option<u64> {
        self.read.checked_div(self.tasks)
    }
}

/// The part of a page on the Orchestrator; nothing where there was none.
pub(super) fn blocks(report: &OrchestratorReport) -> Vec<Block> {
    if report.requests.is_empty() {
        return Vec::new();
    }
    let row = |row: &MatterReport| {
        vec![
            row.matter.word().to_owned(),
            row.times.to_string(),
            row.calls.to_string(),
            grouped(row.largest),
            grouped(row.read),
        ]
    };
    let (tasks, read) = (report.tasks, grouped(report.read));
    let per_task = report.per_task().map(|tokens| {
        format!("\nIt read {} tokens for each task: {read} for {tasks} of them.", grouped(tokens))
    });
    vec![
        Block::Heading(2, "The Orchestrator in tokens".to_owned()),
        Block::Table {
            head: vec!["matter", "times", "calls", "largest", "tokens in"],
            rows: report.matters.iter().map(row).collect(),
        },
        Block::Text(format!(
            "Its requests in order: {}{}",
            bars(&report.requests),
            per_task.unwrap_or_default()
        )),
    ]
}

/// A bar for each number, the largest as high as a line.
fn bars(numbers: &[u64]) -> String {
    const BAR: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = numbers.iter().max().copied().unwrap_or(0).max(1);
    let height = |number: &u64| usize::try_from(u128::from(*number) * 7 / u128::from(most)).unwrap_or(0);
    numbers.iter().filter_map(|number| BAR.get(height(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_numbers() {
        assert_eq!(bars(&[0, 50, 100]), "▁▄█");
        assert_eq!(bars(&[0, 0]), "▁▁");
        assert_eq!(bars(&[u64::MAX, 1]), "█▁");
    }

    #[test]
    fn very_many_requests_are_a_line_of_bars() {
        let read = (0..10_402).collect();
        let matters = Matters { read, ..Matters::default() };
        let report = OrchestratorReport::of(&Run::default(), &matters);
        assert!(report.requests.len() <= BARS && report.requests.len() > BARS / 2);
        assert_eq!(report.requests.last(), Some(&10_401));
        assert_eq!(report.per_task(), None);
    }
}
