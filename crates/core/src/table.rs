//! A list that is indexed by a typed counter: entities are only ever added, so an id is a place.

use std::marker::PhantomData;

use crate::words::{
    AccountId, AgentId, AttemptId, MemoNumber, OpinionId, PhaseId, QuestionId, RequestId, SectionId, TaskId,
};

/// An id that counts places in a [`Table`].
pub trait Place: Copy {
    /// The id of the place.
    fn at(index: usize) -> Self;
    /// The place of the id.
    fn index(self) -> usize;
}

macro_rules! places {
    ($($name:ident($int:ty);)*) => {$(
        impl Place for $name {
            #[expect(clippy::cast_possible_truncation, reason = "limits.rs keeps every table far below 65,536 phases and 2^32 others")]
            fn at(index: usize) -> Self {
                Self(index as $int)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
places! {
    PhaseId(u16); SectionId(u32); TaskId(u32); AttemptId(u32); AgentId(u32);
    AccountId(u32); QuestionId(u32); RequestId(u32); MemoNumber(u32); OpinionId(u32);
}

/// Values in the order of their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<K, V> {
    rows: Vec<V>,
    key: PhantomData<K>,
}

impl<K: Place, V> Table<K, V> {
    /// The id that the next value will get.
    pub fn next(&self) -> K {
        K::at(self.rows.len())
    }

    /// Adds a value and gives its id.
    pub fn push(&mut self, value: V) -> K {
        let key = self.next();
        self.rows.push(value);
        key
    }

    /// The value of an id.
    pub fn get(&self, key: K) -> Option<&V> {
        self.rows.get(key.index())
    }

    /// The value of an id, to change.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.rows.get_mut(key.index())
    }

    /// Ids and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        self.rows.iter().enumerate().map(|(index, value)| (K::at(index), value))
    }

    /// Ids and values in order, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.rows.iter_mut().enumerate().map(|(index, value)| (K::at(index), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: Vec::new(), key: PhantomData }
    }
}
