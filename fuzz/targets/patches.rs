//! Any text as a diff, and diffs that nearly fit.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use trireme_fuzz::try_out;

#[derive(Arbitrary, Debug)]
struct Hunk {
    line: u16,
    lines: Vec<(Sign, String)>,
}

#[derive(Arbitrary, Debug)]
enum Sign {
    Old,
    New,
    Both,
}

#[derive(Arbitrary, Debug)]
enum Diff {
    Any(String),
    Shaped(Vec<(Name, Name, Vec<Hunk>)>),
}

#[derive(Arbitrary, Debug)]
enum Name {
    Known(u8),
    Any(String),
}

impl Name {
    fn text(&self) -> &str {
        const KNOWN: [&str; 8] = ["/dev/null", "a/a", "b/a", "src/b.rs", "b/out/x", "a/.git/config", "b/src/leak", "b/../x"];
        match self {
            Self::Known(number) => KNOWN[usize::from(*number) % KNOWN.len()],
            Self::Any(text) => text,
        }
    }
}

fn text(diff: &Diff) -> String {
    match diff {
        Diff::Any(text) => text.clone(),
        Diff::Shaped(files) => files.iter().map(file).collect(),
    }
}

fn file((from, to, hunks): &(Name, Name, Vec<Hunk>)) -> String {
    let hunks: String = hunks.iter().map(hunk).collect();
    format!("--- {}\n+++ {}\n{hunks}", from.text(), to.text())
}

fn hunk(hunk: &Hunk) -> String {
    let line = |(sign, text): &(Sign, String)| match sign {
        Sign::Old => format!("-{text}\n"),
        Sign::New => format!("+{text}\n"),
        Sign::Both => format!(" {text}\n"),
    };
    format!("@@ -{} +1 @@\n{}", hunk.line, hunk.lines.iter().map(line).collect::<String>())
}

fuzz_target!(|diff: Diff| {
    try_out(|files| files.patch(&text(&diff)));
});
