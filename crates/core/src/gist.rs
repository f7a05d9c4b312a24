//! The gist of a finished run: what it leaves for later runs of the same project, so that nobody has to read its whole
//! journal again. How its agents went about their work feeds quotes, and a run of one agent alone is compared with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::{AGENTS_SAMPLED, SECTIONS_SAMPLED};
use crate::log::Who;
use crate::report::{SoloRun, Tally};
use crate::run::Run;
use crate::run::event::{RunEnd, SectionEnd};
use crate::run::state::SectionState;
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
    /// All tokens that its agents read; nothing in gists that were kept before this was told.
    #[serde(default)]
    pub read: u64,
    /// What it cost.
    pub cost: Money,
    /// How some of its agents went about their work.
    pub samples: Vec<Sample>,
    /// What its managed sections took; nothing in gists that were kept before this was told.
    #[serde(default)]
    pub sections: Vec<SectionSample>,
}

/// What one managed section took, that came to its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionSample {
    /// Its parts, by the shape of its plan.
    pub parts: u64,
    /// Its tasks, reviews apart.
    pub tasks: u64,
    /// Attempts at them.
    pub attempts: u64,
    /// Judgements of Reviewers: of tasks by their criteria, and of others' results.
    pub reviews: u64,
}

impl SectionSample {
    /// Whether anything can be told from it.
    pub(crate) const fn is_sound(&self) -> bool {
        self.parts > 0 && self.tasks > 0 && self.attempts >= self.tasks
    }
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
            read: tally.total().tokens.read(),
            cost: tally.total().cost,
            samples: samples(run, tally),
            sections: sections(run),
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
            read: (self.read > 0).then_some(self.read),
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

/// Sections of the plan that their Managers saw through; what took the place of others has another shape.
fn sections(run: &Run) -> Vec<SectionSample> {
    let parts = run.plan().map(|plan| crate::quote::parts(&plan.outline)).unwrap_or_default();
    let planned = run.sections().iter().filter(|(_, state)| state.replaces.is_none()).zip(parts);
    let managed = planned.filter(|((_, state), _)| {
        state.outline.only.is_none()
            && matches!(state.end, Some(SectionEnd::Verified | SectionEnd::Unverified))
    });
    let all = managed.map(|((_, state), parts)| section(run, state, parts));
    all.filter(SectionSample::is_sound).take(SECTIONS_SAMPLED).collect()
}

fn section(run: &Run, state: &SectionState, parts: u64) -> SectionSample {
    let mut sample = SectionSample { parts, tasks: 0, attempts: 0, reviews: 0 };
    for task in state.tasks.iter().filter_map(|id| run.tasks().get(*id)) {
        if task.outline.kind.changes_files() {
            sample.tasks += u64::from(!task.attempts.is_empty());
            sample.attempts += task.attempts.len() as u64;
        }
        let attempts = task.attempts.iter().filter_map(|id| run.attempts().get(*id));
        sample.reviews += attempts.filter(|attempt| attempt.reviewer.is_some()).count() as u64;
    }
    sample
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
            read: 1_000,
            cost: Money::cents(1),
            samples: Vec::new(),
            sections: Vec::new(),
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
    fn a_section_tells_what_it_took() {
        let (_, told) = crate::fixture::whole();
        let (tally, run) = Tally::fold(told.iter().map(|(at, event)| (*at, event)));
        let gist = Gist::of(&run, &tally, None).unwrap();
        let core = SectionSample { parts: 1, tasks: 1, attempts: 2, reviews: 1 };
        let face = SectionSample { parts: 1, tasks: 1, attempts: 1, reviews: 0 };
        assert_eq!(gist.sections, [core, face]);
    }

    #[test]
    fn a_gist_of_an_earlier_version_reads() {
        let mut old = serde_json::to_value(gist("run", "t", false)).unwrap();
        for key in ["sections", "read"] {
            assert!(old.as_object_mut().unwrap().remove(key).is_some());
        }
        let read: Gist = serde_json::from_value(old).unwrap();
        assert_eq!(read, Gist { read: 0, ..gist("run", "t", false) });
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
