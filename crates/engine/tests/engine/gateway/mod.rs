//! The gateway over HTTP, with a provider on loopback that keeps its own bill.

mod faults;
mod keys;
mod passing;
mod storm;

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use trireme_core::catalogue::{Catalogue, Model};
use trireme_core::{Millis, Money, Wire};
use trireme_engine::bus::Provider as Account;
use trireme_engine::bus::http::Timeouts;
use trireme_engine::bus::keys::Secret;
use trireme_engine::gateway::{Bill, Gateway, KeyWish, Setup};
use trireme_testkit::provider::Provider;

/// The provider's own key, which no caller has.
const REAL_KEY: &str = "sk-real-key-of-the-owner";
const WIRES: [Wire; 3] = [Wire::Anthropic, Wire::Responses, Wire::Chat];

/// A gateway, the provider behind it, and a client before it.
struct Stand {
    dir: tempfile::TempDir,
    provider: Provider,
    gateway: Gateway,
    client: Client,
}

/// One model for each wire, at four and twenty dollars, that its provider knows by two names of its own.
fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in().unwrap();
    let opus = catalogue.models["claude-opus-5-5"].clone();
    for (name, provider) in [("on-anthropic", "anthropic"), ("on-responses", "openai"), ("on-chat", "groq")] {
        let (provider, id) = (provider.to_owned(), format!("{name}-id"));
        let aliases = vec![id.clone(), format!("{name}-dated")];
        let model = Model { provider, id, aliases, ..opus.clone() };
        catalogue.models.insert(name.to_owned(), model);
    }
    catalogue
}

fn setup(provider: &Provider) -> Setup {
    let account = |name: &str, wire, below: &str| Account {
        name: name.to_owned(),
        wire,
        base_url: format!("{}{below}", provider.url()),
        key: Some(Secret::new(REAL_KEY).unwrap()),
    };
    Setup {
        catalogue: catalogue(),
        providers: vec![
            account("anthropic", Wire::Anthropic, ""),
            account("openai", Wire::Responses, "/v1"),
            account("groq", Wire::Chat, "/v1"),
        ],
        limits: BTreeMap::new(),
        key_variables: Vec::new(),
        timeouts: Timeouts::default(),
        listen: "127.0.0.1:0".parse().unwrap(),
    }
}

fn wish(name: &str, limit: Money, parent: Option<&str>) -> KeyWish {
    KeyWish {
        name: name.to_owned(),
        limit,
        parent: parent.map(str::to_owned),
        models: Vec::new(),
        output_cap: 32_000,
        expires: None,
    }
}

const fn path(wire: Wire) -> &'static str {
    match wire {
        Wire::Anthropic => "/v1/messages",
        Wire::Responses => "/v1/responses",
        _ => "/v1/chat/completions",
    }
}

/// A small request of each wire, with 2,000 tokens of output at most.
fn body(wire: Wire, streamed: bool) -> Value {
    let messages = json!([{"role": "user", "content": "Row, row, row your boat."}]);
    match wire {
        Wire::Anthropic => {
            json!({"model": "on-anthropic", "max_tokens": 2_000, "messages": messages, "stream": streamed})
        }
        Wire::Responses => {
            json!({"model": "on-responses", "max_output_tokens": 2_000, "input": messages, "stream": streamed})
        }
        _ => json!({"model": "on-chat", "max_tokens": 2_000, "messages": messages, "stream": streamed}),
    }
}

impl Stand {
    async fn new() -> Self {
        Self::before(Provider::start(catalogue(), Millis(1_790_000_000_000)).await).await
    }

    async fn before(provider: Provider) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(&dir.path().join("gateway"), setup(&provider)).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { dir, provider, gateway, client }
    }

    fn books(&self) -> std::path::PathBuf {
        self.dir.path().join("gateway")
    }

    /// The same books and the same provider, after the gateway's process has gone without a word.
    async fn reopened(self) -> Self {
        let Self { dir, provider, gateway, client } = self;
        drop(gateway);
        let gateway = open(&dir.path().join("gateway"), &provider).await;
        Self { dir, provider, gateway, client }
    }

    fn key(&self, name: &str, dollars_cents: u64, parent: Option<&str>) -> String {
        self.gateway.make_key(wish(name, Money::cents(dollars_cents), parent)).unwrap()
    }

    fn post(&self, wire: Wire, key: &str, play: &str, body: &Value) -> RequestBuilder {
        let url = format!("http://{}{}", self.gateway.address(), path(wire));
        self.client.post(url).header("x-api-key", key).header("x-play", play).json(body)
    }

    /// Makes a call and reads all of the answer: its status, or none where it broke off.
    async fn call(&self, wire: Wire, key: &str, play: &str, streamed: bool) -> Option<u16> {
        let response = self.post(wire, key, play, &body(wire, streamed)).send().await.ok()?;
        let status = response.status().as_u16();
        response.bytes().await.ok().map(|_| status)
    }

    fn bill(&self, key: &str) -> Bill {
        self.gateway.bills().into_iter().find(|bill| bill.key == key).unwrap()
    }
}

/// A port and a lease that have just been given up may take a moment.
async fn open(dir: &Path, provider: &Provider) -> Gateway {
    for _ in 0..100 {
        if let Ok(gateway) = Gateway::open(dir, setup(provider)).await {
            return gateway;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the gateway does not open again");
}

async fn told(response: Response) -> (u16, HeaderMap, Value) {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.json().await.unwrap())
}
