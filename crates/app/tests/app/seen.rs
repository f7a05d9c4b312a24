//! `show --seen`: what a task's workers were given, through the program, with no provider and no scenario at hand.

use serde_json::Value;
use trireme_core::Digest;

use crate::Desk;
use crate::crash::relay_alone;

#[test]
fn what_a_task_was_given_is_printed_with_its_hashes() {
    let desk = Desk::new();
    relay_alone(&desk);

    let shown = desk.trireme(&["show", "last", "--task", "Count words", "--seen"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""), "{}", shown.out);
    for words in [
        "Task t0 \"Count words\" of ",
        "Attempt 1: worker g",
        "Attempt 2: worker g",
        "  Files when it began: 2, ",
        "turn 1, e",
        "scripted-hand over anthropic-messages, answered",
        ", as it was sent\n      parts 1-",
        "  system prompt\n",
        "  tool submit_result\n",
        "\nYou are a worker.",
        "<file path=\"words.txt\">\noar\nkeel\n",
        "The seam counted again: it is not 4.",
    ] {
        assert!(shown.out.contains(words), "{words:?} is not in {}", shown.out);
    }
    assert_eq!(shown.out.matches("\nYou are a worker.").count(), 2, "once for each worker");
    every_hash_is_of_what_is_printed(&desk);
    what_is_not_there_is_a_usage_error(&desk);
}

fn every_hash_is_of_what_is_printed(desk: &Desk) {
    let only = ["show", "last", "--task", "t0", "--seen", "--attempt", "2", "--json"];
    let seen: Value = serde_json::from_str(&desk.trireme(&only).out).unwrap();
    let [agent] = seen["agents"].as_array().unwrap().as_slice() else { panic!("{seen}") };
    assert_eq!((agent["role"].as_str(), agent["attempt"].as_u64()), (Some("worker"), Some(2)));
    let parts = agent["parts"].as_array().unwrap();
    let texts: Vec<_> = parts.iter().map(|part| part["text"].as_str().unwrap()).collect();
    for (part, text) in parts.iter().zip(&texts) {
        assert_eq!(part["sha256"], Digest::of(text.as_bytes()).to_string());
        assert_eq!(part["bytes"], text.len());
    }
    let whole = Digest::of_parts(texts.iter().map(|text| text.as_bytes()));
    assert_eq!(agent["sha256"], whole.to_string());
    assert_eq!(agent["bytes"], texts.iter().map(|text| text.len()).sum::<usize>());
    assert!(agent["calls"].as_array().unwrap().iter().all(|call| call["record"] == "same"));
    let files: Vec<_> = agent["folder"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
    assert_eq!(files, ["check_count.sh", "words.txt"], "README.txt is withheld");
}

fn what_is_not_there_is_a_usage_error(desk: &Desk) {
    for (args, told) in [
        (
            &["--task", "Count words", "--seen", "--attempt", "9"][..],
            "nobody worked on t0 at attempt 9; it has 2",
        ),
        (&["--task", "Nothing", "--seen"], "there is no task \"Nothing\""),
        (&["--seen"], "--task <ID>"),
        (&["--task", "t0"], "--seen"),
    ] {
        let done = desk.trireme(&[&["show", "last"], args].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
    }
    let reviewed = desk.trireme(&["show", "last", "--task", "Write report", "--seen", "--reviewer"]).out;
    assert!(
        reviewed.contains("No folder: it has no tool") && reviewed.contains(": reviewer g"),
        "{reviewed}"
    );
}
