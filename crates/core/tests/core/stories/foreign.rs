//! Tools of servers: who may call them, and a call that was on its way when the engine stopped.

use expect_test::expect;
use trireme_core::prompts::conversation;
use trireme_core::run::event::Seat;
use trireme_testkit::{Disturbance, Play, Script};

use super::check;

const SERVER: &str = "tasks core: parser
    foreign docs search, docs put writes";

#[test]
fn a_call_goes_the_way_of_every_tool() {
    check(
        &format!("{SERVER}\nsay worker parser 1: mcp__docs__put; mcp__docs__search"),
        expect![[r#"
        solid answered the worker of attempt 1 at "parser" and called mcp__docs__put, mcp__docs__search, for $0.003
        mcp__docs__put did what was asked for the worker of attempt 1 at "parser"
        mcp__docs__search did what was asked for the worker of attempt 1 at "parser"
        core is over: verified
        the run is over: verified and done
        books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn what_is_not_offered_to_an_agent_is_refused_whatever_it_says() {
    check(
        &format!(
            "{SERVER}\nlook parser\nsay worker parser 1: mcp__docs__put; mcp__docs__gone; mcp__docs__search
             say manager core 1: mcp__docs__put"
        ),
        expect![[r#"
            solid answered the Manager of core and called mcp__docs__put, for $0.003
            the Manager of core is told: mcp__docs__put is not a tool of your role; the attempt is on record. Use only the tools that you were given.
            solid answered the worker of attempt 1 at "parser" and called mcp__docs__put, mcp__docs__gone, mcp__docs__search, for $0.003
            the worker of attempt 1 at "parser" is told: mcp__docs__put is not a tool of your role; the attempt is on record. Use only the tools that you were given.
            the worker of attempt 1 at "parser" is told: There is no tool "mcp__docs__gone". Use only the tools that you were given.
            mcp__docs__search did what was asked for the worker of attempt 1 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_role_narrows_what_its_worker_may_call() {
    let mut script = Script::read(&format!("{SERVER}\nroles there\nrole parser tester"));
    for (named, expected) in [
        (None, vec!["mcp__docs__search", "mcp__docs__put"]),
        (Some(vec!["mcp__docs"]), vec!["mcp__docs__search", "mcp__docs__put"]),
        (Some(vec!["mcp__docs__search", "mcp__web"]), vec!["mcp__docs__search"]),
        (Some(vec![]), vec![]),
    ] {
        let role = script.roles.iter_mut().find(|role| role.name == "tester").unwrap();
        role.tools = None;
        role.foreign = named.map(|names| names.into_iter().map(str::to_owned).collect());
        let run = Play::through(script.clone(), Disturbance::None).world.run;
        let worker = run.agents().iter().find(|(_, agent)| matches!(agent.seat, Seat::Worker(_))).unwrap().0;
        let offered = conversation(&run, worker).unwrap().foreign;
        assert_eq!(offered.map(|offered| offered.names).unwrap_or_default(), expected);
    }
}

#[test]
fn a_lost_call_is_made_again_only_where_it_reads() {
    check(
        &format!(
            "{SERVER}\nsay worker parser 1: mcp__docs__put; mcp__docs__search
             lose tool worker parser 1 times 2"
        ),
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called mcp__docs__put, mcp__docs__search, for $0.003
            the process that worked on e6 was lost
            the worker of attempt 1 at "parser" is told: Lost: the engine was stopped while mcp__docs__put was on its way. It may have happened, and it is not called again by itself. What it changed in your files is undone; look before you call it again.
            the process that worked on e7 was lost
            mcp__docs__search did what was asked for the worker of attempt 1 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_list_of_an_agent_is_the_same_over_its_life() {
    let story = format!("{SERVER}\nrubric parser\nsay worker parser 1: mcp__docs__put");
    let run = Play::through(Script::read(&story), Disturbance::None).world.run;
    let offered = |id| conversation(&run, id).unwrap().foreign.map(|offered| offered.names);
    for (id, agent) in run.agents().iter() {
        let names = offered(id).unwrap_or_default();
        let expected: &[&str] = match agent.seat {
            Seat::Worker(_) => &["mcp__docs__search", "mcp__docs__put"],
            Seat::Orchestrator | Seat::Manager(_) | Seat::Reviewer(_) | Seat::Adviser(..) => {
                &["mcp__docs__search"]
            }
            Seat::Triage | Seat::Synthesist(_) => &[],
        };
        assert_eq!(names, expected, "{:?}", agent.seat);
    }
    let without = Play::through(Script::read("tasks core: parser"), Disturbance::None).world.run;
    assert!(without.agents().iter().all(|(id, _)| conversation(&without, id).unwrap().foreign.is_none()));
}
