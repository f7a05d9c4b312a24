//! The catalogue: models with their prices and limits, and which of them serve a seniority. It is pinned when a run
//! begins, so that a price that changes tomorrow does not change what a run was promised today.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::money::{Money, MoneyError, PicoPerToken, cost};
use crate::words::{Seniority, Usage};

const BUILT_IN: &str = include_str!("../data/models.toml");

/// Models by name, and the ordered candidates of each seniority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// By the name that the provider knows.
    pub models: BTreeMap<String, Model>,
    /// The first candidate that fits is taken.
    pub seniority: BTreeMap<Seniority, Vec<String>>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The maker's line: claude, gpt, gemini…
    pub family: String,
    /// What its tokens cost.
    pub prices: Prices,
    /// Tokens that fit into a request and its answer together.
    pub context_tokens: u64,
    /// The most tokens that one answer may have.
    pub output_tokens: u64,
}

/// Prices in picodollars per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Read at the full price.
    pub input: PicoPerToken,
    /// Read from the provider's cache.
    pub cache_read: PicoPerToken,
    /// Written to the five-minute cache.
    pub cache_write: PicoPerToken,
    /// Written to the one-hour cache.
    pub cache_write_1h: PicoPerToken,
    /// Written by the model.
    pub output: PicoPerToken,
}

/// The form in which files declare models and seniorities: `[models."name"]` and `[seniority]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Rows by the name that the provider knows.
    #[serde(default)]
    pub models: BTreeMap<String, DeclaredModel>,
    /// Candidates of a seniority; a list replaces the one below it.
    #[serde(default)]
    pub seniority: BTreeMap<Seniority, Vec<String>>,
}

/// One declared model; prices are dollars per million tokens, as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredModel {
    /// The maker's line.
    pub family: String,
    /// Full price of input.
    pub input: String,
    /// Price of output.
    pub output: String,
    /// That of `input` where it is not given, which can only be too much.
    pub cache_read: Option<String>,
    /// That of `input` where it is not given.
    pub cache_write: Option<String>,
    /// That of `cache_write` where it is not given.
    pub cache_write_1h: Option<String>,
    /// Tokens of a request and its answer together.
    pub context_tokens: u64,
    /// Tokens of one answer.
    pub output_tokens: u64,
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
    #[error("seniority {0}: no model; add `{0} = [\"…\"]` under [seniority]")]
    Empty(Seniority),
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
        let declared = toml::from_str(BUILT_IN).map_err(|error| CatalogueError::Syntax(error.to_string()))?;
        Self::default().with(declared)
    }

    /// This catalogue with declared rows laid over it.
    ///
    /// # Errors
    /// [`CatalogueError::Price`] for a price that can't be read.
    pub fn with(mut self, declared: Declared) -> Result<Self, CatalogueError> {
        for (name, row) in declared.models {
            let model = row.read(&name)?;
            self.models.insert(name, model);
        }
        self.seniority.extend(declared.seniority);
        Ok(self)
    }

    /// Checks that every candidate has a price, and that somebody can plan.
    ///
    /// # Errors
    /// The first gap.
    pub fn check(&self) -> Result<(), CatalogueError> {
        for seniority in Seniority::ALL {
            let candidates = self.candidates(seniority);
            if let Some(model) = candidates.iter().find(|name| !self.models.contains_key(*name)) {
                return Err(CatalogueError::Unpriced { seniority, model: model.clone() });
            }
        }
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
        !self.candidates(seniority).is_empty()
    }

    /// The names of a seniority's candidates, in order of preference.
    #[must_use]
    pub fn candidates(&self, seniority: Seniority) -> &[String] {
        self.seniority.get(&seniority).map_or(&[], Vec::as_slice)
    }

    /// What a usage costs at a model's prices, rounded up; `None` for a model without a price.
    #[must_use]
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<Money> {
        self.models.get(model).map(|model| model.prices.cost(usage))
    }
}

impl Prices {
    /// What a usage costs.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Money {
        cost([
            (usage.input, self.input),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
            (usage.cache_write_1h, self.cache_write_1h),
            (usage.output, self.output),
        ])
    }

    /// The most that a call can cost: every token of input at the dearest price that it can get. The one-hour cache is
    /// counted although no request asks for it, because a gateway in between might.
    #[must_use]
    pub fn bound(&self, input_tokens_max: u64, output_tokens_max: u64) -> Money {
        let dearest = self.input.max(self.cache_read).max(self.cache_write).max(self.cache_write_1h);
        cost([(input_tokens_max, dearest), (output_tokens_max, self.output)])
    }

    /// The most output that fits under `limit` beside that much input; `None` where the input alone is too much.
    /// Without a price for output there is no such limit.
    #[must_use]
    pub fn output_within(&self, limit: Money, input_tokens_max: u64) -> Option<u64> {
        let left = limit.checked_minus(self.bound(input_tokens_max, 0))?;
        let picos = u128::from(left.as_nanos()) * 1_000;
        Some(match self.output.0 {
            0 => u64::MAX,
            price => u64::try_from(picos / u128::from(price)).unwrap_or(u64::MAX),
        })
    }
}

impl DeclaredModel {
    fn read(self, name: &str) -> Result<Model, CatalogueError> {
        let price = |field, text: &str| {
            PicoPerToken::parse_per_million(text).map_err(|error| CatalogueError::Price {
                model: name.to_owned(),
                field,
                error,
            })
        };
        let cache_write = self.cache_write.as_ref().unwrap_or(&self.input);
        let prices = Prices {
            input: price("input", &self.input)?,
            cache_read: price("cache_read", self.cache_read.as_ref().unwrap_or(&self.input))?,
            cache_write: price("cache_write", cache_write)?,
            cache_write_1h: price("cache_write_1h", self.cache_write_1h.as_ref().unwrap_or(cache_write))?,
            output: price("output", &self.output)?,
        };
        Ok(Model {
            family: self.family,
            prices,
            context_tokens: self.context_tokens,
            output_tokens: self.output_tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_whole() {
        Catalogue::built_in().unwrap().check_complete().unwrap();
    }

    #[test]
    fn an_unpriced_model_is_refused_with_what_to_type() {
        let declared = toml::from_str("[seniority]\nmid = [\"mystery\"]").unwrap();
        let error = Catalogue::built_in().unwrap().with(declared).unwrap().check().unwrap_err();
        assert!(error.to_string().contains("add [models.\"mystery\"]"), "{error}");
    }

    #[test]
    fn output_within_a_limit_is_the_most_that_the_bound_allows() {
        let prices = Catalogue::built_in().unwrap().models["claude-opus-5-5"].prices;
        for cents in [5, 17, 90] {
            let limit = Money::cents(cents);
            let output = prices.output_within(limit, 4_000).unwrap();
            assert!(prices.bound(4_000, output) <= limit);
            assert!(prices.bound(4_000, output + 1) > limit);
        }
        assert_eq!(prices.output_within(Money::ZERO, 1), None);
    }
}
