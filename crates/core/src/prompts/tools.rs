//! What a model may call: for each tool its name, when to use it, what it answers, and the schema of its arguments.
//!
//! An agent's list follows from its role, its scope and its mode alone, so it never changes over the agent's life and
//! providers' caches hold.

mod counsel;
mod history;
mod workspace;

use std::borrow::Cow;

use serde_json::Value;

pub(super) use counsel::{second_opinion, submit_opinion, synthesize};
pub(super) use workspace::workspace;

use super::ToolSpec;
use super::forms;
use super::schema::*;
use crate::limits::{
    CONCLUSION_BYTES, MEMO_BYTES, MEMO_DEADLINE_MS, MEMOS_PER_MANAGER, NAME_BYTES, NOTES_BYTES,
    QUESTION_DEADLINE_MS, TRIAGE_REASON_BYTES,
};
use crate::run::event::Seat;
use crate::words::{Mode, Path, ToolSet};

/// Everything that an agent may call, in an order that never changes.
#[must_use]
pub fn tools_for(seat: Seat, scope: ToolSet, mode: Mode) -> Vec<ToolSpec> {
    let looking = match (seat, mode) {
        (Seat::Worker(_), Mode::Single) => ToolSet::NONE,
        _ => scope,
    };
    let mut tools: Vec<_> = looking.iter().map(workspace).collect();
    // Whoever has nothing to look with has nothing to note; a Manager has its workers' results.
    let may_note = looking != ToolSet::NONE || !matches!(seat, Seat::Worker(_) | Seat::Synthesist(_));
    tools.extend(control(seat, mode).into_iter().filter(|tool| may_note || tool.name != "keep_notes"));
    tools
}

pub(super) fn control(seat: Seat, mode: Mode) -> Vec<ToolSpec> {
    let mut tools = match seat {
        Seat::Orchestrator => {
            vec![
                submit_plan(),
                ask_owner(),
                second_opinion(),
                decide_budget(),
                replan(),
                memo_of_orchestrator(),
                report_to_owner(),
            ]
        }
        Seat::Triage => vec![choose_path()],
        Seat::Manager(_) => vec![
            spawn_workers(),
            review(),
            accept(),
            retry(),
            cut(),
            second_opinion(),
            send_memo(),
            request_budget(),
            scope_too_large(),
            report(),
        ],
        Seat::Worker(_) => vec![submit_result(mode), contract_defect()],
        Seat::Reviewer(_) => vec![submit_review()],
        Seat::Adviser(..) => vec![submit_opinion()],
        Seat::Synthesist(_) => vec![synthesize()],
    };
    // Whoever has one call has no context that could fill up.
    if mode == Mode::Agent && seat != Seat::Triage {
        tools.push(keep_notes());
    }
    tools
}

fn spec(name: &'static str, description: impl Into<String>, schema: Value) -> ToolSpec {
    ToolSpec { name: Cow::Borrowed(name), description: description.into(), schema }
}

pub(super) fn keep_notes() -> ToolSpec {
    spec(
        "keep_notes",
        "Writes down what you must not forget. Only when you are told that your context is nearly full, and alone in its reply: your notes then stand in place of everything before.",
        object([needed(
            "notes",
            text(format!(
                "What you found out, what you decided and why, what you tried in vain, what is left to do. At most {NOTES_BYTES} bytes."
            )),
        )]),
    )
}

pub(super) fn choose_path() -> ToolSpec {
    spec(
        "choose_path",
        "Chooses the path of the intent. Your work ends with it.",
        object([
            needed(
                "path",
                choice(
                    [Path::Direct.name(), Path::Orchestrate.name()],
                    "direct: one worker in one go. orchestrate: a plan with Managers.",
                ),
            ),
            needed(
                "reason",
                text(format!("Why, for the Owner: one line of at most {TRIAGE_REASON_BYTES} bytes.")),
            ),
        ]),
    )
}

pub(super) fn submit_plan() -> ToolSpec {
    spec(
        "submit_plan",
        "Hands in the plan for approval. Answers with its faults, each with what to do, or that it is approved. Submit the whole plan each time.",
        object([needed("plan", described(forms::plan(), "The whole plan."))]),
    )
}

pub(super) fn ask_owner() -> ToolSpec {
    let minutes = QUESTION_DEADLINE_MS / 60_000;
    spec(
        "ask_owner",
        format!(
            "Asks the Owner, who may be away: a question stops your planning for up to {minutes} minutes. Only for what the repository can't answer and you must not decide. Answers with the Owner's words, or that there are none; then decide yourself."
        ),
        object([needed(
            "question",
            text(
                "One self-contained question, with the options that you see and the one that you would take.",
            ),
        )]),
    )
}

pub(super) fn decide_budget() -> ToolSpec {
    spec(
        "decide_budget",
        "Decides a Manager's request for money. Money comes from your reserve first, then from what other Managers can give back; more than that is put to the Owner. You can't grant more than was asked for.",
        object([
            needed("request", text("The request's name, such as r0.")),
            needed(
                "grant_usd",
                text(
                    "Dollars as text, such as \"0.50\"; less than asked is a partial grant, \"0\" a denial.",
                ),
            ),
            needed("reason", text("Why, for the Manager: what it should do with the money, or without it.")),
        ]),
    )
}

/// Sections are taught once, by `submit_plan`: here they are a text in the same form.
pub(super) fn replan() -> ToolSpec {
    replan_with(text(
        "JSON: a list of its replacements, each in the form of submit_plan's sections, with new names. Their budget_pct add up to 100: percent of what the section has left.",
    ))
}

/// As it is read: the text's list, held against the form of sections.
pub(super) fn replan_whole() -> ToolSpec {
    replan_with(list(forms::section(), "Its replacements."))
}

fn replan_with(sections: Value) -> ToolSpec {
    spec(
        "replan",
        "Puts other sections in place of one that was given back as too large, or that came to nothing. They share the money that it has left, begin from what is merged, run at the same time, and must together do what is still to do of it; its criteria must hold in the end, and its files must be delivered. An empty list drops the section, and its phase fails.",
        object([
            needed("section", text("The name of the section that came back.")),
            needed("sections", sections),
            optional(
                "add_usd",
                text(
                    "Dollars as text, such as \"0.50\", that your reserve adds to what the section has left. Nothing if left out.",
                ),
            ),
        ]),
    )
}

pub(super) fn report_to_owner() -> ToolSpec {
    spec(
        "report",
        "Your last word to the Owner, once you are asked for it.",
        object([needed(
            "conclusion",
            text(format!(
                "What was reached, what was not and why, what the Owner should look at first. At most {CONCLUSION_BYTES} bytes; verdicts and costs are in the run's report already."
            )),
        )]),
    )
}

pub(super) fn spawn_workers() -> ToolSpec {
    spec(
        "spawn_workers",
        "Starts one worker for each contract, all at the same time, each from the section's present state. Answers when ALL of them are back from the seam check, with verdicts and evidence. If any contract has a fault, none is started and the faults are answered. A task that builds on another's files is spawned after that one is accepted.",
        object([needed("tasks", list(forms::contract(), "The contracts."))]),
    )
}

pub(super) fn review() -> ToolSpec {
    spec(
        "review",
        "Has another model read the results of tasks and judge them by your rubric. Answers with a verdict for each line when the reviewer is done. Use it where a command can't tell whether results are good or fit together. It costs money.",
        object([
            needed(
                "of",
                list(text("A task's title."), "The tasks whose results are judged; they must be back."),
            ),
            needed("seniority", forms::seniority("The authors' seniority or higher.")),
            needed("reason", text("Why a review, and why that seniority.")),
            needed(
                "rubric",
                list(
                    text(
                        "One sentence that is true of good results and can be judged from contracts and diffs.",
                    ),
                    "What is judged; the lines are called rubric-1, rubric-2 and so on.",
                ),
            ),
            optional(
                "title",
                text(
                    "The review's own title; \"Review: \" and the titles where it is left out. A second review of the same tasks needs one.",
                ),
            ),
        ]),
    )
}

pub(super) fn accept() -> ToolSpec {
    spec(
        "accept",
        "Takes a task's verified result: it is merged into the section's branch, and its criteria are checked again there. Answers when it is merged, or why it could not be. Only results whose criteria all hold can be accepted.",
        object([
            needed("task", text("The task's title.")),
            needed("note", text("What you looked at and found.")),
        ]),
    )
}

pub(super) fn retry() -> ToolSpec {
    spec(
        "retry",
        "Starts a new attempt at a task that came back: a new worker, from the section's present state, with the same contract, your reason, and what failed. It sees nothing else of the attempt before. Answers when it is back from the seam.",
        object([
            needed("task", text("The task's title.")),
            needed(
                "reason",
                text(
                    "What must be different this time, so that someone who did not see the first attempt can act on it.",
                ),
            ),
            optional(
                "seniority",
                forms::seniority(
                    "The next one up to promote the task, once every task has had its first attempt; the same where it is left out.",
                ),
            ),
        ]),
    )
}

pub(super) fn cut() -> ToolSpec {
    spec(
        "cut",
        "Gives up a task that came back. Its result is dropped, and the report shows it as cut.",
        object([needed("task", text("The task's title.")), needed("reason", text("Why."))]),
    )
}

pub(super) fn send_memo() -> ToolSpec {
    let minutes = MEMO_DEADLINE_MS / 60_000;
    let priorities = choice(
        ["FYI", "BLOCKER", "URGENT"],
        "FYI: good to know. BLOCKER: you are held up by it. URGENT: the receiver must know at its next turn.",
    );
    let blocked = text(format!(
        "Needed with BLOCKER: the title of your task that is held up. It is marked for {minutes} minutes."
    ));
    memo(
        format!(
            "Writes to other Managers, at most {MEMOS_PER_MANAGER} times. Nothing waits for an answer, and there may be none: go on with what does not need it, and decide without one when you are told that none came."
        ),
        priorities,
        Some(blocked),
    )
}

pub(super) fn memo_of_orchestrator() -> ToolSpec {
    memo(
        "Writes to Managers at work, once your plan runs: what changes their work and they can't see, such as what the Owner told you. It is read at their next turn, and not answered.",
        choice(["FYI", "URGENT"], "FYI: good to know. URGENT: must be known at the next turn."),
        None,
    )
}

fn memo(description: impl Into<String>, priorities: Value, blocked: Option<Value>) -> ToolSpec {
    let mut fields = vec![
        needed("to", text("A section's name, or ALL.")),
        needed("priority", priorities),
        needed("topic", text(format!("One line, at most {NAME_BYTES} bytes."))),
        needed("content", text(format!("At most {MEMO_BYTES} bytes."))),
    ];
    fields.extend(blocked.map(|blocked| optional("task", blocked)));
    spec("send_memo", description, object(fields))
}

pub(super) fn request_budget() -> ToolSpec {
    spec(
        "request_budget",
        "Asks the Orchestrator for more money. Answers how much was granted, which may be nothing. Ask early and once: before the money is gone, not after.",
        object([
            needed("usd", text("Dollars as text, such as \"1.00\".")),
            needed(
                "reason",
                text(
                    "What is done, what is missing, what it will cost, and what you would cut without the money.",
                ),
            ),
        ]),
    )
}

pub(super) fn scope_too_large() -> ToolSpec {
    spec(
        "scope_too_large",
        "Gives your whole section back, because it can't be done as one section. Your work ends here, your workers stop, and the Orchestrator cuts the section into others. Only before you have spent much; not because money is short.",
        object([needed("reason", text("Why, and along which lines it should be cut."))]),
    )
}

pub(super) fn report() -> ToolSpec {
    spec(
        "report",
        "Ends your section. With status done the engine checks the definition of done first: where it does not hold, you are answered what fails and can go on. With status partial the section ends at once as not verified.",
        object([
            needed(
                "status",
                choice(
                    ["done", "partial"],
                    "done: all of it. partial: what there is, because no more can be reached.",
                ),
            ),
            needed(
                "conclusion",
                text(format!(
                    "What is done, what is not and why. At most {CONCLUSION_BYTES} bytes with the risks."
                )),
            ),
            optional("risks", list(text("One sentence."), "What may still go wrong.")),
        ]),
    )
}

/// Only a worker in `single` mode hands in files.
fn submit_result(mode: Mode) -> ToolSpec {
    match mode {
        Mode::Agent => submit(
            None,
            "Hands in your result, the files as they are now. Your work ends here. The engine checks every criterion again in a clean checkout; a claim that is not true is found out.",
        ),
        Mode::Single => submit(
            Some(true),
            "Hands in your result with the files. Your work ends here. The engine checks every criterion in a clean checkout; a claim that is not true is found out.",
        ),
    }
}

/// `files`: whether they must be there, may be there, or are no part of it.
pub(super) fn submit(files: Option<bool>, description: &str) -> ToolSpec {
    let checks = object([
        needed("criterion", text("The criterion's id.")),
        optional(
            "met",
            flag(
                "true: you saw it hold. false: you saw it fail. Left out: you could not tell. What is found otherwise rejects the result.",
            ),
        ),
        optional("note", text("How you know.")),
    ]);
    let mut properties = vec![
        needed(
            "conclusion",
            text(format!(
                "What you did and decided, for somebody who does not see your work. At most {CONCLUSION_BYTES} bytes with the risks."
            )),
        ),
        needed("self_check", list(checks, "One entry for EVERY acceptance criterion of the contract.")),
        optional("tests_added", list(text("A path."), "Files with tests that you added.")),
        optional("risks", list(text("One sentence."), "What may still go wrong.")),
    ];
    if let Some(must) = files {
        let file = object([
            needed("path", text("The path from the repository's root, within the write-set.")),
            needed("content", text("The WHOLE new content of the file, not a part and not a patch.")),
        ]);
        properties.push(("files", must, list(file, "Every file that you change or add.")));
    }
    spec("submit_result", description, object(properties))
}

pub(super) fn contract_defect() -> ToolSpec {
    spec(
        "contract_defect",
        "Gives the task back because the contract lacks or contradicts something without which nobody could get it right. Your work ends here. Not for work that is merely hard.",
        object([needed(
            "missing",
            text("What is missing or contradictory, and what the contract should say."),
        )]),
    )
}

pub(super) fn submit_review() -> ToolSpec {
    let finding = object([
        needed("criterion", text("The criterion's id.")),
        needed("pass", flag("Whether it holds.")),
        needed("text", text("Why, with the place: file and line. For a fail: what must change.")),
        optional("quote", text("The lines that show it, word by word.")),
    ]);
    spec(
        "submit_review",
        "Hands in your verdicts. Your work ends here. A criterion without a verdict counts as not verified.",
        object([
            needed(
                "conclusion",
                text(format!("What matters most, in a few sentences. At most {CONCLUSION_BYTES} bytes.")),
            ),
            needed("findings", list(finding, "One entry for EVERY criterion that you were given.")),
        ]),
    )
}
