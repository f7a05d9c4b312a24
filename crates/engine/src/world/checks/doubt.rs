//! A pass is not believed at once. What passes by luck fails some other time; what changes its judges while it runs, or passes
//! with its own tests alone, was never judged; and what passes although its tests were made to fail tells nothing.

use std::collections::BTreeSet;
use std::time::Instant;

use trireme_core::judges::{
    Judge, canary, holds_tests, is_older, is_test_code, judge, judges_in, tests_run, texts_compared,
};
use trireme_core::limits::{CANARIES, CONFIRM_MS, CONFIRM_RUNS, NAMED_AT_MOST};
use trireme_core::*;

use super::run::Instead;
use super::{Asked, Bench, unverifiable};
use crate::workspace::Change;
use crate::world::{Trouble, World};

const ALTERED: &str = "changed while it ran: what tells results must stay as it is";
const OLDER: &str =
    "it fails with the tests as they were before the work: what was done to them keeps them from failing";
const CANNOT_FAIL: &str = "the command passes although the tests that it names were made to fail: it does not run them, or \
                           something keeps it from failing";

/// What a result did to tests, and to what they compare with.
pub(super) struct Work(Vec<Touched>);

struct Touched {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

impl Work {
    /// Files as they were before the work, as far as a check has to pass with them.
    fn older(&self, asked: &Asked, command: &str) -> Vec<Instead> {
        let is_older = |touched: &&Touched| {
            let Touched { path, before, .. } = touched;
            is_older(path, before.is_none(), &asked.own, command) && !is_pinned(path, &asked.criterion.check)
        };
        let older = self.0.iter().filter(is_older);
        older.map(|touched| (touched.path.clone(), touched.before.clone())).collect()
    }

    /// Files as they are after it: what passes with them before the work as well proves nothing of the rest.
    pub(super) fn newer(&self, check: &Check) -> Vec<Instead> {
        let newer =
            self.0.iter().filter(|touched| touched.after.is_some() && !is_pinned(&touched.path, check));
        newer.map(|touched| (touched.path.clone(), touched.after.clone())).collect()
    }
}

fn is_pinned(path: &str, check: &Check) -> bool {
    let is_at_or_below = |pin: &String| {
        path.strip_prefix(pin.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    check.pinned().iter().any(is_at_or_below)
}

impl World {
    /// What happened to tests between two commits.
    pub(super) async fn work(&self, base: &CommitId, commit: &CommitId) -> Result<Work, Trouble> {
        let changes = self.repo().changes(base, commit).await?;
        let is_test = |change: &&Change| {
            matches!(judge(&change.path), Some(Judge::Test | Judge::Snapshot)) && !change.is_link()
        };
        let tests: Vec<_> = changes.iter().filter(is_test).collect();
        let texts = self.repo().contents(&tests).await?;
        let touched = tests.iter().zip(texts).map(|(change, [before, after])| Touched {
            path: change.path.clone(),
            before,
            after,
        });
        // What is no text can't be put back as one.
        let is_text = |text: &Option<String>| !text.as_deref().unwrap_or_default().contains('\u{fffd}');
        Ok(Work(touched.filter(|touched| is_text(&touched.before) && is_text(&touched.after)).collect()))
    }

    /// Tries to shake a pass.
    pub(super) async fn doubt(
        &self,
        bench: &mut Bench,
        asked: &Asked,
        work: &Work,
        evidence: Evidence,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let check = &asked.criterion.check;
        let (verdict, evidence) = match check {
            Check::Command { .. } => self.confirm(bench, check, evidence).await?,
            Check::Http { .. } => (Verdict::Pass, evidence),
            Check::File { .. }
            | Check::Json { .. }
            | Check::Diff { .. }
            | Check::Tree { .. }
            | Check::Rubric => {
                return Ok((Verdict::Pass, evidence));
            }
        };
        if verdict != Verdict::Pass {
            return Ok((verdict, evidence));
        }
        Ok(match self.shaken(bench, asked, work).await? {
            Some(why) => unverifiable(why),
            None => (Verdict::Pass, evidence),
        })
    }

    /// Why a pass tells nothing, if it does not.
    async fn shaken(&self, bench: &mut Bench, asked: &Asked, work: &Work) -> Result<Option<String>, Trouble> {
        let check = &asked.criterion.check;
        let mut altered = bench.checkout(self.0.desks.pool()).await?.altered().await?;
        altered.retain(|path| is_pinned(path, check) || is_test_code(path));
        altered.truncate(NAMED_AT_MOST);
        if !altered.is_empty() {
            return Ok(Some(format!("{} {ALTERED}", altered.join(", "))));
        }
        let Check::Command { run, .. } = check else { return Ok(None) };
        let older = work.older(asked, run);
        if !older.is_empty() && self.run_check(bench, check, &older).await?.0 != Verdict::Pass {
            return Ok(Some(OLDER.to_owned()));
        }
        let can_fail = self.can_fail(bench, check, run).await?;
        Ok((!can_fail).then(|| CANNOT_FAIL.to_owned()))
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
            let (verdict, again) = self.run_check(bench, check, &[]).await?;
            took = took_ms(&again);
            evidence = with_runs(again, number + 1);
            if verdict != Verdict::Pass {
                return Ok((verdict, evidence));
            }
        }
        Ok((Verdict::Pass, evidence))
    }

    /// Whether a command fails once the tests that it runs do, or the texts that it compares are others. Where nobody knows
    /// which these are, it is taken to.
    async fn can_fail(&self, bench: &mut Bench, check: &Check, command: &str) -> Result<bool, Trouble> {
        let checkout = bench.checkout(self.0.desks.pool()).await?;
        let choose = |files: &[&str]| -> BTreeSet<String> {
            let run = tests_run(command, files).into_iter().map(str::to_owned);
            run.chain(judges_in(check)).collect()
        };
        let texts = checkout.texts(choose).await?;
        let tells = |path: &str, text: &str| is_pinned(path, check) || holds_tests(path, text);
        let failing = texts.iter().filter(|(path, text)| tells(path, text));
        let mut canaries: Vec<_> =
            failing.filter_map(|(path, text)| Some((path.clone(), Some(canary(path, text)?)))).collect();
        if canaries.is_empty() {
            let compared =
                |files: &[&str]| texts_compared(check, files).into_iter().map(str::to_owned).collect();
            let texts = checkout.texts(compared).await?;
            canaries = texts
                .into_iter()
                .map(|(path, text)| (path, Some(format!("{text}\ntrireme canary\n"))))
                .collect();
        }
        if canaries.is_empty() || canaries.len() > CANARIES {
            return Ok(true);
        }
        Ok(self.run_check(bench, check, &canaries).await?.0 != Verdict::Pass)
    }
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
