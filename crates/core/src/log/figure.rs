//! What an event says beside its line, in figures and names: for whoever asks in SQL. A verdict for each criterion, a memo
//! and what became of it, a move of money.

use super::detail::section_words;
use super::money::purse_words;
use crate::ledger::{Ledger, Purse};
use crate::run::event::{AgentEvent, Event, MoneyEvent, RunEvent, TaskEvent};
use crate::run::{Run, Subject};
use crate::words::*;

/// What an event says beside its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A verdict on one criterion.
    Verdict {
        /// Of what: `attempt`, `task`, `section`, `phase`, `needs` (of a section) or `run`.
        about: &'static str,
        /// The criterion.
        criterion: String,
        /// What was found.
        verdict: Verdict,
        /// What was found on the state before the work.
        before: Option<Verdict>,
        /// What it stands on: `command`, `http`, `tree`, `review` or `none`.
        evidence: &'static str,
        /// Where that is.
        payload: Option<BlobRef>,
    },
    /// A memo that was sent.
    Memo {
        /// Its number.
        memo: MemoNumber,
        /// A section's name, `orchestrator` or `owner`.
        from: String,
        /// A section's name, `all` or `orchestrator`.
        to: String,
        /// How urgent.
        priority: Priority,
        /// What it is about.
        topic: String,
    },
    /// A BLOCKER memo that holds nothing up any more.
    MemoClosed {
        /// Its number.
        memo: MemoNumber,
        /// The memo that answers it.
        by: Option<MemoNumber>,
    },
    /// Money that was moved, asked for, granted, denied or taken beyond its promise.
    Move {
        /// What happened to it.
        kind: MoveKind,
        /// Whose it was: an account, in words; none where it came from outside.
        from: Option<String>,
        /// Whose it is.
        to: Option<String>,
        /// How much.
        amount: Money,
        /// The request that it is about.
        request: Option<RequestId>,
    },
}

/// What happened to money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    /// The Owner set the total to that.
    Total,
    /// It moved from one account to another.
    Transferred,
    /// An account was closed, and what it had left went to the reserve.
    Surplus,
    /// A Manager asked for it.
    Requested,
    /// That much of a request was granted; its transfer is a move of its own.
    Granted,
    /// A request was denied.
    Denied,
    /// A call cost that much more than was promised for it.
    Overran,
}

impl MoveKind {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Transferred => "transferred",
            Self::Surplus => "surplus",
            Self::Requested => "requested",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Overran => "overran",
        }
    }
}

impl Figure {
    /// What an event says that comes next for `before`, which has not applied it yet.
    #[must_use]
    pub fn of(before: &Run, event: &Event) -> Vec<Self> {
        match event {
            Event::Run(RunEvent::Began { total, reserve, .. }) => of_beginning(*total, *reserve),
            Event::Agent(AgentEvent::MemoSent { memo }) => vec![sent(before, memo)],
            Event::Agent(AgentEvent::MemoClosed { memo, by }) => {
                vec![Self::MemoClosed { memo: *memo, by: *by }]
            }
            Event::Task(TaskEvent::Checked { subject, findings, .. }) => verdicts(about(*subject), findings),
            Event::Task(TaskEvent::Reviewed { findings, .. }) => verdicts("attempt", findings),
            Event::Money(event) => of_money(before, event).into_iter().collect(),
            Event::Run(_) | Event::Agent(_) | Event::Task(_) | Event::Branch(_) | Event::Opinion(_) => {
                Vec::new()
            }
        }
    }
}

/// The total comes in, and is divided.
fn of_beginning(total: Money, reserve: Share) -> Vec<Figure> {
    let ledger = Ledger::new(total, reserve);
    let divided = [(Ledger::RESERVE, "the reserve"), (Ledger::POOL, "the pool")].map(|(account, words)| {
        let from = Some("the run".to_owned());
        moved(MoveKind::Transferred, from, Some(words.to_owned()), ledger.limit(account))
    });
    [total_of(total)].into_iter().chain(divided).collect()
}

fn total_of(total: Money) -> Figure {
    moved(MoveKind::Total, None, Some("the run".to_owned()), total)
}

const fn moved(kind: MoveKind, from: Option<String>, to: Option<String>, amount: Money) -> Figure {
    Figure::Move { kind, from, to, amount, request: None }
}

fn of_money(run: &Run, event: &MoneyEvent) -> Option<Figure> {
    let purse = |id: AccountId| run.ledger().get(id).map(|account| account.purse);
    let words = |id: AccountId| purse(id).map(|purse| purse_words(run, purse));
    match event {
        MoneyEvent::TotalChanged { total } => Some(total_of(*total)),
        MoneyEvent::Transferred { from, to, amount } => {
            Some(moved(MoveKind::Transferred, words(*from), words(*to), *amount))
        }
        // Only these give anything back.
        MoneyEvent::AccountClosed { account, surplus }
            if matches!(purse(*account), Some(Purse::Manager(_) | Purse::Pool)) =>
        {
            Some(moved(MoveKind::Surplus, words(*account), words(Ledger::RESERVE), *surplus))
        }
        MoneyEvent::Overran { bound, cost, .. } => {
            Some(moved(MoveKind::Overran, None, None, cost.minus(*bound)))
        }
        MoneyEvent::BudgetRequested { request, section, amount, .. } => {
            Some(requested(run, MoveKind::Requested, (*request, *section), *amount))
        }
        MoneyEvent::BudgetDecided { request, granted, .. } => {
            let section = run.requests().get(*request)?.section;
            let kind = if granted.is_zero() { MoveKind::Denied } else { MoveKind::Granted };
            Some(requested(run, kind, (*request, section), *granted))
        }
        MoneyEvent::AccountOpened { .. }
        | MoneyEvent::AccountClosed { .. }
        | MoneyEvent::BudgetReferred { .. } => None,
    }
}

fn requested(run: &Run, kind: MoveKind, (request, section): (RequestId, SectionId), amount: Money) -> Figure {
    let to = Some(section_words(run, section));
    Figure::Move { kind, from: None, to, amount, request: Some(request) }
}

/// A memo gets the next number.
fn sent(run: &Run, memo: &Memo) -> Figure {
    let from = match memo.from {
        _ if memo.of_owner => "owner".to_owned(),
        Some(section) => section_words(run, section),
        None => "orchestrator".to_owned(),
    };
    let to = match memo.to {
        Recipient::Section(section) => section_words(run, section),
        Recipient::All => "all".to_owned(),
        Recipient::Orchestrator => "orchestrator".to_owned(),
    };
    let (priority, topic) = (memo.priority, memo.topic.clone());
    Figure::Memo { memo: run.memos().next(), from, to, priority, topic }
}

const fn about(subject: Subject) -> &'static str {
    match subject {
        Subject::Needs(_) => "needs",
        Subject::Attempt(_) => "attempt",
        Subject::Task(_) => "task",
        Subject::Section(_) => "section",
        Subject::Phase(_) => "phase",
        Subject::Run => "run",
    }
}

fn verdicts(about: &'static str, findings: &[Finding]) -> Vec<Figure> {
    let figure = |finding: &Finding| {
        let (evidence, payload) = stands_on(&finding.evidence);
        let (criterion, verdict, before) = (finding.criterion.clone(), finding.verdict, finding.before);
        Figure::Verdict { about, criterion, verdict, before, evidence, payload }
    };
    findings.iter().map(figure).collect()
}

const fn stands_on(evidence: &Evidence) -> (&'static str, Option<BlobRef>) {
    match evidence {
        Evidence::Command { output, .. } => ("command", Some(*output)),
        Evidence::Http { output, .. } => ("http", Some(*output)),
        Evidence::Tree { seen, .. } => ("tree", *seen),
        Evidence::Review { text } => ("review", Some(*text)),
        Evidence::None { .. } => ("none", None),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fixture;

    fn figures() -> (Run, Vec<Figure>) {
        let (_, told) = fixture::whole();
        let (mut run, mut figures) = (Run::default(), Vec::new());
        for (at, event) in &told {
            figures.extend(Figure::of(&run, event));
            run.apply(*at, event);
        }
        (run, figures)
    }

    /// What came in less what went out is what the ledger says, of every account that money is moved to.
    #[test]
    fn moves_of_money_add_up_to_the_ledger() {
        let (run, figures) = figures();
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        for figure in &figures {
            let Figure::Move { kind, from, to, amount, .. } = figure else { continue };
            if !matches!(kind, MoveKind::Total | MoveKind::Transferred | MoveKind::Surplus) {
                continue;
            }
            let nanos = i128::from(amount.as_nanos());
            from.iter().for_each(|from| *sums.entry(from.clone()).or_default() -= nanos);
            to.iter().for_each(|to| *sums.entry(to.clone()).or_default() += nanos);
        }
        assert_eq!(sums.remove("the run"), Some(0), "all of it is divided");
        let limit = |purse| {
            let (id, _) = run.ledger().iter().find(|(_, account)| account.purse == purse).unwrap();
            i128::from(run.ledger().limit(id).as_nanos())
        };
        let sections = run
            .sections()
            .iter()
            .map(|(id, section)| (section.outline.name.clone(), limit(Purse::Manager(id))));
        let own = [("the reserve", Purse::Reserve), ("the pool", Purse::Pool)];
        let own = own.map(|(words, purse)| (words.to_owned(), limit(purse)));
        assert_eq!(sums, sections.chain(own).collect());
    }

    #[test]
    fn every_finding_and_every_memo_is_one_figure() {
        let (run, figures) = figures();
        let count = |is: fn(&Figure) -> bool| figures.iter().filter(|figure| is(figure)).count();
        assert_eq!(count(|figure| matches!(figure, Figure::Memo { .. })), run.memos().len());
        let failed = |figure: &Figure| {
            matches!(figure, Figure::Verdict { about: "attempt", verdict: Verdict::Fail, .. })
        };
        assert_eq!(count(failed), 1, "the parser's first attempt");
        let by = |wanted: &str| {
            figures
                .iter()
                .any(|figure| matches!(figure, Figure::Verdict { evidence, .. } if *evidence == wanted))
        };
        assert!(by("command") && by("review"), "{figures:?}");
    }
}
