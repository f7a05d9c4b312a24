//! What can be typed to look into what happened.

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// As it stood after that event: state, plan, money and files
    #[arg(long, value_name = "SEQ", conflicts_with = "seen")]
    pub at: Option<u64>,
    /// All that the workers of a task were given: every request, and the files of their folders
    #[arg(long, requires = "task")]
    pub seen: bool,
    /// The task, by its id or title
    #[arg(long, value_name = "ID", requires = "seen")]
    pub task: Option<String>,
    /// Only this attempt, counted from 1
    #[arg(long, value_name = "N", requires = "seen")]
    pub attempt: Option<u32>,
    /// What its Reviewers were given, too
    #[arg(long, requires = "seen")]
    pub reviewer: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    /// Its name, the beginning of it, or `last`; or `gateway`, or the name that `exec` printed
    pub run: String,
    /// Go on printing until the run is over
    #[arg(long, short)]
    pub follow: bool,
    #[command(flatten)]
    pub only: Only,
    /// One call of a model as a conversation, by the number of its event
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["follow", "kind", "manager", "task", "since", "until", "text"])]
    pub call: Option<u64>,
    /// Print one JSON object for each event
    #[arg(long)]
    pub json: bool,
}

/// Which events.
#[derive(Args, Clone, Debug)]
pub(crate) struct Only {
    /// Only events of this type, such as llm_call, tool_call or memo_sent; can be given again
    #[arg(long = "type", value_name = "T")]
    pub kind: Vec<String>,
    /// Only events of this Manager, by its section's id or name, or of the `orchestrator`
    #[arg(long, value_name = "ID")]
    pub manager: Option<String>,
    /// Only events of this task, by its id or title
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Only events from then on: 15m, 8h or 7d ago, or 2026-11-20T12:00 in UTC
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only events up to then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only events whose words hold this, however written
    #[arg(long)]
    pub text: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Print JSON
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
