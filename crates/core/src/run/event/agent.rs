//! Agents: their turns, calls, tools, and what they tell each other and the Owner.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Notice};
use super::end::{AgentEnd, Seat};
use crate::router::Loser;
use crate::run::compaction::Shown;
use crate::run::effect::Effect;
use crate::run::input::Ran;
use crate::words::*;

/// Agents: their turns, calls, tools, and what they tell each other and the Owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentEvent {
    /// An agent is there.
    AgentSpawned {
        /// Its id.
        agent: AgentId,
        /// What it serves.
        seat: Seat,
        /// How much model.
        seniority: Seniority,
        /// Who pays.
        account: AccountId,
        /// What it may do.
        scope: Scope,
    },
    /// An agent begins a turn, and its request is to be put together.
    TurnBegan {
        /// Whose.
        agent: AgentId,
        /// The effect that this owes.
        effect: EffectId,
        /// What it is told before it speaks.
        notices: Vec<Notice>,
    },
    /// The call has to wait: money that is promised to others may come back.
    Parked {
        /// Whose call.
        agent: AgentId,
        /// The size of its request.
        body_bytes: u64,
    },
    /// An agent is shown less of its past from now on.
    Compacted {
        /// Who.
        agent: AgentId,
        /// The effect that this owes, where a request is to be put together again.
        effect: Option<EffectId>,
        /// What is shown.
        shown: Shown,
        /// The size of the request that was too long, where one was put together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_bytes: Option<u64>,
    },
    /// An agent's context is nearly full: its request is put together again, with the question for notes.
    NotesAsked {
        /// Who.
        agent: AgentId,
        /// The effect that this owes.
        effect: EffectId,
        /// The size of the request that was too long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_bytes: Option<u64>,
    },
    /// Money is promised to a call, and the call may leave.
    Reserved {
        /// The effect that this owes; also the name of the promise.
        effect: EffectId,
        /// Whose.
        agent: AgentId,
        /// Who pays.
        account: AccountId,
        /// Which model.
        model: String,
        /// How long it may think.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effort: Option<Effort>,
        /// The most output.
        max_tokens: u64,
        /// The most that it can cost.
        bound: Money,
        /// The size of its request.
        body_bytes: u64,
        /// Candidates that would have gone first.
        losers: Vec<Loser>,
    },
    /// Nobody can be asked: there is no money for a call, or no model that takes it.
    CallRefused {
        /// Whose.
        agent: AgentId,
        /// Candidates and why not.
        losers: Vec<Loser>,
        /// The size of its request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_bytes: Option<u64>,
    },
    /// A model answered and was paid.
    Replied {
        /// The call.
        effect: EffectId,
        /// Whose.
        agent: AgentId,
        /// The answer, in a blob.
        content: BlobRef,
        /// What it says about itself.
        reply: Reply,
        /// What it cost: by its usage, or the whole bound where the provider did not say.
        cost: Money,
        /// Names of the tools that it called.
        calls: Vec<String>,
    },
    /// A model did not answer.
    CallFailed {
        /// The call.
        effect: EffectId,
        /// Whose.
        agent: AgentId,
        /// Why.
        fault: Fault,
        /// What was charged: nothing where it is certain that nothing is billed, else the whole bound.
        charged: Money,
        /// By how many thousandths its next try was spread out; none where it was stopped and did not fail by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jitter: Option<u16>,
    },
    /// A call never left: its money is free again, and nobody is to blame.
    CallUnsent {
        /// The call.
        effect: EffectId,
        /// Whose.
        agent: AgentId,
        /// For how long its provider lets nobody go, where that is why, in milliseconds.
        resumes_in_ms: Option<u64>,
    },
    /// The call will be made again.
    RetryPlanned {
        /// Whose.
        agent: AgentId,
        /// When.
        at: Millis,
    },
    /// Its pause is over; the request is to be put together again.
    RetryBegan {
        /// Whose.
        agent: AgentId,
        /// The effect that this owes.
        effect: EffectId,
    },
    /// A workspace tool is to run.
    ToolCalled {
        /// The effect that this owes.
        effect: EffectId,
        /// For whom.
        agent: AgentId,
        /// Which call of its last reply.
        index: u16,
        /// Which tool.
        tool: Tool,
    },
    /// A workspace tool has run.
    ToolDone {
        /// The effect.
        effect: EffectId,
        /// For whom.
        agent: AgentId,
        /// Which call of its last reply.
        index: u16,
        /// What the model reads.
        output: BlobRef,
        /// Whether it did what was asked.
        ok: bool,
        /// The attempt's files afterwards.
        tree: Option<TreeId>,
        /// All of what it said, where the model reads only the ends of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whole: Option<BlobRef>,
        /// The command that ran, for a tool that runs one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ran: Option<Ran>,
        /// What of it was beyond the agent's scope, and so did not happen.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<String>,
    },
    /// A control tool is answered.
    Answered {
        /// Whose call.
        agent: AgentId,
        /// Which call of its last reply.
        index: u16,
        /// The answer.
        answer: Answer,
    },
    /// An agent will be told something at its next turn.
    Noticed {
        /// Who.
        agent: AgentId,
        /// What.
        notice: Notice,
    },
    /// An agent is gone.
    AgentEnded {
        /// Which.
        agent: AgentId,
        /// Why.
        end: AgentEnd,
    },
    /// A question for the Owner.
    QuestionAsked {
        /// Its id.
        question: QuestionId,
        /// Who asks.
        agent: AgentId,
        /// Which call of its last reply waits.
        index: u16,
        /// The question.
        text: BlobRef,
        /// After that, the Orchestrator decides by itself.
        deadline: Millis,
    },
    /// The Owner answered, or did not in time.
    QuestionClosed {
        /// Which.
        question: QuestionId,
        /// The answer, if there is one.
        text: Option<BlobRef>,
    },
    /// A memo was sent.
    MemoSent {
        /// The memo.
        memo: Memo,
    },
    /// A BLOCKER memo holds nothing up any more.
    MemoClosed {
        /// Which.
        memo: MemoNumber,
        /// The memo that answers it; none where its Manager decided without, or its time was over.
        by: Option<MemoNumber>,
    },
}

impl AgentEvent {
    /// The agent for which something moved, or which begins to wait for money.
    pub(in crate::run) const fn moves(&self) -> Option<AgentId> {
        match self {
            Self::TurnBegan { agent, .. }
            | Self::Parked { agent, .. }
            | Self::Reserved { agent, .. }
            | Self::Replied { agent, .. }
            | Self::ToolCalled { agent, .. }
            | Self::ToolDone { agent, .. }
            | Self::Answered { agent, .. } => Some(*agent),
            Self::AgentSpawned { .. }
            | Self::Compacted { .. }
            | Self::NotesAsked { .. }
            | Self::CallRefused { .. }
            | Self::CallFailed { .. }
            | Self::CallUnsent { .. }
            | Self::RetryPlanned { .. }
            | Self::RetryBegan { .. }
            | Self::Noticed { .. }
            | Self::AgentEnded { .. }
            | Self::QuestionAsked { .. }
            | Self::QuestionClosed { .. }
            | Self::MemoSent { .. }
            | Self::MemoClosed { .. } => None,
        }
    }

    pub(super) fn owes(&self) -> Option<(EffectId, Effect)> {
        match self {
            Self::TurnBegan { agent, effect, .. }
            | Self::RetryBegan { agent, effect }
            | Self::NotesAsked { agent, effect, .. }
            | Self::Compacted { agent, effect: Some(effect), .. } => {
                Some((*effect, Effect::Compose { agent: *agent }))
            }
            Self::Reserved { effect, agent, model, effort, max_tokens, .. } => {
                let (agent, model) = (*agent, model.clone());
                let (effort, max_tokens) = (*effort, *max_tokens);
                Some((*effect, Effect::Call { agent, model, effort, max_tokens }))
            }
            Self::ToolCalled { effect, agent, index, tool } => {
                Some((*effect, Effect::Tool { agent: *agent, index: *index, tool: *tool }))
            }
            Self::AgentSpawned { .. }
            | Self::Compacted { effect: None, .. }
            | Self::Parked { .. }
            | Self::CallRefused { .. }
            | Self::Replied { .. }
            | Self::CallFailed { .. }
            | Self::CallUnsent { .. }
            | Self::RetryPlanned { .. }
            | Self::ToolDone { .. }
            | Self::Answered { .. }
            | Self::Noticed { .. }
            | Self::AgentEnded { .. }
            | Self::QuestionAsked { .. }
            | Self::QuestionClosed { .. }
            | Self::MemoSent { .. }
            | Self::MemoClosed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_of_a_journal_without_efforts_reads() {
        let old = r#"{"reserved":{"effect":7,"agent":0,"account":1,"model":"m","max_tokens":9,"bound":5,"body_bytes":3,"losers":[]}}"#;
        let event: AgentEvent = serde_json::from_str(old).unwrap();
        let AgentEvent::Reserved { effort, .. } = &event else { panic!("{event:?}") };
        assert_eq!(*effort, None);
        assert_eq!(serde_json::to_string(&event).unwrap(), old);
    }
}
