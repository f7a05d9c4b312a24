//! What a plan may cost, and the question whether it may start.

use std::io::IsTerminal;

use tokio::sync::oneshot;
use trireme_core::Money;
use trireme_core::ledger::Ledger;
use trireme_core::quote::{Comparison, Quote, QuoteFor, QuoteLine};
use trireme_core::report::table;
use trireme_core::run::Run;
use trireme_engine::Engine;

use crate::out;
use crate::plan_text::list;

/// The quote of a plan that is not approved yet; afterwards its limits are in the ledger. What earlier runs tell is left
/// out where it can't be had.
pub(crate) async fn quote(engine: &Engine, run: &Run) -> Option<Quote> {
    let (plan, head) = (run.plan().filter(|plan| plan.approved.is_none())?, run.head()?);
    let history = engine.history(&head.id).await.unwrap_or_default();
    Some(Quote::of(QuoteFor {
        outline: &plan.outline,
        pool: run.ledger().free(Ledger::POOL),
        reserve: run.ledger().limit(Ledger::RESERVE),
        catalogue: run.catalogue(),
        at: head.began,
        history: &history,
    }))
}

/// The quote as a table, with what it is made from and what it is to be held against.
pub(crate) fn quote_text(quote: &Quote) -> String {
    let lines: Vec<_> = quote.lines.iter().chain([&quote.total]).collect();
    let amounts =
        |of: fn(&QuoteLine) -> Money| dollars(&lines.iter().map(|line| of(line)).collect::<Vec<_>>());
    let (low, expected, worst) =
        (amounts(|line| line.low), amounts(|line| line.expected), amounts(|line| line.worst));
    let row = |(line, ((low, expected), worst)): (&&QuoteLine, ((String, String), String))| {
        let note = if line.fits || line.seniority.is_none() { "" } else { "may run short" };
        let seniority = line.seniority.map(|seniority| seniority.to_string()).unwrap_or_default();
        let workers = if line.workers == 0 { String::new() } else { line.workers.to_string() };
        vec![line.name.clone(), seniority, workers, low, expected, worst, note.to_owned()]
    };
    let rows: Vec<_> = lines.iter().zip(low.into_iter().zip(expected).zip(worst)).map(row).collect();
    let head = ["quote", "seniority", "workers", "low", "expected", "worst", ""];
    format!(
        "{}{}{}Workers, low and expected: {}. Worst is a limit: not a cent more can be spent.\n",
        table(&head, &rows),
        quote.comparison.as_ref().map(compared).unwrap_or_default(),
        cuts_text(quote),
        quote.basis
    )
}

/// What planning and managing cost, and what they save.
fn compared(comparison: &Comparison) -> String {
    let Comparison { overhead, work, alone, .. } = comparison;
    let facts = format!(
        "Planning, managing and judging are expected to cost {overhead}, the work itself {work}; one worker alone is expected \
         to take {alone} for all of it."
    );
    match (comparison.outweighed, comparison.alone_is_cheaper()) {
        (true, true) => format!(
            "{facts}\nThe plan costs more than it saves: `trireme run … --direct` is likely cheaper.\n"
        ),
        (true, false) => format!(
            "{facts}\nManaging outweighs the work: where one worker's context stays small, `trireme run … --direct` is cheaper.\n"
        ),
        (false, _) => format!("{facts}\n"),
    }
}

/// What would help a plan that does not fit, or would make one cheaper that costs more than it saves.
fn cuts_text(quote: &Quote) -> String {
    let (mut text, title, makes) = if quote.fits() {
        (String::new(), "What would be cheaper", "saves")
    } else {
        let why = "What may run short is expected to need more than it gets: it can ask for more, or ends unfinished.\n";
        (why.to_owned(), "What would help", "makes")
    };
    let cuts = quote.cuts.iter().map(|cut| format!("{} ({makes} {})", cut.what, cut.effect));
    list(&mut text, title, cuts);
    text
}

/// A column of amounts, all with as many decimals as the longest of them needs, so that their points stand in line.
pub(crate) fn dollars(amounts: &[Money]) -> Vec<String> {
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let texts: Vec<_> = amounts.iter().map(ToString::to_string).collect();
    let most = texts.iter().map(|text| decimals(text)).max().unwrap_or(0);
    texts.into_iter().map(|text| format!("{text}{}", "0".repeat(most - decimals(&text)))).collect()
}

/// Whether somebody sits there who can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, in a thread of its own: a person may take all day. Nothing comes where the input ends.
pub(crate) fn ask() -> oneshot::Receiver<Said> {
    let (tell, told) = oneshot::channel();
    // A thread that waits for a line can't be stopped; the process ends without it.
    tokio::task::spawn_blocking(move || {
        if let Some(answer) = read_answer() {
            let _ = tell.send(answer);
        }
    });
    told
}

/// Whether the Owner says yes; an end of the input is a no.
pub(crate) fn confirmed(question: &str) -> bool {
    out::say(question);
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

/// What the Owner says to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It may start.
    Yes,
    /// It may not.
    No,
    /// In the editor.
    Edit,
    /// To the Orchestrator.
    Sentence(String),
}

impl Said {
    /// What a line says; nothing for one that is neither a choice nor a sentence of two words and more.
    fn of(line: &str) -> Option<Self> {
        let line = line.trim();
        match line.to_lowercase().as_str() {
            "y" | "yes" => Some(Self::Yes),
            "n" | "no" => Some(Self::No),
            "e" | "edit" => Some(Self::Edit),
            other => other.contains(' ').then(|| Self::Sentence(line.to_owned())),
        }
    }
}

/// The question, as it is asked.
pub(crate) const QUESTION: &str = "Start? [y]es / [n]o / [e]dit / or a sentence on what to plan otherwise";

fn read_answer() -> Option<Said> {
    loop {
        out::say(QUESTION);
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(said) = Said::of(&line) {
            return Some(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_key_is_no_sentence() {
        assert_eq!(Said::of(" Y\n"), Some(Said::Yes));
        assert_eq!(Said::of("edit"), Some(Said::Edit));
        assert_eq!(Said::of("yy\n"), None);
        assert_eq!(Said::of("\n"), None);
        let sentence = Said::Sentence("One section is enough.".to_owned());
        assert_eq!(Said::of("One section is enough.\n"), Some(sentence));
    }

    #[test]
    fn the_points_of_amounts_stand_in_line() {
        let amounts = [Money::cents(400), Money::nanos(1_182_000_000), Money::ZERO];
        assert_eq!(dollars(&amounts), ["$4.000", "$1.182", "$0.000"]);
    }
}
