//! What whoever runs or watches a run sees of it: a live tree at a terminal, one line for each notable event elsewhere.

mod draw;
mod plain;
mod screen;

use std::io::IsTerminal;

use trireme_core::{Money, RunId};

use crate::follower::{Follower, Told};
use crate::out;

pub(crate) use draw::{Pace, Waiting, page};
use plain::Plain;
use screen::Screen;

/// How a run is shown.
pub(crate) enum Face {
    /// At a terminal.
    Screen(Box<Screen>),
    /// Elsewhere.
    Plain(Plain),
}

impl Face {
    /// The face that fits where we are. Both streams have to be a terminal: the tree is drawn between what goes to them.
    pub(crate) fn new(run: &RunId, spent: Money) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        if terminal { Self::Screen(Box::new(Screen::new(run))) } else { Self::Plain(Plain::new(run, spent)) }
    }

    /// Tells events.
    pub(crate) async fn tell(&mut self, told: &[Told], follower: &Follower) {
        match self {
            Self::Screen(_) => {}
            Self::Plain(plain) => plain.tell(told, follower).await,
        }
    }

    /// Draws the run as it is now.
    pub(crate) async fn draw(&mut self, follower: &Follower) {
        match self {
            Self::Screen(screen) => screen.draw(follower).await,
            Self::Plain(_) => {}
        }
    }

    /// Says something above whatever is drawn.
    pub(crate) fn say(&mut self, text: &str) {
        match self {
            Self::Screen(screen) => screen.note(text),
            Self::Plain(_) => out::say(text),
        }
    }

    /// Takes away what is drawn; the next drawing begins anew.
    pub(crate) fn close(&mut self) {
        match self {
            Self::Screen(screen) => screen.close(),
            Self::Plain(_) => {}
        }
    }
}
