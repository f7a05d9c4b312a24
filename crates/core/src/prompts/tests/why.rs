//! Each prompt has a neighbour that gives the reason for every one of its sentences, so that nobody changes one without
//! knowing what it is there for.

use std::path::{Path, PathBuf};

fn prompts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut prompts: Vec<_> = files.filter(|path| !path.to_str().unwrap().ends_with(".why.md")).collect();
    prompts.sort();
    prompts
}

/// The sentences of a prompt. Front matter, headings, tables and places to be filled in are none.
fn sentences(prompt: &str) -> Vec<String> {
    let body = prompt
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(prompt, |(_, body)| body);
    let lines = body.lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '{', '|']));
    told.flat_map(|line| split(without_mark(line))).collect()
}

/// A line of a list without its `- ` or `1. `.
fn without_mark(line: &str) -> &str {
    let numbered = line.trim_start_matches(|letter: char| letter.is_ascii_digit()).strip_prefix(". ");
    line.strip_prefix("- ")
        .or(numbered.filter(|_| line.starts_with(|letter: char| letter.is_ascii_digit())))
        .unwrap_or(line)
}

/// A sentence ends at `.`, `?` or `!` before a space and anything but a small letter.
fn split(line: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        sentences.last_mut().unwrap().push(letter);
        let mut after = letters.clone();
        let ends = ".?!".contains(letter) && after.next() == Some(' ');
        if ends && after.next().is_some_and(|next| !next.is_ascii_lowercase()) {
            letters.next();
            sentences.push(String::new());
        }
    }
    sentences
}

/// The quoted beginnings of a neighbour, each with its reason.
fn reasons(text: &str) -> Vec<(String, String)> {
    let mut reasons: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("> "), reasons.last_mut()) {
            (Some(quote), _) => reasons.push((quote.trim_end_matches('…').to_owned(), String::new())),
            (None, Some((_, reason))) => reason.push_str(line),
            (None, None) => {}
        }
    }
    reasons
}

#[test]
fn every_sentence_of_a_prompt_has_its_reason() {
    for prompt in prompts() {
        let why = prompt.with_extension("why.md");
        let name = why.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&why).unwrap_or_else(|_| panic!("{name} is missing"));
        let (sentences, reasons) = (sentences(&std::fs::read_to_string(&prompt).unwrap()), reasons(&text));
        for (place, sentence) in sentences.iter().enumerate() {
            let (quote, reason) =
                reasons.get(place).unwrap_or_else(|| panic!("{name}: no reason for {sentence:?}"));
            assert!(
                sentence.starts_with(quote.as_str()),
                "{name}: {quote:?} is not the beginning of {sentence:?}"
            );
            assert!(reason.split_whitespace().count() >= 3, "{name}: no reason for {sentence:?}");
        }
        assert_eq!(reasons.len(), sentences.len(), "{name}: reasons for sentences that are not there");
    }
}
