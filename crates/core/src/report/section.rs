//! Sections in the report, with their tasks: what was claimed, what was found, and what is there.

use serde::Serialize;

use super::blocks::Block;
use super::done::{CriterionReport, Executed};
use super::layout::criteria;
use super::levels::{self, Level};
use super::tally::Tally;
use super::{Documents, done};
use crate::ledger::Ledger;
use crate::run::Run;
use crate::run::ask::ResultClaim;
use crate::run::state::{RequestState, SectionState, TaskState};
use crate::view::usd;
use crate::words::*;

/// What became of a section.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionReport {
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: String,
    /// Its Manager's seniority, or its worker's where it has no Manager.
    pub seniority: Seniority,
    /// Whether it has a Manager.
    pub managed: bool,
    /// How it ended, in words.
    pub words: String,
    /// Whether its Manager said that it is done; none where it did not report.
    pub claimed: Option<bool>,
    /// What its Manager said.
    pub conclusion: Option<String>,
    /// Its definition of done.
    pub criteria: Vec<CriterionReport>,
    /// Files that it should have left and has not.
    pub missing: Vec<String>,
    /// Files that it left, each with its hash.
    pub artifacts: Vec<Artifact>,
    /// Its requests for money.
    pub requests: Vec<RequestReport>,
    /// The highest seniority of its attempts after a request was denied, where one was.
    pub at_most: Option<Seniority>,
    /// Its tasks.
    pub tasks: Vec<TaskReport>,
    /// What it had: its share, with what was moved to it and less what was moved from it.
    #[serde(rename = "allocated_usd", serialize_with = "usd")]
    pub allocated: Money,
    /// What it cost, its workers included.
    #[serde(rename = "spent_usd", serialize_with = "usd")]
    pub spent: Money,
    /// What it gave back.
    #[serde(rename = "surplus_usd", serialize_with = "usd")]
    pub surplus: Money,
}

/// A Manager's request for money, and what it got.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestReport {
    /// Its id.
    pub id: String,
    /// How much it asked for.
    #[serde(rename = "asked_usd", serialize_with = "usd")]
    pub asked: Money,
    /// How much it got; none while nobody has decided.
    #[serde(rename = "granted_usd")]
    pub granted: Option<String>,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What kind of work.
    pub kind: TaskKind,
    /// The seniority of its last attempt.
    pub seniority: Seniority,
    /// The seniorities of its attempts, in order.
    pub seniorities: Vec<Seniority>,
    /// Whether its seniority was right.
    pub level: Level,
    /// How often it was tried.
    pub attempts: usize,
    /// Where it ended, in words.
    pub words: String,
    /// What its last worker said in the end.
    pub conclusion: Option<String>,
    /// Files with tests that its last worker says it added.
    pub tests_added: Vec<String>,
    /// What its last worker says may still go wrong.
    pub risks: Vec<String>,
    /// Its criteria, as its last attempt left them.
    pub criteria: Vec<CriterionReport>,
    /// What it cost.
    #[serde(rename = "spent_usd", serialize_with = "usd")]
    pub spent: Money,
}

fn requests_of(run: &Run, section: SectionId) -> Vec<RequestReport> {
    let ours = run.requests().iter().filter(|(_, request)| request.section == section);
    let one = |(id, request): (RequestId, &RequestState)| RequestReport {
        id: id.to_string(),
        asked: request.amount,
        granted: request.granted.map(crate::view::usd_text),
    };
    ours.map(one).collect()
}

pub(super) fn of(
    run: &Run,
    tally: &Tally,
    id: SectionId,
    state: &SectionState,
    documents: &Documents,
) -> SectionReport {
    let tasks = state.tasks.iter().filter_map(|id| Some((*id, run.tasks().get(*id)?)));
    let account = state.account.unwrap_or(Ledger::RUN);
    let money = state.account.and_then(|account| run.ledger().get(account));
    let (spent, surplus) = (money.map_or(Money::ZERO, |account| account.spent), tally.surplus(account));
    // Once it is closed, its limit is what it spent.
    let limit = state.account.map_or(Money::ZERO, |account| run.ledger().limit(account));
    SectionReport {
        name: state.outline.name.clone(),
        phase: run.phases().get(state.outline.phase).map(|phase| phase.name.clone()).unwrap_or_default(),
        seniority: state.outline.seniority,
        managed: state.outline.only.is_none(),
        words: state.end.map_or("at work", crate::view::section_end_words).to_owned(),
        claimed: state.reporting.map(|(done, _)| done),
        conclusion: documents.text(state.conclusion),
        criteria: done::of_section(run, state, documents),
        missing: state.missing.clone(),
        artifacts: state.artifacts.clone(),
        requests: requests_of(run, id),
        at_most: state.ceiling.map(|ceiling| ceiling.seniority),
        tasks: tasks.map(|(id, task)| task_report(run, id, task, documents)).collect(),
        allocated: limit.max(spent.plus(surplus)),
        spent,
        surplus,
    }
}

fn task_report(run: &Run, id: TaskId, task: &TaskState, documents: &Documents) -> TaskReport {
    let last = task.attempts.last().and_then(|attempt| run.attempts().get(*attempt));
    let claim = last.and_then(|attempt| attempt.claim.as_ref());
    let conclusion = documents.text(claim.map(|claim| claim.conclusion));
    TaskReport {
        id: id.to_string(),
        title: task.outline.title.clone(),
        kind: task.outline.kind,
        seniority: last.map_or(task.outline.seniority, |attempt| attempt.seniority),
        seniorities: levels::path(run, task),
        level: levels::level(run, task),
        attempts: task.attempts.len(),
        words: crate::view::task_words(run, id),
        tests_added: claim.map(|claim| claim.tests_added.clone()).unwrap_or_default(),
        risks: claim.map(|claim| risks(claim, documents)).unwrap_or_default(),
        conclusion,
        criteria: done::of_task(task, last, documents),
        spent: run.ledger().get(task.account).map_or(Money::ZERO, |account| account.spent),
    }
}

/// The addresses of what a worker says of its work.
pub(super) fn texts(claim: &ResultClaim) -> impl Iterator<Item = BlobRef> + '_ {
    let notes = claim.notes.iter().map(|(_, text)| *text);
    notes.chain([claim.conclusion]).chain(claim.open_risks)
}

/// The risks that a worker leaves open: by themselves, else at the end of its conclusion, as older journals have them.
pub(super) fn risks(claim: &ResultClaim, documents: &Documents) -> Vec<String> {
    let listed = documents.text(claim.open_risks).or_else(|| {
        let conclusion = documents.text(Some(claim.conclusion)).filter(|_| claim.risks > 0)?;
        Some(conclusion.rsplit_once("Open risks:\n")?.1.to_owned())
    });
    let listed = listed.as_deref().and_then(|text| text.strip_prefix("- "));
    listed.map(|text| text.split("\n- ").map(str::to_owned).collect()).unwrap_or_default()
}

/// The part of a page on a section.
pub(super) fn blocks(section: &SectionReport) -> Vec<Block> {
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
    let SectionReport { spent, allocated, surplus, .. } = section;
    let facts = format!("{who}; spent {spent} of {allocated}, gave {surplus} back");
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
    blocks.extend((!section.artifacts.is_empty()).then(|| artifacts(section)));
    blocks.extend((!section.requests.is_empty()).then(|| Block::Text(requests(section))));
    if !section.tasks.is_empty() {
        blocks.push(tasks(section));
        blocks.push(claims(section));
        blocks.extend(said(section).map(Block::Text));
    }
    blocks
}

fn artifacts(section: &SectionReport) -> Block {
    let row = |artifact: &Artifact| {
        let hash = artifact.hash.map_or_else(|| "too large to be read".to_owned(), |hash| hash.to_string());
        vec![artifact.path.clone(), hash]
    };
    Block::Table { head: vec!["artifact", "SHA-256"], rows: section.artifacts.iter().map(row).collect() }
}

fn requests(section: &SectionReport) -> String {
    let one = |request: &RequestReport| match request.granted.as_deref() {
        Some("0.00") => format!("asked for {}: denied", request.asked),
        Some(granted) => format!("asked for {}: got ${granted}", request.asked),
        None => format!("asked for {}: nobody has decided", request.asked),
    };
    let told: Vec<_> = section.requests.iter().map(one).collect();
    let after = section.at_most.map(|most| format!("; from then on {most} at most, or cut"));
    format!("Money: {}{}", told.join("; "), after.unwrap_or_default())
}

fn tasks(section: &SectionReport) -> Block {
    let row = |task: &TaskReport| {
        vec![
            task.title.clone(),
            levels::path_words(&task.seniorities),
            task.level.word().to_owned(),
            task.words.clone(),
            task.spent.to_string(),
        ]
    };
    let rows = section.tasks.iter().map(row).collect();
    Block::Table { head: vec!["task", "seniority", "level", "result", "cost"], rows }
}

/// What workers ran themselves, what they claim, with how they say that they know, and what was found.
fn claims(section: &SectionReport) -> Block {
    let row = |task: &TaskReport, criterion: &CriterionReport| {
        let note = criterion.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        vec![
            task.title.clone(),
            criterion.id.clone(),
            executed(criterion.executed),
            format!("{}{note}", claim(criterion.claimed)),
            criterion.found.word().to_owned(),
            criterion.evidence.clone(),
        ]
    };
    let rows = section.tasks.iter().flat_map(|task| task.criteria.iter().map(move |one| row(task, one)));
    Block::Table {
        head: vec!["task", "criterion", "ran it", "claimed", "found", "evidence"],
        rows: rows.collect(),
    }
}

/// What workers say beside their claims; nothing where they say nothing.
fn said(section: &SectionReport) -> Option<String> {
    let mut lines = Vec::new();
    for TaskReport { title, tests_added, risks, .. } in &section.tasks {
        if !tests_added.is_empty() {
            lines.push(format!("{title} added tests: {}", tests_added.join(", ")));
        }
        lines.extend(risks.iter().map(|risk| format!("{title} leaves a risk: {}", risk.replace('\n', " "))));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn executed(executed: Option<Executed>) -> String {
    match executed {
        None => "no".to_owned(),
        Some(Executed { exit: Some(code) }) => format!("exit {code}"),
        Some(Executed { exit: None }) => "stopped".to_owned(),
    }
}

const fn claim(claimed: Option<bool>) -> &'static str {
    match claimed {
        Some(true) => "met",
        Some(false) => "not met",
        None => "nothing",
    }
}
