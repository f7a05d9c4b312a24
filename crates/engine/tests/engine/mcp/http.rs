//! A server of ours over streamable HTTP on loopback, made with the same crate's other half.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tokio::task::JoinSet;
use trireme_engine::mcp::{Reach, Server, Setting};

use super::{Desk, args, program, text};

/// Answers what it was asked, a hundred thousand times over where it is asked for much.
struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = args(json!({"type": "object", "properties": {"words": {"type": "string"}}}));
        Ok(ListToolsResult::with_all_items(vec![Tool::new("echo", "Says it again.", schema)]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let words = request.arguments.unwrap_or_default()["words"].as_str().unwrap_or_default().to_owned();
        let said = if words == "much" { words.repeat(5_000_000) } else { words };
        Ok(CallToolResult::success(vec![ContentBlock::text(said)]).into())
    }
}

/// The server at an address, as long as the set is there; who does not know the word is not let in.
async fn serve() -> (SocketAddr, JoinSet<()>) {
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    let service = StreamableHttpService::new(
        || Ok(Echo),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default(),
    );
    let guard =
        axum::middleware::from_fn(async |request: Request, next: axum::middleware::Next| {
            match request.headers().get("authorization").is_some_and(|word| word == "Bearer the-word") {
                true => Ok(next.run(request).await),
                false => Err(StatusCode::UNAUTHORIZED),
            }
        });
    let app = axum::Router::new()
        .nest_service("/mcp", service)
        .layer(guard)
        .route("/moved", axum::routing::any(|| async { Redirect::temporary("/mcp") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut set = JoinSet::new();
    set.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, set)
}

fn service(url: String, word: &str) -> Server {
    let value = Setting {
        text: "Bearer ${WORD}".to_owned(),
        value: format!("Bearer {word}").into(),
        filled: Vec::new(),
    };
    let headers = BTreeMap::from([("Authorization".to_owned(), value)]);
    Server { reach: Reach::Service { url, headers }, ..program(&[], &[]) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_reached_with_its_word_and_called() {
    let (address, serving) = serve().await;
    let desk = Desk::new(None).await;
    let mut contact = desk.contact(&service(format!("http://{address}/mcp"), "the-word")).await.unwrap();
    let tools = contact.tools().await.unwrap();
    assert_eq!(tools.iter().map(|tool| tool.tool.as_str()).collect::<Vec<_>>(), ["echo"]);
    let answer = contact.call("echo", args(json!({"words": "again"}))).await.unwrap();
    assert_eq!(text(&answer), "again");
    let much = contact.call("echo", args(json!({"words": "much"}))).await.unwrap_err();
    assert!(much.to_string().contains("more than 16 MiB"), "{much}");
    drop(serving);
    let gone = contact.call("echo", args(json!({"words": "again"}))).await.unwrap_err();
    assert!(!gone.is_still_there() && gone.to_string().contains("can't be reached"), "{gone}");
    contact.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_a_wrong_word_and_nobody_are_errors_that_say_so() {
    let (address, _serving) = serve().await;
    let desk = Desk::new(None).await;
    let told =
        async |url: String, word: &str| desk.contact(&service(url, word)).await.err().unwrap().to_string();
    let moved = told(format!("http://{address}/moved"), "the-word").await;
    assert!(moved.contains("redirects are not followed"), "{moved}");
    let refused = told(format!("http://{address}/mcp"), "wrong").await;
    assert!(refused.contains("401") && !refused.contains("wrong"), "{refused}");
    let nobody = told("http://127.0.0.1:9/mcp".to_owned(), "the-word").await;
    assert!(nobody.contains("can't be reached"), "{nobody}");
}
