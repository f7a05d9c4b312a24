//! The gist of a finished run: what it leaves for later runs of the same project, so that nobody has to read its whole
//! journal again. How its agents went about their work feeds quotes, and a run of one agent alone is compared with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::AGENTS_SAMPLED;
use crate::log::Who;
use crate::report::{SoloRun, Tally};
use crate::run::Run;
use crate::run::event::RunEnd;
use crate::words::*;

/// What a finished run leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gist {
    /// Its name.
    pub run: RunId,
    /// What the Owner wanted: its document, among the run's payloads.
    pub intent: BlobRef,
    /// The files that it started from; none where they are gone.
    pub tree: Option<TreeId>,
    /// Whether one agent did it alone.
    pub solo: bool,
    /// Whether it came to its own end: nobody stopped it, and nothing broke.
    pub whole: bool,
    /// Whether all of it was verified.
    pub verified: bool,
    /// The largest context of its workers, in tokens.
    pub context: u64,
    /// What it cost.
    pub cost: Money,
    /// How some of its agents went about their work.
    pub samples: Vec<Sample>,
}

/// How one agent went about its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// `manager`, `worker` and so on.
    pub role: String,
    /// How much model it had.
    pub seniority: Seniority,
    /// Its answered calls.
    pub turns: u64,
    /// Tokens that it read in a turn on average, from the provider's cache or not.
    pub input: u64,
    /// Tokens that it wrote in a turn on average.
    pub output: u64,
}

impl Gist {
    /// The gist of a run; none while it goes on.
    #[must_use]
    pub fn of(run: &Run, tally: &Tally, tree: Option<TreeId>) -> Option<Self> {
        let (head, end) = (run.head()?, run.end()?);
        Some(Self {
            run: head.id.clone(),
            intent: head.intent,
            tree,
            solo: run.triage().is_some_and(|triage| triage.path == Path::Solo),
            whole: matches!(end, RunEnd::Verified | RunEnd::Unverified | RunEnd::BudgetExhausted),
            verified: end == RunEnd::Verified,
            context: tally.largest_of(run, "worker"),
            cost: tally.total().cost,
            samples: samples(run, tally),
        })
    }

    /// The run as one to compare with, where one agent did all of it alone.
    #[must_use]
    pub fn solo_run(&self, tree: Option<&TreeId>) -> Option<SoloRun> {
        let counts = self.solo && self.whole && self.context > 0;
        counts.then(|| SoloRun {
            run: self.run.to_string(),
            same_base: self.tree.is_some() && self.tree.as_ref() == tree,
            verified: self.verified,
            context: self.context,
            cost: self.cost,
        })
    }
}

/// The run to compare with, out of gists with the same intent from the newest on: one that began from the same files, else
/// the newest.
#[must_use]
pub fn solo_of<'a>(gists: impl IntoIterator<Item = &'a Gist>, tree: Option<&TreeId>) -> Option<SoloRun> {
    let mut newest = None;
    for solo in gists.into_iter().filter_map(|gist| gist.solo_run(tree)) {
        if solo.same_base {
            return Some(solo);
        }
        newest = newest.or(Some(solo));
    }
    newest
}

/// A few agents of each role and seniority, spread over the run.
fn samples(run: &Run, tally: &Tally) -> Vec<Sample> {
    let mut groups: BTreeMap<(&str, Seniority), Vec<Sample>> = BTreeMap::new();
    for (agent, cost) in tally.by_agent() {
        let who = Who::by(run, agent);
        let turns = cost.calls.saturating_sub(cost.failed);
        let (Some(role), Some(seniority), true) = (who.role, who.seniority, turns > 0) else { continue };
        let sample = Sample {
            role: role.to_owned(),
            seniority,
            turns,
            input: cost.tokens.read().div_ceil(turns),
            output: cost.tokens.output.div_ceil(turns),
        };
        groups.entry((role, seniority)).or_default().push(sample);
    }
    groups.into_values().flat_map(spread).collect()
}

fn spread(samples: Vec<Sample>) -> impl Iterator<Item = Sample> {
    let step = samples.len().div_ceil(AGENTS_SAMPLED).max(1);
    samples.into_iter().step_by(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gist(run: &str, tree: &str, solo: bool) -> Gist {
        Gist {
            run: RunId(run.to_owned()),
            intent: BlobRef(Digest::of(b"intent")),
            tree: Some(TreeId(tree.to_owned())),
            solo,
            whole: true,
            verified: true,
            context: 100,
            cost: Money::cents(1),
            samples: Vec::new(),
        }
    }

    #[test]
    fn the_same_files_count_more_than_the_newest() {
        let gists = [
            gist("tiers", "t1", false),
            Gist { whole: false, ..gist("killed", "t1", true) },
            gist("newest", "t2", true),
            gist("same", "t1", true),
            gist("older", "t1", true),
        ];
        let solo = |tree: &str| solo_of(&gists, Some(&TreeId(tree.to_owned()))).unwrap();
        assert_eq!((solo("t1").run.as_str(), solo("t1").same_base), ("same", true));
        assert_eq!((solo("t3").run.as_str(), solo("t3").same_base), ("newest", false));
        assert_eq!(solo_of(&gists[..2], None), None);
    }

    #[test]
    fn of_many_agents_a_few_are_kept_from_first_to_last() {
        let sample = |turns| Sample {
            role: "worker".to_owned(),
            seniority: Seniority::Mid,
            turns,
            input: 1,
            output: 1,
        };
        let kept: Vec<_> = spread((0..10_000).map(sample).collect()).collect();
        assert!(kept.len() <= AGENTS_SAMPLED && kept.len() > AGENTS_SAMPLED / 2);
        assert!(kept.last().unwrap().turns > 9_000);
    }
}
