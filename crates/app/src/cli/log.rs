//! What can be typed to look into what happened.

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    /// Its name, the beginning of it, or `last`; or `gateway`, or the name that `exec` printed
    pub run: String,
    /// Go on printing until the run is over
    #[arg(long, short)]
    pub follow: bool,
    /// Only events of this type, such as llm_call, tool_call or memo_sent
    #[arg(long = "type", value_name = "T")]
    pub kind: Option<String>,
    /// Print one JSON object for each event
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SqlArgs {
    /// Only of this run: its name, the beginning of it, or `last`; of all runs if not given
    pub run: Option<String>,
    /// One statement that reads of runs, events, calls, costs, memos, verdicts, budget_moves and steps: docs/log.md
    #[arg(value_name = "SELECT")]
    pub query: String,
    #[command(flatten)]
    pub form: SqlForm,
}

/// How an answer is printed.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub(crate) struct SqlForm {
    /// Print a table, long cells cut; so it is done where nothing is said
    #[arg(long)]
    pub table: bool,
    /// Print a JSON array with an object for each row
    #[arg(long)]
    pub json: bool,
    /// Print comma-separated values
    #[arg(long)]
    pub csv: bool,
}
