//! From a CSV text to a JSON text. Still to be written.

use crate::interface::{Convert, Problem};

/// The converter.
pub struct CsvToJson;

impl Convert for CsvToJson {
    fn convert(&self, _csv: &str, _schema: Option<&str>) -> Result<String, Vec<Problem>> {
        Err(vec![Problem::at(0, "the converter is still to be written")])
    }
}
