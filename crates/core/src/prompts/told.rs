//! What an agent is told without having asked: what it is there for, and its notices.

use super::again;
use super::claims;
use super::closing;
use super::counsel;
use super::documents::{Cut, Document, Part, Readers};
use super::fell_short;
use super::prices;
use super::recall;
use super::report::{self, Text};
use super::stalled;
use crate::limits::{
    CONCLUSION_BYTES, EVIDENCE_BYTES, FYI_BYTES, FYIS_WHOLE, HELD_SHOWN, MATTERS_BYTES, NAMED_AT_MOST,
    REPORT_RESERVE_PCT, SECTIONS_BYTES,
};
use crate::run::Run;
use crate::run::event::{Notice, SOUND, Seat};
use crate::run::state::{Agent, AttemptState, TaskState};
use crate::words::*;

/// The head of an agent's first message: who it is, and what it is there for.
pub(super) fn opening(run: &Run, agent: &Agent) -> Vec<Part> {
    let mut text = Text::default();
    card(run, agent.seat, &mut text);
    // Whoever counts an agent's turns finds here those that are not shown.
    match agent.compaction.shown.from {
        0 => text.say("\n"),
        before => text.say(format!("turns_before: {before}\n\n")),
    }
    match agent.seat {
        Seat::Orchestrator => orchestrator(run, &mut text),
        Seat::Triage => {
            text.parts.extend(run.head().map(|head| Part::Document(Document::Intent(head.intent))))
        }
        Seat::Manager(section) => manager(run, section, &mut text),
        Seat::Worker(attempt) => worker(run, attempt, &mut text),
        Seat::Reviewer(attempt) => reviewer(run, attempt, &mut text),
        Seat::Adviser(opinion, _) => counsel::adviser(run, opinion, &mut text),
        Seat::Synthesist(opinion) => counsel::synthesist(run, opinion, &mut text),
    }
    recall::left_out(run, agent, &mut text);
    text.parts
}

/// The assignment card: one `key: value` per line; an empty line ends it.
fn card(run: &Run, seat: Seat, text: &mut Text) {
    let attempt = match seat {
        Seat::Orchestrator => return text.say("role: orchestrator\n"),
        Seat::Triage => return text.say("role: triage\n"),
        Seat::Manager(section) => {
            let name = run.sections().get(section).map_or("", |state| state.outline.name.as_str());
            return text.say(format!("role: manager\nsection: {name}\n"));
        }
        Seat::Adviser(opinion, side) => return counsel::card(run, "adviser", opinion, Some(side), text),
        Seat::Synthesist(opinion) => return counsel::card(run, "synthesist", opinion, None, text),
        Seat::Worker(attempt) | Seat::Reviewer(attempt) => attempt,
    };
    let role = if matches!(seat, Seat::Worker(_)) { "worker" } else { "reviewer" };
    let Some((state, task)) = with_task(run, attempt) else {
        return text.say(format!("role: {role}\n"));
    };
    let section = run.sections().get(task.section).map_or("", |state| state.outline.name.as_str());
    let title = &task.outline.title;
    text.say(format!("role: {role}\nsection: {section}\ntask: {title}\nattempt: {}\n", state.number));
}

fn with_task(run: &Run, attempt: AttemptId) -> Option<(&AttemptState, &TaskState)> {
    let state = run.attempts().get(attempt)?;
    Some((state, run.tasks().get(state.task)?))
}

fn orchestrator(run: &Run, text: &mut Text) {
    match (run.head(), run.plan()) {
        // Planning was left behind with the approval, so nothing that was shown is shown differently.
        (Some(head), Some(plan)) if run.is_approved() => {
            text.document(Document::IntentInShort(head.intent));
            text.say("\nThe plan is approved, and Managers carry it out. In short:\n\n");
            text.document(Document::PlanInShort(plan.plan));
            prices::told(run, text);
            text.say("\n");
        }
        (Some(head), _) => {
            text.document(Document::Intent(head.intent));
            prices::told(run, text);
            bounds(
                text,
                &head.scope,
                "The Owner bounds the whole run. Sections may be narrower, never wider",
            );
            text.document(Document::Instructions { base: head.base.clone() });
            text.say("\nResearch what you need, then submit the plan.\n");
        }
        (None, _) => {}
    }
}

fn manager(run: &Run, section: SectionId, text: &mut Text) {
    let Some(state) = run.sections().get(section) else { return };
    let whole = run.plan().map_or(state.plan, |plan| plan.plan);
    text.document(Document::Section { plan: state.plan, place: state.outline.place, whole });
    let seniority = state.outline.seniority;
    text.say(format!(
        "\nYou are a {seniority} Manager, and judge with that rigor: {}.\n\nYour money: {REPORT_RESERVE_PCT} % of what you were given \
         at the beginning is held back for your report, and your workers can't spend it. Your own turns are paid from the \
         rest, as theirs are.\n",
        seniority.rigor()
    ));
    prices::told(run, text);
    bounds(
        text,
        &state.outline.capabilities,
        "Your section has bounds. Contracts may be narrower, never wider",
    );
    counsel::before_work(run, state, text);
    roles(run, text);
}

fn worker(run: &Run, attempt: AttemptId, text: &mut Text) {
    let Some((state, task)) = with_task(run, attempt) else {
        return;
    };
    let readers = Readers::Worker(task.outline.scope.tools);
    let (contract, base) = (task.contract, state.base.clone());
    text.document(Document::Contract { contract, base: base.clone(), readers });
    text.document(Document::Guidance { contract, base, sees: task.outline.scope.bounds.read.clone() });
    bounds(text, &task.outline.scope, "Your scope has bounds, and what is beyond them is refused");
    held(run, attempt, state, text);
    if let Some(role) = task.outline.role.as_deref().and_then(|name| run.role(name)) {
        text.document(Document::Role { prompt: role.prompt, name: role.name.clone() });
    }
    // Where there is a Manager, it has carried the advice into the contract.
    if let Some(section) = run.sections().get(task.section).filter(|section| section.outline.only.is_some()) {
        counsel::before_work(run, section, text);
    }
    again::opening(run, state, task, text);
}

/// The bounds of a scope, where it has any.
fn bounds(text: &mut Text, scope: &Scope, what: &str) {
    let lines: String = scope.bounds.words().iter().map(|line| format!("- {line}\n")).collect();
    if !lines.is_empty() {
        text.say(format!("\n{what}:\n{lines}"));
    }
}

/// The roles that contracts may name.
fn roles(run: &Run, text: &mut Text) {
    let roles = run.head().map_or(&[][..], |head| head.roles.as_slice());
    if roles.is_empty() {
        return;
    }
    text.say("\nRoles that a contract may name. Who wrote them says when to use them:\n<roles>\n");
    for role in roles {
        text.say(format!("- {}\n", role.to_string().replace("</roles", "<\\/roles")));
    }
    text.say("</roles>\n");
}

/// What must still hold after post-processing that has no criteria of its own.
fn held(run: &Run, attempt: AttemptId, state: &AttemptState, text: &mut Text) {
    let contracts: Vec<_> = run.merged_before(attempt, state.after).map(|(task, _)| task.contract).collect();
    if contracts.is_empty() {
        return;
    }
    text.say("\nWhat held before you must still hold, and is checked by the engine after you:\n");
    for contract in contracts.iter().take(HELD_SHOWN) {
        text.document(Document::Held(*contract));
    }
    let more = contracts.len().saturating_sub(HELD_SHOWN);
    if more > 0 {
        text.say(format!("- and the criteria of {more} more tasks\n"));
    }
}

fn reviewer(run: &Run, attempt: AttemptId, text: &mut Text) {
    let Some((state, task)) = with_task(run, attempt) else {
        return;
    };
    match task.outline.kind {
        TaskKind::Build | TaskKind::Post => {
            judged(state, task, text);
            if task.outline.reviewed {
                text.say(format!("\n{SOUND}: {SOUND_TEXT}\n"));
            }
            to_judge(task, text);
        }
        TaskKind::Review => {
            let contract = task.contract;
            text.document(Document::Contract {
                contract,
                base: state.base.clone(),
                readers: Readers::Reviewer,
            });
            text.say("\nThe results to judge follow, each with its contract.\n");
            for reviewed in task.outline.reviews.iter().filter_map(|id| run.tasks().get(*id)) {
                reviewed_task(run, state, reviewed, text);
            }
            to_judge(task, text);
        }
    }
}

/// What a Reviewer is asked of every result of a section whose seniority wants it looked at.
const SOUND_TEXT: &str = "The change does all that the contract asks, also in the cases that its criteria do not show, and breaks \
                          nothing else.";

fn to_judge(task: &TaskState, text: &mut Text) {
    text.say(format!("\nJudge these criteria, and no others: {}.\n", task.outline.judged().join(", ")));
}

/// A task under review, by the last of its results that was there when the review began.
fn reviewed_task(run: &Run, review: &AttemptState, task: &TaskState, text: &mut Text) {
    let was_there = |other: &&AttemptState| other.time.1.is_some_and(|ended| ended <= review.time.0);
    let attempts = task.attempts.iter().rev().filter_map(|id| run.attempts().get(*id));
    let result = attempts.filter(was_there).find(|other| commit_of(other).is_some());
    match result {
        Some(result) => {
            text.say("\n---\n\n");
            judged(result, task, text);
        }
        None => text.say(format!("\nTask {:?} has no result to judge.\n", task.outline.title)),
    }
}

fn commit_of(attempt: &AttemptState) -> Option<&CommitId> {
    attempt.sealed.as_ref()?.commit.as_ref()
}

/// What a Reviewer sees of a result: contract, diff, what the engine found, and what its author claims.
fn judged(state: &AttemptState, task: &TaskState, text: &mut Text) {
    let (contract, base) = (task.contract, state.base.clone());
    text.document(Document::Contract { contract, base: base.clone(), readers: Readers::Reviewer });
    if let Some(commit) = commit_of(state) {
        text.say("\nThe result:\n");
        text.document(Document::Diff { base, commit: commit.clone() });
    }
    let mechanical = |finding: &&Finding| !matches!(finding.evidence, Evidence::Review { .. });
    let found: Vec<_> = state.findings.iter().filter(mechanical).collect();
    if !found.is_empty() {
        text.say("\nWhat the engine found:\n");
    }
    let bytes = report::share(EVIDENCE_BYTES * 4, found.len(), EVIDENCE_BYTES);
    for finding in found {
        report::finding(finding, None, bytes, text);
    }
    claims::weakened(state, text);
    claims::for_reviewer(state, task, text);
}

/// The notices of a turn, in their order.
pub(super) fn notices(run: &Run, seat: Seat, notices: &[Notice]) -> Vec<Part> {
    let fyis = notices.iter().filter(|notice| is_fyi(run, notice)).count();
    let is_section = |notice: &&Notice| matches!(notice, Notice::TooLarge { .. } | Notice::FellShort { .. });
    let sections = notices.iter().filter(is_section).count();
    let requests = notices.iter().filter(|notice| matches!(notice, Notice::BudgetRequest { .. })).count();
    let room = Room {
        in_short: fyis > FYIS_WHOLE,
        reason: report::share(MATTERS_BYTES, sections + requests, CONCLUSION_BYTES),
        section: report::share(SECTIONS_BYTES, sections, SECTIONS_BYTES),
    };
    let mut text = Text::default();
    for notice in notices {
        text.say("\n");
        told(run, seat, notice, &room, &mut text);
    }
    text.parts
}

/// How much room one notice has beside the others of its turn.
pub(super) struct Room {
    /// Whether memos for information are told by their heads.
    in_short: bool,
    /// The reason of one matter, in bytes.
    pub(super) reason: usize,
    /// The plan of one section, in bytes.
    section: usize,
}

fn is_fyi(run: &Run, notice: &Notice) -> bool {
    matches!(notice, Notice::Memo { memo } if run.memos().get(*memo).is_some_and(|memo| memo.priority == Priority::Fyi))
}

fn told(run: &Run, seat: Seat, notice: &Notice, room: &Room, text: &mut Text) {
    match notice {
        Notice::Purse { spent, limit, for_workers: Some(crew) } => {
            text.say(format!("Money: {spent} of {limit} spent; your workers can still spend {crew}.\n"));
        }
        Notice::Purse { spent, limit, for_workers: None } => {
            text.say(format!("Money: {spent} of {limit} spent.\n"));
        }
        Notice::Memo { memo } => memo_told(run, seat, *memo, room.in_short, text),
        Notice::Unanswered { memo } => unanswered(run, *memo, text),
        Notice::NoTool => text.say(no_tool(seat)),
        Notice::Truncated => text.say(
            "Your reply was cut off at its limit before a tool was called, and nothing of it was done. Say less beside your \
             calls, call one tool at a time, and write long files in parts.\n",
        ),
        Notice::NotesWanted => recall::notes_wanted(seat, text),
        Notice::NoProgress { turns, tools } => text.say(stalled::told(seat, *turns, *tools)),
        Notice::BudgetRequest { request } => budget_request(run, *request, room.reason, text),
        Notice::TooLarge { section, reason } => {
            let name = section_name(run, *section);
            text.say(format!("The Manager of section {name:?} gives it back as too large:\n"));
            text.quote("reason", Document::Excerpt { blob: *reason, bytes: room.reason, end: Cut::Head });
            section_in_full(run, *section, room, text);
            text.say("Put smaller sections in its place with replan, or drop it with an empty list.\n");
        }
        Notice::FellShort { section } => fell_short::told(run, *section, room, text),
        Notice::Revise { text: words, plan } => revise(*words, *plan, text),
        Notice::Closing => closing::closing(run, text),
    }
}

/// All that was planned of a section: whoever puts others in its place has forgotten it since.
pub(super) fn section_in_full(run: &Run, section: SectionId, room: &Room, text: &mut Text) {
    let Some(state) = run.sections().get(section) else { return };
    text.say("This was planned of it, in the form that replan takes; its criteria must hold in the end, and its files must be delivered:\n");
    let (plan, place, bytes) = (state.plan, state.outline.place, room.section);
    text.quote("section", Document::SectionInFull { plan, place, bytes });
}

/// What the Owner says of a plan that the Orchestrator did not hand in.
fn revise(words: BlobRef, plan: Option<BlobRef>, text: &mut Text) {
    if let Some(plan) = plan {
        text.say("There is a plan that the Owner gave or changed by hand, in the form that submit_plan takes; keep of it what the words below don't speak against:\n");
        text.quote("plan", Document::Plan(plan));
    }
    text.say("The Owner wants another plan, and says:\n");
    text.quote("owner", Document::Blob(words));
}

const fn no_tool(seat: Seat) -> &'static str {
    match seat {
        Seat::Orchestrator => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Go on with your tools, and end with submit_plan, or with report where you were asked for it.\n"
        }
        Seat::Triage => "You called no tool, so nothing happened. Call choose_path.\n",
        Seat::Manager(_) => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Go on with your tools, and end with report.\n"
        }
        Seat::Worker(_) => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Hand your work in with submit_result, or say with contract_defect what is missing.\n"
        }
        Seat::Adviser(..) => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Hand your answer in with submit_opinion.\n"
        }
        Seat::Synthesist(_) => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Hand the synthesis in with synthesize.\n"
        }
        Seat::Reviewer(_) => {
            "You called no tool, so nothing happened: nobody reads what stands beside calls. Hand your verdicts in with submit_review.\n"
        }
    }
}

fn section_name(run: &Run, section: SectionId) -> &str {
    run.sections().get(section).map_or("?", |state| state.outline.name.as_str())
}

fn memo_told(run: &Run, seat: Seat, number: MemoNumber, in_short: bool, text: &mut Text) {
    let Some(memo) = run.memos().get(number) else { return };
    if seat == Seat::Orchestrator {
        owner_told(run, memo, text);
        return text.quote("memo", Document::Blob(memo.content));
    }
    text.say(memo_head(run, memo));
    let content = match (memo.priority, in_short) {
        (Priority::Fyi, true) => Document::Excerpt { blob: memo.content, bytes: FYI_BYTES, end: Cut::Head },
        (Priority::Fyi | Priority::Blocker | Priority::Urgent, _) => Document::Blob(memo.content),
    };
    text.quote("memo", content);
}

/// Who writes to a Manager, and about what.
pub(super) fn memo_head(run: &Run, memo: &Memo) -> String {
    let (priority, topic) = (memo.priority, &memo.topic);
    match memo.from {
        _ if memo.of_owner => format!("{priority} memo from the Owner, through the Orchestrator:\n"),
        Some(id) => format!("{priority} memo from section {:?}: {topic}\n", section_name(run, id)),
        None => format!("{priority} memo from the Orchestrator: {topic}\n"),
    }
}

/// The Orchestrator hears only the Owner.
fn owner_told(run: &Run, memo: &Memo, text: &mut Text) {
    text.say(match memo.to {
        Recipient::Orchestrator => "The Owner tells you:\n".to_owned(),
        Recipient::All => "The Owner told all Managers at work, in your name:\n".to_owned(),
        Recipient::Section(section) => {
            format!("The Owner told the Manager of section {:?}, in your name:\n", section_name(run, section))
        }
    });
}

/// Nobody answered a BLOCKER memo.
fn unanswered(run: &Run, number: MemoNumber, text: &mut Text) {
    let Some(memo) = run.memos().get(number) else { return };
    let task = memo.task.and_then(|task| run.tasks().get(task));
    let held = task.map(|task| format!(", which held up task {:?}", task.outline.title)).unwrap_or_default();
    text.say(format!(
        "Nobody answered your BLOCKER memo {:?}{held}. Decide now without an answer, by what is most likely right, and \
         say so in your report.\n",
        memo.topic
    ));
}

/// A request with the three things that a decision has to look at.
fn budget_request(run: &Run, request: RequestId, bytes: usize, text: &mut Text) {
    let Some(state) = run.requests().get(request) else {
        return;
    };
    let facts = &state.facts;
    let (merged, all) = facts.progress;
    let name = section_name(run, state.section);
    text.say(format!(
        "Request {request}: the Manager of section {name:?} asks for {}, because:\n",
        state.amount
    ));
    text.quote("reason", Document::Excerpt { blob: state.reason, bytes, end: Cut::Head });
    text.say(format!(
        "- your reserve has {} free\n- its progress: {merged} of {all} tasks merged\n",
        facts.reserve
    ));
    let givable: Money = facts.givable.iter().map(|(_, amount)| *amount).sum();
    let mut givers: Vec<_> = facts.givable.iter().collect();
    givers.sort_by_key(|(id, amount)| (std::cmp::Reverse(*amount), *id));
    let named: Vec<_> = givers
        .iter()
        .take(NAMED_AT_MOST)
        .map(|(id, amount)| format!("{:?} {amount}", section_name(run, *id)))
        .collect();
    let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    text.say(format!("- others can give back {givable}{named}\nDecide with decide_budget.\n"));
}
