//! How wild a world is.

use crate::Prng;

/// How wild a world is, in percent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mood {
    pub(super) babble: u64,
    pub(super) fault: u64,
    pub(super) fail: u64,
    pub(super) broken: u64,
    pub(super) owner: u64,
    pub(super) crash: u64,
    pub(super) kill: u64,
    pub(super) down: u64,
    /// How many different things tools say.
    pub(super) outputs: u64,
    /// Bytes that a turn adds to the next request.
    pub(super) turn_bytes: u64,
}

/// A mood by chance; one in five is calm.
pub(super) fn mood(rng: &mut Prng) -> Mood {
    let wild = *rng.pick(&[0, 1, 1, 2, 4]);
    Mood {
        babble: rng.below(12) * wild,
        fault: rng.below(8) * wild,
        fail: rng.below(12) * wild,
        broken: rng.below(4) * wild,
        owner: rng.below(20) * wild,
        crash: rng.below(6) * wild,
        kill: rng.below(15) * wild,
        down: rng.below(4) * wild,
        outputs: *rng.pick(&[1, 3, 1_000, 1_000_000]),
        turn_bytes: *rng.pick(&[0, 0, 9_000, 130_000]),
    }
}
