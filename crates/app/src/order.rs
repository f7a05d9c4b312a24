//! From what was typed to an order for the engine.

use trireme_core::{Money, Plan, Share, Stakes};
use trireme_engine::{DirtyTree, Order};

use crate::cli::{Dirty, IntentArgs};
use crate::config::Config;
use crate::failure::Failure;

/// The order of a run.
pub(crate) fn of(
    config: &Config,
    args: IntentArgs,
    plan: Option<Plan>,
    preapproved: bool,
) -> Result<Order, Failure> {
    let sentence = args.intent.filter(|intent| !intent.trim().is_empty());
    let scripted = args.scenario.is_some();
    if sentence.is_none() && !scripted {
        return Err(Failure::usage("there is no intent: say what you want")
            .hint("trireme run \"Add CSV export to the reports page.\" --budget 10"));
    }
    if args.budget.is_none() && !scripted {
        return Err(Failure::usage("there is no budget: say how much it may cost at most, in dollars")
            .hint("trireme run \"…\" --budget 10"));
    }
    let reserve = args.reserve.as_deref().map(percent).transpose()?;
    Ok(Order {
        project: config.project.clone(),
        cwd: config.cwd.clone(),
        sentence,
        budget: args.budget.as_deref().map(budget).transpose()?,
        reserve: reserve.or(config.reserve.filter(|_| !scripted)),
        constraints: args.constraint,
        context: args.context,
        path: args.path.path(),
        checks: args.check,
        plan,
        scenario: args.scenario.map(|file| config.cwd.join(file)),
        dirty: match args.dirty {
            None => DirtyTree::Refuse,
            Some(Dirty::Include) => DirtyTree::Include,
            Some(Dirty::Ignore) => DirtyTree::Ignore,
        },
        preapproved,
        stakes: if args.high_stakes { Stakes::High } else { Stakes::Normal },
        opinion: None,
    })
}

/// An amount that a run can live on.
pub(crate) fn budget(text: &str) -> Result<Money, Failure> {
    let amount = money(text)?;
    if amount.is_zero() {
        return Err(Failure::usage("a budget of $0.00 buys nothing").hint("--budget 10"));
    }
    Ok(amount)
}

/// An amount of dollars.
pub(crate) fn money(text: &str) -> Result<Money, Failure> {
    Money::parse(text)
        .map_err(|error| Failure::usage(error.to_string()).hint("write dollars, like 10 or 2.50"))
}

fn percent(text: &str) -> Result<Share, Failure> {
    let wrong = || {
        Failure::usage(format!("{text:?} is no percentage; a reserve is from 0 to 100, at most two decimals"))
            .hint("--reserve 10")
    };
    let digits = text.trim().trim_end_matches('%').trim_end();
    // A percent is written like an amount: hundredths of it are its cents.
    let hundredths = Money::parse(digits).map_err(|_| wrong())?.as_nanos();
    if hundredths % 10_000_000 != 0 {
        return Err(wrong());
    }
    u32::try_from(hundredths / 10_000_000).ok().and_then(Share::basis_points).ok_or_else(wrong)
}
