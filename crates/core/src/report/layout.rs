//! What stands where in a report.

use super::blocks::{self, Block};
use super::opinions;
use super::tally::CostRow;
use super::{CriterionReport, MoneyReport, Report, SectionReport};
use crate::view::grouped;
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
        page.extend(section_blocks(section));
    }
    page.extend(opinions::blocks(&report.opinions));
    page.extend(failures(report));
    page.extend(context(report));
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
    lines.extend(log(report));
    lines.join("\n")
}

/// How the log ends, for whoever wants to prove it later.
pub(super) fn log(report: &Report) -> Option<String> {
    let head = report.log_head.as_ref()?;
    Some(format!("Log: {head} (`trireme verify {}` proves it)", report.run))
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
    blocks.extend((!section.requests.is_empty()).then(|| Block::Text(requests(section))));
    if !section.tasks.is_empty() {
        blocks.push(tasks(section));
        blocks.push(claims(section));
    }
    blocks
}

fn requests(section: &SectionReport) -> String {
    let one = |request: &super::RequestReport| match request.granted.as_deref() {
        Some("0.00") => format!("asked for {}: denied", request.asked),
        Some(granted) => format!("asked for {}: got ${granted}", request.asked),
        None => format!("asked for {}: nobody has decided", request.asked),
    };
    let told: Vec<_> = section.requests.iter().map(one).collect();
    let after = section.at_most.map(|most| format!("; from then on {most} at most, or cut"));
    format!("Money: {}{}", told.join("; "), after.unwrap_or_default())
}

fn tasks(section: &SectionReport) -> Block {
    let row = |task: &super::TaskReport| {
        vec![
            task.title.clone(),
            super::levels::path_words(&task.seniorities),
            task.level.word().to_owned(),
            task.words.clone(),
            task.spent.to_string(),
        ]
    };
    let rows = section.tasks.iter().map(row).collect();
    Block::Table { head: vec!["task", "seniority", "level", "result", "cost"], rows }
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
    let phases = (money.phases.len() > 1).then_some(("phase", &money.phases));
    let parts = [
        ("manager", &money.managers),
        ("seniority", &money.seniorities),
        ("work", &money.work),
        ("model", &money.models),
    ];
    let mut blocks = vec![Block::Heading(2, "Money".to_owned())];
    blocks.extend(phases.into_iter().chain(parts).map(|(name, rows)| costs(name, rows)));
    blocks.push(Block::Text(overhead(report)));
    blocks.extend(report.solo.as_ref().map(|solo| Block::Text(solo.sentence(money.spent))));
    blocks.push(Block::Text(report.money_sentence()));
    blocks
}

fn overhead(report: &Report) -> String {
    let MoneyReport { overhead, workers, spent, .. } = &report.money;
    let share = percent(*overhead, *spent);
    let warning = if overhead > workers && !workers.is_zero() {
        " Coordination cost more than the work itself: for work of this size --direct is likely cheaper."
    } else {
        ""
    };
    format!(
        "Orchestrator, Managers and Reviewers: {overhead} ({share}). Workers: {workers}. Attempts after the first: {}.{warning}",
        report.retries
    )
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

fn context(report: &Report) -> Vec<Block> {
    let context = &report.context;
    if context.tiers.is_empty() {
        return Vec::new();
    }
    let row = |tier: &super::TierContext| {
        vec![tier.role.clone(), tier.agents.to_string(), grouped(tier.largest), grouped(tier.together)]
    };
    let rows = context.tiers.iter().map(row).collect();
    vec![
        Block::Heading(2, "Context in tokens".to_owned()),
        Block::Table { head: vec!["tier", "agents", "largest", "together"], rows },
        Block::Text(format!(
            "One agent that did all of it would carry about {}.",
            grouped(context.one_agent)
        )),
    ]
}

fn costs(name: &'static str, rows: &[CostRow]) -> Block {
    let row = |row: &CostRow| {
        vec![
            row.key.clone(),
            row.cost.calls.to_string(),
            grouped(row.cost.tokens.read()),
            grouped(row.cost.tokens.output),
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
