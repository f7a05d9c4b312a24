//! The rows of an account. They are made up from their numbers, so that an account can be as large as a test needs.

use crate::filter_params::FilterParams;

/// One sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1; rows come in this order, and a cursor is the id of the last row that was seen.
    pub id: u64,
    /// `YYYY-MM-DD`.
    pub day: String,
    pub customer: String,
    /// `open`, `paid` or `late`.
    pub status: String,
    pub amount_cents: u64,
    pub note: String,
}

/// An account.
pub struct Store {
    rows: u64,
}

const CUSTOMERS: [&str; 5] = [
    "Ada & Sons",
    "Müller \"Söhne\"",
    "A+B, Ltd",
    "Café 100%",
    "<Grace>",
];
const STATUSES: [&str; 3] = ["open", "paid", "late"];
const NOTE: &str =
    "delivered to the back door, signed for by the neighbour; the invoice went to the head office and ";

impl Store {
    /// An account with so many rows.
    pub fn synthetic(rows: u64) -> Self {
        Self { rows }
    }

    /// At most `limit` rows that the filters accept, in order, beginning behind the row `after`.
    pub fn page(&self, filters: &FilterParams, after: Option<u64>, limit: usize) -> Vec<Row> {
        let first = after.map_or(1, |after| after.saturating_add(1));
        let rows = (first..=self.rows).map(row);
        rows.filter(|row| filters.accepts(&row.status, &row.customer, &row.day))
            .take(limit)
            .collect()
    }
}

fn row(id: u64) -> Row {
    Row {
        id,
        day: format!("2026-{:02}-{:02}", id / 28 % 12 + 1, id % 28 + 1),
        customer: pick(&CUSTOMERS, id),
        status: pick(&STATUSES, id / 2),
        amount_cents: id * 7919 % 100_000,
        note: format!("{}its copy {id} \"to the archive\"", NOTE.repeat(3)),
    }
}

fn pick(from: &[&str], id: u64) -> String {
    let at = usize::try_from(id).unwrap_or_default() % from.len();
    from[at].to_owned()
}
