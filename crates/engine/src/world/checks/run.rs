//! Checks that run something.

use std::time::{Duration, Instant};

use grep_regex::RegexMatcher;
use trireme_core::judges::{canary, judges_in};
use trireme_core::limits::{CONFIRM_MS, CONFIRM_RUNS, OUTPUT_END_BYTES};
use trireme_core::*;

use super::{Bench, unverifiable, verdict};
use crate::workspace::{CommandLimits, Files};
use crate::world::{Trouble, World};

impl World {
    /// Runs a command in a clean checkout.
    pub(super) async fn run_check(
        &self,
        bench: &mut Bench,
        check: &Check,
    ) -> Result<(Verdict, Evidence), Trouble> {
        self.run_in(bench, check, &[]).await
    }

    /// Runs a command in a clean checkout in which these files hold something else.
    async fn run_in(
        &self,
        bench: &mut Bench,
        check: &Check,
        instead: &[(String, String)],
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Check::Command { run, exit, output, timeout_s, memory_mb, .. } = check else {
            return Ok(unverifiable("this is no command"));
        };
        let pattern = match output.as_deref().map(matcher).transpose() {
            Ok(pattern) => pattern,
            Err(why) => return Ok(why),
        };
        let limits = CommandLimits {
            timeout: Duration::from_secs((*timeout_s).into()),
            memory_mb: *memory_mb,
            output_end_bytes: OUTPUT_END_BYTES,
        };
        let checkout = bench.checkout(self.repo()).await?;
        let tree = checkout.tree().clone();
        let folder = checkout.ready().await?;
        replace(folder.dir(), instead)?;
        let ran = self.shell(folder).run(folder.dir(), run, limits).await?;
        let matched = pattern.is_none_or(|pattern| is_match(&pattern, &ran.output));
        let passed = !ran.timed_out && ran.exit == Some(*exit) && matched;
        let output = self.0.blobs.put(ran.output).await?;
        let exit = ran.exit.filter(|_| !ran.timed_out);
        let evidence = Evidence::Command { exit, output, tree, took_ms: ran.took_ms, runs: 1 };
        Ok((verdict(passed), evidence))
    }

    /// Tries to shake a pass: what passed once may fail another time, and what can't fail tells nothing.
    pub(super) async fn doubt(
        &self,
        bench: &mut Bench,
        check: &Check,
        evidence: Evidence,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Check::Command { .. } = check else { return Ok((Verdict::Pass, evidence)) };
        let (verdict, evidence) = self.confirm(bench, check, evidence).await?;
        if verdict != Verdict::Pass || self.can_fail(bench, check).await? {
            return Ok((verdict, evidence));
        }
        Ok(unverifiable(
            "the command passes although the tests that it names were made to fail: it does not run them, or something keeps \
             it from failing",
        ))
    }

    /// Runs a command that passed again, as often as a short while allows.
    async fn confirm(
        &self,
        bench: &mut Bench,
        check: &Check,
        first: Evidence,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let (began, mut took) = (Instant::now(), took_ms(&first));
        let mut evidence = first;
        for number in 1..=CONFIRM_RUNS {
            let spent = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            if spent.saturating_add(took) > CONFIRM_MS {
                break;
            }
            let (verdict, again) = self.run_check(bench, check).await?;
            took = took_ms(&again);
            evidence = with_runs(again, number + 1);
            if verdict != Verdict::Pass {
                return Ok((verdict, evidence));
            }
        }
        Ok((Verdict::Pass, evidence))
    }

    /// Whether a command fails once the tests that it names do. Where it names none of a language that is known, nobody can
    /// tell, and it is taken to.
    async fn can_fail(&self, bench: &mut Bench, check: &Check) -> Result<bool, Trouble> {
        let tree = bench.checkout(self.repo()).await?.tree().clone();
        let mut canaries = Vec::new();
        for path in judges_in(check) {
            if !self.repo().has_file(&tree, path).await? {
                continue;
            }
            let text = self.repo().read(&tree, path).await?.unwrap_or_default();
            let failing = canary(path, &String::from_utf8_lossy(&text));
            canaries.extend(failing.map(|text| (path.to_owned(), text)));
        }
        if canaries.is_empty() {
            return Ok(true);
        }
        Ok(self.run_in(bench, check, &canaries).await?.0 != Verdict::Pass)
    }
}

fn replace(dir: &std::path::Path, files: &[(String, String)]) -> Result<(), Trouble> {
    if files.is_empty() {
        return Ok(());
    }
    let trouble = |error| Trouble::Folder { path: dir.to_owned(), error };
    let folder = Files::open(dir).map_err(trouble)?;
    for (path, text) in files {
        folder.write(path, text).map_err(|error| trouble(std::io::Error::other(error.to_string())))?;
    }
    Ok(())
}

const fn took_ms(evidence: &Evidence) -> u64 {
    match evidence {
        Evidence::Command { took_ms, .. } | Evidence::Http { took_ms, .. } => *took_ms,
        Evidence::Tree { .. } | Evidence::Review { .. } | Evidence::None { .. } => 0,
    }
}

fn with_runs(evidence: Evidence, count: u16) -> Evidence {
    match evidence {
        Evidence::Command { exit, output, tree, took_ms, .. } => {
            Evidence::Command { exit, output, tree, took_ms, runs: count }
        }
        other @ (Evidence::Http { .. }
        | Evidence::Tree { .. }
        | Evidence::Review { .. }
        | Evidence::None { .. }) => other,
    }
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
