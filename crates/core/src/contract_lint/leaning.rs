//! Texts that lean on another task. Whoever reads "as the parser does" and can't see the parser has to guess.

use crate::words::{ContextItem, Contract};

/// Words that compare with, or wait for, what somebody else does.
const LEADS: [&str; 10] =
    ["as", "like", "what", "how", "whatever", "until", "once", "after", "when", "unless"];
/// What somebody else does.
const DEEDS: [&str; 30] = [
    "does", "did", "do", "has", "have", "had", "will", "is", "was", "returns", "produces", "defines",
    "chooses", "chose", "decides", "decided", "finishes", "finished", "makes", "made", "writes", "wrote",
    "uses", "gives", "creates", "created", "expects", "needs", "adds", "added",
];
const OTHERS: [&str; 9] =
    ["other", "others", "previous", "earlier", "next", "parallel", "sibling", "neighbouring", "neighboring"];
const SOMEBODY: [&str; 6] = ["task", "tasks", "worker", "workers", "contract", "attempt"];
/// Last words of titles that say nothing of the task.
const COMMON: [&str; 12] =
    ["tests", "test", "code", "module", "file", "files", "page", "docs", "api", "and", "of", "it"];

/// The first words of a contract that lean on something that its worker can't see; `others` are the titles of tasks whose
/// results are not there yet.
pub(super) fn leans(contract: &Contract, others: &[&str]) -> Option<String> {
    let notes = contract.context.iter().filter_map(|item| match item {
        ContextItem::Note { text, .. } => Some(text.as_str()),
        ContextItem::File { .. } | ContextItem::Stub { .. } => None,
    });
    let criteria = contract.acceptance.iter().map(|criterion| criterion.text.as_str());
    let constraints = contract.constraints.iter().map(String::as_str);
    let texts = [contract.goal.as_str()].into_iter().chain(constraints).chain(criteria).chain(notes);
    let names: Vec<_> = others.iter().flat_map(|title| names_of(title, &contract.title)).collect();
    texts.into_iter().flat_map(sentences).find_map(|sentence| leaning_part(sentence, &names))
}

/// What a task may be called: its title, and the title's last word where it is a word of its own.
fn names_of(title: &str, own: &str) -> Vec<Vec<String>> {
    let whole = words(title);
    let last = whole.last().filter(|last| !COMMON.contains(&last.as_str()) && !words(own).contains(last));
    let last = last.map(|last| vec![last.clone()]);
    last.into_iter().chain([whole]).filter(|name| !name.is_empty()).collect()
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '\n', ';', ':']).filter(|sentence| !sentence.trim().is_empty())
}

fn words(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn leaning_part(sentence: &str, names: &[Vec<String>]) -> Option<String> {
    let words = words(sentence);
    let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|word| list.contains(&word.as_str()));
    (0..words.len()).find_map(|at| {
        if is(at, &OTHERS) && is(at + 1, &SOMEBODY) {
            return part(&words, at, at + 2);
        }
        if !is(at, &LEADS) {
            return None;
        }
        let first = if is(at + 1, &["the"]) { at + 2 } else { at + 1 };
        let named =
            names.iter().find(|name| words.get(first..).is_some_and(|rest| rest.starts_with(name)))?;
        let next = first + named.len();
        let deed = if is(next, &SOMEBODY) { next + 1 } else { next };
        is(deed, &DEEDS).then(|| part(&words, at, deed + 1)).flatten()
    })
}

fn part(words: &[String], from: usize, to: usize) -> Option<String> {
    Some(words.get(from..to)?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let names: Vec<_> =
            ["CSV parser", "Write tests"].iter().flat_map(|title| names_of(title, "Writer")).collect();
        sentences(text).find_map(|sentence| leaning_part(sentence, &names))
    }

    #[test]
    fn texts_that_lean_on_another_task_are_found() {
        for (text, expected) in [
            ("Quote fields as the parser does.", "as the parser does"),
            ("Start once CSV parser is done", "once csv parser is"),
            ("Use what the CSV parser task returns.", "what the csv parser task returns"),
            ("Agree with the other worker on the format.", "other worker"),
            ("Same output as in the previous task", "previous task"),
        ] {
            assert_eq!(found(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "Write a parser for CSV.",
            "Call parse() of the parser in src/parser.rs, whose interface is below.",
            "As in RFC 4180, fields are quoted.",
            "Tests fail when a file is missing.",
            "Process the other rows too.",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
