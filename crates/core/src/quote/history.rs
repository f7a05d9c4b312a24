//! How agents go about their work, and how much of it a section takes: typically, and here, by earlier runs of the same
//! project.

use crate::gist::{Gist, Sample, SectionSample};
use crate::limits::SAMPLES_MIN;
use crate::words::{Seniority, Usage};

/// What earlier runs of a project tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    runs: usize,
    samples: Vec<Sample>,
    sections: Vec<SectionSample>,
}

/// How much work there is in a part of a section, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Density {
    /// Tasks for each part where all goes well.
    pub(super) least: u64,
    /// Tasks for each part to be expected.
    pub(super) tasks: u64,
    /// Attempts at each task.
    pub(super) attempts: u64,
    /// Reviews for each task.
    pub(super) reviews: u64,
}

impl Density {
    /// A task for each part, and one in three is tried again, and one in three reviewed.
    pub(super) const TYPICAL: Self = Self { least: 1_000, tasks: 1_000, attempts: 1_333, reviews: 333 };
}

/// How an agent goes about its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Turns where all goes well.
    pub(super) low: u64,
    /// Turns to be expected.
    pub(super) usual: u64,
    /// What a turn reads and writes.
    pub(super) turn: Usage,
}

/// How the agents of a role go about their work where nothing is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typical {
    pub(super) role: &'static str,
    pub(super) pace: Pace,
}

impl Typical {
    pub(super) const fn new(role: &'static str, turns: (u64, u64), tokens: (u64, u64)) -> Self {
        let turn = turn(tokens.0, tokens.1);
        Self { role, pace: Pace { low: turns.0, usual: turns.1, turn } }
    }
}

impl History {
    /// What these runs tell. One agent alone works in another way than a worker of many, so those runs don't count.
    #[must_use]
    pub fn of<'a>(gists: impl IntoIterator<Item = &'a Gist>) -> Self {
        let mut history = Self::default();
        for gist in gists.into_iter().filter(|gist| !gist.solo && !gist.samples.is_empty()) {
            history.runs += 1;
            history.samples.extend(gist.samples.iter().cloned());
            history.sections.extend(gist.sections.iter().filter(|section| section.is_sound()));
        }
        history
    }

    /// How many runs they were.
    pub(super) const fn runs(&self) -> usize {
        self.runs
    }

    /// How agents of a role go about their work here: those of that seniority where there are a few, else all of the role;
    /// none where there are not even a few of those.
    pub(super) fn pace(&self, role: &str, seniority: Seniority) -> Option<Pace> {
        let of_role: Vec<_> = self.samples.iter().filter(|sample| sample.role == role).collect();
        let same: Vec<_> = of_role.iter().copied().filter(|sample| sample.seniority == seniority).collect();
        let few = |samples: &Vec<&Sample>| samples.len() >= SAMPLES_MIN;
        Some(pace(&[same, of_role].into_iter().find(few)?))
    }

    /// How much work a part of a section takes here; none where not even a few sections tell.
    pub(super) fn density(&self) -> Option<Density> {
        let of = |number: fn(&SectionSample) -> u64, of: fn(&SectionSample) -> u64| {
            self.spread(move |section| number(section).saturating_mul(1_000).div_ceil(of(section).max(1)))
        };
        let (least, tasks) = of(|section| section.tasks, |section| section.parts)?;
        let (_, attempts) = of(|section| section.attempts, |section| section.tasks)?;
        let (_, reviews) = of(|section| section.reviews, |section| section.tasks)?;
        Some(Density { least, tasks, attempts, reviews })
    }

    /// How many tasks a section usually has here; none where not even a few sections tell.
    pub(super) fn tasks(&self) -> Option<u64> {
        Some(self.spread(|section| section.tasks)?.1)
    }

    fn spread(&self, of: impl Fn(&SectionSample) -> u64) -> Option<(u64, u64)> {
        let few = self.sections.len() >= SAMPLES_MIN;
        few.then(|| spread(self.sections.iter().map(of).collect()))
    }
}

fn pace(samples: &[&Sample]) -> Pace {
    let of = |number: fn(&Sample) -> u64| spread(samples.iter().map(|sample| number(sample)).collect());
    let (low, usual) = of(|sample| sample.turns);
    let ((_, input), (_, output)) = (of(|sample| sample.input), of(|sample| sample.output));
    Pace { low, usual, turn: turn(input, output) }
}

/// The number that a quarter is below, and the one that half is.
fn spread(mut numbers: Vec<u64>) -> (u64, u64) {
    numbers.sort_unstable();
    let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
    (at(numbers.len() / 4), at(numbers.len() / 2))
}

const fn turn(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        searches: 0,
        geo: false,
        reported: crate::words::Money::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{BlobRef, Digest, Money, RunId};

    fn gist(solo: bool, samples: Vec<Sample>) -> Gist {
        Gist {
            run: RunId("r".to_owned()),
            intent: BlobRef(Digest::of(b"intent")),
            tree: None,
            solo,
            whole: true,
            verified: true,
            context: 1,
            read: 1,
            cost: Money::ZERO,
            samples,
            sections: Vec::new(),
        }
    }

    fn worker(seniority: Seniority, turns: u64) -> Sample {
        Sample { role: "worker".to_owned(), seniority, turns, input: turns * 100, output: 10 }
    }

    #[test]
    fn a_few_of_the_same_seniority_count_else_all_of_the_role_else_nobody() {
        let mids = [4, 2, 9, 3].map(|turns| worker(Seniority::Mid, turns)).to_vec();
        let gists = [gist(false, mids), gist(false, vec![worker(Seniority::Staff, 50)])];
        let history = History::of(&gists);
        let pace =
            |seniority| history.pace("worker", seniority).map(|pace| (pace.low, pace.usual, pace.turn.input));
        assert_eq!(pace(Seniority::Mid), Some((3, 4, 400)));
        assert_eq!(pace(Seniority::Staff), Some((3, 4, 400)), "one is not a few");
        assert_eq!(history.pace("manager", Seniority::Mid), None);
        assert_eq!(history.runs(), 2);
    }

    #[test]
    fn an_agent_alone_tells_nothing_of_a_worker_among_many() {
        let alone = gist(true, vec![worker(Seniority::Mid, 90); 5]);
        assert_eq!(History::of([&alone]), History::default());
    }
}
