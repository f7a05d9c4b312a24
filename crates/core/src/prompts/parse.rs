//! From a tool call to an [`Ask`]: read, held against the tool's schema, and every text lodged.
//!
//! Pure: the caller lodges. It may call [`parse`] twice, first to collect the texts and then to replay their addresses,
//! so what is lodged and in which order depends on the arguments alone.

mod counsel;
mod workspace;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fit::fit;
use super::known;
use crate::limits::{
    CHECK_TIMEOUT_S, CLAIM_NOTE_BYTES, CONCLUSION_BYTES, FILE_BYTES, MEMO_BYTES, NAME_BYTES, NOTES_BYTES,
    TEXT_BYTES,
};
use crate::plan_check::path_fault;
use crate::run::ask::{
    Ask, Judged, ManagerAsk, MemoAsk, OrchestratorAsk, ResultClaim, ReviewerAsk, TriageAsk, WorkerAsk,
};
use crate::run::event::Seat;
use crate::words::*;

pub use workspace::{GitLook, GitVerb, Page, Replacement, WorkspaceCall, workspace_args};

/// Where texts go: takes one, gives its address.
pub type Lodge<'a> = dyn FnMut(&str) -> BlobRef + 'a;

/// A file of a worker in `single` mode. [`ResultClaim::files`] is a JSON list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// Its path from the root of the repository.
    pub path: String,
    /// Its whole content.
    pub content: String,
}

/// What a tool call asks for. A call of another role's tool is read as what it is, and the run refuses it.
pub fn parse(seat: Seat, name: &str, args: &Value, lodge: &mut Lodge<'_>) -> Ask {
    let asked = match Tool::called(name) {
        Some(Tool::Foreign) => {
            let name = name.to_owned();
            Some(workspace_args(Tool::Foreign, args).map(|_| Ask::Foreign { name }))
        }
        Some(tool) => Some(workspace_args(tool, args).map(|_| Ask::Tool(tool))),
        None => control(seat, name, args, lodge),
    };
    match asked {
        Some(Ok(ask)) => ask,
        Some(Err(why)) => Ask::Malformed { name: name.to_owned(), why },
        None => Ask::Unknown { name: name.to_owned() },
    }
}

fn control(seat: Seat, name: &str, args: &Value, lodge: &mut Lodge<'_>) -> Option<Result<Ask, String>> {
    let (spec, example) = known::control_tool(name, seat)?;
    let ask = fit(&spec.schema, &with_money_as_text(args))
        .and_then(|args| read(seat, name, Args(into_map(args)), lodge));
    // Nobody is taught how to call a tool that is not their own.
    if ask.is_err() && !known::is_of(seat, name) {
        return None;
    }
    Some(ask.map_err(|why| with_example(&why, example)))
}

/// The run ends the sentence.
fn with_example(why: &str, example: &str) -> String {
    format!("{why} Example: {example}")
}

/// Money is a text, and a number means its own text.
fn with_money_as_text(args: &Value) -> Value {
    let mut args = args.clone();
    for field in ["usd", "grant_usd"] {
        if let Some(Value::Number(number)) = args.get(field) {
            let text = Value::String(number.to_string());
            into_field(&mut args, field, text);
        }
    }
    args
}

fn into_field(args: &mut Value, field: &str, value: Value) {
    if let Some(slot) = args.get_mut(field) {
        *slot = value;
    }
}

/// Arguments that fit their schema, as an ask.
fn read(seat: Seat, name: &str, mut args: Args, lodge: &mut Lodge<'_>) -> Result<Ask, String> {
    match name {
        "keep_notes" => {
            let notes = cut(&args.text("notes")?, NOTES_BYTES);
            Ok(Ask::KeepNotes { notes: lodge(&notes) })
        }
        "submit_plan" | "ask_owner" | "decide_budget" | "replan" => {
            orchestrator(name, args, lodge).map(Ask::Orchestrator)
        }
        "send_memo" if seat == Seat::Orchestrator => {
            Ok(Ask::Orchestrator(OrchestratorAsk::SendMemo(memo(args, lodge)?)))
        }
        "report" if seat == Seat::Orchestrator => {
            let conclusion = lodge(&conclusion(&args.text("conclusion")?, &[]));
            Ok(Ask::Orchestrator(OrchestratorAsk::Conclude { conclusion }))
        }
        "choose_path" => {
            let (path, reason) = (args.document("path")?, args.text("reason")?);
            Ok(Ask::Triage(TriageAsk::ChoosePath { path, reason }))
        }
        "submit_result" | "contract_defect" => worker(name, args, lodge).map(Ask::Worker),
        "submit_review" => submit_review(args, lodge).map(Ask::Reviewer),
        "submit_opinion" => counsel::submit_opinion(args, lodge).map(Ask::Adviser),
        "synthesize" => counsel::synthesize(args, lodge).map(Ask::Synthesist),
        "second_opinion" => {
            let wish = counsel::second_opinion(args, lodge)?;
            Ok(match seat {
                Seat::Manager(_) => Ask::Manager(ManagerAsk::SecondOpinion(wish)),
                Seat::Orchestrator
                | Seat::Triage
                | Seat::Worker(_)
                | Seat::Reviewer(_)
                | Seat::Adviser(..)
                | Seat::Synthesist(_) => Ask::Orchestrator(OrchestratorAsk::SecondOpinion(wish)),
            })
        }
        _ => manager(name, args, lodge).map(Ask::Manager),
    }
}

fn orchestrator(name: &str, mut args: Args, lodge: &mut Lodge<'_>) -> Result<OrchestratorAsk, String> {
    Ok(match name {
        "submit_plan" => OrchestratorAsk::SubmitPlan(lodged(args.document("plan")?, lodge).into()),
        "ask_owner" => OrchestratorAsk::AskOwner { question: lodge(&args.text("question")?) },
        "decide_budget" => {
            let request = args.string("request");
            let request = request
                .parse()
                .map_err(|_| format!("request is {request:?}, but must name a request, such as \"r0\"."))?;
            let (grant, reason) = (args.money("grant_usd")?, args.text("reason")?);
            OrchestratorAsk::DecideBudget { request, grant, reason: lodge(&reason) }
        }
        _ => {
            let (section, sections) = (args.name("section")?, args.document("sections")?);
            let extra = if args.has("add_usd") { args.money("add_usd")? } else { Money::ZERO };
            let plan = lodged(replacement(&section, sections), lodge).into();
            OrchestratorAsk::Replan { section, plan, extra }
        }
    })
}

/// Sections in place of another, as a plan of one phase. Their Managers are told the whole plan's goal and constraints.
fn replacement(section: &str, sections: Vec<Section>) -> Plan {
    let holds = Criterion {
        id: "sections".to_owned(),
        text: "The definition of done of every section here holds.".to_owned(),
        // Nothing runs it: the sections' own criteria are what counts.
        check: Check::Command {
            run: "exit 1".to_owned(),
            exit: 0,
            output: None,
            timeout_s: CHECK_TIMEOUT_S,
            memory_mb: None,
            pinned: Vec::new(),
        },
    };
    Plan {
        goal: format!("What section {section:?} was to do."),
        constraints: Vec::new(),
        approach: "In other sections.".to_owned(),
        definition_of_done: vec![holds],
        decisions: Vec::new(),
        phases: vec![Phase { name: section.to_owned(), sections }],
    }
}

fn manager(name: &str, mut args: Args, lodge: &mut Lodge<'_>) -> Result<ManagerAsk, String> {
    Ok(match name {
        "spawn_workers" => {
            let contracts: Vec<Contract> = args.document("tasks")?;
            ManagerAsk::SpawnWorkers(contracts.into_iter().map(|body| lodged(body, lodge).into()).collect())
        }
        "review" => ManagerAsk::Review(Box::new(lodged(review(args)?, lodge))),
        "accept" => {
            let (task, note) = (args.name("task")?, args.text("note")?);
            ManagerAsk::Accept { task, note: lodge(&note) }
        }
        "retry" => {
            let (task, reason) = (args.name("task")?, args.text("reason")?);
            let seniority = args.document_if("seniority")?;
            ManagerAsk::Retry { task, reason: lodge(&reason), seniority }
        }
        "cut" => {
            let (task, reason) = (args.name("task")?, args.text("reason")?);
            ManagerAsk::Cut { task, reason: lodge(&reason) }
        }
        "send_memo" => ManagerAsk::SendMemo(memo(args, lodge)?),
        "request_budget" => {
            let (amount, reason) = (args.money("usd")?, args.text("reason")?);
            ManagerAsk::RequestBudget { amount, reason: lodge(&reason) }
        }
        "scope_too_large" => ManagerAsk::ScopeTooLarge { reason: lodge(&args.text("reason")?) },
        _ => {
            let text = conclusion(&args.text("conclusion")?, &args.strings("risks"));
            ManagerAsk::Report { done: args.string("status") == "done", conclusion: lodge(&text) }
        }
    })
}

fn memo(mut args: Args, lodge: &mut Lodge<'_>) -> Result<MemoAsk, String> {
    let (to, priority, topic) = (args.name("to")?, args.document("priority")?, args.name("topic")?);
    let (content, task) = (args.text("content")?, args.string_if("task"));
    if content.len() > MEMO_BYTES {
        return Err(format!(
            "content has {} bytes, and a memo at most {MEMO_BYTES}: say it shorter, or name a file that says it.",
            content.len()
        ));
    }
    Ok(MemoAsk { to, priority, topic, content: lodge(&content), task })
}

/// A contract whose work is to judge.
fn review(mut args: Args) -> Result<Contract, String> {
    let of = args.strings("of");
    let rubric = args.strings("rubric");
    if rubric.iter().any(|line| line.trim().is_empty()) || rubric.is_empty() {
        return Err("rubric needs at least one line, and none may be empty: say what is judged.".to_owned());
    }
    let title = args.string_if("title").unwrap_or_else(|| review_title(&of));
    let criterion = |(index, text): (usize, String)| Criterion {
        id: format!("rubric-{}", index + 1),
        text,
        check: Check::Rubric,
    };
    Ok(Contract {
        title,
        kind: TaskKind::Review,
        mode: Mode::Agent,
        seniority: Some(args.document("seniority")?),
        reason: args.text("reason")?,
        goal: "Judge the results of other tasks by the criteria below.".to_owned(),
        context: Vec::new(),
        constraints: Vec::new(),
        acceptance: rubric.into_iter().enumerate().map(criterion).collect(),
        write_set: Vec::new(),
        tests_to_write: Vec::new(),
        withheld: Vec::new(),
        role: None,
        tools: None,
        bounds: Bounds::default(),
        reviews: of,
        cap_pct: None,
    })
}

fn review_title(of: &[String]) -> String {
    cut(&format!("Review: {}", of.join(", ")), NAME_BYTES)
}

fn worker(name: &str, mut args: Args, lodge: &mut Lodge<'_>) -> Result<WorkerAsk, String> {
    if name == "contract_defect" {
        return Ok(WorkerAsk::ContractDefect { missing: lodge(&args.text("missing")?) });
    }
    let rows: Vec<_> = args.rows("self_check").map(claimed).collect();
    let tests_added = args.strings("tests_added");
    let risks = args.strings("risks");
    let text = conclusion(&args.text("conclusion")?, &risks);
    let files: Option<Vec<ResultFile>> = args.document_if("files")?;
    if let Some(fault) = files.as_deref().and_then(files_fault) {
        return Err(fault);
    }
    let conclusion = lodge(&text);
    let files = files.map(|files| lodge(&json(&files)));
    let notes = rows.iter().filter_map(|(id, _, note)| Some((id.clone(), lodge(note.as_deref()?)))).collect();
    let open_risks = (!risks.is_empty()).then(|| lodge(&cut(&listed(&risks), CONCLUSION_BYTES / 2)));
    let risks = u32::try_from(risks.len()).unwrap_or(u32::MAX);
    let self_check = rows.into_iter().map(|(id, met, _)| (id, met)).collect();
    Ok(WorkerAsk::SubmitResult(ResultClaim {
        conclusion,
        self_check,
        notes,
        tests_added,
        risks,
        open_risks,
        files,
    }))
}

/// One entry of a self-check: the criterion, whether it is met, and how the worker knows.
fn claimed(mut row: Args) -> (String, Option<bool>, Option<String>) {
    let note = row.string_if("note").filter(|note| !note.trim().is_empty());
    (row.string("criterion"), row.flag_if("met"), note.map(|note| cut(&note, CLAIM_NOTE_BYTES)))
}

fn files_fault(files: &[ResultFile]) -> Option<String> {
    for (index, file) in files.iter().enumerate() {
        let at = format!("files[{index}] ({:?})", file.path);
        if let Some(fault) = path_fault(&file.path) {
            return Some(format!("{at}: this {fault}."));
        }
        if file.content.len() > FILE_BYTES {
            return Some(format!("{at}: the content is longer than {FILE_BYTES} bytes."));
        }
        if files.iter().take(index).any(|other| other.path == file.path) {
            return Some(format!("{at}: the path is there twice; give each file once, whole."));
        }
    }
    None
}

fn submit_review(mut args: Args, lodge: &mut Lodge<'_>) -> Result<ReviewerAsk, String> {
    let text = conclusion(&args.text("conclusion")?, &[]);
    let judged: Vec<_> = args
        .rows("findings")
        .map(|mut row| {
            let quote = row.string_if("quote").filter(|quote| !quote.trim().is_empty());
            let shown = quote.as_ref().map(|quote| format!("\n\n> {}", quote.replace('\n', "\n> ")));
            let text = cut(&(row.string("text") + &shown.unwrap_or_default()), CONCLUSION_BYTES);
            (row.string("criterion"), row.flag("pass"), text, quote)
        })
        .collect();
    let conclusion = lodge(&text);
    let verdict = |(criterion, holds, text, quote): (String, bool, String, Option<String>)| Judged {
        criterion,
        holds,
        text: lodge(&text),
        quote,
        is_there: false,
    };
    let verdicts = judged.into_iter().map(verdict).collect();
    Ok(ReviewerAsk::SubmitReview { verdicts, conclusion })
}

/// A conclusion with its open risks, together no longer than a conclusion may be. The risks come first to the space,
/// up to half of it: they are short, and nobody may miss them.
fn conclusion(text: &str, risks: &[String]) -> String {
    conclusion_of(text, risks, CONCLUSION_BYTES)
}

fn conclusion_of(text: &str, risks: &[String], bytes_max: usize) -> String {
    if risks.is_empty() {
        return cut(text, bytes_max);
    }
    let risks = cut(&format!("\n\nOpen risks:\n{}", listed(risks)), bytes_max / 2);
    cut(text, bytes_max.saturating_sub(risks.len())) + &risks
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// The head of a text that is too long, with a mark that something is missing.
fn cut(text: &str, bytes_max: usize) -> String {
    const MARK: &str = " […]";
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(MARK.len()));
    text.get(..end).unwrap_or_default().to_owned() + MARK
}

fn lodged<T: Serialize>(body: T, lodge: &mut Lodge<'_>) -> Lodged<T> {
    let blob = lodge(&json(&body));
    Lodged { body, blob }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// Arguments that fit their schema: what is required is there and has its type. Each is taken once.
struct Args(Map<String, Value>);

impl Args {
    fn string(&mut self, field: &str) -> String {
        self.string_if(field).unwrap_or_default()
    }

    fn string_if(&mut self, field: &str) -> Option<String> {
        match self.0.remove(field)? {
            Value::String(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A text that says something, and is not endless.
    fn text(&mut self, field: &str) -> Result<String, String> {
        let text = self.string(field);
        if text.trim().is_empty() {
            return Err(format!("{field} is empty; it must say something."));
        }
        if text.len() > TEXT_BYTES {
            let long = text.len();
            return Err(format!("{field} has {long} bytes, and at most {TEXT_BYTES} are taken; shorten it."));
        }
        Ok(text)
    }

    /// A name: one line.
    fn name(&mut self, field: &str) -> Result<String, String> {
        let name = self.string(field);
        if name.trim().is_empty() || name.len() > NAME_BYTES || name.contains('\n') {
            return Err(format!("{field} must be one line of 1 to {NAME_BYTES} bytes."));
        }
        Ok(name)
    }

    fn money(&mut self, field: &str) -> Result<Money, String> {
        Money::parse(&self.string(field)).map_err(|error| format!("{field}: {error}."))
    }

    fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    fn flag(&mut self, field: &str) -> bool {
        self.flag_if(field).unwrap_or_default()
    }

    fn flag_if(&mut self, field: &str) -> Option<bool> {
        self.0.remove(field)?.as_bool()
    }

    fn number(&mut self, field: &str) -> Option<u32> {
        self.0.remove(field)?.as_u64().and_then(|number| u32::try_from(number).ok())
    }

    fn rows(&mut self, field: &str) -> impl Iterator<Item = Self> + use<> {
        let rows = match self.0.remove(field) {
            Some(Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        rows.into_iter().map(|row| Self(into_map(row)))
    }

    fn strings(&mut self, field: &str) -> Vec<String> {
        self.document_if(field).ok().flatten().unwrap_or_default()
    }

    /// A value that its type reads. Where it fits the schema and the type still says no, the type's words are the best.
    fn document<T: DeserializeOwned>(&mut self, field: &str) -> Result<T, String> {
        let value = self.0.remove(field).unwrap_or_default();
        serde_json::from_value(value).map_err(|error| format!("{field}: {error}."))
    }

    fn document_if<T: DeserializeOwned>(&mut self, field: &str) -> Result<Option<T>, String> {
        if self.0.contains_key(field) { self.document(field).map(Some) } else { Ok(None) }
    }
}
