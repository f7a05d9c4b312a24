//! The ledger against a naive list: every operation at random, and the same answer from a model that recomputes
//! everything from the history each time.

use proptest::prelude::*;

use super::*;

fn shares(percents: &[u32]) -> Vec<Share> {
    percents.iter().map(|percent| Share::basis_points(percent * 100).unwrap()).collect()
}

#[test]
fn the_proposals_split_is_exact_to_the_nanodollar() {
    let total = Money::parse("25").unwrap();
    let reserve = part(total, shares(&[10])[0]);
    assert_eq!(reserve.to_string(), "$2.50");
    let parts: Vec<_> =
        split(total.minus(reserve), &shares(&[40, 30, 20, 10])).iter().map(Money::to_string).collect();
    assert_eq!(parts, ["$9.00", "$6.75", "$4.50", "$2.25"]);
}

#[test]
fn remainders_go_to_the_first_section() {
    let thirds: Vec<_> =
        [3334, 3333, 3333].into_iter().map(|points| Share::basis_points(points).unwrap()).collect();
    let parts = split(Money::nanos(10), &thirds);
    assert_eq!(parts, [Money::nanos(4), Money::nanos(3), Money::nanos(3)]);
}

/// A run of $10 with one phase of two Managers ($5.40 and $3.60), and a task under the first one's crew.
fn staffed() -> (Ledger, [AccountId; 4]) {
    let mut ledger = Ledger::new(Money::cents(1000), shares(&[10])[0]);
    let phase = ledger.open(Some(Ledger::RUN), Purse::Phase(PhaseId(0)), Money::ZERO);
    let [first, second] = [0, 1].map(|n| ledger.open(Some(phase), Purse::Manager(SectionId(n)), Money::ZERO));
    ledger.transfer(Ledger::POOL, first, Money::cents(540));
    ledger.transfer(Ledger::POOL, second, Money::cents(360));
    let crew = ledger.open(Some(first), Purse::Crew(SectionId(0)), Money::cents(54));
    let task = ledger.open(Some(crew), Purse::Task(TaskId(0)), Money::cents(200));
    (ledger, [first, second, crew, task])
}

#[test]
fn a_promise_counts_at_every_account_above() {
    let (mut ledger, [first, _, crew, task]) = staffed();
    ledger.reserve(EffectId(1), task, Money::cents(150)).unwrap();
    for account in [task, crew, first, Ledger::RUN] {
        assert_eq!(ledger.get(account).unwrap().reserved, Money::cents(150));
    }
    let short = ledger.reserve(EffectId(2), task, Money::cents(51)).unwrap_err();
    assert_eq!((short.account, short.free, short.reserved), (task, Money::cents(50), Money::cents(150)));
    ledger.settle(EffectId(1), Money::cents(20));
    assert_eq!(ledger.available(task), Money::cents(180));
    ledger.audit().unwrap();
}

#[test]
fn a_crew_cannot_spend_what_its_manager_holds_back_for_the_report() {
    let (mut ledger, [first, _, crew, _]) = staffed();
    assert_eq!(ledger.limit(crew), Money::cents(486));
    assert!(ledger.affords(crew, Money::cents(487)).is_err());
    ledger.reserve(EffectId(1), crew, Money::cents(486)).unwrap();
    ledger.reserve(EffectId(2), first, Money::cents(54)).unwrap();
    assert!(ledger.affords(first, Money::nanos(1)).is_err());
}

#[test]
fn what_a_manager_spends_itself_comes_off_its_crew_and_not_off_its_report() {
    let (mut ledger, [first, _, crew, _]) = staffed();
    ledger.reserve(EffectId(1), first, Money::cents(100)).unwrap();
    ledger.settle(EffectId(1), Money::cents(100));
    assert_eq!(ledger.available(crew), Money::cents(386));
    ledger.reserve(EffectId(2), crew, Money::cents(386)).unwrap();
    ledger.settle(EffectId(2), Money::cents(386));
    assert!(ledger.affords(crew, Money::nanos(1)).is_err());
    ledger.affords(first, Money::cents(54)).unwrap();
}

#[test]
fn a_cost_above_the_promise_is_charged_in_full_and_marked() {
    let (mut ledger, [first, ..]) = staffed();
    ledger.reserve(EffectId(1), first, Money::cents(1)).unwrap();
    assert!(ledger.settle(EffectId(1), Money::cents(600)));
    assert_eq!(ledger.get(Ledger::RUN).unwrap().spent, Money::cents(600));
    assert!(ledger.get(first).unwrap().overrun);
    assert!(ledger.affords(first, Money::nanos(1)).is_err());
    ledger.audit().unwrap();
}

#[test]
fn closing_a_manager_gives_its_surplus_to_the_reserve() {
    let (mut ledger, [first, second, ..]) = staffed();
    ledger.reserve(EffectId(1), first, Money::cents(100)).unwrap();
    ledger.settle(EffectId(1), Money::cents(100));
    assert_eq!(ledger.close(first), Money::cents(440));
    assert_eq!(ledger.limit(Ledger::RESERVE), Money::cents(540));
    assert!(ledger.affords(first, Money::nanos(1)).is_err());
    assert_eq!(ledger.transfer(Ledger::RESERVE, second, Money::cents(10_000)), Money::cents(540));
    ledger.audit().unwrap();
}

#[test]
fn the_total_never_falls_below_what_is_gone() {
    let (mut ledger, [first, ..]) = staffed();
    ledger.reserve(EffectId(1), first, Money::cents(300)).unwrap();
    assert!(!ledger.set_total(Money::cents(299)));
    assert_eq!(ledger.limit(Ledger::RUN), Money::cents(1000));
    assert!(ledger.set_total(Money::cents(300)));
    assert_eq!(ledger.limit(first), Money::cents(300));
    assert!(ledger.set_total(Money::cents(2000)));
    assert_eq!(ledger.free(Ledger::RESERVE), Money::cents(1700));
    ledger.audit().unwrap();
}

#[derive(Clone, Debug)]
enum Act {
    Reserve(usize, u64),
    Settle(usize, u64),
    Forfeit(usize),
    Release(usize),
    Transfer(usize, usize, u64),
    Total(u64),
    Close(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6usize, 0..500u64).prop_map(|(account, cents)| Act::Reserve(account, cents)),
        3 => (0..8usize, 0..600u64).prop_map(|(call, cents)| Act::Settle(call, cents)),
        1 => (0..8usize).prop_map(Act::Forfeit),
        1 => (0..8usize).prop_map(Act::Release),
        2 => (0..4usize, 0..4usize, 0..400u64).prop_map(|(from, to, cents)| Act::Transfer(from, to, cents)),
        1 => (0..2_000u64).prop_map(Act::Total),
        1 => (0..2usize).prop_map(Act::Close),
    ]
}

/// What a list of calls says: spent and promised, each with who pays, without any tree.
#[derive(Default)]
struct Naive {
    paid: Vec<(AccountId, Money)>,
    promised: Vec<(EffectId, AccountId, Money)>,
}

impl Naive {
    fn spent(&self) -> Money {
        self.paid.iter().map(|(_, cost)| *cost).sum()
    }

    fn reserved(&self) -> Money {
        self.promised.iter().map(|(.., bound)| *bound).sum()
    }

    /// Spent and promised by these payers.
    fn used_by(&self, payers: &[AccountId]) -> Money {
        let paid = self.paid.iter().filter(|(payer, _)| payers.contains(payer)).map(|(_, cost)| *cost);
        let promised = self.promised.iter().filter(|(_, payer, _)| payers.contains(payer));
        paid.chain(promised.map(|(.., bound)| *bound)).sum()
    }

    fn end(&mut self, pick: usize, cost: impl FnOnce(Money) -> Money) -> (EffectId, Money) {
        let (call, payer, bound) = self.promised.remove(pick);
        self.paid.push((payer, cost(bound)));
        (call, bound)
    }
}

proptest! {
    #[test]
    fn it_agrees_with_a_naive_list_and_all_rules_hold(acts in prop::collection::vec(act(), 1..120)) {
        let (mut ledger, [first, second, crew, task]) = staffed();
        let payers = [Ledger::RESERVE, first, second, crew, task, Ledger::POOL];
        let funded = [Ledger::RESERVE, first, second, Ledger::POOL];
        let held_back = Money::cents(54);
        let mut naive = Naive::default();
        let mut overrun = false;
        for (number, act) in acts.into_iter().enumerate() {
            let call = EffectId(number as u64);
            match act {
                Act::Reserve(account, cents) => {
                    let (payer, amount) = (payers[account], Money::cents(cents));
                    let fits = ledger.available(payer) >= amount;
                    let done = ledger.reserve(call, payer, amount);
                    prop_assert!(done.is_err() || fits);
                    if done.is_ok() { naive.promised.push((call, payer, amount)); }
                    if done.is_ok() && !amount.is_zero() && [crew, task].contains(&payer) {
                        // Whatever its Manager used for itself: the crew leaves what is held back for the report.
                        let used = naive.used_by(&[crew, task]).plus(naive.used_by(&[first]));
                        prop_assert!(overrun || used.plus(held_back) <= ledger.limit(first));
                        prop_assert!(overrun || ledger.free(first) >= held_back);
                    }
                }
                Act::Settle(pick, cents) if pick < naive.promised.len() => {
                    let (call, bound) = naive.end(pick, |_| Money::cents(cents));
                    let over = ledger.settle(call, Money::cents(cents));
                    prop_assert_eq!(over, Money::cents(cents) > bound);
                    overrun |= over;
                }
                Act::Forfeit(pick) if pick < naive.promised.len() => {
                    let (call, bound) = naive.end(pick, |bound| bound);
                    prop_assert_eq!(ledger.forfeit(call), bound);
                }
                Act::Release(pick) if pick < naive.promised.len() => {
                    let (call, _) = naive.end(pick, |_| Money::ZERO);
                    ledger.release(call);
                }
                Act::Transfer(from, to, cents) => {
                    ledger.transfer(funded[from], funded[to], Money::cents(cents));
                }
                Act::Total(cents) => {
                    let gone = naive.spent().plus(naive.reserved());
                    let done = ledger.set_total(Money::cents(cents));
                    prop_assert!(!done || gone <= Money::cents(cents));
                }
                Act::Close(which) => { ledger.close([first, second][which]); }
                Act::Settle(..) | Act::Forfeit(_) | Act::Release(_) => {}
            }
            let root = ledger.get(Ledger::RUN).unwrap();
            prop_assert_eq!(root.spent, naive.spent());
            prop_assert_eq!(root.reserved, naive.reserved());
            let used = naive.used_by(&[first, crew, task]);
            prop_assert!(overrun || used <= ledger.limit(first));
            if !overrun { prop_assert_eq!(ledger.audit(), Ok(())); }
        }
    }
}
