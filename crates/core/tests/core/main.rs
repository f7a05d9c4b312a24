//! The run as a whole: stories, crash sweeps, and seeded worlds.

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod sweep;
