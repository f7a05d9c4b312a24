//! The log: one line for each event, in the fields that Proposal 006 asks for and a few more. It is a projection of the
//! journal, so it can be made again at any time, and it holds addresses of payloads, never payloads.
//!
//! Every call of a model is exactly one `llm_call`, whether it was answered or not, and every workspace tool that ran is
//! exactly one `tool_call`; all other lines cost nothing.

mod detail;
mod figure;
mod kind;
mod money;
mod opinion;
mod payload;
mod span;
mod who;

use serde::Serialize;

use crate::failure::Failure;
use crate::run::event::{AgentEvent, Event, RunEvent};
use crate::run::{Effect, Run};
use crate::view::usd_text;
use crate::words::*;
use span::Span;

pub use figure::{Figure, MoveKind};
pub use kind::{NAMES as EVENT_TYPES, of as event_type};
pub(crate) use opinion::{asker_words, end_words};
pub use payload::of as payload_of;
pub(crate) use who::Who;

/// One event, told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogLine {
    /// Its number in the journal.
    pub seq: u64,
    /// When, in RFC 3339 with milliseconds, UTC.
    pub timestamp: String,
    /// What belongs together: the run, and the section where there is one. From the plan's section to its last tool call.
    pub trace_id: String,
    /// Whose it is: `orchestrator`, or a section's id and name.
    pub manager_id: String,
    /// Who did it: an agent's id, or `run` where no agent did.
    pub agent_id: String,
    /// What happened: `llm_call`, `tool_call`, `memo_sent`, and so on.
    pub event_type: String,
    /// The same in a sentence, on one line.
    pub detail: String,
    /// What it cost, in dollars, exact.
    pub cost_usd: String,
    /// What it cost, in nanodollars.
    pub cost_nanos: u64,
    /// Whose model was called.
    pub provider: Option<String>,
    /// Which model was asked.
    pub model: Option<String>,
    /// Where the payload is.
    pub payload_ref: Option<BlobRef>,
    /// The run.
    pub run: String,
    /// The phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// What it belongs to: the id of the run, a phase, section, task, attempt, agent, or of an effect such as a call.
    pub span_id: String,
    /// What that is a part of; none for the run itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    /// What the agent is: orchestrator, manager, worker, reviewer, adviser or synthesist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// How much model the agent has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<Seniority>,
    /// Which model answered, by the provider's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// The day of the prices that the call was paid by, or `declared` where they are the Owner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_version: Option<String>,
    /// What was used, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Usage>,
    /// From sending to the end of the answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// What went wrong, as `group/name` of [`Failure`]; none where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What a call of a model came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallMade {
    /// Who called.
    pub(crate) agent: AgentId,
    /// Which model was asked.
    pub(crate) model: String,
    /// What was paid.
    pub(crate) cost: Money,
    /// What was used, where that is known.
    pub(crate) usage: Usage,
    /// Whether an answer came.
    pub(crate) answered: bool,
}

impl LogLine {
    /// The line of an event that comes next for `before`, which has not applied it yet.
    #[must_use]
    pub fn of(before: &Run, seq: u64, at: Millis, event: &Event) -> Self {
        let who = Who::of(before, event);
        let call = call_made(before, event);
        let run = run_name(before, event);
        let cost = call.as_ref().map_or(Money::ZERO, |call| call.cost);
        let model = call.as_ref().map(|call| call.model.clone());
        let reply = reply(event);
        let Span { id, parent } = Span::of(before, &run, event, &who);
        Self {
            seq,
            timestamp: rfc3339(at),
            trace_id: who.section.map_or_else(|| run.clone(), |section| format!("{run}/{section}")),
            manager_id: who.manager(before),
            agent_id: who.agent.map_or_else(|| "run".to_owned(), |agent| agent.to_string()),
            event_type: kind::of(event).to_owned(),
            detail: detail::of(before, event).replace('\n', " "),
            cost_usd: usd_text(cost),
            cost_nanos: cost.as_nanos(),
            provider: model.as_deref().map(|model| provider(before, model)),
            price_version: model.as_deref().and_then(|model| price_version(before, model)),
            model,
            payload_ref: payload::of(event),
            phase: who.phase(before),
            section: who.section.and_then(|id| before.sections().get(id)).map(|s| s.outline.name.clone()),
            task: who.task.map(|task| task.to_string()),
            attempt: who.attempt.map(|attempt| attempt.to_string()),
            span_id: id,
            parent_span_id: parent,
            role: who.role,
            seniority: who.seniority,
            served_model: reply.map(|reply| reply.served.clone()),
            tokens: reply.and_then(|reply| reply.usage),
            latency_ms: reply.map(|reply| reply.latency_ms),
            failure: Failure::of(before, event),
            run,
        }
    }
}

/// The call that an event ends, if it ends one.
pub(crate) fn call_made(before: &Run, event: &Event) -> Option<CallMade> {
    let model_of = |effect: EffectId| match before.owed_from(effect).next() {
        Some((id, Effect::Call { model, .. })) if id == effect => Some(model.clone()),
        _ => None,
    };
    match event {
        Event::Agent(AgentEvent::Replied { effect, agent, reply, cost, .. }) => Some(CallMade {
            agent: *agent,
            model: model_of(*effect).unwrap_or_else(|| reply.served.clone()),
            cost: *cost,
            usage: reply.usage.unwrap_or_default(),
            answered: true,
        }),
        Event::Agent(AgentEvent::CallFailed { effect, agent, charged, .. }) => Some(CallMade {
            agent: *agent,
            model: model_of(*effect).unwrap_or_else(|| "unknown".to_owned()),
            cost: *charged,
            usage: Usage::default(),
            answered: false,
        }),
        Event::Agent(_)
        | Event::Run(_)
        | Event::Money(_)
        | Event::Task(_)
        | Event::Branch(_)
        | Event::Opinion(_) => None,
    }
}

/// Who serves a model.
pub(crate) fn provider(run: &Run, model: &str) -> String {
    run.catalogue().models.get(model).map_or("unknown", |model| model.provider.as_str()).to_owned()
}

/// The day of a model's prices.
fn price_version(run: &Run, model: &str) -> Option<String> {
    let provenance = &run.catalogue().models.get(model)?.provenance;
    let day = if provenance.is_empty() { "declared" } else { provenance.verified_at.as_str() };
    Some(day.to_owned())
}

fn run_name(before: &Run, event: &Event) -> String {
    match (before.head(), event) {
        (Some(head), _) => head.id.to_string(),
        (None, Event::Run(RunEvent::Began { run, .. })) => run.to_string(),
        (None, _) => "unknown".to_owned(),
    }
}

/// What an answered call says about itself.
fn reply(event: &Event) -> Option<&Reply> {
    match event {
        Event::Agent(AgentEvent::Replied { reply, .. }) => Some(reply),
        Event::Agent(_)
        | Event::Run(_)
        | Event::Money(_)
        | Event::Task(_)
        | Event::Branch(_)
        | Event::Opinion(_) => None,
    }
}

/// A moment as `2026-11-20T12:00:00.000Z`, by the proleptic Gregorian calendar.
#[must_use]
pub fn rfc3339(at: Millis) -> String {
    let (days, ms) = (at.0 / 86_400_000, at.0 % 86_400_000);
    // Days are counted from 0000-03-01, so that a leap day is the last of its year (Hinnant, "chrono-compatible dates").
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests;
