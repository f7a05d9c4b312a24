//! The bus performs paid calls: one [`Dialect`] per provider protocol, without I/O, and one [`HttpAdapter`] for all. Each call
//! is let through by the [`governor`].

pub mod adapter;
pub mod adapters;
pub mod anthropic;
pub mod call;
pub mod chat;
pub mod dialect;
mod fields;
pub mod gemini;
pub mod governor;
pub mod http;
pub mod keys;
pub mod ollama;
mod parts;
pub mod providers;
pub mod rate;
pub mod responses;
mod served;
pub mod sse;

pub use adapter::{Adapter, Encoded, HttpAdapter, Provider, SetupError};
pub use adapters::Adapters;
pub use call::{Answer, Failed, Message, Request, ToolCall, UserPart};
pub use dialect::{Decoder, Dialect, Framing, Meter, Reading, dialect};
pub use governor::Governor;
pub use keys::{KeyError, Secret};
pub use rate::{Bucket, RateLimits};
