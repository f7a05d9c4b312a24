//! The plan as the Owner reads it, and the question whether it may start.

use std::io::IsTerminal;

use tokio::sync::oneshot;
use trireme_core::ledger::Ledger;
use trireme_core::quote::{Quote, QuoteLine};
use trireme_core::report::table;
use trireme_core::run::Run;
use trireme_core::{Check, Criterion, Plan, Section};

use crate::out;

/// The quote of a plan that is not approved yet; afterwards its limits are in the ledger.
pub(crate) fn quote(run: &Run) -> Option<Quote> {
    let plan = run.plan().filter(|plan| plan.approved.is_none())?;
    let (pool, reserve) = (run.ledger().free(Ledger::POOL), run.ledger().limit(Ledger::RESERVE));
    Some(Quote::of(&plan.outline, pool, reserve, run.catalogue()))
}

/// The plan in words.
pub(crate) fn plan_text(plan: &Plan) -> String {
    let mut text = format!("Goal: {}\n", plan.goal);
    list(&mut text, "Constraints", plan.constraints.iter().cloned());
    text.push_str(&format!("Approach: {}\n", plan.approach));
    let decision = |decision: &trireme_core::Decision| {
        format!("{} {} ({})", decision.question, decision.resolution, decision.reason)
    };
    list(&mut text, "Decisions", plan.decisions.iter().map(decision));
    list(&mut text, "Definition of done", plan.definition_of_done.iter().map(criterion));
    for (number, phase) in plan.phases.iter().enumerate() {
        text.push_str(&format!("\nPhase {} of {}: {}\n", number + 1, plan.phases.len(), phase.name));
        for section in &phase.sections {
            text.push_str(&section_text(section));
        }
    }
    text
}

fn list(text: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let items: String = items.map(|item| format!("  - {item}\n")).collect();
    if !items.is_empty() {
        text.push_str(&format!("{name}:\n{items}"));
    }
}

fn criterion(criterion: &Criterion) -> String {
    let how = match &criterion.check {
        Check::Command { run, .. } => format!("by command: {run}"),
        Check::File { path, .. } => format!("by file: {path}"),
        Check::Rubric => "by a Reviewer".to_owned(),
    };
    format!("{}: {} ({how})", criterion.id, criterion.text)
}

fn section_text(section: &Section) -> String {
    let mut text = format!("  {} ({}, {} Manager)\n", section.name, section.budget_pct, section.seniority);
    text.push_str(&format!("    {}\n", section.description));
    for constraint in &section.constraints {
        text.push_str(&format!("    - {constraint}\n"));
    }
    for done in &section.definition_of_done {
        text.push_str(&format!("    done when {}\n", criterion(done)));
    }
    if !section.delivers.is_empty() {
        text.push_str(&format!("    leaves {}\n", section.delivers.join(", ")));
    }
    text
}

/// The quote as a table.
pub(crate) fn quote_text(quote: &Quote) -> String {
    let row = |line: &QuoteLine| {
        let note = if line.fits || line.seniority.is_none() { "" } else { "will not fit" };
        vec![
            line.name.clone(),
            line.seniority.map(|seniority| seniority.to_string()).unwrap_or_default(),
            line.low.to_string(),
            line.expected.to_string(),
            line.worst.to_string(),
            note.to_owned(),
        ]
    };
    let rows: Vec<_> = quote.lines.iter().chain([&quote.total]).map(row).collect();
    let head = ["quote", "seniority", "low", "expected", "worst", ""];
    format!("{}Worst is a limit: not a cent more can be spent.\n", table(&head, &rows))
}

/// Whether somebody sits there who can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, in a thread of its own: a person may take all day. Nothing comes where the input ends.
pub(crate) fn ask() -> oneshot::Receiver<bool> {
    let (tell, told) = oneshot::channel();
    // A thread that waits for a line can't be stopped; the process ends without it.
    tokio::task::spawn_blocking(move || {
        if let Some(answer) = read_answer() {
            let _ = tell.send(answer);
        }
    });
    told
}

fn read_answer() -> Option<bool> {
    loop {
        out::say("Start? [y]es / [n]o");
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Some(true),
            "n" | "no" => return Some(false),
            _ => {}
        }
    }
}
