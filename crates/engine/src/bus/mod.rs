//! The bus performs paid calls: one [`Wire`] per provider protocol, over one HTTP client.

pub mod anthropic;
pub mod http;
pub mod sse;
pub mod wire;

pub use anthropic::Anthropic;
pub use wire::{Answer, Failed, Message, Request, ToolCall, UserPart, Wire};
