//! Providers: those that are known and those that are declared, and where each one's key comes from.
//!
//! What is absent: the environment. The application looks up [`variables`] and hands their values in. No key is ever
//! part of a text: errors, lists and `Debug` name its place.

mod declared;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use trireme_core::Wire;
use zeroize::Zeroizing;

pub use declared::{Declarations, DeclaredError, DeclaredProvider, check, of_project, overlay};
use declared::{KNOWN, Known, built_in};

use super::adapter::Provider;
use super::governor::Limits;
use super::keys::{Secret, file, ring};
use crate::settings::Settings;

/// Variables that hold keys of the same providers for other programs.
const OTHERS: [&str; 4] = ["ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "GOOGLE_API_KEY", "HF_TOKEN"];

/// The environment as far as providers are concerned: the values of [`variables`], wiped when they are dropped.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Zeroizing<String>>);

/// Everything that is known of the providers.
#[derive(Clone, Debug)]
pub struct Providers {
    /// All of them, by name.
    pub all: Vec<Source>,
    key_variables: BTreeSet<String>,
}

/// One provider, and what there is to reach it with.
#[derive(Clone)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub wire: Wire,
    /// The address that paths begin below.
    pub base_url: String,
    /// Its key.
    pub key: Key,
    /// Where the key is, or would be: never the key.
    pub from: String,
    /// Whether a file or the environment speaks of it: only then it is taken to be there without a key.
    pub is_named: bool,
    /// What the configuration limits it to.
    pub limits: Limits,
}

/// What became of the search for a key.
#[derive(Clone, Debug)]
pub enum Key {
    /// It is there.
    Found(Secret),
    /// Nobody has set it.
    Missing,
    /// It is where it was said to be and can't be taken, and why.
    Refused(String),
}

/// The variables to look up for these declarations.
#[must_use]
pub fn variables(declared: &Declarations) -> BTreeSet<String> {
    let bases = KNOWN.iter().filter_map(|known| known.base_env).map(str::to_owned);
    key_variables(declared).into_iter().chain(bases).collect()
}

/// Variables that hold keys, whether or not they are set.
#[must_use]
pub fn key_variables(declared: &Declarations) -> BTreeSet<String> {
    let known = KNOWN.iter().map(|known| known.key_env).chain(OTHERS).map(str::to_owned);
    known.chain(declared.values().filter_map(|declared| declared.key_env.clone())).collect()
}

impl Environment {
    /// The values of these variables as `look_up` gives them.
    pub fn of(names: &BTreeSet<String>, look_up: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &String| Some((name.clone(), Zeroizing::new(look_up(name)?)));
        Self(names.iter().filter_map(value).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Names only.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Finds every provider's key. Files are read; the system keyring is asked only where an entry of it is named, and may
/// take its time.
#[must_use]
pub fn resolve(settings: &Settings) -> Providers {
    let known = KNOWN.iter().map(|known| known.name.to_owned());
    let names: BTreeSet<String> = known.chain(settings.providers.keys().cloned()).collect();
    let all = names.into_iter().filter_map(|name| source(name, settings)).collect();
    Providers { all, key_variables: key_variables(&settings.providers) }
}

impl Providers {
    /// Those that calls can be sent to.
    #[must_use]
    pub fn usable(&self) -> Vec<Provider> {
        self.all.iter().filter_map(Source::usable).collect()
    }

    /// The names of those.
    #[must_use]
    pub fn usable_names(&self) -> BTreeSet<String> {
        self.usable().into_iter().map(|provider| provider.name).collect()
    }

    /// The names of all variables that hold keys, to be withheld from children.
    #[must_use]
    pub fn key_variables(&self) -> Vec<String> {
        self.key_variables.iter().cloned().collect()
    }

    /// What the configuration says that each of them takes.
    #[must_use]
    pub fn limits(&self) -> BTreeMap<String, Limits> {
        self.all.iter().map(|source| (source.name.clone(), source.limits)).collect()
    }

    /// Why the first provider that was asked for can't be used.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        self.all.iter().find_map(|source| match &source.key {
            Key::Refused(why) => Some(format!("{}: {why}", source.name)),
            Key::Missing if source.is_named => {
                source.provider(None).address().err().map(|error| error.to_string())
            }
            Key::Found(key) => {
                source.provider(Some(key.clone())).address().err().map(|error| error.to_string())
            }
            Key::Missing => None,
        })
    }
}

impl Source {
    /// The provider, if calls can be sent to it.
    #[must_use]
    pub fn usable(&self) -> Option<Provider> {
        let provider = match &self.key {
            Key::Found(key) => self.provider(Some(key.clone())),
            Key::Missing if self.is_named => self.provider(None),
            Key::Missing | Key::Refused(_) => return None,
        };
        provider.address().is_ok().then_some(provider)
    }

    /// The provider, should it be used with that key.
    fn provider(&self, key: Option<Secret>) -> Provider {
        Provider { name: self.name.clone(), wire: self.wire, base_url: self.base_url.clone(), key }
    }
}

/// Without key and address: the address may carry a password.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, wire, from, is_named, .. } = self;
        let mut shown = f.debug_struct("Source");
        shown.field("name", name).field("wire", wire).field("from", from).field("is_named", is_named);
        shown.finish_non_exhaustive()
    }
}

/// One provider out of all that is said of it; none where wire or address are missing.
fn source(name: String, settings: &Settings) -> Option<Source> {
    let known = built_in(&name);
    let said = settings.providers.get(&name);
    let declared = said.cloned().unwrap_or_default();
    let given = known.and_then(|known| settings.environment.get(known.base_env?));
    // What the project itself says of this machine is not moved elsewhere by it, nor by anybody else's variables.
    let given = given.filter(|_| !declared.keyless).map(|base| base_of(&name, base));
    let (key, from) = find_key(known, &declared, given.is_some(), settings);
    Some(Source {
        wire: declared.wire.or(known.map(|known| known.wire))?,
        is_named: said.is_some_and(|said| said.base_url.is_some() || known.is_none() || name == "ollama")
            || given.is_some(),
        base_url: given.or(declared.base_url).or(known.map(|known| known.base_url.to_owned()))?,
        key,
        from,
        limits: Limits {
            requests_per_minute: declared.requests_per_minute,
            tokens_per_minute: declared.tokens_per_minute,
            concurrency: declared.concurrency.map(|calls| u32::try_from(calls).unwrap_or(u32::MAX)),
        },
        name,
    })
}

/// The environment's own address goes with the environment's own key; else a declared place comes first.
fn find_key(
    known: Option<Known>,
    declared: &DeclaredProvider,
    is_moved: bool,
    settings: &Settings,
) -> (Key, String) {
    if declared.keyless {
        return (Key::Missing, "none, as the project's file says".to_owned());
    }
    let own = known.map(|known| known.key_env.to_owned());
    let has_own = own.as_ref().is_some_and(|name| settings.environment.get(name).is_some());
    if !(is_moved && has_own) {
        if let Some(path) = &declared.key_file {
            return (from_file(path, &settings.home), format!("key_file {path}"));
        }
        if let Some(entry) = &declared.key_keyring {
            let key = ring::read(entry).map_or_else(|error| Key::Refused(error.to_string()), Key::Found);
            return (key, format!("key_keyring {entry}"));
        }
    }
    let variable = declared.key_env.clone().filter(|_| !(is_moved && has_own)).or(own);
    let Some(variable) = variable else { return (Key::Missing, "no place is named".to_owned()) };
    (from_variable(&variable, &settings.environment), variable)
}

fn from_variable(name: &str, environment: &Environment) -> Key {
    match environment.get(name).map(Secret::new) {
        None => Key::Missing,
        Some(Ok(key)) => Key::Found(key),
        Some(Err(error)) => Key::Refused(format!("{name}: {error}")),
    }
}

fn from_file(path: &str, home: &Path) -> Key {
    let full = match path.strip_prefix("~/") {
        Some(below) => home.join(below),
        None => PathBuf::from(path),
    };
    if !full.is_absolute() {
        return Key::Refused(format!("key_file {path}: write the whole path, or ~/ and the rest"));
    }
    file::read(&full).map_or_else(|error| Key::Refused(error.to_string()), Key::Found)
}

/// The address that a variable gives. Ollama's own may lack scheme and port, and may be that of its server, which
/// listens everywhere.
fn base_of(name: &str, value: &str) -> String {
    if name != "ollama" {
        return value.to_owned();
    }
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port =
        host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port = if has_port || scheme == "https" { "" } else { ":11434" };
    let host = host.replacen("0.0.0.0", "127.0.0.1", 1);
    let host = if host.starts_with(':') { format!("127.0.0.1{host}") } else { host };
    format!("{scheme}://{host}{port}/{path}").trim_end_matches('/').to_owned()
}
