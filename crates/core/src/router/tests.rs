use proptest::prelude::*;

use super::*;
use crate::words::Fault;

static OPEN: Families = Families { only: None, never: Vec::new() };
static WELL: std::sync::LazyLock<Health> = std::sync::LazyLock::new(Health::default);

fn catalogue() -> Catalogue {
    crate::fixture::catalogue()
}

fn demand(seniority: Seniority, body_bytes: u64, available: Money) -> Demand<'static> {
    Demand {
        seniority,
        first: None,
        pins: &[],
        needs: Needs::AGENT,
        families: &OPEN,
        health: &WELL,
        body_bytes,
        available,
        span: now(),
        avoid: Vec::new(),
        only: None,
    }
}

fn now() -> Span {
    Span::of_call(crate::words::Millis(1_795_176_000_000))
}

#[test]
fn output_is_lowered_before_a_cheaper_model_is_tried() {
    let rich = demand(Seniority::Principal, 10_000, Money::cents(1_000)).route(&catalogue()).unwrap();
    assert_eq!((rich.model.as_str(), rich.max_tokens), ("claude-fable-5-2", 64_000));
    let tight = demand(Seniority::Principal, 10_000, Money::cents(30)).route(&catalogue()).unwrap();
    assert_eq!(tight.model, "claude-fable-5-2");
    assert!(tight.max_tokens < 64_000 && tight.bound <= Money::cents(30));
    let poor = demand(Seniority::Principal, 10_000, Money::cents(15)).route(&catalogue()).unwrap();
    assert_eq!(poor.model, "claude-opus-5-5");
    assert_eq!(poor.losers.len(), 2);
    assert!(demand(Seniority::Principal, 10_000, Money::cents(1)).route(&catalogue()).is_err());
}

#[test]
fn the_author_of_what_is_judged_comes_last() {
    let mut wish = demand(Seniority::Senior, 1_000, Money::cents(500));
    wish.avoid = vec!["claude-sonnet-5-5".to_owned()];
    assert_eq!(wish.route(&catalogue()).unwrap().model, "claude-opus-5-5");
    wish.seniority = Seniority::Mid;
    assert_eq!(wish.route(&catalogue()).unwrap().model, "claude-sonnet-5-5");
}

#[test]
fn another_family_goes_before_another_model_and_that_before_the_author() {
    let model = |name: &str, family: &str| {
        format!(
            "[models.{name}]\nfamily = \"{family}\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 100000\noutput_tokens = 4000\n"
        )
    };
    let text = [model("author", "a"), model("sister", "a"), model("stranger", "b")].concat()
        + "[seniority]\nmid = [\"author\", \"sister\", \"stranger\"]";
    let catalogue = Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap();
    let order = |avoid: &[&str]| -> Vec<String> {
        let avoid = avoid.iter().map(|name| (*name).to_owned()).collect();
        let demand = Demand { avoid, ..demand(Seniority::Mid, 0, Money::ZERO) };
        demand.route(&catalogue).unwrap_err().into_iter().map(|loser| loser.model).collect()
    };
    assert_eq!(order(&[]), ["author", "sister", "stranger"]);
    assert_eq!(order(&["author"]), ["stranger", "sister", "author"]);
    assert_eq!(order(&["author", "stranger"]), ["sister", "author", "stranger"]);
}

proptest! {
    #[test]
    fn it_never_returns_what_cannot_be_paid(level in 0..6usize, bytes in 0..2_000_000u64, nanos in 0..20_000_000_000u64) {
        let demand = demand(Seniority::ALL[level], bytes, Money::nanos(nanos));
        if let Ok(route) = demand.route(&catalogue()) {
            let model = &catalogue().models[&route.model];
            prop_assert!(route.bound <= demand.available);
            let (input_tokens_max, output_tokens_max) = (bytes + HIDDEN_INPUT_TOKENS, route.max_tokens);
            let ask = Ask { input_tokens_max, output_tokens_max, searches_max: 0 };
            prop_assert_eq!(route.bound, model.tariff.bound(ask, now()));
            prop_assert!(route.max_tokens >= OUTPUT_TOKENS_MIN && route.max_tokens <= model.output_tokens);
        }
    }
}

/// Models of one price each, `NAME FAMILY DOLLARS`, and whatever else a configuration says.
fn models(rows: &[&str], rest: &str) -> Catalogue {
    let row = |row: &&str| {
        let [name, family, price] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        format!(
            "[models.{name}]\nfamily = \"{family}\"\ninput = \"{price}\"\noutput = \"{price}\"\ncontext_tokens = 100000\noutput_tokens = 4000\n"
        )
    };
    let text = rows.iter().map(row).collect::<String>() + rest;
    Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap()
}

const ROWS: [&str; 3] = ["one a 3", "two b 1", "three c 2"];

fn rich() -> Demand<'static> {
    demand(Seniority::Mid, 3_000, Money::cents(500))
}

fn whys(losers: &[Loser]) -> Vec<(&str, Why)> {
    losers.iter().map(|loser| (loser.model.as_str(), loser.why)).collect()
}

/// The models in the order in which they would be asked if each one failed.
fn order(demand: &Demand<'_>, catalogue: &Catalogue) -> Vec<String> {
    let poor = Demand { available: Money::ZERO, ..demand.clone() };
    poor.route(catalogue).unwrap_err().into_iter().map(|loser| loser.model).collect()
}

#[test]
fn the_configured_order_counts_and_the_price_only_where_there_is_none() {
    let listed = models(&ROWS, "[seniority]\nmid = [\"one\", \"two\", \"three\"]");
    assert_eq!(order(&rich(), &listed), ["one", "two", "three"]);
    let equal = "[seniority.mid]\ncandidates = [\"one\", \"two\", \"three\"]\ncheapest_first = true";
    assert_eq!(order(&rich(), &models(&ROWS, equal)), ["two", "three", "one"]);
    let judge = Demand { avoid: vec!["two".to_owned()], ..rich() };
    assert_eq!(order(&judge, &models(&ROWS, equal)), ["three", "one", "two"]);
    let pinned = format!("{equal}\n[pins]\nworker = [\"one\", \"two\"]");
    assert_eq!(order(&Demand { pins: &[Pinned::Worker], ..rich() }, &models(&ROWS, &pinned)), ["one", "two"]);
}

#[test]
fn who_cannot_or_may_not_is_passed_over_with_the_reason() {
    let catalogue = models(
        &ROWS,
        "[seniority.mid]\ncandidates = [\"one\", \"nobody\", \"two\", \"three high\"]\noutput_cap = 3000\n",
    );
    let mut able = catalogue.clone();
    able.models.get_mut("three").unwrap().capabilities.images = true;
    let families = Families { only: None, never: vec!["b".to_owned()] };
    let needs = Needs { images: true, ..Needs::AGENT };
    let route = Demand { needs, families: &families, ..rich() }.route(&able).unwrap();
    assert_eq!((route.model.as_str(), route.effort, route.max_tokens), ("three", Some(Effort::High), 3_000));
    let losers = [("one", Why::Unable), ("nobody", Why::Unpriced), ("two", Why::Family)];
    assert_eq!(whys(&route.losers), losers);
    let structured = Needs { structured: true, ..Needs::AGENT };
    assert!(Demand { needs: structured, ..rich() }.route(&able).is_err());
}

#[test]
fn a_seniority_has_a_longest_request_of_its_own() {
    let capped = "[seniority.mid]\ncandidates = [\"one\"]\ncontext_cap = 10000";
    let of = |body_bytes| Demand { body_bytes, ..rich() }.route(&models(&ROWS, capped));
    assert!(of(27_000).is_ok());
    assert_eq!(whys(&of(40_000).unwrap_err()), [("one", Why::OverContext { cap: 10_000 })]);
    assert_eq!(whys(&of(400_000).unwrap_err()), [("one", Why::TooLong)]);
}

#[test]
fn whoever_rests_is_asked_only_when_nobody_well_can_do_it() {
    let catalogue = models(&ROWS, "[seniority]\nmid = [\"one\", \"two\", \"three\"]");
    let at = now().from;
    let mut health = Health::default();
    let mut rests = |model: &str, fault: &Fault| {
        health.failed(model, fault, at);
        let taken = Demand { health: &health, ..rich() }.route(&catalogue).unwrap();
        (taken.model, taken.losers)
    };
    let busy = |ms| Fault::RateLimited { retry_after_ms: Some(ms) };
    let resting = |model, ms| (model, Why::Resting { until: at.plus(ms) });
    let (taken, losers) = rests("one", &Fault::Auth { message: String::new() });
    assert_eq!(taken, "two");
    assert_eq!(whys(&losers), [resting("one", crate::limits::SHUT_MS)]);
    assert_eq!(rests("two", &busy(90_000)).0, "three");
    // Nobody is well: the one whose rest is over first, and the one that does not want us last.
    let (taken, losers) = rests("three", &busy(60_000));
    assert_eq!(taken, "three");
    assert_eq!(whys(&losers), [resting("one", crate::limits::SHUT_MS), resting("two", 90_000)]);
    let mut later = Demand { health: &health, ..rich() };
    later.span = Span::of_call(at.plus(60_000));
    assert_eq!(later.route(&catalogue).unwrap().model, "three");
    later.span = Span::of_call(at.plus(crate::limits::SHUT_MS));
    assert_eq!(later.route(&catalogue).unwrap().model, "one");
}
