//! A run that is driven again: every story ends with that, in its world; here its record is not what it was.

use trireme_core::run::Event;
use trireme_core::run::event::{AgentEvent, TaskEvent};
use trireme_core::{Money, Verdict};
use trireme_testkit::{Disturbance, Play, Script};

/// Where the run parts from its record: the number of events before.
fn parts_at(play: &Play) -> Option<usize> {
    play.world.parts_at()
}

#[test]
fn a_cost_that_was_changed_is_noticed_at_its_event() {
    let mut play = Play::through(Script::read(""), Disturbance::None);
    assert_eq!(parts_at(&play), None);
    let journal = play.world.journal.clone();
    for (place, (_, event)) in journal.iter().enumerate() {
        if let Event::Agent(AgentEvent::Replied { .. }) = event {
            let Event::Agent(AgentEvent::Replied { cost, .. }) = &mut play.world.journal[place].1 else {
                continue;
            };
            *cost = cost.plus(Money::cents(1));
            assert_eq!(parts_at(&play), Some(place));
            play.world.journal[place] = journal[place].clone();
        }
    }
}

#[test]
fn a_verdict_that_was_changed_leads_elsewhere_right_after_it() {
    let mut play = Play::through(Script::read(""), Disturbance::None);
    let is_check = |event: &Event| matches!(event, Event::Task(TaskEvent::Checked { findings, .. }) if !findings.is_empty());
    let place = play.world.journal.iter().position(|(_, event)| is_check(event)).unwrap();
    if let Event::Task(TaskEvent::Checked { findings, .. }) = &mut play.world.journal[place].1 {
        findings[0].verdict = Verdict::Fail;
    }
    assert_eq!(parts_at(&play), Some(place + 1));
}

#[test]
fn an_event_that_is_gone_is_missed() {
    let mut play = Play::through(Script::read(""), Disturbance::None);
    let journal = play.world.journal.clone();
    let turns = journal.iter().enumerate().filter(|(_, (_, event))| {
        matches!(event, Event::Agent(AgentEvent::TurnBegan { .. } | AgentEvent::Reserved { .. }))
    });
    for (place, _) in turns {
        play.world.journal = journal.clone();
        play.world.journal.remove(place);
        // An input that is gone may be missed only when somebody answers what it owed.
        assert!(parts_at(&play).is_some(), "{place}");
    }
}
