//! Who is next: first come, first served within a party, and equal shares of the work between parties.
//!
//! Fair queueing by start times: each party has a time of its own that its admitted work moves on, and the party that is
//! the furthest behind goes next. One that comes back from a pause begins at the present, so nobody saves up a claim, and
//! nobody waits for longer than one piece of work of each other party.

use std::collections::{BTreeMap, HashMap};

use super::{Load, Party, Ticket};

/// What a request counts beside its tokens when shares are compared.
const REQUEST_WORK: u64 = 1_000;

/// All who wait for one lane.
#[derive(Debug, Default)]
pub(super) struct Line {
    parties: HashMap<Party, Queue>,
    /// Where the party that was admitted last began.
    present: u64,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<Ticket, Load>,
    /// Where the party's next piece of work begins.
    next: u64,
}

impl Line {
    /// Takes a place at the end of the party's queue. Tickets must rise.
    pub(super) fn join(&mut self, ticket: Ticket, party: &Party, weight: Load) {
        if self.parties.len() > 2 * self.waiting + 16 {
            self.forget();
        }
        if !self.parties.contains_key(party) {
            self.parties.insert(party.clone(), Queue::default());
        }
        let Some(queue) = self.parties.get_mut(party) else { return };
        if queue.waiting.is_empty() {
            queue.next = queue.next.max(self.present);
        }
        queue.waiting.insert(ticket, weight);
        self.waiting += 1;
    }

    /// Gives a place up; whether there was one.
    pub(super) fn leave(&mut self, ticket: Ticket, party: &Party) -> bool {
        let left = self.parties.get_mut(party).and_then(|queue| queue.waiting.remove(&ticket));
        self.waiting -= usize::from(left.is_some());
        left.is_some()
    }

    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<(&Party, Ticket, Load)> {
        let head = |(party, queue)| {
            let (party, queue): (&Party, &Queue) = (party, queue);
            let (ticket, weight) = queue.waiting.first_key_value()?;
            Some((queue.next, *ticket, party, *weight))
        };
        let heads = self.parties.iter().filter_map(head);
        let (_, ticket, party, weight) = heads.min_by_key(|(next, ticket, _, _)| (*next, *ticket))?;
        Some((party, ticket, weight))
    }

    /// Takes the first one out of the line and counts its work.
    pub(super) fn pop(&mut self) -> Option<(Ticket, Load)> {
        let (party, ticket, weight) = self.first()?;
        let party = party.clone();
        self.leave(ticket, &party);
        let queue = self.parties.get_mut(&party)?;
        if self.waiting == 0 {
            // Where nobody waits, nobody is behind.
            self.parties.clear();
            self.present = 0;
            return Some((ticket, weight));
        }
        self.present = queue.next;
        let work = REQUEST_WORK.saturating_add(weight.input_tokens).saturating_add(weight.output_tokens);
        queue.next = queue.next.saturating_add(work);
        Some((ticket, weight))
    }

    /// How many wait.
    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    /// How many parties are remembered.
    #[cfg(test)]
    pub(super) fn parties(&self) -> usize {
        self.parties.len()
    }

    /// Parties that would begin at the present anyway.
    fn forget(&mut self) {
        let present = self.present;
        self.parties.retain(|_, queue| !queue.waiting.is_empty() || queue.next > present);
    }
}
