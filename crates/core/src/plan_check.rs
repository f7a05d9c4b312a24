//! What is wrong with a plan, in sentences that a model can act on.

use std::collections::BTreeSet;

use globset::Glob;

use crate::catalogue::Catalogue;

use crate::criteria_lint::{criteria, tellable};
use crate::limits::{NAME_BYTES, NAMED_AT_MOST, PATH_BYTES, PHASES, SECTIONS, TEXT_BYTES};
use crate::shortcut;
use crate::words::{Check, Plan, Section, Seniority, Share};

/// Every fault of a plan, at most a few; none means that it can be shown to the Owner.
#[must_use]
pub fn faults(plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    text("goal", &plan.goal, &mut faults);
    text("approach", &plan.approach, &mut faults);
    texts("constraints", &plan.constraints, &mut faults);
    // Where nobody manages, a Reviewer tells what no command can.
    let may_be_empty = plan.sections().any(|(_, section)| section.unmanaged);
    if !(may_be_empty && plan.definition_of_done.is_empty()) {
        criteria("the plan", &plan.definition_of_done, &mut faults);
    }
    tellable("the plan", &plan.definition_of_done, &mut faults);
    for decision in &plan.decisions {
        text("decisions.question", &decision.question, &mut faults);
        text("decisions.resolution", &decision.resolution, &mut faults);
        text("decisions.reason", &decision.reason, &mut faults);
    }
    shape(plan, &mut faults);
    for (_, section) in plan.sections() {
        section_faults(section, &mut faults);
    }
    shortcut::faults(plan, &mut faults);
    artifacts(plan, &mut faults);
    faults.truncate(NAMED_AT_MOST);
    faults
}

/// Managers whose seniority no model of this run serves.
#[must_use]
pub fn unserved(plan: &Plan, catalogue: &Catalogue) -> Vec<String> {
    let unserved = plan.sections().filter(|(_, section)| !catalogue.serves(section.seniority));
    let fault = |section: &Section| {
        format!(
            "section {:?}: no model serves seniority {} here; choose another one",
            section.name, section.seniority
        )
    };
    unserved.map(|(_, section)| fault(section)).take(NAMED_AT_MOST).collect()
}

/// Commands that the Owner wants to pass at the end and that no criterion of the whole plan runs.
#[must_use]
pub fn unheeded(plan: &Plan, checks: &[String]) -> Vec<String> {
    let runs = |command: &str| {
        plan.definition_of_done.iter().any(|criterion| match &criterion.check {
            Check::Command { run, exit, .. } => *exit == 0 && run.trim() == command.trim(),
            Check::File { .. }
            | Check::Json { .. }
            | Check::Http { .. }
            | Check::Diff { .. }
            | Check::Tree { .. }
            | Check::Rubric => false,
        })
    };
    let unheeded = checks.iter().filter(|command| !runs(command)).take(NAMED_AT_MOST);
    let fault = |command: &String| {
        format!(
            "the Owner wants `{command}` to pass at the end: give the plan's definition_of_done a command criterion with just that `run`"
        )
    };
    unheeded.map(fault).collect()
}

/// Whether nothing must not happen: then nobody thought of what to leave alone. The Owner's own plans may be so.
#[must_use]
pub fn unconstrained(plan: &Plan) -> Option<String> {
    plan.constraints.is_empty().then(|| {
        "constraints is empty: name at least one thing that must not happen on the way, in a full sentence"
            .to_owned()
    })
}

fn shape(plan: &Plan, faults: &mut Vec<String>) {
    let sections = plan.sections().count();
    if sections == 0 || plan.phases.iter().any(|phase| phase.sections.is_empty()) {
        faults.push("every phase needs at least one section".to_owned());
    }
    if plan.phases.len() > PHASES || sections > SECTIONS {
        faults.push(format!("a plan has at most {PHASES} phases and {SECTIONS} sections; join some"));
    }
    unique("phase", plan.phases.iter().map(|phase| phase.name.as_str()), faults);
    unique("section", plan.sections().map(|(_, section)| section.name.as_str()), faults);
    let sum: u32 = plan.sections().map(|(_, section)| section.budget_pct.points()).sum();
    if sum == 100 && sections > 0 {
        faults.push("budget_pct adds up to 1: it is written in percent, so 40 and not 0.40".to_owned());
    } else if sum != Share::WHOLE.points() {
        let hundredths = format!("{}.{:02}", sum / 100, sum % 100);
        faults.push(format!(
            "budget_pct of all sections adds up to {hundredths}, not to 100; change the shares"
        ));
    }
}

fn section_faults(section: &Section, faults: &mut Vec<String>) {
    let at = |what: &str| format!("section {:?}: {what}", section.name);
    name(&at("name"), &section.name, faults);
    text(&at("description"), &section.description, faults);
    text(&at("approach"), &section.approach, faults);
    texts(&at("constraints"), &section.constraints, faults);
    if !(section.unmanaged && section.definition_of_done.is_empty()) {
        criteria(&format!("section {:?}", section.name), &section.definition_of_done, faults);
    }
    tellable(&format!("section {:?}", section.name), &section.definition_of_done, faults);
    if section.budget_pct.points() == 0 {
        faults.push(at("budget_pct is 0; a section without money can do nothing"));
    }
    if section.seniority == Seniority::Principal && !section.unmanaged {
        faults.push(at("seniority principal is for the Orchestrator; a Manager is staff at most"));
    }
    for path in section.needs.iter().chain(&section.delivers) {
        if let Some(fault) = path_fault(path) {
            faults.push(at(&format!("{path:?} {fault}")));
        }
    }
}

/// A file that a section delivers is delivered once, and no section needs what comes only later.
fn artifacts(plan: &Plan, faults: &mut Vec<String>) {
    let delivered =
        |path: &str| plan.sections().find(|(_, section)| section.delivers.iter().any(|file| file == path));
    for (phase, section) in plan.sections() {
        for path in &section.needs {
            if let Some((from, giver)) = delivered(path).filter(|(from, _)| *from >= phase) {
                let when = if from == phase { "the same" } else { "a later" };
                faults.push(format!(
                    "section {:?} needs {path:?}, but {:?} delivers it in {when} phase; put {:?} into a later one",
                    section.name, giver.name, section.name
                ));
            }
        }
    }
    unique(
        "delivered file",
        plan.sections().flat_map(|(_, section)| &section.delivers).map(String::as_str),
        faults,
    );
}

pub(crate) fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>, faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            faults.push(format!("{what} {name:?} is there twice; each needs a name of its own"));
        }
    }
}

/// What is wrong with a path from the root of the repository.
pub(crate) fn path_fault(path: &str) -> Option<&'static str> {
    let parts = || path.split('/');
    if path.len() > PATH_BYTES || path.contains(char::is_control) {
        return Some("is too long for a path, or holds signs that no path has; write it like src/main.rs");
    }
    if path.is_empty() || path.starts_with('/') || parts().any(|part| matches!(part, ".." | "." | "")) {
        return Some("is not a path from the root of the repository; write it like src/main.rs");
    }
    parts()
        .any(|part| part.eq_ignore_ascii_case(".git"))
        .then_some("is inside of .git, which nobody may touch")
}

/// What is wrong with a glob of paths.
#[must_use]
pub fn glob_fault(glob: &str) -> Option<String> {
    if let Some(fault) = path_fault(glob) {
        return Some(fault.to_owned());
    }
    Glob::new(glob).err().map(|error| format!("is not a glob: {}", error.kind()))
}

pub(crate) fn name(what: &str, value: &str, faults: &mut Vec<String>) {
    if value.trim().is_empty() || value.len() > NAME_BYTES || value.contains('\n') {
        faults.push(format!("{what} must be one line of 1 to {NAME_BYTES} bytes"));
    }
}

pub(crate) fn text(what: &str, value: &str, faults: &mut Vec<String>) {
    if value.trim().is_empty() {
        faults.push(format!("{what} is empty"));
    }
    if value.len() > TEXT_BYTES {
        faults.push(format!("{what} is longer than {TEXT_BYTES} bytes; shorten it"));
    }
}

pub(crate) fn texts(what: &str, values: &[String], faults: &mut Vec<String>) {
    for value in values {
        text(what, value, faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let criterion = r#"{"id":"c","text":"it works","check":{"kind":"command","run":"make check"}}"#;
        let section = |name: &str, pct: u32| {
            format!(
                r#"{{"name":"{name}","description":"d","approach":"a","definition_of_done":[{criterion}],"budget_pct":{pct},
                   "capabilities":["read","run"],"seniority":"senior"}}"#
            )
        };
        let text = format!(
            r#"{{"goal":"g","constraints":["c"],"approach":"a","definition_of_done":[{criterion}],
               "phases":[{{"name":"design","sections":[{}]}},{{"name":"build","sections":[{},{}]}}]}}"#,
            section("spec", 20),
            section("api", 50),
            section("ui", 30)
        );
        serde_json::from_str(&text).unwrap()
    }

    fn faults_of(change: impl FnOnce(&mut Plan)) -> String {
        let mut plan = plan();
        change(&mut plan);
        faults(&plan).join("\n")
    }

    #[test]
    fn a_sound_plan_has_no_faults() {
        assert_eq!(faults(&plan()), Vec::<String>::new());
    }

    #[test]
    fn every_fault_says_what_to_do() {
        let share = |points| Share::basis_points(points).unwrap();
        type Change = fn(&mut Plan);
        let cases: [(&str, Change); 6] = [
            ("goal is empty", |plan| plan.goal.clear()),
            ("needs 1 to", |plan| plan.definition_of_done.clear()),
            ("each needs a name of its own", |plan| plan.phases[1].sections[0].name = "ui".into()),
            ("is not a path from the root", |plan| plan.phases[0].sections[0].delivers.push("../x".into())),
            ("delivers it in the same phase", |plan| {
                plan.phases[1].sections[0].delivers.push("api.json".into());
                plan.phases[1].sections[1].needs.push("api.json".into());
            }),
            ("staff at most", |plan| plan.phases[0].sections[0].seniority = Seniority::Principal),
        ];
        for (expected, change) in cases {
            let found = faults_of(change);
            assert!(found.contains(expected), "{expected:?} is not in {found:?}");
        }
        let sums = |points: [u32; 3]| {
            faults_of(|plan| {
                plan.phases[0].sections[0].budget_pct = share(points[0]);
                plan.phases[1].sections[0].budget_pct = share(points[1]);
                plan.phases[1].sections[1].budget_pct = share(points[2]);
            })
        };
        assert!(sums([2000, 5000, 3001]).contains("adds up to 100.01, not to 100"));
        assert!(sums([20, 50, 30]).contains("so 40 and not 0.40"));
    }

    #[test]
    fn git_folders_are_out_of_reach_in_any_spelling() {
        for path in [".git/config", "a/.GIT/hooks/x", "/etc/passwd", "a/../b", ""] {
            assert!(path_fault(path).is_some(), "{path:?}");
        }
        assert_eq!(path_fault("src/.gitignore"), None);
    }
}
