use super::*;
use crate::fixture;

fn documents(run: &Run) -> Documents {
    let words = ["All of it works.", "The converter works.", "The command line works.", "It works.", "sound"];
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
        cost: Money::cents(1_000),
    };
    let beside = Documents { solo: Some(tried.clone()), ..documents(&run) };
    let solo = Report::of(&run, &tally, &beside).solo.unwrap();
    assert_eq!((solo.known, solo.context, solo.cost), (Known::Measured, 180_000, Money::cents(1_000)));
    assert!(solo.sentence(Money::cents(400)).starts_with("One agent alone (measured): $10.00"));
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
