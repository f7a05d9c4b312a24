//! What is wrong with contracts before anybody works on them, in sentences that a Manager can act on.
//!
//! Could a worker who can't see any of the other tasks still get this one right?

mod judged;
mod leaning;

use globset::Glob;

use crate::catalogue::Catalogue;
use crate::criteria_lint::criteria;
use crate::limits::{CRITERIA, NAMED_AT_MOST, context_best_tokens};
use crate::plan_check::{glob_fault, name, path_fault, text, texts};
use crate::roles::Role;
use crate::run::event::SectionOutline;
use crate::run::scopes::beyond_section;
use crate::run::state::{AttemptState, TaskStage, TaskState};
use crate::run::thrift::Ceiling;
use crate::survey::{Survey, Surveyed};
use crate::table::Table;
use crate::words::{AttemptId, ContextItem, Contract, Lodged, Mode, Seniority, TaskKind, Tool, ToolSet};

/// What a contract is held against.
pub struct Surroundings<'a> {
    /// The section that it belongs to.
    pub section: &'a SectionOutline,
    /// Which seniorities can be had.
    pub catalogue: &'a Catalogue,
    /// The section's tasks so far.
    pub tasks: &'a [&'a TaskState],
    /// What a denied request for money leaves, if one was.
    pub ceiling: Option<Ceiling>,
    /// All attempts of the run.
    pub attempts: &'a Table<AttemptId, AttemptState>,
    /// The roles that a contract may name.
    pub roles: &'a [Role],
    /// Commands that the Owner wants to pass at the end.
    pub checks: &'a [String],
}

impl Surroundings<'_> {
    fn role_of(&self, contract: &Contract) -> Option<&Role> {
        let name = contract.role.as_deref()?;
        self.roles.iter().find(|role| role.name == name)
    }
}

/// Every fault of contracts that are to be worked on at the same time: the contract's title, and what to do.
#[must_use]
pub fn faults(contracts: &[Surveyed<Contract>], surroundings: &Surroundings) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (place, Surveyed { document: Lodged { body, .. }, survey }) in contracts.iter().enumerate() {
        let mut faults = Vec::new();
        parts(body, &mut faults);
        permissions(body, surroundings, &mut faults);
        held(body, surroundings, &mut faults);
        role(body, surroundings, &mut faults);
        reviews(body, surroundings, &mut faults);
        let earlier = contracts.iter().take(place).map(|other| &other.document.body);
        neighbours(body, earlier, surroundings, &mut faults);
        judged::faults(body, &mut faults);
        let beside = contracts.iter().map(|other| other.document.body.title.as_str());
        faults.extend(lean(body, beside.filter(|title| *title != body.title), surroundings));
        faults.extend(survey.faults.iter().cloned());
        faults.extend(flood(body, survey, surroundings));
        all.extend(faults.into_iter().map(|fault| (body.title.clone(), fault)));
    }
    all.truncate(NAMED_AT_MOST);
    all
}

/// More to read than a seniority works well with.
fn flood(contract: &Contract, survey: &Survey, surroundings: &Surroundings) -> Option<String> {
    let seniority = contract.first_seniority(surroundings.role_of(contract))?;
    let rank = surroundings.catalogue.seniority.get(&seniority);
    let cap = rank.and_then(|rank| rank.context_cap).map_or(u64::MAX, |cap| cap / 2);
    let best = context_best_tokens(seniority).min(cap);
    (survey.context_tokens > best).then(|| {
        format!(
            "context has about {} tokens, and {seniority} works well with {best}: give fewer files, hand over interfaces as kind \
             stub, split the task, or choose a higher seniority",
            survey.context_tokens
        )
    })
}

/// Whether a text leans on a task whose result is not there yet.
fn lean<'a>(
    contract: &Contract,
    beside: impl Iterator<Item = &'a str>,
    surroundings: &'a Surroundings,
) -> Option<String> {
    let open =
        surroundings.tasks.iter().filter(|task| !matches!(task.stage, TaskStage::Merged | TaskStage::Cut));
    let others: Vec<_> = open.map(|task| task.outline.title.as_str()).chain(beside).collect();
    let words = leaning::leans(contract, &others).filter(|_| contract.kind != TaskKind::Review)?;
    Some(format!(
        "{words:?} leans on work that this worker can't see: decide it, and write it into the contract word by word; or spawn \
         this task after the other one is merged"
    ))
}

fn parts(contract: &Contract, faults: &mut Vec<String>) {
    name("title", &contract.title, faults);
    text("goal", &contract.goal, faults);
    text("reason", &contract.reason, faults);
    texts("constraints", &contract.constraints, faults);
    if contract.kind != TaskKind::Post || !contract.acceptance.is_empty() {
        criteria("the contract", &contract.acceptance, faults);
    }
    if contract.acceptance.len() > CRITERIA {
        faults.push("too many criteria: the task is too large, split it".to_owned());
    }
    if contract.context.is_empty() && contract.kind == TaskKind::Build {
        faults.push("context is empty: name the files or write the notes that the worker needs, for it sees nothing else".into());
    }
    for path in contract.context_stubs().filter(|stub| contract.context_files().any(|file| file == *stub)) {
        faults.push(format!("context: {path:?} is given whole and as a stub; leave one of them out"));
    }
    for item in &contract.context {
        match item {
            ContextItem::File { path } | ContextItem::Stub { path } => {
                faults.extend(path_fault(path).map(|fault| format!("context: {path:?} {fault}")));
            }
            ContextItem::Note { title, text: note } => {
                name("context: title", title, faults);
                text("context: text", note, faults);
            }
        }
    }
    for withheld in &contract.withheld {
        faults.extend(
            glob_fault(&withheld.paths).map(|fault| format!("withheld: {:?} {fault}", withheld.paths)),
        );
        text("withheld: why", &withheld.why, faults);
    }
    let globs = contract.write_set.iter();
    faults.extend(globs.filter_map(|glob| Some(format!("write_set: {glob:?} {}", glob_fault(glob)?))));
    match (contract.kind.changes_files(), contract.write_set.is_empty()) {
        (true, true) => {
            faults.push("write_set is empty: name the paths that the result may change".to_owned())
        }
        (false, false) => faults.push("a review changes nothing: leave write_set empty".to_owned()),
        (true, false) | (false, true) => {}
    }
}

fn permissions(contract: &Contract, surroundings: &Surroundings, faults: &mut Vec<String>) {
    let section = surroundings.section;
    match contract.first_seniority(surroundings.role_of(contract)) {
        Some(seniority) => rank(contract, seniority, surroundings, faults),
        None => faults.push("seniority is missing: choose how much model the task needs".to_owned()),
    }
    faults.extend(beyond_section(contract, &section.capabilities, surroundings.checks));
    if contract.mode == Mode::Single && contract.kind == TaskKind::Review {
        faults.push("mode single is for work that hands in files; a review needs mode agent".to_owned());
    }
}

/// Whether a seniority can be had.
fn rank(contract: &Contract, seniority: Seniority, surroundings: &Surroundings, faults: &mut Vec<String>) {
    if seniority == Seniority::Principal && !surroundings.section.grants_principal {
        faults.push("seniority principal is not granted to your section; staff is the highest".to_owned());
    }
    let served = |other: &Seniority| surroundings.catalogue.serves(*other);
    if !served(&seniority) {
        let others: Vec<_> = Seniority::ALL.into_iter().filter(served).map(Seniority::name).collect();
        faults.push(format!(
            "no model serves seniority {seniority} here; choose one of: {}",
            others.join(", ")
        ));
    }
    let ceiling = surroundings.ceiling.filter(|_| contract.kind != TaskKind::Review);
    faults.extend(ceiling.and_then(|ceiling| ceiling.fault(seniority)));
}

/// Whether the role is there, and can do such work.
fn role(contract: &Contract, surroundings: &Surroundings, faults: &mut Vec<String>) {
    let Some(name) = &contract.role else { return };
    if !contract.kind.changes_files() {
        return faults.push("role is for workers: leave it out of a review".to_owned());
    }
    let Some(role) = surroundings.role_of(contract) else {
        let names: Vec<_> = surroundings.roles.iter().map(|role| format!("{:?}", role.name)).collect();
        return faults.push(match names.is_empty() {
            true => format!("there is no role {name:?}, and no other one here; leave role out"),
            false => format!("there is no role {name:?}; leave it out, or name one of: {}", names.join(", ")),
        });
    };
    let (granted, wanted) = (surroundings.section.capabilities.tools, contract.tools.unwrap_or(ToolSet::ALL));
    let left = granted.within(wanted).within(role.tools.unwrap_or(ToolSet::ALL));
    if contract.mode == Mode::Agent && !left.iter().any(Tool::writes) {
        faults.push(format!(
            "role {name:?} leaves no tool that changes files (its tools: {}); choose another role, or none",
            role.tool_words()
        ));
    }
    if role.is_for_principals(surroundings.catalogue) && !surroundings.section.grants_principal {
        faults.push(format!(
            "role {name:?} wants a principal's model, which is not granted to your section; choose another role, or none"
        ));
    }
}

/// Post-processing without a criterion that a machine can tell is held to those of what is merged: there must be some.
fn held(contract: &Contract, surroundings: &Surroundings, faults: &mut Vec<String>) {
    let has_own = contract.acceptance.iter().any(|criterion| criterion.check.is_executable());
    let told = |task: &&TaskState| task.stage == TaskStage::Merged && !task.outline.executable.is_empty();
    if contract.kind == TaskKind::Post && !has_own && !surroundings.tasks.iter().any(told) {
        faults.push(
            "acceptance has no command or file: a post task without one is held to what is merged, and nothing with a \
             command or file is merged yet; accept that first, or give a criterion"
                .to_owned(),
        );
    }
}

fn reviews(contract: &Contract, surroundings: &Surroundings, faults: &mut Vec<String>) {
    let named = |title: &String| surroundings.tasks.iter().find(|task| task.outline.title == *title);
    match contract.kind {
        TaskKind::Build | TaskKind::Post if !contract.reviews.is_empty() => {
            faults.push("reviews is for reviews only; use the review tool to have results judged".to_owned());
        }
        TaskKind::Review => {
            if contract.reviews.is_empty() {
                faults.push("of is empty: name the tasks whose results are to be judged".to_owned());
            }
            for title in contract.reviews.iter().filter(|title| named(title).is_none()) {
                faults.push(format!("there is no task {title:?} to be judged in your section"));
            }
            let authors = contract.reviews.iter().filter_map(named);
            let author = authors.map(|task| author_seniority(task, surroundings.attempts)).max();
            let own = contract.first_seniority(None);
            if let Some((author, own)) = author.zip(own).filter(|(author, own)| author > own) {
                faults
                    .push(format!("seniority {own} is below the author's: a review needs {author} or above"));
            }
            if contract.acceptance.iter().any(|criterion| criterion.check.is_executable()) {
                faults.push("a review judges rubrics; commands are run by the seam itself".to_owned());
            }
        }
        TaskKind::Build | TaskKind::Post => {}
    }
}

/// The seniority of whoever made a task's last result: a retry may have gone above the contract's.
pub(crate) fn author_seniority(task: &TaskState, attempts: &Table<AttemptId, AttemptState>) -> Seniority {
    let last = task.attempts.last().and_then(|attempt| attempts.get(*attempt));
    last.map_or(task.outline.seniority, |attempt| attempt.seniority)
}

/// Tasks that run at the same time must not write the same files, and no two tasks share a title.
fn neighbours<'a>(
    contract: &Contract,
    earlier: impl Iterator<Item = &'a Contract> + Clone,
    surroundings: &Surroundings,
    faults: &mut Vec<String>,
) {
    let existing = surroundings.tasks.iter().map(|task| task.outline.title.as_str());
    if existing.chain(earlier.clone().map(|other| other.title.as_str())).any(|title| title == contract.title)
    {
        faults.push(
            "the title is taken; to try a task again use retry, for another one choose another title"
                .to_owned(),
        );
    }
    let working = surroundings
        .tasks
        .iter()
        .filter(|task| matches!(task.stage, TaskStage::Working | TaskStage::Accepted));
    let live = working.map(|task| (task.outline.title.as_str(), task.outline.write_set.as_slice()));
    let beside = earlier.map(|other| (other.title.as_str(), other.write_set.as_slice()));
    for (title, write_set) in live.chain(beside) {
        if let Some((ours, theirs)) = overlap(&contract.write_set, write_set) {
            faults.push(format!(
                "write_set {ours:?} overlaps with {theirs:?} of {title:?}, which runs at the same time; cut the tasks so that \
                 no file belongs to two, or spawn this one after the other is merged"
            ));
        }
    }
}

/// Whether somebody works on a task, or its result is on its way into the branch.
pub(crate) fn is_busy(task: &TaskState) -> bool {
    matches!(task.stage, TaskStage::Working | TaskStage::Accepted)
}

/// Two globs of which one matches the other, taken as a path, or that share a literal path.
pub(crate) fn overlap<'a>(ours: &'a [String], theirs: &'a [String]) -> Option<(&'a str, &'a str)> {
    ours.iter().flat_map(|a| theirs.iter().map(move |b| (a.as_str(), b.as_str()))).find(|(a, b)| touch(a, b))
}

fn touch(a: &str, b: &str) -> bool {
    // The fixed folders tell most pairs apart, and cost nothing beside making a matcher.
    if a == b || !nested(a, b) {
        return a == b;
    }
    match (has_wildcard(a), has_wildcard(b)) {
        (false, false) => false,
        (true, true) => true,
        (true, false) => matches(a, b),
        (false, true) => matches(b, a),
    }
}

fn matches(glob: &str, path: &str) -> bool {
    Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

fn has_wildcard(glob: &str) -> bool {
    glob.contains(['*', '?', '[', '{'])
}

/// Whether the fixed folders before the first wildcard of one are at or above those of the other.
fn nested(a: &str, b: &str) -> bool {
    fn fixed(glob: &str) -> impl Iterator<Item = &str> {
        glob.split('/').take_while(|part| !has_wildcard(part))
    }
    fixed(a).zip(fixed(b)).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::{parts, touch};
    use crate::words::{ContextItem, Contract};

    #[test]
    fn a_stub_names_a_path_that_is_not_given_whole_too() {
        let text = r#"{"title":"T","seniority":"mid","reason":"r","goal":"g","context":[],"constraints":[],"withheld":[],
            "acceptance":[{"id":"c","text":"t","check":{"kind":"command","run":"make check"}}],"write_set":["a"]}"#;
        let stub = |path: &str| ContextItem::Stub { path: path.to_owned() };
        let mut contract: Contract = serde_json::from_str(text).unwrap();
        let faults = |contract: &Contract| {
            let mut faults = Vec::new();
            parts(contract, &mut faults);
            faults
        };
        contract.context = vec![stub("src/api.rs"), ContextItem::File { path: "src/other.rs".to_owned() }];
        assert_eq!(faults(&contract), Vec::<String>::new());
        contract.context = vec![stub("../api.rs"), stub("src/api.rs")];
        contract.context.push(ContextItem::File { path: "src/api.rs".to_owned() });
        let [twice, outside] = faults(&contract).try_into().unwrap();
        assert_eq!(twice, "context: \"src/api.rs\" is given whole and as a stub; leave one of them out");
        assert!(outside.contains("\"../api.rs\" is not a path from the root"), "{outside}");
    }

    #[test]
    fn write_sets_that_can_meet_are_found() {
        for (a, b) in
            [("src/a.rs", "src/a.rs"), ("src/**", "src/x/y.rs"), ("**", "a"), ("src/*.rs", "src/**/b.rs")]
        {
            assert!(touch(a, b) && touch(b, a), "{a} {b}");
        }
        for (a, b) in [("src/a.rs", "src/b.rs"), ("src/**", "tests/**"), ("src/a/*", "src/b/*")] {
            assert!(!touch(a, b) && !touch(b, a), "{a} {b}");
        }
    }
}
