//! What the Owner does in a world of chance.

use trireme_core::run::{Command, Input, Proposal, Stage, Target};
use trireme_core::words::*;

use super::Chaos;
use crate::fixtures::{begin, blob, lodge, plan, shortcut};

impl Chaos {
    /// A command at a moment that nobody chose; many are refused, and that is right.
    pub(super) fn owner(&mut self) {
        let run = &self.world.run;
        let (sections, tasks) = (run.sections().len() as u64, run.tasks().len() as u64);
        let (questions, requests) = (run.questions().len() as u64, run.requests().len() as u64);
        let spent = run.ledger().get(trireme_core::ledger::Ledger::RUN).unwrap().spent;
        let narrow = |number: u64| u32::try_from(number).unwrap();
        let open = run.requests().iter().find(|(_, request)| request.granted.is_none()).map(|(id, _)| id);
        let any = RequestId(narrow(self.rng.below(requests + 1)));
        let request = open.filter(|_| self.rng.percent(80)).unwrap_or(any);
        let command = match self.rng.below(14) {
            12 => Command::Revise { text: blob("smaller") },
            13 => self.another_plan(),
            0 if self.rng.percent(self.mood.kill / 4) => Command::Kill { target: Target::Run },
            1 if self.rng.percent(self.mood.kill) => {
                Command::Kill { target: Target::Section(SectionId(narrow(self.rng.below(sections + 1)))) }
            }
            2 if self.rng.percent(self.mood.kill) => {
                Command::Kill { target: Target::Task(TaskId(narrow(self.rng.below(tasks + 1)))) }
            }
            3 => Command::Pause,
            4 => Command::Resume,
            5 => Command::Budget { total: spent.plus(Money::cents(self.rng.below(2_000))) },
            6 if self.rng.percent(self.mood.kill) => {
                Command::Budget { total: spent.fraction(self.rng.below(100), 100) }
            }
            7 => Command::Answer {
                question: QuestionId(narrow(self.rng.below(questions + 1))),
                text: blob("yes"),
            },
            8 => {
                let amount = self.rng.percent(50).then(|| Money::cents(self.rng.below(500)));
                Command::Grant { request, amount }
            }
            9 => Command::Deny { request },
            10 => {
                let one = Recipient::Section(SectionId(narrow(self.rng.below(sections + 1))));
                let to = *self.rng.pick(&[Recipient::All, Recipient::Orchestrator, one]);
                Command::Memo { to, content: blob("listen") }
            }
            _ => Command::Approve { plan: None },
        };
        let _refused = self.world.command(command);
    }

    /// A plan of the Owner's: the cast's again, one without a Manager, or none that can be.
    fn another_plan(&mut self) -> Command {
        let proposal = match self.rng.below(4) {
            0 => Proposal { plan: lodge(plan(Vec::new())), contract: None },
            1 => {
                let intent = begin(Money::cents(100), 10, false).intent.body;
                shortcut(&intent, Path::Direct, Seniority::Mid, &["make".to_owned()])
            }
            _ => Proposal { plan: lodge(self.cast.plan.clone()), contract: None },
        };
        Command::EditPlan { proposal: Box::new(proposal) }
    }

    /// Everything waits for the Owner, so the Owner acts.
    pub(super) fn owner_must_act(&mut self) {
        let run = &self.world.run;
        let open = run.requests().iter().find(|(_, request)| request.granted.is_none()).map(|(id, _)| id);
        let command = match (run.stage(), open) {
            (Stage::Approval, _) if self.rng.percent(20) => self.another_plan(),
            (Stage::Approval, _) if self.rng.percent(20) => Command::Revise { text: blob("smaller") },
            (Stage::Approval, _) if self.rng.percent(5) => Command::Reject { reason: "no".to_owned() },
            (Stage::Approval, _) => Command::Approve { plan: None },
            (_, Some(request)) if !run.paused() => Command::Deny { request },
            _ => Command::Resume,
        };
        if matches!(command, Command::EditPlan { .. } | Command::Revise { .. }) {
            let _refused = self.world.command(command);
        } else if self.world.run.paused() {
            self.world.feed(Input::Command(Command::Resume)).unwrap();
        } else {
            self.world.command(command).unwrap();
        }
    }
}
