//! A batch: results that come into a branch together. Each is merged upon the one before it and only the last merge is
//! checked. Where that fails, the first one with which something breaks is found by halving: what is before it comes in, it
//! stays out, and what is behind it is merged anew.

use crate::limits::MERGES;
use crate::words::*;

/// Merges that are not in their branch yet, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<Id> {
    merged: Vec<Merged<Id>>,
    /// So many of them hold together.
    good: usize,
    /// With so many of them something breaks.
    bad: Option<usize>,
    /// What broke with that many.
    broken: Vec<Finding>,
}

/// A result on top of those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged<Id> {
    /// Whose.
    pub id: Id,
    /// The merge.
    pub commit: CommitId,
    /// Its tree.
    pub tree: TreeId,
}

/// What is to be done with a batch next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<Id> {
    /// There is nothing in it.
    Nothing,
    /// To check all up to this one.
    Check(Merged<Id>),
    /// It is known what holds together, and with whom something breaks.
    Settled(Vec<Merged<Id>>, Option<Merged<Id>>),
}

/// Why a verified attempt stays out of its section's branch.
#[derive(Clone, Debug, PartialEq)]
pub enum LeftOut {
    /// Others changed the same places of these files meanwhile.
    Conflict(Vec<String>),
    /// Merged with what is there, this was found.
    Breaks(Vec<Finding>),
}

impl<Id> Default for Batch<Id> {
    fn default() -> Self {
        Self { merged: Vec::new(), good: 0, bad: None, broken: Vec::new() }
    }
}

impl<Id: Copy + PartialEq> Batch<Id> {
    /// Whether somebody is in it.
    #[must_use]
    pub fn holds(&self, id: Id) -> bool {
        self.merged.iter().any(|merged| merged.id == id)
    }

    /// Whether more may come in: nothing of it has been checked yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.bad.is_none() && self.good == 0 && self.merged.len() < MERGES
    }

    /// The last merge, once there is one.
    #[must_use]
    pub fn tip(&self) -> Option<&CommitId> {
        self.merged.last().map(|merged| &merged.commit)
    }

    /// All up to one of them, in their order.
    pub fn up_to(&self, id: Id) -> impl Iterator<Item = Id> {
        let count = self.merged.iter().position(|merged| merged.id == id).map_or(0, |place| place + 1);
        self.merged.iter().take(count).map(|merged| merged.id)
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.merged.iter().map(|merged| merged.id)
    }

    /// Whether it is the one with whom something breaks.
    #[must_use]
    pub fn breaks(&self, id: Id) -> bool {
        let place = self.merged.iter().position(|merged| merged.id == id);
        self.bad == Some(self.good + 1) && place == Some(self.good)
    }

    /// What broke.
    #[must_use]
    pub fn broken(&self) -> &[Finding] {
        &self.broken
    }

    /// What is to be done next.
    #[must_use]
    pub fn next(&self) -> Next<Id> {
        let all = self.merged.len();
        let bad = self.bad.unwrap_or(all + 1);
        if all == 0 {
            return Next::Nothing;
        }
        if bad - self.good == 1 {
            let good = self.merged.get(..self.good).unwrap_or_default().to_vec();
            return Next::Settled(good, self.merged.get(self.good).cloned());
        }
        let count = if self.bad.is_none() { all } else { usize::midpoint(self.good, bad) };
        self.merged.get(count - 1).cloned().map_or(Next::Nothing, Next::Check)
    }

    pub(super) fn push(&mut self, id: Id, commit: CommitId, tree: TreeId) {
        self.merged.push(Merged { id, commit, tree });
    }

    /// All up to one of them were checked together.
    pub(super) fn checked(&mut self, id: Id, holds: bool, findings: &[Finding]) {
        let Some(place) = self.merged.iter().position(|merged| merged.id == id) else { return };
        if holds {
            self.good = self.good.max(place + 1);
        } else if self.bad.is_none_or(|bad| place < bad) {
            self.bad = Some(place + 1);
            self.broken = findings.to_vec();
        }
    }

    /// One is in its branch, or stays out of it. Who comes in is the first; who stays out takes all behind it along: they are
    /// merged anew.
    pub(super) fn leave(&mut self, id: Id, is_in: bool) {
        let Some(place) = self.merged.iter().position(|merged| merged.id == id) else { return };
        if is_in && place == 0 {
            self.merged.remove(0);
            self.good = self.good.saturating_sub(1);
            self.bad = self.bad.map(|bad| bad.saturating_sub(1));
        } else {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(count: u32) -> Batch<u32> {
        let mut batch = Batch::default();
        for id in 1..=count {
            batch.push(id, CommitId(format!("c{id}")), TreeId(format!("t{id}")));
        }
        batch
    }

    /// Checks as told until it is settled: how many checks, how many hold, who breaks something.
    fn settle(mut batch: Batch<u32>, breaks: Option<u32>) -> (u32, usize, Option<u32>) {
        let mut checks = 0;
        loop {
            match batch.next() {
                Next::Nothing => panic!("it is empty"),
                Next::Check(merged) => {
                    checks += 1;
                    batch.checked(merged.id, breaks.is_none_or(|bad| merged.id < bad), &[]);
                }
                Next::Settled(good, bad) => return (checks, good.len(), bad.map(|merged| merged.id)),
            }
        }
    }

    #[test]
    fn one_check_where_all_hold_and_a_few_where_one_breaks() {
        assert_eq!(settle(batch(64), None), (1, 64, None));
        assert_eq!(settle(batch(1), Some(1)), (1, 0, Some(1)));
        for count in 1..=20 {
            for bad in 1..=count {
                let (checks, good, found) = settle(batch(count), Some(bad));
                assert_eq!((good, found), (bad as usize - 1, Some(bad)), "{bad} of {count}");
                assert!(checks <= 1 + count.ilog2() + 1, "{checks} checks for {bad} of {count}");
            }
        }
    }

    #[test]
    fn who_stays_out_takes_all_behind_it_along() {
        let mut batch = batch(3);
        batch.checked(3, false, &[]);
        batch.checked(1, true, &[]);
        batch.checked(2, false, &[]);
        batch.leave(1, true);
        assert_eq!(batch.next(), Next::Settled(Vec::new(), batch.merged.first().cloned()));
        batch.leave(2, false);
        assert_eq!(batch.next(), Next::Nothing);
        assert!(batch.is_open());
    }
}
