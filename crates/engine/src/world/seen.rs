//! What a call gave its model, for whoever looks at a run later: the same requests, made again by the same code.

use trireme_core::{BlobRef, Wire};

use super::job::Call;
use super::model::{Imprint, StoredReply, Written};
use super::{Trouble, World};
use crate::bus::Request;

/// What a reply tells of the request that it answers.
pub(crate) struct Record {
    /// The wire that it came over.
    pub(crate) wire: Wire,
    /// The request as it left; none where it held a secret, or an earlier version wrote the reply down.
    pub(crate) sent: Option<Imprint>,
    /// Whether it held a secret that nobody writes down.
    pub(crate) held_secret: bool,
}

impl Record {
    /// Of a request that leaves. Nothing is told of one with a secret: who has all the rest of it could try what the hash fits.
    pub(super) fn of(wire: Wire, sent: Imprint, held_secret: bool) -> Self {
        Self { wire, sent: (!held_secret).then_some(sent), held_secret }
    }
}

impl World {
    /// The request of a call, and what it is on the wire; none where nobody serves its model.
    pub(crate) async fn given(&self, call: &Call) -> Result<Option<(Request, Imprint)>, Trouble> {
        let Some(Written { adapter, request, .. }) = self.written(call).await? else { return Ok(None) };
        let sent = Imprint::of(&adapter.encode(&request).body);
        Ok(Some((request, sent)))
    }

    /// What is on record of the request that a reply answers.
    pub(crate) async fn record(&self, reply: BlobRef) -> Result<Record, Trouble> {
        let StoredReply { wire, sent, held_secret, .. } = self.document(reply).await?;
        Ok(Record { wire, sent, held_secret })
    }
}
