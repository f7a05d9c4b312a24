use super::prices::ADVISER;
use super::*;
use crate::catalogue::Pinned;
use crate::fixture;
use crate::gist::{Gist, Sample, SectionSample};
use crate::run::event::{Event, OnlyTask, TaskEvent};
use crate::words::{RunId, Stakes, Usage};
use proptest::prelude::*;

const AT: Millis = Millis(1_795_176_000_000);

fn quote_of(outline: &PlanOutline, pool: Money, reserve: Money, history: &History) -> Quote {
    let catalogue = &fixture::catalogue();
    Quote::of(QuoteFor { outline, pool, reserve, catalogue, at: AT, history })
}

fn quote(pool: Money, reserve: Money) -> Quote {
    quote_of(&fixture::outline(), pool, reserve, &History::default())
}

fn table(quote: &Quote) -> String {
    let row = |line: &QuoteLine| {
        let QuoteLine { name, workers, low, expected, worst, fits, .. } = line;
        format!("{name} {workers} {low} {expected} {worst} {fits}\n")
    };
    let cut = |cut: &Cut| format!("{}: {}\n", cut.what, cut.effect);
    let lines: String = quote.lines.iter().chain([&quote.total]).map(row).collect();
    let compared = quote.comparison.map_or_else(
        || "not compared".to_owned(),
        |Comparison { overhead, work, alone, outweighed }| {
            format!("overhead {overhead}, work {work}, alone {alone}, outweighed {outweighed}")
        },
    );
    lines + &quote.basis + "\n" + &compared + "\n" + &quote.cuts.iter().map(cut).collect::<String>()
}

/// The plan of section 6 of the proposal: files to deliver, five and two.
fn csv_to_json() -> PlanOutline {
    let mut outline = fixture::outline();
    for (section, number) in outline.sections.iter_mut().zip([5, 2]) {
        section.delivers = (0..number).map(|file| format!("src/{file}.rs")).collect();
    }
    outline
}

fn ran(role: &str, seniority: Seniority, turns: u64) -> Sample {
    Sample { role: role.to_owned(), seniority, turns, input: 30_000, output: 500 }
}

fn history(samples: Vec<Sample>) -> History {
    history_with(samples, Vec::new())
}

fn history_with(samples: Vec<Sample>, sections: Vec<SectionSample>) -> History {
    History::of([&Gist {
        run: RunId("earlier".to_owned()),
        sentence: "s".to_owned(),
        tree: None,
        solo: false,
        whole: true,
        verified: true,
        context: 1,
        read: 1,
        cost: Money::ZERO,
        samples,
        sections,
    }])
}

#[test]
fn worst_is_the_limit_and_what_fits_needs_no_cuts() {
    expect_test::expect![[r#"
        Core converter 2 $0.1542 $0.862 $5.40 true
        Command line 2 $0.1542 $0.862 $3.60 true
        Orchestrator 0 $0.416 $0.832 $1.00 true
        Total 4 $0.7244 $2.556 $10.00 true
        typical
        overhead $1.468, work $1.088, alone $1.206, outweighed true
    "#]]
    .assert_eq(&table(&quote(Money::cents(900), Money::cents(100))));
}

#[test]
fn what_will_not_fit_says_what_would_help() {
    expect_test::expect![[r#"
        Core converter 2 $0.1542 $0.862 $1.20 true
        Command line 2 $0.1542 $0.80 $0.80 false
        Orchestrator 0 $0.416 $0.832 $1.00 true
        Total 4 $0.7244 $2.494 $3.00 false
        typical
        overhead $1.468, work $1.088, alone $1.206, outweighed true
        give section "Command line" 44 % of the budget: it is expected to take $0.862, others can spare the rest: $0.062
        drop section "Command line", which has the lowest share: $0.80
        raise the total to $3.25: $0.25
    "#]]
    .assert_eq(&table(&quote(Money::cents(200), Money::cents(100))));
    expect_test::expect![[r#"
        Core converter 2 $0.1542 $0.54 $0.54 false
        Command line 2 $0.1542 $0.36 $0.36 false
        Orchestrator 0 $0.10 $0.10 $0.10 false
        Total 4 $0.4084 $1.00 $1.00 false
        typical
        overhead $1.468, work $1.088, alone $1.206, outweighed true
        make section "Core converter" smaller: it is expected to take $0.862, and its share is $0.54: $0.322
        make section "Command line" smaller: it is expected to take $0.862, and its share is $0.36: $0.502
        drop section "Command line", which has the lowest share: $0.36
        raise the total to $8.33: $7.33
    "#]]
    .assert_eq(&table(&quote(Money::cents(90), Money::cents(10))));
}

#[test]
fn earlier_runs_tell_and_the_quote_says_so() {
    let managers = [6, 12, 14].map(|turns| ran("manager", Seniority::Senior, turns));
    let workers = [3, 4, 5, 5].map(|turns| ran("worker", Seniority::Mid, turns));
    let earlier = history(managers.into_iter().chain(workers).collect());
    let (pool, reserve) = (Money::cents(900), Money::cents(100));
    expect_test::expect![[r#"
        Core converter 2 $0.403 $1.532 $5.40 true
        Command line 2 $0.403 $1.532 $3.60 true
        Orchestrator 0 $0.416 $0.832 $1.00 true
        Total 4 $1.222 $3.896 $10.00 true
        from 1 earlier run here (manager, worker); typical for orchestrator, reviewer, number of workers
        overhead $2.596, work $1.30, alone $1.527, outweighed true
    "#]]
    .assert_eq(&table(&quote_of(&fixture::outline(), pool, reserve, &earlier)));
    let few = history(vec![ran("worker", Seniority::Mid, 500); 2]);
    let untold = quote_of(&fixture::outline(), pool, reserve, &few);
    assert_eq!(untold, quote(pool, reserve), "two are not a few");
}

#[test]
fn a_section_is_quoted_by_its_own_shape() {
    let quote = quote_of(&csv_to_json(), Money::cents(9_000), Money::cents(1_000), &History::default());
    expect_test::expect![[r#"
        Core converter 7 $0.339 $2.612 $54.00 true
        Command line 3 $0.2004 $1.206 $36.00 true
        Orchestrator 0 $0.416 $0.832 $10.00 true
        Total 10 $0.9554 $4.65 $100.00 true
        typical
        overhead $1.93, work $2.72, alone $9.006, outweighed false
    "#]]
    .assert_eq(&table(&quote));
}

#[test]
fn earlier_sections_tell_how_many_workers_a_part_takes() {
    let took = |parts, tasks, attempts, reviews| SectionSample { parts, tasks, attempts, reviews };
    let workers = vec![ran("worker", Seniority::Mid, 5); 3];
    let quick = history_with(workers.clone(), vec![took(4, 2, 2, 0), took(6, 3, 3, 0), took(2, 1, 1, 0)]);
    let slow = history_with(workers.clone(), vec![took(2, 4, 8, 8), took(1, 2, 4, 4), took(1, 2, 5, 3)]);
    let of =
        |history: &History| quote_of(&csv_to_json(), Money::cents(90_000), Money::cents(10_000), history);
    let workers_of = |quote: &Quote| quote.lines.iter().map(|line| line.workers).collect::<Vec<_>>();
    assert_eq!(workers_of(&of(&quick)), [3, 1, 0]);
    assert_eq!(workers_of(&of(&slow)), [20, 8, 0]);
    expect_test::expect![[r#"
        Core converter 20 $0.6305 $9.404 $540.00 true
        Command line 8 $0.317 $3.848 $360.00 true
        Orchestrator 0 $0.416 $0.832 $100.00 true
        Total 28 $1.3635 $14.084 $1000.00 true
        from 1 earlier run here (worker, number of workers); typical for orchestrator, manager, reviewer
        overhead $4.984, work $9.10, alone $21.627, outweighed false
    "#]]
    .assert_eq(&table(&of(&slow)));
    let few = history_with(workers.clone(), vec![took(1, 9, 9, 9); 2]);
    assert_eq!(of(&few), of(&history(workers)), "two are not a few");
}

#[test]
fn a_manager_of_more_tasks_takes_more_turns_here_too() {
    let took = SectionSample { parts: 2, tasks: 2, attempts: 2, reviews: 0 };
    let managers = vec![ran("manager", Seniority::Senior, 16); 3];
    let earlier = history_with(managers, vec![took; 3]);
    let catalogue = &fixture::catalogue();
    let prices = Prices { catalogue, span: Span::at(AT), history: &earlier };
    let staffings = prices.staffings(&csv_to_json());
    let turn = Usage { input: 30_000, output: 500, ..Usage::default() };
    let turn = prices.turns(1, &[Pinned::Manager], Seniority::Senior, turn);
    let turns = |place: usize| {
        let (_, managing) = prices.manager(Seniority::Senior, staffings[place]);
        managing.as_nanos() / turn.as_nanos()
    };
    // Sixteen for two tasks, where the table says eight: twice the table's fourteen for five tasks.
    assert_eq!((turns(0), turns(1)), (28, 16));
}

/// A plan that fits well, and whose Managers cost more than the work: the Owner is told before anything is paid.
#[test]
fn managing_that_outweighs_the_work_is_told_of_a_plan_that_fits_too() {
    let quick = history(vec![ran("worker", Seniority::Mid, 1); 3]);
    let told = quote_of(&fixture::outline(), Money::cents(900), Money::cents(100), &quick);
    assert!(told.fits());
    expect_test::expect![[r#"
        Core converter 2 $0.14725 $0.448 $5.40 true
        Command line 2 $0.14725 $0.448 $3.60 true
        Orchestrator 0 $0.416 $0.832 $1.00 true
        Total 4 $0.7105 $1.728 $10.00 true
        from 1 earlier run here (worker); typical for orchestrator, manager, reviewer, number of workers
        overhead $1.468, work $0.26, alone $0.387, outweighed true
    "#]]
    .assert_eq(&table(&told));
    let comparison = told.comparison.unwrap();
    assert!(comparison.outweighed && comparison.alone_is_cheaper());
    let many = quote_of(&csv_to_json(), Money::cents(9_000), Money::cents(1_000), &History::default());
    let comparison = many.comparison.unwrap();
    assert!(!comparison.outweighed && !comparison.alone_is_cheaper(), "{comparison:?}");
    assert!(many.cuts.is_empty());
}

#[test]
fn who_manages_nobody_is_compared_with_nobody() {
    let (_, told) = fixture::whole();
    let mut outline = fixture::outline();
    outline.sections.truncate(1);
    let task = told.iter().find_map(|(_, event)| {
        let Event::Task(TaskEvent::TaskCreated { contract, outline, .. }) = event else { return None };
        Some(OnlyTask { contract: *contract, outline: outline.clone() })
    });
    outline.sections[0].only = task.map(Box::new);
    let quote = quote_of(&outline, Money::cents(900), Money::cents(100), &History::default());
    assert_eq!((quote.comparison, quote.total.workers), (None, 1));
}

#[test]
fn a_thorough_section_is_quoted_with_a_review_of_every_attempt() {
    let of = |seniority| {
        let mut outline = csv_to_json();
        outline.sections[0].seniority = seniority;
        let catalogue = fixture::catalogue();
        let prices = Prices { catalogue: &catalogue, span: Span::at(AT), history: &History::default() };
        prices.staffings(&outline)[0]
    };
    let (senior, staff) = (of(Seniority::Senior), of(Seniority::Staff));
    assert!(senior.reviews < senior.attempts);
    assert_eq!((staff.reviews, staff.attempts), (senior.attempts, senior.attempts));
}

#[test]
fn high_stakes_are_paid_for_with_two_advisers_and_a_third() {
    let mut outline = fixture::outline();
    outline.sections[0].stakes = Stakes::High;
    let (high, normal) = (
        quote_of(&outline, Money::cents(900), Money::cents(100), &History::default()),
        quote(Money::cents(900), Money::cents(100)),
    );
    let more = |quote: &Quote| quote.lines[0].expected;
    let prices = fixture::catalogue();
    let prices = Prices { catalogue: &prices, span: Span::at(AT), history: &History::default() };
    let call = prices.turns(1, &[Pinned::Adviser], Seniority::Principal, ADVISER.pace.turn);
    assert_eq!(more(&high).minus(more(&normal)), call.times(5));
    assert_eq!(high.lines[1], normal.lines[1]);
}

proptest! {
    #[test]
    fn estimates_are_in_order_and_the_worst_is_all_the_money(pool in 0..u64::from(u32::MAX), reserve in 0..u64::from(u32::MAX)) {
        let quote = quote(Money::nanos(pool), Money::nanos(reserve));
        prop_assert_eq!(quote.total.worst, Money::nanos(pool + reserve));
        let outweighed = quote.comparison.is_some_and(|comparison| comparison.outweighed);
        prop_assert!(quote.fits() || !quote.cuts.is_empty());
        prop_assert!(!quote.fits() || outweighed || quote.cuts.is_empty());
        for line in quote.lines.iter().chain([&quote.total]) {
            prop_assert!(line.low <= line.worst && line.expected <= line.worst);
        }
    }

    /// What the last cut promises is enough, and not much too much.
    #[test]
    fn the_raised_total_fits(total in 100_000_000..4_000_000_000_u64, reserve in 100..9_000_u32) {
        let parts = |total: Money| {
            let reserve = total.fraction(reserve.into(), 10_000);
            (total.minus(reserve), reserve)
        };
        let (pool, reserve) = parts(Money::nanos(total));
        let short = quote(pool, reserve);
        let Some(cut) = short.cuts.last().filter(|cut| cut.what.starts_with("raise")) else {
            return Err(TestCaseError::reject("it fits"));
        };
        let (pool, reserve) = parts(Money::nanos(total).plus(cut.effect));
        prop_assert!(quote(pool, reserve).fits());
        let (pool, reserve) = parts(Money::nanos(total).plus(cut.effect).minus(Money::cents(4)));
        prop_assert!(!quote(pool, reserve).fits());
    }
}
