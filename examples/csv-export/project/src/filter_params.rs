//! The filters of a report, as they stand in a request's query: `status=open&customer=M%C3%BCller&from=2026-01-01`.

/// The active filters; `None` filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterParams {
    /// Exactly this status: `open`, `paid` or `late`.
    pub status: Option<String>,
    /// A part of the customer's name.
    pub customer: Option<String>,
    /// The first day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// The last day, `YYYY-MM-DD`.
    pub to: Option<String>,
}

impl FilterParams {
    /// The filters in a query. Values are percent-encoded, `+` is a space; an empty value is no filter.
    pub fn from_query(query: &str) -> Self {
        let mut params = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let slot = match name {
                "status" => &mut params.status,
                "customer" => &mut params.customer,
                "from" => &mut params.from,
                "to" => &mut params.to,
                _ => continue,
            };
            *slot = Some(decoded(value)).filter(|value| !value.is_empty());
        }
        params
    }

    /// Whether a row with these fields is shown.
    pub fn accepts(&self, status: &str, customer: &str, day: &str) -> bool {
        let is_none_or =
            |filter: &Option<String>, holds: &dyn Fn(&str) -> bool| filter.as_deref().is_none_or(holds);
        is_none_or(&self.status, &|wanted| status == wanted)
            && is_none_or(&self.customer, &|part| customer.contains(part))
            && is_none_or(&self.from, &|first| day >= first)
            && is_none_or(&self.to, &|last| day <= last)
    }
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
