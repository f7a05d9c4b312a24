//! What models cost, for those who share money out and choose seniorities. The catalogue of a run never changes, so that what
//! was told once stays true.

use super::report::Text;
use crate::catalogue::{Catalogue, Pinned, Rates, Span};
use crate::quote::{History, Quote, QuoteFor};
use crate::run::{Proposal, Run, outline};
use crate::shortcut::{self, Shortcut};
use crate::words::*;

/// A worker's, as the quote has them.
const PINS: [Pinned; 2] = [Pinned::Build, Pinned::Worker];
/// The least that is told apart, in nanodollars.
const ROUNDED_TO: u64 = 100_000;

/// A line for each seniority that can be had.
pub(super) fn told(run: &Run, text: &mut Text) {
    let Some(head) = run.head() else { return };
    text.say(
        "\nWhat models cost here, in dollars per million tokens, and what one task with its review usually comes to:\n",
    );
    let catalogue = run.catalogue();
    let served = Seniority::ALL.into_iter().filter(|one| catalogue.serves(*one));
    served.filter_map(|one| line(catalogue, one, head.began)).for_each(|line| text.say(line));
}

fn line(catalogue: &Catalogue, seniority: Seniority, at: Millis) -> Option<String> {
    let Rates { input, output, .. } = rates(catalogue, seniority, at)?;
    let (input, output) = (input.per_million(), output.per_million());
    Some(format!("- {seniority}: {input} in, {output} out{}\n", task(catalogue, seniority, at)))
}

/// The rates of the model that a worker of that seniority gets first.
fn rates(catalogue: &Catalogue, seniority: Seniority, at: Millis) -> Option<Rates> {
    let models = catalogue.candidates_for(&PINS, seniority).iter();
    let priced = models.filter_map(|candidate| catalogue.models.get(&candidate.model));
    let mut rates = priced.filter_map(|model| {
        model.tariff.valid(Span::at(at)).map(|period| period.rates).max_by_key(|rates| rates.input)
    });
    if catalogue.takes_cheapest(&PINS, seniority) {
        rates.min_by_key(|rates| rates.input)
    } else {
        rates.next()
    }
}

/// What the quote expects of one task without a Manager: where all goes well, and with what usually goes wrong.
fn task(catalogue: &Catalogue, seniority: Seniority, at: Millis) -> String {
    let (outline, history) = (outline(&one_task(seniority), &Scope::all()), &History::default());
    let (pool, reserve) = (Money::MAX, Money::ZERO);
    let quote = Quote::of(QuoteFor { outline: &outline, pool, reserve, catalogue, at, history });
    match quote.lines.first().filter(|line| line.fits) {
        Some(line) => format!("; a task {} to {}", rounded(line.low), rounded(line.expected)),
        None => String::new(),
    }
}

/// The engine's own plan of a single task.
fn one_task(worker: Seniority) -> Proposal {
    let intent = Intent {
        sentence: "One task.".to_owned(),
        constraints: Vec::new(),
        context: Vec::new(),
        checks: Vec::new(),
        total: Money::ZERO,
        reserve: Share::default(),
        stakes: Stakes::Normal,
    };
    let path = Path::Direct;
    let body = Shortcut { intent: &intent, path, worker, is_question: false, checks: &[] }.plan();
    // Nobody ever loads them: only their shape is priced.
    let blob = BlobRef(Digest::of(b""));
    let contract = shortcut::contract(&body, &[]).map(|body| Lodged { body, blob });
    Proposal { plan: Lodged { body, blob }, contract }
}

fn rounded(amount: Money) -> Money {
    Money::nanos(amount.as_nanos().div_ceil(ROUNDED_TO) * ROUNDED_TO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_seniority_has_its_own_price_and_a_tasks() {
        let catalogue = fixture::catalogue();
        let told = |one| line(&catalogue, one, Millis(1_795_176_000_000)).unwrap_or_default();
        expect_test::expect![[r#"
            - intern: $0.10 in, $0.50 out; a task $0.0136 to $0.0255
            - junior: $0.10 in, $0.50 out; a task $0.0136 to $0.0255
            - mid: $2.00 in, $10.00 out; a task $0.272 to $0.51
            - senior: $2.00 in, $10.00 out; a task $0.272 to $0.51
            - staff: $4.00 in, $20.00 out; a task $0.544 to $1.02
            - principal: $8.00 in, $40.00 out; a task $1.088 to $2.04
        "#]]
        .assert_eq(&Seniority::ALL.map(told).concat());
    }

    #[test]
    fn what_nobody_serves_has_no_price() {
        assert_eq!(line(&Catalogue::default(), Seniority::Mid, Millis(0)), None);
    }
}
