//! Seniority: how much model a piece of work gets. A request names one, never a model.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The six seniorities, from the cheapest up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seniority {
    /// Formatting, summaries, boilerplate.
    Intern,
    /// Simple code changes, tests.
    Junior,
    /// Standard features, debugging.
    Mid,
    /// Architecture, complex refactoring.
    Senior,
    /// Deep reasoning, root causes.
    Staff,
    /// System design; the Orchestrator, and whoever a section grants it to.
    Principal,
}

impl Seniority {
    /// All of them, from the cheapest up.
    pub const ALL: [Self; 6] =
        [Self::Intern, Self::Junior, Self::Mid, Self::Senior, Self::Staff, Self::Principal];

    /// The name as it is written in plans, contracts and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intern => "intern",
            Self::Junior => "junior",
            Self::Mid => "mid",
            Self::Senior => "senior",
            Self::Staff => "staff",
            Self::Principal => "principal",
        }
    }

    /// When to use it, for the prompts of those who choose.
    #[must_use]
    pub const fn use_for(self) -> &'static str {
        match self {
            Self::Intern => "formatting, summaries, boilerplate",
            Self::Junior => "simple code changes, writing tests",
            Self::Mid => "standard features, debugging",
            Self::Senior => "architecture, complex refactoring",
            Self::Staff => "deep reasoning, root-cause analysis",
            Self::Principal => "system design, the hard questions",
        }
    }

    /// How deep a Manager of it reviews what comes back, for its prompt.
    #[must_use]
    pub const fn rigor(self) -> &'static str {
        match self {
            Self::Intern | Self::Junior => {
                "the engine's verdicts suffice; use `review` only for a constraint that no command can tell"
            }
            Self::Mid => {
                "hold each conclusion and its risks against your section's constraints; use `review` where no command can tell"
            }
            Self::Senior => {
                "hold each conclusion and its risks against your section's constraints; use `review` where no command can tell, for what others build on, and where results must fit together; read what is merged where parts meet"
            }
            Self::Staff | Self::Principal => {
                "have every result that changes behaviour judged by `review` before you accept it, and the whole once before you report it as done; read what is merged where parts meet; settle each risk that a worker names, or put it into your report"
            }
        }
    }

    /// The next one up, if there is one.
    #[must_use]
    pub fn promoted(self) -> Option<Self> {
        Self::ALL.into_iter().find(|other| *other > self)
    }
}

impl fmt::Display for Seniority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Seniority;

    #[test]
    fn promotion_climbs_to_principal_and_ends() {
        let ladder: Vec<_> = std::iter::successors(Some(Seniority::Intern), |s| s.promoted()).collect();
        assert_eq!(ladder, Seniority::ALL);
    }
}
