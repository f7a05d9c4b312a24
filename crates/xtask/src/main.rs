//! A developer's tool, no part of the product: `cargo xtask catalogue` rebuilds `crates/core/data/models.json` from public
//! sources at pinned versions, and fails where a second source disagrees and nobody has said why.

#![expect(clippy::indexing_slicing, reason = "a JSON value asked for a field that it lacks answers null")]

mod catalogue;
mod config;
mod inputs;
mod limits;
mod prices;
mod second;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask catalogue           rebuilds the catalogue\ncargo xtask catalogue --check   says whether it would change";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["catalogue"] => catalogue::rebuild(false),
        ["catalogue", "--check"] => catalogue::rebuild(true),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(told) => {
            eprintln!("{told}");
            ExitCode::FAILURE
        }
    }
}
