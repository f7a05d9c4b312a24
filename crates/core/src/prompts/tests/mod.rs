//! Prompts as data: each role's whole prompt in fixed situations is a file beside this one, with its size capped; every
//! tool is called well and badly; every answer and notice is told.

mod approval;
mod calls;
mod compaction;
mod counsel;
mod crowd;
mod post;
mod roles;
mod situations;
mod stalled;
mod story;
mod teaching;
mod whole;
mod why;
