//! The governor against providers of every kind, first without a clock, then with one that jumps.

mod fair;
mod rates;
mod shell;
mod sim;
mod trouble;

use super::{LaneKey, Load, Party};

/// Numbers out of a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        low + self.below(high - low + 1)
    }

    fn jitter(&mut self) -> u16 {
        u16::try_from(self.below(1_001)).unwrap()
    }
}

fn key() -> LaneKey {
    LaneKey { provider: "p".to_owned(), account: "a".to_owned(), model: "m".to_owned() }
}

fn party(number: usize) -> Party {
    Party::new(&format!("section {number}"))
}

fn load(input_tokens: u64, output_tokens: u64) -> Load {
    Load { input_tokens, output_tokens }
}
