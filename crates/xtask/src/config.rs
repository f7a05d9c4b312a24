//! The two checked-in files that say what the catalogue is made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trireme_core::words::Effort;

/// `catalogue.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub date: String,
    pub history_from: String,
    pub inputs: Inputs,
    pub provider: Vec<Provider>,
    pub families: BTreeMap<String, String>,
    pub leave_out: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inputs {
    pub prices: Input,
    pub limits: Input,
    pub second: Input,
}

/// One member of one archive of a registry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub name: String,
    pub licence: String,
    pub registry: Registry,
    pub package: String,
    pub version: String,
    pub member: String,
    pub sha256: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registry {
    Pypi,
    Crates,
}

/// A provider, and what the inputs call it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub name: String,
    pub prices: String,
    pub limits: String,
    #[serde(default)]
    pub second: String,
    #[serde(default)]
    pub prefix: String,
    pub geo_permille: Option<u64>,
    /// Whether the dearest source counts: for one who sells what others serve at prices of their own.
    #[serde(default)]
    pub dearest: bool,
    /// These, and no others.
    #[serde(default)]
    pub only: Vec<String>,
    /// These too, although they are on their way out.
    #[serde(default)]
    pub also: Vec<String>,
}

/// `overrides.toml`, by the name of our row.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Override {
    /// Why.
    pub note: String,
    /// Disagreements that are known.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Whether the dearest source counts.
    #[serde(default)]
    pub dearest: bool,
    /// A row of which limits and capabilities are taken, for one that only the prices know.
    pub like: Option<String>,
    pub context_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub efforts: Option<Vec<Effort>>,
    #[serde(default)]
    pub aliases: Vec<String>,
}

pub(crate) type Overrides = BTreeMap<String, Override>;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads one of the files beside `Cargo.toml`.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("{name}: {error}"))
}

impl Config {
    /// Whose line a model is.
    pub(crate) fn family(&self, id: &str) -> Result<&str, String> {
        let last = id.rsplit('/').next().unwrap_or(id);
        let begins = self.families.iter().filter(|(start, _)| last.starts_with(start.as_str()));
        let longest = begins.max_by_key(|(start, _)| start.len());
        longest.map(|(_, family)| family.as_str()).ok_or_else(|| {
            format!("{id}: no family is known; add the beginning of its name to [families] in catalogue.toml")
        })
    }
}
