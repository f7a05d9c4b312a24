//! What can be typed about MCP servers.

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct McpArgs {
    #[command(subcommand)]
    pub command: McpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// List servers: yours and the project's, what they start or reach, and whether you agree to them
    #[command(after_help = "Example: trireme mcp list")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Look at a server and its tools, and agree to exactly these
    #[command(after_help = "Example: trireme mcp trust docs")]
    Trust {
        /// The server's name
        #[arg(value_name = "NAME")]
        name: String,
        /// Agree without being asked
        #[arg(long, short)]
        yes: bool,
    },
    /// Agree to a server no longer
    #[command(after_help = "Example: trireme mcp distrust docs")]
    Distrust {
        /// The server's name
        #[arg(value_name = "NAME")]
        name: String,
    },
}
