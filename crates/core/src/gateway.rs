//! The gateway's books: virtual keys with hard limits, and the calls that programs make with them. Pure, like the run.
//!
//! ```text
//! wanted ─► admit ─► event Reserved ─► journal ─► upstream ─► end ─► event Ended ─► journal
//! ```
//!
//! Keys form a tree: what a key pays, every key above it pays too, so a team's limit holds over all of its members. Each
//! key is an account of the [`Ledger`], and one promise is made on the whole path at once: no two counters can be raced.
//!
//! `admit` and `end` decide and change nothing; `apply` is the only place where the books change, and it is total. Recovery is
//! `apply` over the journal, then `lost` for every call that was on its way.

mod decide;
mod event;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::ledger::{Discrepancy, Ledger, Purse};
use crate::words::{AccountId, BlobRef, Digest, EffectId, KeyId, Millis, Money, Usage};

pub use decide::{Denied, Ending, Fit, Wanted};
pub use event::{End, GatewayEvent, Loss, NewKey};

/// All keys, all promises, and what was spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gateway {
    ledger: Ledger,
    keys: Vec<Key>,
    by_secret: BTreeMap<Digest, KeyId>,
    calls: BTreeMap<EffectId, Pending>,
    next_call: u64,
    catalogue: Option<BlobRef>,
}

/// One virtual key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// What it is called.
    pub name: String,
    /// The key that pays with it.
    pub parent: Option<KeyId>,
    /// Names of models that it may call, `*` at the end for all that begin so; empty for all.
    pub models: Vec<String>,
    /// The most output that one of its calls may ask for, in tokens.
    pub output_cap: u64,
    /// When it ends by itself.
    pub expires: Option<Millis>,
    /// Whether it was taken back, or a call of it cost more than was promised.
    pub closed: bool,
    /// Calls that ended.
    pub calls: u64,
    /// Calls of these that gave no whole answer.
    pub failed: u64,
    /// Calls that never left, for want of money or permission.
    pub refused: u64,
    /// What all of them used, as far as it is known.
    pub usage: Usage,
}

/// A call that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Who pays.
    pub key: KeyId,
    /// The catalogue's name of the model.
    pub model: String,
    /// When its money was promised.
    pub since: Millis,
}

/// A key with its money.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing<'a> {
    /// Which.
    pub id: KeyId,
    /// The key.
    pub key: &'a Key,
    /// The most that may pass through it.
    pub limit: Money,
    /// Paid.
    pub spent: Money,
    /// Promised to calls on their way.
    pub reserved: Money,
}

impl Gateway {
    /// The prices that it opened with last, as a payload.
    #[must_use]
    pub const fn catalogue(&self) -> Option<BlobRef> {
        self.catalogue
    }

    /// One key.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&Key> {
        self.keys.get(id.0 as usize)
    }

    /// The key whose secret has this digest.
    #[must_use]
    pub fn key_of(&self, secret: &Digest) -> Option<KeyId> {
        self.by_secret.get(secret).copied()
    }

    /// The key of that name; of several, the newest.
    #[must_use]
    pub fn key_named(&self, name: &str) -> Option<KeyId> {
        let newest = self.keys.iter().rposition(|key| key.name == name)?;
        u32::try_from(newest).ok().map(KeyId)
    }

    /// All keys with their money, in the order of their making.
    pub fn standings(&self) -> impl Iterator<Item = Standing<'_>> {
        (0..).map(KeyId).zip(&self.keys).map(|(id, key)| self.standing(id, key))
    }

    fn standing<'a>(&'a self, id: KeyId, key: &'a Key) -> Standing<'a> {
        let money = self.ledger.get(account(id));
        Standing {
            id,
            key,
            limit: self.ledger.limit(account(id)),
            spent: money.map_or(Money::ZERO, |money| money.spent),
            reserved: money.map_or(Money::ZERO, |money| money.reserved),
        }
    }

    /// A call that is on its way.
    #[must_use]
    pub fn pending(&self, call: EffectId) -> Option<&Pending> {
        self.calls.get(&call)
    }

    /// All calls that are on their way.
    pub fn all_pending(&self) -> impl Iterator<Item = (EffectId, &Pending)> {
        self.calls.iter().map(|(call, pending)| (*call, pending))
    }

    /// The accounts.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Changes the books by what happened.
    pub fn apply(&mut self, at: Millis, event: &GatewayEvent) {
        match event {
            GatewayEvent::Opened { catalogue } => self.catalogue = Some(*catalogue),
            GatewayEvent::KeyMade { key } => self.make(key),
            GatewayEvent::KeyLimited { key, limit } => self.ledger.set_cap(account(*key), *limit),
            GatewayEvent::KeyRevoked { key } => self.close(*key),
            GatewayEvent::Reserved { call, key, model, bound, .. } => {
                // Who decided has asked whether it fits. One that does not is of an edited journal: the audit finds the call without
                // its promise.
                let _ = self.ledger.reserve(*call, account(*key), *bound);
                self.calls.insert(*call, Pending { key: *key, model: model.clone(), since: at });
                self.next_call = self.next_call.max(call.0 + 1);
            }
            GatewayEvent::Ended { call, end, cost, usage, .. } => {
                self.ended(*call, end, *cost, usage.as_ref())
            }
            GatewayEvent::Denied { key, .. } => {
                if let Some(key) = self.keys.get_mut(key.0 as usize) {
                    key.refused += 1;
                }
            }
        }
    }

    fn make(&mut self, new: &NewKey) {
        let id = KeyId(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.ledger.open(new.parent.map(account), Purse::Key(id), new.limit);
        self.by_secret.insert(new.secret, id);
        self.keys.push(Key {
            name: new.name.clone(),
            parent: new.parent,
            models: new.models.clone(),
            output_cap: new.output_cap,
            expires: new.expires,
            closed: false,
            calls: 0,
            failed: 0,
            refused: 0,
            usage: Usage::default(),
        });
    }

    fn close(&mut self, key: KeyId) {
        self.ledger.close(account(key));
        if let Some(key) = self.keys.get_mut(key.0 as usize) {
            key.closed = true;
        }
    }

    fn ended(&mut self, call: EffectId, end: &End, cost: Money, usage: Option<&Usage>) {
        let overran = self.ledger.settle(call, cost);
        let Some(Pending { key, .. }) = self.calls.remove(&call) else { return };
        if let Some(key) = self.keys.get_mut(key.0 as usize) {
            key.calls += 1;
            key.failed += u64::from(!matches!(end, End::Answered));
            key.usage = key.usage.plus(usage.copied().unwrap_or_default());
        }
        if overran {
            // More than was promised: nothing of this key can be trusted to be bounded.
            self.close(key);
        }
    }

    /// Checks a promise that has just been made at a key: cheap enough for after every one.
    ///
    /// # Errors
    /// The first [`Discrepancy`] on the path.
    pub fn audit_promise(&self, key: KeyId) -> Result<(), Discrepancy> {
        self.ledger.audit_promise(account(key))
    }

    /// Checks everything, and that each call on its way has its promise.
    ///
    /// # Errors
    /// The first [`Discrepancy`].
    pub fn audit(&self) -> Result<(), Discrepancy> {
        let unpromised = self.calls.keys().find(|call| self.ledger.reservation(**call).is_none());
        unpromised.map_or(Ok(()), |call| Err(Discrepancy::Unpromised(*call)))?;
        self.ledger.audit()
    }
}

/// The account of a key: one for each, in the same order.
pub(crate) const fn account(key: KeyId) -> AccountId {
    AccountId(key.0)
}
