//! The log, asked for what is wanted of it, through the program.

use serde_json::Value;
use trireme_core::log::EVENT_TYPES;

use crate::Desk;
use crate::crash::relay;

fn finished() -> Desk {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    desk
}

fn lines(desk: &Desk, args: &[&str]) -> Vec<Value> {
    let done = desk.trireme(&[&["log", "last", "--json"], args].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
    done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn it_is_filtered_by_manager_task_type_time_and_text() {
    let desk = finished();
    let all = lines(&desk, &[]);
    let of = |is: &dyn Fn(&Value) -> bool| all.iter().filter(|line| is(line)).cloned().collect::<Vec<_>>();
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let counting = of(&|line| text(line, "section") == "Counting");
    for name in ["Counting", "counting", "s0", "s0 Counting"] {
        assert_eq!(lines(&desk, &["--manager", name]), counting, "{name}");
    }
    let own = of(&|line| text(line, "manager_id") == "orchestrator");
    assert_eq!(lines(&desk, &["--manager", "orchestrator"]), own);
    let words = of(&|line| text(line, "task") == "t0");
    assert_eq!(lines(&desk, &["--task", "t0"]), words);
    assert_eq!(lines(&desk, &["--task", "Count words"]), words);
    let memos = of(&|line| ["memo_sent", "llm_call"].contains(&text(line, "event_type").as_str()));
    assert_eq!(lines(&desk, &["--type", "memo_sent", "--type", "llm_call"]), memos);
    let merged = of(&|line| text(line, "detail").contains("merged"));
    assert_eq!(lines(&desk, &["--text", "MERGED"]), merged);
    let middle = text(&all[all.len() / 2], "timestamp");
    let later = of(&|line| text(line, "timestamp") >= middle);
    assert_eq!(lines(&desk, &["--since", &middle]), later);
    let both = ["--since", "1h", "--until", &middle];
    assert_eq!(lines(&desk, &both), of(&|line| text(line, "timestamp") <= middle));
    for some in [&counting, &own, &words, &memos, &merged, &later] {
        assert!(!some.is_empty() && some.len() < all.len());
    }
    assert_eq!(lines(&desk, &["--follow"]), all, "a run that is over is not waited for");
    what_is_not_there_is_named(&desk);
    calls_are_conversations(&desk, &all);
}

fn what_is_not_there_is_named(desk: &Desk) {
    for (args, told) in [
        (&["--type", "lm_call"][..], "try: --type llm_call"),
        (&["--manager", "Cooking"], "there is no Manager \"Cooking\"; there are: s0 Counting"),
        (&["--task", "t99"], "there is no task \"t99\""),
        (&["--since", "yesterday"], "--since 15m"),
        (&["--until", "12:00"], "--until 2026-11-20T12:00"),
        (&["--call", "1"], "event 1 is no call of a model, but: run_began"),
        (&["--call", "999999"], "has no event 999999: the last one is"),
        (&["--call", "1", "--follow"], "cannot be used with"),
    ] {
        let done = desk.trireme(&[&["log", "last"], args].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
    }
}

/// Of every role, not of workers alone.
fn calls_are_conversations(desk: &Desk, all: &[Value]) {
    let last_of = |role: &str| {
        let mut calls = all.iter().filter(|line| line["event_type"] == "llm_call" && line["role"] == role);
        calls.next_back().unwrap()["seq"].as_u64().unwrap().to_string()
    };
    for role in ["orchestrator", "manager", "worker", "reviewer"] {
        let seq = last_of(role);
        let shown = desk.trireme(&["log", "last", "--call", &seq]);
        assert_eq!((shown.code, shown.err.as_str()), (0, ""), "{role}");
        let (sent, reply) = shown.out.split_once("\n======== the reply\n").unwrap();
        assert!(
            sent.contains("\n---- system prompt\n") && sent.contains(&format!("event {seq}, ")),
            "{sent}"
        );
        assert!(reply.contains(&format!("\n---- {role} calls ")), "{reply}");
        let json = desk.trireme(&["log", "last", "--call", &seq, "--json"]).out;
        let json: Value = serde_json::from_str(&json).unwrap();
        let said = json["transcript"]["said"].as_array().unwrap();
        assert_eq!((said[0]["kind"].as_str(), json["event"]["seq"].to_string()), (Some("system"), seq));
        assert_eq!(said.last().unwrap()["kind"], "called");
    }
    let worker = desk.trireme(&["log", "last", "--call", &last_of("worker")]).out;
    assert!(worker.contains("---- worker is told\n") && worker.contains("self_check:"), "{worker}");
    let manager = desk.trireme(&["log", "last", "--call", &last_of("manager")]).out;
    assert!(manager.contains("---- manager calls spawn_workers\n"), "what it said before: {manager}");
    assert!(manager.contains("---- result of spawn_workers\n"), "{manager}");
}

#[test]
fn every_type_of_event_is_in_the_book() {
    let book = include_str!("../../../../docs/log.md");
    for name in EVENT_TYPES {
        assert!(book.contains(&format!("`{name}`")), "{name}");
    }
}
