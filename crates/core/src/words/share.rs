//! A share of money in hundredths of a percent, so that shares add up exactly.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A share in basis points: 10,000 is the whole. Written in percent, at most two decimals: `40`, `12.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(10_000);

    /// A share from basis points; `None` above the whole.
    #[must_use]
    pub fn basis_points(points: u32) -> Option<Self> {
        (points <= Self::WHOLE.0).then_some(Self(points))
    }

    /// The share in basis points.
    #[must_use]
    pub const fn points(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole} %"),
            (whole, part) => write!(f, "{whole}.{part:02} %"),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => serializer.serialize_u32(whole),
            _ => serializer.serialize_f64(f64::from(self.0) / 100.0),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Percent;
        impl de::Visitor<'_> for Percent {
            type Value = Share;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage from 0 to 100 with at most two decimals, such as 40 or 12.5")
            }
            fn visit_u64<E: de::Error>(self, percent: u64) -> Result<Share, E> {
                u32::try_from(percent)
                    .ok()
                    .and_then(|percent| percent.checked_mul(100))
                    .and_then(Share::basis_points)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(percent), &self))
            }
            fn visit_i64<E: de::Error>(self, percent: i64) -> Result<Share, E> {
                match u64::try_from(percent) {
                    Ok(percent) => self.visit_u64(percent),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(percent), &self)),
                }
            }
            fn visit_f64<E: de::Error>(self, percent: f64) -> Result<Share, E> {
                let points = (percent * 100.0).round();
                let exact = (percent * 100.0 - points).abs() < 1e-6;
                if exact && (0.0..=10_000.0).contains(&points) {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "checked on the line above"
                    )]
                    return Ok(Share(points as u32));
                }
                Err(E::invalid_value(de::Unexpected::Float(percent), &self))
            }
        }
        deserializer.deserialize_any(Percent)
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn percentages_read_and_write_without_loss() {
        for (json, points) in [("40", 4000), ("12.5", 1250), ("33.33", 3333), ("0", 0), ("100", 10_000)] {
            let share: Share = serde_json::from_str(json).unwrap();
            assert_eq!(share.points(), points);
            assert_eq!(serde_json::to_string(&share).unwrap(), json);
        }
        for json in ["-1", "100.01", "101", "0.001", "\"40\"", "4294967296"] {
            assert!(serde_json::from_str::<Share>(json).is_err(), "{json}");
        }
    }
}
