//! Which events of a log are wanted.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use trireme_core::log::{EVENT_TYPES, LogLine};
use trireme_core::run::Run;
use trireme_core::{RunId, TaskId};

use super::control;
use crate::cli::Only;
use crate::failure::Failure;
use crate::moment::Moment;

/// What an event has to be.
pub(crate) struct Filter {
    kinds: Vec<String>,
    manager: Option<String>,
    task: Option<String>,
    since: Option<Moment>,
    until: Option<Moment>,
    /// In small letters.
    text: Option<String>,
}

impl Filter {
    /// Of a run's log. Where `run` does not go on, what is not there now never comes.
    pub(crate) fn of_run(only: &Only, run: (&RunId, &Run), goes_on: bool) -> Result<Self, Failure> {
        if let Some(kind) = only.kind.iter().find(|kind| !EVENT_TYPES.contains(&kind.as_str())) {
            return Err(unknown(kind));
        }
        let (id, state) = run;
        if let Some(name) = only.manager.as_ref().filter(|name| !goes_on && !is_orchestrator(name)) {
            control::section(state, name, id)?;
        }
        if let Some(name) = only.task.as_ref().filter(|_| !goes_on) {
            control::task(state, name, id)?;
        }
        Self::of(only)
    }

    /// Of a gateway's log, which knows neither Managers nor tasks.
    pub(crate) fn of_gateway(only: &Only) -> Result<Self, Failure> {
        if only.manager.is_some() || only.task.is_some() {
            return Err(Failure::usage("a gateway has neither Managers nor tasks")
                .hint("trireme log gateway --text NAME   (the name of a key)"));
        }
        Self::of(only)
    }

    fn of(only: &Only) -> Result<Self, Failure> {
        let Only { kind, manager, task, since, until, text } = only.clone();
        let (since, until) = (moment("since", since)?, moment("until", until)?);
        let text = text.map(|text| text.to_lowercase());
        Ok(Self { kinds: kind, manager, task, since, until, text })
    }

    /// Whether an event of a run is wanted; the run has applied it.
    pub(crate) fn takes_of(&self, run: &Run, line: &LogLine) -> bool {
        self.manager.as_ref().is_none_or(|name| is_manager(&line.manager_id, name))
            && self.task.as_ref().is_none_or(|name| is_task(run, line.task.as_deref(), name))
            && self.takes(&line.event_type, &line.timestamp, &line.detail)
    }

    /// Whether an event is wanted, by what every log has.
    pub(crate) fn takes(&self, kind: &str, timestamp: &str, detail: &str) -> bool {
        (self.kinds.is_empty() || self.kinds.iter().any(|wanted| wanted == kind))
            && self.since.as_ref().is_none_or(|since| since.is_reached(timestamp))
            && self.until.as_ref().is_none_or(|until| !until.is_past(timestamp))
            && self.text.as_ref().is_none_or(|text| detail.to_lowercase().contains(text))
    }
}

fn moment(flag: &str, text: Option<String>) -> Result<Option<Moment>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        Failure::usage(format!("{text:?} is no moment"))
            .hint(format!("--{flag} 15m   (or 8h, 7d: so long ago)"))
            .hint(format!("--{flag} 2026-11-20T12:00   (UTC, as in the log; a day alone is good, too)"))
    };
    Moment::of(&text).map(Some).ok_or_else(wrong)
}

fn is_orchestrator(name: &str) -> bool {
    name.eq_ignore_ascii_case("orchestrator")
}

/// A Manager is `orchestrator`, or a section's id and name, and is meant by all of it or by one of the two.
fn is_manager(manager_id: &str, name: &str) -> bool {
    let parts = manager_id.split_once(' ').map(|(id, name)| [id, name]);
    [manager_id].into_iter().chain(parts.into_iter().flatten()).any(|part| part.eq_ignore_ascii_case(name))
}

fn is_task(run: &Run, task: Option<&str>, name: &str) -> bool {
    let title = |id: &str| Some(run.tasks().get(id.parse::<TaskId>().ok()?)?.outline.title.as_str());
    task.is_some_and(|id| id == name || title(id) == Some(name))
}

/// How many types are named where one is not known.
const NEAR: usize = 3;

fn unknown(kind: &str) -> Failure {
    let mut near: Vec<_> = EVENT_TYPES.iter().map(|name| (likeness(name, kind), *name)).collect();
    near.retain(|(likeness, _)| *likeness > 0);
    near.sort_by_key(|(likeness, name)| (Reverse(*likeness), *name));
    let error = Failure::usage(format!("no event is of the type {kind:?}"));
    let error = near.iter().take(NEAR).fold(error, |error, (_, name)| error.hint(format!("--type {name}")));
    error.hint("docs/log.md lists all types")
}

/// How much of two names is the same: what part of their pairs of letters, in percent.
fn likeness(one: &str, other: &str) -> usize {
    let pairs = |name: &str| -> BTreeSet<(char, char)> { name.chars().zip(name.chars().skip(1)).collect() };
    let (one, other) = (pairs(one), pairs(&other.to_lowercase()));
    let all = one.union(&other).count().max(1);
    100 * one.intersection(&other).count() / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_mistyped_names_near_ones() {
        for (typed, meant) in [
            ("lm_call", "llm_call"),
            ("LLM_CALL", "llm_call"),
            ("memo", "memo_sent"),
            ("memosent", "memo_sent"),
            ("toolcall", "tool_call"),
            ("checks", "checked"),
            ("merge", "merged"),
        ] {
            let told = unknown(typed).render();
            assert!(told.contains(&format!("--type {meant}\n")), "{typed}: {told}");
        }
        let told = unknown("§").render();
        assert_eq!(told, "error: no event is of the type \"§\"\n  try: docs/log.md lists all types");
    }

    #[test]
    fn a_manager_is_meant_by_its_id_or_its_name() {
        for name in ["s1", "Command line", "command line", "s1 Command line"] {
            assert!(is_manager("s1 Command line", name), "{name}");
        }
        for name in ["s", "line", "Command", "s2", ""] {
            assert!(!is_manager("s1 Command line", name), "{name}");
        }
        assert!(is_manager("orchestrator", "Orchestrator"));
    }
}
