//! What can be typed about what is kept: payloads and their key, proof, and how long.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct BlobArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// The payload: its address, the beginning of it, or the number of its event in `trireme log`
    pub payload: String,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// A line that the log must go through, as a report printed it
    #[arg(long, value_name = "NUMBER:LINK")]
    pub head: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PruneArgs {
    /// Only tell what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Why
    #[arg(default_value = "no reason was given")]
    pub reason: String,
    /// Let it go again
    #[arg(long, conflicts_with = "reason")]
    pub release: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    pub to: NewKey,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Where the new key is; a fresh one in place of the old one where that is in a file of our own.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct NewKey {
    /// The variable that holds the new key
    #[arg(long, value_name = "NAME")]
    pub to_env: Option<String>,
    /// The file that holds the new key
    #[arg(long, value_name = "FILE")]
    pub to_file: Option<PathBuf>,
    /// The entry of the system keyring that holds the new key
    #[arg(long, value_name = "ENTRY")]
    pub to_keyring: Option<String>,
}
