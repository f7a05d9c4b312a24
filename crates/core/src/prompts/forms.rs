//! The schemas of plans, sections, contracts and criteria: the serde forms of `words`, field by field, with what a
//! model must know to fill each of them in. A test holds them against the types.

use serde_json::Value;

use super::schema::*;
use crate::limits::{CHECK_TIMEOUT_S, COMMAND_TIMEOUT_MAX_S, CRITERIA, NAME_BYTES};
use crate::words::{Seniority, Tool};

/// A seniority.
pub(super) fn seniority(description: &str) -> Value {
    choice(Seniority::ALL.map(Seniority::name), description)
}

fn tool_set(description: &str) -> Value {
    list(choice(Tool::ALL.map(Tool::name), "A workspace tool."), description)
}

fn texts(description: &str) -> Value {
    list(text("One sentence."), description)
}

fn criteria(checks: Value, description: &str) -> Value {
    list(criterion(checks), format!("{description} 1 to {CRITERIA} criteria."))
}

/// One line of a definition of done.
fn criterion(checks: Value) -> Value {
    object([
        needed("id", text("Short name, unique in its list, for example `rows-identical`.")),
        needed("text", text("What must be true, in one sentence.")),
        needed("check", checks),
    ])
}

/// What a machine can tell: all that plans and sections may ask for.
fn checks() -> Value {
    kinds(vec![command(), file()], "How it is told: a command wherever a command can tell, else a file.")
}

/// What a contract may ask for.
fn checks_or_rubric() -> Value {
    let rubric = object([needed(
        "kind",
        choice(
            ["rubric"],
            "Only a reviewing model can tell, by the criterion's text. Costs money; use it only where no command can tell.",
        ),
    )]);
    kinds(
        vec![command(), file(), rubric],
        "How it is told: a command wherever a command can tell, else a file, else a rubric.",
    )
}

fn command() -> Value {
    object([
        needed("kind", choice(["command"], "The engine runs a command in a clean checkout of the result.")),
        needed(
            "run",
            text(
                "The command, run with `sh -c` at the repository's root. It must not need the network. Scratch files go below $TMPDIR.",
            ),
        ),
        optional(
            "exit",
            whole(i64::from(i32::MIN)..=i64::from(i32::MAX), "The exit code that means yes. Default 0."),
        ),
        optional(
            "output",
            text(
                "A regular expression that must match somewhere in the output. Use it where exit 0 alone would also mean that no test ran.",
            ),
        ),
        optional(
            "timeout_s",
            whole(
                1..=COMMAND_TIMEOUT_MAX_S.into(),
                format!("Seconds after which it counts as failed. Default {CHECK_TIMEOUT_S}."),
            ),
        ),
        optional(
            "memory_mb",
            whole(1..=u32::MAX.into(), "Memory limit of each process in MiB; no limit where it is left out."),
        ),
        optional(
            "pinned",
            list(
                text("A path."),
                "Existing files that tell the truth here, such as acceptance tests: taken from the state before the work, and no result may change them.",
            ),
        ),
    ])
}

fn file() -> Value {
    object([
        needed("kind", choice(["file"], "The engine looks whether a file is there.")),
        needed("path", text("The path from the repository's root.")),
        optional("contains", text("A text that the file must hold, exactly.")),
    ])
}

/// One section of a plan.
pub(super) fn section() -> Value {
    object([
        needed("name", text(format!("Unique in the plan, one line, at most {NAME_BYTES} bytes."))),
        needed(
            "description",
            text(
                "What needs doing, complete in itself: its Manager sees no other section. Never how to organise the work.",
            ),
        ),
        optional("constraints", texts("What must not happen in this section, each a full sentence.")),
        needed(
            "approach",
            text(
                "How it will be reached, as far as that is decided at the top: the decisions that must not be guessed further down.",
            ),
        ),
        needed(
            "definition_of_done",
            criteria(checks(), "Checked by the engine on the section's branch before its report counts."),
        ),
        needed(
            "budget_pct",
            percent(
                "Percent of the money that the sections share, such as 40 or 12.5. All sections of all phases add up to exactly 100.",
            ),
        ),
        needed(
            "capabilities",
            tool_set(
                "The most that its Manager and workers may use. A section that changes files needs edit and write; one whose workers test needs run.",
            ),
        ),
        needed(
            "seniority",
            seniority(
                "The Manager's own model, staff at most. Splitting and judging work well is senior work; choose mid for a simple section.",
            ),
        ),
        optional(
            "stakes",
            choice(
                ["normal", "high"],
                "high: a wrong turn here would be dear and hard to notice. Two advisers are then heard before its Manager begins, on its money. Default normal.",
            ),
        ),
        optional("grants_principal", flag("Whether its workers may be principals. Default false.")),
        optional(
            "needs",
            list(
                text("A path."),
                "Files that sections of EARLIER phases deliver and that must be there when this one starts.",
            ),
        ),
        optional(
            "delivers",
            list(
                text("A path."),
                "Files that must be there when it ends. No file is delivered by two sections.",
            ),
        ),
    ])
}

/// A plan.
pub(super) fn plan() -> Value {
    let decision = object([
        needed("question", text("What the intent left open.")),
        needed("resolution", text("How you decided it.")),
        needed("reason", text("Why.")),
        optional(
            "stakes",
            choice(
                ["normal", "high"],
                "high: being wrong would be dear and hard to notice. It must then rest on an opinion. Default normal.",
            ),
        ),
        optional(
            "opinion",
            text(
                "The name of the second opinion that it rests on, such as o0. Required where stakes is high.",
            ),
        ),
    ]);
    let phase = object([
        needed("name", text("Unique in the plan.")),
        needed(
            "sections",
            list(
                section(),
                "At least one. The sections of one phase run at the same time and can't see each other's work.",
            ),
        ),
    ]);
    object([
        needed("goal", text("What will be true at the end, in one or two sentences.")),
        needed(
            "constraints",
            texts(
                "What must not happen on the way, at least one: each a full sentence that can be handed on word by word.",
            ),
        ),
        needed("approach", text("How the goal is reached.")),
        needed(
            "definition_of_done",
            criteria(
                checks(),
                "How anyone can tell that all of it is done; checked by the engine on the merged result.",
            ),
        ),
        optional(
            "decisions",
            list(
                decision,
                "Every ambiguity of the intent that you decided yourself, with what the Owner was asked and did not answer.",
            ),
        ),
        needed(
            "phases",
            list(
                phase,
                "In order: a phase begins when the one before it is done. One phase is enough unless later work needs files of earlier work.",
            ),
        ),
    ])
}

fn context() -> Value {
    let file = object([
        needed("kind", choice(["file"], "A file that the worker is given whole.")),
        needed("path", text("Its path from the repository's root.")),
    ]);
    let note = object([
        needed("kind", choice(["note"], "A text of yours.")),
        needed("title", text("What it is.")),
        needed("text", text("The text: an interface, a decision, an excerpt.")),
    ]);
    list(
        kinds(vec![file, note], "A file or a note."),
        "Enough to get this task right alone, and no more: the files and interfaces that it touches, and every decision that it must not guess.",
    )
}

/// What a contract is held to.
fn acceptance() -> Value {
    list(
        criterion(checks_or_rubric()),
        format!(
            "The definition of done, so that the worker can check its own work. The engine checks the same again. 1 to {CRITERIA} criteria; a post may have none: those of all merged tasks must hold still."
        ),
    )
}

/// A contract.
pub(super) fn contract() -> Value {
    let withheld = object([
        needed("paths", text("A glob of paths; `**` withholds all that the contract does not name.")),
        needed("why", text("Why.")),
    ]);
    object([
        needed(
            "title",
            text(format!("Short name, unique in your section, one line, at most {NAME_BYTES} bytes.")),
        ),
        optional(
            "kind",
            choice(
                ["build", "post", "review"],
                "build (default): writes and changes code. post: formats, renames or scaffolds; an intern's work. review: only by the review tool.",
            ),
        ),
        optional(
            "mode",
            choice(
                ["single", "agent"],
                "agent (default): a loop with workspace tools. single: ONE call without tools, which sees only this contract and hands in whole files; cheapest, for small work whose files are all in context.",
            ),
        ),
        optional(
            "seniority",
            seniority(
                "How much model it gets. Mechanical work goes to interns and juniors. Required, unless a role has one; a post without one goes to an intern.",
            ),
        ),
        optional(
            "role",
            text(
                "A role of those that you were told of, by its name: the worker reads its text beside the contract, and has no tools but its own. Leave it out where none fits.",
            ),
        ),
        needed("reason", text("Why that seniority and that mode, in a sentence. It stands in the log.")),
        needed("goal", text("What is to be done, complete in itself.")),
        needed("context", context()),
        needed("constraints", texts("The guardrails, handed to the worker word by word.")),
        needed("acceptance", acceptance()),
        optional(
            "write_set",
            list(
                text("A glob of paths."),
                "The only paths that the result may change. Tasks that run at the same time must not share any. Required for every build.",
            ),
        ),
        needed(
            "withheld",
            list(
                withheld,
                "What the worker must not see: other tasks' files and tests. [] where there is nothing to withhold.",
            ),
        ),
        optional(
            "tools",
            tool_set("The workspace tools that it may use; all of your section where it is left out."),
        ),
        optional("reviews", list(text("A title."), "Leave it out: it belongs to the review tool.")),
        optional(
            "cap_pct",
            percent(
                "The most that it may cost, attempts together, in percent of what your workers share. No cap where it is left out.",
            ),
        ),
    ])
}
