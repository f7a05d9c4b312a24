//! Secrets are taken out of every text before it is written: in their place stands `[redacted:KIND]`.
//!
//! In this order: values that are known to be secret here (keys of providers, variables that are named like secrets), what
//! looks like a key of somebody (`rules.rs`), values where a secret belongs and that look random, and the Owner's own
//! patterns. A mark is never taken for a secret, so doing it twice changes nothing.
//!
//! Documents are looked at string by string, before they become JSON: in JSON text a secret may stand behind an escape.

mod rules;
#[cfg(test)]
mod tests;
mod worth;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::Regex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use rules::{FIELDS, RULES, Rule};

/// What a value that is known to be secret is called.
const KNOWN: &str = "environment";
/// What the value of a field is called that is named like a secret.
const FIELD: &str = "secret-value";
/// What a mark begins with.
const MARK: &str = "[redacted:";
/// The longest kind.
const KIND_BYTES: usize = 40;
/// Shorter values are too common to be looked for.
const KNOWN_BYTES: usize = 8;

/// A pattern of the Owner's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What the mark says.
    pub kind: String,
    /// A regular expression: its first group is taken out, or all of the match where it has none.
    pub regex: String,
}

/// A pattern that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// No name.
    #[error("the kind {0:?} of a pattern is no name: take 1 to 40 small letters, digits and dashes")]
    Kind(String),
    /// No regular expression.
    #[error("the pattern of {kind} can't be read: {why}")]
    Regex {
        /// Its kind.
        kind: String,
        /// What is wrong.
        why: String,
    },
}

/// Takes secrets out of texts. Clones share what they know.
#[derive(Clone)]
pub struct Redactor(Arc<Inner>);

struct Inner {
    known: Option<AhoCorasick>,
    own: Vec<(String, Regex)>,
}

/// Which rules may have something to say of a text, by the words that are in it.
struct Words {
    finder: AhoCorasick,
    /// The rule of each word.
    rules: Vec<usize>,
}

static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let words =
        RULES.iter().enumerate().flat_map(|(at, rule)| rule.words.iter().map(move |word| (at, *word)));
    let (rules, words): (Vec<usize>, Vec<&str>) = words.unzip();
    let finder = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(words).ok()?;
    Some(Words { finder, rules })
});

/// A secret in a text.
struct Found<'a> {
    place: Range<usize>,
    kind: &'a str,
}

impl Redactor {
    /// A redactor that knows these values, and has these patterns besides our own.
    ///
    /// # Errors
    /// Where a pattern can't be used.
    pub fn new(known: &[Zeroizing<String>], patterns: &[Pattern]) -> Result<Self, PatternError> {
        let own = patterns.iter().map(compiled).collect::<Result<_, _>>()?;
        let forms: Vec<_> = known.iter().flat_map(|value| forms(value)).collect();
        let finder = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(&*forms);
        Ok(Self(Arc::new(Inner { known: finder.ok().filter(|_| !forms.is_empty()), own })))
    }

    /// A redactor that knows no more than shapes.
    #[must_use]
    pub fn plain() -> Self {
        Self(Arc::new(Inner { known: None, own: Vec::new() }))
    }

    /// The text without its secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.pass(text, true)
    }

    /// The journal's own JSON without secrets: what our own names of fields stand beside is none by that.
    #[must_use]
    pub(crate) fn json<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.pass(text, false)
    }

    /// A document without its secrets, where it has any.
    #[must_use]
    pub(crate) fn document(&self, body: &impl Serialize) -> Option<Value> {
        let mut value = serde_json::to_value(body).ok()?;
        self.value(&mut value).then_some(value)
    }

    /// What comes into a run, without its secrets. Only texts change, so it is still what it was.
    #[must_use]
    pub(crate) fn clean<T: Serialize + DeserializeOwned>(&self, body: T) -> T {
        self.document(&body).and_then(|value| serde_json::from_value(value).ok()).unwrap_or(body)
    }

    /// Takes secrets out of every string of a value, and says whether there was one.
    fn value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => items.iter_mut().fold(false, |any, item| self.value(item) | any),
            Value::Object(fields) => {
                fields.iter_mut().fold(false, |any, (name, value)| self.field(name, value) | any)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn field(&self, name: &str, value: &mut Value) -> bool {
        if let Value::String(text) = value
            && is_secret_field(name)
            && worth::looks_secret(text)
        {
            *text = mark(FIELD);
            return true;
        }
        self.value(value)
    }

    /// Whether a secret stands in a block of a provider's answer, apart from what nobody but the provider can read.
    pub(crate) fn is_in_block(&self, block: &Value) -> bool {
        match block {
            Value::String(text) => matches!(self.text(text), Cow::Owned(_)),
            Value::Array(items) => items.iter().any(|item| self.is_in_block(item)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| !SEALED.contains(&name.as_str()) && self.is_in_block(value))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn string(&self, text: &mut String) -> bool {
        let Cow::Owned(clean) = self.text(text) else { return false };
        *text = clean;
        true
    }

    fn pass<'a>(&self, text: &'a str, in_context: bool) -> Cow<'a, str> {
        let text = without(text, self.known(text));
        let shaped = shaped(&text, in_context);
        let text = then(text, shaped);
        let own = self.own(&text);
        then(text, own)
    }

    fn known(&self, text: &str) -> Vec<Found<'static>> {
        let Some(finder) = &self.0.known else { return Vec::new() };
        finder.find_iter(text).map(|found| Found { place: found.range(), kind: KNOWN }).collect()
    }

    fn own(&self, text: &str) -> Vec<Found<'_>> {
        let mut all = Vec::new();
        for (kind, regex) in &self.0.own {
            all.extend(places(regex, text).map(|place| Found { place, kind }));
        }
        // A mark stays what it is.
        let marks: Vec<_> = marks(text).map(|(place, _)| place).collect();
        let is_apart =
            |one: &Range<usize>, other: &Range<usize>| one.end <= other.start || other.end <= one.start;
        all.retain(|found| marks.iter().all(|mark| is_apart(mark, &found.place)));
        all.sort_by_key(|found| found.place.start);
        all
    }
}

/// Fields of providers' answers that nobody but them can read.
const SEALED: [&str; 5] = ["signature", "data", "encrypted_content", "thoughtSignature", "thought_signature"];

fn is_secret_field(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    FIELDS.contains(&plain.as_str())
}

/// What our own rules find. Each looks once at a line that one of its words is in, and at no other.
fn shaped(text: &str, in_context: bool) -> Vec<Found<'static>> {
    let Some(words) = &*WORDS else { return Vec::new() };
    let (mut seen, mut found) = ([0; RULES.len()], Vec::new());
    for word in words.finder.find_overlapping_iter(text) {
        let at = words.rules.get(word.pattern().as_usize()).copied().unwrap_or_default();
        let (Some(rule), Some(seen)) = (RULES.get(at), seen.get_mut(at)) else { continue };
        if word.start() < *seen || (rule.in_context && !in_context) {
            continue;
        }
        let line = line_at(text, word.start());
        let window = line.start..if rule.over_lines { text.len() } else { line.end };
        *seen = window.end;
        found.extend(of_rule(rule, text, &window).into_iter().map(|found| (at, found)));
    }
    // Of those that begin at one place, the one of the earlier rule comes first.
    found.sort_by_key(|(at, found)| (found.place.start, *at));
    found.into_iter().map(|(_, found)| found).collect()
}

fn line_at(text: &str, at: usize) -> Range<usize> {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    start..after.find('\n').map_or(text.len(), |end| at + end)
}

fn of_rule(rule: &Rule, text: &str, window: &Range<usize>) -> Vec<Found<'static>> {
    let within = text.get(window.clone()).unwrap_or_default();
    let places = rule.regex().into_iter().flat_map(|regex| places(regex, within));
    let places = places.filter(|place| within.get(place.clone()).is_some_and(rule.worth));
    let place = |place: Range<usize>| place.start + window.start..place.end + window.start;
    places.map(|found| Found { place: place(found), kind: rule.kind }).collect()
}

/// What a pattern finds: its first group, or all of it.
fn places<'t>(regex: &'t Regex, text: &'t str) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let place = |found: regex::Captures<'_>| found.get(1).or(found.get(0)).map(|found| found.range());
    regex.captures_iter(text).filter_map(place)
}

/// The text with marks in the place of what was found, from left to right; of those that overlap, the first counts.
fn without<'a>(text: &'a str, found: Vec<Found<'_>>) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut done) = (String::with_capacity(text.len()), 0);
    for Found { place, kind } in found {
        if place.start >= done {
            clean.push_str(text.get(done..place.start).unwrap_or_default());
            clean.push_str(&mark(kind));
            done = place.end;
        }
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(clean)
}

fn then<'a>(text: Cow<'a, str>, found: Vec<Found<'_>>) -> Cow<'a, str> {
    if found.is_empty() { text } else { Cow::Owned(without(&text, found).into_owned()) }
}

fn mark(kind: &str) -> String {
    format!("{MARK}{kind}]")
}

/// The kind of the first mark in a text, if it has one.
#[must_use]
pub(crate) fn mark_in(text: &str) -> Option<&str> {
    marks(text).next().map(|(_, kind)| kind)
}

/// What stands before, between and behind the marks of a text.
pub(crate) fn around_marks(text: &str) -> impl Iterator<Item = &str> {
    let ends = marks(text).map(|(place, _)| place).chain(std::iter::once(text.len()..text.len()));
    let piece = |start: &mut usize, place: Range<usize>| {
        let before = text.get(*start..place.start).unwrap_or_default();
        *start = place.end;
        Some(before.trim())
    };
    ends.scan(0, piece)
}

/// The marks in a text, each with its kind.
fn marks(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.match_indices(MARK).filter_map(|(start, _)| {
        let kind = text.get(start + MARK.len()..)?.split_once(']')?.0;
        let is_kind = is_name(kind) && (1..=KIND_BYTES).contains(&kind.len());
        is_kind.then_some((start..start + MARK.len() + kind.len() + 1, kind))
    })
}

fn is_name(kind: &str) -> bool {
    kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn compiled(pattern: &Pattern) -> Result<(String, Regex), PatternError> {
    let Pattern { kind, regex } = pattern;
    if !is_name(kind) || !(1..=KIND_BYTES).contains(&kind.len()) {
        return Err(PatternError::Kind(kind.clone()));
    }
    let unreadable = |error: regex::Error| PatternError::Regex {
        kind: kind.clone(),
        why: error.to_string().lines().last().unwrap_or_default().to_owned(),
    };
    Regex::new(regex).map(|regex| (kind.clone(), regex)).map_err(unreadable)
}

/// A known value as it is, and as it stands in a URL.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let value = value.trim();
    if value.len() < KNOWN_BYTES || value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let encoded: String = value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let mut forms = vec![Zeroizing::new(value.to_owned())];
    if encoded != value {
        forms.push(Zeroizing::new(encoded));
    }
    forms
}
