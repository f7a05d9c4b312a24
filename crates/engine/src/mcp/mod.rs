//! MCP servers: programs and services that are not ours, whose tools agents may call.
//!
//! ```text
//! server    what the configuration says of one, and the hash of that
//! contact   a connection: start or reach it, list its tools, call one     stdio ── in the sandbox, a line to its stdin and stdout
//!           ├ bounded   what it may say in between                        http ── our own client: no redirects, bounded
//!           └ said      its answer ──► text for a model
//! trust     what the Owner has agreed to, in the Owner's own folder
//! offer     when a run begins: who is trusted ──► the tools that the run offers, for good
//! ```
//!
//! What is absent: a server that a project names is not started or reached before the Owner has agreed to exactly this one;
//! no tool is offered or called that is not word for word what the Owner has agreed to, or has seen first where the server is
//! the Owner's; no program is started outside of the sandbox; nothing that a server says is anything but a text.

mod bounded;
mod contact;
mod found;
mod http;
mod offer;
mod said;
mod server;
mod trust;

pub use contact::{Contact, ContactError, Place};
pub use found::Found;
pub use offer::Standing;
pub(crate) use offer::seated;
pub(crate) use said::told;
pub use server::{Reach, Server, Setting};
pub use trust::{Known, NoTrust, Trusts};
