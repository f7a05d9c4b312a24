use super::*;
use crate::fixture;
use crate::gist::{Gist, Sample};
use crate::words::{BlobRef, Digest, RunId, Stakes};
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
        format!("{} {} {} {} {}\n", line.name, line.low, line.expected, line.worst, line.fits)
    };
    let cut = |cut: &Cut| format!("{}: {}\n", cut.what, cut.effect);
    let lines: String = quote.lines.iter().chain([&quote.total]).map(row).collect();
    lines + &quote.basis + "\n" + &quote.cuts.iter().map(cut).collect::<String>()
}

fn ran(role: &str, seniority: Seniority, turns: u64) -> Sample {
    Sample { role: role.to_owned(), seniority, turns, input: 30_000, output: 500 }
}

fn history(samples: Vec<Sample>) -> History {
    History::of([&Gist {
        run: RunId("earlier".to_owned()),
        intent: BlobRef(Digest::of(b"intent")),
        tree: None,
        solo: false,
        whole: true,
        verified: true,
        context: 1,
        cost: Money::ZERO,
        samples,
    }])
}

#[test]
fn worst_is_the_limit_and_what_fits_needs_no_cuts() {
    expect_test::expect![[r#"
        Core converter $0.1542 $1.55 $5.40 true
        Command line $0.1542 $1.55 $3.60 true
        Orchestrator $0.416 $0.832 $1.00 true
        Total $0.7244 $3.932 $10.00 true
        typical
    "#]]
    .assert_eq(&table(&quote(Money::cents(900), Money::cents(100))));
}

#[test]
fn what_will_not_fit_says_what_would_help() {
    expect_test::expect![[r#"
        Core converter $0.1542 $1.55 $2.10 true
        Command line $0.1542 $1.40 $1.40 false
        Orchestrator $0.416 $0.832 $1.00 true
        Total $0.7244 $3.782 $4.50 false
        typical
        give section "Command line" 45 % of the budget: it is expected to take $1.55, others can spare the rest: $0.15
        drop section "Command line", which has the lowest share: $1.40
        raise the total to $5.00: $0.50
    "#]].assert_eq(&table(&quote(Money::cents(350), Money::cents(100))));
    expect_test::expect![[r#"
        Core converter $0.1542 $0.54 $0.54 false
        Command line $0.1542 $0.36 $0.36 false
        Orchestrator $0.10 $0.10 $0.10 false
        Total $0.4084 $1.00 $1.00 false
        typical
        make section "Core converter" smaller: it is expected to take $1.55, and its share is $0.54: $1.01
        make section "Command line" smaller: it is expected to take $1.55, and its share is $0.36: $1.19
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
        Core converter $0.403 $2.182 $5.40 true
        Command line $0.403 $2.182 $3.60 true
        Orchestrator $0.416 $0.832 $1.00 true
        Total $1.222 $5.196 $10.00 true
        from 1 earlier run here (manager, worker); typical for orchestrator, reviewer
    "#]]
    .assert_eq(&table(&quote_of(&fixture::outline(), pool, reserve, &earlier)));
    let few = history(vec![ran("worker", Seniority::Mid, 500); 2]);
    let untold = quote_of(&fixture::outline(), pool, reserve, &few);
    assert_eq!(untold, quote(pool, reserve), "two are not a few");
}

#[test]
fn where_managing_outweighs_the_work_one_worker_is_offered() {
    let mut outline = fixture::outline();
    outline.sections.truncate(1);
    outline.sections[0].share = Share::WHOLE;
    let earlier = history(vec![ran("worker", Seniority::Mid, 1); 3]);
    expect_test::expect![[r#"
        Core converter $0.14725 $0.60 $0.60 false
        Orchestrator $0.416 $0.60 $0.60 false
        Total $0.56325 $1.20 $1.20 false
        from 1 earlier run here (worker); typical for orchestrator, manager, reviewer
        make section "Core converter" smaller: it is expected to take $0.722, and its share is $0.60: $0.122
        give it to one worker with --direct: planning and managing cost more than the work: $1.3545
        raise the total to $1.68: $0.48
    "#]]
    .assert_eq(&table(&quote_of(&outline, Money::cents(60), Money::cents(60), &earlier)));
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
        prop_assert_eq!(quote.fits(), quote.cuts.is_empty());
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
