//! The ledger: a tree of accounts, and promises of money before every call.
//!
//! Two kinds of account. *Funded* ones (run, reserve, pool, phases, Managers) share out the total: the limit of the run is
//! the sum of its funded children, the limit of a phase that of its Managers, so moving money is a transfer and never
//! makes any. *Caps* (a Manager's crew, a task) only bound what passes through them.
//!
//! What holds after every change, for every account: `spent + reserved ≤ limit`, unless a call cost more than was
//! promised for it, which is charged in full and marked as an overrun.

use std::collections::BTreeMap;

use crate::table::Table;
use crate::words::{AccountId, EffectId, KeyId, Money, PhaseId, SectionId, Share, TaskId};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purse {
    /// The whole run.
    Run,
    /// The Orchestrator's own money.
    Reserve,
    /// What no plan has been approved for yet.
    Pool,
    /// The Managers of a phase together.
    Phase(PhaseId),
    /// A Manager and its workers.
    Manager(SectionId),
    /// A Manager's workers: its limit less what it holds back for its report.
    Crew(SectionId),
    /// The attempts and reviews of one task.
    Task(TaskId),
    /// A virtual key of the gateway and the keys below it.
    Key(KeyId),
}

impl Purse {
    /// Whether its limit is a part of the total, as against a cap.
    #[must_use]
    pub const fn is_funded(self) -> bool {
        match self {
            Self::Run | Self::Reserve | Self::Pool | Self::Phase(_) | Self::Manager(_) => true,
            Self::Crew(_) | Self::Task(_) | Self::Key(_) => false,
        }
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account above it.
    pub parent: Option<AccountId>,
    /// What it is for.
    pub purse: Purse,
    /// The most that may pass through it. For a crew: what its Manager holds back instead.
    amount: Money,
    /// Paid.
    pub spent: Money,
    /// Promised to calls that are on their way.
    pub reserved: Money,
    /// Whether a call cost more than was promised for it.
    pub overrun: bool,
    /// Whether it takes reservations.
    pub open: bool,
}

/// A promise of money to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The account that pays.
    pub account: AccountId,
    /// The most that the call may cost.
    pub bound: Money,
}

/// Too little money: the account on the path that stops it, and what that one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{needed} is needed, {free} is free")]
pub struct Shortfall {
    /// The tightest account on the way to the top.
    pub account: AccountId,
    /// What was asked for.
    pub needed: Money,
    /// What is there.
    pub free: Money,
    /// How much of the rest is only promised, and may come back.
    pub reserved: Money,
}

/// A rule of the ledger that does not hold. It is a bug, and the run stops at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// More is spent and promised than the limit.
    #[error("account {0} ({1:?}) has spent and promised more than its limit")]
    OverLimit(AccountId, Purse),
    /// The parts are not the whole.
    #[error("the parts of account {0} ({1:?}) do not add up to its limit")]
    Unbalanced(AccountId, Purse),
    /// A call without a promise.
    #[error("call {0} is on its way, and no money is promised to it")]
    Unpromised(EffectId),
    /// Promises that no call holds.
    #[error("account {0} ({1:?}) has promised money to no call")]
    Orphaned(AccountId, Purse),
}

/// All accounts of a run and the promises on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    accounts: Table<AccountId, Account>,
    reservations: BTreeMap<EffectId, Reservation>,
}

impl Ledger {
    /// The account of the run, always the first.
    pub const RUN: AccountId = AccountId(0);
    /// The account of the Orchestrator, always the second.
    pub const RESERVE: AccountId = AccountId(1);
    /// The account of money that waits for a plan, always the third.
    pub const POOL: AccountId = AccountId(2);

    /// The ledger of a new run: the reserve is set aside, the rest waits for a plan.
    #[must_use]
    pub fn new(total: Money, reserve: Share) -> Self {
        let reserved = part(total, reserve);
        let mut ledger = Self::default();
        ledger.open(None, Purse::Run, total);
        ledger.open(Some(Self::RUN), Purse::Reserve, reserved);
        ledger.open(Some(Self::RUN), Purse::Pool, total.minus(reserved));
        ledger
    }

    /// Opens an account. Money for a funded one comes by transfer, so it opens empty unless it is a cap.
    pub fn open(&mut self, parent: Option<AccountId>, purse: Purse, amount: Money) -> AccountId {
        let account = Account {
            parent,
            purse,
            amount,
            spent: Money::ZERO,
            reserved: Money::ZERO,
            overrun: false,
            open: true,
        };
        self.accounts.push(account)
    }

    /// The id that the next account will get.
    #[must_use]
    pub fn next_account(&self) -> AccountId {
        self.accounts.next()
    }

    /// One account.
    #[must_use]
    pub fn get(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// All accounts in the order of opening.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (AccountId, &Account)> {
        self.accounts.iter()
    }

    /// The promise that a call holds.
    #[must_use]
    pub fn reservation(&self, call: EffectId) -> Option<&Reservation> {
        self.reservations.get(&call)
    }

    /// All promises.
    pub fn reservations(&self) -> impl Iterator<Item = (EffectId, &Reservation)> {
        self.reservations.iter().map(|(call, reservation)| (*call, reservation))
    }

    /// The most that may pass through an account. A crew has what its Manager neither holds back nor used for itself; one
    /// whose Manager gave money away keeps what it has already used.
    #[must_use]
    pub fn limit(&self, id: AccountId) -> Money {
        let Some(account) = self.accounts.get(id) else {
            return Money::ZERO;
        };
        match (account.purse, account.parent) {
            (Purse::Crew(_), Some(manager)) => {
                let used = account.spent.plus(account.reserved);
                let above = self.accounts.get(manager);
                let by_all = above.map_or(Money::ZERO, |above| above.spent.plus(above.reserved));
                self.limit(manager).minus(account.amount).minus(by_all.minus(used)).max(used)
            }
            (Purse::Key(_), _) => account.amount.max(account.spent.plus(account.reserved)),
            _ => account.amount,
        }
    }

    /// What an account itself has left, whatever the ones above it have.
    #[must_use]
    pub fn free(&self, id: AccountId) -> Money {
        self.accounts
            .get(id)
            .map_or(Money::ZERO, |account| self.limit(id).minus(account.spent).minus(account.reserved))
    }

    /// What a call at this account could have: the least that any account up to the run has left.
    #[must_use]
    pub fn available(&self, id: AccountId) -> Money {
        self.path(id).map(|above| self.free(above)).min().unwrap_or(Money::ZERO)
    }

    /// Whether `amount` could be promised at this account.
    ///
    /// # Errors
    /// The [`Shortfall`] at the tightest account on the path; a closed account has nothing.
    pub fn affords(&self, id: AccountId, amount: Money) -> Result<(), Shortfall> {
        let tightest = self.path(id).min_by_key(|above| self.usable(*above));
        let account = tightest.unwrap_or(id);
        let free = tightest.map_or(Money::ZERO, |above| self.usable(above));
        if amount <= free && tightest.is_some() {
            return Ok(());
        }
        let reserved = self.accounts.get(account).map_or(Money::ZERO, |account| account.reserved);
        Err(Shortfall { account, needed: amount, free, reserved })
    }

    /// Promises `bound` to a call, at the account and at every one above it. Refused where it does not fit, so that a
    /// caller who has not asked [`Ledger::affords`] can't overspend either.
    ///
    /// # Errors
    /// The [`Shortfall`]; nothing has changed then.
    pub fn reserve(&mut self, call: EffectId, account: AccountId, bound: Money) -> Result<(), Shortfall> {
        self.affords(account, bound)?;
        self.on_path(account, |above| above.reserved = above.reserved.plus(bound));
        self.reservations.insert(call, Reservation { account, bound });
        Ok(())
    }

    /// Ends a promise with what the call really cost, in full. True if that was more than promised.
    pub fn settle(&mut self, call: EffectId, cost: Money) -> bool {
        let Some(Reservation { account, bound }) = self.reservations.remove(&call) else {
            return false;
        };
        let overrun = cost > bound;
        self.on_path(account, |above| {
            above.reserved = above.reserved.minus(bound);
            above.spent = above.spent.plus(cost);
            above.overrun |= overrun;
        });
        overrun
    }

    /// Ends a promise of a call that certainly cost nothing.
    pub fn release(&mut self, call: EffectId) {
        self.settle(call, Money::ZERO);
    }

    /// Ends a promise of a call whose cost nobody knows: all of it counts as spent.
    pub fn forfeit(&mut self, call: EffectId) -> Money {
        let bound = self.reservations.get(&call).map_or(Money::ZERO, |reservation| reservation.bound);
        self.settle(call, bound);
        bound
    }

    /// Moves the right to spend from one funded account to another; the funded accounts between them and their common
    /// ancestor follow. At most what `from` has free moves, and the amount that did is returned.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, amount: Money) -> Money {
        let amount = amount.min(self.free(from));
        let shared: Vec<_> = self.path(from).filter(|id| self.path(to).any(|other| other == *id)).collect();
        self.resize(from, &shared, |limit| limit.minus(amount));
        self.resize(to, &shared, |limit| limit.plus(amount));
        amount
    }

    /// Changes the total: more goes to the reserve; less is taken from the pool, the reserve and then whoever has most.
    /// False, and nothing changed, where more than the new total is already spent or promised.
    pub fn set_total(&mut self, total: Money) -> bool {
        let old = self.limit(Self::RUN);
        let Some(root) = self.accounts.get(Self::RUN) else {
            return false;
        };
        if root.spent.plus(root.reserved) > total {
            return false;
        }
        if total >= old {
            self.resize(Self::RESERVE, &[], |limit| limit.plus(total.minus(old)));
            return true;
        }
        let mut excess = old.minus(total);
        while let Some(donor) = self.donor().filter(|_| !excess.is_zero()) {
            let taken = excess.min(self.free(donor));
            self.resize(donor, &[], |limit| limit.minus(taken));
            excess = excess.minus(taken);
        }
        excess.is_zero()
    }

    /// Changes the limit of a cap. Where more is already spent and promised, that is the limit until some of it comes back.
    pub fn set_cap(&mut self, id: AccountId, limit: Money) {
        if let Some(cap) = self.accounts.get_mut(id).filter(|account| !account.purse.is_funded()) {
            cap.amount = limit;
        }
    }

    /// Closes an account to reservations; what a funded one has left goes to the reserve. Returns that surplus.
    pub fn close(&mut self, id: AccountId) -> Money {
        let Some(account) = self.accounts.get_mut(id) else {
            return Money::ZERO;
        };
        account.open = false;
        match account.purse {
            Purse::Manager(_) | Purse::Pool => self.transfer(id, Self::RESERVE, self.free(id)),
            Purse::Run
            | Purse::Reserve
            | Purse::Phase(_)
            | Purse::Crew(_)
            | Purse::Task(_)
            | Purse::Key(_) => Money::ZERO,
        }
    }

    /// Checks the accounts from `id` to the top: cheap enough for after every event.
    ///
    /// # Errors
    /// The first [`Discrepancy`] on the path.
    pub fn audit_path(&self, id: AccountId) -> Result<(), Discrepancy> {
        self.path(id).try_for_each(|above| self.audit_account(above))
    }

    /// Checks a promise that has just been made at `id`, on its whole path: a cap that was lowered below what is used lets
    /// nothing more through, so that now nothing can be above it.
    ///
    /// # Errors
    /// [`Discrepancy::OverLimit`].
    pub fn audit_promise(&self, id: AccountId) -> Result<(), Discrepancy> {
        for (id, account) in self.path(id).filter_map(|id| Some((id, self.accounts.get(id)?))) {
            if !account.overrun && account.spent.plus(account.reserved) > account.amount {
                return Err(Discrepancy::OverLimit(id, account.purse));
            }
        }
        Ok(())
    }

    /// Checks everything, the sums of the parts and of the promises included.
    ///
    /// # Errors
    /// The first [`Discrepancy`].
    pub fn audit(&self) -> Result<(), Discrepancy> {
        let mut promised: BTreeMap<AccountId, Money> = BTreeMap::new();
        for (_, reservation) in self.reservations() {
            for above in self.path(reservation.account) {
                let sum = promised.entry(above).or_default();
                *sum = sum.plus(reservation.bound);
            }
        }
        let mut parts: BTreeMap<AccountId, Money> = BTreeMap::new();
        for (id, account) in self.iter().filter(|(_, account)| account.purse.is_funded()) {
            if let Some(parent) = account.parent {
                let sum = parts.entry(parent).or_default();
                *sum = sum.plus(self.limit(id));
            }
        }
        for (id, account) in self.iter() {
            self.audit_account(id)?;
            if promised.get(&id).copied().unwrap_or_default() != account.reserved {
                return Err(Discrepancy::Orphaned(id, account.purse));
            }
            if matches!(account.purse, Purse::Run | Purse::Phase(_))
                && parts.get(&id).copied().unwrap_or_default() != self.limit(id)
            {
                return Err(Discrepancy::Unbalanced(id, account.purse));
            }
        }
        Ok(())
    }

    fn audit_account(&self, id: AccountId) -> Result<(), Discrepancy> {
        match self.accounts.get(id) {
            Some(account) if !account.overrun && account.spent.plus(account.reserved) > self.limit(id) => {
                Err(Discrepancy::OverLimit(id, account.purse))
            }
            _ => Ok(()),
        }
    }

    fn usable(&self, id: AccountId) -> Money {
        let open = self.accounts.get(id).is_some_and(|account| account.open);
        if open { self.free(id) } else { Money::ZERO }
    }

    fn path(&self, id: AccountId) -> impl Iterator<Item = AccountId> {
        let first = self.accounts.get(id).map(|_| id);
        std::iter::successors(first, |id| self.accounts.get(*id).and_then(|account| account.parent))
    }

    fn on_path(&mut self, id: AccountId, mut change: impl FnMut(&mut Account)) {
        let path: Vec<_> = self.path(id).collect();
        for above in path {
            if let Some(account) = self.accounts.get_mut(above) {
                change(account);
            }
        }
    }

    fn resize(&mut self, id: AccountId, spared: &[AccountId], change: impl Fn(Money) -> Money) {
        self.on_path_but(id, spared, |account| account.amount = change(account.amount));
    }

    fn on_path_but(&mut self, id: AccountId, spared: &[AccountId], change: impl Fn(&mut Account)) {
        let path: Vec<_> = self.path(id).filter(|above| !spared.contains(above)).collect();
        for above in path {
            if let Some(account) = self.accounts.get_mut(above) {
                change(account);
            }
        }
    }

    fn donor(&self) -> Option<AccountId> {
        [Self::POOL, Self::RESERVE].into_iter().find(|id| !self.free(*id).is_zero()).or_else(|| {
            let managers = self.iter().filter(|(_, account)| matches!(account.purse, Purse::Manager(_)));
            managers.map(|(id, _)| id).filter(|id| !self.free(*id).is_zero()).max_by_key(|id| self.free(*id))
        })
    }
}

/// The part of an amount that a share names, rounded down to a nanodollar.
#[must_use]
pub fn part(amount: Money, share: Share) -> Money {
    amount.fraction(share.points().into(), Share::WHOLE.points().into())
}

/// Shares out an amount exactly: each gets its part rounded down, and what is left over goes to the first.
#[must_use]
pub fn split(amount: Money, shares: &[Share]) -> Vec<Money> {
    let mut parts: Vec<Money> = shares.iter().map(|share| part(amount, *share)).collect();
    let rest = amount.minus(parts.iter().sum());
    if let Some(first) = parts.first_mut() {
        *first = first.plus(rest);
    }
    parts
}

#[cfg(test)]
mod tests;
