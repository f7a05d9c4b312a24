//! The rules by which an intent goes the direct path or is planned: a table, each rule with its points and the reason that
//! the Owner is shown. They look at nothing but the intent (with the stakes that the configuration gives it), so they cost
//! nothing; between the two thresholds they are in doubt, and a model is asked.
//!
//! The direct path is for what one worker does in one piece. A rule that errs sends small work to the Orchestrator, which
//! costs a little, or large work to one worker, which the checks find out and `--orchestrate` mends.

use crate::words::{Intent, Path, Seniority};

/// From here on a plan is worth its money.
const PLAN_FROM: i32 = 3;
/// Up to here one worker does it.
const DIRECT_TO: i32 = -3;
/// Up to so many words an intent is short.
const SHORT_WORDS: usize = 8;
/// From so many words on it is long.
const LONG_WORDS: usize = 60;

/// What the rules say of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The way; none where the rules are in doubt.
    pub path: Option<Path>,
    /// The sum of points: below nothing for the direct path, above for a plan.
    pub score: i32,
    /// The reasons of the rules that hold, in the table's order, joined.
    pub reason: String,
    /// How much model the worker of the direct path gets first.
    pub worker: Seniority,
    /// Whether the intent asks something, and wants nothing changed.
    pub is_question: bool,
}

struct Rule {
    points: i32,
    reason: &'static str,
    holds: fn(&Facts) -> bool,
}

const RULES: [Rule; 11] = [
    Rule { points: 9, reason: "much hangs on it", holds: |facts| facts.is_grave },
    Rule { points: -4, reason: "it is a question", holds: |facts| facts.is_question },
    Rule { points: -4, reason: "it asks for a small change", holds: |facts| facts.is_small },
    Rule { points: -2, reason: "it is short", holds: |facts| facts.words <= SHORT_WORDS },
    Rule { points: -1, reason: "it names one file", holds: |facts| facts.files == 1 },
    Rule { points: 2, reason: "it names several files", holds: |facts| facts.files > 2 },
    Rule { points: 2, reason: "it is long", holds: |facts| facts.words >= LONG_WORDS },
    Rule { points: 3, reason: "it lists several things", holds: |facts| facts.items > 2 },
    Rule { points: 3, reason: "it has many parts", holds: |facts| facts.parts > 3 },
    Rule { points: 4, reason: "it asks for something new and whole", holds: |facts| facts.is_large },
    Rule { points: 1, reason: "it has several constraints", holds: |facts| facts.constraints > 2 },
];

/// Words of changes that one worker does in one go.
const SMALL: [&str; 14] = [
    "rename",
    "typo",
    "typos",
    "spelling",
    "format",
    "reformat",
    "bump",
    "comment",
    "comments",
    "docstring",
    "wording",
    "indent",
    "indentation",
    "whitespace",
];

/// Words of work that is more than one change.
const LARGE: [&str; 14] = [
    "build",
    "tool",
    "application",
    "service",
    "system",
    "framework",
    "library",
    "rewrite",
    "redesign",
    "migrate",
    "architecture",
    "pipeline",
    "port",
    "everywhere",
];

/// Words that begin a question.
const ASKING: [&str; 12] =
    ["what", "why", "how", "where", "which", "who", "is", "are", "does", "do", "can", "explain"];

struct Facts {
    words: usize,
    files: usize,
    items: usize,
    parts: usize,
    constraints: usize,
    is_question: bool,
    is_small: bool,
    is_large: bool,
    is_grave: bool,
}

/// What the rules say of an intent.
#[must_use]
pub fn judge(intent: &Intent) -> Judgement {
    let facts = Facts::of(intent);
    let held = || RULES.iter().filter(|rule| (rule.holds)(&facts));
    let score = held().map(|rule| rule.points).sum();
    let reasons: Vec<_> = held().map(|rule| rule.reason).collect();
    let reason =
        if reasons.is_empty() { "no rule says anything of it".to_owned() } else { reasons.join("; ") };
    let path = match score {
        score if score <= DIRECT_TO => Some(Path::Direct),
        score if score >= PLAN_FROM => Some(Path::Orchestrate),
        _ => None,
    };
    let worker = if facts.is_small || facts.is_question { Seniority::Junior } else { Seniority::Mid };
    Judgement { path, score, reason, worker, is_question: facts.is_question }
}

impl Facts {
    fn of(intent: &Intent) -> Self {
        let sentence = intent.sentence.as_str();
        let words: Vec<String> =
            sentence.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let mut files: Vec<_> = words.iter().filter(|word| names_file(word)).chain(&intent.context).collect();
        files.sort();
        files.dedup();
        let asks = words.first().is_some_and(|word| ASKING.contains(&word.as_str()));
        Self {
            words: words.len(),
            files: files.len(),
            items: sentence.lines().filter(|line| is_item(line)).count(),
            parts: parts(sentence),
            constraints: intent.constraints.len(),
            is_question: asks && sentence.trim_end().ends_with('?'),
            is_small: has(&SMALL),
            is_large: has(&LARGE),
            is_grave: !intent.stakes.is_normal(),
        }
    }
}

/// A word without the signs around it, in small letters.
fn bare(word: &str) -> String {
    word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase()
}

/// `src/main.rs` and `README.md`, but neither `e.g` nor `3.5`.
fn names_file(word: &str) -> bool {
    let end = word.rsplit_once('.').map_or("", |(_, end)| end);
    let is_ending = (1..=5).contains(&end.len()) && end.chars().any(char::is_alphabetic);
    let stem = word.len().saturating_sub(end.len() + 1);
    word.contains('/') || (is_ending && stem > 1)
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let is_numbered = number.len() < line.len() && number.starts_with(['.', ')']);
    is_numbered || line.starts_with("- ") || line.starts_with("* ")
}

/// Parts of two words and more, between commas, full stops and the words that join.
fn parts(sentence: &str) -> usize {
    let joined = sentence.to_lowercase().replace(['\n', '\r'], " ");
    let joined =
        [" and ", " then ", " also ", " but "].iter().fold(joined, |text, word| text.replace(word, ", "));
    let ends_word = |text: &str| text.replace(". ", ", ").replace("; ", ", ");
    ends_word(&joined).split(", ").filter(|part| part.split_whitespace().count() > 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Money, Share};

    fn judged(sentence: &str) -> String {
        let intent = Intent {
            sentence: sentence.to_owned(),
            constraints: Vec::new(),
            context: Vec::new(),
            checks: Vec::new(),
            total: Money::cents(100),
            reserve: Share::basis_points(1_000).unwrap(),
            stakes: crate::words::Stakes::Normal,
        };
        let Judgement { path, score, reason, worker, .. } = judge(&intent);
        let path = path.map_or("in doubt", Path::name);
        format!("{path} {score}, {worker}: {reason}")
    }

    #[test]
    fn intents_and_what_the_rules_say_of_them() {
        let intents = [
            "Fix the typo in README.md",
            "Rename parse_row to read_row in src/parser.rs and its tests.",
            "Bump serde to 1.0.200",
            "Why does the importer skip the last line?",
            "Handle an empty input file.",
            "Make the retry limit configurable through the settings file",
            "Build me a CLI tool that converts CSV files to JSON with validation.",
            "Add CSV export to the reports page. Same columns the table shows, respect the active filters, and don't let it time out on big accounts.",
            "Three things:\n- a login page\n- a password reset\n- an audit log",
            "Update a.rs, b.rs and src/c.rs.",
            "",
        ];
        let told: String = intents.iter().map(|intent| format!("{}\n", judged(intent))).collect();
        expect_test::expect![[r#"
            direct -7, junior: it asks for a small change; it is short; it names one file
            direct -5, junior: it asks for a small change; it names one file
            direct -6, junior: it asks for a small change; it is short
            direct -6, junior: it is a question; it is short
            in doubt -2, mid: it is short
            in doubt 0, mid: no rule says anything of it
            orchestrate 4, mid: it asks for something new and whole
            orchestrate 3, mid: it has many parts
            orchestrate 3, mid: it lists several things
            direct -3, mid: it is short; it names one file
            in doubt -2, mid: it is short
        "#]]
        .assert_eq(&told);
    }

    #[test]
    fn a_file_is_told_from_a_number_and_an_abbreviation() {
        assert!(["readme.md", "src/main", "a_b.rs"].into_iter().all(names_file));
        assert!(!["3.5", "e.g", "v1.0.200", "end"].into_iter().any(names_file));
    }
}
