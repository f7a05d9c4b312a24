//! What a look at the repository says of a document before it counts. Whoever reads the document looks, and the run decides.

use std::fmt::Debug;

use crate::words::{Contract, Lodged, Plan};

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What is wrong, in sentences that whoever wrote the document can act on.
    pub faults: Vec<String>,
    /// What a contract gives its worker to read, in tokens as they are usually counted.
    pub context_tokens: u64,
    /// Where the section's branch and others of its phase have changed the same places already.
    pub conflicts: Vec<String>,
}

/// A document with what was seen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Surveyed<T> {
    /// The document.
    pub document: Lodged<T>,
    /// What was seen.
    pub survey: Survey,
}

/// A document of which nothing is to be seen.
impl<T> From<Lodged<T>> for Surveyed<T> {
    fn from(document: Lodged<T>) -> Self {
        Self { document, survey: Survey::default() }
    }
}

/// Constraints of a contract that say the opposite of one of the plan's or its section's: the same words, but for a "not".
#[must_use]
pub fn contradictions(contract: &Contract, plan: &Plan, place: usize) -> Vec<String> {
    let section = plan.sections().nth(place).map(|(_, section)| section.constraints.as_slice());
    let above: Vec<&String> = plan.constraints.iter().chain(section.unwrap_or_default()).collect();
    let opposite = |ours: &&String| above.iter().copied().find(|theirs| is_opposite(ours, theirs));
    let told = |ours: &String| {
        let theirs = opposite(&ours)?;
        Some(format!(
            "constraint {ours:?} contradicts {theirs:?}, which holds for your section: keep to that one"
        ))
    };
    contract.constraints.iter().filter_map(told).collect()
}

/// Words that turn a sentence around.
const NEGATIONS: [&str; 10] =
    ["not", "never", "no", "without", "don't", "doesn't", "cannot", "can't", "mustn't", "avoid"];
/// Words that say little of what a sentence is about.
const SMALL: [&str; 22] = [
    "a", "an", "the", "must", "should", "may", "will", "shall", "do", "does", "be", "is", "are", "to", "of",
    "in", "any", "all", "it", "its", "and", "or",
];
/// How much of two sentences has to be the same, in hundredths.
const ALIKE_PCT: usize = 75;

fn is_opposite(one: &str, other: &str) -> bool {
    let (a, b) = (Gist::of(one), Gist::of(other));
    if a.is_negated == b.is_negated || a.words.len().min(b.words.len()) < 2 {
        return false;
    }
    let shared = a.words.iter().filter(|word| b.words.contains(word)).count();
    let all = a.words.len() + b.words.len() - shared;
    shared * 100 >= all * ALIKE_PCT
}

/// What a sentence is about, and whether it says no.
struct Gist {
    words: Vec<String>,
    is_negated: bool,
}

impl Gist {
    fn of(sentence: &str) -> Self {
        let is_part = |c: char| c.is_alphanumeric() || "'_-/.".contains(c);
        let words = sentence.split(|c| !is_part(c)).map(|word| word.trim_matches('.').to_lowercase());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let negations = words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count();
        let says = |word: &String| !NEGATIONS.contains(&word.as_str()) && !SMALL.contains(&word.as_str());
        let mut words: Vec<_> = words.into_iter().filter(says).map(|word| stem(&word)).collect();
        words.sort_unstable();
        words.dedup();
        Self { words, is_negated: negations % 2 == 1 }
    }
}

/// A word without the end that makes it one of many, or one that goes on.
fn stem(word: &str) -> String {
    let ends = ["ing", "es", "ed", "s"];
    let cut = ends.iter().find_map(|end| word.strip_suffix(end).filter(|rest| rest.len() > 3));
    cut.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::is_opposite;

    #[test]
    fn opposites_are_the_same_words_but_for_a_no() {
        for (a, b) in [
            ("Add new dependencies.", "Do not add new dependencies."),
            ("The export must buffer all rows in memory.", "The export must never buffer rows in memory."),
            (
                "Change the public interface of src/lib.rs.",
                "The public interface of src/lib.rs must not change.",
            ),
        ] {
            assert!(is_opposite(a, b) && is_opposite(b, a), "{a} / {b}");
        }
        for (a, b) in [
            ("Do not add new dependencies.", "Never add new dependencies."),
            ("Use only the standard library.", "Do not add new dependencies."),
            ("Keep the header.", "Do not keep temporary files of earlier runs around."),
            ("No.", "Yes."),
        ] {
            assert!(!is_opposite(a, b), "{a} / {b}");
        }
    }
}
