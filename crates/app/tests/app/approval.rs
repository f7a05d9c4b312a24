//! A plan that waits, and what its Owner can do to it from another terminal.

use expect_test::expect;

use crate::Desk;
use crate::crash::relay;

fn waiting() -> Desk {
    let desk = Desk::new();
    let done = desk.trireme(&["plan", "--scenario", &relay(), "-o", "plan.toml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    desk
}

fn state(desk: &Desk, of: &str) -> serde_json::Value {
    let shown: serde_json::Value =
        serde_json::from_str(&desk.trireme(&["show", "last", "--json"]).out).unwrap();
    shown.pointer(of).cloned().unwrap()
}

#[test]
fn a_file_takes_the_place_of_the_plan_that_waits() {
    let desk = waiting();
    let before = state(&desk, "/view/plan_hash");
    let file = desk.path().join("here/plan.toml");
    let plan = std::fs::read_to_string(&file).unwrap();
    let (_, rest) = plan.split_once('\n').unwrap();
    std::fs::write(&file, format!("goal = \"As the Owner wants it.\"\n{rest}")).unwrap();
    let done = desk.trireme(&["edit", "last", "--plan", "plan.toml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("that is the plan now"), "{}", done.err);
    assert_eq!(state(&desk, "/plan/goal"), "As the Owner wants it.");
    assert_ne!(state(&desk, "/view/plan_hash"), before);
    // The hash that was seen before approves nothing any more.
    let late = desk.trireme(&["approve", "last", "--plan", before.as_str().unwrap()]);
    assert!(late.code == 2 && late.err.contains("the plan has changed since you saw it"), "{}", late.err);
    assert_eq!(state(&desk, "/view/money/spent_usd"), state(&desk, "/view/reserve/spent_usd"));
}

#[test]
fn a_sentence_goes_to_the_orchestrator() {
    let desk = waiting();
    let done = desk.trireme(&["edit", "last", "One section is enough."]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("the Orchestrator plans anew"), "{}", done.err);
    assert_eq!(state(&desk, "/view/awaits_approval"), false);
    let late = desk.trireme(&["edit", "last", "And another thing."]);
    assert!(late.code == 2 && late.err.contains("there is no plan to change yet"), "{}", late.err);
    let log = desk.trireme(&["log", "last", "--type", "plan_sent_back"]).out;
    assert!(log.contains("the plan goes back to be made anew"), "{log}");
}

#[test]
fn an_edit_that_cannot_be_says_what_is_wrong_and_what_to_type() {
    let desk = waiting();
    desk.file(
        "here/thin.toml",
        "goal = \"g\"\nconstraints = []\napproach = \"a\"\ndefinition_of_done = []\nphases = []\n",
    );
    let thin = desk.trireme(&["edit", "last", "--plan", "thin.toml"]);
    assert!(thin.code == 2 && thin.err.contains("every phase needs at least one section"), "{}", thin.err);
    let closed = desk.trireme(&["edit", "last"]);
    let name = state(&desk, "/view/run");
    let text = closed.err.replace(name.as_str().unwrap(), "RUN");
    expect![[r#"
        error: there is no terminal for an editor
          try: trireme edit RUN --plan plan.toml
          try: trireme edit RUN "One section is enough."
    "#]]
    .assert_eq(&text);
    assert_eq!(closed.code, 2);
    assert_eq!(desk.trireme(&["reject", "last"]).code, 0);
    let over = desk.trireme(&["edit", "last", "One section."]);
    assert_eq!(over.code, 2, "{}", over.err);
}

/// What the Owner says yes to, in full: also what a rule adds to the plan, and what is easily overlooked.
#[test]
fn everything_that_is_approved_is_shown() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[stakes]\npaths = [\"report.txt\"]\n");
    let done = desk.trireme(&["plan", "--scenario", &relay(), "-o", "plan.toml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let file = desk.path().join("here/plan.toml");
    let plan = std::fs::read_to_string(&file).unwrap();
    let swap = |plan: String, from: &str, to: &str| {
        assert!(plan.contains(from), "{from}: {plan}");
        plan.replacen(from, to, 1)
    };
    let plan = swap(plan, "grants_principal = false", "grants_principal = true\nstakes = \"high\"");
    let plan = swap(
        plan,
        "reason = \"words.txt was read.\"",
        "reason = \"Read.\"\nstakes = \"high\"\nopinion = \"o0\"",
    );
    let plan = swap(plan, "run = \"sh check_count.sh\"\nexit = 0", "run = \"sh check_count.sh\"\nexit = 3");
    std::fs::write(&file, plan).unwrap();
    assert_eq!(desk.trireme(&["edit", "last", "--plan", "plan.toml"]).code, 0);
    let shown = desk.trireme(&["show", "last"]).out;
    let (_, plan) = shown.split_once("Goal: ").unwrap();
    let (plan, _) = plan.split_once("\n\n  quote").unwrap();
    expect![[r#"
        count.txt holds the number of words, report.txt tells of it
        Constraints:
          - words.txt stays as it is
        Approach: count first, then report and index side by side
        Decisions:
          - Are empty lines words? There are none.
            Because: Read.
            High stakes; rests on opinion o0
        Definition of done:
          - count: the count is right
            command: sh check_count.sh
            must exit with 3 within 300 s
          - report: the report names the count
            file: report.txt must be there and hold "3 words"

        Phase 1 of 2: Count
          Counting (30 %, senior Manager, high stakes)
            Write the number of words into count.txt.
            Approach: One worker.
            Tools: read, list, search, write, run
            Workers may be principals
            Definition of done:
              - count: the count is right
                command: sh check_count.sh
                must exit with 0 within 300 s
            Delivers: count.txt

        Phase 2 of 2: Tell
          Reporting (40 %, senior Manager, high stakes by a rule of [stakes])
            Write report.txt from count.txt.
            Approach: One worker, one review.
            Tools: read, list, search, edit, write, run
            Definition of done:
              - report: the report names the count
                file: report.txt must be there and hold "3 words"
            Needs: count.txt
            Delivers: report.txt
          Indexing (30 %, senior Manager, normal stakes)
            Write index.txt, the words in order, and initials.txt.
            Approach: Two workers side by side.
            Tools: read, list, write, run
            Definition of done:
              - sorted: the index is sorted
                command: sort -c index.txt
                must exit with 0 within 300 s
            Needs: count.txt
            Delivers: index.txt, initials.txt"#]]
    .assert_eq(plan);
}

/// The plan of the small run fits, and costs more than one worker alone: that is said before anything of it is paid.
#[test]
fn a_plan_that_costs_more_than_it_saves_says_so() {
    let desk = Desk::new();
    let done = desk.trireme(&["plan", "--scenario", &relay()]);
    let (_, quote) = done.out.split_once("\n\n  quote").unwrap();
    expect![[r#"
                 seniority  workers     low  expected  worst
          Counting      senior           2  $0.192    $0.368  $1.08
          Reporting     senior           2  $0.192    $0.368  $1.44
          Indexing      senior           3  $0.276    $0.504  $1.08
          Orchestrator  principal           $0.104    $0.208  $0.40
          Total                          7  $0.764    $1.448  $4.00
        Planning, managing and judging are expected to cost $1.00, the work itself $0.448; one worker alone is expected to take $0.84 for all of it.
        The plan costs more than it saves: `trireme run … --direct` is likely cheaper.
        What would be cheaper:
          - let a mid manage section "Counting" instead of a senior (saves $0.1656)
          - let a mid manage section "Reporting" instead of a senior (saves $0.1656)
          - let a mid manage section "Indexing" instead of a senior (saves $0.2208)
        Workers, low and expected: typical. Worst is a limit: not a cent more can be spent.
    "#]]
    .assert_eq(quote);
    let shown = state(&desk, "/quote/comparison");
    assert_eq!(shown["outweighed"], true, "{shown}");
}
