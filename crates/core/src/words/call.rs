//! What comes back from a model: usage, why it stopped, and what can go wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::money::Money;

/// What a call used, as the provider bills it. The kinds of tokens do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read at the full price.
    pub input: u64,
    /// Read from the provider's cache.
    #[serde(default)]
    pub cache_read: u64,
    /// Written to the provider's five-minute cache.
    #[serde(default)]
    pub cache_write: u64,
    /// Written to the provider's one-hour cache.
    #[serde(default)]
    pub cache_write_1h: u64,
    /// Written by the model, thinking included.
    pub output: u64,
    /// Searches of the web that the provider made for the model, a fee each.
    #[serde(default)]
    pub searches: u64,
    /// Whether the surcharge for a region applies.
    #[serde(default)]
    pub geo: bool,
    /// What the provider itself says that the call cost; zero where it says nothing. The bill is the greater of this and
    /// the catalogue's.
    #[serde(default)]
    pub reported: Money,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            output: self.output.saturating_add(other.output),
            searches: self.searches.saturating_add(other.searches),
            geo: self.geo || other.geo,
            reported: self.reported.plus(other.reported),
        }
    }

    /// Everything that went in, cached or not.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_1h)
    }
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It was done.
    EndTurn,
    /// It wants tools.
    ToolUse,
    /// It ran into `max_tokens`.
    MaxTokens,
    /// It refused.
    Refusal,
    /// The provider's filter held the answer, or the question, back.
    Filtered,
    /// Something that this version does not know.
    Other,
}

/// What a whole reply says about itself; its content is in a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The model that answered, by the provider's own word.
    pub served: String,
    /// Why it stopped.
    pub stop: Stop,
    /// What was used; none where the provider did not say.
    pub usage: Option<Usage>,
    /// From sending to the end of the answer, in milliseconds.
    pub latency_ms: u64,
    /// What it answers; none where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// What a request was made of, in bytes of its JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// All of its body.
    pub body_bytes: u64,
    /// Of it, the repository: files given with a contract or a question, and what reading, listing, searching and git showed.
    pub repo_bytes: u64,
}

/// A call that gave no whole reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No connection was made.
    Unreachable {
        /// What the network said.
        message: String,
    },
    /// Too many requests; `Retry-After` in milliseconds, where given.
    RateLimited {
        /// How long the provider wants to be left alone.
        retry_after_ms: Option<u64>,
    },
    /// The provider has too much to do, and says so.
    Overloaded,
    /// The provider broke down before answering, and may have worked.
    Server {
        /// Its HTTP status.
        status: u16,
    },
    /// The key is missing, wrong or may not do this.
    Auth {
        /// What the provider said.
        message: String,
    },
    /// The account has no money, or a limit of the provider's own.
    Billing {
        /// What the provider said.
        message: String,
    },
    /// The request is too long for the model.
    ContextTooLong {
        /// What the provider said.
        message: String,
    },
    /// The request is wrong in another way.
    BadRequest {
        /// Its HTTP status.
        status: u16,
        /// What the provider said.
        message: String,
    },
    /// The stream ended before the provider's own end.
    Cut {
        /// How it ended.
        message: String,
    },
    /// Nothing came for too long.
    Timeout,
    /// Another model answered than the one that was asked.
    WrongModel {
        /// The model that answered.
        served: String,
    },
    /// The answer is not of the protocol.
    Garbled {
        /// What is wrong with it.
        message: String,
    },
    /// The process that made the call is gone.
    Lost,
}

impl Fault {
    /// Whether it is certain that the provider bills nothing: the reservation can be released. A 503 is such a fault
    /// ([`Self::Overloaded`]) only where the provider says that it has too much to do, or when to come back; any other 503,
    /// and a 408, is a [`Self::Server`] that may have worked.
    #[must_use]
    pub const fn is_unbilled(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Overloaded
            | Self::Auth { .. }
            | Self::Billing { .. }
            | Self::ContextTooLong { .. }
            | Self::BadRequest { .. } => true,
            Self::Server { .. }
            | Self::Cut { .. }
            | Self::Timeout
            | Self::WrongModel { .. }
            | Self::Garbled { .. }
            | Self::Lost => false,
        }
    }

    /// Whether the same call may go better later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Overloaded
            | Self::Server { .. }
            | Self::Cut { .. }
            | Self::Timeout
            | Self::Garbled { .. }
            | Self::Lost => true,
            Self::Auth { .. }
            | Self::Billing { .. }
            | Self::ContextTooLong { .. }
            | Self::BadRequest { .. }
            | Self::WrongModel { .. } => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { message } => write!(f, "the provider can't be reached: {message}"),
            Self::RateLimited { retry_after_ms: Some(ms) } => {
                write!(f, "too many requests, again in {ms} ms")
            }
            Self::RateLimited { retry_after_ms: None } => f.write_str("too many requests"),
            Self::Overloaded => f.write_str("the provider is overloaded"),
            Self::Server { status } => write!(f, "the provider broke down ({status})"),
            Self::Auth { message } => write!(f, "the provider refuses the key: {message}"),
            Self::Billing { message } => write!(f, "the provider's own billing refuses: {message}"),
            Self::ContextTooLong { message } => write!(f, "the request is too long for the model: {message}"),
            Self::BadRequest { status, message } => {
                write!(f, "the provider refuses the request ({status}): {message}")
            }
            Self::Cut { message } => write!(f, "the answer was cut off: {message}"),
            Self::Timeout => f.write_str("the provider fell silent"),
            Self::WrongModel { served } => write!(f, "another model answered: {served}"),
            Self::Garbled { message } => write!(f, "the answer is not of the protocol: {message}"),
            Self::Lost => f.write_str("the call's answer was lost with its process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_a_journal_that_does_not_tell_what_was_sent_reads() {
        let old = r#"{"served":"m","stop":"tool_use","usage":null,"latency_ms":5}"#;
        let reply: Reply = serde_json::from_str(old).unwrap();
        assert_eq!(reply.sent, None);
        assert_eq!(serde_json::to_string(&reply).unwrap(), old);
    }
}
