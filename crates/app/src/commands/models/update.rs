//! Newer prices: a file is checked as a whole, and becomes the person's own layer.

use std::path::Path;
use std::process::ExitCode;

use trireme_core::catalogue::{Catalogue, CatalogueFile, Declared, FileError, Model, Period, Rates};

use super::unusable;
use crate::config::Config;
use crate::failure::Failure;
use crate::out;

/// Rows that are told one by one.
const TOLD: usize = 40;

/// Checks a file and installs it.
pub(super) fn update(config: &Config, file: &Path) -> Result<ExitCode, Failure> {
    let path = config.cwd.join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(format!("{} can't be read: {error}", path.display()))
            .hint("trireme models update --file FILE")
    })?;
    let newer = read(&text, config).map_err(|error| {
        Failure::usage(format!("{}: {error}", path.display()))
            .hint("take a newer crates/core/data/models.json of Trireme; nothing was changed")
    })?;
    let before =
        Catalogue::layered(config.settings.prices.as_ref(), Declared::default()).map_err(unusable)?;
    install(&config.prices_file, &text)?;
    out::data(&told(&before, &newer))?;
    out::say(&format!("new runs take prices of {} from {}", newer.date, config.prices_file.display()));
    Ok(ExitCode::SUCCESS)
}

fn read(text: &str, config: &Config) -> Result<CatalogueFile, FileError> {
    let newer = CatalogueFile::read(text)?;
    newer.check_newer_than(&CatalogueFile::built_in()?)?;
    config.settings.prices.iter().try_for_each(|here| newer.check_newer_than(here))?;
    Ok(newer)
}

/// Whole or not at all.
fn install(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(format!("{} can't be written: {error}", path.display()))
            .hint("make its folder yours to write to; nothing was changed")
    };
    let beside = path.with_extension("json.new");
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    std::fs::write(&beside, text).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

fn told(before: &Catalogue, newer: &CatalogueFile) -> String {
    let lines = newer.models.iter().filter_map(|(name, model)| match before.models.get(name) {
        None => Some(format!("new: {name}")),
        Some(old) => changed(old, model).map(|what| format!("changed: {name}: {what}")),
    });
    let mut lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return "nothing changed".to_owned();
    }
    let more = lines.len().saturating_sub(TOLD);
    lines.truncate(TOLD);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// What of a row is another.
fn changed(old: &Model, new: &Model) -> Option<String> {
    let mut what = Vec::new();
    if let ([old], [new]) = (old.tariff.periods(), new.tariff.periods()) {
        what.extend(moved(old, new));
    }
    if what.is_empty() && old.tariff != new.tariff {
        what.push("periods of its prices".to_owned());
    }
    for (name, old, new) in [
        ("context", old.context_tokens, new.context_tokens),
        ("answer", old.output_tokens, new.output_tokens),
    ] {
        if old != new {
            what.push(format!("{name} {old} → {new} tokens"));
        }
    }
    if what.is_empty()
        && (&old.id, &old.aliases, &old.capabilities) != (&new.id, &new.aliases, &new.capabilities)
    {
        what.push("names or capabilities".to_owned());
    }
    (!what.is_empty()).then(|| what.join(", "))
}

fn moved(old: &Period, new: &Period) -> Vec<String> {
    let prices = |rates: &Rates| {
        [
            ("input", rates.input),
            ("cache read", rates.cache_read),
            ("cache write", rates.cache_write),
            ("one-hour cache write", rates.cache_write_1h),
            ("output", rates.output),
        ]
    };
    let pairs = prices(&old.rates).into_iter().zip(prices(&new.rates));
    let moved = pairs.filter(|((_, old), (_, new))| old != new);
    moved
        .map(|((name, old), (_, new))| format!("{name} {} → {}", old.per_million(), new.per_million()))
        .collect()
}
