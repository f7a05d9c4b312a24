//! Events of money in sentences.

use super::detail::{section_words, task_words};
use crate::ledger::Purse;
use crate::run::Run;
use crate::run::event::{Decider, MoneyEvent};
use crate::words::*;

/// What happened to money, in a sentence.
pub(super) fn detail(run: &Run, event: &MoneyEvent) -> String {
    let account = |id: AccountId| {
        run.ledger().get(id).map_or_else(|| id.to_string(), |account| purse_words(run, account.purse))
    };
    match event {
        MoneyEvent::AccountOpened { purse: Purse::Crew(section), amount: Money::ZERO, .. } => {
            format!("an account for the workers of {}", section_words(run, *section))
        }
        MoneyEvent::AccountOpened { purse: Purse::Crew(section), amount, .. } => {
            format!("{} holds back {amount} for its report", section_words(run, *section))
        }
        MoneyEvent::AccountOpened { purse: purse @ Purse::Task(_), amount: Money::MAX, .. } => {
            format!("an account for {}, without a cap of its own", purse_words(run, *purse))
        }
        MoneyEvent::AccountOpened { purse: purse @ Purse::Task(_), amount, .. } => {
            format!("{} may cost {amount} at most", purse_words(run, *purse))
        }
        MoneyEvent::AccountOpened { purse, .. } => format!("an account for {}", purse_words(run, *purse)),
        MoneyEvent::Transferred { from, to, amount } => {
            format!("{amount} from {} to {}", account(*from), account(*to))
        }
        MoneyEvent::AccountClosed { account: id, surplus } => {
            format!("{} is closed, {surplus} of it goes back to the reserve", account(*id))
        }
        MoneyEvent::TotalChanged { total } => format!("the total is {total} now"),
        MoneyEvent::Overran { effect, bound, cost } => {
            format!(
                "call {effect} cost {cost}, more than the {bound} that was promised for it; the run waits"
            )
        }
        MoneyEvent::BudgetRequested { request, section, amount, facts, .. } => format!(
            "{} wants {amount} ({request}); the reserve has {}, {} of its {} tasks are merged",
            section_words(run, *section),
            facts.reserve,
            facts.progress.0,
            facts.progress.1
        ),
        MoneyEvent::BudgetReferred { request } => format!("request {request} is for the Owner to decide"),
        MoneyEvent::BudgetDecided { request, by: Decider::Deadline, .. } if is_over(run, *request) => {
            format!("request {request} ends with its section: nobody decided")
        }
        MoneyEvent::BudgetDecided { request, granted, by, .. } if granted.is_zero() => {
            format!("request {request} is denied by {}", decider_words(*by))
        }
        MoneyEvent::BudgetDecided { request, granted, by, .. } => {
            format!("request {request} is granted {granted} by {}", decider_words(*by))
        }
    }
}

/// Whether a request's section is over.
fn is_over(run: &Run, request: RequestId) -> bool {
    let section = run.requests().get(request).and_then(|state| run.sections().get(state.section));
    section.is_some_and(|section| section.end.is_some())
}

const fn decider_words(by: Decider) -> &'static str {
    match by {
        Decider::Orchestrator => "the Orchestrator",
        Decider::Owner => "the Owner",
        Decider::Deadline => "its deadline: nobody decided",
    }
}

pub(super) fn purse_words(run: &Run, purse: Purse) -> String {
    match purse {
        Purse::Run => "the run".to_owned(),
        Purse::Reserve => "the reserve".to_owned(),
        Purse::Pool => "the pool".to_owned(),
        Purse::Phase(phase) => {
            format!("phase {}", run.phases().get(phase).map_or("?", |phase| phase.name.as_str()))
        }
        Purse::Manager(section) => section_words(run, section),
        Purse::Crew(section) => format!("the workers of {}", section_words(run, section)),
        Purse::Task(task) => task_words(run, task),
        Purse::Key(key) => format!("key {key}"),
    }
}
