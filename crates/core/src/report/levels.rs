//! Seniority against outcome: was each task given the right amount of model?

use serde::Serialize;

use crate::run::Run;
use crate::run::state::{AttemptState, TaskStage, TaskState};
use crate::words::*;

/// A worker that gets it right at once in at most so many turns was perhaps better than it had to be.
const EASY_TURNS: usize = 4;

/// Whether a task's seniority was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Right at the first attempt.
    Fit,
    /// Right at the first attempt, in few turns, by a senior or more: a cheaper one might have done.
    PerhapsHigh,
    /// Right after another attempt at the same seniority or below.
    Retried,
    /// Right only after a promotion: the first choice was too low.
    Low,
    /// Never right.
    Missed,
    /// Not over yet, or never judged.
    Open,
}

impl Level {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fit => "fits",
            Self::PerhapsHigh => "perhaps too high",
            Self::Retried => "fits, second try",
            Self::Low => "was too low",
            Self::Missed => "not reached",
            Self::Open => "open",
        }
    }
}

/// The seniorities of a task's attempts, in order.
pub(super) fn path(run: &Run, task: &TaskState) -> Vec<Seniority> {
    attempts(run, task).map(|attempt| attempt.seniority).collect()
}

/// The seniorities of a task's attempts as people read them: `junior, junior, mid` is `junior ×2 → mid`.
pub(super) fn path_words(path: &[Seniority]) -> String {
    let runs = path.chunk_by(|a, b| a == b);
    let words = runs.filter_map(|run| {
        let times = if run.len() > 1 { format!(" ×{}", run.len()) } else { String::new() };
        Some(format!("{}{times}", run.first()?))
    });
    words.collect::<Vec<_>>().join(" → ")
}

pub(super) fn level(run: &Run, task: &TaskState) -> Level {
    let all: Vec<&AttemptState> = attempts(run, task).collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Level::Open };
    let over = matches!(task.stage, TaskStage::Merged | TaskStage::Cut | TaskStage::Returned);
    match (last.verified(), over) {
        (false, true) => Level::Missed,
        (false, false) => Level::Open,
        (true, _) if all.len() == 1 => first_try(run, first),
        (true, _) if last.seniority > first.seniority => Level::Low,
        (true, _) => Level::Retried,
    }
}

fn first_try(run: &Run, attempt: &AttemptState) -> Level {
    let worker = attempt.worker.and_then(|id| run.agents().get(id));
    let easy = worker.is_some_and(|worker| worker.turns.len() <= EASY_TURNS);
    if easy && attempt.seniority >= Seniority::Senior { Level::PerhapsHigh } else { Level::Fit }
}

fn attempts<'a>(run: &'a Run, task: &'a TaskState) -> impl Iterator<Item = &'a AttemptState> {
    task.attempts.iter().filter_map(|id| run.attempts().get(*id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Seniority::*;

    #[test]
    fn a_path_is_told_in_short() {
        assert_eq!(path_words(&[Junior, Junior, Mid, Senior]), "junior ×2 → mid → senior");
        assert_eq!(path_words(&[]), "");
    }
}
