//! What stands above a report: the form with its filters.

use crate::filter_params::FilterParams;
use crate::html::escape;

/// The toolbar of a report, with the active filters filled in.
pub fn render(report: &str, filters: &FilterParams, _today: &str) -> String {
    let fields = [
        ("status", &filters.status),
        ("customer", &filters.customer),
        ("from", &filters.from),
        ("to", &filters.to),
    ];
    let inputs: String = fields
        .into_iter()
        .map(|(name, value)| input(name, value.as_deref()))
        .collect();
    format!("<form action=\"/reports/{report}\">\n{inputs}<button>Filter</button>\n</form>\n")
}

fn input(name: &str, value: Option<&str>) -> String {
    let value = escape(value.unwrap_or_default());
    format!("<label>{name} <input name=\"{name}\" value=\"{value}\"></label>\n")
}
