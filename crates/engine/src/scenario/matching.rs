//! Which reply a request gets. Pure: the request's card, turn and last words in, a reply out; never by position.

use std::fmt;

use super::script::ScriptedReply;

/// The assignment card that leads an agent's conversation: `key: value` lines up to an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// `triage`, `orchestrator`, `manager`, `worker`, `reviewer`, `adviser` or `synthesist`.
    pub role: Option<String>,
    /// The section's name.
    pub section: Option<String>,
    /// The task's title.
    pub task: Option<String>,
    /// The attempt, from 1.
    pub attempt: Option<u32>,
    /// Turns that the agent is not shown any more.
    pub turns_before: u32,
    /// The side of a second opinion, 1 or 2.
    pub side: Option<u32>,
}

impl Card {
    /// Reads the card at the head of a first message; other keys and a text without a card leave it empty.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut card = Self::default();
        let lines = text.lines().take_while(|line| !line.trim().is_empty());
        for (key, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match key.trim() {
                "role" => card.role = Some(value.to_owned()),
                "section" => card.section = Some(value.to_owned()),
                "task" => card.task = Some(value.to_owned()),
                "attempt" => card.attempt = value.parse().ok(),
                "turns_before" => card.turns_before = value.parse().unwrap_or_default(),
                "side" => card.side = value.parse().ok(),
                _ => {}
            }
        }
        card
    }
}

/// As in `when = { … }`, so that it can be typed into the scenario.
impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [("role", &self.role), ("section", &self.section), ("task", &self.task)];
        let mut keys: Vec<String> = texts
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key} = {value:?}")))
            .collect();
        keys.extend(self.attempt.map(|attempt| format!("attempt = {attempt}")));
        keys.extend(self.side.map(|side| format!("side = {side}")));
        f.write_str(&keys.join(", "))
    }
}

/// What a request is told apart by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whose conversation it is.
    pub card: Card,
    /// Which reply of the conversation is due, from 1.
    pub turn: u32,
    /// How often this very request has come, this time included.
    pub try_number: u32,
    /// The texts and results of the last message.
    pub last: String,
}

/// What a reply is for. A key that is not given matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The role, as a name or with `*`.
    pub role: Option<String>,
    /// The section, as a name or with `*`.
    pub section: Option<String>,
    /// The task's title, as a name or with `*`.
    pub task: Option<String>,
    /// The attempt.
    pub attempt: Option<u32>,
    /// The side of a second opinion.
    pub side: Option<u32>,
    /// The turn.
    pub turn: Option<u32>,
    /// How often the same request must have come.
    pub try_number: Option<u32>,
    /// A text that the last message must hold.
    pub after: Option<String>,
}

impl When {
    fn holds(&self, asked: &Asked) -> bool {
        let name = |wanted: &Option<String>, given: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| given.as_ref().is_some_and(|given| is_match(wanted, given)))
        };
        let number = |wanted: Option<u32>, given: Option<u32>| wanted.is_none() || wanted == given;
        name(&self.role, &asked.card.role)
            && name(&self.section, &asked.card.section)
            && name(&self.task, &asked.card.task)
            && number(self.attempt, asked.card.attempt)
            && number(self.side, asked.card.side)
            && number(self.turn, Some(asked.turn))
            && number(self.try_number, Some(asked.try_number))
            && self.after.as_ref().is_none_or(|text| asked.last.contains(text))
    }

    /// How narrow it is: the number of its keys, then how many of its names are exact.
    fn rank(&self) -> (usize, usize) {
        let names = [&self.role, &self.section, &self.task];
        let numbers = [self.attempt, self.side, self.turn, self.try_number];
        let given = names.iter().filter(|name| name.is_some()).count();
        let keys = given + numbers.iter().flatten().count() + usize::from(self.after.is_some());
        let exact = names.iter().filter_map(|name| name.as_ref()).filter(|name| !name.contains('*'));
        (keys, exact.count())
    }
}

/// Whether a text is what a pattern says, where each `*` stands for any text.
pub(super) fn is_match(pattern: &str, text: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    let Some(rest) = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    let found = middle.split('*').try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after));
    found.is_some()
}

/// Why no reply was picked. Replies are named by the line that they begin at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// None is for this request.
    None,
    /// Two are for it, and neither more than the other.
    Tie(usize, usize),
}

/// The reply for a request: of those that match, the one with the most keys; of those, the one with the most exact names.
///
/// # Errors
/// [`Miss`] where there is none, or where two are equally narrow.
pub fn pick<'a>(replies: &'a [ScriptedReply], asked: &Asked) -> Result<&'a ScriptedReply, Miss> {
    let mut best: Option<&ScriptedReply> = None;
    let mut rival = None;
    for reply in replies.iter().filter(|reply| reply.when.holds(asked)) {
        let rank = reply.when.rank();
        match best {
            Some(held) if held.when.rank() > rank => {}
            Some(held) if held.when.rank() == rank => rival = Some((held.line, reply.line)),
            _ => (best, rival) = (Some(reply), None),
        }
    }
    match (best, rival) {
        (_, Some((first, second))) => Err(Miss::Tie(first, second)),
        (Some(reply), None) => Ok(reply),
        (None, None) => Err(Miss::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "role: worker\nsection: Core converter\ntask: Parser: quotes\nattempt: 2\nshoe: 43\n\nrole: manager\n";

    fn asked() -> Asked {
        Asked { card: Card::read(CARD), turn: 3, try_number: 1, last: "exit status: 1".to_owned() }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn picked(whens: &[When]) -> Result<usize, Miss> {
        let reply = |(index, when): (usize, &When)| ScriptedReply::for_test(index, when.clone());
        let replies: Vec<_> = whens.iter().enumerate().map(reply).collect();
        pick(&replies, &asked()).map(|reply| reply.line)
    }

    #[test]
    fn the_card_ends_at_the_first_empty_line() {
        let card = Card::read(CARD);
        assert_eq!(
            card.to_string(),
            r#"role = "worker", section = "Core converter", task = "Parser: quotes", attempt = 2"#
        );
        assert_eq!(Card::read("Hello: there\n\nrole: worker"), Card::default());
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, matches) in [
            ("Parser", "Parser", true),
            ("Parser", "Parser 2", false),
            ("*", "", true),
            ("Par*", "Parser", true),
            ("*ser", "Parser", true),
            ("P*r*r", "Parser", true),
            ("P*r*r*s*er", "Parser", false),
            ("Pars*ser", "Parser", false),
            ("a*b*c", "a-c-b-c", true),
            ("[x]*", "[x] y", true),
            ("**", "x", true),
        ] {
            assert_eq!(is_match(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn the_most_keys_win_then_the_most_exact_names_and_ties_are_errors() {
        let any = When::default();
        let role = When { role: text("worker"), ..any.clone() };
        let glob = When { role: text("work*"), ..any.clone() };
        let turn = When { turn: Some(3), ..glob.clone() };
        assert_eq!(picked(&[any.clone(), role.clone()]), Ok(1));
        assert_eq!(picked(&[role.clone(), glob.clone(), any.clone()]), Ok(0));
        assert_eq!(picked(&[role.clone(), turn.clone()]), Ok(1));
        assert_eq!(picked(&[glob.clone(), role.clone(), role.clone()]), Err(Miss::Tie(1, 2)));
        assert_eq!(picked(&[role.clone(), role, turn]), Ok(2));
        assert_eq!(picked(&[]), Err(Miss::None));
    }

    #[test]
    fn every_key_must_hold() {
        let fits = When {
            section: text("Core*"),
            task: text("Parser: quotes"),
            attempt: Some(2),
            turn: Some(3),
            try_number: Some(1),
            after: text("status: 1"),
            ..When::default()
        };
        assert_eq!(picked(std::slice::from_ref(&fits)), Ok(0));
        for wrong in [
            When { section: text("Cli"), ..fits.clone() },
            When { task: text("Parser"), ..fits.clone() },
            When { attempt: Some(1), ..fits.clone() },
            When { turn: Some(2), ..fits.clone() },
            When { try_number: Some(2), ..fits.clone() },
            When { after: text("status: 0"), ..fits.clone() },
        ] {
            assert_eq!(picked(&[wrong]), Err(Miss::None));
        }
        let manager = Asked { card: Card::default(), ..asked() };
        let reply = ScriptedReply::for_test(0, fits);
        assert_eq!(
            pick(&[reply], &manager).err(),
            Some(Miss::None),
            "a key never matches what the card lacks"
        );
    }
}
