//! Accounts, transfers, and requests for money.

use serde::{Deserialize, Serialize};

use super::end::Decider;
use super::outline::BudgetFacts;
use crate::ledger::Purse;
use crate::words::*;

/// Accounts, transfers, and requests for money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyEvent {
    /// An account was opened.
    AccountOpened {
        /// Its id, for the reader; it is the next one.
        account: AccountId,
        /// Above it.
        parent: AccountId,
        /// What for.
        purse: Purse,
        /// Its cap, or what a crew's Manager holds back.
        amount: Money,
    },
    /// Money moved.
    Transferred {
        /// From.
        from: AccountId,
        /// To.
        to: AccountId,
        /// How much.
        amount: Money,
    },
    /// An account takes no more calls; its surplus went to the reserve.
    AccountClosed {
        /// Which.
        account: AccountId,
        /// What it had left.
        surplus: Money,
    },
    /// The total is another.
    TotalChanged {
        /// The new one.
        total: Money,
    },
    /// A call cost more than was promised for it. It is charged in full, and the run waits for the Owner.
    Overran {
        /// The call.
        effect: EffectId,
        /// The promise.
        bound: Money,
        /// The cost.
        cost: Money,
    },
    /// A Manager wants money.
    BudgetRequested {
        /// Its id.
        request: RequestId,
        /// Whose.
        section: SectionId,
        /// How much.
        amount: Money,
        /// Why.
        reason: BlobRef,
        /// Which call of its last reply waits.
        index: u16,
        /// After that, it counts as denied.
        deadline: Millis,
        /// What the decision has to look at.
        facts: BudgetFacts,
    },
    /// The Orchestrator would give more than it has: the Owner is asked.
    BudgetReferred {
        /// Which.
        request: RequestId,
    },
    /// It was decided.
    BudgetDecided {
        /// Which.
        request: RequestId,
        /// How much was granted; nothing is a denial.
        granted: Money,
        /// Why, if somebody said.
        reason: Option<BlobRef>,
        /// By whom.
        by: Decider,
    },
}
