//! The run as a whole: stories, crash sweeps, and seeded worlds. And what calls cost.

#[cfg(test)]
mod cascade;
#[cfg(test)]
mod cost;
mod documents;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod sweep;
