//! All the I/O of Trireme: run loop, journal, blobs, bus, workspace, seam. Every secret lives here, and every clock.

pub mod blobs;
pub mod bus;
pub mod clock;
pub mod journal;
pub mod scenario;
pub mod workspace;
