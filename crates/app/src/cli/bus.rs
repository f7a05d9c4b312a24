//! What can be typed about the bus: programs under a budget, keys, models.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The longest answer of one call through the gateway, in tokens, where nobody says otherwise: programs ask for all that a
/// model can write, and a promise of that much holds the whole of a small budget.
const OUTPUT_CAP: u64 = 32_000;

#[derive(Args, Debug)]
pub(crate) struct ExecArgs {
    /// The most that its calls may cost together, in dollars
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub budget: String,
    /// A model that it may call, `*` at the end for all that begin so; can be given again; all if not given
    #[arg(long, value_name = "MODEL")]
    pub only: Vec<String>,
    /// The longest answer of one call, in tokens: what is asked for beyond is lowered
    #[arg(long, value_name = "TOKENS", default_value_t = OUTPUT_CAP)]
    pub max_output: u64,
    #[command(flatten)]
    pub models: ModelFlag,
    /// Print the bill as JSON, on stderr: stdout is the program's
    #[arg(long)]
    pub json: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct GatewayArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4141")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub models: ModelFlag,
}

#[derive(Args, Debug)]

pub(crate) struct KeysArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(subcommand)]
    pub ask: Option<KeyAsk>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAsk {
    /// Make a key, and print its secret this once
    Make(MakeKey),
    /// Change how much a key may spend in all
    Limit {
        /// Its name
        name: String,
        /// The new limit, in dollars
        #[arg(allow_hyphen_values = true)]
        usd: String,
    },
    /// Take a key back: its calls are answered like those of a spent one
    Revoke {
        /// Its name
        name: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct MakeKey {
    /// What it is called
    pub name: String,
    /// The most that may be spent with it, in dollars
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub budget: String,
    /// Another key that pays for it too
    #[arg(long, value_name = "NAME")]
    pub under: Option<String>,
    /// A model that it may call, `*` at the end for all that begin so; can be given again; all if not given
    #[arg(long, value_name = "MODEL")]
    pub only: Vec<String>,
    /// The longest answer of one call, in tokens
    #[arg(long, value_name = "TOKENS", default_value_t = OUTPUT_CAP)]
    pub max_output: u64,
    /// When it ends by itself: 90m, 8h, 7d
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
}

/// Models that no file knows.
#[derive(Args, Debug, Default)]
pub(crate) struct ModelFlag {
    /// A model with its prices, as docs/models.md says; can be given again
    #[arg(long, value_name = "NAME,KEY=VALUE,…")]
    pub model: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    #[command(flatten)]
    pub filter: ModelsFilter,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Explain one: prices, sources, and what a call costs
    #[command(after_help = "Example: trireme models show claude-haiku-5-5 --prompt 200000 --answer 4000")]
    Show(ModelsShowArgs),
    /// Take the prices of a newer catalogue file for your own
    #[command(after_help = "Example: trireme models update --file models.json")]
    Update {
        /// A file like crates/core/data/models.json
        #[arg(long)]
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ModelsFilter {
    /// Only models of this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Only models of this maker's line, such as claude or gpt
    #[arg(long, value_name = "NAME")]
    pub family: Option<String>,
    /// Only models that serve this seniority
    #[arg(long, value_name = "NAME", value_parser = ["intern", "junior", "mid", "senior", "staff", "principal"])]
    pub seniority: Option<String>,
    /// Only models that can do this; can be given again
    #[arg(long, value_name = "WHAT", value_parser = ["tools", "structured", "images", "reasoning", "efforts"])]
    pub capability: Vec<String>,
    /// Only models whose provider can be called, because its key is there
    #[arg(long)]
    pub available: bool,
    #[command(flatten)]
    pub models: ModelFlag,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ModelsShowArgs {
    /// Its name, or another name of it
    pub name: String,
    /// What a call costs with so many tokens in
    #[arg(long, value_name = "TOKENS", default_value_t = 10_000)]
    pub prompt: u64,
    /// What a call costs with so many tokens out
    #[arg(long, value_name = "TOKENS", default_value_t = 1_000)]
    pub answer: u64,
    #[command(flatten)]
    pub models: ModelFlag,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
