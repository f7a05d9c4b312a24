//! Every refusal says what to do instead: those of stories that provoke one each, and whatever random worlds run into.

use std::collections::BTreeSet;

use expect_test::expect_file;
use trireme_core::run::Event;
use trireme_core::run::event::{AgentEvent, Answer};
use trireme_core::words::Millis;
use trireme_testkit::chaos::Chaos;
use trireme_testkit::{Disturbance, Play, Script};

/// Two tasks of one section, of which the second fails its first attempt.
const BACK: &str = "tasks core: parser, writer\nfail attempt writer@1\nsay manager core";
/// A verified task and a review of it.
const JUDGED: &str = "tasks core: parser\nreview judge of parser\nsay manager core";
/// Two sections at work, and a request of the first one.
const ASKED: &str = "phase core 50, cli 50\nsay manager core 1: request_budget 1\nsay orchestrator";

fn stories() -> Vec<String> {
    let back = [
        "1: accept nothing",
        "1: request_budget 0",
        "2: accept nothing; retry nothing; cut nothing; memo ALL BLOCKER x for nothing",
        "2: retry writer; retry writer; accept writer; cut writer",
        "2: accept parser; retry parser; cut parser",
        "3: accept parser; retry parser; cut parser",
        "2: cut writer; accept writer; retry writer; cut writer",
        "2: accept writer; retry writer principal",
        "2: retry writer senior\nfail attempt writer@2\nunserved staff\nsay manager core 3: retry writer principal",
        "2: retry writer staff",
        "2: spawn other on src/writer.rs; retry writer",
        "2: spawn late; retry writer senior",
        "2: retry writer; report",
        "2: report partial; accept parser",
        "2: memo ALL FYI x; memo ALL BLOCKER x",
        "1: second_opinion; keep_notes x; conclude",
        "1: read; report",
        "1: edit; unknown teleport; malformed cut",
    ];
    let judged = ["3: accept judge", "3: retry judge junior"];
    let asked = [
        "2: decide_budget r7 1",
        "2: decide_budget r0 1; decide_budget r0 1",
        "2: decide_budget r0 1; replan core:one 100; conclude; submit_plan; tell nobody FYI x",
        "2: decide_budget r0 1; tell core BLOCKER x",
        "1: tell ALL FYI x",
        "1: ask_owner which?; submit_plan",
        "1: second_opinion; second_opinion; second_opinion; second_opinion; second_opinion; second_opinion; second_opinion; \
         second_opinion; second_opinion; second_opinion; second_opinion; second_opinion; second_opinion",
    ];
    let others = [
        "phase core 50, cli 50\nsay manager core 1: memo core FYI x; memo ALL BLOCKER x",
        "phase core 50, cli 50\nsilent manager cli 1\nsay manager core 1-60: memo cli FYI x",
        "tasks core: parser\nfail attempt parser@1 times 9\nsay manager core 2-20: retry parser",
        "tasks core: parser\nfail attempt parser@1\nunserved staff\nsay manager core 2: retry parser staff",
        "tasks core: parser\nfail attempt parser@1\nsay manager core 2: request_budget 1\nsay manager core 3: retry parser\nwhen core wants: deny r0",
        "tasks core: parser\nsay worker parser 2: submit unchecked",
        "tasks core: parser\nsay manager core 1: scope_too_large\nsay orchestrator 2: replan cli:one 100; replan core plus 90:one 100",
        "tasks core: parser\npin adviser: grand\nsay orchestrator 1: second_opinion",
        "phase core 50, cli 50\nsay manager core 1: request_budget 9",
    ];
    let back = back.map(|words| format!("{BACK} {words}"));
    let judged = judged.map(|words| format!("{JUDGED} {words}"));
    let asked = asked.map(|words| format!("{ASKED} {words}"));
    back.into_iter().chain(judged).chain(asked).chain(others.map(str::to_owned)).collect()
}

/// The words of every refusal, and whether somebody else takes up what was asked.
fn refusals(journal: &[(Millis, Event)]) -> impl Iterator<Item = (String, bool)> {
    journal.iter().filter_map(|(_, event)| {
        let Event::Agent(AgentEvent::Answered { answer, .. }) = event else { return None };
        let Answer::Refused { why, taken_up, .. } = answer else { return None };
        Some((why.clone(), *taken_up))
    })
}

/// Whether some part of it begins with a verb that tells whoever reads it to do something.
fn says_what_to_do(why: &str) -> bool {
    const VERBS: [&str; 24] = [
        "accept", "act", "ask", "call", "choose", "cut", "decide", "go", "have", "mend", "name", "promote",
        "put", "report", "retry", "send", "shorten", "spawn", "submit", "try", "use", "write", "split",
        "add",
    ];
    let parts =
        why.split(['.', ':', ';', ',', '?']).map(|part| part.trim().trim_start_matches("so ").to_lowercase());
    parts.into_iter().any(|part| VERBS.contains(&part.split(' ').next().unwrap_or_default()))
}

#[test]
fn every_refusal_says_what_to_do_instead() {
    let mut told = BTreeSet::new();
    for story in stories() {
        let play = Play::through(Script::read(&story), Disturbance::None);
        let found: Vec<_> = refusals(&play.world.journal).collect();
        assert!(!found.is_empty(), "nothing is refused in {story}");
        told.extend(found);
    }
    let lines: String = told.iter().map(|(why, _)| format!("{why}\n")).collect();
    expect_file!["refusals.txt"].assert_eq(&lines);
    for seed in 0..300 {
        let mut chaos = Chaos::new(seed);
        chaos.finish();
        told.extend(refusals(&chaos.world.journal));
    }
    let silent: Vec<_> = told.iter().filter(|(why, taken_up)| !taken_up && !says_what_to_do(why)).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}
