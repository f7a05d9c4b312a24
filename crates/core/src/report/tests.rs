use super::*;
use crate::fixture;
use crate::ledger::Ledger;

fn documents(run: &Run) -> Documents {
    let words = [
        "All of it works.",
        "The converter works.",
        "The command line works.",
        "It works.",
        fixture::RISKY,
        "All nine pass.",
        "sound",
    ];
    let known: BTreeMap<_, _> = words.iter().map(|text| (fixture::blob(text), (*text).to_owned())).collect();
    assert!(Report::texts_of(run).iter().all(|blob| known.contains_key(blob)));
    Documents { intent: None, plan: Some(fixture::plan()), texts: known, solo: None, log_head: None }
}

fn report_after(answers: usize) -> Report {
    let (_, told) = fixture::play(answers);
    let (tally, run) = Tally::fold(told.iter().map(|(at, event)| (*at, event)));
    Report::of(&run, &tally, &documents(&run))
}

#[test]
fn a_verified_run_is_reported_with_its_money_last() {
    let report = report_after(usize::MAX);
    let text = render_text(&report);
    expect_test::expect_file!["expected.txt"].assert_eq(&text);
    assert_eq!(text.lines().last(), Some(report.money_sentence().as_str()));
    assert_eq!(report.money_sentence(), "Total cost: $0.3503 of $10.00 budget. Surplus: $9.6497.");
}

#[test]
fn every_way_to_sum_gives_what_was_paid() {
    let (_, told) = fixture::whole();
    let (tally, run) = Tally::fold(told.iter().map(|(at, event)| (*at, event)));
    let spent = run.ledger().get(Ledger::RUN).unwrap().spent;
    assert_eq!(tally.total().cost, spent);
    for by in [By::Manager, By::Task, By::Agent, By::Seniority, By::Model, By::Provider, By::Phase, By::Role]
    {
        let rows = tally.by(&run, by);
        assert_eq!(rows.iter().map(|row| row.cost.cost).sum::<Money>(), spent, "{by:?}");
        assert!(rows.iter().all(|row| !row.key.is_empty()), "{by:?}");
    }
    let report = report_after(usize::MAX);
    assert_eq!(report.money.overhead.plus(report.money.workers), spent);
    assert_eq!(report.retries, 1);
}

#[test]
fn a_run_that_goes_on_has_a_report_too() {
    for answers in 0..70 {
        let report = report_after(answers);
        assert!(render_text(&report).ends_with(&format!("{}\n", report.money_sentence())));
    }
    let found: Vec<_> = report_after(10).criteria.iter().map(|criterion| criterion.found).collect();
    assert_eq!(found, [Found::Unchecked]);
}

#[test]
fn what_models_write_is_never_markup() {
    let mut report = report_after(usize::MAX);
    report.conclusion = Some("<script>alert(1)</script> & | *bold* `code`".to_owned());
    report.sections[0].name = "\"><img src=x>".to_owned();
    let html = render_html(&report);
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"));
    let markdown = render_markdown(&report);
    assert!(markdown.contains(r"\<script\>alert(1)\</script\> & \| \*bold\* \`code\`"), "{markdown}");
}

#[test]
fn json_tells_amounts_exactly() {
    let json = serde_json::to_value(report_after(usize::MAX)).unwrap();
    assert_eq!(json["money"]["surplus_usd"], "9.6497");
    assert_eq!(json["sections"][0]["tasks"][0]["criteria"][0]["claimed"], true);
    assert_eq!(json["end"], "verified");
}

#[test]
fn what_one_agent_costs_is_estimated_unless_somebody_tried() {
    let (_, told) = fixture::whole();
    let (tally, run) = Tally::fold(told.iter().map(|(at, event)| (*at, event)));
    let report = Report::of(&run, &tally, &documents(&run));
    let solo = report.solo.unwrap();
    assert_eq!(solo.known, Known::Estimated);
    let together: u64 = report.context.tiers.iter().map(|tier| tier.together).sum();
    assert!(solo.context <= together && report.context.tiers.iter().all(|tier| tier.largest <= solo.context));
    let tried = SoloRun {
        run: "late-harbor".to_owned(),
        same_base: true,
        verified: false,
        context: 180_000,
        read: Some(900_000),
        cost: Money::cents(1_000),
    };
    let beside = Documents { solo: Some(tried.clone()), ..documents(&run) };
    let solo = Report::of(&run, &tally, &beside).solo.unwrap();
    assert_eq!((solo.known, solo.context, solo.cost), (Known::Measured, 180_000, Money::cents(1_000)));
    let verdict = |cents| solo.verdict(Money::cents(cents));
    assert_eq!(verdict(400), "This run cost $6.00 less than one agent alone (measured).");
    assert!(verdict(1_001).starts_with("This run cost $0.01 MORE than one agent alone (measured)"));
    assert_eq!(verdict(1_000), "This run cost as much as one agent alone (measured).");
    let beside = Documents { solo: Some(SoloRun { same_base: false, ..tried }), ..documents(&run) };
    assert_eq!(Report::of(&run, &tally, &beside).solo.unwrap().known, Known::Recorded);
}

#[test]
fn failures_are_counted_by_name_and_levels_are_judged() {
    let report = report_after(usize::MAX);
    let failures: Vec<_> =
        report.failures.iter().map(|failure| (failure.failure.label(), failure.times)).collect();
    assert_eq!(failures, [("verification/false_claim".to_owned(), 1)]);
    let levels: Vec<_> =
        report.sections.iter().flat_map(|section| &section.tasks).map(|task| task.level).collect();
    assert_eq!(levels, [Level::Low, Level::Fit, Level::Fit]);
}

/// Everything that JSON has of a section is in the other forms too.
#[test]
fn what_a_section_had_and_left_is_in_every_form() {
    let report = report_after(usize::MAX);
    let core = &report.sections[0];
    assert_eq!(core.allocated, Money::cents(540));
    assert_eq!(core.allocated, core.spent.plus(core.surplus));
    let hash = core.artifacts[0].hash.unwrap().to_string();
    let markdown = render_markdown(&report).replace('\\', "");
    for text in [render_text(&report), markdown, render_html(&report)] {
        for words in [
            "spent $0.1452 of $5.40, gave $5.2548 back",
            hash.as_str(),
            "src/parser.rs",
            "Parser added tests: tests/parser.rs",
            "Parser leaves a risk: A field of a gigabyte is kept in memory.",
            "met: All nine pass.",
            "anthropic",
            "Overhead (orchestrator, manager, reviewer): $0.2777, 79 % of the cost",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

/// Risks are read where `submit_result` puts them, now and before they had a text of their own.
#[test]
fn risks_are_those_that_the_worker_named() {
    use crate::run::ask::{Ask, ResultClaim, WorkerAsk};
    let args = serde_json::json!({
        "conclusion": "It works. Open risks:\n- none of mine",
        "self_check": [],
        "risks": ["It may be slow.", "Nobody tried\nWindows."],
    });
    let mut documents = Documents::default();
    let mut lodge = |text: &str| {
        documents.texts.insert(fixture::blob(text), text.to_owned());
        fixture::blob(text)
    };
    let seat = crate::run::event::Seat::Worker(AttemptId(0));
    let ask = crate::prompts::parse::parse(seat, "submit_result", &args, &mut lodge);
    let Ask::Worker(WorkerAsk::SubmitResult(claim)) = ask else { panic!("{ask:?}") };
    let named = ["It may be slow.", "Nobody tried\nWindows."];
    assert_eq!(section::risks(&claim, &documents), named);
    let before = ResultClaim { open_risks: None, ..claim };
    assert_eq!(section::risks(&before, &documents), named);
    let without = ResultClaim { risks: 0, ..before };
    assert!(section::risks(&without, &documents).is_empty());
}
