//! What is said of agents that get nowhere: to themselves while they still can do something about it, and to their
//! Manager when they are gone.

use super::documents::{Cut, Document};
use super::report::Text;
use crate::limits::{EVIDENCE_BYTES, STILL_TURNS_END, STILL_TURNS_TOLD};
use crate::run::Run;
use crate::run::event::{AgentEnd, Answer, Seat};
use crate::run::state::{Agent, AgentState, AttemptState, Slot, SlotAnswer};
use crate::words::*;

/// To an agent: what repeats, and what to do instead.
pub(super) fn told(seat: Seat, turns: u16, tools: ToolSet) -> String {
    let names: Vec<_> = tools.iter().map(Tool::name).collect();
    let repeats = match names.is_empty() {
        true => "every call of yours was refused or left all as it was".to_owned(),
        false => format!(
            "no file became different, and {} answered only what you had been answered before",
            names.join(", ")
        ),
    };
    let left = STILL_TURNS_END - STILL_TURNS_TOLD;
    format!(
        "Your last {turns} turns changed nothing: {repeats}. The same calls will bring the same answers. {} After {left} \
         more turns like these you are stopped, and nothing of them counts.\n",
        instead(seat)
    )
}

const fn instead(seat: Seat) -> &'static str {
    match seat {
        Seat::Orchestrator => {
            "Decide with what you know: hand in the plan, settle what you were asked, or report where you were asked for it."
        }
        Seat::Manager(_) => {
            "Do something else: read the last refusal and mend exactly that, retry a task with another reason or seniority, cut it, or report partial."
        }
        Seat::Worker(_) => {
            "Do something else: look for the cause in a place where you have not looked, change a file, or hand in what is right with submit_result and met: false for what is not."
        }
        Seat::Adviser(..) => {
            "Say with submit_opinion what you think by what you have seen, and how sure you are."
        }
        Seat::Triage => "Choose with choose_path, and take orchestrate where you can't tell.",
        Seat::Synthesist(_) => "Call synthesize with what you have.",
        Seat::Reviewer(_) => {
            "Judge what you have seen with submit_review, and say pass: false where you could not tell."
        }
    }
}

/// To a Manager: the last thing that was done in an attempt whose agent had to be stopped.
pub(super) fn last_thing(run: &Run, attempt: &AttemptState, text: &mut Text) {
    let agents = [attempt.reviewer, attempt.worker].into_iter().flatten();
    let stopped = agents.filter_map(|id| run.agents().get(id)).find(|agent| was_stopped(agent));
    let last = |agent: &Agent| agent.turns.iter().rev().find_map(|turn| done(&turn.slots));
    match stopped.and_then(last) {
        Some((tool, SlotAnswer::Tool { output, ok })) => {
            let how = if ok { "did what was asked" } else { "did not do what was asked" };
            let name = tool.as_deref().unwrap_or("a tool");
            text.say(format!("The last thing it did: {name}, which {how}. The end of its answer:\n"));
            text.quote("output", Document::Excerpt { blob: output, bytes: EVIDENCE_BYTES, end: Cut::Tail });
        }
        Some((_, SlotAnswer::Control(Answer::Refused { why, .. }))) => {
            text.say(format!("The last thing it did was refused: {why}\n"));
        }
        Some((_, SlotAnswer::Control(_))) | None => {}
    }
}

const fn was_stopped(agent: &Agent) -> bool {
    matches!(agent.state, AgentState::Ended(AgentEnd::NoProgress | AgentEnd::Late))
}

/// The last call of a turn that was answered.
fn done(slots: &[Slot]) -> Option<(Option<String>, SlotAnswer)> {
    let named = |slot: &Slot| Some((slot.tool_name().map(str::to_owned), slot.answer.clone()?));
    slots.iter().rev().find_map(named)
}
