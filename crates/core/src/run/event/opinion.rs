//! Second opinions: asked, answered twice, made into one.

use serde::{Deserialize, Serialize};

use crate::words::*;

/// Second opinions: asked, answered twice, made into one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpinionEvent {
    /// Two advisers are asked, and who may answer for either side is settled.
    OpinionAsked {
        /// Its id.
        opinion: OpinionId,
        /// Who wants to know.
        asker: Asker,
        /// What.
        about: About,
        /// Who pays.
        account: AccountId,
        /// What the advisers look at.
        base: CommitId,
        /// Who may answer.
        sides: [Side; 2],
        /// In what they differ.
        difference: Difference,
        /// After that, whoever has not answered is not heard.
        deadline: Millis,
    },
    /// Nobody could be asked for a section with high stakes; whoever does its work begins without an opinion.
    OpinionUnavailable {
        /// Which section.
        section: SectionId,
        /// Why, and what to configure.
        why: String,
    },
    /// An adviser answered.
    OpinionGiven {
        /// To what.
        opinion: OpinionId,
        /// Which of the two.
        side: u8,
        /// The answer with its risks.
        answer: BlobRef,
        /// How sure it is.
        confidence: Confidence,
    },
    /// Both have answered, and a third is to make one of them.
    SynthesisBegan {
        /// Of what.
        opinion: OpinionId,
        /// After that, the answers are handed on as they are.
        deadline: Millis,
    },
    /// One was made of two.
    Synthesized {
        /// Of what.
        opinion: OpinionId,
        /// The [`Synthesis`].
        synthesis: BlobRef,
        /// In how many points they agree.
        agreements: u16,
        /// In how many they don't.
        disagreements: u16,
    },
    /// It is over, and whoever asked is told.
    OpinionClosed {
        /// Which.
        opinion: OpinionId,
        /// How.
        end: OpinionEnd,
    },
}

/// How a second opinion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpinionEnd {
    /// One was made of two.
    Synthesized,
    /// Both answered, and nobody made one of them.
    Unsynthesized,
    /// Only one answered.
    OnlyOne,
    /// Nobody answered.
    Unanswered,
    /// Whoever asked is gone.
    Dropped,
}
