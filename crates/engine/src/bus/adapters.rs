//! The adapters of one run: one for each provider that can be called, or that could be.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use trireme_core::{Fault, Wire};

use super::adapter::{Adapter, Encoded, HttpAdapter, Provider, SetupError};
use super::call::{Answer, Failed, Request};
use super::dialect::dialect;
use super::http::Timeouts;

/// Adapters by their provider's name.
#[derive(Clone)]
pub struct Adapters {
    by_provider: BTreeMap<String, Arc<dyn Adapter>>,
    /// The one that plays all of them.
    player: Option<Arc<dyn Adapter>>,
}

impl Adapters {
    /// One for each provider.
    ///
    /// # Errors
    /// For a provider that can't be called.
    pub fn new(providers: Vec<Provider>) -> Result<Self, SetupError> {
        let one = |provider: Provider| {
            let name = provider.name.clone();
            let adapter: Arc<dyn Adapter> = Arc::new(HttpAdapter::new(provider, Timeouts::default())?);
            Ok((name, adapter))
        };
        let by_provider = providers.into_iter().map(one).collect::<Result<_, SetupError>>()?;
        Ok(Self { by_provider, player: None })
    }

    /// One that plays every provider, as a scenario's server does.
    #[must_use]
    pub fn played_by(player: Arc<dyn Adapter>) -> Self {
        Self { by_provider: BTreeMap::new(), player: Some(player) }
    }

    /// Those that write requests and send none, for providers by what they speak: they need no key, and nothing leaves.
    #[must_use]
    pub fn unconnected(wires: BTreeMap<String, Wire>) -> Self {
        let one = |(name, wire)| (name, Arc::new(Unconnected(wire)) as Arc<dyn Adapter>);
        Self { by_provider: wires.into_iter().map(one).collect(), player: None }
    }

    /// The same where one plays every provider.
    #[must_use]
    pub fn unconnected_player(wire: Wire) -> Self {
        Self::played_by(Arc::new(Unconnected(wire)))
    }

    /// The adapter of a provider; none where it can't be called.
    #[must_use]
    pub fn of(&self, provider: &str) -> Option<&Arc<dyn Adapter>> {
        self.player.as_ref().or_else(|| self.by_provider.get(provider))
    }

    /// All of them, with their providers' names.
    pub fn each(&self) -> impl Iterator<Item = (&str, &Arc<dyn Adapter>)> {
        let player = self.player.iter().map(|player| ("scenario", player));
        self.by_provider.iter().map(|(name, adapter)| (name.as_str(), adapter)).chain(player)
    }
}

/// Writes requests, and sends none.
struct Unconnected(Wire);

impl Adapter for Unconnected {
    fn wire(&self) -> Wire {
        self.0
    }

    fn encode(&self, request: &Request) -> Encoded {
        Encoded::of(request, dialect(self.0))
    }

    fn send(&self, _encoded: Encoded) -> BoxFuture<'static, Result<Answer, Failed>> {
        let fault =
            Fault::Unreachable { message: "nothing is sent for a run that is only looked at".to_owned() };
        Box::pin(std::future::ready(Err(Failed { fault, usage: None, limits: Box::default() })))
    }
}
