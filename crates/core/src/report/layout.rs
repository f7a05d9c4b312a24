//! What stands where in a report.

use super::blocks::{self, Block};
use super::{CriterionReport, Report, context, honesty, matters, money, opinions, section, solo};

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
    if opinions::is_all(report) {
        return opinions::page(title(report), report);
    }
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
        page.extend(section::blocks(section));
    }
    page.extend(opinions::blocks(&report.opinions));
    page.extend(failures(report));
    page.extend(honesty::blocks(&report.honesty));
    page.extend(context::blocks(&report.context));
    page.extend(matters::blocks(&report.orchestrator));
    page.extend(solo::blocks(report));
    page.extend(money::blocks(report));
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
    lines.extend(log(report));
    lines.join("\n")
}

/// How the log ends, for whoever wants to prove it later.
pub(super) fn log(report: &Report) -> Option<String> {
    let head = report.log_head.as_ref()?;
    Some(format!("Log: {head} (`trireme verify {}` proves it)", report.run))
}

pub(super) fn criteria(list: &[CriterionReport]) -> Block {
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

fn failures(report: &Report) -> Vec<Block> {
    if report.failures.is_empty() {
        return Vec::new();
    }
    let row = |failure: &super::FailureReport| {
        vec![failure.failure.label(), failure.times.to_string(), failure.whose.join(", ")]
    };
    let rows = report.failures.iter().map(row).collect();
    vec![
        Block::Heading(2, "What went wrong on the way".to_owned()),
        Block::Table { head: vec!["failure", "times", "where"], rows },
    ]
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
