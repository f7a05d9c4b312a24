//! `blob`, `verify` and `rotate-key`: what is kept of a run, whether it is what was written, and the key to it.

use std::process::ExitCode;

use serde::Serialize;
use trireme_engine::Engine;
use trireme_engine::scribe::{Flaw, Place, Proof};
use trireme_engine::vault::KeyPlace;

use crate::cli::{BlobArgs, NewKey, RotateArgs, VerifyArgs};
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::out;

/// Prints a payload, byte for byte where no terminal reads it.
pub(crate) async fn blob(engine: &Engine, args: &BlobArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let mut past = engine.past(&run).await?;
    let blob = past.find_blob(&args.payload).await?;
    out::exact(&past.bytes(blob).await?)?;
    Ok(ExitCode::SUCCESS)
}

/// Proves a run; what is not as it was written is a failure.
pub(crate) async fn verify(engine: &Engine, args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let noted =
        args.head.as_deref().map(str::parse).transpose().map_err(|why: String| Failure::usage(why))?;
    let proof = engine.verify(&run, noted).await?;
    let code = if proof.intact { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.json {
        out::json(&proof)?;
    } else {
        out::prose(&proof_text(&proof))?;
    }
    Ok(code)
}

fn proof_text(proof: &Proof) -> String {
    let Proof { run, events, lines, head, intact, flaws, more, notes } = proof;
    let mut text = if *intact {
        format!("{run} is as it was written: {events} events, {lines} lines of log.\n")
    } else {
        format!(
            "{run} is not as it was written, or nobody can tell: {events} events, {lines} lines of log.\n"
        )
    };
    for Flaw { place, line, what } in flaws {
        let at = match place {
            Place::Journal => format!("journal.db, event {line}"),
            Place::Log => format!("log.jsonl, line {line}"),
            Place::Anchor => "anchor".to_owned(),
        };
        text.push_str(&format!("  {at}: {what}\n"));
    }
    if *more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    text.extend(notes.iter().map(|note| format!("Note: {note}.\n")));
    text.extend(head.map(|head| format!("Head: {head}\n")));
    text
}

#[derive(Serialize)]
struct Told {
    key: String,
    place: String,
    runs: usize,
    left: Vec<String>,
}

/// Locks all runs with another key.
pub(crate) async fn rotate_key(config: Config, args: RotateArgs) -> Result<ExitCode, Failure> {
    let to = place(args.to, &config);
    let moved = to.as_ref().map(move_words);
    let rotated = crate::open(config).await?.rotate_key(to)?;
    let left = rotated.foreign.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect();
    let told = Told { key: rotated.key, place: rotated.place, runs: rotated.runs, left };
    if args.json {
        out::json(&told)?;
    } else {
        let Told { key, place, runs, .. } = &told;
        let anew = if *runs == 1 { "1 run is".to_owned() } else { format!("{runs} runs are") };
        out::prose(&format!("{anew} locked with the key {key} now, from {place}."))?;
        moved.map_or(Ok(()), |words| out::prose(&words))?;
    }
    for left in &told.left {
        out::say(&format!("left as it is: {left}"));
    }
    Ok(if told.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn place(to: NewKey, config: &Config) -> Option<KeyPlace> {
    let NewKey { to_env, to_file, to_keyring } = to;
    let of_env = |name: String| {
        let text = config::text(&name).unwrap_or_default().into();
        KeyPlace::Variable { name, text }
    };
    let of_file = |path| KeyPlace::File(config.cwd.join(path));
    to_env.map(of_env).or(to_file.map(of_file)).or(to_keyring.map(KeyPlace::Ring))
}

/// What is to be done so that the new key is found from now on.
fn move_words(to: &KeyPlace) -> String {
    const FILE: &str = "under [log] in ~/.config/trireme/config.toml";
    match to {
        KeyPlace::Variable { name, .. } => {
            format!("From now on: export TRIREME_KEY=\"${name}\", or key_env = {name:?} {FILE}")
        }
        KeyPlace::File(path) | KeyPlace::Own(path) => {
            format!("From now on: key_file = {:?} {FILE}", path.display().to_string())
        }
        KeyPlace::Ring(entry) => format!("From now on: key_keyring = {entry:?} {FILE}"),
    }
}
