//! Set-up before the sections of a phase, one command after the other. Without its fittings no check would tell anything, so
//! a command that fails ends the run before anybody is paid for work.

use super::effect::Effect;
use super::event::{Cause, RunEvent};
use super::state::Stage;
use super::step::Draft;
use crate::words::*;

impl Draft<'_> {
    /// The next command of a phase, from a place in the list on; after the last one the sections begin.
    pub(super) fn set_up_from(&mut self, phase: PhaseId, first: usize) {
        let Some(commit) = self.run.tip.clone() else { return };
        let setups = self.run.head.as_ref().map(|head| head.setups.as_slice()).unwrap_or_default();
        let is_due = |setup: &SetUp| phase == PhaseId(0) || setup.per == SetUpPer::Section;
        match setups.iter().enumerate().skip(first).find(|(_, setup)| is_due(setup)) {
            Some((number, setup)) => {
                let (name, effect) = (setup.name.clone(), self.next_effect());
                let number = u16::try_from(number).unwrap_or(u16::MAX);
                self.emit(RunEvent::SetUpBegan { effect, phase, number, name, commit });
            }
            None => self.begin_sections(phase),
        }
    }

    /// A set-up command is over.
    pub(super) fn set_up(&mut self, id: EffectId, effect: &Effect, result: SetUpResult) {
        let Effect::SetUp { phase, number, .. } = *effect else { return };
        let has_failed = result.fault.is_some();
        let setups = self.run.head.as_ref().map(|head| head.setups.as_slice()).unwrap_or_default();
        let name = setups.get(usize::from(number)).map(|setup| setup.name.clone()).unwrap_or_default();
        self.emit(RunEvent::SetUpEnded { effect: id, phase, name, result });
        match self.run.stage == Stage::Working(phase) {
            true if has_failed => self.close(Cause::SetUpFailed),
            true => self.set_up_from(phase, usize::from(number) + 1),
            // The Owner stopped every section of the phase meanwhile.
            false => {}
        }
    }
}
