//! The form in which files and the command line declare models and seniorities: `[models."name"]` and `[seniority]`.
//! Prices are dollars per million tokens, as text, so that none passes through a float.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Candidate, Capabilities, CatalogueError, DeclaredPin, Families, Model, Period, Pinned};
use super::{Provenance, Rank, Rates, Step, Tariff};
use crate::words::money::{Money, MoneyError, PicoPerToken};
use crate::words::{Effort, Seniority};

/// Rows and seniorities of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Rows by name.
    #[serde(default)]
    pub models: BTreeMap<String, DeclaredModel>,
    /// Candidates and caps of a seniority, over those of the layer below.
    #[serde(default)]
    pub seniority: BTreeMap<Seniority, DeclaredRank>,
    /// Who does a job whatever its seniority.
    #[serde(default)]
    pub pins: BTreeMap<Pinned, DeclaredPin>,
    /// Which families may be asked.
    #[serde(default)]
    pub families: Families,
}

/// One declared model; prices are dollars per million tokens, as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredModel {
    /// The maker's line.
    pub family: String,
    /// Who serves it; the maker of the family where it is not given.
    pub provider: Option<String>,
    /// What the provider calls it; the row's name where it is not given, without `PROVIDER/`.
    pub id: Option<String>,
    /// Other names that find it.
    #[serde(default)]
    pub aliases: Vec<String>,
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
    /// Other prices for requests with long prompts.
    #[serde(default)]
    pub steps: Vec<DeclaredStep>,
    /// Dollars for each request.
    pub request_fee: Option<String>,
    /// Dollars for each hosted search.
    pub search_fee: Option<String>,
    /// What tokens bound to a region cost, in thousandths of the usual.
    pub geo_permille: Option<u64>,
    /// Tokens of a request and its answer together.
    pub context_tokens: u64,
    /// Tokens of one answer.
    pub output_tokens: u64,
    /// Whether it calls tools; yes where it is not given.
    pub tools: Option<bool>,
    /// Whether it answers in a schema.
    #[serde(default)]
    pub structured: bool,
    /// Whether it looks at images.
    #[serde(default)]
    pub images: bool,
    /// Whether it thinks before it answers.
    #[serde(default)]
    pub reasoning: bool,
    /// The efforts that it knows.
    #[serde(default)]
    pub efforts: Vec<Effort>,
}

/// Prices for the whole of a request whose prompt is longer than so many tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredStep {
    /// The longest prompt that they are not for.
    pub above: u64,
    /// Full price of input.
    pub input: String,
    /// Price of output.
    pub output: String,
    /// That of `input` where it is not given.
    pub cache_read: Option<String>,
    /// That of `input` where it is not given.
    pub cache_write: Option<String>,
    /// That of `cache_write` where it is not given.
    pub cache_write_1h: Option<String>,
}

/// What a layer says of a seniority: a list of candidates, or a table that may also set the caps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredRank {
    /// Replaces the list of the layer below.
    pub candidates: Option<Vec<Candidate>>,
    /// Replaces the cap of the layer below.
    pub output_cap: Option<u64>,
    /// Replaces the cap of the layer below.
    pub context_cap: Option<u64>,
    /// Whether the price decides between the candidates.
    pub cheapest_first: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RankTable {
    candidates: Option<Vec<Candidate>>,
    output_cap: Option<u64>,
    context_cap: Option<u64>,
    cheapest_first: Option<bool>,
}

impl DeclaredRank {
    /// This over what the layer below says.
    pub(super) fn over(self, below: Rank) -> Rank {
        Rank {
            candidates: self.candidates.unwrap_or(below.candidates),
            output_cap: self.output_cap.unwrap_or(below.output_cap),
            context_cap: self.context_cap.or(below.context_cap),
            cheapest_first: self.cheapest_first.unwrap_or(below.cheapest_first),
        }
    }

    /// These over those of the layer below, where neither is the whole.
    pub fn overlay(&mut self, above: Self) {
        self.candidates = above.candidates.or(self.candidates.take());
        self.output_cap = above.output_cap.or(self.output_cap);
        self.context_cap = above.context_cap.or(self.context_cap);
        self.cheapest_first = above.cheapest_first.or(self.cheapest_first);
    }
}

impl Declared {
    /// Lays another layer over this one.
    pub fn overlay(&mut self, above: Self) {
        self.models.extend(above.models);
        for (seniority, rank) in above.seniority {
            self.seniority.entry(seniority).or_default().overlay(rank);
        }
        self.pins.extend(above.pins);
        self.families.overlay(above.families);
    }
}

impl<'de> Deserialize<'de> for DeclaredRank {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListOrTable)
    }
}

struct ListOrTable;

impl<'de> Visitor<'de> for ListOrTable {
    type Value = DeclaredRank;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a list of candidates, or a table with candidates, output_cap, context_cap or cheapest_first",
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<DeclaredRank, A::Error> {
        let candidates = Some(Vec::deserialize(SeqAccessDeserializer::new(list))?);
        Ok(DeclaredRank { candidates, ..DeclaredRank::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<DeclaredRank, A::Error> {
        let RankTable { candidates, output_cap, context_cap, cheapest_first } =
            RankTable::deserialize(MapAccessDeserializer::new(table))?;
        Ok(DeclaredRank { candidates, output_cap, context_cap, cheapest_first })
    }
}

/// Five prices as text, some of them left out.
struct Texts<'a> {
    input: &'a String,
    output: &'a String,
    cache_read: Option<&'a String>,
    cache_write: Option<&'a String>,
    cache_write_1h: Option<&'a String>,
}

impl Texts<'_> {
    fn read(self, model: &str) -> Result<Rates, CatalogueError> {
        let price = |field, text: &str| {
            PicoPerToken::parse_per_million(text).map_err(|error| wrong(model, field, error))
        };
        let cache_write = self.cache_write.unwrap_or(self.input);
        Ok(Rates {
            input: price("input", self.input)?,
            cache_read: price("cache_read", self.cache_read.unwrap_or(self.input))?,
            cache_write: price("cache_write", cache_write)?,
            cache_write_1h: price("cache_write_1h", self.cache_write_1h.unwrap_or(cache_write))?,
            output: price("output", self.output)?,
        })
    }
}

fn wrong(model: &str, field: &'static str, error: MoneyError) -> CatalogueError {
    CatalogueError::Price { model: model.to_owned(), field, error }
}

impl DeclaredStep {
    fn read(&self, model: &str) -> Result<Step, CatalogueError> {
        let texts = Texts {
            input: &self.input,
            output: &self.output,
            cache_read: self.cache_read.as_ref(),
            cache_write: self.cache_write.as_ref(),
            cache_write_1h: self.cache_write_1h.as_ref(),
        };
        Ok(Step { above: self.above, rates: texts.read(model)? })
    }
}

impl DeclaredModel {
    pub(super) fn read(self, name: &str) -> Result<Model, CatalogueError> {
        let tariff = self.tariff(name)?;
        let provider = self.provider.unwrap_or_else(|| maker(&self.family).to_owned());
        let bare = name.strip_prefix(&provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
        Ok(Model {
            id: self.id.unwrap_or_else(|| bare.to_owned()),
            provider,
            aliases: self.aliases,
            family: self.family,
            tariff,
            context_tokens: self.context_tokens,
            output_tokens: self.output_tokens,
            capabilities: Capabilities {
                tools: self.tools.unwrap_or(true),
                structured: self.structured,
                images: self.images,
                reasoning: self.reasoning,
                efforts: self.efforts,
            },
            provenance: Provenance::default(),
        })
    }

    fn tariff(&self, name: &str) -> Result<Tariff, CatalogueError> {
        let texts = Texts {
            input: &self.input,
            output: &self.output,
            cache_read: self.cache_read.as_ref(),
            cache_write: self.cache_write.as_ref(),
            cache_write_1h: self.cache_write_1h.as_ref(),
        };
        let fee = |field, text: Option<&String>| {
            text.map_or(Ok(Money::ZERO), |text| Money::parse(text).map_err(|error| wrong(name, field, error)))
        };
        let steps: Result<_, _> = self.steps.iter().map(|step| step.read(name)).collect();
        Tariff::new(vec![Period {
            steps: steps?,
            request_fee: fee("request_fee", self.request_fee.as_ref())?,
            search_fee: fee("search_fee", self.search_fee.as_ref())?,
            geo_permille: self.geo_permille.unwrap_or(1_000),
            ..Period::always(texts.read(name)?)
        }])
    }
}

/// Who makes and serves a family; a family that nobody knows is its own provider.
#[must_use]
pub fn maker(family: &str) -> &str {
    match family {
        "claude" => "anthropic",
        "gpt" => "openai",
        "gemini" => "google",
        "grok" => "xai",
        "kimi" => "moonshot",
        "glm" => "zai",
        other => other,
    }
}
