//! Effort: how long a model may think before it answers, where it lets one choose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The six efforts, from the least up. Which of them a model knows is said by its capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Hardly any thought.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as the model can.
    Max,
}

/// A word that is no effort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no effort; write minimal, low, medium, high, xhigh or max")]
pub struct NoEffort(pub String);

impl Effort {
    /// All of them, from the least up.
    pub const ALL: [Self; 6] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// The name as it is written in files and on the providers' wires.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

impl FromStr for Effort {
    type Err = NoEffort;

    fn from_str(text: &str) -> Result<Self, NoEffort> {
        Self::ALL.into_iter().find(|effort| effort.name() == text).ok_or_else(|| NoEffort(text.to_owned()))
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Effort;

    #[test]
    fn names_read_back_and_others_are_refused() {
        for effort in Effort::ALL {
            assert_eq!(effort.name().parse(), Ok(effort));
        }
        assert!("High".parse::<Effort>().unwrap_err().to_string().contains("write minimal, low"));
    }
}
