//! shim
use trireme_core::prompts::conversation::Conversation;
use super::{Trouble, World};
use crate::bus::Request;
impl World {
    pub(super) async fn request(&self, _c: &Conversation, model: &str, max_tokens: u64) -> Result<Request, Trouble> {
        Ok(Request { model: model.to_owned(), system: String::new(), messages: vec![], tools: vec![], max_tokens })
    }
}
