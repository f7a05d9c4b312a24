//! What stands where in a report.

use super::blocks::{self, Block};
use super::tally::CostRow;
use super::{CriterionReport, Report, SectionReport};
use crate::words::Money;

/// The report for a terminal; its last line is the sentence on money.
#[must_use]
pub fn render_text(report: &Report) -> String {
    blocks::text(&page(report))
}

/// The report as Markdown.
#[must_use]
pub fn render_markdown(report: &Report) -> String {
    blocks::markdown(&page(report))
}

/// The report as one HTML page that stands by itself.
#[must_use]
pub fn render_html(report: &Report) -> String {
    blocks::html(&title(report), &page(report))
}

fn title(report: &Report) -> String {
    format!("{}: {}", report.run, report.words)
}

fn page(report: &Report) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, title(report)), Block::Text(facts(report))];
    if let Some(conclusion) = &report.conclusion {
        page.extend([
            Block::Heading(2, "What the Orchestrator says".to_owned()),
            Block::Text(conclusion.clone()),
        ]);
    }
    page.push(Block::Heading(2, "Definition of done".to_owned()));
    page.push(criteria(&report.criteria));
    for section in &report.sections {
        page.extend(section_blocks(section));
    }
    page.extend(money(report));
    page
}

fn facts(report: &Report) -> String {
    let mut lines = Vec::new();
    lines.extend(report.sentence.as_ref().map(|sentence| format!("Wanted: {sentence}")));
    lines.extend(report.triage.as_ref().map(|triage| format!("Path: {triage}")));
    lines.extend(report.goal.as_ref().map(|goal| format!("Goal: {goal}")));
    lines.push(match (&report.branch, &report.commit) {
        (Some(branch), Some(commit)) => {
            format!("Branch: {branch} at {}", commit.chars().take(12).collect::<String>())
        }
        _ => "Branch: none, nothing was merged".to_owned(),
    });
    lines.push(format!("Took: {}", duration(report.took_ms)));
    lines.extend(report.broken.as_ref().map(|what| format!("Broken on this machine: {what}")));
    lines.join("\n")
}

fn criteria(list: &[CriterionReport]) -> Block {
    if list.is_empty() {
        return Block::Text("  It never came to a check.".to_owned());
    }
    let row = |criterion: &CriterionReport| {
        vec![
            criterion.found.word().to_owned(),
            criterion.id.clone(),
            criterion.text.clone().unwrap_or_default(),
            criterion.evidence.clone(),
        ]
    };
    Block::Table {
        head: vec!["found", "criterion", "what must be true", "evidence"],
        rows: list.iter().map(row).collect(),
    }
}

fn section_blocks(section: &SectionReport) -> Vec<Block> {
    let claimed = match section.claimed {
        Some(true) => "its Manager said that it is done",
        Some(false) => "its Manager said that it is not done",
        None => "its Manager did not report",
    };
    let who = if section.managed {
        format!("{} Manager; {claimed}", section.seniority)
    } else {
        format!("no Manager, {} worker first", section.seniority)
    };
    let facts = format!("{who}; spent {}, gave {} back", section.spent, section.surplus);
    let mut blocks = vec![
        Block::Heading(2, format!("{} ({}): {}", section.name, section.phase, section.words)),
        Block::Text(facts),
    ];
    blocks.extend(section.conclusion.clone().map(Block::Text));
    // Where nobody manages, the task's criteria are the section's.
    if section.managed || !section.criteria.is_empty() {
        blocks.push(criteria(&section.criteria));
    }
    if !section.missing.is_empty() {
        blocks.push(Block::Text(format!("Missing files: {}", section.missing.join(", "))));
    }
    if !section.tasks.is_empty() {
        blocks.push(tasks(section));
        blocks.push(claims(section));
    }
    blocks
}

fn tasks(section: &SectionReport) -> Block {
    let row = |task: &super::TaskReport| {
        vec![
            task.title.clone(),
            task.seniority.to_string(),
            task.attempts.to_string(),
            task.words.clone(),
            task.spent.to_string(),
        ]
    };
    let rows = section.tasks.iter().map(row).collect();
    Block::Table { head: vec!["task", "seniority", "attempts", "result", "cost"], rows }
}

fn claims(section: &SectionReport) -> Block {
    let rows = section.tasks.iter().flat_map(|task| {
        task.criteria.iter().map(|criterion| {
            vec![
                task.title.clone(),
                criterion.id.clone(),
                claim(criterion.claimed).to_owned(),
                criterion.found.word().to_owned(),
                criterion.evidence.clone(),
            ]
        })
    });
    Block::Table { head: vec!["task", "criterion", "claimed", "found", "evidence"], rows: rows.collect() }
}

const fn claim(claimed: Option<bool>) -> &'static str {
    match claimed {
        Some(true) => "met",
        Some(false) => "not met",
        None => "nothing",
    }
}

fn money(report: &Report) -> Vec<Block> {
    let money = &report.money;
    let parts = [("manager", &money.managers), ("seniority", &money.seniorities), ("model", &money.models)];
    let mut blocks = vec![Block::Heading(2, "Money".to_owned())];
    blocks.extend(parts.into_iter().map(|(name, rows)| costs(name, rows)));
    blocks.push(Block::Text(format!(
        "Orchestrator, Managers and Reviewers: {} ({}). Workers: {}. Attempts after the first: {}.",
        money.overhead,
        percent(money.overhead, money.spent),
        money.workers,
        report.retries
    )));
    blocks.push(Block::Text(report.money_sentence()));
    blocks
}

fn costs(name: &'static str, rows: &[CostRow]) -> Block {
    let row = |row: &CostRow| {
        vec![
            row.key.clone(),
            row.cost.calls.to_string(),
            row.cost.tokens.read().to_string(),
            row.cost.tokens.output.to_string(),
            row.cost.cost.to_string(),
        ]
    };
    Block::Table {
        head: vec![name, "calls", "tokens in", "tokens out", "cost"],
        rows: rows.iter().map(row).collect(),
    }
}

fn percent(part: Money, whole: Money) -> String {
    let points = (u128::from(part.as_nanos()) * 100).checked_div(u128::from(whole.as_nanos())).unwrap_or(0);
    format!("{points} % of the cost")
}

/// A duration for people: `850 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}
