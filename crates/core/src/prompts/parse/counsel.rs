//! Calls around second opinions, read.

use super::{Args, Lodge, conclusion_of, lodged};
use crate::limits::{OPINION_BYTES, OPINION_FILES, SYNTHESIS_LINES};
use crate::run::ask::{AdviserAsk, OpinionWish, SynthesistAsk};
use crate::words::Synthesis;

/// A question to two advisers.
pub(super) fn second_opinion(mut args: Args, lodge: &mut Lodge<'_>) -> Result<OpinionWish, String> {
    let (question, files) = (args.text("question")?, args.strings("files"));
    if files.len() > OPINION_FILES {
        return Err(format!(
            "files names {}, and at most {OPINION_FILES} are shown; name fewer.",
            files.len()
        ));
    }
    Ok(OpinionWish { question: lodge(&question), files })
}

/// An adviser's answer.
pub(super) fn submit_opinion(mut args: Args, lodge: &mut Lodge<'_>) -> Result<AdviserAsk, String> {
    let (answer, risks) = (args.text("answer")?, args.strings("risks"));
    let confidence = args.document("confidence")?;
    let text = format!("{}\n\nConfidence: {confidence}", conclusion_of(&answer, &risks, OPINION_BYTES));
    Ok(AdviserAsk::SubmitOpinion { answer: lodge(&text), confidence })
}

/// One out of two answers.
pub(super) fn synthesize(mut args: Args, lodge: &mut Lodge<'_>) -> Result<SynthesistAsk, String> {
    let synthesis = Synthesis {
        agreements: args.strings("agreements"),
        disagreements: args.strings("disagreements"),
        choice: args.text("choice")?,
        reason: args.text("reason")?,
    };
    for (name, lines) in [("agreements", &synthesis.agreements), ("disagreements", &synthesis.disagreements)]
    {
        if lines.len() > SYNTHESIS_LINES {
            let long = lines.len();
            return Err(format!(
                "{name} has {long} lines, and at most {SYNTHESIS_LINES} are taken; join some."
            ));
        }
        if lines.iter().any(|line| line.trim().is_empty() || line.len() > OPINION_BYTES) {
            return Err(format!("{name} has an empty or endless line; each is one or two sentences."));
        }
    }
    Ok(SynthesistAsk::Synthesize(lodged(synthesis, lodge)))
}
