//! What can be typed about roles.

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct RolesArgs {
    #[command(subcommand)]
    pub command: Option<RolesCommand>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RolesCommand {
    /// Show one, with what its agents are told
    #[command(after_help = "Example: trireme roles show worker")]
    Show {
        /// The role's name
        #[arg(value_name = "NAME")]
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}
