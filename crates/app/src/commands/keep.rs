//! `blob`, `verify`, `prune`, `hold` and `rotate-key`: what is kept of a run, whether it is what was written, for how long,
//! and the key to it.

use std::process::ExitCode;

use serde::Serialize;
use trireme_engine::Engine;
use trireme_engine::retention::{Kept, Pruned};
use trireme_engine::scribe::{Flaw, Place, Proof};
use trireme_engine::vault::KeyPlace;

use crate::cli::{BlobArgs, HoldArgs, NewKey, PruneArgs, RotateArgs, VerifyArgs};
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

/// Lets payloads go. What is due and can't be deleted is a failure; what the Owner holds is none.
pub(crate) async fn prune(engine: &Engine, args: &PruneArgs) -> Result<ExitCode, Failure> {
    if engine.settings().retention.is_empty() && !args.json {
        out::say(
            "no rule says what goes; add [[retention]] with after_days or over_mb to ~/.config/trireme/config.toml",
        );
        return Ok(ExitCode::SUCCESS);
    }
    let pruned = engine.prune(args.dry_run).await?;
    if args.json {
        out::json(&pruned)?;
    } else if pruned.is_empty() {
        out::say("nothing is due");
    } else {
        out::prose(
            &pruned.iter().map(|what| pruned_text(what, args.dry_run)).collect::<Vec<_>>().join("\n"),
        )?;
    }
    let has_failed = pruned.iter().any(|what| matches!(what.kept, Some(Kept::Failed(_))));
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn pruned_text(Pruned { run, kinds, why, bytes, kept }: &Pruned, dry_run: bool) -> String {
    let of = if kinds.is_empty() { String::new() } else { format!(" of {}", kinds.join(", ")) };
    let size = format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
    match kept {
        Some(Kept::Held(reason)) => format!("{run}: kept, it is held: {reason}"),
        Some(Kept::Busy) => format!("{run}: kept, a process is at it"),
        Some(Kept::Failed(error)) => format!("{run}: kept, {error}"),
        None if dry_run => format!("{run}: {size} of payloads{of} would go, since {why}"),
        None => format!("{run}: {size} of payloads{of} are gone, since {why}"),
    }
}

/// Keeps a run, or lets it go.
pub(crate) fn hold(engine: &Engine, args: &HoldArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    if args.release {
        engine.let_go(&run)?;
        out::prose(&format!("{run} is held no more."))?;
    } else {
        engine.hold(&run, &args.reason)?;
        out::prose(&format!("{run} is held until: trireme hold {run} --release"))?;
    }
    Ok(ExitCode::SUCCESS)
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
