//! Maps the active filters onto other requests for the same report.

use crate::filter_params::FilterParams;

/// The query of the export request: the active filters under their own names, percent-encoded; empty without any.
pub fn export_query(filters: &FilterParams) -> String {
    let fields = [
        ("status", &filters.status),
        ("customer", &filters.customer),
        ("from", &filters.from),
        ("to", &filters.to),
    ];
    let active = fields
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let pairs: Vec<String> = active
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

fn encoded(value: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_comes_back_as_it_went() {
        for value in ["open", "Ada & Sons", "a+b", "100%", "Müller", "x=y", " "] {
            let some = || Some(value.to_owned());
            let filters = FilterParams {
                status: some(),
                customer: some(),
                from: some(),
                to: some(),
            };
            assert_eq!(FilterParams::from_query(&export_query(&filters)), filters);
        }
    }

    #[test]
    fn what_does_not_filter_is_not_sent() {
        let filters = FilterParams {
            to: Some("2026-01-31".to_owned()),
            ..FilterParams::default()
        };
        assert_eq!(export_query(&filters), "to=2026-01-31");
    }
}
