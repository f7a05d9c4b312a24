//! Moments as they are typed.

use trireme_core::Millis;
use trireme_core::log::rfc3339;
use trireme_engine::clock;

/// What a moment of the log looks like: a digit for every zero, and it may end where one of `ENDS` says.
const PATTERN: &str = "0000-00-00T00:00:00.000";
const ENDS: [usize; 4] = [10, 16, 19, 23];

/// A moment after which, or up to which, something is wanted: the beginning of how the log writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment(String);

impl Moment {
    /// Out of `90m`, `8h`, `7d` ago, or a moment in UTC as the log has them, whole or its beginning.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if let Some(ms) = length(text) {
            return Some(Self(rfc3339(Millis(clock::now().0.saturating_sub(ms)))));
        }
        let told = text.trim_end_matches('Z').replacen(' ', "T", 1);
        let fits = |(letter, wanted): (char, char)| match wanted {
            '0' => letter.is_ascii_digit(),
            sign => letter == sign,
        };
        let is_one = ENDS.contains(&told.len()) && told.chars().zip(PATTERN.chars()).all(fits);
        is_one.then_some(Self(told))
    }

    /// Whether a moment of the log is not before this one.
    pub(crate) fn is_reached(&self, timestamp: &str) -> bool {
        timestamp >= self.0.as_str()
    }

    /// Whether a moment of the log is after this one, and not within it.
    pub(crate) fn is_past(&self, timestamp: &str) -> bool {
        timestamp > self.0.as_str() && !timestamp.starts_with(&self.0)
    }
}

/// A length of time out of `30s`, `90m`, `8h` or `7d`, in milliseconds.
pub(crate) fn length(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 24 * 3_600,
        _ => return None,
    };
    let count: u64 = number.parse().ok()?;
    count.checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(length("90m"), Some(90 * 60_000));
        assert_eq!(length("7d"), Some(7 * 24 * 3_600_000));
        for wrong in ["", "7", "d", "-1h", "1w", "99999999999999999999d", "1é"] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_the_beginning_of_one() {
        let at = "2026-11-20T12:00:03.250Z";
        for (text, reached, past) in [
            ("2026-11-20", true, false),
            ("2026-11-20 12:00", true, false),
            ("2026-11-20T12:00:03Z", true, false),
            ("2026-11-20T12:00:03.251", false, false),
            ("2026-11-20T11:59", true, true),
            ("2026-11-21", false, false),
        ] {
            let moment = Moment::of(text).unwrap();
            assert_eq!((moment.is_reached(at), moment.is_past(at)), (reached, past), "{text}");
        }
        for wrong in ["", "12:00", "2026-11-20T12", "2026-11-20T12:00+01:00", "2026/11/20", "yesterday"] {
            assert_eq!(Moment::of(wrong), None, "{wrong}");
        }
        assert!(!Moment::of("1h").unwrap().is_reached(at) || clock::now() < Millis(1_795_180_000_000));
    }
}
