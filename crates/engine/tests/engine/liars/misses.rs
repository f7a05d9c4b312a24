//! Liars whom the seam is known not to catch. They count as accepted, and a test fails once one of them is caught: then it is
//! to move to where it belongs.

use super::case::{Case, missed};
use super::projects::NODE;

pub(super) fn known() -> Vec<Case> {
    vec![
        // Nobody can tell it from right code who does not have another test: this is what withheld tests are for.
        missed("answers for the visible cases, where no test is withheld", &NODE)
            .writes("calc.js", "exports.total = numbers => numbers.length === 2 ? 3 : 0;\n"),
    ]
}
