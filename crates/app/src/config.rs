//! The one place that asks the environment, and the configuration files: built-in, then the person's, then the
//! project's `trireme.toml`, then `--config`. A key that nobody knows is an error with its line.

mod log;
mod mcp;
mod retention;
mod sandbox;
mod scope;
mod secrets;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trireme_core::catalogue::{CatalogueFile, Declared, DeclaredModel, DeclaredPin, DeclaredRank};
use trireme_core::catalogue::{Families, Pinned};
use trireme_core::limits::SETUPS;
use trireme_core::plan_check::glob_fault;
use trireme_core::run::{Deadlines, DeclaredDeadlines};
use trireme_core::{Money, Scope, Seniority, SetUp, Share, StakesRule};
use trireme_engine::Settings;
use trireme_engine::bus::providers::{Declarations, Environment, check, of_project, overlay, variables};
use trireme_engine::redaction::{Pattern, Redactor};
use trireme_engine::retention::Rule;

use crate::cli::{Global, ModelFlag};
use crate::declare;
use crate::editing::Editor;
use crate::failure::Failure;
use crate::keys::Keys;
use log::DeclaredLog;
use mcp::{DeclaredServer, Servers};
use retention::DeclaredRule;
use sandbox::DeclaredSandbox;
use scope::DeclaredScope;
use secrets::DeclaredRedaction;

/// Variables that commands of workers and checks get, where they are set. Nothing that may hold a secret.
const PASSED: [&str; 12] = [
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "JAVA_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
];

/// A set-up command as it is written.
const SETUP_HINT: &str =
    "[setup.node] run = \"npm ci\", keys = [\"package-lock.json\"], paths = [\"node_modules\"]";

/// Everything that is known before a command begins.
pub(crate) struct Config {
    /// For the engine.
    pub settings: Settings,
    /// The Orchestrator's part, where a file says so.
    pub reserve: Option<Share>,
    /// The folder of the project, where one is named.
    pub project: Option<PathBuf>,
    /// The current folder.
    pub cwd: PathBuf,
    /// NO_PROXY, for programs that are started here.
    pub no_proxy: String,
    /// The Owner's editor.
    pub editor: Editor,
    /// Where newer prices are kept.
    pub prices_file: PathBuf,
}

/// What a configuration file may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    providers: Declarations,
    #[serde(default)]
    models: BTreeMap<String, DeclaredModel>,
    #[serde(default)]
    seniority: BTreeMap<Seniority, DeclaredRank>,
    #[serde(default)]
    pins: BTreeMap<Pinned, DeclaredPin>,
    #[serde(default)]
    families: Families,
    #[serde(default)]
    budget: Budget,
    #[serde(default)]
    limits: DeclaredDeadlines,
    #[serde(default)]
    stakes: DeclaredStakes,
    #[serde(default)]
    setup: BTreeMap<String, SetUp>,
    #[serde(default)]
    mcp: BTreeMap<String, DeclaredServer>,
    sandbox: Option<DeclaredSandbox>,
    scope: Option<DeclaredScope>,
    #[serde(default)]
    log: DeclaredLog,
    #[serde(default)]
    redaction: DeclaredRedaction,
    #[serde(default)]
    retention: Vec<DeclaredRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    reserve_pct: Option<Share>,
}

/// Which sections have high stakes, whatever the plan says.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredStakes {
    /// Those that have more money than this, in dollars.
    above_usd: Option<Dollars>,
    /// Those that deliver or check a file that one of these globs matches.
    #[serde(default)]
    paths: Vec<String>,
}

/// Dollars, as a number or as text.
#[derive(Clone, Copy)]
struct Dollars(Money);

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Money::parse(&text).map(Dollars).map_err(serde::de::Error::custom)
    }
}

impl Config {
    /// Reads environment and files. These keys were in the environment before the program took them out.
    pub(crate) fn read(global: &Global, keys: &Keys) -> Result<Self, Failure> {
        let cwd = std::env::current_dir()
            .map_err(|error| Failure::failed(format!("the current folder can't be read: {error}")))?;
        let home = variable("HOME").map(PathBuf::from);
        let home = home.ok_or_else(|| Failure::usage("HOME is not set").hint("export HOME=…"))?;
        let Read {
            declared,
            providers,
            reserve,
            deadlines,
            stakes,
            setups,
            servers,
            sandbox,
            scope,
            log,
            patterns,
            retention,
        } = files(global, &cwd, &home)?;
        let (prices_file, roles) = (personal(&home).join("models.json"), personal(&home).join("roles"));
        let look_up = |name: &str| keys.get(name).cloned().or_else(|| text(name));
        let owner_key = log.owner_key(&home, personal(&home).join("owner.key"), look_up);
        let scope = scope.scope(&global.allowed_hosts)?;
        let settings = Settings {
            prices: prices(&prices_file)?,
            state: state(global, &cwd, &home),
            path: variable("PATH").unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin")),
            passed: passed(&home),
            environment: Environment::of(&variables(&providers), look_up),
            providers,
            declared,
            deadlines,
            stakes,
            setups: setups.into_values().collect(),
            lent: lent(&scope, keys)?,
            scope,
            servers_left_out: servers.left_out.clone(),
            servers: servers.into_all(),
            roles: Some(roles),
            sandbox: sandbox.settings(global, &home)?,
            home,
            owner_key,
            secrets: secrets::found(environment().chain(keys.clone())),
            patterns,
            retention,
        };
        let no_proxy = text("NO_PROXY").or_else(|| text("no_proxy")).unwrap_or_default();
        let editor = text("VISUAL").or_else(|| text("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        let editor = Editor(editor);
        Ok(Self { editor, settings, reserve, project: global.project.clone(), cwd, no_proxy, prices_file })
    }

    /// Lays the models of the command line over those of the files.
    pub(crate) fn declare(&mut self, flag: &ModelFlag) -> Result<(), Failure> {
        self.settings.declared.overlay(declare::declared(flag)?);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the environment")]
pub(crate) fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// All of it, for finding what is secret in it.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn state(global: &Global, cwd: &Path, home: &Path) -> PathBuf {
    let given = global.state.clone().or_else(|| variable("TRIREME_STATE").map(PathBuf::from));
    let shared = || {
        let base = variable("XDG_STATE_HOME").map_or_else(|| home.join(".local/state"), PathBuf::from);
        base.join("trireme")
    };
    cwd.join(given.unwrap_or_else(shared))
}

/// Tools of languages are found through the home of the Owner, which commands do not get.
fn passed(home: &Path) -> Vec<(String, String)> {
    let mut passed: Vec<_> =
        PASSED.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let folder = home.join(folder);
        if passed.iter().all(|(known, _)| known != name) && folder.is_dir() {
            passed.push((name.to_owned(), folder.to_string_lossy().into_owned()));
        }
    }
    passed
}

/// The variables that a scope names, as far as they are set. Keys of providers are nobody's but the bus's.
fn lent(scope: &Scope, keys: &Keys) -> Result<Vec<(String, String)>, Failure> {
    if let Some(name) = scope.bounds.env().iter().find(|name| keys.contains_key(*name)) {
        return Err(Failure::usage(format!("scope.env: {name} is a provider's key, which no command gets"))
            .hint("calls of commands' own are made through the gateway: trireme gateway, trireme keys"));
    }
    Ok(scope.bounds.env().iter().filter_map(|name| Some((name.clone(), text(name)?))).collect())
}

/// The folder of the person's own files.
fn personal(home: &Path) -> PathBuf {
    let shared = variable("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    shared.join("trireme")
}

/// Newer prices, where the person has taken some.
fn prices(path: &Path) -> Result<Option<CatalogueFile>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let bad = |what: String| {
        Failure::usage(format!("{}: {what}", path.display()))
            .hint("remove it, and take another: trireme models update --file FILE")
    };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    CatalogueFile::read(&text).map(Some).map_err(|error| bad(error.to_string()))
}

/// What all files say together.
#[derive(Default)]
struct Read {
    declared: Declared,
    providers: Declarations,
    reserve: Option<Share>,
    deadlines: Deadlines,
    stakes: StakesRule,
    /// By their names, which is the order in which they are run.
    setups: BTreeMap<String, SetUp>,
    servers: Servers,
    sandbox: DeclaredSandbox,
    scope: DeclaredScope,
    log: DeclaredLog,
    patterns: Vec<Pattern>,
    retention: Vec<Rule>,
}

fn files(global: &Global, cwd: &Path, home: &Path) -> Result<Read, Failure> {
    let project = global.project.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let named = global.config.as_ref().map(|file| cwd.join(file));
    let mut all = Read::default();
    let personal = Some(personal(home).join("config.toml")).filter(|file| file.is_file());
    if let Some(path) = personal {
        all.take(read(&path)?, &path, None, home)?;
    }
    // What the Owner names is the Owner's word, even if it is the project's own file.
    if let Some(path) = project_file(&project).filter(|path| Some(path) != named.as_ref()) {
        let mut file = read(&path)?;
        let providers = of_project(file.providers).map_err(|error| wrong(&path, error))?;
        file.providers = providers;
        let own = [("sandbox", file.sandbox.is_some()), ("scope", file.scope.is_some())];
        if let Some((table, _)) = own.into_iter().find(|(_, is_there)| *is_there) {
            return Err(Failure::usage(format!("{}: a project does not choose its {table}", path.display()))
                .hint(format!(
                    "move [{table}] to ~/.config/trireme/config.toml, or name this file: --config FILE"
                )));
        }
        file.log.check_of_project().map_err(|error| wrong(&path, error))?;
        file.redaction.check_of_project().map_err(|error| wrong(&path, error))?;
        all.take(file, &path, path.parent(), home)?;
    }
    all.servers.take_foreign(&root_of(&project));
    if let Some(path) = named {
        all.take(read(&path)?, &path, None, home)?;
    }
    if all.setups.len() > SETUPS {
        let what =
            format!("the configuration has {} set-up commands, and {SETUPS} are the most", all.setups.len());
        return Err(Failure::usage(what).hint("join some into one: run = \"npm ci && make generated\""));
    }
    check(&all.providers).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(all)
}

impl Read {
    /// Lays a file over those below; `project` is its folder where it is the project's own.
    fn take(&mut self, file: File, path: &Path, project: Option<&Path>, home: &Path) -> Result<(), Failure> {
        let File {
            providers,
            models,
            seniority,
            pins,
            families,
            budget,
            limits,
            stakes,
            setup,
            mcp,
            sandbox,
            scope,
            ..
        } = file;
        let (log, redaction, retention) = (file.log, file.redaction, file.retention);
        self.declared.overlay(Declared { models, seniority, pins, families });
        overlay(&mut self.providers, providers);
        self.reserve = budget.reserve_pct.or(self.reserve);
        self.deadlines = self.deadlines.with(limits);
        // Rules add up: a layer may make more sections high, never fewer.
        let above = stakes.above_usd.map(|Dollars(above)| above);
        self.stakes.above = above.into_iter().chain(self.stakes.above).min();
        self.stakes.paths.extend(stakes.paths);
        let named = |(name, setup): (String, SetUp)| (name.clone(), SetUp { name, ..setup });
        self.setups.extend(setup.into_iter().map(named));
        self.servers.take(mcp, project, home);
        self.sandbox.take(sandbox.unwrap_or_default());
        self.scope.take(scope.unwrap_or_default());
        self.log.take(log);
        // A layer may have more taken out, never less.
        self.patterns.extend(redaction.patterns());
        for rule in retention {
            self.retention.push(rule.rule(project).map_err(|error| wrong(path, error))?);
        }
        Ok(())
    }
}

fn wrong(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

/// A path in which the home may be written as `~`.
fn whole(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~").map_or_else(|_| path.to_owned(), |below| home.join(below))
}

/// The root of the repository that a folder is in; the folder itself where it is in none.
fn root_of(folder: &Path) -> PathBuf {
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    root.unwrap_or(folder).to_owned()
}

/// The `trireme.toml` of the repository that a folder is in.
fn project_file(folder: &Path) -> Option<PathBuf> {
    for above in folder.ancestors() {
        let file = above.join("trireme.toml");
        if file.is_file() {
            return Some(file);
        }
        if above.join(".git").exists() {
            return None;
        }
    }
    None
}

fn read(path: &Path) -> Result<File, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("{} can't be read: {error}", path.display()))
            .hint("name a file that is there: --config FILE")
    })?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(1, |span| line_of(&text, span.start));
        Failure::usage(format!("{}:{at}: {}", path.display(), error.message().trim()))
            .hint("mend that line; known are [providers.NAME], [models.\"NAME\"], [seniority], [pins], [families], [limits], [sandbox], [scope], [budget] with reserve_pct, [stakes] with above_usd and paths, [setup.NAME] with run, keys and paths, [mcp.NAME] with command and args or url, [log] with key_env, key_file or key_keyring, [redaction] with patterns, and [[retention]]")
    })?;
    if let Some((name, fault)) = file.setup.iter().find_map(|(name, setup)| Some((name, setup.fault()?))) {
        return Err(Failure::usage(format!("{}: setup.{name}: {fault}", path.display())).hint(SETUP_HINT));
    }
    file.log.check().map_err(|error| wrong(path, error))?;
    Redactor::new(&[], &file.redaction.patterns().collect::<Vec<_>>()).map_err(|error| wrong(path, error))?;
    match file.stakes.paths.iter().find_map(|glob| Some((glob, glob_fault(glob)?))) {
        None => Ok(file),
        Some((glob, fault)) => {
            Err(Failure::usage(format!("{}: stakes.paths: {glob:?} {fault}", path.display()))
                .hint("paths = [\"migrations/**\"]"))
        }
    }
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}
