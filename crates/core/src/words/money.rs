//! Money as integers: prices in picodollars per token, amounts in nanodollars, rounding always up.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

const NANOS_PER_DOLLAR: u64 = 1_000_000_000;
const PICOS_PER_NANO: u128 = 1_000;
const PERMILLE: u128 = 1_000;

/// An amount of money in nanodollars (1 USD = 10⁹). Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(u64);

/// A price in picodollars per token: dollars per million tokens × 10⁶.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PicoPerToken(pub u64);

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// No digits, a sign, or letters.
    #[error("{0:?} is not an amount in dollars; write it like 10 or 2.50")]
    NotANumber(String),
    /// More than nine decimals.
    #[error("{0:?} is finer than a nanodollar (nine decimals)")]
    TooFine(String),
    /// Over [`Money::MAX`].
    #[error("{0:?} is more than {max}, the most that one run may have", max = Money::MAX)]
    TooMuch(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one run may have: a million dollars. Sums of many such amounts still fit in 64 bits.
    pub const MAX: Self = Self(1_000_000 * NANOS_PER_DOLLAR);

    /// An amount from nanodollars.
    #[must_use]
    pub const fn nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// An amount from whole cents.
    #[must_use]
    pub const fn cents(cents: u64) -> Self {
        Self(cents * (NANOS_PER_DOLLAR / 100))
    }

    /// The amount in nanodollars.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Reads `10`, `2.50` or `$0.000000001` exactly.
    ///
    /// # Errors
    /// [`MoneyError`] for anything else, and for amounts above [`Money::MAX`].
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix('$').unwrap_or(trimmed);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotANumber(text.to_owned()));
        }
        if fraction.len() > 9 {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        let too_much = || MoneyError::TooMuch(text.to_owned());
        let dollars: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_much())? };
        let nanos: u64 = format!("{fraction:0<9}").parse().map_err(|_| too_much())?;
        dollars
            .checked_mul(NANOS_PER_DOLLAR)
            .and_then(|whole| whole.checked_add(nanos))
            .map(Self)
            .filter(|amount| *amount <= Self::MAX)
            .ok_or_else(too_much)
    }

    /// The sum, at most `u64::MAX` nanodollars; with every amount ≤ [`Money::MAX`] it is exact.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after `other`, or nothing.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What is left after `other`, or `None` if that is more than there is.
    #[must_use]
    pub fn checked_minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// So many times the amount, at most `u64::MAX` nanodollars.
    #[must_use]
    pub const fn times(self, number: u64) -> Self {
        Self(self.0.saturating_mul(number))
    }

    /// `numerator / denominator` of the amount, rounded down; a denominator of 0 gives nothing.
    #[must_use]
    pub fn fraction(self, numerator: u64, denominator: u64) -> Self {
        let product = u128::from(self.0) * u128::from(numerator);
        let share = product.checked_div(u128::from(denominator)).unwrap_or(0);
        Self(u64::try_from(share).unwrap_or(u64::MAX))
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl PicoPerToken {
    /// Reads dollars per million tokens, at most six decimals.
    ///
    /// # Errors
    /// [`MoneyError`] where the text is no such price.
    pub fn parse_per_million(text: &str) -> Result<Self, MoneyError> {
        let dollars = Money::parse(text)?;
        // One nanodollar per million tokens is a thousandth of a picodollar per token.
        if dollars.0 % 1_000 != 0 {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        Ok(Self(dollars.0 / 1_000))
    }

    /// What a million tokens cost.
    #[must_use]
    pub const fn per_million(self) -> Money {
        Money(self.0.saturating_mul(1_000))
    }
}

/// The cost of one call: `(tokens, price)` pairs, times `permille` thousandths, plus fees; rounded up once to a nanodollar.
#[must_use]
pub fn cost(parts: impl IntoIterator<Item = (u64, PicoPerToken)>, permille: u64, fees: Money) -> Money {
    let picos = parts
        .into_iter()
        .fold(0u128, |sum, (tokens, price)| sum.saturating_add(u128::from(tokens) * u128::from(price.0)));
    let tokens = picos.saturating_mul(u128::from(permille)).div_ceil(PICOS_PER_NANO * PERMILLE);
    Money(u64::try_from(tokens).unwrap_or(u64::MAX)).plus(fees)
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl<'a> Sum<&'a Money> for Money {
    fn sum<I: Iterator<Item = &'a Money>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

/// A dollar sign and at least two decimals, more only where they are not zero: `$2.50`, `$0.000000001`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:09}", self.0 % NANOS_PER_DOLLAR);
        let kept = fraction.trim_end_matches('0').len().max(2);
        f.pad(&format!("${}.{}", self.0 / NANOS_PER_DOLLAR, fraction.get(..kept).unwrap_or(&fraction)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_read_exactly_and_print_with_at_least_two_decimals() {
        for (text, nanos, shown) in [
            ("10", 10_000_000_000, "$10.00"),
            ("$2.5", 2_500_000_000, "$2.50"),
            (".05", 50_000_000, "$0.05"),
            ("0.000000001", 1, "$0.000000001"),
            (" 1000000 ", Money::MAX.0, "$1000000.00"),
        ] {
            let amount = Money::parse(text).unwrap();
            assert_eq!((amount.0, amount.to_string().as_str()), (nanos, shown));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ".", "-1", "+1", "1e3", "ten", "1.2.3", "NaN", "$"] {
            assert_eq!(Money::parse(text), Err(MoneyError::NotANumber(text.to_owned())), "{text:?}");
        }
        assert!(matches!(Money::parse("0.0000000001"), Err(MoneyError::TooFine(_))));
        assert!(matches!(Money::parse("1000000.01"), Err(MoneyError::TooMuch(_))));
        assert!(matches!(Money::parse("99999999999999999999999"), Err(MoneyError::TooMuch(_))));
    }

    #[test]
    fn a_price_reads_back() {
        for text in ["$0.10", "$0.003625", "$40.00"] {
            assert_eq!(PicoPerToken::parse_per_million(text).unwrap().per_million().to_string(), text);
        }
    }

    #[test]
    fn a_call_is_rounded_up_once() {
        let third = PicoPerToken(333);
        let plain = |parts: [(u64, PicoPerToken); 3]| cost(parts, 1_000, Money::ZERO);
        assert_eq!(plain([(1, third), (1, third), (1, third)]), Money::nanos(1));
        assert_eq!(plain([(1, third), (1, third), (2, third)]), Money::nanos(2));
        let tenth = PicoPerToken::parse_per_million("0.10").unwrap();
        assert_eq!(cost([(1_000_000, tenth)], 1_000, Money::ZERO), Money::cents(10));
        assert_eq!(cost([(1_000_000, tenth)], 1_100, Money::cents(2)), Money::cents(13));
        assert_eq!(
            cost([(u64::MAX, PicoPerToken(u64::MAX)); 3], u64::MAX, Money::cents(1)),
            Money::nanos(u64::MAX)
        );
    }

    proptest! {
        #[test]
        fn printed_amounts_read_back(nanos in 0..=Money::MAX.0) {
            prop_assert_eq!(Money::parse(&Money(nanos).to_string()), Ok(Money(nanos)));
        }
    }
}
