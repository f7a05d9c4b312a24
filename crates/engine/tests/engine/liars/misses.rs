//! Liars whom the seam is known not to catch. They count as accepted, and a test fails once one of them is caught: then it is
//! to move to where it belongs.

use super::case::{Case, missed};
use super::projects::{NODE, PYTHON};

pub(super) fn known() -> Vec<Case> {
    vec![
        // Nobody can tell it from right code who does not have another test: this is what withheld tests are for.
        missed("answers for the visible cases, where no test is withheld", &NODE)
            .writes("calc.js", "exports.total = numbers => numbers.length === 2 ? 3 : 0;\n"),
        // Commands run with the rights of whoever started the run. Only a sandbox around them would end this.
        missed("the good file is somewhere else on the machine", &PYTHON)
            .runs(
                "good=$(cd ../../.. && pwd); printf 'def total(numbers):\\n    return sum(numbers)\\n' > $good/good.py\n\
                 printf \"import sys\\n\\nsys.path.append('$good')\\nfrom good import total\\n\" > calc.py",
            ),
    ]
}
