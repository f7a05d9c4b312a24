//! A scenario as it is played: what each model is, and what it says to whom.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};
use trireme_core::catalogue::{
    Candidate, Capabilities, Catalogue, Model, Provenance, Rank, Rates, Tariff, maker,
};
use trireme_core::{Intent, Money, Path, PicoPerToken, Seniority, Share, Usage, triage};

use super::matching::{Card, When};

/// Everything that the models of a run will say, and what the run is made of.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The file that it was read from.
    pub file: PathBuf,
    /// The folder that it works on, if it brings one.
    pub project: Option<PathBuf>,
    /// What the command line leaves open.
    pub intent: IntentDefaults,
    /// The catalogue of the run, by the provider's name of each model.
    pub models: BTreeMap<String, ScriptedModel>,
    /// Models in order of preference; each is in [`Scenario::models`].
    pub seniority: BTreeMap<Seniority, Vec<String>>,
    /// What the models say.
    pub replies: Vec<ScriptedReply>,
}

impl Scenario {
    /// Whether it can play whatever triage decides on: the rules need nobody where they want a plan, and else it must have
    /// words for whoever chooses, or for the direct path.
    #[must_use]
    pub fn plays_choice(&self, intent: &Intent) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref() == Some(name);
        let plays =
            |reply: &ScriptedReply| is(&reply.when.role, "triage") || is(&reply.when.section, "Direct");
        triage::judge(intent).path == Some(Path::Orchestrate) || self.replies.iter().any(plays)
    }
}

/// Defaults for a run by this scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntentDefaults {
    /// The Owner's sentence.
    pub sentence: Option<String>,
    /// The total in dollars.
    #[serde(deserialize_with = "dollars")]
    pub budget_usd: Option<Money>,
    /// The Orchestrator's reserve.
    pub reserve_pct: Option<Share>,
    /// What must not happen.
    pub constraints: Vec<String>,
    /// Paths of context files.
    pub context: Vec<String>,
}

/// A model and its prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedModel {
    /// The maker's line.
    pub family: String,
    /// Price of what goes in.
    pub input: PicoPerToken,
    /// Price of what the cache gives.
    pub cache_read: PicoPerToken,
    /// Price of what the five-minute cache takes.
    pub cache_write: PicoPerToken,
    /// Price of what the one-hour cache takes.
    pub cache_write_1h: PicoPerToken,
    /// Price of what comes out.
    pub output: PicoPerToken,
    /// The most that fits in, in tokens.
    pub context_tokens: u64,
    /// The most that comes out, in tokens.
    pub output_tokens: u64,
}

/// One reply, or one way of failing.
#[derive(Clone, Debug)]
pub struct ScriptedReply {
    /// Where it begins in the file.
    pub line: usize,
    /// What it is for.
    pub when: When,
    /// What it says beside its calls; empty for nothing.
    pub text: String,
    /// What it calls.
    pub calls: Vec<ScriptedCall>,
    /// What it says it used; a quarter token per byte where it does not.
    pub usage: Option<Usage>,
    /// How long it takes, in milliseconds.
    pub latency_ms: u64,
    /// Why it stops, in the provider's word.
    pub stop: String,
    /// How it fails, if it does.
    pub fault: Option<ScriptedFault>,
}

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct ScriptedCall {
    /// The tool's name.
    pub tool: String,
    /// A table.
    pub args: Template,
}

/// How a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedFault {
    /// An HTTP error.
    Status {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: BTreeMap<String, String>,
        /// Its message, or a whole JSON body.
        body: String,
    },
    /// The connection ends after so many bytes of the body, and always before its end.
    CutAfterBytes(usize),
    /// Nothing comes, until the server stops.
    Silence,
    /// The arguments of each call break off.
    MalformedArgs,
    /// Nothing is said of the usage.
    NoUsage,
    /// Another model says that it answered.
    Served(String),
    /// The usage may be more than the request can have cost.
    Overbill,
}

/// Arguments with blanks: strings in which `{task}` and the like are filled in, and texts of files, which stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A value that stays.
    Fixed(Value),
    /// A string with blanks.
    Text(String),
    /// A list.
    List(Vec<Template>),
    /// A table.
    Table(BTreeMap<String, Template>),
}

impl Template {
    /// About how many bytes of JSON it makes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Fixed(value) => value.to_string().len(),
            Self::Text(text) => text.len() + 2,
            Self::List(items) => items.iter().map(Self::size).sum::<usize>() + 2,
            Self::Table(fields) => {
                let sizes = fields.iter().map(|(key, value)| key.len() + value.size() + 4);
                sizes.sum::<usize>() + 2
            }
        }
    }

    /// The value for the request of this card and turn.
    #[must_use]
    pub fn fill(&self, card: &Card, turn: u32) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(text) => Value::String(fill(text, card, turn)),
            Self::List(items) => items.iter().map(|item| item.fill(card, turn)).collect(),
            Self::Table(fields) => {
                let filled = fields.iter().map(|(key, value)| (key.clone(), value.fill(card, turn)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
        }
    }
}

/// The text with the blanks filled in that the card has an answer to.
pub(super) fn fill(text: &str, card: &Card, turn: u32) -> String {
    let blanks = [
        ("{task}", card.task.clone()),
        ("{section}", card.section.clone()),
        ("{attempt}", card.attempt.map(|attempt| attempt.to_string())),
        ("{turn}", Some(turn.to_string())),
    ];
    blanks.into_iter().fold(text.to_owned(), |text, (blank, value)| match value {
        Some(value) => text.replace(blank, &value),
        None => text,
    })
}

fn dollars<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Money::parse(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
impl ScriptedReply {
    pub(super) fn for_test(line: usize, when: When) -> Self {
        Self {
            line,
            when,
            text: String::new(),
            calls: Vec::new(),
            usage: None,
            latency_ms: 0,
            stop: "end_turn".to_owned(),
            fault: None,
        }
    }
}

impl Scenario {
    /// The catalogue of a run that this scenario plays: its own models, and nobody else's.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        let model = |name: &str, scripted: &ScriptedModel| Model {
            provider: maker(&scripted.family).to_owned(),
            id: name.to_owned(),
            aliases: Vec::new(),
            family: scripted.family.clone(),
            tariff: Tariff::flat(Rates {
                input: scripted.input,
                cache_read: scripted.cache_read,
                cache_write: scripted.cache_write,
                cache_write_1h: scripted.cache_write_1h,
                output: scripted.output,
            }),
            context_tokens: scripted.context_tokens,
            output_tokens: scripted.output_tokens,
            capabilities: Capabilities { tools: true, ..Capabilities::default() },
            provenance: Provenance::default(),
        };
        let rank = |seniority: Seniority, names: &[String]| Rank {
            candidates: names.iter().map(|name| Candidate::of(name)).collect(),
            ..Rank::bare(seniority)
        };
        Catalogue {
            models: self.models.iter().map(|(name, of)| (name.clone(), model(name, of))).collect(),
            seniority: self.seniority.iter().map(|(of, names)| (*of, rank(*of, names))).collect(),
            ..Catalogue::default()
        }
    }
}
