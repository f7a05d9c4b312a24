//! Every path that a run can take, over the real wire: what prompts show, what models call, what the run makes of it.

mod scene;

mod artifacts;
mod counsel;
mod lint;
mod models;
mod money;
mod owner;
mod post;
mod secrets;
mod tasks;
