//! Memos: written down once, put into the inbox of everyone whom they are for, once. Nobody ever waits for an answer: a
//! BLOCKER marks a task until an answer comes, its Manager decides, or its deadline passes.

use super::Run;
use super::ask::MemoAsk;
use super::event::{AgentEvent, Answer, Notice};
use super::state::{SectionState, Stage};
use super::step::{Draft, Refusal};
use crate::limits::{MEMO_DEADLINE_MS, MEMOS_PER_MANAGER, NAMED_AT_MOST};
use crate::words::*;

/// What a memo says, how urgently, and whether the words are the Owner's.
struct Words {
    priority: Priority,
    topic: String,
    content: BlobRef,
    of_owner: bool,
}

impl Run {
    /// The BLOCKER memo that marks a task, while nobody has answered it.
    #[must_use]
    pub fn blocker_of(&self, task: TaskId) -> Option<&Memo> {
        let open = self.blockers.iter().filter_map(|number| self.memos.get(*number));
        open.into_iter().find(|memo| memo.task == Some(task))
    }
}

impl Draft<'_> {
    /// A Manager writes to others.
    pub(super) fn send_memo(&mut self, section: SectionId, agent: AgentId, index: u16, ask: MemoAsk) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        if state.memos_sent >= MEMOS_PER_MANAGER {
            let why = format!(
                "You have sent {MEMOS_PER_MANAGER} memos, and there are no more. Go on without; put what others must know into your report."
            );
            return self.refuse(agent, index, why);
        }
        let MemoAsk { to, priority, topic, content, task } = ask;
        let task = match task.as_deref().map(|title| (title, self.task_named(section, title))) {
            None => None,
            Some((_, Some((task, _)))) => Some(task),
            Some((title, None)) => return self.no_such_task(section, agent, index, title),
        };
        if priority == Priority::Blocker && task.is_none() {
            let why = "A BLOCKER marks a task: name the task that is held up in `task`. Where no task of yours is, send it as URGENT.";
            return self.refuse(agent, index, why);
        }
        let Some(to) = self.recipient(&to, Some(section)) else {
            let why = self.nobody_there(&to, Some(section));
            return self.refuse(agent, index, why);
        };
        self.answer(agent, index, Answer::Taken);
        let held_up = task.filter(|_| priority == Priority::Blocker);
        let words = Words { priority, topic, content, of_owner: false };
        self.post_memo(Some(section), to, words, held_up);
    }

    /// The Orchestrator writes to Managers.
    pub(super) fn orchestrator_memo(&mut self, agent: AgentId, index: u16, ask: MemoAsk) {
        let MemoAsk { to, priority, topic, content, .. } = ask;
        match self.recipient(&to, None) {
            Some(to) if priority != Priority::Blocker => {
                self.answer(agent, index, Answer::Taken);
                let words = Words { priority, topic, content, of_owner: false };
                self.post_memo(None, to, words, None);
            }
            Some(_) => self.refuse(agent, index, "Nothing blocks you: send it as FYI or URGENT."),
            None => {
                let why = self.nobody_there(&to, None);
                self.refuse(agent, index, why);
            }
        }
    }

    /// What the Owner says goes out word by word in the Orchestrator's name. The Orchestrator hears it too; it is woken only
    /// by what is for itself.
    pub(super) fn owner_memo(&mut self, to: Recipient, content: BlobRef) {
        let memo = self.run.memos.next();
        let topic = "from the Owner".to_owned();
        let words = Words { priority: Priority::Urgent, topic, content, of_owner: true };
        self.post_memo(None, to, words, None);
        let Some(orchestrator) = self.run.orchestrator else { return };
        match to {
            Recipient::Orchestrator => self.notify(orchestrator, Notice::Memo { memo }),
            Recipient::Section(_) | Recipient::All => {
                self.emit(AgentEvent::Noticed { agent: orchestrator, notice: Notice::Memo { memo } });
            }
        }
    }

    /// Whether anybody hears what the Owner says, and what to type where nobody does.
    pub(super) fn can_be_heard(&self, to: Recipient) -> Result<(), Refusal> {
        let by_manager = self.listeners(None).next().is_some();
        let by_orchestrator = self.orchestrator_can_speak() && self.run.stage != Stage::Approval;
        let is_heard = match to {
            Recipient::Section(section) => {
                self.run.sections.get(section).is_some_and(|state| self.is_listening(state))
            }
            Recipient::All => by_manager,
            Recipient::Orchestrator => by_orchestrator,
        };
        let why = match (to, by_manager, by_orchestrator) {
            _ if is_heard => return Ok(()),
            _ if self.run.stage == Stage::Approval => {
                "the plan waits for you, so nobody is at work; `trireme edit RUN TEXT` has it made anew with your words"
            }
            (Recipient::Section(_), true, _) => "there is no such Manager at work; see `trireme show`",
            (Recipient::Orchestrator | Recipient::All, true, _) => {
                "the Orchestrator is gone, or has no money to hear you; `trireme memo RUN ALL TEXT` tells all Managers at work"
            }
            (Recipient::Section(_) | Recipient::Orchestrator | Recipient::All, false, true) => {
                "no Manager is at work; `trireme memo RUN ORCHESTRATOR TEXT` tells the Orchestrator"
            }
            (Recipient::Section(_) | Recipient::Orchestrator | Recipient::All, false, false) => {
                "nobody here reads memos: neither a Manager nor an Orchestrator is at work; to change what is done, stop it with \
                 `trireme kill RUN` and start it anew with your words as --constraint"
            }
        };
        Err(Refusal::NotNow(why.to_owned()))
    }

    fn recipient(&self, name: &str, from: Option<SectionId>) -> Option<Recipient> {
        let at_work = |(id, state): &(SectionId, &SectionState)| {
            state.outline.name == name && from != Some(*id) && self.is_listening(state)
        };
        match self.run.sections.iter().find(at_work) {
            _ if name == "ALL" => self.listeners(from).next().map(|_| Recipient::All),
            found => found.map(|(id, _)| Recipient::Section(id)),
        }
    }

    fn is_listening(&self, state: &SectionState) -> bool {
        let manager = live_manager(state).and_then(|manager| self.run.agents.get(manager));
        manager.is_some_and(|manager| !manager.ended())
    }

    /// Names of the sections whose Managers would read a memo.
    fn listeners(&self, from: Option<SectionId>) -> impl Iterator<Item = &str> {
        let sections = self.run.sections.iter().filter(move |(id, _)| from != Some(*id));
        sections.filter(|(_, state)| self.is_listening(state)).map(|(_, state)| state.outline.name.as_str())
    }

    fn nobody_there(&self, name: &str, from: Option<SectionId>) -> String {
        let there: Vec<_> =
            self.listeners(from).take(NAMED_AT_MOST).map(|name| format!("{name:?}")).collect();
        if there.is_empty() {
            return "No other Manager is at work, so nobody would read it. Go on without.".to_owned();
        }
        let there = there.join(", ");
        format!("No other Manager {name:?} is at work. Write to ALL or to one of those at work: {there}.")
    }

    fn post_memo(&mut self, from: Option<SectionId>, to: Recipient, words: Words, task: Option<TaskId>) {
        let number = self.run.memos.next();
        let run = self.run.head.as_ref().map(|head| head.id.to_string()).unwrap_or_default();
        let Words { priority, topic, content, of_owner } = words;
        let deadline = task.map(|_| self.at.plus(MEMO_DEADLINE_MS));
        let id = memo_id(&run, number);
        let at = self.at;
        let memo = Memo { id, from, of_owner, to, priority, topic, content, at, task, deadline };
        self.emit(AgentEvent::MemoSent { memo });
        let managers: Vec<_> = self
            .run
            .sections
            .iter()
            .filter(|(id, _)| is_for(to, from, *id))
            .filter_map(|(_, state)| live_manager(state))
            .collect();
        for manager in managers {
            self.emit(AgentEvent::Noticed { agent: manager, notice: Notice::Memo { memo: number } });
        }
        self.close_answered(from, to, number);
    }

    /// A memo from whom a BLOCKER went to, to its sender, is its answer.
    fn close_answered(&mut self, from: Option<SectionId>, to: Recipient, by: MemoNumber) {
        let answered = |number: &MemoNumber| {
            let memo = self.run.memos.get(*number);
            memo.is_some_and(|blocker| {
                let asked = from.is_none_or(|from| is_for(blocker.to, blocker.from, from));
                *number != by && asked && blocker.from.is_some_and(|sender| is_for(to, from, sender))
            })
        };
        let closed: Vec<_> = self.run.blockers.iter().copied().filter(answered).collect();
        for memo in closed {
            self.emit(AgentEvent::MemoClosed { memo, by: Some(by) });
        }
    }

    /// Nobody answered in time: the Manager is told to decide without an answer.
    pub(super) fn expire_memo(&mut self, memo: MemoNumber) {
        if !self.run.blockers.contains(&memo) {
            return;
        }
        self.emit(AgentEvent::MemoClosed { memo, by: None });
        let sender = self.run.memos.get(memo).and_then(|memo| self.run.sections.get(memo.from?));
        if let Some(agent) = sender.and_then(live_manager) {
            self.emit(AgentEvent::Noticed { agent, notice: Notice::Unanswered { memo } });
        }
    }

    /// A Manager decides on a task, so that nothing blocks it any more.
    pub(super) fn decided(&mut self, task: TaskId) {
        self.close_memos(|memo| memo.task == Some(task));
    }

    /// A section is over: nobody is left to hear an answer.
    pub(super) fn close_memos_of(&mut self, section: SectionId) {
        self.close_memos(|memo| memo.from == Some(section));
    }

    fn close_memos(&mut self, which: impl Fn(&Memo) -> bool) {
        let open = self.run.blockers.iter().copied();
        let closed: Vec<_> = open.filter(|number| self.run.memos.get(*number).is_some_and(&which)).collect();
        for memo in closed {
            self.emit(AgentEvent::MemoClosed { memo, by: None });
        }
    }
}

fn is_for(to: Recipient, from: Option<SectionId>, section: SectionId) -> bool {
    match to {
        Recipient::Section(other) => other == section,
        Recipient::All => from != Some(section),
        Recipient::Orchestrator => false,
    }
}

fn live_manager(state: &SectionState) -> Option<AgentId> {
    state.manager.filter(|_| state.end.is_none())
}

/// A UUID (version 8, RFC 9562) out of the run's name and the memo's number.
fn memo_id(run: &str, number: MemoNumber) -> String {
    let mut bytes = *Digest::of_parts([run.as_bytes(), number.to_string().as_bytes()]).bytes();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let cut = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)].join("-")
}
