//! The plan in words: everything that an approval approves.

use trireme_core::run::Run;
use trireme_core::{Criterion, Decision, ForeignTool, Plan, Scope, Section, SetUp, Stakes};

use crate::approval::setups;

/// The plan as the Owner reads it, what is run before the work, and what servers lend to it. What hangs on its sections is not in the plan alone: the run knows the rules too.
pub(crate) fn plan_text(plan: &Plan, run: &Run) -> String {
    let mut text = format!("Goal: {}\n", plan.goal);
    list(&mut text, "Constraints", plan.constraints.iter().cloned());
    text.push_str(&format!("Approach: {}\n", plan.approach));
    list(&mut text, "Decisions", plan.decisions.iter().map(|one| decision(one, run)));
    list(&mut text, "Definition of done", plan.definition_of_done.iter().map(criterion));
    for (number, phase) in plan.phases.iter().enumerate() {
        text.push_str(&format!("\nPhase {} of {}: {}\n", number + 1, plan.phases.len(), phase.name));
        phase.sections.iter().for_each(|one| text.push_str(&section(one, run)));
    }
    let setups = setups(run);
    if !setups.is_empty() {
        text.push('\n');
    }
    list(&mut text, "Set-up, before the work", setups.iter().map(setup));
    let foreign = run.head().and_then(|head| head.foreign.as_ref());
    list(&mut text, "Tools of servers", foreign.into_iter().flat_map(|foreign| &foreign.tools).map(offered));
    text
}

/// A list under its name; nothing where it is empty.
pub(crate) fn list(text: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let items: String = items.map(|item| format!("  - {item}\n")).collect();
    if !items.is_empty() {
        text.push_str(&format!("{name}:\n{items}"));
    }
}

fn setup(setup: &SetUp) -> String {
    let env = setup.env.iter().map(|(name, value)| format!("\n    With {name}={value}"));
    let hosts = setup.hosts.iter().map(|host| format!("\n    Reaches {host}"));
    let rest: String = env.chain(hosts).collect();
    let run = setup.run.replace('\n', "\n    ");
    format!("{}: the command {run}\n    Leaves {}{rest}", setup.name, setup.paths.join(", "))
}

fn offered(tool: &ForeignTool) -> String {
    let reads = if tool.reads { "only reads" } else { "may change something" };
    let callers: Vec<_> = tool.callers.iter().map(|caller| caller.name()).collect();
    format!("{}, for {}: {reads}", tool.name, callers.join(", "))
}

fn decision(decision: &Decision, run: &Run) -> String {
    let Decision { question, resolution, reason, stakes, opinion } = decision;
    let stakes = if all_high(run) { Stakes::High } else { *stakes };
    let weighed = match (stakes, opinion) {
        (Stakes::Normal, None) => String::new(),
        (Stakes::Normal, Some(opinion)) => format!("\n    Rests on opinion {opinion}"),
        (Stakes::High, Some(opinion)) => format!("\n    High stakes; rests on opinion {opinion}"),
        (Stakes::High, None) => "\n    High stakes, and no second opinion".to_owned(),
    };
    format!("{question} {resolution}\n    Because: {reason}{weighed}")
}

fn criterion(criterion: &Criterion) -> String {
    let how = criterion.check.to_string().replace('\n', "\n    ");
    format!("{}: {}\n    {how}", criterion.id, criterion.text)
}

fn section(section: &Section, run: &Run) -> String {
    let who = if section.unmanaged { "worker, no Manager" } else { "Manager" };
    let (share, seniority) = (section.budget_pct, section.seniority);
    let mut text = format!("  {} ({share}, {seniority} {who}, {})\n", section.name, stakes(section, run));
    let mut lines = format!("{}\nApproach: {}\n", section.description, section.approach);
    let tools: Vec<_> = scope_of(section, run).tools.iter().map(|tool| tool.name()).collect();
    lines.push_str(&format!(
        "Tools: {}\n",
        if tools.is_empty() { "none".to_owned() } else { tools.join(", ") }
    ));
    list(&mut lines, "Bounds", scope_of(section, run).bounds.words().into_iter());
    if section.grants_principal {
        lines.push_str("Workers may be principals\n");
    }
    list(&mut lines, "Constraints", section.constraints.iter().cloned());
    list(&mut lines, "Definition of done", section.definition_of_done.iter().map(criterion));
    for (name, files) in [("Needs", &section.needs), ("Delivers", &section.delivers)] {
        if !files.is_empty() {
            lines.push_str(&format!("{name}: {}\n", files.join(", ")));
        }
    }
    text.extend(lines.lines().map(|line| format!("    {line}\n")));
    text
}

/// What a section's agents may do, with what the run leaves of it.
fn scope_of(section: &Section, run: &Run) -> Scope {
    run.scope().within(section.capabilities).narrowed(&section.bounds)
}

/// How much hangs on a section, and who says so where the plan does not.
fn stakes(section: &Section, run: &Run) -> String {
    let outlines = run.plan().map(|plan| plan.outline.sections.as_slice()).unwrap_or_default();
    let outline = outlines.iter().find(|outline| outline.name == section.name);
    let stakes = outline.map_or(section.stakes, |outline| outline.stakes);
    match (stakes, section.stakes) {
        (Stakes::High, Stakes::Normal) if all_high(run) => "high stakes by --high-stakes".to_owned(),
        (Stakes::High, Stakes::Normal) => "high stakes by a rule of [stakes]".to_owned(),
        (stakes, _) => format!("{stakes} stakes"),
    }
}

/// Whether the Owner says that much hangs on all of it.
fn all_high(run: &Run) -> bool {
    run.head().is_some_and(|head| !head.stakes.all.is_normal())
}
