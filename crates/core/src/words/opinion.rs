//! Second opinions: who asks, about what, who may answer, and what comes of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AgentId, BlobRef, SectionId, Seniority};

/// Who wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// An agent, whose call waits for it.
    Agent {
        /// Which.
        agent: AgentId,
        /// Which call of its last reply waits.
        index: u16,
    },
    /// The run itself, before anybody begins with a section with high stakes.
    Section(SectionId),
    /// The Owner, who asked for nothing else.
    Owner,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A question in the asker's words.
    Question {
        /// The question.
        text: BlobRef,
        /// Files that are shown with it, from the root of the repository.
        files: Vec<String>,
    },
    /// How a section had best be done.
    Section(SectionId),
}

/// Which models a side may be served by, so that the two sides can never be of one mind by being one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Those of a family.
    Family(String),
    /// Those of every other family.
    OtherFamily(String),
    /// This model.
    Model(String),
    /// Every other model.
    OtherModel(String),
}

impl Only {
    /// Whether it may be that model.
    #[must_use]
    pub fn takes(&self, model: &str, family: &str) -> bool {
        match self {
            Self::Family(only) => only == family,
            Self::OtherFamily(other) => other != family,
            Self::Model(only) => only == model,
            Self::OtherModel(other) => other != model,
        }
    }
}

/// One of the two who are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// How much model.
    pub seniority: Seniority,
    /// Which models.
    pub only: Only,
}

/// In what the two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// They are of different families.
    Family,
    /// Only one family can be had, so they are different models of it.
    Model,
}

/// How sure an adviser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It may well be wrong.
    Low,
    /// It would act on it.
    Medium,
    /// It would be surprised to be wrong.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

/// What a third model makes of two answers that it can't tell the authors of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synthesis {
    /// What both say.
    pub agreements: Vec<String>,
    /// Where they differ, each with what either says.
    pub disagreements: Vec<String>,
    /// What to do.
    pub choice: String,
    /// Why.
    pub reason: String,
}

/// The only thing that a run is asked for, where it is no work at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoneQuestion {
    /// The question.
    pub text: BlobRef,
    /// Files that are shown with it.
    pub files: Vec<String>,
    /// How much model the advisers get.
    pub seniority: Seniority,
}
