//! The catalogue: models with their prices and limits, and which of them serve a seniority. It is pinned when a run
//! begins, so that a price that changes tomorrow does not change what a run was promised today.

mod candidate;
mod declared;
mod file;
mod reach;
mod rules;
mod tariff;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use candidate::{Candidate, NoCandidate, Rank};
pub use declared::{Declared, DeclaredModel, DeclaredRank, DeclaredStep, maker};
pub use file::{CatalogueFile, FileError, Provenance, Source};
pub use reach::key_variable;
pub use rules::{DeclaredPin, Families, Pinned};
pub use tariff::{Ask, Hours, Period, Rates, Span, Step, Tariff};

use crate::words::money::{Money, MoneyError};
use crate::words::{Effort, Seniority, Usage};

/// The default seniorities, and models on this machine.
const DEFAULTS: &str = include_str!("../data/seniority.toml");

/// Models by name, and the ordered candidates of each seniority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// By a name of their own: the provider's id for the makers' own models, `PROVIDER/ID` for others.
    pub models: BTreeMap<String, Model>,
    /// The first candidate that fits is taken.
    pub seniority: BTreeMap<Seniority, Rank>,
    /// Who does a job whatever its seniority.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<Pinned, Vec<Candidate>>,
    /// Which families may be asked.
    #[serde(default, skip_serializing_if = "Families::is_empty")]
    pub families: Families,
}

/// One model at one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Who serves it: anthropic, openai, groq, ollama…
    pub provider: String,
    /// What the provider calls it: this is what is sent.
    pub id: String,
    /// Other names that find it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The maker's line: claude, gpt, gemini…
    pub family: String,
    /// What its calls cost.
    pub tariff: Tariff,
    /// Tokens that fit into a request and its answer together.
    pub context_tokens: u64,
    /// The most tokens that one answer may have.
    pub output_tokens: u64,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Who vouches for the row; nobody but the Owner for one that was declared.
    #[serde(default, skip_serializing_if = "Provenance::is_empty")]
    pub provenance: Provenance,
}

/// What a model can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Call tools.
    pub tools: bool,
    /// Answer in a given JSON schema.
    pub structured: bool,
    /// Look at images.
    pub images: bool,
    /// Think before it answers.
    pub reasoning: bool,
    /// The efforts that it knows, from the least up; none where it has no such setting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub efforts: Vec<Effort>,
}

/// What is wrong with a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A price that can't be read.
    #[error("model {model:?}: {field}: {error}")]
    Price {
        /// The model.
        model: String,
        /// Which price.
        field: &'static str,
        /// What is wrong with it.
        error: MoneyError,
    },
    /// Prices that can't be meant.
    #[error("{0}")]
    Tariff(&'static str),
    /// A seniority names a model that has no row, so no price either.
    #[error(
        "seniority {seniority}: no price is known for {model:?}; add [models.{model:?}] with input and output, or name another model"
    )]
    Unpriced {
        /// The seniority.
        seniority: Seniority,
        /// The model.
        model: String,
    },
    /// A seniority with no model at all.
    #[error("seniority {0}: no model that may be asked; add `{0} = [\"…\"]` under [seniority]")]
    Empty(Seniority),
    /// A pin that can't be meant.
    #[error("pins.{pin}: {model:?} {why}")]
    Pin {
        /// What it is for.
        pin: Pinned,
        /// The model.
        model: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nobody who serves a seniority can be reached.
    #[error(
        "seniority {seniority}: no key is set for any of its models: {keys}; or name another model under [seniority]"
    )]
    Unreachable {
        /// The seniority.
        seniority: Seniority,
        /// What to type so that it can be had.
        keys: String,
    },
    /// The text is no table of models.
    #[error("{0}")]
    Syntax(String),
}

impl Catalogue {
    /// The catalogue that ships with Trireme.
    ///
    /// # Errors
    /// Never, as a test shows; the type is that of every other catalogue.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let declared = toml::from_str(DEFAULTS).map_err(|error| CatalogueError::Syntax(error.to_string()))?;
        Self::default().with_file(CatalogueFile::built_in()?).with(declared)
    }

    /// The built-in rows, over them those of a newer file, and over these what is declared. A file that is older than
    /// what is built in would bring old prices back, so it is passed over.
    ///
    /// # Errors
    /// Those of [`Catalogue::with`].
    pub fn layered(newer: Option<&CatalogueFile>, declared: Declared) -> Result<Self, CatalogueError> {
        let built_in = CatalogueFile::built_in()?;
        let newer = newer.filter(|file| file.check_newer_than(&built_in).is_ok()).cloned();
        let mut catalogue = Self::built_in()?;
        if let Some(file) = newer {
            catalogue = catalogue.with_file(file);
        }
        catalogue.with(declared)
    }

    /// This catalogue with the rows of a file laid over it.
    #[must_use]
    pub fn with_file(mut self, file: CatalogueFile) -> Self {
        self.models.extend(file.models);
        self
    }

    /// This catalogue with declared rows laid over it.
    ///
    /// # Errors
    /// [`CatalogueError::Price`] for a price that can't be read, [`CatalogueError::Tariff`] for one that can't be meant.
    pub fn with(mut self, declared: Declared) -> Result<Self, CatalogueError> {
        for (name, row) in declared.models {
            let model = row.read(&name)?;
            self.models.insert(name, model);
        }
        for (seniority, rank) in declared.seniority {
            let below = self.seniority.remove(&seniority).unwrap_or_else(|| Rank::bare(seniority));
            self.seniority.insert(seniority, rank.over(below));
        }
        self.settle_names();
        self.lay_pins(declared.pins);
        self.families.overlay(declared.families);
        Ok(self)
    }

    /// Candidates that were named by an alias get the name of the row.
    fn settle_names(&mut self) {
        let mut ranks = std::mem::take(&mut self.seniority);
        for candidate in ranks.values_mut().flat_map(|rank| &mut rank.candidates) {
            if let Some((name, _)) = self.find(&candidate.model) {
                candidate.model = name.to_owned();
            }
        }
        self.seniority = ranks;
    }

    /// Checks that every candidate has a price, and that somebody can plan.
    ///
    /// # Errors
    /// The first gap.
    pub fn check(&self) -> Result<(), CatalogueError> {
        for seniority in Seniority::ALL {
            let mut candidates = self.candidates(seniority).iter();
            if let Some(unpriced) = candidates.find(|candidate| !self.models.contains_key(&candidate.model)) {
                return Err(CatalogueError::Unpriced { seniority, model: unpriced.model.clone() });
            }
        }
        self.check_pins()?;
        self.serves(Seniority::Principal).then_some(()).ok_or(CatalogueError::Empty(Seniority::Principal))
    }

    /// Checks that, and that every seniority can be had.
    ///
    /// # Errors
    /// The first gap.
    pub fn check_complete(&self) -> Result<(), CatalogueError> {
        self.check()?;
        let gap = Seniority::ALL.into_iter().find(|seniority| !self.serves(*seniority));
        gap.map_or(Ok(()), |seniority| Err(CatalogueError::Empty(seniority)))
    }

    /// Whether a seniority can be had at all.
    #[must_use]
    pub fn serves(&self, seniority: Seniority) -> bool {
        self.candidates(seniority).iter().any(|candidate| self.allows(&candidate.model))
    }

    /// A seniority's candidates, in order of preference.
    #[must_use]
    pub fn candidates(&self, seniority: Seniority) -> &[Candidate] {
        self.seniority.get(&seniority).map_or(&[], |rank| rank.candidates.as_slice())
    }

    /// The model of that name, or the one that has it as an alias, with its own name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&str, &Model)> {
        let by_alias =
            || self.models.iter().find(|(_, model)| model.aliases.iter().any(|alias| alias == name));
        let (name, model) = self.models.get_key_value(name).or_else(by_alias)?;
        Some((name, model))
    }

    /// What a call of a model costs that was sent and over within a span, rounded up; `None` for a model without a price.
    #[must_use]
    pub fn cost(&self, model: &str, usage: &Usage, span: Span) -> Option<Money> {
        self.models.get(model).map(|model| model.tariff.cost(usage, span))
    }
}

#[cfg(test)]
mod tests;
