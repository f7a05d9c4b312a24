//! Who serves a seniority: candidates, each a model with an effort, and the caps on what a call may ask for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::words::effort::NoEffort;
use crate::words::{Effort, Seniority};

/// A model and how long it may think, written `claude-haiku-5-5 low`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Candidate {
    /// The name of a row of the catalogue.
    pub model: String,
    /// The effort; the provider's own default where there is none.
    pub effort: Option<Effort>,
}

/// The candidates of a seniority, in order of preference, and its caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// In order of preference.
    pub candidates: Vec<Candidate>,
    /// The most output that a call may ask for, in tokens.
    pub output_cap: u64,
    /// The longest prompt, in tokens; none for the model's own limit.
    pub context_cap: Option<u64>,
    /// Whether all candidates are equally welcome, so that the price of a call decides; else their order does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cheapest_first: bool,
}

/// A text that names no candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCandidate {
    /// There is nothing, or more than two words.
    #[error("{0:?} is no candidate; write \"MODEL\" or \"MODEL EFFORT\"")]
    Words(String),
    /// The second word is no effort.
    #[error("candidate {0:?}: {1}")]
    Effort(String, NoEffort),
}

impl Rank {
    /// Nobody yet, with the usual cap of that seniority.
    #[must_use]
    pub const fn bare(seniority: Seniority) -> Self {
        let output_cap = match seniority {
            Seniority::Intern => 4_000,
            Seniority::Junior => 8_000,
            Seniority::Mid => 16_000,
            Seniority::Senior => 24_000,
            Seniority::Staff => 32_000,
            Seniority::Principal => 64_000,
        };
        Self { candidates: Vec::new(), output_cap, context_cap: None, cheapest_first: false }
    }
}

impl Candidate {
    /// A model with the provider's own default effort.
    #[must_use]
    pub fn of(model: &str) -> Self {
        Self { model: model.to_owned(), effort: None }
    }
}

impl FromStr for Candidate {
    type Err = NoCandidate;

    fn from_str(text: &str) -> Result<Self, NoCandidate> {
        let mut words = text.split_whitespace();
        let wrong = || NoCandidate::Words(text.to_owned());
        let model = words.next().ok_or_else(wrong)?.to_owned();
        let effort = words.next().map(str::parse).transpose();
        let effort = effort.map_err(|error| NoCandidate::Effort(text.to_owned(), error))?;
        words.next().map_or(Ok(Self { model, effort }), |_| Err(wrong()))
    }
}

impl TryFrom<String> for Candidate {
    type Error = NoCandidate;

    fn try_from(text: String) -> Result<Self, NoCandidate> {
        text.parse()
    }
}

impl From<Candidate> for String {
    fn from(candidate: Candidate) -> Self {
        candidate.to_string()
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.effort {
            Some(effort) => f.pad(&format!("{} {effort}", self.model)),
            None => f.pad(&self.model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_read_back_and_other_texts_are_refused() {
        for text in ["claude-haiku-5-5 low", "ollama/gpt-oss:20b"] {
            assert_eq!(text.parse::<Candidate>().unwrap().to_string(), text);
        }
        for (text, told) in [("", "no candidate"), ("m low x", "no candidate"), ("m lots", "write minimal")] {
            let error = text.parse::<Candidate>().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
