//! Events in sentences.

use crate::catalogue::Candidate;
use crate::router::{Loser, Why};
use crate::run::ask::ResultClaim;
use crate::run::compaction::Shown;
use crate::run::event::{
    AgentEvent, Answer, BranchEvent, Event, Notice, PlanAuthor, RunEvent, Seat, TaskEvent, TaskOutline,
};
use crate::run::input::{Command, Target};
use crate::run::state::Slot;
use crate::run::{Run, Subject};
use crate::view::{agent_end_words, attempt_end_words, run_end_words, section_end_words};
use crate::words::*;

/// What happened, in a sentence; never empty.
pub(super) fn of(run: &Run, event: &Event) -> String {
    match event {
        Event::Run(event) => of_run(run, event),
        Event::Money(event) => super::money::detail(run, event),
        Event::Agent(event) => of_agent(run, event),
        Event::Task(event) => of_task(run, event),
        Event::Branch(event) => of_branch(run, event),
        Event::Opinion(event) => super::opinion::detail(run, event),
    }
}

fn of_run(run: &Run, event: &RunEvent) -> String {
    let phase = |id: PhaseId| run.phases().get(id).map_or("?", |phase| phase.name.as_str()).to_owned();
    match event {
        RunEvent::Began { total, reserve, .. } => {
            format!("the run begins with {total}, {reserve} of it the Orchestrator's reserve")
        }
        RunEvent::Sandboxed { level } => format!("sandbox level {level}: {}", level.told()),
        RunEvent::Commanded { command } => format!("the Owner commands: {}", command_words(run, command)),
        RunEvent::Triaged { triage } => format!("the path is {triage}"),
        RunEvent::Doubted { reason, .. } => format!("the rules are in doubt about the path: {reason}"),
        RunEvent::PlanSentBack { .. } => "the plan goes back to be made anew".to_owned(),
        RunEvent::PlanProposed { outline, hash, author, .. } => format!(
            "a plan is there{3} ({2}): phases {0}, sections {1}",
            outline.phases.len(),
            outline.sections.len(),
            hash.short(),
            author_words(*author)
        ),
        RunEvent::PlanApproved { hash, seen: true } => format!("the Owner approved plan {}", hash.short()),
        RunEvent::PlanApproved { hash, seen: false } => {
            format!("plan {} starts, as the Owner had said beforehand", hash.short())
        }
        RunEvent::PhaseBegan { phase: id, .. } => format!("phase {} begins", phase(*id)),
        RunEvent::SetUpBegan { name, commit, .. } => format!("set-up {name:?} begins on {commit}"),
        RunEvent::SetUpEnded { name, result, .. } => result.words(name),
        RunEvent::PhaseEnded { phase: id, whole: true } => {
            format!("phase {} is over, every section of it verified", phase(*id))
        }
        RunEvent::PhaseEnded { phase: id, whole: false } => {
            format!("phase {} is over, and not all of it is there", phase(*id))
        }
        RunEvent::Closing { cause } => format!("the run closes: {}", cause.words()),
        RunEvent::Concluded { .. } => "the Orchestrator gave its report".to_owned(),
        RunEvent::PublishBegan { commit, .. } => format!("the run's branch is to be set to {commit}"),
        RunEvent::Published { .. } => "the run's branch is set".to_owned(),
        RunEvent::EffectLost { effect } => format!("the process that worked on {effect} was lost"),
        RunEvent::EffectBroken { effect, reason } => format!("{effect} can't be done: {reason}"),
        RunEvent::Ended { end } => format!("the run is over: {}", run_end_words(*end)),
        RunEvent::Shredded { shredding: Shredding { kinds, why } } if kinds.is_empty() => {
            format!("all payloads are shredded: {why}")
        }
        RunEvent::Shredded { shredding: Shredding { kinds, why } } => {
            format!("payloads of {} are deleted: {why}", kinds.join(", "))
        }
    }
}

const fn author_words(author: PlanAuthor) -> &'static str {
    match author {
        PlanAuthor::Orchestrator => "",
        PlanAuthor::Engine => ", of the engine's",
        PlanAuthor::Owner => ", of the Owner's",
    }
}

fn command_words(run: &Run, command: &Command) -> String {
    match command {
        Command::Approve { .. } => "approve the plan".to_owned(),
        Command::EditPlan { .. } => "another plan".to_owned(),
        Command::Revise { .. } => "plan anew".to_owned(),
        Command::Reject { reason } if reason.is_empty() => "reject the plan".to_owned(),
        Command::Reject { reason } => format!("reject the plan: {reason}"),
        Command::Kill { target: Target::Run } => "kill the run".to_owned(),
        Command::Kill { target: Target::Section(section) } => {
            format!("kill {}", section_words(run, *section))
        }
        Command::Kill { target: Target::Task(task) } => format!("kill {}", task_words(run, *task)),
        Command::Pause => "pause".to_owned(),
        Command::Resume => "go on".to_owned(),
        Command::Budget { total } => format!("the total is {total} now"),
        Command::Answer { question, .. } => format!("answer question {question}"),
        Command::Grant { request, amount: Some(amount) } => format!("grant {amount} to request {request}"),
        Command::Grant { request, amount: None } => format!("grant request {request}"),
        Command::Deny { request } => format!("deny request {request}"),
        Command::Memo { to, .. } => format!("a memo to {}", recipient_words(run, *to)),
    }
}

fn tool_words(run: &Run, agent: AgentId, index: u16, ok: bool) -> String {
    let how = if ok { "did what was asked" } else { "did not do what was asked" };
    format!("{} {how} for {}", called(run, agent, index), agent_words(run, agent))
}

fn beyond_words(refused: &[String]) -> String {
    if refused.is_empty() { String::new() } else { format!("; beyond its scope: {}", refused.join(", ")) }
}

fn of_agent(run: &Run, event: &AgentEvent) -> String {
    match event {
        AgentEvent::AgentSpawned { seat, seniority, .. } => {
            format!("{} is there, as {seniority}", seat_words(run, *seat))
        }
        AgentEvent::TurnBegan { agent, .. } => format!("{} begins a turn", agent_words(run, *agent)),
        AgentEvent::Compacted { agent, shown, .. } => {
            format!("{} is shown {}", agent_words(run, *agent), shown_words(shown))
        }
        AgentEvent::NotesAsked { agent, .. } => {
            format!("{} is asked for notes: its context is nearly full", agent_words(run, *agent))
        }
        AgentEvent::Parked { agent, .. } => {
            format!("{} waits for money that is promised to others", agent_words(run, *agent))
        }
        AgentEvent::Reserved { agent, model, effort, bound, max_tokens, losers, .. } => format!(
            "{bound} is promised to a call of {} for {}, {max_tokens} tokens out at most{}",
            Candidate { model: model.clone(), effort: *effort },
            agent_words(run, *agent),
            losers_words(losers)
        ),
        AgentEvent::CallRefused { agent, losers, .. } => {
            let is_dear = losers.iter().any(|loser| matches!(loser.why, Why::TooDear { .. }));
            let what = if is_dear { "there is no money for" } else { "no model takes" };
            format!("{what} a call of {}{}", agent_words(run, *agent), losers_words(losers))
        }
        AgentEvent::Replied { agent, reply, cost, calls, .. } => {
            let asked = if calls.is_empty() {
                "called no tool".to_owned()
            } else {
                format!("called {}", calls.join(", "))
            };
            format!("{} answered {} and {asked}, for {cost}", reply.served, agent_words(run, *agent))
        }
        AgentEvent::CallFailed { agent, fault, charged, .. } => {
            format!("a call of {} failed, {charged} is charged: {fault}", agent_words(run, *agent))
        }
        AgentEvent::CallUnsent { agent, .. } => {
            format!("a call of {} did not leave, and its money is free again", agent_words(run, *agent))
        }
        AgentEvent::RetryPlanned { agent, at } => {
            format!("the call of {} is made again at {}", agent_words(run, *agent), super::rfc3339(*at))
        }
        AgentEvent::RetryBegan { agent, .. } => format!("{} tries its call again", agent_words(run, *agent)),
        AgentEvent::ToolCalled { agent, index, .. } => {
            format!("{} runs for {}", called(run, *agent, *index), agent_words(run, *agent))
        }
        AgentEvent::ToolDone { agent, index, ok, refused, .. } => {
            tool_words(run, *agent, *index, *ok) + &beyond_words(refused)
        }
        AgentEvent::Answered { agent, answer, .. } => {
            format!("{} is told: {}", agent_words(run, *agent), answer_words(run, answer))
        }
        AgentEvent::Noticed { agent, notice } => {
            format!("{} will be told: {}", agent_words(run, *agent), notice_words(run, notice))
        }
        AgentEvent::AgentEnded { agent, end } => {
            format!("{} is gone: {}", agent_words(run, *agent), agent_end_words(end))
        }
        AgentEvent::QuestionAsked { question, .. } => format!("the Orchestrator asks the Owner ({question})"),
        AgentEvent::QuestionClosed { question, text: Some(_) } => format!("the Owner answered {question}"),
        AgentEvent::QuestionClosed { question, text: None } => {
            format!("nobody answered {question} in time; the Orchestrator decides")
        }
        AgentEvent::MemoSent { memo } => memo_words(run, memo),
        AgentEvent::MemoClosed { memo, by: Some(by) } => format!("memo {memo} is answered by {by}"),
        AgentEvent::MemoClosed { memo, by: None } => format!("memo {memo} holds nothing up any more"),
    }
}

/// The workspace tool that a call names.
fn called(run: &Run, agent: AgentId, index: u16) -> &str {
    let slot = run.agents().get(agent).and_then(|state| state.slot(index));
    slot.and_then(Slot::tool_name).unwrap_or("a tool")
}

const fn shown_words(shown: &Shown) -> &'static str {
    match shown.notes {
        Some(_) => "its notes in place of what was before",
        None => "less of what was before",
    }
}

fn memo_words(run: &Run, memo: &Memo) -> String {
    let to = recipient_words(run, memo.to);
    if memo.of_owner {
        let name =
            if memo.to == Recipient::Orchestrator { "" } else { ", word by word in the Orchestrator's name" };
        return format!("{} memo from the Owner to {to}{name}", memo.priority);
    }
    let from = memo.from.map_or_else(|| "the Orchestrator".to_owned(), |from| section_words(run, from));
    let held = memo.task.map(|task| format!(", holds up {}", task_words(run, task))).unwrap_or_default();
    format!("{} memo from {from} to {to}: {}{held}", memo.priority, memo.topic)
}

fn losers_words(losers: &[Loser]) -> String {
    let word = |loser: &Loser| match loser.why {
        Why::Unpriced => format!("{} has no price", loser.model),
        Why::TooLong => format!("the request is too long for {}", loser.model),
        Why::OverContext { cap } => {
            format!("the request is longer than the {cap} tokens that it may have for {}", loser.model)
        }
        Why::Unable => format!("{} can't do what is needed", loser.model),
        Why::Family => format!("the family of {} may not be asked", loser.model),
        Why::OtherSide => format!("{} is for the other side", loser.model),
        Why::Resting { until } => format!("{} rests until {}", loser.model, super::rfc3339(until)),
        Why::TooDear { needed } => format!("{} would need {needed}", loser.model),
    };
    let words: Vec<_> = losers.iter().map(word).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
}

fn answer_words(run: &Run, answer: &Answer) -> String {
    match answer {
        Answer::Taken => "done".to_owned(),
        Answer::PlanApproved => "the plan is approved".to_owned(),
        Answer::PlanEdited { .. } => "the plan is approved as the Owner changed it".to_owned(),
        Answer::PlanSentBack { .. } => "the Owner wants another plan".to_owned(),
        Answer::PlanFaulty { faults } => format!("the plan has faults: {}", faults.join("; ")),
        Answer::ContractsFaulty { faults } => {
            let words: Vec<_> = faults.iter().map(|(title, fault)| format!("{title:?}: {fault}")).collect();
            format!("the contracts have faults: {}", words.join("; "))
        }
        Answer::Attempts { attempts } => {
            let words: Vec<_> = attempts.iter().map(|attempt| attempt_words(run, *attempt)).collect();
            format!("back are {}", words.join(", "))
        }
        Answer::Merged { task } => format!("{} is taken", task_words(run, *task)),
        Answer::Conflict { task, paths } => {
            format!("{} does not merge: {}", task_words(run, *task), paths.join(", "))
        }
        Answer::BrokenByMerge { attempt, .. } => {
            format!("{} breaks its criteria once it is merged", attempt_words(run, *attempt))
        }
        Answer::NotDone { findings, missing } => {
            format!("not done yet: {}", findings_words(findings, missing))
        }
        Answer::Owner { text: Some(_) } => "the Owner answered".to_owned(),
        Answer::Owner { text: None } => "the Owner did not answer in time".to_owned(),
        Answer::Budget { request, granted: Money::ZERO, .. } => format!("request {request} is denied"),
        Answer::Budget { request, granted, .. } => format!("request {request} is granted {granted}"),
        Answer::Opinion { opinion } => format!("{opinion} is over"),
        Answer::Refused { why, .. } => why.clone(),
    }
}

fn notice_words(run: &Run, notice: &Notice) -> String {
    match notice {
        Notice::Purse { spent, limit, .. } => format!("{spent} of {limit} is spent"),
        Notice::Memo { memo } => format!("memo {memo} came"),
        Notice::Unanswered { memo } => format!("nobody answered memo {memo}"),
        Notice::NoTool => "call a tool".to_owned(),
        Notice::NoProgress { turns, .. } => format!("nothing came of the last {turns} turns"),
        Notice::NotesWanted => "its context is nearly full".to_owned(),
        Notice::Truncated => "the reply was cut at its limit".to_owned(),
        Notice::BudgetRequest { request } => format!("request {request} waits for a decision"),
        Notice::TooLarge { section, .. } => format!("{} is too large", section_words(run, *section)),
        Notice::FellShort { section } => format!("{} came to nothing", section_words(run, *section)),
        Notice::Revise { .. } => "the Owner wants another plan".to_owned(),
        Notice::Closing => "all is over but the report".to_owned(),
    }
}

fn of_task(run: &Run, event: &TaskEvent) -> String {
    match event {
        TaskEvent::ConflictForeseen { section, title, with } => {
            format!("{title:?} of {} may not merge: {}", section_words(run, *section), with.join("; "))
        }
        TaskEvent::TaskCreated { section, outline, .. } => created(run, *section, outline),
        TaskEvent::AttemptBegan { task, seniority, .. } => {
            let before = run.tasks().get(*task).map_or(0, |task| task.attempts.len());
            format!("attempt {} at {} begins, by {seniority}", before + 1, task_words(run, *task))
        }
        TaskEvent::ResultClaimed { attempt, claim, .. } => {
            let met = claim.self_check.iter().filter(|(_, met)| *met == Some(true)).count();
            let of = claim.self_check.len();
            let told = claim_words(claim);
            format!("{} claims {met} of {of} criteria{told}", attempt_words(run, *attempt))
        }
        TaskEvent::AttemptSealed { attempt, seal, .. } => {
            format!("{} changed {} files", attempt_words(run, *attempt), seal.changed)
        }
        TaskEvent::CheckBegan { subject, .. } => format!("checking {}", subject_words(run, *subject)),
        TaskEvent::Checked { subject, findings, missing, artifacts, .. } => {
            let (subject, found) = (subject_words(run, *subject), findings_words(findings, missing));
            format!("checked {subject}: {found}{}", artifact_words(artifacts))
        }
        TaskEvent::Reviewed { attempt, findings, .. } => {
            format!("reviewed {}: {}", attempt_words(run, *attempt), findings_words(findings, &[]))
        }
        TaskEvent::DefectFound { attempt, .. } => {
            format!("{} finds its contract defective", attempt_words(run, *attempt))
        }
        TaskEvent::AttemptEnded { attempt, end } => {
            format!("{} is over: {}", attempt_words(run, *attempt), attempt_end_words(end))
        }
        TaskEvent::TaskAccepted { task, .. } => format!("{} is accepted", task_words(run, *task)),
        TaskEvent::TaskCut { task, .. } => format!("{} is given up", task_words(run, *task)),
    }
}

fn of_branch(run: &Run, event: &BranchEvent) -> String {
    match event {
        BranchEvent::MergeBegan { subject, .. } => format!("merging {}", subject_words(run, *subject)),
        BranchEvent::Merged { subject, .. } => {
            format!("merged {}, to be checked", subject_words(run, *subject))
        }
        BranchEvent::MergeFailed { subject, paths, .. } => {
            format!("{} does not merge: {}", subject_words(run, *subject), paths.join(", "))
        }
        BranchEvent::Advanced { subject, .. } => format!("{} is in", subject_words(run, *subject)),
        BranchEvent::Withdrawn { subject } => format!("{} stays out", subject_words(run, *subject)),
        BranchEvent::SectionReported { section, done: true, .. } => {
            format!("{} reports that it is done", section_words(run, *section))
        }
        BranchEvent::SectionReported { section, done: false, .. } => {
            format!("{} reports that it is not done", section_words(run, *section))
        }
        BranchEvent::SectionEnded { section, end } => {
            format!("{} is over: {}", section_words(run, *section), section_end_words(*end))
        }
        BranchEvent::SectionReturned { section, .. } => {
            format!("{} is given back as too large", section_words(run, *section))
        }
        BranchEvent::ReplanAsked { section } => {
            format!("{} came to nothing: its phase waits for another plan", section_words(run, *section))
        }
        BranchEvent::ReplanDropped { section } => {
            format!("nobody comes in the place of {}", section_words(run, *section))
        }
        BranchEvent::SectionReplanned { section, sections, .. } if sections.is_empty() => {
            format!("{} is dropped", section_words(run, *section))
        }
        BranchEvent::SectionReplanned { section, sections, .. } => {
            let names: Vec<_> = sections.iter().map(|section| section.name.as_str()).collect();
            format!("{} is replaced by: {}", section_words(run, *section), names.join(", "))
        }
    }
}

/// A task, and why it is done by that much model and in that mode.
fn created(run: &Run, section: SectionId, outline: &TaskOutline) -> String {
    let TaskOutline { title, seniority, kind, mode, reason, .. } = outline;
    let section = section_words(run, section);
    let role = outline.role.as_ref().map(|role| format!(", as {role:?}")).unwrap_or_default();
    let why = if reason.is_empty() { String::new() } else { format!(", because: {reason}") };
    format!("{section} has a new task {title:?} ({seniority} {kind}, {mode}{role}){why}")
}

/// What a worker says beside its self-check.
fn claim_words(claim: &ResultClaim) -> String {
    let tests = match claim.tests_added.as_slice() {
        [] => String::new(),
        added => format!(", tests added: {}", added.join(", ")),
    };
    let risks = if claim.risks == 0 { String::new() } else { format!(", open risks: {}", claim.risks) };
    tests + &risks
}

fn artifact_words(artifacts: &[Artifact]) -> String {
    let named: Vec<_> = artifacts
        .iter()
        .map(|artifact| match &artifact.hash {
            Some(hash) => format!("{} {}", artifact.path, hash.short()),
            None => artifact.path.clone(),
        })
        .collect();
    if named.is_empty() { String::new() } else { format!("; left {}", named.join(", ")) }
}

fn findings_words(findings: &[Finding], missing: &[String]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let mut words = format!("{} of {} criteria hold", count(Verdict::Pass), findings.len());
    let open: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
        .map(|f| f.criterion.as_str())
        .collect();
    if !open.is_empty() {
        words.push_str(&format!(", not {}", open.join(", ")));
    }
    if !missing.is_empty() {
        words.push_str(&format!("; missing files: {}", missing.join(", ")));
    }
    words
}

pub(super) fn section_words(run: &Run, section: SectionId) -> String {
    run.sections().get(section).map_or_else(|| section.to_string(), |state| state.outline.name.clone())
}

pub(super) fn task_words(run: &Run, task: TaskId) -> String {
    run.tasks().get(task).map_or_else(|| task.to_string(), |state| format!("{:?}", state.outline.title))
}

fn attempt_words(run: &Run, attempt: AttemptId) -> String {
    run.attempts().get(attempt).map_or_else(
        || attempt.to_string(),
        |state| format!("attempt {} at {}", state.number, task_words(run, state.task)),
    )
}

fn recipient_words(run: &Run, to: Recipient) -> String {
    match to {
        Recipient::Section(section) => section_words(run, section),
        Recipient::All => "all".to_owned(),
        Recipient::Orchestrator => "the Orchestrator".to_owned(),
    }
}

fn subject_words(run: &Run, subject: Subject) -> String {
    match subject {
        Subject::Needs(section) => format!("what {} needs", section_words(run, section)),
        Subject::Attempt(attempt) => attempt_words(run, attempt),
        Subject::Task(attempt) => {
            let task = run.attempts().get(attempt).map(|state| task_words(run, state.task));
            format!("{} in its section", task.unwrap_or_else(|| attempt.to_string()))
        }
        Subject::Section(section) => section_words(run, section),
        Subject::Phase(section) => format!("{} in its phase", section_words(run, section)),
        Subject::Run => "the whole".to_owned(),
    }
}

fn seat_words(run: &Run, seat: Seat) -> String {
    match seat {
        Seat::Orchestrator => "the Orchestrator".to_owned(),
        Seat::Triage => "whoever chooses the path".to_owned(),
        Seat::Manager(section) => format!("the Manager of {}", section_words(run, section)),
        Seat::Worker(attempt) => format!("the worker of {}", attempt_words(run, attempt)),
        Seat::Reviewer(attempt) => format!("the Reviewer of {}", attempt_words(run, attempt)),
        Seat::Adviser(opinion, side) => format!("adviser {} on {opinion}", side + 1),
        Seat::Synthesist(opinion) => format!("the Synthesist of {opinion}"),
    }
}

pub(super) fn agent_words(run: &Run, agent: AgentId) -> String {
    run.agents().get(agent).map_or_else(|| agent.to_string(), |state| seat_words(run, state.seat))
}
