//! Plans as text: whole for whoever changes them, in short for whoever decides on what comes of them, and a section of
//! one for its Manager.

use super::{Cut, bullets, criteria, excerpt, names};
use crate::limits::{ANSWER_SHARE_BYTES, LINE_BYTES, PLAN_IN_SHORT_BYTES};
use crate::words::*;

/// A plan for an Orchestrator that did not write it: in the form in which one is handed in, so that no field of it can be
/// missing.
#[must_use]
pub fn render_plan(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).unwrap_or_default()
}

/// The approved plan, for an Orchestrator that decides on what comes of it.
#[must_use]
pub fn render_plan_in_short(plan: &Plan) -> String {
    let mut text = format!("Goal: {}\n", excerpt(&plan.goal, LINE_BYTES * 2, Cut::Head));
    let line = |text: &str, bytes| excerpt(text.lines().next().unwrap_or_default(), bytes, Cut::Head);
    for (title, lines) in [("Constraints", plan.constraints.clone()), ("Decided", decisions(plan))] {
        let mut part = String::new();
        let lines: Vec<_> = lines.iter().map(|one| line(one, LINE_BYTES)).collect();
        bullets(&mut part, title, &lines);
        text += &excerpt(&part, PLAN_IN_SHORT_BYTES / 4, Cut::Head);
    }
    let bytes = PLAN_IN_SHORT_BYTES / 2 / plan.sections().count().max(1);
    for phase in &plan.phases {
        let sections = phase.sections.iter().map(|section| match bytes {
            0..ANSWER_SHARE_BYTES => section.name.clone(),
            _ => format!("{}: {}", section.name, line(&section.description, bytes.min(LINE_BYTES))),
        });
        bullets(&mut text, &format!("Phase {:?}", phase.name), &sections.collect::<Vec<_>>());
    }
    excerpt(&text, PLAN_IN_SHORT_BYTES, Cut::Head)
}

/// What a Manager is told of the plan: its own section, and what holds for all; nothing of other sections.
/// Empty where the document has no such section.
#[must_use]
pub fn render_section(whole: &Plan, plan: &Plan, place: u16) -> String {
    let Some((_, section)) = plan.sections().nth(usize::from(place)) else {
        return String::new();
    };
    let mut text = format!("The goal of the whole plan: {}\n", whole.goal);
    bullets(&mut text, "Constraints of the whole plan", &whole.constraints);
    bullets(&mut text, "Decided for the whole plan", &decisions(whole));
    text.push_str(&format!("\nYour section: {}\n\n{}\n", section.name, section.description));
    bullets(&mut text, "Constraints of your section", &section.constraints);
    text.push_str(&format!("\nApproach: {}\n", section.approach));
    criteria(
        &mut text,
        "Definition of done, checked by the engine on your section's branch",
        &section.definition_of_done,
    );
    bullets(&mut text, "Files that are there for you", &section.needs);
    bullets(&mut text, "Files that you must leave behind", &section.delivers);
    let highest = if section.grants_principal { "principal" } else { "staff" };
    text + &format!(
        "\nYour workers may use: {}. Their highest seniority is {highest}.\n",
        names(section.capabilities)
    )
}

fn decisions(plan: &Plan) -> Vec<String> {
    let told = |one: &Decision| format!("{} {} ({})", one.question, one.resolution, one.reason);
    plan.decisions.iter().map(told).collect()
}

/// A section for an Orchestrator that puts others in its place: in the form in which it names them. Long texts give way
/// first, since criteria and files are what those others are held to. Empty where the document has no such section.
#[must_use]
pub fn render_section_in_full(plan: &Plan, place: u16, bytes: usize) -> String {
    let Some((_, section)) = plan.sections().nth(usize::from(place)) else {
        return String::new();
    };
    let json = |section: &Section| serde_json::to_string(section).unwrap_or_default();
    let mut section = section.clone();
    if json(&section).len() > bytes {
        let texts = [&mut section.description, &mut section.approach];
        for text in texts.into_iter().chain(&mut section.constraints) {
            *text = excerpt(text, bytes / 8, Cut::Head);
        }
    }
    excerpt(&json(&section), bytes, Cut::Head)
}
