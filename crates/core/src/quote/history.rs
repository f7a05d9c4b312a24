//! How agents go about their work: typically, and here, by earlier runs of the same project.

use crate::gist::{Gist, Sample};
use crate::limits::SAMPLES_MIN;
use crate::words::{Seniority, Usage};

/// What earlier runs of a project tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    runs: usize,
    samples: Vec<Sample>,
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
}

fn pace(samples: &[&Sample]) -> Pace {
    let sorted = |of: fn(&Sample) -> u64| {
        let mut numbers: Vec<_> = samples.iter().map(|sample| of(sample)).collect();
        numbers.sort_unstable();
        numbers
    };
    let at = |numbers: &[u64], place: usize| numbers.get(place).copied().unwrap_or_default();
    let turns = sorted(|sample| sample.turns);
    let (quarter, middle) = (turns.len() / 4, turns.len() / 2);
    let (input, output) = (sorted(|sample| sample.input), sorted(|sample| sample.output));
    Pace {
        low: at(&turns, quarter),
        usual: at(&turns, middle),
        turn: turn(at(&input, middle), at(&output, middle)),
    }
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
            cost: Money::ZERO,
            samples,
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
