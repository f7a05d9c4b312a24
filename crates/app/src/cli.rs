//! What can be typed.

mod bus;
mod keep;
mod log;
mod mcp;
mod roles;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use trireme_core::{Host, Path, SandboxLevel};

pub(crate) use bus::*;
pub(crate) use keep::*;
pub(crate) use log::*;
pub(crate) use mcp::*;
pub(crate) use roles::*;

/// One sentence and a hard budget, run through three tiers of language models.
#[derive(Debug, Parser)]
#[command(name = "trireme", version, disable_help_subcommand = true, after_help = FIRST)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The first thing to type.
pub(crate) const FIRST: &str =
    "Type first, without a key and for nothing:\n  trireme run --scenario examples/csv-to-json";

/// What holds for every command.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// The project's folder; the current one if not given
    #[arg(long = "in", value_name = "DIR", global = true, help_heading = "Everywhere")]
    pub project: Option<PathBuf>,
    /// One more configuration file, over trireme.toml
    #[arg(long, value_name = "FILE", global = true, help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// Where runs are kept; also TRIREME_STATE
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    pub state: Option<PathBuf>,
    /// How far commands are held: L3 (most), L2, L1, L0 (not at all)
    #[arg(long, value_name = "LEVEL", global = true, help_heading = "Everywhere")]
    pub sandbox: Option<SandboxLevel>,
    /// Do not go on below L3
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub require_sandbox: bool,
    /// Let commands reach this host, such as registry.npmjs.org, *.crates.io or localhost:8080; may be repeated
    #[arg(long = "allow-host", value_name = "HOST", global = true, help_heading = "Everywhere")]
    pub allowed_hosts: Vec<Host>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan, ask, work, and leave a verified branch
    #[command(after_help = "Example: trireme run \"Add CSV export to the reports page.\" --budget 10")]
    Run(RunArgs),
    /// Plan and quote only
    #[command(after_help = "Example: trireme plan \"Add CSV export.\" --budget 10 -o plan.toml")]
    Plan(PlanArgs),
    /// Hear two models of different makers on a question, and a third on both
    #[command(
        after_help = "Example: trireme opinion \"Should sessions live in Redis or Postgres?\" --context docs/sessions.md --budget 2"
    )]
    Opinion(OpinionArgs),
    /// List all runs, newest first
    #[command(after_help = "Example: trireme runs")]
    Runs(Json),
    /// Show a run: state, plan, money, and what waits for you
    #[command(
        after_help = "Example: trireme show last --at 57\nExample: trireme show last --task Parser --seen --attempt 2"
    )]
    Show(ShowArgs),
    /// Watch a run that works in another terminal
    #[command(after_help = "Example: trireme watch last")]
    Watch(OneRun),
    /// Hold a recorded run against this version: prompts, decisions and verdicts
    #[command(after_help = "Example: trireme replay last")]
    Replay(ReplayArgs),
    /// Print what happened, event by event
    #[command(
        after_help = "Example: trireme log last --type llm_call --manager Parser\nExample: trireme log last --call 42"
    )]
    Log(LogArgs),
    /// Ask about runs in SQL
    #[command(
        allow_missing_positional = true,
        after_help = "Example: trireme sql last \"SELECT manager, step, cost FROM steps ORDER BY checkpoint\"\n\
                      Example: trireme sql \"SELECT run, sum(cost_usd) FROM costs GROUP BY run\" --csv"
    )]
    Sql(SqlArgs),
    /// Print what a run cost, and who cost it
    #[command(after_help = "Example: trireme cost last --by model --csv")]
    Cost(CostArgs),
    /// Print what became of a run
    #[command(after_help = "Example: trireme report last --html report.html")]
    Report(ReportArgs),
    /// Let a plan start
    #[command(after_help = "Example: trireme approve last")]
    Approve(ApproveArgs),
    /// Change a plan that waits: in $EDITOR, by a file, or by a sentence to the Orchestrator
    #[command(after_help = "Example: trireme edit last \"One section is enough.\"")]
    Edit(EditArgs),
    /// Do not let a plan start
    #[command(after_help = "Example: trireme reject last \"Leave the API alone.\"")]
    Reject(RejectArgs),
    /// Give a Manager the money that it asked for, or another amount
    #[command(after_help = "Example: trireme grant last r0 1.50")]
    Grant(GrantArgs),
    /// Refuse a Manager's request for money
    #[command(after_help = "Example: trireme deny last r0")]
    Deny(DenyArgs),
    /// Answer a question of the Orchestrator
    #[command(after_help = "Example: trireme answer last q0 \"RFC 4180, with a header.\"")]
    Answer(AnswerArgs),
    /// Tell a Manager something, or ALL of them
    #[command(after_help = "Example: trireme memo last ALL \"The API freezes tonight.\"")]
    Memo(MemoArgs),
    /// Change a run's total
    #[command(after_help = "Example: trireme budget last 15")]
    Budget(BudgetArgs),
    /// Start nothing new; what is on its way comes in
    #[command(after_help = "Example: trireme pause last")]
    Pause(OneRun),
    /// Go on with a run that is paused, or whose process is gone
    #[command(after_help = "Example: trireme resume last")]
    Resume(ResumeArgs),
    /// Stop a run, a Manager or a task, now and for good
    #[command(after_help = "Example: trireme kill last --task t3")]
    Kill(KillArgs),
    /// Run a program under a budget: its calls of models pass through here
    #[command(after_help = "Example: trireme exec --budget 2 -- claude -p \"Fix the failing test.\"")]
    Exec(ExecArgs),
    /// Serve models to programs that have a key of `trireme keys`
    #[command(after_help = "Example: trireme gateway --listen 127.0.0.1:4141")]
    Gateway(GatewayArgs),
    /// List the gateway's keys, make them, limit them, take them back
    #[command(
        args_conflicts_with_subcommands = true,
        disable_help_subcommand = true,
        after_help = "Example: trireme keys make ci --budget 5 --expires 8h"
    )]
    Keys(KeysArgs),
    /// List models with their prices, explain one, or take newer prices
    #[command(
        args_conflicts_with_subcommands = true,
        disable_help_subcommand = true,
        after_help = "Example: trireme models --seniority mid --available"
    )]
    Models(ModelsArgs),
    /// List roles with their models and tools: our own, the project's and yours
    #[command(
        args_conflicts_with_subcommands = true,
        disable_help_subcommand = true,
        after_help = "Example: trireme roles show worker"
    )]
    Roles(RolesArgs),
    /// List MCP servers, and agree to one or do so no longer
    #[command(disable_help_subcommand = true, after_help = "Example: trireme mcp list")]
    Mcp(McpArgs),
    /// Print a payload: a prompt, a reply, the output of a tool or a check
    #[command(after_help = "Example: trireme blob last 42")]
    Blob(BlobArgs),
    /// Prove that journal and log of a run are what was written
    #[command(after_help = "Example: trireme verify last")]
    Verify(VerifyArgs),
    /// Let payloads of old runs go, by the rules of the configuration
    #[command(after_help = "Example: trireme prune --dry-run")]
    Prune(PruneArgs),
    /// Keep a run whatever the rules say
    #[command(after_help = "Example: trireme hold last \"the audit of November\"")]
    Hold(HoldArgs),
    /// Lock all runs with another key than your present one
    #[command(after_help = "Example: trireme rotate-key")]
    RotateKey(RotateArgs),
    /// Look whether everything is there that a run needs
    #[command(after_help = "Example: trireme doctor")]
    Doctor(Json),
    /// Print completions for a shell
    #[command(
        after_help = "Example: trireme completions bash > ~/.local/share/bash-completion/completions/trireme"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub intent: IntentArgs,
    /// Start whatever plan comes, without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// A plan that is there already, TOML or JSON: nobody plans then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["direct", "orchestrate", "solo"])]
    pub plan: Option<PathBuf>,
    /// Print one JSON object at the end, and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct OpinionArgs {
    /// The question; the scenario's sentence if not given
    pub question: Option<String>,
    /// The most that it may cost, in dollars
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub budget: Option<String>,
    /// A file of the project that the advisers are shown; can be given again
    #[arg(long, value_name = "FILE")]
    pub context: Vec<String>,
    /// How much model the advisers get; principal if not given
    #[arg(long, value_name = "SENIORITY")]
    pub seniority: Option<String>,
    /// A scenario that plays every model: costs nothing, all else is real
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Print one JSON object at the end, and nothing else on stdout
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub models: ModelFlag,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub intent: IntentArgs,
    /// Write the plan here, as TOML, or as JSON where the name ends in .json
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print plan and quote as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IntentArgs {
    /// What you want, in a sentence or more; the scenario's if not given
    pub intent: Option<String>,
    /// The most that it may cost, in dollars
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub budget: Option<String>,
    /// The Orchestrator's part of it, in percent
    #[arg(long, value_name = "PCT", allow_hyphen_values = true)]
    pub reserve: Option<String>,
    /// A file of the project to look at; can be given again
    #[arg(long, value_name = "FILE")]
    pub context: Vec<String>,
    /// Two advisers are heard on every section and every decision
    #[arg(long)]
    pub high_stakes: bool,
    /// What must not happen on the way; can be given again
    #[arg(long, value_name = "TEXT")]
    pub constraint: Vec<String>,
    /// A command that must pass at the end; can be given again
    #[arg(long, value_name = "CMD")]
    pub check: Vec<String>,
    #[command(flatten)]
    pub path: PathFlags,
    /// A scenario that plays every model: costs nothing, all else is real
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Work from changes that are not committed, or without them; refuses if not given
    #[arg(long, value_name = "HOW")]
    pub dirty: Option<Dirty>,
    #[command(flatten)]
    pub models: ModelFlag,
}

/// Which way the intent goes; decided by rules, and in doubt by one cheap call, where it is not given.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub(crate) struct PathFlags {
    /// One worker, no Manager; the checks are the repository's own
    #[arg(long)]
    pub direct: bool,
    /// A plan with Managers, whatever the intent looks like
    #[arg(long)]
    pub orchestrate: bool,
    /// One senior model with all tools, to compare with; the same checks
    #[arg(long)]
    pub solo: bool,
}

impl PathFlags {
    /// The path, where one is given.
    pub(crate) const fn path(self) -> Option<Path> {
        match self {
            Self { direct: true, .. } => Some(Path::Direct),
            Self { orchestrate: true, .. } => Some(Path::Orchestrate),
            Self { solo: true, .. } => Some(Path::Solo),
            Self { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Dirty {
    Include,
    Ignore,
}

#[derive(Args, Debug)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct OneRun {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CostArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// What to sum by
    #[arg(long, value_enum, default_value_t = By::Manager)]
    pub by: By,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum By {
    Manager,
    Task,
    Agent,
    Seniority,
    Model,
    Provider,
    Phase,
    Role,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Write it as Markdown; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub md: Option<PathBuf>,
    /// Write it as one HTML page; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long, conflicts_with_all = ["md", "html"])]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApproveArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Only the plan with this hash, as `trireme show` prints it
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// What to plan anew; without it and without a file, $EDITOR opens
    pub sentence: Option<String>,
    /// A whole plan, TOML or JSON, in place of the one that waits
    #[arg(long, value_name = "FILE", conflicts_with = "sentence")]
    pub plan: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RejectArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Why
    #[arg(default_value = "")]
    pub reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct GrantArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Which request, such as r0
    pub request: String,
    /// How much, in dollars; all that was asked for if not given
    #[arg(allow_hyphen_values = true)]
    pub usd: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DenyArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Which request, such as r0
    pub request: String,
}

#[derive(Args, Debug)]
pub(crate) struct AnswerArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Which question, such as q0
    pub question: String,
    /// The answer
    pub text: String,
}

#[derive(Args, Debug)]
pub(crate) struct MemoArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// A Manager by its section's name or id, ALL of them, or the ORCHESTRATOR
    pub to: String,
    /// What to tell
    pub text: String,
}

#[derive(Args, Debug)]
pub(crate) struct BudgetArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// The new total, in dollars
    #[arg(allow_hyphen_values = true)]
    pub usd: String,
}

#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Print one JSON object at the end, and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct KillArgs {
    /// Its name, the beginning of it, or `last`
    pub run: String,
    /// Only this Manager with its workers, by its section's id or name
    #[arg(long, value_name = "ID")]
    pub manager: Option<String>,
    /// Only this task with its worker, by its id or title
    #[arg(long, value_name = "ID", conflicts_with = "manager")]
    pub task: Option<String>,
}
