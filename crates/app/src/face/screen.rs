//! The live tree at a terminal: an inline viewport below what was said before, redrawn in place. The terminal stays in
//! its usual mode, so Ctrl-C is a signal and there is little to restore: the cursor, and the lines that were drawn.

use std::collections::{HashMap, VecDeque};
use std::io::{Stderr, stderr};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::{cursor, execute};
use ratatui::widgets::Paragraph;
use ratatui::{Terminal, TerminalOptions, Viewport};
use trireme_core::view::View;
use trireme_core::{BlobRef, Money, RunId};

use super::{Pace, Waiting, page};
use crate::follower::Follower;
use crate::out;

/// How far back the burn is measured.
const BURN_OVER: Duration = Duration::from_secs(60);
/// Before that, too little is known for a burn.
const BURN_AFTER: Duration = Duration::from_secs(5);
/// The least and the most lines of the tree.
const HEIGHT: (u16, u16) = (6, 30);

type Screened = Terminal<CrosstermBackend<Stderr>>;

/// A terminal with a run on it.
pub(crate) struct Screen {
    run: RunId,
    terminal: Option<Screened>,
    height: u16,
    note: Option<String>,
    spent: VecDeque<(Instant, Money)>,
    texts: HashMap<BlobRef, String>,
}

impl Screen {
    /// Nothing is drawn yet.
    pub(crate) fn new(run: &RunId) -> Self {
        restore_on_panic();
        Self {
            run: run.clone(),
            terminal: None,
            height: 0,
            note: None,
            spent: VecDeque::new(),
            texts: HashMap::new(),
        }
    }

    /// Says something on the last line, from now on; at once where nothing is drawn.
    pub(crate) fn note(&mut self, text: &str) {
        if self.terminal.is_none() {
            out::say(text);
        }
        self.note = Some(text.to_owned());
    }

    /// Draws the run as it is now. A terminal that can't be drawn on is left alone.
    pub(crate) async fn draw(&mut self, follower: &Follower) {
        let view = follower.view();
        let waiting = self.waiting(&view, follower).await;
        let pace = self.pace(view.money.spent, view.began.0);
        let Ok((width, rows)) = ratatui::crossterm::terminal::size() else { return };
        let most = rows.saturating_sub(2).clamp(HEIGHT.0, HEIGHT.1);
        let lines = page(&view, &pace, &waiting, width, most);
        let needed = u16::try_from(lines.len()).unwrap_or(most).max(HEIGHT.0);
        if let Some(terminal) = self.fitting(needed) {
            let _ = terminal.draw(|frame| frame.render_widget(Paragraph::new(lines), frame.area()));
        }
    }

    /// Takes the tree away and gives the cursor back.
    pub(crate) fn close(&mut self) {
        if let Some(mut terminal) = self.terminal.take() {
            let corner = terminal.get_frame().area().as_position();
            let _ = terminal.clear();
            let _ = terminal.set_cursor_position(corner);
            let _ = terminal.show_cursor();
        }
    }

    /// A viewport with at least that many lines: it grows, and never shrinks while the run goes on.
    fn fitting(&mut self, needed: u16) -> Option<&mut Screened> {
        if self.terminal.is_some() && needed > self.height {
            self.close();
        }
        if self.terminal.is_none() {
            self.height = needed.max(self.height);
            let options = TerminalOptions { viewport: Viewport::Inline(self.height) };
            self.terminal = Terminal::with_options(CrosstermBackend::new(stderr()), options).ok();
            if let Some(terminal) = &mut self.terminal {
                let _ = terminal.hide_cursor();
            }
        }
        self.terminal.as_mut()
    }

    fn pace(&mut self, spent: Money, began_ms: u64) -> Pace {
        let now = Instant::now();
        self.spent.push_back((now, spent));
        while self.spent.front().is_some_and(|(at, _)| now - *at > BURN_OVER) {
            self.spent.pop_front();
        }
        let burn = self.spent.front().filter(|(at, _)| now - *at >= BURN_AFTER).map(|(at, before)| {
            let ms = u64::try_from((now - *at).as_millis()).unwrap_or(u64::MAX);
            spent.minus(*before).fraction(60_000, ms)
        });
        Pace { burn, elapsed_ms: trireme_engine::clock::now().0.saturating_sub(began_ms) }
    }

    async fn waiting(&mut self, view: &View, follower: &Follower) -> Waiting {
        let mut questions = Vec::new();
        for question in &view.questions {
            let text = self.text(question.text, follower).await;
            questions.push((text, format!("trireme answer {} {} \"…\"", self.run, question.id)));
        }
        let mut requests = Vec::new();
        for request in view.requests.iter().filter(|request| request.referred) {
            let reason = self.text(request.reason, follower).await;
            let text = format!("{} wants {}: {reason}", request.section, request.amount);
            requests.push((text, format!("trireme grant {} {}", self.run, request.id)));
        }
        questions.extend(requests);
        Waiting { owner: questions, note: self.note.clone() }
    }

    async fn text(&mut self, blob: BlobRef, follower: &Follower) -> String {
        if let Some(known) = self.texts.get(&blob) {
            return known.clone();
        }
        let text = follower.text(blob).await;
        self.texts.insert(blob, text.clone());
        text
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

/// A panic must not leave a terminal without its cursor.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = execute!(stderr(), cursor::Show);
        out::say("");
        before(panic);
    }));
}
