//! One call on both sides of a provider's words: a normalised request, a normalised answer.
//!
//! Encoding is apart from sending because the bus measures the body's bytes before it reserves money; the same
//! request therefore always encodes to the same bytes. What a model wrote travels back to it as the provider's own
//! blocks, never re-typed: providers bind blocks (thinking above all) to their model and conversation.

use bytes::Bytes;
use serde_json::Value;
use trireme_core::prompts::ToolSpec;
use trireme_core::{Effort, Fault, Reply, Usage};

use super::rate::RateLimits;

/// One call, before it is put into a provider's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// Who gets it: those who speak one wire do not speak it alike.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    /// What stands before the conversation.
    pub system: String,
    /// The conversation; the Owner's side begins and ends it.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// The most that the model may write, in tokens, thinking included.
    pub max_tokens: u64,
    /// Tokens that fit into the model, request and answer together; none where that is not known.
    pub context_max: Option<u64>,
    /// How long it may think; the provider's own default where there is none.
    pub effort: Option<Effort>,
    /// The JSON schema that the answer is to follow.
    pub schema: Option<Value>,
    /// Whether the answer comes as a stream; else as one body.
    pub streamed: bool,
}

/// One side's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// What the model is given: results of its calls first, then texts.
    User(Vec<UserPart>),
    /// What the model wrote: the provider's own content blocks, verbatim, as [`Answer::content`] gave them.
    Assistant(Vec<Value>),
}

/// A piece of what the model is given.
#[derive(Clone, Debug, PartialEq)]
pub enum UserPart {
    /// A text.
    Text(String),
    /// The result of one call.
    ToolResult {
        /// The call's id.
        id: String,
        /// What the tool said.
        text: String,
        /// Whether it failed.
        is_error: bool,
    },
    /// An image.
    Image {
        /// Its kind, such as image/png.
        media_type: String,
        /// The file.
        bytes: Bytes,
    },
}

/// A whole reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What it says about itself.
    pub reply: Reply,
    /// The provider's own content blocks, for the next request.
    pub content: Vec<Value>,
    /// Its texts, one per line.
    pub text: String,
    /// What it calls, in its order.
    pub calls: Vec<ToolCall>,
    /// What the provider said about its limits.
    pub limits: RateLimits,
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The provider's id, which the result must name.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// An object; or why there is none, with the head of what came instead.
    pub args: Result<Value, String>,
}

/// A call that gave no whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What went wrong.
    pub fault: Fault,
    /// What the provider had said of its usage by then: a lower bound, never the bill.
    pub usage: Option<Usage>,
    /// What it had said about its limits.
    pub limits: Box<RateLimits>,
}
