//! Stakes by rule: what the plan leaves normal and the Owner or the configuration does not.

use globset::Glob;

use super::Run;
use super::event::SectionOutline;
use super::step::Draft;
use crate::ledger::{Ledger, split};
use crate::limits::NAMED_AT_MOST;
use crate::words::*;

impl Run {
    /// What hangs on a section that would have that much money.
    pub(super) fn stakes_of(&self, section: &Section, money: Money) -> Stakes {
        let rule = self.head.as_ref().map(|head| &head.stakes);
        let by_rule = rule.is_some_and(|rule| {
            !rule.all.is_normal()
                || rule.above.is_some_and(|above| money > above)
                || rule.paths.iter().any(|glob| touches(section, glob))
        });
        if by_rule { Stakes::High } else { section.stakes }
    }

    /// What hangs on a plan, whatever money there is: that says nothing of the work.
    pub(super) fn stakes_of_work(&self, plan: &Plan) -> Stakes {
        let all = plan.sections().map(|(_, section)| self.stakes_of(section, Money::ZERO));
        all.max().unwrap_or_default()
    }

    /// Marks the outlines of a plan's sections, which share out that much money.
    pub(super) fn mark_stakes(&self, plan: &Plan, money: Money, outlines: &mut [SectionOutline]) {
        let shares: Vec<_> = outlines.iter().map(|outline| outline.share).collect();
        let parts = split(money, &shares);
        for (((_, section), outline), part) in plan.sections().zip(outlines).zip(parts) {
            outline.stakes = self.stakes_of(section, part);
        }
    }
}

impl Draft<'_> {
    /// Decisions with high stakes that rest on no opinion. Where no second opinion can be had, none is asked for.
    pub(super) fn unadvised(&self, plan: &Plan) -> Vec<String> {
        if self.run.sides(Seniority::Principal, self.at).is_err() {
            return Vec::new();
        }
        let all_high = self.run.head.as_ref().is_some_and(|head| !head.stakes.all.is_normal());
        let high = plan.decisions.iter().filter(|decision| all_high || !decision.stakes.is_normal());
        high.filter_map(|decision| self.advice_fault(decision)).take(NAMED_AT_MOST).collect()
    }

    fn advice_fault(&self, decision: &Decision) -> Option<String> {
        let question = &decision.question;
        let Some(name) = &decision.opinion else {
            return Some(format!(
                "decision {question:?} has high stakes and names no opinion: call second_opinion first with this question, then put its name, such as \"o0\", into opinion"
            ));
        };
        let named = name.parse().ok().and_then(|id: OpinionId| self.run.opinions.get(id));
        let counts = named.is_some_and(|state| state.end.is_some() && self.is_orchestrators(state.asker));
        (!counts).then(|| {
            format!(
                "decision {question:?} rests on {name:?}, but no opinion of that name came; yours are: {}",
                self.opinions_of_orchestrator()
            )
        })
    }

    fn opinions_of_orchestrator(&self) -> String {
        let ours = self.run.opinions.iter().filter(|(_, state)| self.is_orchestrators(state.asker));
        let names: Vec<_> = ours.map(|(id, _)| id.to_string()).collect();
        if names.is_empty() { "none yet; call second_opinion".to_owned() } else { names.join(", ") }
    }

    pub(super) fn is_orchestrators(&self, asker: Asker) -> bool {
        matches!(asker, Asker::Agent { agent, .. } if Some(agent) == self.run.orchestrator)
    }

    /// What the sections of a plan share out.
    pub(super) fn pool(&self) -> Money {
        self.run.ledger.free(Ledger::POOL)
    }
}

/// Whether a section delivers a file that a glob matches, or its criteria name or pin one. Where nobody manages it, nobody
/// has thought about files yet: there the Owner's own words count.
fn touches(section: &Section, glob: &str) -> bool {
    let Ok(matcher) = Glob::new(glob).map(|glob| glob.compile_matcher()) else { return false };
    let named = section.definition_of_done.iter().flat_map(|criterion| named_in(&criterion.check));
    let said = if section.unmanaged { section.description.as_str() } else { "" };
    let said = said.split_whitespace().map(|word| word.trim_matches(|sign| ".,;:!?`'\"()".contains(sign)));
    section.delivers.iter().map(String::as_str).chain(named).chain(said).any(|path| matcher.is_match(path))
}

/// The paths in a check; any word of a command may be one.
fn named_in(check: &Check) -> Vec<&str> {
    let words = check.command().into_iter().flat_map(str::split_whitespace);
    let file = match check {
        Check::File { path, .. } | Check::Json { path, .. } => Some(path.as_str()),
        Check::Command { .. }
        | Check::Http { .. }
        | Check::Diff { .. }
        | Check::Tree { .. }
        | Check::Rubric => None,
    };
    words.chain(file).chain(check.pinned().iter().map(String::as_str)).collect()
}
