//! The tree of a run as lines. What it shows is in words and signs; colour only repeats it.
//!
//! Lines that there is no room for are folded in this order: tasks that are over, sections that wait or are over, and
//! then whatever is at the end. The header and what waits for the Owner always stay.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use trireme_core::Money;
use trireme_core::report::duration;
use trireme_core::view::{Activity, ManagerStep, OpinionView, SectionView, TaskState, TaskView, View};

use crate::out;

/// How fast it goes.
pub(crate) struct Pace {
    /// Money per minute, once that is known.
    pub burn: Option<Money>,
    /// Since it began, in milliseconds.
    pub elapsed_ms: u64,
}

/// What waits.
#[derive(Default)]
pub(crate) struct Waiting {
    /// For the Owner: what, and what to type.
    pub owner: Vec<(String, String)>,
    /// A last word.
    pub note: Option<String>,
}

/// From so many columns on, there is room for long names.
const WIDE: usize = 110;
/// Fewer columns than this have no place for figures.
const NARROW: usize = 40;

/// A section's lines: its own, its tasks that go on, and how many are over.
struct Branch<'a> {
    section: &'a SectionView,
    tasks: Vec<&'a TaskView>,
    folded: Vec<&'a TaskView>,
}

/// The run as at most `height` lines of at most `width` columns.
pub(crate) fn page(
    view: &View,
    pace: &Pace,
    waiting: &Waiting,
    width: u16,
    height: u16,
) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(width), usize::from(height));
    let mut lines = header(view, pace, width);
    let foot = foot(view, waiting, width);
    let room = height.saturating_sub(lines.len() + foot.len());
    lines.extend(tree(view, width, room));
    lines.extend(foot);
    lines.truncate(height);
    lines
}

fn header(view: &View, pace: &Pace, width: usize) -> Vec<Line<'static>> {
    let stage = format!("{}  {}", view.run, view.stage);
    let money = &view.money;
    let promised = if money.reserved.is_zero() {
        String::new()
    } else {
        format!(", {} promised", short(money.reserved))
    };
    let burn = pace.burn.map_or_else(String::new, |burn| format!("  {}/min", rounded(burn, CENT)));
    let figures = format!("{}{promised}{burn}", of(money.spent, money.limit));
    // As wide whatever the figures say, where there is room: it would jump otherwise.
    let most = if width < WIDE { 24 } else { 40 };
    let bar_width = width.saturating_sub(figures.chars().count() + 3).min(most);
    let bar = format!("[{}] {figures}", bar(money.spent, money.reserved, money.limit, bar_width));
    let mut lines = vec![
        row(width, &stage, &duration(pace.elapsed_ms), Style::new().add_modifier(Modifier::BOLD)),
        row(width, &bar, "", Style::new()),
    ];
    let path = view.triage.as_ref().map(|triage| format!("path: {triage}"));
    lines.extend(path.map(|path| row(width, &path, "", Style::new())));
    lines
}

/// How wide names are.
const fn name_columns(width: usize) -> usize {
    if width < WIDE { 26 } else { 40 }
}

/// Spent, promised, and left of a limit.
fn bar(spent: Money, reserved: Money, limit: Money, width: usize) -> String {
    let cells = |amount: Money| {
        let filled = u128::from(amount.as_nanos()) * width as u128;
        let rounded = filled.div_ceil(u128::from(limit.as_nanos().max(1)));
        usize::try_from(rounded).unwrap_or(width).min(width)
    };
    let full = cells(spent);
    let promised = cells(spent.plus(reserved)) - full;
    format!("{}{}{}", "#".repeat(full), "+".repeat(promised), ".".repeat(width - full - promised))
}

fn tree(view: &View, width: usize, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(orchestrator) = &view.orchestrator {
        let names = name_columns(width);
        let (seniority, doing) = (orchestrator.seniority, &orchestrator.words);
        let text = format!("  {:<names$} {seniority:<9} {doing}", "Orchestrator");
        lines.push(row(width, &text, &of(view.reserve.spent, view.reserve.limit), Style::new()));
    }
    lines.extend(view.opinions.iter().rev().take(OPINIONS_SHOWN).map(|opinion| opinion_line(opinion, width)));
    let room = room.saturating_sub(lines.len());
    let mut branches: Vec<_> = view.sections().map(Branch::of).collect();
    if count(&branches) > room {
        branches.iter_mut().for_each(Branch::fold);
    }
    let mut body: Vec<_> = branches.iter().flat_map(|branch| branch.lines(width)).collect();
    if body.len() > room {
        body = busy_only(&branches, width, room);
    }
    lines.extend(body);
    lines
}

/// How many of the last second opinions are drawn.
const OPINIONS_SHOWN: usize = 3;

fn opinion_line(opinion: &OpinionView, width: usize) -> Line<'static> {
    let names = name_columns(width);
    let of = opinion.section.as_ref().map(|section| format!(" for {section}")).unwrap_or_default();
    let name = clip(&format!("opinion {}{of}", opinion.id), names);
    row(width, &format!("  {name:<names$} {:<9} {}", "", opinion.words), "", Style::new())
}

fn count(branches: &[Branch<'_>]) -> usize {
    branches.iter().map(|branch| 1 + branch.tasks.len() + usize::from(!branch.folded.is_empty())).sum()
}

/// Sections at which somebody works, and one line for all the rest.
fn busy_only(branches: &[Branch<'_>], width: usize, room: usize) -> Vec<Line<'static>> {
    let (busy, rest): (Vec<_>, Vec<_>) = branches.iter().partition(|branch| branch.is_busy());
    let mut lines: Vec<_> = busy.iter().flat_map(|branch| branch.lines(width)).collect();
    let kept = room.saturating_sub(1);
    let cut = lines.len().saturating_sub(kept);
    lines.truncate(kept);
    if room > 0 && cut + rest.len() > 0 {
        let cut = if cut > 0 { format!(", {cut} lines") } else { String::new() };
        let text = format!("  … more: {} sections{cut}; all of it: trireme show", rest.len());
        lines.push(row(width, &text, "", Style::new()));
    }
    lines
}

impl<'a> Branch<'a> {
    fn of(section: &'a SectionView) -> Self {
        Self { section, tasks: section.tasks.iter().collect(), folded: Vec::new() }
    }

    fn fold(&mut self) {
        let (over, going): (Vec<_>, Vec<_>) = self.tasks.iter().partition(|task| task.state.is_over());
        self.tasks = going;
        self.folded = over;
        if self.section.step == ManagerStep::Ended {
            self.folded.clear();
        }
    }

    fn is_busy(&self) -> bool {
        !matches!(self.section.step, ManagerStep::Ended | ManagerStep::Waiting)
    }

    fn lines(&self, width: usize) -> Vec<Line<'static>> {
        let section = self.section;
        let doing = match &section.manager {
            Some(manager) if section.end.is_none() && manager.activity != Activity::Waiting => {
                format!("{}: {}", section.words, manager.words)
            }
            _ => section.words.clone(),
        };
        let names = name_columns(width);
        let (name, seniority) = (clip(&section.name, names), section.seniority);
        let text = format!("{} {name:<names$} {seniority:<9} {doing}", sign(section));
        let money = match section.end {
            Some(_) => short(section.money.spent),
            None => of(section.money.spent, section.money.limit),
        };
        let mut lines = vec![row(width, &text, &money, section_style(section))];
        if !self.folded.is_empty() {
            let spent: Money = self.folded.iter().map(|task| task.money.spent).sum();
            lines.push(row(width, &format!("    . {} over", self.folded.len()), &short(spent), faint()));
        }
        lines.extend(self.tasks.iter().map(|task| task_line(task, width)));
        lines
    }
}

fn task_line(task: &TaskView, width: usize) -> Line<'static> {
    let names = name_columns(width) - 4;
    let number = if task.attempt > 1 { format!(" #{}", task.attempt) } else { String::new() };
    let title = format!("{}{number}", clip(&task.title, names.saturating_sub(number.len())));
    let (seniority, doing) = (task.seniority, &task.words);
    let text = format!("    {} {title:<names$} {seniority:<9} {doing}", task_sign(task.state));
    row(width, &text, &short(task.money.spent), task_style(task.state))
}

const fn sign(section: &SectionView) -> char {
    match section.step {
        ManagerStep::Waiting => ' ',
        ManagerStep::Ended => '.',
        ManagerStep::Analyze
        | ManagerStep::Split
        | ManagerStep::Staff
        | ManagerStep::Review
        | ManagerStep::Iterate
        | ManagerStep::Report
        | ManagerStep::Returned => '>',
    }
}

const fn task_sign(state: TaskState) -> char {
    match state {
        TaskState::Working | TaskState::Calling | TaskState::Running => '*',
        TaskState::WaitingForMoney => '$',
        TaskState::Checking | TaskState::Reviewing => '?',
        TaskState::Verified | TaskState::Merging => '+',
        TaskState::Judged | TaskState::Merged => '.',
        TaskState::Unmet => '!',
        TaskState::Cut => 'x',
    }
}

fn section_style(section: &SectionView) -> Style {
    use trireme_core::run::event::SectionEnd;
    match section.end {
        None => Style::new().add_modifier(Modifier::BOLD),
        Some(SectionEnd::Verified) => Style::new().fg(Color::Green),
        Some(SectionEnd::TooLarge | SectionEnd::NotStarted) => faint(),
        Some(
            SectionEnd::Unverified
            | SectionEnd::BudgetExhausted
            | SectionEnd::NeedsMissing
            | SectionEnd::Failed
            | SectionEnd::Killed,
        ) => Style::new().fg(Color::Red),
    }
}

fn task_style(state: TaskState) -> Style {
    match state {
        TaskState::Working | TaskState::Calling | TaskState::Running => Style::new(),
        TaskState::Checking | TaskState::Reviewing => Style::new().fg(Color::Cyan),
        TaskState::WaitingForMoney | TaskState::Unmet => Style::new().fg(Color::Yellow),
        TaskState::Verified | TaskState::Merging => Style::new().fg(Color::Green),
        TaskState::Judged | TaskState::Merged | TaskState::Cut => faint(),
    }
}

fn faint() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn foot(view: &View, waiting: &Waiting, width: usize) -> Vec<Line<'static>> {
    let yellow = Style::new().fg(Color::Yellow);
    let mut lines = Vec::new();
    let plan = ("the plan waits for you".to_owned(), format!("trireme approve {}", view.run));
    let first = view.awaits_approval.then_some(&plan);
    for (what, command) in first.into_iter().chain(&waiting.owner).take(3) {
        lines.push(row(width, &format!("! {what}"), "", yellow));
        lines.push(row(width, &format!("  {command}"), "", Style::new()));
    }
    lines.extend(waiting.note.iter().map(|note| row(width, note, "", yellow)));
    lines
}

fn of(spent: Money, limit: Money) -> String {
    format!("{} of {}", short(spent), rounded(limit, CENT / 100))
}

const CENT: u64 = 10_000_000;

/// An amount with four decimals, always: a figure that grows does not jump.
fn short(amount: Money) -> String {
    let text = rounded(amount, CENT / 100);
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{text}{}", "0".repeat(4_usize.saturating_sub(decimals)))
}

/// An amount rounded up: what is shown is never less than what was paid.
fn rounded(amount: Money, step: u64) -> String {
    Money::nanos(amount.as_nanos().div_ceil(step) * step).to_string()
}

/// Left and right on one line; the left gives way, and the right where there is hardly a line.
fn row(width: usize, left: &str, right: &str, style: Style) -> Line<'static> {
    let right = if width < NARROW { "" } else { right };
    let reach = Span::raw(right).width();
    let room = width.saturating_sub(if reach > 0 { reach + 1 } else { 0 });
    let left = clip(&on_one_line(left), room);
    let gap = width.saturating_sub(Span::raw(left.as_str()).width() + reach);
    if right.is_empty() {
        return Line::from(Span::styled(left, style));
    }
    Line::from(vec![Span::styled(left, style), Span::raw(" ".repeat(gap)), Span::raw(right.to_owned())])
}

/// Texts of models may hold anything: line ends and escapes become spaces.
fn on_one_line(text: &str) -> String {
    text.chars().map(|letter| if out::steers(letter) { ' ' } else { letter }).collect()
}

/// At most that many columns, with a sign where something is missing.
fn clip(text: &str, columns: usize) -> String {
    if Span::raw(text).width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if Span::raw(kept.as_str()).width() >= columns {
            kept.pop();
            break;
        }
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests;
