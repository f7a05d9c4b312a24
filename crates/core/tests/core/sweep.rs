//! The crash sweep: of every story, each answer is lost with its process once, and given twice once. The end must be the
//! same, and no call that was answered is made again.

use std::collections::BTreeMap;

use trireme_core::run::event::RunEnd;
use trireme_core::run::state::TaskStage;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

const STORIES: [&str; 13] = [
    "tasks core: parser, writer",
    "phase core 60, cli 40\ntasks core: parser, writer\ntasks cli: main\nrubric main\nreview judge of parser\nfail attempt parser@1\nconflict task writer",
    "phase spec 20\nphase core 50, cli 30\nsection cli needs spec.md\ntasks spec: page\ntasks core: parser\ntasks cli: main\nfail section cli",
    "tasks core: parser\nsay manager core 1: request_budget 0.25\nsay orchestrator 1: ask_owner which?\nwhen asks the Owner: answer q0\nfault worker parser 1: 429 500, cut",
    "tasks core: parser\nsay manager core 1: scope_too_large\nsay orchestrator 2: replan core:one 50, two 50\ntasks one: a\ntasks two: b",
    "path judged\nfail attempt Handle an empty input file.@1\nsay reviewer Handle an empty input file.@2 1: verdict fail",
    "path direct\nask first\ntasks core: parser\nwhen of the engine's: revise\nwhen a plan is there (: edit core, approve",
    "ask first\ntasks core: parser\nwhen a plan is there: approve\nsay worker parser 1: nothing\nusage worker parser 2: none",
    "phase core 60, cli 40\ntasks core: parser\ntasks cli: main\nfail phase cli\nsay manager core 1: memo cli URGENT stop; memo ALL FYI names",
    "phase core 100\ntotal 20\nsection core stakes high\ntasks core: parser\ndecision which way? on o0\nfault adviser o1-2 1: 429 500, cut",
    "opinion principal\ntotal 5",
    "tasks core: parser\nforeign docs search, docs put writes\nsay worker parser 1: mcp__docs__put; mcp__docs__search",
    "phase core 60\nphase cli 40\ntasks core: parser\ntasks cli: main\nsetup node run\nsetup venv section\nfail setup venv in p1",
];

/// What must be the same whatever was lost.
#[derive(Debug, PartialEq)]
struct Result {
    end: Option<RunEnd>,
    /// Each task's place, attempts and what the seam said, by title.
    tasks: BTreeMap<String, (TaskStage, Vec<Vec<Verdict>>)>,
    sections: BTreeMap<String, String>,
}

fn result(play: &Play) -> Result {
    let run = &play.world.run;
    let verdicts = |id: &AttemptId| {
        run.attempts().get(*id).unwrap().findings.iter().map(|finding| finding.verdict).collect()
    };
    let tasks = run.tasks().iter().map(|(_, task)| {
        (task.outline.title.clone(), (task.stage, task.attempts.iter().map(verdicts).collect()))
    });
    let sections =
        run.sections().iter().map(|(_, state)| (state.outline.name.clone(), format!("{:?}", state.end)));
    Result { end: run.end(), tasks: tasks.collect(), sections: sections.collect() }
}

/// Calls that left, in all turns of all agents.
fn calls(play: &Play) -> u32 {
    play.world.promises().values().sum()
}

#[test]
fn every_answer_may_be_lost_or_come_twice() {
    for story in STORIES {
        let undisturbed = Play::through(Script::read(story), Disturbance::None);
        let (expected, most) = (result(&undisturbed), calls(&undisturbed));
        assert!(expected.end.is_some(), "{story}");
        for answer in 1..=undisturbed.answers {
            let twice = Play::through(Script::read(story), Disturbance::Twice(answer));
            assert_eq!(
                (result(&twice), calls(&twice)),
                (result(&undisturbed), most),
                "{story}: answer {answer} twice"
            );
            let lost = Play::through(Script::read(story), Disturbance::Lost(answer));
            assert_eq!(result(&lost), expected, "{story}: answer {answer} lost");
            assert!(
                calls(&lost) <= most + lost.lost,
                "{story}: answer {answer} lost: a finished call was made again"
            );
            let answered = |play: &Play| play.world.answered.len();
            assert!(answered(&lost) <= answered(&undisturbed) + 1, "{story}: answer {answer} lost");
        }
    }
}

#[test]
fn an_event_does_not_grow_with_the_turns_before_it() {
    let longest = |turns: usize| {
        let says: String = (1..turns).map(|turn| format!("say worker parser {turn}: write\n")).collect();
        let play =
            Play::through(Script::read(&format!("total 100\ntasks core: parser\n{says}")), Disturbance::None);
        let of = |kind: &str| {
            let events = play.world.journal.iter().map(|(_, event)| serde_json::to_string(event).unwrap());
            events.filter(|json| json.contains(kind)).map(|json| json.len()).max().unwrap()
        };
        [
            "\"turn_began\"",
            "\"reserved\"",
            "\"replied\"",
            "\"tool_called\"",
            "\"tool_done\"",
            "\"attempt_ended\"",
        ]
        .map(of)
    };
    let (short, long) = (longest(10), longest(190));
    for (short, long) in short.into_iter().zip(long) {
        assert!(long <= short + 8, "{short} bytes with 10 turns, {long} with 190");
    }
}
