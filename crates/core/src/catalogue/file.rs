//! The file of a catalogue: rows with prices in picodollars per token, and where each comes from. One is built in; a
//! newer one of the same form can be laid over it.
//!
//! Nothing in it is believed unseen: a file of another format, with a price or a limit that can't be meant, or with a row
//! that nobody vouches for is refused as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CatalogueError, Model, Period, Rates};
use crate::words::money::{Money, PicoPerToken};

const BUILT_IN: &str = include_str!("../../data/models.json");
/// The only format that there is.
const FORMAT: u32 = 1;
/// Ten thousand dollars per million tokens: dearer than anything ever sold, by a factor of ten.
const DEAREST: PicoPerToken = PicoPerToken(10_000_000_000);
/// Ten dollars for one request or search.
const DEAREST_FEE: Money = Money::cents(1_000);
const TOKENS_MAX: u64 = 100_000_000;
const GEO_MAX_PERMILLE: u64 = 10_000;
const ROWS_MAX: usize = 20_000;

/// A catalogue's rows as they are shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The format of the file, 1.
    pub format: u32,
    /// The day of its prices, `2026-11-20`.
    pub date: String,
    /// What it was made from.
    pub sources: Vec<Source>,
    /// Rows by name.
    pub models: BTreeMap<String, Model>,
}

/// Something public that rows were made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name that rows call it by.
    pub name: String,
    /// The package that it was taken from, with its version.
    pub package: String,
    /// Its licence.
    pub licence: String,
}

/// Who vouches for a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Names of sources.
    pub sources: Vec<String>,
    /// The day on which they were last compared.
    pub verified_at: String,
    /// Where they disagree, and why this row says what it says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No such file.
    #[error("no catalogue file: {0}")]
    Syntax(String),
    /// Another format.
    #[error("the file has format {0}; this version reads format 1 only, take a file made for it")]
    Format(u32),
    /// Something that can't be meant.
    #[error("{row}: {what}")]
    Senseless {
        /// The row, or the file's field.
        row: String,
        /// What is wrong.
        what: &'static str,
    },
    /// It is older than what is there.
    #[error(
        "the file is of {file}, and prices of {here} are here already: an older file would bring old prices back"
    )]
    Older {
        /// Its day.
        file: String,
        /// The day of what is there.
        here: String,
    },
}

impl Provenance {
    /// Whether nobody vouches.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

impl CatalogueFile {
    /// The file that ships with Trireme.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub fn built_in() -> Result<Self, FileError> {
        Self::read(BUILT_IN)
    }

    /// Reads a file and checks that everything in it can be meant.
    ///
    /// # Errors
    /// The first thing that can't.
    pub fn read(text: &str) -> Result<Self, FileError> {
        let file: Self = serde_json::from_str(text).map_err(|error| FileError::Syntax(error.to_string()))?;
        file.check()?;
        Ok(file)
    }

    /// Checks that this one may be laid over another.
    ///
    /// # Errors
    /// [`FileError::Older`].
    pub fn check_newer_than(&self, here: &Self) -> Result<(), FileError> {
        if self.date < here.date {
            return Err(FileError::Older { file: self.date.clone(), here: here.date.clone() });
        }
        Ok(())
    }

    fn check(&self) -> Result<(), FileError> {
        if self.format != FORMAT {
            return Err(FileError::Format(self.format));
        }
        if !is_day(&self.date) {
            return senseless("date", "write the day of the prices as 2026-11-20");
        }
        if self.models.is_empty() || self.models.len() > ROWS_MAX {
            return senseless("models", "a catalogue has between one row and 20,000");
        }
        self.models.iter().try_for_each(|(name, model)| self.check_row(name, model))?;
        self.check_names()
    }

    fn check_row(&self, name: &str, model: &Model) -> Result<(), FileError> {
        let wrong = |what| senseless(name, what);
        if [name, &model.provider, &model.id, &model.family].iter().any(|word| !is_word(word)) {
            return wrong("name, provider, id and family are words of at most 200 visible characters");
        }
        let limits = [model.context_tokens, model.output_tokens];
        if limits.iter().any(|limit| !(1..=TOKENS_MAX).contains(limit)) {
            return wrong("context_tokens and output_tokens are between 1 and 100,000,000");
        }
        let known = |source: &String| self.sources.iter().any(|known| known.name == *source);
        let vouched = &model.provenance;
        if vouched.is_empty() || !vouched.sources.iter().all(known) || !is_day(&vouched.verified_at) {
            return wrong("a row names sources that the file knows, and the day on which they were compared");
        }
        model.tariff.periods().iter().find_map(insane).map_or(Ok(()), wrong)
    }

    /// A name finds one row.
    fn check_names(&self) -> Result<(), FileError> {
        let mut names: Vec<&String> = self.models.keys().collect();
        names.extend(self.models.values().flat_map(|model| &model.aliases));
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next);
        twice.map_or(Ok(()), |(name, _)| senseless(name, "two rows have this name or alias"))
    }
}

/// What of a period can't be meant.
fn insane(period: &Period) -> Option<&'static str> {
    let rates = std::iter::once(&period.rates).chain(period.steps.iter().map(|step| &step.rates));
    let dear = |rates: &Rates| rates.dearest_input().max(rates.output) > DEAREST;
    if rates.clone().any(dear) {
        return Some("a price of more than $10,000 for a million tokens");
    }
    if rates.clone().any(|rates| rates.input.0 == 0 || rates.output.0 == 0) {
        return Some("a price of zero: what is free is declared in config.toml");
    }
    if period.request_fee.max(period.search_fee) > DEAREST_FEE {
        return Some("a fee of more than $10");
    }
    (period.geo_permille > GEO_MAX_PERMILLE).then_some("geo_permille is more than ten times the usual")
}

fn senseless(row: &str, what: &'static str) -> Result<(), FileError> {
    Err(FileError::Senseless { row: row.to_owned(), what })
}

fn is_word(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `2026-11-20`; days of that form compare as texts.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

impl From<FileError> for CatalogueError {
    fn from(error: FileError) -> Self {
        Self::Syntax(error.to_string())
    }
}

#[cfg(test)]
mod tests;
