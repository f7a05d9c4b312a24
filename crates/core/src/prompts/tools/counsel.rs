//! The tools around second opinions: to ask for one, to give one, to make one of two.

use super::super::ToolSpec;
use super::super::schema::*;
use super::spec;
use crate::limits::{OPINION_BYTES, OPINION_FILES, SYNTHESIS_LINES};

pub(in crate::prompts) fn second_opinion() -> ToolSpec {
    spec(
        "second_opinion",
        "Asks two advisers of different makers at the same time, neither knowing of the other, and has a third model weigh both answers. Answers what they agree on, what they disagree on, a choice and its reason, under a name such as o0. They can read the repository and know nothing else. It costs several calls of your own money: only where much hangs on the answer and it can't be looked up.",
        object([
            needed(
                "question",
                text(
                    "One self-contained question: what is to be decided, the options that you see, and what they are measured by. Do not say which you prefer.",
                ),
            ),
            optional(
                "files",
                list(
                    text("A path."),
                    format!("Files that the advisers are shown with the question, at most {OPINION_FILES}."),
                ),
            ),
        ]),
    )
}

pub(in crate::prompts) fn submit_opinion() -> ToolSpec {
    spec(
        "submit_opinion",
        "Hands in your answer. Your work ends here.",
        object([
            needed(
                "answer",
                text(format!(
                    "What you would decide, why, and what speaks against it; with file and line where you looked. At most {OPINION_BYTES} bytes with the risks."
                )),
            ),
            needed(
                "confidence",
                choice(
                    ["low", "medium", "high"],
                    "low: you may well be wrong. medium: you would act on it. high: you would be surprised to be wrong.",
                ),
            ),
            optional(
                "risks",
                list(
                    text("One sentence."),
                    "What may go wrong if your answer is followed, and how one would notice.",
                ),
            ),
        ]),
    )
}

pub(in crate::prompts) fn synthesize() -> ToolSpec {
    spec(
        "synthesize",
        format!(
            "Hands in one answer out of two. Your work ends here. At most {SYNTHESIS_LINES} agreements and as many disagreements."
        ),
        object([
            needed(
                "agreements",
                list(text("One sentence."), "What both say; [] where they agree on nothing."),
            ),
            needed(
                "disagreements",
                list(
                    text("One or two sentences: what A says, and what B says."),
                    "EVERY point in which they differ or one of them is silent on something that matters; [] only where there is none.",
                ),
            ),
            needed("choice", text("What to do, so that somebody can act on it who reads nothing else.")),
            needed("reason", text("Why, by the facts and not by how sure either was.")),
        ]),
    )
}
