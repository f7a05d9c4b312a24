//! The shortcut: a plan that the engine makes by itself, with one phase, one section, one task and no Manager, for the
//! direct path and for the solo run. Its contract follows from the plan alone, so an Owner who edits the plan edits the
//! contract.

use crate::catalogue::Catalogue;
use crate::limits::{NAMED_AT_MOST, SUBJECT_BYTES};
use crate::words::*;

/// The id of the criterion that no command can tell.
pub const AS_ASKED: &str = "as-asked";

/// Where the answer to a question stands.
pub const ANSWER: &str = "ANSWER.md";

/// What a shortcut is made of.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut<'a> {
    /// What the Owner wants.
    pub intent: &'a Intent,
    /// Direct or solo.
    pub path: Path,
    /// How much model its worker gets first.
    pub worker: Seniority,
    /// Whether the intent asks something, so that the answer is a file.
    pub is_question: bool,
    /// Commands that have to pass: what the repository offers, and what the Owner named.
    pub checks: &'a [String],
}

impl Shortcut<'_> {
    /// The plan. Without a command its definition of done is empty, and only the Reviewer tells.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let sentence = self.intent.sentence.trim().to_owned();
        let (description, delivers) = if self.is_question {
            let description = format!(
                "{sentence}\n\nThis is a question: answer it in the file {ANSWER}, with the places in the repository that show it, and change nothing else."
            );
            (description, vec![ANSWER.to_owned()])
        } else {
            (sentence.clone(), Vec::new())
        };
        let (name, approach) = match self.path {
            Path::Solo => ("Solo", "One model does all of it, alone and with all tools."),
            Path::Direct | Path::Orchestrate => {
                ("Direct", "One worker does it in one piece, without a Manager.")
            }
        };
        let section = Section {
            name: name.to_owned(),
            description,
            constraints: Vec::new(),
            approach: approach.to_owned(),
            definition_of_done: Vec::new(),
            budget_pct: Share::WHOLE,
            capabilities: ToolSet::ALL,
            bounds: Bounds::default(),
            seniority: self.worker,
            grants_principal: self.worker == Seniority::Principal,
            needs: Vec::new(),
            delivers,
            stakes: Stakes::Normal,
            unmanaged: true,
        };
        Plan {
            goal: sentence,
            constraints: self.intent.constraints.clone(),
            approach: approach.to_owned(),
            definition_of_done: self.checks.iter().enumerate().map(told).collect(),
            decisions: Vec::new(),
            phases: vec![Phase { name: name.to_owned(), sections: vec![section] }],
        }
    }
}

fn told((number, command): (usize, &String)) -> Criterion {
    let check = Check::Command {
        run: command.clone(),
        exit: 0,
        output: None,
        timeout_s: crate::limits::CHECK_TIMEOUT_S,
        memory_mb: None,
        pinned: Vec::new(),
    };
    Criterion { id: format!("check-{}", number + 1), text: format!("`{command}` passes."), check }
}

/// The contract of a plan's only task, with these files as its context; none for a plan that has a Manager.
#[must_use]
pub fn contract(plan: &Plan, files: &[String]) -> Option<Contract> {
    let (_, section) = plan.sections().find(|(_, section)| section.unmanaged)?;
    let mut acceptance = section.definition_of_done.clone();
    for criterion in &plan.definition_of_done {
        if acceptance.iter().all(|other| other.id != criterion.id) {
            acceptance.push(criterion.clone());
        }
    }
    acceptance.push(as_asked());
    let context = files.iter().map(|path| ContextItem::File { path: path.clone() });
    Some(Contract {
        title: title(&section.description),
        kind: TaskKind::Build,
        mode: Mode::Agent,
        seniority: Some(section.seniority),
        reason: "It is one piece of work.".to_owned(),
        goal: section.description.clone(),
        context: context.collect(),
        constraints: plan.constraints.iter().chain(&section.constraints).cloned().collect(),
        acceptance,
        write_set: vec!["**".to_owned()],
        // Nobody knows beforehand which tests the intent changes; the Reviewer is shown what was done to them.
        tests_to_write: vec!["**".to_owned()],
        withheld: Vec::new(),
        role: None,
        tools: None,
        bounds: Bounds::default(),
        reviews: Vec::new(),
        cap_pct: None,
    })
}

fn as_asked() -> Criterion {
    Criterion {
        id: AS_ASKED.to_owned(),
        text: "The change does all that the goal asks for and nothing else, within the constraints, and no test was \
               weakened, skipped or removed to make a check pass."
            .to_owned(),
        check: Check::Rubric,
    }
}

/// The first line of the intent, short enough to be a commit's subject.
fn title(sentence: &str) -> String {
    let line = sentence.lines().find(|line| !line.trim().is_empty()).unwrap_or("The intent").trim();
    if line.len() <= SUBJECT_BYTES {
        return line.to_owned();
    }
    let head = line.get(..line.floor_char_boundary(SUBJECT_BYTES)).unwrap_or_default();
    let whole_words = head.rsplit_once(' ').map_or(head, |(words, _)| words);
    format!("{whole_words}…")
}

/// The seniority itself where a model serves it, else the next one up that one serves, else the highest.
#[must_use]
pub fn served(catalogue: &Catalogue, wanted: Seniority) -> Seniority {
    let all = || Seniority::ALL.into_iter().filter(|one| catalogue.serves(*one));
    all().find(|one| *one >= wanted).or_else(|| all().next_back()).unwrap_or(wanted)
}

/// How much model comes after this one, within what a plan of this shape may use; none where there is no more.
#[must_use]
pub fn promoted(catalogue: &Catalogue, from: Seniority) -> Option<Seniority> {
    let above = |one: &Seniority| *one > from && *one < Seniority::Principal && catalogue.serves(*one);
    Seniority::ALL.into_iter().find(above)
}

/// What is wrong with the shape of a plan that has a section without a Manager.
pub(crate) fn faults(plan: &Plan, faults: &mut Vec<String>) {
    if plan.sections().any(|(_, section)| section.unmanaged) && plan.sections().count() > 1 {
        faults.push(
            "a section without a Manager (unmanaged = true) stands alone: remove the others, or give it a Manager"
                .to_owned(),
        );
    }
    faults.truncate(NAMED_AT_MOST);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan_check;

    fn intent(sentence: &str) -> Intent {
        Intent {
            sentence: sentence.to_owned(),
            constraints: vec!["No new dependency.".to_owned()],
            context: Vec::new(),
            checks: Vec::new(),
            total: Money::cents(100),
            reserve: Share::basis_points(1_000).unwrap(),
            stakes: crate::words::Stakes::Normal,
        }
    }

    fn plan(sentence: &str, checks: &[String]) -> Plan {
        let intent = intent(sentence);
        Shortcut {
            intent: &intent,
            path: Path::Direct,
            worker: Seniority::Junior,
            is_question: false,
            checks,
        }
        .plan()
    }

    #[test]
    fn a_shortcut_is_a_plan_without_faults_with_checks_and_without() {
        for checks in [vec![], vec!["cargo test".to_owned(), "make lint".to_owned()]] {
            let plan = plan("Rename a to b.", &checks);
            assert_eq!(plan_check::faults(&plan), Vec::<String>::new());
            let contract = contract(&plan, &["AGENTS.md".to_owned()]).unwrap();
            assert_eq!(contract.acceptance.len(), checks.len() + 1);
            assert_eq!(contract.constraints, ["No new dependency."]);
            assert_eq!(contract.context_files().collect::<Vec<_>>(), ["AGENTS.md"]);
        }
    }

    #[test]
    fn a_section_without_a_manager_stands_alone() {
        let mut plan = plan("Rename a to b.", &["make".to_owned()]);
        let other = Section { name: "Other".to_owned(), ..plan.phases[0].sections[0].clone() };
        plan.phases[0].sections.push(other);
        let found = plan_check::faults(&plan).join("\n");
        assert!(found.contains("stands alone"), "{found}");
    }

    #[test]
    fn a_title_is_one_short_line_of_whole_words() {
        let long =
            "Make the importer skip rows whose first column is empty and tell how many it skipped at the end";
        assert_eq!(
            title(&format!("\n{long}\nand more")),
            "Make the importer skip rows whose first column is empty and tell how…"
        );
        assert_eq!(title("  Fix it. "), "Fix it.");
        assert!(title(&"ü".repeat(200)).len() < 80);
    }
}
