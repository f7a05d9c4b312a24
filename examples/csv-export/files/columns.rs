//! The columns of a report and their order: the one place that the table and every export take them from.

use crate::store::Row;

/// One column.
pub struct Column {
    /// Its name in code and queries.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What it shows of a row, unescaped.
    pub cell: fn(&Row) -> String,
}

/// All columns, in order.
pub static COLUMNS: [Column; 6] = [
    column("id", "Id", |row| row.id.to_string()),
    column("day", "Day", |row| row.day.clone()),
    column("customer", "Customer", |row| row.customer.clone()),
    column("status", "Status", |row| row.status.clone()),
    column("amount", "Amount", |row| {
        format!("{}.{:02}", row.amount_cents / 100, row.amount_cents % 100)
    }),
    column("note", "Note", |row| row.note.clone()),
];

const fn column(key: &'static str, title: &'static str, cell: fn(&Row) -> String) -> Column {
    Column { key, title, cell }
}
