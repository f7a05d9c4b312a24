//! `[providers.NAME]`: what the configuration says of a provider, and which providers are known without any.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::Deserialize;
use trireme_core::Wire;

use crate::bus::http::is_loopback;

/// One layer's `[providers]`.
pub type Declarations = BTreeMap<String, DeclaredProvider>;

/// What one layer says of a provider. It has no text of its own: an address may carry a password.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredProvider {
    /// What it speaks.
    pub wire: Option<Wire>,
    /// The address that paths begin below.
    pub base_url: Option<String>,
    /// The variable that holds its key.
    pub key_env: Option<String>,
    /// The file that holds its key: absolute, or below `~/`.
    pub key_file: Option<String>,
    /// The entry of the system keyring that holds its key.
    pub key_keyring: Option<String>,
    /// How many requests it may be sent in a minute.
    pub requests_per_minute: Option<u64>,
    /// How many tokens it may be sent in a minute.
    pub tokens_per_minute: Option<u64>,
    /// How many calls may be under way at once.
    pub concurrency: Option<u64>,
    /// Whether its key is nobody's business, since the project's own file says where it is.
    #[serde(skip)]
    pub keyless: bool,
}

/// What is wrong with a declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeclaredError {
    /// More than one place for one key.
    #[error("providers.{0}: give one of key_env, key_file and key_keyring")]
    ManyKeys(String),
    /// A provider that nobody knows, without what is needed to speak to it.
    #[error("providers.{name}: {field} is missing; {hint}")]
    Missing {
        /// The provider.
        name: String,
        /// What is not given.
        field: &'static str,
        /// What to write.
        hint: &'static str,
    },
    /// A project's file says where a key is, or where a key is sent.
    #[error(
        "providers.{0}: a project may name providers on this machine that need no key, and rates; say where others and their keys are in ~/.config/trireme/config.toml, or by --config FILE"
    )]
    OfProject(String),
    /// A limit of zero lets nothing through.
    #[error("providers.{0}: requests_per_minute, tokens_per_minute and concurrency are at least 1")]
    Nothing(String),
}

/// A provider that is known without any configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub name: &'static str,
    pub wire: Wire,
    pub base_url: &'static str,
    pub key_env: &'static str,
    pub base_env: Option<&'static str>,
}

const fn known(name: &'static str, wire: Wire, base_url: &'static str, key_env: &'static str) -> Known {
    Known { name, wire, base_url, key_env, base_env: None }
}

const fn moved(base: Known, base_env: &'static str) -> Known {
    Known { base_env: Some(base_env), ..base }
}

/// All of them.
pub(super) const KNOWN: [Known; 11] = [
    moved(
        known("anthropic", Wire::Anthropic, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        "ANTHROPIC_BASE_URL",
    ),
    moved(known("openai", Wire::Responses, "https://api.openai.com/v1", "OPENAI_API_KEY"), "OPENAI_BASE_URL"),
    known("google", Wire::Gemini, "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"),
    moved(known("ollama", Wire::Ollama, "http://127.0.0.1:11434", "OLLAMA_API_KEY"), "OLLAMA_HOST"),
    known("openrouter", Wire::Chat, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    known("groq", Wire::Chat, "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    known("mistral", Wire::Chat, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    known("deepseek", Wire::Chat, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    known("xai", Wire::Chat, "https://api.x.ai/v1", "XAI_API_KEY"),
    known("moonshot", Wire::Chat, "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
    known("zai", Wire::Chat, "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
];

pub(super) fn built_in(name: &str) -> Option<Known> {
    KNOWN.into_iter().find(|known| known.name == name)
}

impl DeclaredProvider {
    /// Whether the layer says where a key is.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        self.key_env.is_some() || self.key_file.is_some() || self.key_keyring.is_some()
    }

    /// What this layer says, over what a lower one said.
    fn over(self, below: Self) -> Self {
        let keys = if self.has_key() || self.keyless { self.clone() } else { below.clone() };
        Self {
            wire: self.wire.or(below.wire),
            base_url: self.base_url.or(below.base_url),
            key_env: keys.key_env,
            key_file: keys.key_file,
            key_keyring: keys.key_keyring,
            keyless: keys.keyless,
            requests_per_minute: self.requests_per_minute.or(below.requests_per_minute),
            tokens_per_minute: self.tokens_per_minute.or(below.tokens_per_minute),
            concurrency: self.concurrency.or(below.concurrency),
        }
    }
}

/// Lays one layer over the lower ones.
pub fn overlay(lower: &mut Declarations, layer: Declarations) {
    for (name, declared) in layer {
        let below = lower.remove(&name).unwrap_or_default();
        lower.insert(name, declared.over(below));
    }
}

/// The layer of a project's own file, which is as foreign as the project: it may neither choose keys nor have them sent
/// anywhere. What it moves to this machine gets no key.
///
/// # Errors
/// [`DeclaredError::OfProject`].
pub fn of_project(layer: Declarations) -> Result<Declarations, DeclaredError> {
    let tame = |(name, declared): (String, DeclaredProvider)| {
        let is_here = |base: &String| base.parse::<Url>().is_ok_and(|url| is_loopback(&url));
        let keyless = declared.base_url.is_some();
        if declared.has_key() || !declared.base_url.iter().all(is_here) {
            return Err(DeclaredError::OfProject(name));
        }
        Ok((name, DeclaredProvider { keyless, ..declared }))
    };
    layer.into_iter().map(tame).collect()
}

/// Checks all layers together.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(all: &Declarations) -> Result<(), DeclaredError> {
    for (name, declared) in all {
        let missing = |field, hint| Err(DeclaredError::Missing { name: name.clone(), field, hint });
        let keys = [&declared.key_env, &declared.key_file, &declared.key_keyring];
        let rates = [declared.requests_per_minute, declared.tokens_per_minute, declared.concurrency];
        if keys.into_iter().flatten().count() > 1 {
            return Err(DeclaredError::ManyKeys(name.clone()));
        }
        if rates.contains(&Some(0)) {
            return Err(DeclaredError::Nothing(name.clone()));
        }
        if built_in(name).is_some() {
            continue;
        }
        if declared.wire.is_none() {
            let hint = "write wire = \"anthropic-messages\", \"openai-responses\", \"openai-chat\", \"gemini\" or \"ollama\"";
            return missing("wire", hint);
        }
        if declared.base_url.is_none() {
            return missing("base_url", "write base_url = \"http://127.0.0.1:8000/v1\", or wherever it is");
        }
    }
    Ok(())
}
