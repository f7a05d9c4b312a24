//! What the engine is given by whoever starts it: it asks no environment itself.

use std::ffi::OsString;
use std::path::PathBuf;

use trireme_core::catalogue::{CatalogueFile, Declared};
use trireme_core::run::Deadlines;
use trireme_core::{Money, Path as Way, Plan, Scope, Seniority, SetUp, Share, Stakes, StakesRule};
use zeroize::Zeroizing;

use crate::bus::providers::{Declarations, Environment};
use crate::mcp::Server;
use crate::redaction::Pattern;
use crate::retention::Rule;
use crate::sandbox::SandboxSettings;
use crate::vault::KeyPlace;
use crate::workspace::DirtyTree;

/// The surroundings, read once by the application.
#[derive(Clone)]
pub struct Settings {
    /// Where runs are kept.
    pub state: PathBuf,
    /// PATH, for git and for commands.
    pub path: OsString,
    /// The Owner's home, for git's own settings.
    pub home: PathBuf,
    /// Variables that commands of workers and checks get.
    pub passed: Vec<(String, String)>,
    /// `[providers]` of the configuration.
    pub providers: Declarations,
    /// What the environment says of providers and their keys.
    pub environment: Environment,
    /// Prices that the person has taken since, in a file of their own.
    pub prices: Option<CatalogueFile>,
    /// Models and seniorities of the configuration.
    pub declared: Declared,
    /// How long what may take.
    pub deadlines: Deadlines,
    /// `[stakes]` of the configuration.
    pub stakes: StakesRule,
    /// `[setup]` of the configuration.
    pub setups: Vec<SetUp>,
    /// The most that anybody may do.
    pub scope: Scope,
    /// The variables that it names, as far as they are set.
    pub lent: Vec<(String, String)>,
    /// MCP servers of the configuration.
    pub servers: Vec<Server>,
    /// Why others of it can't be used, a sentence each.
    pub servers_left_out: Vec<String>,
    /// The folder of the person's roles, which may not be there.
    pub roles: Option<PathBuf>,
    /// Where commands are started.
    pub sandbox: SandboxSettings,
    /// Where the key is that locks the keys of runs.
    pub owner_key: KeyPlace,
    /// Values that nobody may write down.
    pub secrets: Vec<Zeroizing<String>>,
    /// When payloads of runs that are over go.
    pub retention: Vec<Rule>,
    /// What else is to be taken out of everything that is written.
    pub patterns: Vec<Pattern>,
}

/// What the Owner orders.
#[derive(Clone, Debug)]
pub struct Order {
    /// The project's folder; none for the current one, or for the scenario's own.
    pub project: Option<PathBuf>,
    /// The current folder.
    pub cwd: PathBuf,
    /// The intent; none for the scenario's.
    pub sentence: Option<String>,
    /// The total; none for the scenario's.
    pub budget: Option<Money>,
    /// The Orchestrator's part; none for the scenario's, or 10 %.
    pub reserve: Option<Share>,
    /// Constraints for all of the work.
    pub constraints: Vec<String>,
    /// Files that the Owner points at.
    pub context: Vec<String>,
    /// The way that the intent goes; decided by triage where it is not given.
    pub path: Option<Way>,
    /// Commands that have to pass at the end.
    pub checks: Vec<String>,
    /// A plan that is there already.
    pub plan: Option<Plan>,
    /// A scenario that plays every model.
    pub scenario: Option<PathBuf>,
    /// What to do with changes that are not committed.
    pub dirty: DirtyTree,
    /// Whether the plan may start without asking.
    pub preapproved: bool,
    /// The Owner's word on how much hangs on all of it.
    pub stakes: Stakes,
    /// Where the sentence is a question and a second opinion all that is wanted: how much model the advisers get.
    pub opinion: Option<Seniority>,
}
