//! The protocol that a provider speaks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the five protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wire {
    /// Anthropic Messages.
    #[serde(rename = "anthropic-messages")]
    Anthropic,
    /// OpenAI Responses.
    #[serde(rename = "openai-responses")]
    Responses,
    /// OpenAI Chat Completions, which many others speak too.
    #[serde(rename = "openai-chat")]
    Chat,
    /// Gemini generateContent.
    #[serde(rename = "gemini")]
    Gemini,
    /// Ollama's own chat.
    #[serde(rename = "ollama")]
    Ollama,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Anthropic, Self::Responses, Self::Chat, Self::Gemini, Self::Ollama];

    /// The name in files and on the screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic-messages",
            Self::Responses => "openai-responses",
            Self::Chat => "openai-chat",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_the_screen_have_one_name() {
        for wire in Wire::ALL {
            assert_eq!(serde_json::to_value(wire).unwrap(), wire.name());
        }
    }
}
