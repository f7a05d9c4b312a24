//! The bus performs paid calls: one [`Wire`] per provider protocol, over one HTTP client, each call let through by the
//! [`governor`].

pub mod anthropic;
pub mod governor;
pub mod http;
pub mod rate;
pub mod sse;
pub mod wire;

pub use anthropic::Anthropic;
pub use governor::Governor;
pub use wire::{Answer, Failed, Message, Request, ToolCall, UserPart, Wire};
