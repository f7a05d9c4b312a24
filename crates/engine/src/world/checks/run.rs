//! Checks that run something.

use std::path::Path;

use grep_regex::RegexMatcher;
use trireme_core::*;

use super::{Bench, unverifiable, verdict};
use crate::sandbox::CommandLimits;
use crate::workspace::Files;
use crate::world::{Trouble, World};

/// A file and what it holds in place of its own text; none where it is not there.
pub(super) type Instead = (String, Option<String>);

impl World {
    /// What a check's command may use up.
    pub(super) fn check_limits(
        &self,
        timeout_s: u32,
        memory_mb: Option<u32>,
    ) -> Result<CommandLimits, Trouble> {
        Ok(CommandLimits { process_memory_mb: memory_mb.map(u64::from), ..self.limits(timeout_s)? })
    }

    /// Runs a command in a clean checkout in which some files hold something else.
    pub(super) async fn run_check(
        &self,
        bench: &mut Bench,
        check: &Check,
        instead: &[Instead],
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Check::Command { run, exit, output, timeout_s, memory_mb, .. } = check else {
            return Ok(unverifiable("this is no command"));
        };
        let pattern = match output.as_deref().map(matcher).transpose() {
            Ok(pattern) => pattern,
            Err(why) => return Ok(why),
        };
        let limits = self.check_limits(*timeout_s, *memory_mb)?;
        let checkout = bench.checkout(self.0.desks.pool()).await?;
        let tree = checkout.tree().clone();
        let folder = checkout.ready().await?;
        self.furnish(folder).await?;
        if let Err(error) = replace(folder.dir(), instead) {
            return Ok(unverifiable(format!("files can't be put in the place of others: {error}")));
        }
        let ran = self.shell(folder)?.run(folder.dir(), run, limits).await?;
        let said = ran.said();
        let matched = pattern.is_none_or(|pattern| is_match(&pattern, &said));
        let passed = ran.stopped.is_none() && ran.exit == Some(*exit) && matched;
        bench.commands_ms += ran.took_ms;
        let output = self.0.blobs.put(said).await?;
        let exit = ran.exit.filter(|_| ran.stopped.is_none());
        let evidence = Evidence::Command { exit, output, tree, took_ms: ran.took_ms, runs: 1 };
        Ok((verdict(passed), evidence))
    }
}

/// Puts other texts into a folder, and takes files away where there is none.
fn replace(dir: &Path, files: &[Instead]) -> Result<(), String> {
    if files.is_empty() {
        return Ok(());
    }
    let folder = Files::open(dir).map_err(|error| error.to_string())?;
    for (path, text) in files {
        let done = match text {
            Some(text) => folder.write(path, text).map(drop),
            None => folder.remove(path),
        };
        done.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A pattern of a criterion; or the finding that it is none.
pub(super) fn matcher(pattern: &str) -> Result<RegexMatcher, (Verdict, Evidence)> {
    RegexMatcher::new_line_matcher(pattern)
        .map_err(|error| unverifiable(format!("the pattern is no regular expression: {error}")))
}

pub(super) fn is_match(matcher: &RegexMatcher, text: &str) -> bool {
    use grep_searcher::{BinaryDetection, SearcherBuilder, sinks};
    let mut found = false;
    let mut searcher = SearcherBuilder::new().binary_detection(BinaryDetection::none()).build();
    let sink = sinks::Lossy(|_, _| {
        found = true;
        Ok(false)
    });
    searcher.search_slice(matcher, text.as_bytes(), sink).is_ok() && found
}
