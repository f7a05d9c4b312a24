use expect_test::{Expect, expect};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::widgets::Paragraph;
use trireme_core::run::event::SectionEnd;
use trireme_core::view::{Activity, AgentView, Counts, PhaseStanding, PhaseView, Purses};
use trireme_core::{Millis, Mode, Seniority, TaskKind};

use super::*;

fn purses(spent: u64, limit: u64) -> Purses {
    Purses { spent: Money::cents(spent), reserved: Money::ZERO, limit: Money::cents(limit) }
}

fn agent(words: &str) -> AgentView {
    AgentView {
        id: "g1".to_owned(),
        seniority: Seniority::Senior,
        activity: Activity::Calling,
        words: words.to_owned(),
        turns: 3,
        money: Purses::default(),
    }
}

fn task(title: &str, attempt: usize, state: TaskState, words: &str) -> TaskView {
    TaskView {
        id: "t0".to_owned(),
        title: title.to_owned(),
        kind: TaskKind::Build,
        mode: Mode::Agent,
        seniority: Seniority::Mid,
        attempt,
        state,
        words: words.to_owned(),
        money: purses(8, 100),
    }
}

fn section(name: &str, step: ManagerStep, end: Option<SectionEnd>, tasks: Vec<TaskView>) -> SectionView {
    let words = end.map_or(step.word(), trireme_core::view::section_end_words);
    SectionView {
        id: "s0".to_owned(),
        name: name.to_owned(),
        step,
        end,
        words: words.to_owned(),
        seniority: Seniority::Senior,
        manager: (step != ManagerStep::Waiting).then(|| agent("turn 3, calling claude-sonnet-5-5")),
        money: purses(198, 600),
        tasks,
    }
}

fn view() -> View {
    let tasks = vec![
        task("Converter architecture", 1, TaskState::Merged, "merged"),
        task("Parser", 2, TaskState::Calling, "turn 3, calling claude-sonnet-5-5"),
        task("Validator", 1, TaskState::Checking, "checking"),
        task("Unit tests", 1, TaskState::Unmet, "back: criteria not met"),
    ];
    let phase = |name: &str, sections| PhaseView {
        id: "p0".to_owned(),
        name: name.to_owned(),
        state: PhaseStanding::Working,
        money: Purses::default(),
        sections,
    };
    View {
        triage: None,
        run: "amber-heron".to_owned(),
        stage: "phase 1 of 2: Build".to_owned(),
        end: None,
        awaits_approval: false,
        sandbox: None,
        paused: false,
        plan_hash: None,
        money: Purses { reserved: Money::cents(33), ..purses(320, 1_000) },
        reserve: purses(10, 100),
        began: Millis(0),
        now: Millis(0),
        orchestrator: Some(agent("turn 2, waiting")),
        opinions: Vec::new(),
        phases: vec![
            phase(
                "Build",
                vec![
                    section("Core converter", ManagerStep::Iterate, None, tasks),
                    section("Documentation", ManagerStep::Ended, Some(SectionEnd::Verified), Vec::new()),
                ],
            ),
            phase("Release", vec![section("Ship it", ManagerStep::Waiting, None, Vec::new())]),
        ],
        questions: Vec::new(),
        requests: Vec::new(),
        counts: Counts::default(),
        broken: None,
    }
}

fn waiting() -> Waiting {
    let command = "trireme answer amber-heron q0 \"…\"".to_owned();
    Waiting { owner: vec![("Which CSV\ndialect?".to_owned(), command)], note: None }
}

fn check(view: &View, waiting: &Waiting, (width, height): (u16, u16), expected: &Expect) {
    let pace = Pace { burn: Some(Money::cents(42)), elapsed_ms: 723_000 };
    let lines = page(view, &pace, waiting, width, height);
    assert!(lines.len() <= usize::from(height), "{} lines", lines.len());
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| frame.render_widget(Paragraph::new(lines), frame.area())).unwrap();
    let drawn: String = terminal.backend().to_string();
    let rows: Vec<_> = drawn.lines().map(|row| row.trim_matches('"').trim_end()).collect();
    expected.assert_eq(&format!("{}\n", rows.join("\n").trim_end()));
}

#[test]
fn a_run_fits_on_80_columns() {
    check(
        &view(),
        &waiting(),
        (80, 16),
        &expect![[r#"
            amber-heron  phase 1 of 2: Build                                      12 min 3 s
            [########+...............] $3.2000 of $10.00, $0.3300 promised  $0.42/min
              Orchestrator               senior    turn 2, waiting          $0.1000 of $1.00
            > Core converter             senior    iterating: turn 3, call… $1.9800 of $6.00
                . Converter architecture mid       merged                            $0.0800
                * Parser #2              mid       turn 3, calling claude-sonnet-5-5 $0.0800
                ? Validator              mid       checking                          $0.0800
                ! Unit tests             mid       back: criteria not met            $0.0800
            . Documentation              senior    verified                          $1.9800
              Ship it                    senior    waiting                  $1.9800 of $6.00
            ! Which CSV dialect?
              trireme answer amber-heron q0 "…"
        "#]],
    );
}

#[test]
fn a_run_uses_120_columns() {
    check(
        &view(),
        &Waiting::default(),
        (120, 16),
        &expect![[r#"
            amber-heron  phase 1 of 2: Build                                                                              12 min 3 s
            [#############++.........................] $3.2000 of $10.00, $0.3300 promised  $0.42/min
              Orchestrator                             senior    turn 2, waiting                                    $0.1000 of $1.00
            > Core converter                           senior    iterating: turn 3, calling claude-sonnet-5-5       $1.9800 of $6.00
                . Converter architecture               mid       merged                                                      $0.0800
                * Parser #2                            mid       turn 3, calling claude-sonnet-5-5                           $0.0800
                ? Validator                            mid       checking                                                    $0.0800
                ! Unit tests                           mid       back: criteria not met                                      $0.0800
            . Documentation                            senior    verified                                                    $1.9800
              Ship it                                  senior    waiting                                            $1.9800 of $6.00
        "#]],
    );
}

#[test]
fn what_is_over_is_folded_before_what_goes_on() {
    check(
        &view(),
        &waiting(),
        (80, 11),
        &expect![[r#"
            amber-heron  phase 1 of 2: Build                                      12 min 3 s
            [########+...............] $3.2000 of $10.00, $0.3300 promised  $0.42/min
              Orchestrator               senior    turn 2, waiting          $0.1000 of $1.00
            > Core converter             senior    iterating: turn 3, call… $1.9800 of $6.00
                . 1 over                                                             $0.0800
                * Parser #2              mid       turn 3, calling claude-sonnet-5-5 $0.0800
                ? Validator              mid       checking                          $0.0800
                ! Unit tests             mid       back: criteria not met            $0.0800
              … more: 2 sections; all of it: trireme show
            ! Which CSV dialect?
              trireme answer amber-heron q0 "…"
        "#]],
    );
    check(
        &view(),
        &waiting(),
        (80, 8),
        &expect![[r#"
            amber-heron  phase 1 of 2: Build                                      12 min 3 s
            [########+...............] $3.2000 of $10.00, $0.3300 promised  $0.42/min
              Orchestrator               senior    turn 2, waiting          $0.1000 of $1.00
            > Core converter             senior    iterating: turn 3, call… $1.9800 of $6.00
                . 1 over                                                             $0.0800
              … more: 2 sections, 3 lines; all of it: trireme show
            ! Which CSV dialect?
              trireme answer amber-heron q0 "…"
        "#]],
    );
}

#[test]
fn however_small_it_never_breaks() {
    for width in [0, 1, 10, 40, 79] {
        for height in [0, 1, 2, 5, 100] {
            let lines = page(&view(), &Pace { burn: None, elapsed_ms: 0 }, &waiting(), width, height);
            assert!(lines.iter().all(|line| line.width() <= usize::from(width)), "{width}×{height}");
        }
    }
}
