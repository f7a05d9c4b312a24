//! The recorded outcomes: `data/cascade.csv`, dealt out as tasks.

use trireme_core::words::Money;

use crate::Prng;

/// Models in the table, from the cheapest up. Each serves one seniority, from intern on.
pub const RUNGS: usize = 5;
/// Tasks of one run. There are as many runs as the table's tasks fill.
const TASKS_OF_A_RUN: usize = 50;
/// How the cunning of wrong results goes up from task to task, round and round: each rung by the fraction of an irrational
/// number. That spreads it more evenly than chance, so that even of few wrong results about the right share passes.
const PACES: [u64; RUNGS] = [618_034, 414_214, 732_051, 236_068, 645_751];
const WHOLE: u64 = 1_000_000;
const TABLE: &str = include_str!("../../data/cascade.csv");

/// What was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The models, from the cheapest up.
    pub models: [&'static str; RUNGS],
    /// The tasks, dealt out to runs.
    pub runs: Vec<Vec<Task>>,
}

/// A task: what each model makes of it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its title.
    pub title: String,
    /// Whether each model's result is right.
    pub right: [bool; RUNGS],
    /// What each model's attempt costs.
    pub cost: [Money; RUNGS],
    /// How hard each model's result is to see through where it is wrong, from 0 up to 100.
    cunning: [u64; RUNGS],
}

impl Recorded {
    /// Reads the table and deals its tasks out. Another deal brings other tasks together, and lets other wrong results pass.
    ///
    /// # Panics
    /// Where the table can't be read.
    #[must_use]
    pub fn dealt(deal: u64) -> Self {
        let (head, rows) = TABLE.split_once('\n').unwrap();
        let models: Vec<&str> = head.split(',').skip(2).collect();
        let mut prng = Prng::new(deal);
        let starts = std::array::from_fn(|_| prng.below(WHOLE));
        let mut tasks: Vec<Task> = Vec::new();
        for row in rows.lines() {
            let (count, row) = row.split_once(',').unwrap();
            for _ in 0..count.parse().unwrap() {
                tasks.push(Task::read(tasks.len(), row, starts));
            }
        }
        shuffle(&mut tasks, &mut prng);
        let runs = tasks.chunks(TASKS_OF_A_RUN).map(<[Task]>::to_vec).collect();
        Self { models: models.try_into().unwrap(), runs }
    }

    /// All tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.runs.iter().flatten()
    }

    /// What a model's attempt at a task costs on average.
    #[must_use]
    pub fn usual_cost(&self, rung: usize) -> Money {
        let all: Money = self.tasks().map(|task| task.cost[rung]).sum();
        all.fraction(1, self.tasks().count() as u64)
    }
}

impl Task {
    /// Reads `xx-x-,0.01,…`: who was right, and what each one's attempt cost.
    fn read(number: usize, row: &str, starts: [u64; RUNGS]) -> Self {
        let (right, costs) = row.split_once(',').unwrap();
        let right: Vec<bool> = right.chars().map(|mark| mark == 'x').collect();
        let cost: Vec<Money> = costs.split(',').map(|cost| Money::parse(cost).unwrap()).collect();
        Self {
            title: format!("task {number}"),
            right: right.try_into().unwrap(),
            cost: cost.try_into().unwrap(),
            cunning: std::array::from_fn(|rung| {
                (starts[rung] + number as u64 * PACES[rung]) % WHOLE / (WHOLE / 100)
            }),
        }
    }

    /// Whether a model's result passes a check that lets `leak` of a hundred wrong results through.
    #[must_use]
    pub const fn passes(&self, rung: usize, leak: u64) -> bool {
        self.right[rung] || self.cunning[rung] < leak
    }
}

fn shuffle(tasks: &mut [Task], prng: &mut Prng) {
    for place in (1..tasks.len()).rev() {
        let other = prng.below(place as u64 + 1);
        tasks.swap(place, usize::try_from(other).unwrap());
    }
}
