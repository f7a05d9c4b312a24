//! Other sections in the place of one that was too large, or that came to nothing.
//!
//! A section that is too large comes to the Orchestrator as soon as its Manager gives it back. One that came to nothing
//! comes when its phase would end without it: all others are joined then, so that what takes its place begins from what is
//! there. It is asked only while the phase can still become whole, at most twice along a line of replacements, and never for
//! what the Owner stopped, for what ran out of money, or where this machine is broken.

use super::Run;
use super::event::{AgentEvent, Answer, BranchEvent, Notice, SectionEnd, SectionOutline};
use super::planning::section_outlines;
use super::scopes::beyond_bounds;
use super::state::{SectionState, Stage, Timer};
use super::step::Draft;
use crate::ledger::{Ledger, split};
use crate::limits::{NAMED_AT_MOST, REPLAN_DEADLINE_MS, REPLANS_PER_LINE};
use crate::plan_check;
use crate::survey::Surveyed;
use crate::words::*;

/// Whether the Orchestrator is asked to put others in a section's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replan {
    /// It never was.
    #[default]
    No,
    /// It is, until then.
    Asked(Millis),
    /// It was, and that is settled.
    Over,
}

impl Run {
    /// Whether others came in a section's place.
    #[must_use]
    pub fn has_replacements(&self, section: SectionId) -> bool {
        self.sections.iter().any(|(_, state)| state.replaces == Some(section))
    }

    /// Sections for whose place the Orchestrator is asked.
    pub fn awaiting_replan(&self) -> impl Iterator<Item = (SectionId, &SectionState)> {
        self.sections.iter().filter(|(_, state)| matches!(state.replan, Replan::Asked(_)))
    }

    /// What the Orchestrator was told of such a section.
    pub(super) fn replan_notice(section: SectionId, state: &SectionState) -> Notice {
        match state.returned {
            Some(reason) => Notice::TooLarge { section, reason },
            None => Notice::FellShort { section },
        }
    }

    pub(super) fn apply_replan_asked(&mut self, at: Millis, section: SectionId) {
        let due = at.plus(REPLAN_DEADLINE_MS);
        let Some(state) = self.sections.get_mut(section) else { return };
        state.replan = Replan::Asked(due);
        let phase = state.outline.phase;
        self.timers.insert((due, Timer::Replan(section)));
        // What was joined stays so; the phase goes on with what comes in the place of the rest.
        if let Stage::Joining(_) = self.stage {
            self.stage = Stage::Working(phase);
        }
    }

    pub(super) fn apply_replan_over(&mut self, section: SectionId) {
        let Some(state) = self.sections.get_mut(section) else { return };
        let Replan::Asked(due) = state.replan else { return };
        state.replan = Replan::Over;
        self.timers.remove(&(due, Timer::Replan(section)));
        self.untell_orchestrator(|notice| {
            matches!(notice, Notice::TooLarge { section: other, .. } | Notice::FellShort { section: other }
                if *other == section)
        });
    }

    /// Where those who come in a section's place begin: where it stands, or where its phase does once it is over.
    pub(super) fn tip_for_replacements(&self, section: SectionId) -> Option<CommitId> {
        let state = self.sections.get(section)?;
        match state.end {
            None => state.tip.clone(),
            Some(_) => self.phases.get(state.outline.phase)?.tip.clone(),
        }
    }

    /// Nobody could replan while the run stood still.
    pub(super) fn give_replans_time_again(&mut self, at: Millis) {
        let due = at.plus(REPLAN_DEADLINE_MS);
        for (section, state) in self.sections.iter_mut() {
            if let Replan::Asked(_) = state.replan {
                state.replan = Replan::Asked(due);
                self.timers.insert((due, Timer::Replan(section)));
            }
        }
    }

    /// Whether nothing is lacking in a phase for want of this section.
    pub(super) fn is_well(&self, section: SectionId) -> bool {
        self.has_replacements(section)
            || self
                .sections
                .get(section)
                .is_some_and(|state| state.end == Some(SectionEnd::Verified) && !state.withdrawn)
    }

    /// Whether others may come in a section's place although it is over.
    fn may_be_replanned(&self, section: SectionId) -> bool {
        let Some(state) = self.sections.get(section) else { return false };
        let came_to_nothing = match state.end {
            Some(SectionEnd::Unverified | SectionEnd::Failed | SectionEnd::NeedsMissing) => true,
            Some(SectionEnd::Verified) => state.withdrawn,
            Some(
                SectionEnd::BudgetExhausted
                | SectionEnd::TooLarge
                | SectionEnd::NotStarted
                | SectionEnd::Killed,
            )
            | None => false,
        };
        came_to_nothing
            && state.replan == Replan::No
            && state.outline.only.is_none()
            && self.has_replans_left(section)
    }

    /// Whether a section's line of replacements may go on.
    pub(super) fn has_replans_left(&self, section: SectionId) -> bool {
        let before = |id: &SectionId| self.sections.get(*id)?.replaces;
        std::iter::successors(Some(section), before).skip(1).count() < REPLANS_PER_LINE
    }
}

impl Draft<'_> {
    /// A phase would end without some of its sections. True if the Orchestrator is asked first.
    pub(super) fn asks_for_replans(&mut self, phase: PhaseId) -> bool {
        let sections = self.run.phases.get(phase).map(|state| state.sections.as_slice()).unwrap_or_default();
        let lacking: Vec<_> = sections.iter().copied().filter(|id| !self.run.is_well(*id)).collect();
        let can_be_whole = lacking.iter().all(|id| self.run.may_be_replanned(*id));
        let Some(orchestrator) = self.run.orchestrator.filter(|_| self.orchestrator_can_speak()) else {
            return false;
        };
        let Some((last, others)) = lacking.split_last().filter(|_| can_be_whole && self.run.broken.is_none())
        else {
            return false;
        };
        for section in &lacking {
            self.emit(BranchEvent::ReplanAsked { section: *section });
        }
        // As many in one turn as there is room for: only the last one wakes.
        for section in others {
            let notice = Notice::FellShort { section: *section };
            self.emit(AgentEvent::Noticed { agent: orchestrator, notice });
        }
        self.notify(orchestrator, Notice::FellShort { section: *last });
        true
    }

    /// Nobody comes in a section's place.
    pub(super) fn drop_replan(&mut self, section: SectionId) {
        let asked = self.run.awaiting_replan().find(|(id, _)| *id == section);
        let Some((_, state)) = asked else { return };
        let phase = state.outline.phase;
        if state.end.is_none() {
            return self.end_section(section, SectionEnd::TooLarge);
        }
        self.emit(BranchEvent::ReplanDropped { section });
        self.phase_may_join(phase);
    }

    pub(super) fn drop_replans(&mut self) {
        let asked: Vec<_> = self.run.awaiting_replan().map(|(id, _)| id).collect();
        asked.into_iter().for_each(|section| self.drop_replan(section));
    }

    /// Others take a section's place, with its money; no sections at all means that it is dropped.
    pub(super) fn replan(
        &mut self,
        agent: AgentId,
        index: u16,
        name: &str,
        Surveyed { document: plan, survey }: &Surveyed<Plan>,
        extra: Money,
    ) {
        let asked = self.run.awaiting_replan().find(|(_, state)| state.outline.name == name);
        let Some((section, state)) = asked else {
            let why = self.nobody_waits(name);
            return self.refuse(agent, index, why);
        };
        let (old, is_over) = (state.outline.clone(), state.end.is_some());
        let is_dropped = plan.body.phases.iter().all(|phase| phase.sections.is_empty());
        let purse = self.purse_for(state);
        if let Some(why) = purse.fault(name, extra).filter(|_| !is_dropped) {
            return self.refuse(agent, index, why);
        }
        let mut faults = self.replan_faults(&plan.body, &old);
        faults.extend(survey.faults.iter().cloned());
        if !faults.is_empty() {
            return self.plan_faulty(agent, index, faults);
        }
        // What the Owner approved is the most that anybody in its place may do.
        let mut sections = section_outlines(&plan.body, Some(old.phase), &old.capabilities);
        for section in &mut sections {
            section.grants_principal &= old.grants_principal;
        }
        let money = purse.left.plus(extra);
        self.run.mark_stakes(&plan.body, money, &mut sections);
        self.answer(agent, index, Answer::Taken);
        let replacements = self.put_in_place(section, plan.blob, sections, &purse, money);
        if !is_over {
            self.settle_section(section, SectionEnd::TooLarge);
        }
        replacements.into_iter().for_each(|id| self.begin_section(id));
        self.phase_may_join(old.phase);
    }

    fn nobody_waits(&self, name: &str) -> String {
        let waiting = self.run.awaiting_replan().map(|(_, state)| format!("{:?}", state.outline.name));
        let waiting: Vec<_> = waiting.take(NAMED_AT_MOST).collect();
        if waiting.is_empty() {
            return format!(
                "No section {name:?} waits for another plan, nor does any other. Go on; you are told when one does."
            );
        }
        format!("No section {name:?} waits for another plan. Name one that does: {}.", waiting.join(", "))
    }

    /// The sections that come, each with its part of the money.
    fn put_in_place(
        &mut self,
        section: SectionId,
        plan: BlobRef,
        sections: Vec<SectionOutline>,
        purse: &ReplanPurse,
        money: Money,
    ) -> Vec<SectionId> {
        let shares: Vec<_> = sections.iter().map(|section| section.share).collect();
        let first = self.run.sections.next();
        self.emit(BranchEvent::SectionReplanned { section, plan, sections });
        if !shares.is_empty() && purse.from != Ledger::RESERVE {
            self.transfer(Ledger::RESERVE, purse.from, money.minus(purse.left));
        }
        let parts = split(money, &shares);
        let replacements: Vec<_> = (first.0..).map(SectionId).zip(parts).collect();
        for (id, amount) in &replacements {
            self.open_section(*id, purse.from, *amount);
        }
        replacements.into_iter().map(|(id, _)| id).collect()
    }

    /// Where the money for a section's place is. What one that is over had left went to the reserve.
    fn purse_for(&self, state: &SectionState) -> ReplanPurse {
        let reserve = self.run.ledger.free(Ledger::RESERVE);
        match state.account.filter(|_| state.end.is_none()) {
            Some(from) => ReplanPurse { from, left: self.run.ledger.free(from), reserve },
            None => {
                let left = state.surplus.min(reserve);
                ReplanPurse { from: Ledger::RESERVE, left, reserve: reserve.minus(left) }
            }
        }
    }

    fn replan_faults(&self, plan: &Plan, old: &SectionOutline) -> Vec<String> {
        if plan.phases.iter().all(|phase| phase.sections.is_empty()) {
            return Vec::new();
        }
        let taken: Vec<_> = self.run.sections.iter().map(|(_, state)| state.outline.name.as_str()).collect();
        let mut faults = plan_check::faults(plan);
        faults.extend(plan.sections().filter(|(_, section)| taken.contains(&section.name.as_str())).map(
            |(_, section)| format!("section {:?}: the name is taken; choose another one", section.name),
        ));
        let promised = |path: &&String| plan.sections().any(|(_, section)| section.delivers.contains(path));
        faults.extend(old.delivers.iter().filter(|path| !promised(path)).map(|path| {
            format!(
                "{path:?}, which {:?} had to deliver, is delivered by nobody; give it to a section",
                old.name
            )
        }));
        faults.extend(plan_check::unserved(plan, &self.run.catalogue));
        faults.extend(beyond_bounds(plan, &old.capabilities, self.run.checks()));
        faults
    }
}

/// The money for what comes in a section's place.
struct ReplanPurse {
    /// The account that has it.
    from: AccountId,
    /// What the section had left.
    left: Money,
    /// What the reserve could add.
    reserve: Money,
}

impl ReplanPurse {
    /// What is wrong with adding so much, if anything is.
    fn fault(&self, name: &str, extra: Money) -> Option<String> {
        let (left, reserve) = (self.left, self.reserve);
        let is_fine = extra <= reserve && !left.plus(extra).is_zero();
        (!is_fine).then(|| {
            format!(
                "add_usd can't be {extra}: {name:?} has {left} left, and your reserve has {reserve} to add to that. Choose \
                 another amount, or drop the section with an empty list."
            )
        })
    }
}
