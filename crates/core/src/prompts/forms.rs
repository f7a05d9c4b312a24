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
    kinds(machine_kinds(), "How it is told: a command wherever a command can tell.")
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
    let kinds_of = machine_kinds().into_iter().chain([rubric]).collect();
    kinds(
        kinds_of,
        "How it is told: a command wherever a command can tell, a rubric only where nothing else can.",
    )
}

fn machine_kinds() -> Vec<Value> {
    vec![command(), file(), json(), http(), diff(), tree()]
}

fn command() -> Value {
    let mut fields = vec![
        needed("kind", choice(["command"], "Run in a clean checkout of the result.")),
        needed(
            "run",
            text(
                "For `sh -c` at the repository's root. Must fail before the work is done, and need no network; scratch files go below $TMPDIR.",
            ),
        ),
        optional(
            "exit",
            whole(i64::from(i32::MIN)..=i64::from(i32::MAX), "The exit code that means yes. Default 0."),
        ),
        optional(
            "output",
            text(
                "A regular expression that must match in the output; for where exit 0 could also mean that no test ran.",
            ),
        ),
    ];
    fields.extend(caps());
    object(fields)
}

/// How much a command may use, and what tells the truth in it.
fn caps() -> [Property; 3] {
    [
        optional(
            "timeout_s",
            whole(
                1..=COMMAND_TIMEOUT_MAX_S.into(),
                format!("Fails after so long. Default {CHECK_TIMEOUT_S}."),
            ),
        ),
        optional("memory_mb", whole(1..=u32::MAX.into(), "Limit of each process. Default none.")),
        optional(
            "pinned",
            list(
                text("A path."),
                "Existing files that tell the truth, such as acceptance tests: taken from before the work, and no result may change them.",
            ),
        ),
    ]
}

fn file() -> Value {
    object([
        needed("kind", choice(["file"], "A file must be there.")),
        needed("path", text("From the repository's root.")),
        optional("contains", text("A text that it must hold, exactly.")),
        optional("matches", text("A regular expression that must match a line of it.")),
    ])
}

fn json() -> Value {
    object([
        needed("kind", choice(["json"], "A JSON file must fit a JSON schema.")),
        needed("path", text("From the repository's root.")),
        optional("schema", text("The schema as JSON text. This or schema_file.")),
        optional("schema_file", text("An existing file with the schema; no result may change it.")),
    ])
}

fn http() -> Value {
    let mut fields = vec![
        needed("kind", choice(["http"], "A server is started, and must answer.")),
        needed("start", text("Starts it, as for a command. It must listen on 127.0.0.1 at $PORT.")),
        optional("path", text("Asked for with GET. Default /.")),
        optional("status", whole(100..=599, "Default 200.")),
        optional("body", text("A regular expression that must match in the body.")),
    ];
    fields.extend(caps().map(|(name, must, schema)| match name {
        "pinned" => (name, must, list(text("A path."), "As for a command.")),
        _ => (name, must, schema),
    }));
    object(fields)
}

fn diff() -> Value {
    object([
        needed("kind", choice(["diff"], "The change must keep to bounds; give at least one.")),
        optional("only", list(text("A glob."), "The only paths that may differ.")),
        optional("no_deletions", flag("No file may be gone.")),
        optional("lines_max", whole(0..=u32::MAX.into(), "Lines added and removed.")),
    ])
}

fn tree() -> Value {
    object([
        needed("kind", choice(["tree"], "The change must not bring any of these.")),
        needed(
            "forbid",
            list(
                choice(["todo", "new_dependency"], "What."),
                "Notes of undone work; dependencies that no manifest had.",
            ),
        ),
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
        optional("bounds", bounds("Narrower bounds than those of the run.", true)),
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
    let stub = object([
        needed(
            "kind",
            choice(
                ["stub"],
                "A file of which the worker is given the interface only: signatures, types and doc comments without bodies, for Rust, Python, JavaScript, TypeScript, Go and Java; in any other language the whole file.",
            ),
        ),
        needed("path", text("Its path from the repository's root.")),
    ]);
    let note = object([
        needed("kind", choice(["note"], "A text of yours.")),
        needed("title", text("What it is.")),
        needed("text", text("The text: an interface, a decision, an excerpt.")),
    ]);
    list(
        kinds(vec![file, stub, note], "A file, a file's interface, or a note."),
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

fn tests_to_write() -> Value {
    list(
        text("A glob of paths."),
        "Tests, snapshots and test configuration that this task is to write or to change, within the write_set. Existing ones that are not named here may only gain lines; a result that takes anything from them is rejected.",
    )
}

/// Bounds of a scope.
fn bounds(what: &str, with_write: bool) -> Value {
    let entries = |name: &'static str, entry: &str, what: &str| optional(name, list(text(entry), what));
    let write = entries("write", "A glob of paths.", "The only paths that may change.");
    let mut parts = vec![entries("read", "A glob of paths.", "The only paths in sight.")];
    parts.extend(with_write.then_some(write));
    parts.extend([
        entries(
            "commands",
            "Such as `cargo test`.",
            "What the only commands begin with, in plain words: no quotes, pipes or variables.",
        ),
        entries("hosts", "Such as a.org, *.a.org or a.org:8080.", "The only hosts that commands reach."),
        entries("env", "A name.", "The only ones of the Owner's variables."),
    ]);
    described(object(parts), &format!("{what} What is left out is as wide as there."))
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
        optional("tests_to_write", tests_to_write()),
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
        optional("bounds", bounds("Narrower bounds than those of your section.", false)),
        optional("reviews", list(text("A title."), "Leave it out: it belongs to the review tool.")),
        optional(
            "cap_pct",
            percent(
                "The most that it may cost, attempts together, in percent of what your workers share. No cap where it is left out.",
            ),
        ),
    ])
}
